"""A database for each module of tests, copied from one that is migrated once a worker."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from doudi_web.site import database
from doudi_web.site.installation import migrate
from web.service import Service, shipped


def _use(url: str) -> None:
    connection.close()
    settings.DATABASES["default"].update(database.of_url(url))
    connection.settings_dict.update(database.of_url(url))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with its tables and the shipped packs in force, to be copied, not used."""
    url = database.start(tmp_path_factory.mktemp("data"))
    _use(url)
    migrate(shipped())
    connection.close()
    yield url
    connection.close()


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
