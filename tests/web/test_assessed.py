"""The posting of an assessment: it holds, it is sealed, and whatever is changed in it behind our back is named."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from doudi_web.settlement import tables
from doudi_web.settlement.assessed import KIND, Assessed, assessment_row, assessments_of, post
from doudi_web.settlement.erasing import erase
from doudi_web.settlement.ledger import commit, posting_head
from doudi_web.settlement.verify import verify
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.service import Json, Service

AT = datetime(2019, 12, 1, 8, tzinfo=UTC)


def assessed(amount: int, message: str, period: str = "2019-11") -> Assessed:
    return Assessed(
        "F", period, amount, "floor", b"figures", "按期控费", "token:1", message, AT, "2019-12"
    )


@pytest.fixture(scope="module")
def ledger(service: Service) -> Service:
    """A settlement, an assessment that is sealed (posting 2), and another that is not (posting 3)."""
    settled(service, "V1", "PA")
    db = tables.driver()
    with db.transaction():
        assert post(db, assessed(500, "a1")) == (1, 2)
    sealed(service)
    with db.transaction():
        assert post(db, assessed(-200, "a2")) == (2, 3)
    return service


def test_it_moves_between_hospital_and_fund_alone(ledger: Service) -> None:
    rows = ledger.rows(
        "SELECT p.kind, p.settlement, p.assessment, p.month, p.reason, e.account, e.amount"
        " FROM settlement_posting p JOIN settlement_entry e ON e.posting = p.id"
        " WHERE p.kind = 'assess' ORDER BY e.id"
    )
    assert rows == [
        ("assess", None, 1, "2019-12", "按期控费", "hospital:F", 500),
        ("assess", None, 1, "2019-12", "按期控费", "fund:floor", -500),
        ("assess", None, 2, "2019-12", "按期控费", "hospital:F", -200),
        ("assess", None, 2, "2019-12", "按期控费", "fund:floor", 200),
    ]
    sums = ledger.rows("SELECT DISTINCT posting FROM settlement_accumulatorentry")
    assert sums == [(1,)]
    assert assessments_of(tables.driver(), "F", ["2019-11"]) == [
        (1, "2019-11", 500, b"figures"), (2, "2019-11", -200, b"figures"),
    ]  # fmt: skip


def test_the_ledger_holds_and_tells_its_entries(ledger: Service) -> None:
    report = verify()
    assert [f.what for f in report.faults] == []
    assert (report.counts.postings, report.counts.sealed, report.counts.unsealed) == (3, 2, 1)
    status, told = ledger.ask("GET", "/api/v1/ledger/entries?after=3", ledger.token("auditor"))
    assert status == 200
    assert [(e["kind"], e["settlement_id"], e["account"], e["amount"]) for e in told["entries"]] == [
        ("assess", None, "hospital:F", "5.00"), ("assess", None, "fund:floor", "-5.00"),
        ("assess", None, "hospital:F", "-2.00"), ("assess", None, "fund:floor", "2.00"),
    ]  # fmt: skip


def test_its_message_settles_nothing_and_is_no_other_assessments(ledger: Service) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), tables.driver().transaction():
        post(tables.driver(), assessed(1, "a1"))
    assert len(ledger.rows("SELECT id FROM settlement_assessment")) == 2


def _forged(entries: list[tuple[str, int]]) -> "tuple[Any, ...]":
    """A posting of somebody who knows how digests are made, for an assessment of 500 with other entries."""
    row = (9, "F", "2019-10", 500, "floor", AT, "token:1")
    head = posting_head(KIND, None, "token:1", "forged", AT, "2019-12", "")
    made = commit(head, assessment_row(*row), entries, (), (b"x",))
    return row, made


def _forge(database: Any) -> None:
    entries = [("patient:PA", 500), ("fund:floor", -500)]
    row, made = _forged(entries)
    database.execute(
        "INSERT INTO settlement_assessment (id, facility, period, amount, fund, assessed, client, figures)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 'x')",
        row,
    )
    (number,) = database.execute(
        "INSERT INTO settlement_posting (id, kind, assessment, client, message, posted, month, reason, salt, parts,"
        " content, commitment) VALUES (900, 'assess', 9, 'token:1', 'forged', %s, '2019-12', '', %s, %s, %s, %s)"
        " RETURNING id",
        [AT, made.salt, made.parts, made.content, made.commitment],
    ).fetchone()
    for account, amount in entries:
        database.execute(
            "INSERT INTO settlement_entry (posting, account, amount) VALUES (%s, %s, %s)",
            [number, account, amount],
        )


TAMPERED: list[tuple[Any, list[tuple[str, str, str]]]] = [
    ("UPDATE settlement_assessment SET facility = 'G' WHERE id = 1",
     [("S451", "settlement_assessment 1", "这次按期追回")]),
    ("UPDATE settlement_assessment SET amount = 400 WHERE id = 2",
     [("S451", "settlement_assessment 2", "这次按期追回")]),
    ("UPDATE settlement_assessment SET figures = 'y' WHERE id = 1",
     [("S451", "settlement_assessment 1", "所依据的数")]),
    ("DELETE FROM settlement_assessment WHERE id = 1", [("S452", "settlement_posting 2", "按期追回 1")]),
    ("INSERT INTO settlement_assessment (id, facility, period, amount, fund, assessed, client, figures)"
     " VALUES (9, 'F', '2019-11', 1, 'floor', now(), 'c', '')",
     [("S453", "settlement_assessment 9", "一次按期追回")]),
    ("UPDATE settlement_entry SET account = 'patient:PA' WHERE account = 'hospital:F' AND amount = 500",
     [("S451", "settlement_entry 4", "这条分录")]),
    ("DELETE FROM settlement_entry WHERE amount = 200", [("S452", "settlement_posting 3", "第 2 条分录")]),
    ("UPDATE settlement_posting SET reason = '另' WHERE id = 3", [("S451", "settlement_posting 3", "抬头")]),
    ("UPDATE settlement_posting SET month = '2019-11' WHERE id = 3",
     [("S451", "settlement_posting 3", "抬头")]),
    (_forge, [("S453", "settlement_posting 900", "不只是这家医院和基金")]),
    ("ALTER TABLE settlement_assessment DISABLE TRIGGER append_only",
     [("S460", "settlement_assessment", "停了")]),
]  # fmt: skip


@pytest.mark.parametrize(("do", "wanted"), TAMPERED, ids=range(len(TAMPERED)))
def test_a_tampering_is_named(ledger: Service, do: Any, wanted: list[tuple[str, str, str]]) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            if callable(do):
                do(database)
            elif "TRIGGER" not in do:
                database.execute(do)
        if isinstance(do, str) and "TRIGGER" in do:
            with psycopg.connect(copy.url, autocommit=True) as database:
                database.execute(do)
        faults = verify().faults
    assert [(f.code, f.where) for f in faults] == [row[:2] for row in wanted], faults
    assert all(word in f.what for f, (_, _, word) in zip(faults, wanted, strict=True)), faults


@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET amount = 1", "TRUNCATE {}"])
def test_the_database_refuses_to_change_an_assessment(ledger: Service, change: str) -> None:
    with psycopg.connect(ledger.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change.format("settlement_assessment"))


def test_erasing_a_person_leaves_it(ledger: Service) -> None:
    with copied(ledger) as copy:
        assert erase("PA", "本人申请", "command:test") == [1]
        report = verify()
        told: list[Json] = [{"id": n} for (n,) in copy.rows("SELECT id FROM settlement_assessment")]
    assert (report.holds, told) == (True, [{"id": 1}, {"id": 2}])
