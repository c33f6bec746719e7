"""Openings are in the sealed ledger: one that is changed, added or removed behind its back is named."""

from importlib import import_module
from typing import Any

import pytest

from doudi_web.settlement.erasing import erase
from doudi_web.settlement.opened import posting_of
from doudi_web.settlement.verify import verify
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.service import Service
from web.test_openings import opening, registered, sums, take


@pytest.fixture(scope="module")
def ledger(service: Service) -> Service:
    """PA's two openings, each with a settlement behind it; PB's opening, sealed and with nothing behind it; PC's,
    not sealed yet. Postings 1 to 6, of which 5 are under the head."""
    registered(service, "PA", "PB", "PC")
    assert take(service, opening("PA", "5000.00"), opening("PB", "300.00"))[0] == 201
    settled(service, "V1", "PA")
    assert take(service, opening("PA", "6000.00", as_of="2019-07-31"))[0] == 201
    settled(service, "V2", "PA")
    sealed(service)
    assert take(service, opening("PC", "10.00"))[0] == 201
    return service


def _kinds(service: Service) -> list[tuple[Any, ...]]:
    return service.rows(
        "SELECT p.kind, p.settlement, p.message, o.amount FROM settlement_posting p"
        " LEFT JOIN settlement_opening o ON o.id = p.opening ORDER BY p.id"
    )


def test_each_opening_has_a_posting_in_the_same_log(ledger: Service) -> None:
    assert [(kind, amount) for kind, _, _, amount in _kinds(ledger)] == [
        ("opening", 500_000), ("opening", 30_000), ("settle", None), ("opening", 600_000), ("settle", None),
        ("opening", 1_000),
    ]  # fmt: skip
    assert [message for kind, _, message, _ in _kinds(ledger) if kind == "opening"] == [
        "p:PA", "p:PB", "p:PA", "p:PC",
    ]  # fmt: skip
    report = verify()
    assert report.faults == ()
    counts = report.counts
    assert (counts.openings, counts.settlements, counts.postings) == (4, 2, 6)
    assert (counts.sealed, counts.unsealed) == (5, 1)
    nodes = ledger.rows("SELECT posting FROM settlement_node WHERE level = 0 ORDER BY place")
    assert nodes == [(1,), (2,), (3,), (4,), (5,)]


def test_an_opening_that_was_taken_before_gets_no_second_posting(ledger: Service) -> None:
    assert take(ledger, opening("PC", "10.00"))[0] == 200
    assert len(_kinds(ledger)) == 6


_CHANGED = [("S451", "settlement_opening 2", "这笔期初累计")]
_COPY = """
INSERT INTO settlement_opening
SELECT 900, owner, year, name, 5, source, as_of, received, after_entry, before, client
FROM settlement_opening WHERE id = """
TAMPERED: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    ("amount", "UPDATE settlement_opening SET amount = amount + 1 WHERE id = 2", _CHANGED),
    ("owner", "UPDATE settlement_opening SET owner = 'p:PD' WHERE id = 2", _CHANGED),
    ("year", "UPDATE settlement_opening SET year = 2020 WHERE id = 2", _CHANGED),
    ("name", "UPDATE settlement_opening SET name = 'after_basic' WHERE id = 2", _CHANGED),
    ("source", "UPDATE settlement_opening SET source = '区里' WHERE id = 2", _CHANGED),
    ("day", "UPDATE settlement_opening SET as_of = as_of - 1 WHERE id = 2", _CHANGED),
    ("received", "UPDATE settlement_opening SET received = received - interval '1 s' WHERE id = 2", _CHANGED),
    ("entries", "UPDATE settlement_opening SET after_entry = after_entry + 1 WHERE id = 2", _CHANGED),
    ("what the ledger had", "UPDATE settlement_opening SET before = before + 1 WHERE id = 2", _CHANGED),
    ("client", "UPDATE settlement_opening SET client = 'token:9' WHERE id = 2", _CHANGED),
    ("one that settlements built on", "UPDATE settlement_opening SET amount = amount + 1 WHERE id = 1",
     [("S451", "settlement_opening 1", "这笔期初累计")]),
    ("one less", "DELETE FROM settlement_opening WHERE id = 2",
     [("S452", "settlement_posting 2", "期初累计 2")]),
    ("one less that settlements built on", "DELETE FROM settlement_opening WHERE id = 1",
     [("S452", "settlement_posting 1", "期初累计 1")]),
    ("one more", _COPY + "2",
     [("S453", "settlement_opening 900", "一笔期初累计")]),
    ("one more that settlements would have seen", _COPY + "1",
     [("S453", "settlement_opening 900", "一笔期初累计")]),
    ("with its posting, sealed", "DELETE FROM settlement_opening WHERE id = 2;"
     " DELETE FROM settlement_posting WHERE id = 2",
     [("S452", "settlement_node 0/1", "封存过的记账 2")]),
    ("its posting's time", "UPDATE settlement_posting SET posted = posted - interval '1 s' WHERE id = 2",
     [("S451", "settlement_posting 2", "抬头")]),
    ("its posting's owner", "UPDATE settlement_posting SET message = 'p:PD' WHERE id = 2",
     [("S451", "settlement_posting 2", "抬头")]),
    ("its salt", "UPDATE settlement_posting SET salt = decode(repeat('00', 16), 'hex') WHERE id = 2",
     [("S451", "settlement_posting 2", "盐")]),
    ("its posting is of another kind", "UPDATE settlement_posting SET kind = 'x' WHERE id = 2",
     [("S453", "settlement_opening 2", "一笔期初累计"), ("S451", "settlement_posting 2", "抬头")]),
    ("one not sealed yet", "UPDATE settlement_opening SET amount = 2000 WHERE id = 4",
     [("S451", "settlement_opening 4", "这笔期初累计")]),
]  # fmt: skip


@pytest.mark.parametrize(("do", "wanted"), [t[1:] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_a_tampering_with_an_opening_is_named(
    ledger: Service, do: str, wanted: list[tuple[str, str, str]]
) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute(do)
        found = [(f.code, f.where, f.what) for f in verify().faults]
    assert [one[:2] for one in found] == [one[:2] for one in wanted], found
    assert all(w[2] in what for (_, _, what), w in zip(found, wanted, strict=True)), found


def test_a_sealed_opening_made_anew_in_its_own_digests_is_named(ledger: Service) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute("UPDATE settlement_opening SET amount = 9, source = 'x' WHERE id = 2")
            row = database.execute(
                "SELECT id, owner, year, name, amount, source, as_of, received, after_entry, before, client"
                " FROM settlement_opening WHERE id = 2"
            ).fetchone()
            assert row is not None
            # posted when it was: a later time would be a finding of its own
            made = posting_of(row, row[7], row[7].strftime("%Y-%m"))
            database.execute(
                "UPDATE settlement_posting SET posted = %s, month = %s, salt = %s, parts = %s, content = %s,"
                " commitment = %s WHERE id = 2",
                [*made[4:6], *made[7:]],
            )
        found = [(f.code, f.where) for f in verify().faults]
    assert found == [("S454", "settlement_posting 2")]


def test_an_opening_stays_where_a_person_is_erased(ledger: Service) -> None:
    with copied(ledger) as copy:
        assert len(erase("PA", "本人申请", "command:test")) == 2
        report = verify()
        assert report.faults == ()
        assert len(report.erased) == 2
        assert sums(copy, "PA")["basic_paid"] == "7343.70"
        with unguarded(copy) as database:
            database.execute("UPDATE settlement_opening SET amount = 0 WHERE id = 3")
        assert [(f.code, f.where) for f in verify().faults] == [("S451", "settlement_opening 3")]


def test_an_opening_that_an_earlier_version_took_gets_its_posting(ledger: Service) -> None:
    post = import_module("doudi_web.settlement.migrations.0021_openings_posted").post
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute("DELETE FROM settlement_posting WHERE id = 6")
        assert [(f.code, f.where) for f in verify().faults] == [("S453", "settlement_opening 4")]
        post()
        assert _kinds(copy)[5:] == [("opening", None, "p:PC", 1_000)]
        report = verify()
        assert (report.faults, report.counts.openings) == ((), 4)
