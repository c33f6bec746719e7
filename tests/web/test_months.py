"""A closed month takes no posting any more and does not move; what is posted later goes into the open one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from doudi_web.settlement.months import next_month
from doudi_web.settlement.verify import verify
from doudi_web.tenancy.clock import now
from web.service import Json, Service
from web.test_correcting import codes, correct
from web.test_places import bill, holds

THIS = now().strftime("%Y-%m")


def close(service: Service, token: str, month: str, message: str) -> tuple[int, Json]:
    path = f"/api/v1/months/{month}/close"
    return service.ask("POST", path, token, {"message_id": message, "reason": "月结"})


def of_month(service: Service, month: str) -> list[tuple[object, ...]]:
    """All that the ledger has of a month, byte for byte."""
    return service.rows(
        "SELECT p::text, (SELECT string_agg(e::text, '|' ORDER BY e.id) FROM settlement_entry e"
        " WHERE e.posting = p.id), (SELECT string_agg(a::text, '|' ORDER BY a.id)"
        " FROM settlement_accumulatorentry a WHERE a.posting = p.id)"
        " FROM settlement_posting p WHERE p.month = %s ORDER BY p.id",
        month,
    )


@contextmanager
def moved_to(service: Service, month: str) -> Iterator[None]:
    """The first posting in another month."""
    off, on = (
        f"ALTER TABLE settlement_posting {word} TRIGGER USER" for word in ("DISABLE", "ENABLE")
    )
    change = "UPDATE settlement_posting SET month = '{}' WHERE id = (SELECT min(id) FROM settlement_posting)"
    _run(service, off, change.format(month))
    yield
    _run(service, change.format(THIS), on)


@pytest.fixture(scope="module")
def closed(service: Service) -> Json:
    """This month with two settlements, closed; what it was."""
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, first = service.settle(token, bill("M1", "PM", "9000.00", "2019-03-01"))
    service.settle(token, bill("M2", "PM", "200000.00", "2019-06-01"))
    status, told = close(service, admin, next_month(THIS), "early")
    assert (status, codes(told)) == (409, ["S521"])
    before = of_month(service, THIS)
    with moved_to(service, "2001-05"):
        status, told = close(service, admin, THIS, "m")
        assert (status, codes(told)) == (409, ["S522"])
    status, told = close(service, admin, THIS, "m")
    assert (status, told["postings"]) == (201, len(before))
    assert close(service, admin, THIS, "m") == (200, told)
    return {"first": first, "before": before, "admin": admin, "digest": told["digest"]}


def test_what_comes_later_goes_into_the_month_that_is_open(service: Service, closed: Json) -> None:
    token = service.token(may_back_date=True)
    into = next_month(THIS)
    status, told = correct(
        service, closed["first"], bill("M1", "PM", "5000.00", "2019-03-01"), "m1"
    )
    assert status == 201, told
    for proposed in told["proposals"]:
        path = f"/api/v1/proposals/{proposed['proposal_id']}/approve"
        asked = {"message_id": f"ap{proposed['proposal_id']}", "reason": "核对过"}
        assert service.ask("POST", path, closed["admin"], asked)[0] == 201
    service.settle(token, bill("M3", "PM", "100.00", "2019-07-01"))
    months = service.rows("SELECT DISTINCT month FROM settlement_posting ORDER BY 1")
    assert months == [(THIS,), (into,)]
    assert of_month(service, THIS) == closed["before"]
    status, told = service.ask("GET", "/api/v1/months", closed["admin"])
    assert (told["open"], [m["digest"] for m in told["closed"]]) == (into, [closed["digest"]])
    assert holds(service)


def test_a_month_is_closed_once_and_none_before_it(service: Service, closed: Json) -> None:
    status, told = close(service, closed["admin"], THIS, "again")
    assert (status, codes(told)) == (409, ["S520"])
    status, told = close(service, closed["admin"], "2001-01", "before")
    assert (status, codes(told)) == (409, ["S520"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE settlement_posting SET month = '2001-01' WHERE id = (SELECT max(id) FROM settlement_posting"
         " WHERE month = '{this}')", "S527"),
        ("UPDATE settlement_monthclose SET reason = 'x'", "S451"),
        ("DELETE FROM settlement_monthclose", "S452"),
    ],
)  # fmt: skip
def test_a_closed_month_that_moved_is_named(
    service: Service, closed: Json, change: str, code: str
) -> None:
    assert closed["before"]
    tables = ("settlement_posting", "settlement_monthclose")
    kept = [service.rows(f"SELECT * FROM {table}") for table in tables]
    assert all(kept)
    backup = [f"CREATE TABLE kept_{table} AS SELECT * FROM {table}" for table in tables]
    _run(service, *backup, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
    _run(service, change.replace("{this}", THIS))
    try:
        assert code in {fault.code for fault in verify().faults}
    finally:
        _run(
            service, "DELETE FROM settlement_monthclose",
            "INSERT INTO settlement_monthclose SELECT * FROM kept_settlement_monthclose",
            "UPDATE settlement_posting p SET month = k.month FROM kept_settlement_posting k WHERE k.id = p.id",
            *(f"DROP TABLE kept_{table}" for table in tables),
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables),
        )  # fmt: skip
    assert verify().holds


def _run(service: Service, *statements: str) -> None:
    with psycopg.connect(service.url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


CODES = {"S520", "S521", "S522", "S527"}
"""The codes that this file makes."""
