"""A ledger to look at and to tamper with, behind the application's back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from doudi_web.settlement.guards import TABLES
from web.conftest import _use
from web.service import Json, Service
from web.test_settling import bill


def settled(service: Service, visit: str, person: str, amount: str = "2539.50") -> Json:
    """A new settlement's answer."""
    status, told = service.settle(service.token(may_back_date=True), bill(visit, person, amount))
    assert status == 201, told
    return told


def sealed(service: Service) -> Json:
    """Seal all there is: what the route answers."""
    status, told = service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"), {})
    assert status == 200, told
    return told


@contextmanager
def unguarded(service: Service) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """The database with the guards off; they are on again behind it."""
    with psycopg.connect(service.url, autocommit=True) as database:
        for table in TABLES:
            database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield database
        finally:
            for table in TABLES:
                database.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def copied(service: Service) -> Iterator[Service]:
    """A copy of the database as it stands, for one tampering."""
    name = service.url.partition("?")[0].rpartition("/")[2]
    admin = service.url.replace(f"/{name}?", "/postgres?")
    copy = f"{name}_copy"
    connection.close()
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
    try:
        url = service.url.replace(f"/{name}?", f"/{copy}?")
        _use(url)
        yield Service(url)
    finally:
        _use(service.url)
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute(f"DROP DATABASE {copy} WITH (FORCE)")
