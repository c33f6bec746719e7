"""A database for each module of tests, copied from one that is migrated once; and the application in this process."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from web.service import Service


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The address of a database with its tables and the shipped packs in force, to be copied, not used."""
    from doudi_web.site.installation import migrate, open_installation  # noqa: PLC0415
    from web.service import shipped  # noqa: PLC0415

    data: Path = tmp_path_factory.mktemp(f"data-{worker_id}")
    url = open_installation(data)
    migrate(shipped())
    from django.db import connection  # noqa: PLC0415

    connection.close()
    yield url
    connection.close()


@pytest.fixture(scope="module")
def service(template: str, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The application on a database of this module's own."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    name = "t" + str(abs(hash((request.module.__name__, os.getpid()))))
    admin = template.replace("/doudi?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name} TEMPLATE doudi")
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    try:
        yield Service(template.replace("/doudi?", f"/{name}?"))
    finally:
        connection.close()
        with psycopg.connect(admin, autocommit=True) as database:
            database.execute(f"DROP DATABASE {name} WITH (FORCE)")
