"""Whatever is changed behind the application's back is named: the row, and what in it. One table, one row a tampering."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings

from doudi_web.settlement import merkle
from doudi_web.settlement.erasing import erase
from doudi_web.settlement.heads import FIRST, Kept, kept_head, signed
from doudi_web.settlement.ledger import commit, posting_head, sm3
from doudi_web.settlement.opened import OPENING, POSTING, posting_of
from doudi_web.settlement.verify import Report, verify
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.service import Json, Service

Database = "psycopg.Connection[tuple[Any, ...]]"

WAS: dict[str, Json] = {}
"""The heads as a witness kept them, by name."""


@pytest.fixture(scope="module")
def ledger(service: Service) -> Service:
    """Heads over 3, 6 and 9 postings: an erasure of PE (posting 6), a reversal (8), one not sealed yet (10)."""
    settled(service, "V1", "PA", "2539.50")
    settled(service, "V2", "PA", "100.00")
    settled(service, "V3", "PB", "3000.00")
    WAS["first"] = sealed(service)["head"]
    settled(service, "V4", "PC", "500.00")
    settled(service, "V5", "PE", "700.00")
    assert len(erase("PE", "本人申请", "command:test")) == 1
    sealed(service)
    last = settled(service, "V6", "PD", "800.00")
    path = f"/api/v1/settlements/{last['settlement_id']}/reverse"
    undone = service.ask("POST", path, service.token(), {"message_id": "u", "reason": "重复录入"})
    assert undone[0] == 201
    settled(service, "V7", "PD", "850.00")
    WAS["last"] = sealed(service)["head"]
    settled(service, "V9", "PF", "900.00")
    return service


def _kept(name: str) -> Kept:
    kept = kept_head(WAS[name])
    assert kept is not None
    return kept


def _named(report: Report) -> list[tuple[str, str, str]]:
    return [(f.code, f.where, f.what) for f in report.faults]


def test_an_untouched_ledger_holds(ledger: Service) -> None:
    for kept in (None, _kept("first"), _kept("last")):
        report = verify(kept)
        assert _named(report) == []
        assert report.holds
    counts = report.counts
    assert (counts.settlements, counts.postings, counts.sealed, counts.unsealed) == (8, 10, 9, 1)
    assert counts.heads == 3
    assert counts.entries == ledger.rows("SELECT count(*) FROM settlement_entry")[0][0]
    assert counts.sums == ledger.rows("SELECT count(*) FROM settlement_accumulatorentry")[0][0]
    assert [(e.by, e.reason) for e in report.erased] == [("command:test", "本人申请")]


@dataclass(frozen=True)
class Tampered:
    """What is done behind the application's back, and every finding of it: code, row, a word of what is broken."""

    name: str
    do: str | Callable[[Any], None]
    found: list[tuple[str, str, str]]
    kept: str | None = None


def _posting(visit: str) -> str:
    """SQL: the number of a visit's posting."""
    return (
        "(SELECT p.id FROM settlement_posting p JOIN settlement_settlement s ON s.id = p.settlement"
        f" WHERE s.visit = '{visit}' AND p.kind = 'settle')"
    )


ENTRY = f"(SELECT min(id) + 1 FROM settlement_entry WHERE posting = {_posting('V1')})"
SUM = f"(SELECT min(id) FROM settlement_accumulatorentry WHERE posting = {_posting('V1')})"
_TAKE_TAIL = """
DELETE FROM settlement_settlement WHERE id IN (SELECT settlement FROM settlement_posting WHERE id > 6 AND kind = 'settle');
DELETE FROM settlement_entry WHERE posting > 6; DELETE FROM settlement_accumulatorentry WHERE posting > 6;
DELETE FROM settlement_posting WHERE id > 6;
DELETE FROM settlement_node WHERE (place + 1) << level > 6; DELETE FROM settlement_seal WHERE size > 6
"""
_TAKE_UNSEALED = _TAKE_TAIL.replace("> 6", "> 9")


def _renew_head(database: Any, size: int, **changed: Any) -> None:
    """A head signed anew, as whoever has the key could; the heads behind it too."""
    rows = database.execute(
        "SELECT size, root, before, sealed FROM settlement_seal WHERE size >= %s ORDER BY size",
        [size],
    ).fetchall()
    before = rows[0][2]
    for at, root, _, sealed_at in rows:
        stated = {"root": root, "before": before, "sealed": sealed_at}
        head = signed(at, **{**stated, **(changed if at == size else {})})
        database.execute(
            "UPDATE settlement_seal SET root = %s, before = %s, sealed = %s, digest = %s, signature = %s WHERE size = %s",
            [head.root, head.before, head.sealed, head.digest, head.signature, at],
        )
        before = head.digest


def _clock_back(database: Any) -> None:
    _renew_head(database, 6, sealed=datetime(2020, 1, 1, tzinfo=UTC))


def _reseal(database: Any) -> None:
    """All nodes and heads anew from the postings as they are now, under whatever key is set."""
    rows = database.execute(
        "SELECT p.id, p.commitment FROM settlement_posting p JOIN settlement_node n ON n.posting = p.id ORDER BY n.place"
    ).fetchall()
    stack: list[bytes] = []
    before = FIRST
    seals = dict(database.execute("SELECT size, sealed FROM settlement_seal").fetchall())
    for place, (_, commitment) in enumerate(rows):
        for level, at, digest in merkle.grown(place, stack, [merkle.leaf(commitment)]):
            database.execute(
                "UPDATE settlement_node SET digest = %s WHERE level = %s AND place = %s",
                [digest, level, at],
            )
        if place + 1 in seals:
            head = signed(place + 1, merkle.folded(stack), before, seals[place + 1])
            database.execute(
                "UPDATE settlement_seal SET root = %s, before = %s, digest = %s, signature = %s WHERE size = %s",
                [head.root, head.before, head.digest, head.signature, head.size],
            )
            before = head.digest


def _rewrite_posting(database: Any) -> None:
    """V6's reversal made anew in all its own digests, with another reason."""
    found = database.execute(
        "SELECT id, settlement, client, message, posted, month FROM settlement_posting WHERE kind = 'reverse'"
    ).fetchone()
    number, *stated = found
    head = posting_head("reverse", *stated, "另一个理由")
    entries = database.execute(
        "SELECT account, amount FROM settlement_entry WHERE posting = %s ORDER BY id", [number]
    ).fetchall()
    sums = database.execute(
        "SELECT owner, year, name, amount FROM settlement_accumulatorentry WHERE posting = %s ORDER BY id",
        [number],
    ).fetchall()
    made = commit(head, None, entries, sums, ())
    database.execute(
        "UPDATE settlement_posting SET reason = '另一个理由', salt = %s, parts = %s, content = %s, commitment = %s"
        " WHERE id = %s",
        [made.salt, made.parts, made.content, made.commitment, number],
    )


def _unbalanced(database: Any) -> None:
    """A posting of somebody who knows how digests are made, but not that a posting sums to zero."""
    at = datetime.now(UTC)
    head = posting_head("reverse", 1, "c", "m", at, "2026-01", "")
    made = commit(head, None, [("fund:basic", 5)], [], ())
    database.execute(
        "WITH p AS (INSERT INTO settlement_posting (kind, settlement, client, message, posted, month, reason, salt,"
        " parts, content, commitment) VALUES ('reverse', 1, 'c', 'm', %s, '2026-01', '', %s, %s, %s, %s) RETURNING id)"
        " INSERT INTO settlement_entry (posting, account, amount) SELECT id, 'fund:basic', 5 FROM p",
        [at, made.salt, made.parts, made.content, made.commitment],
    )


def _rewrite_and_reseal(database: Any) -> None:
    _rewrite_posting(database)
    _reseal(database)


def _forge_opening(database: Any) -> None:
    """An opening of somebody who knows how digests are made, but not what settlements saw."""
    at = datetime.now(UTC)
    row = [900, "p:PA", 2019, "after_basic", 5, "x", at.date(), at, 2, 0, "c"]
    database.execute(OPENING, row)
    database.execute(POSTING, posting_of(row, at, "2026-11"))


def _forge_reversal(database: Any) -> None:
    """A reversal of somebody who knows how digests are made: it takes from a fund what no settlement gave."""
    at = datetime.now(UTC)
    entries = [("fund:floor", -5_000_000), ("patient:PX", 5_000_000)]
    head = posting_head("reverse", 1, "c", "forged", at, at.strftime("%Y-%m"), "x")
    made = commit(head, None, entries, (), ())
    (number,) = database.execute(
        "INSERT INTO settlement_posting (kind, settlement, client, message, posted, month, reason, salt, parts,"
        " content, commitment) VALUES ('reverse', 1, 'c', 'forged', %s, %s, 'x', %s, %s, %s, %s) RETURNING id",
        [at, at.strftime("%Y-%m"), made.salt, made.parts, made.content, made.commitment],
    ).fetchone()
    for account, amount in entries:
        database.execute(
            "INSERT INTO settlement_entry (posting, account, amount) VALUES (%s, %s, %s)",
            [number, account, amount],
        )


OTHER_KEY = sm3(b"another installation's key")


def _with_other_key(do: Callable[[Any], None]) -> Callable[[Any], None]:
    def done(database: Any) -> None:
        own = settings.LEDGER_KEY
        settings.LEDGER_KEY = OTHER_KEY
        try:
            do(database)
        finally:
            settings.LEDGER_KEY = own

    return done


TAMPERED = [
    Tampered("the settlement's visit", "UPDATE settlement_settlement SET visit = 'X' WHERE visit = 'V1'",
             [("S451", "settlement_settlement 1", "结算的登记")]),
    Tampered("the settlement's time", "UPDATE settlement_settlement SET settled = settled - interval '1 s' WHERE visit = 'V1'",
             [("S451", "settlement_settlement 1", "结算的登记")]),
    Tampered("the result", "UPDATE settlement_settlement SET result = replace(result, '1195.80', '1195.81') WHERE id = 1",
             [("S451", "settlement_settlement 1", "结果")]),
    Tampered("the evidence", "UPDATE settlement_settlement SET evidence = evidence || 'x' WHERE id = 1",
             [("S451", "settlement_settlement 1", "依据")]),
    Tampered("the result is gone", "UPDATE settlement_settlement SET result = NULL WHERE id = 1",
             [("S452", "settlement_settlement 1", "结果，又没有抹去的记录")]),
    Tampered("an entry's amount", f"UPDATE settlement_entry SET amount = amount + 1 WHERE id = {ENTRY}",
             [("S451", "settlement_entry 2", "这条分录")]),
    Tampered("an entry's account", f"UPDATE settlement_entry SET account = 'fund:other' WHERE id = {ENTRY}",
             [("S451", "settlement_entry 2", "这条分录")]),
    Tampered("two entries that keep the sum", "UPDATE settlement_entry SET amount = amount + CASE id WHEN 2 THEN 5 ELSE -5 END"
             " WHERE id IN (2, 3)",
             [("S451", "settlement_entry 2", "这条分录"), ("S451", "settlement_entry 3", "这条分录")]),
    Tampered("an entry less", f"DELETE FROM settlement_entry WHERE id = {ENTRY}",
             [("S452", "settlement_posting 1", "第 2 条分录")]),
    Tampered("an entry more", "INSERT INTO settlement_entry (id, posting, account, amount) VALUES (900, 1, 'fund:basic', 5)",
             [("S453", "settlement_entry 900", "一条分录")]),
    Tampered("an entry of no posting", "INSERT INTO settlement_entry (id, posting, account, amount) VALUES (900, 800, 'a', 0)",
             [("S453", "settlement_entry 900", "一条分录")]),
    Tampered("a sum's amount", f"UPDATE settlement_accumulatorentry SET amount = amount + 1 WHERE id = {SUM}",
             [("S451", "settlement_accumulatorentry 1", "这条累计")]),
    Tampered("a sum less", f"DELETE FROM settlement_accumulatorentry WHERE id = {SUM}",
             [("S452", "settlement_posting 1", "第 1 条累计")]),
    Tampered("a sum more", "INSERT INTO settlement_accumulatorentry (id, owner, year, name, amount, posting,"
             " settlement, settled) SELECT 900, owner, year, name, 5, posting, settlement, settled"
             f" FROM settlement_accumulatorentry WHERE id = {SUM}",
             [("S453", "settlement_accumulatorentry 900", "一条累计")]),
    Tampered("a sum's place", f"UPDATE settlement_accumulatorentry SET settled = settled - interval '1 s' WHERE id = {SUM}",
             [("S451", "settlement_accumulatorentry 1", "这条累计的位置")]),
    Tampered("a sum's settlement", f"UPDATE settlement_accumulatorentry SET settlement = 2 WHERE id = {SUM}",
             [("S451", "settlement_accumulatorentry 1", "这条累计的位置")]),
    Tampered("an opening that nobody saw", "INSERT INTO settlement_opening (owner, year, name, amount, source, as_of,"
             " received, after_entry, before, client) VALUES ('p:PA', 2019, 'after_basic', 5, 'x', '2019-01-01',"
             " now(), 2, 0, '')",
             [("S453", "settlement_opening 1", "一笔期初累计")]),
    Tampered("an opening that nobody saw, with its posting", _forge_opening,
             [("S461", "settlement_accumulatorentry 4", "after_basic")]),
    Tampered("a reversal of more than was settled", _forge_reversal,
             [("S453", "settlement_posting 11", "一次撤销")]),
    Tampered("the salt", "UPDATE settlement_posting SET salt = decode(repeat('00', 16), 'hex') WHERE id = 1",
             [("S451", "settlement_posting 1", "盐")]),
    Tampered("the salt is gone", "UPDATE settlement_posting SET salt = NULL WHERE id = 1",
             [("S452", "settlement_posting 1", "盐，又没有抹去的记录")]),
    Tampered("the posting's time", "UPDATE settlement_posting SET posted = posted + interval '1 hour' WHERE id = 1",
             [("S451", "settlement_posting 1", "抬头")]),
    Tampered("the posting's month", "UPDATE settlement_posting SET month = '2001-01' WHERE id = 1",
             [("S451", "settlement_posting 1", "抬头")]),
    Tampered("the reason of a reversal", "UPDATE settlement_posting SET reason = '另' WHERE kind = 'reverse'",
             [("S451", "settlement_posting 8", "抬头")]),
    Tampered("the parts", "UPDATE settlement_posting SET parts = overlay(parts placing 'x'::bytea from 20) WHERE id = 1",
             [("S451", "settlement_posting 1", "各部分的摘要")]),
    Tampered("the content", "UPDATE settlement_posting SET content = sha256('x') WHERE id = 1",
             [("S451", "settlement_posting 1", "内容的摘要")]),
    Tampered("the commitment", "UPDATE settlement_posting SET commitment = sha256('x') WHERE id = 1",
             [("S451", "settlement_posting 1", "承诺")]),
    Tampered("a sealed posting made anew", _rewrite_posting, [("S454", "settlement_posting 8", "第 7 位")]),
    Tampered("a posting that does not sum to zero", _unbalanced, [("S450", "settlement_posting 11", "0.05")]),
    Tampered("a posting less", "DELETE FROM settlement_posting WHERE id = 2; DELETE FROM settlement_entry WHERE posting = 2;"
             " DELETE FROM settlement_accumulatorentry WHERE posting = 2",
             [("S452", "settlement_settlement 2", "它的记账"), ("S452", "settlement_node 0/1", "封存过的记账 2")]),
    Tampered("a settlement less", "DELETE FROM settlement_settlement WHERE id = 2",
             [("S452", "settlement_posting 2", "结算 2")]),
    Tampered("a settlement of no posting", "INSERT INTO settlement_settlement SELECT 900, client, 'x', message_digest, 'x', person,"
             " facility, settled, 900, year, result, evidence FROM settlement_settlement WHERE id = 1",
             [("S452", "settlement_settlement 900", "它的记账")]),
    Tampered("an erased settlement's entry", f"UPDATE settlement_entry SET amount = amount - 1 WHERE id ="
             f" (SELECT min(id) FROM settlement_entry WHERE posting = {_posting('V5')})",
             [("S451", "settlement_entry 12", "这条分录")]),
    Tampered("an erased settlement's facility", "UPDATE settlement_settlement SET facility = 'X' WHERE visit = 'V5'",
             [("S451", "settlement_settlement 5", "结算的登记")]),
    Tampered("something put where it was erased", "UPDATE settlement_settlement SET result = '{}' WHERE visit = 'V5'",
             [("S453", "settlement_settlement 5", "结果（已经抹去的）")]),
    Tampered("the reason of an erasure", "UPDATE settlement_posting SET reason = '另' WHERE kind = 'erase'",
             [("S451", "settlement_posting 6", "抬头")]),
    Tampered("a leaf", "UPDATE settlement_node SET digest = sha256('x') WHERE level = 0 AND place = 2",
             [("S455", "settlement_node 0/2", "第 0 层第 2 位")]),
    Tampered("a leaf at the end", "UPDATE settlement_node SET digest = sha256('x') WHERE level = 0 AND place = 8",
             [("S455", "settlement_node 0/8", "第 0 层第 8 位")]),
    Tampered("a node", "UPDATE settlement_node SET digest = sha256('x') WHERE level = 1 AND place = 1",
             [("S455", "settlement_node 1/1", "第 1 层第 1 位")]),
    Tampered("a node less", "DELETE FROM settlement_node WHERE level = 2 AND place = 0",
             [("S452", "settlement_node 2/0", "第 2 层第 0 位")]),
    Tampered("a leaf less", "DELETE FROM settlement_node WHERE level = 0 AND place = 3",
             [("S452", "settlement_node 0/3", "第 0 层第 3 位")]),
    Tampered("a node more", "INSERT INTO settlement_node (level, place, digest) VALUES (5, 0, sha256('x'))",
             [("S453", "settlement_node 5/0", "一个节点")]),
    Tampered("a head's root", "UPDATE settlement_seal SET root = sha256('x') WHERE size = 6",
             [("S456", "settlement_seal 6", "根")]),
    Tampered("a head's time", "UPDATE settlement_seal SET sealed = sealed - interval '1 s' WHERE size = 6",
             [("S456", "settlement_seal 6", "时间或笔数")]),
    Tampered("what a head names before it", "UPDATE settlement_seal SET before = sha256('x') WHERE size = 6",
             [("S456", "settlement_seal 6", "前一个封头")]),
    Tampered("a head's digest", "UPDATE settlement_seal SET digest = sha256('x') WHERE size = 6",
             [("S456", "settlement_seal 6", "摘要")]),
    Tampered("a head's signature", "UPDATE settlement_seal SET signature = sha512('x') WHERE size = 6",
             [("S457", "settlement_seal 6", "签名")]),
    Tampered("a head's time and root", "UPDATE settlement_seal SET root = sha256('x'), signature = sha512('x') WHERE size = 6",
             [("S456", "settlement_seal 6", "好几项")]),
    Tampered("a head less", "DELETE FROM settlement_seal WHERE size = 6", [("S458", "settlement_seal 9", "接不上")]),
    Tampered("the last head less", "DELETE FROM settlement_seal WHERE size = 9",
             [("S452", "settlement_node 0/6", "从这里到末尾的封头")]),
    Tampered("a clock set back, signed with the key", _clock_back, [("S459", "settlement_seal 6", "时钟倒退")]),
    Tampered("a wrong root, signed with the key", lambda db: _renew_head(db, 6, root=sm3(b"x")),
             [("S456", "settlement_seal 6", "根（与节点算出的不同）")]),
    Tampered("the end taken away but for its heads", "DELETE FROM settlement_node WHERE (place + 1) << level > 6",
             [("S452", "settlement_seal 9", "只有 6 笔")]),
    Tampered("the end taken away, with a head from before", _TAKE_TAIL, [], kept="first"),
    Tampered("the end taken away, without a kept head", _TAKE_TAIL, []),
    Tampered("the end taken away, with the kept head", _TAKE_TAIL,
             [("S462", "settlement_seal 9", "现在只有 6 笔")], kept="last"),
    Tampered("the unsealed end taken away", _TAKE_UNSEALED, [], kept="last"),
    Tampered("all made anew with the own key, without a kept head", _rewrite_and_reseal, []),
    Tampered("all made anew with the own key, with the kept head", _rewrite_and_reseal,
             [("S462", "settlement_seal 9", "那时的记账换过")], kept="last"),
    Tampered("all made anew with another key", _with_other_key(_rewrite_and_reseal),
             [("S457", f"settlement_seal {size}", "签名") for size in (3, 6, 9)]),
    Tampered("a head made anew with the own key", lambda db: _renew_head(db, 9, sealed=datetime(2099, 1, 1, tzinfo=UTC)),
             [("S462", "settlement_seal 9", "那个封头不在了")], kept="last"),
    Tampered("a guard off", "ALTER TABLE settlement_entry DISABLE TRIGGER append_only",
             [("S460", "settlement_entry", "停了")]),
    Tampered("a guard gone", "DROP TRIGGER never_emptied ON settlement_seal",
             [("S460", "settlement_seal", "不在了")]),
    Tampered("a guard that does nothing", "DROP TRIGGER append_only ON settlement_node; CREATE TRIGGER append_only"
             " BEFORE UPDATE ON settlement_node FOR EACH ROW EXECUTE FUNCTION doudi_append_only()",
             [("S460", "settlement_node", "换成了别的")]),
    Tampered("what keeps payments off", "ALTER TABLE payments_payment DISABLE TRIGGER kept",
             [("S460", "payments_payment", "停了")]),
    Tampered("what keeps payments does nothing", "CREATE OR REPLACE FUNCTION payments_kept() RETURNS trigger"
             " LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
             [("S460", "payments_kept", "换成了别的")]),
    Tampered("what was said can be emptied", "DROP TRIGGER never_emptied ON disputes_said",
             [("S460", "disputes_said", "不在了")]),
    Tampered("the audit log's chain gone", "DROP TRIGGER chained ON audit_log_record",
             [("S460", "audit_log_record", "不在了")]),
    Tampered("the audit log's chain off", "ALTER TABLE audit_log_record DISABLE TRIGGER chained",
             [("S460", "audit_log_record", "停了")]),
    Tampered("the audit log's chain after the row", "DROP TRIGGER chained ON audit_log_record; CREATE TRIGGER chained"
             " AFTER INSERT ON audit_log_record FOR EACH ROW EXECUTE FUNCTION doudi_audit_chain()",
             [("S460", "audit_log_record", "换成了别的")]),
    Tampered("what a row of the audit log says in its chain", "CREATE OR REPLACE FUNCTION doudi_audit_content"
             "(r audit_log_record) RETURNS text LANGUAGE sql STABLE AS $$ SELECT '' $$; -- TRIGGER",
             [("S460", "doudi_audit_content", "换成了别的")]),
    Tampered("the audit log's chain left out", "CREATE OR REPLACE FUNCTION doudi_audit_chain() RETURNS trigger"
             " LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$; -- TRIGGER",
             [("S460", "doudi_audit_chain", "换成了别的")]),
    Tampered("the guards' function", "CREATE OR REPLACE FUNCTION doudi_append_only() RETURNS trigger LANGUAGE plpgsql"
             " AS $$BEGIN RETURN NEW; END$$",
             [("S460", "doudi_append_only", "换成了别的")]),
]  # fmt: skip


@pytest.mark.parametrize("tampered", TAMPERED, ids=lambda t: t.name)
def test_a_tampering_is_named(ledger: Service, tampered: Tampered) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            if callable(tampered.do):
                tampered.do(database)
            elif "TRIGGER" not in tampered.do:
                database.execute(tampered.do)
        if isinstance(tampered.do, str) and "TRIGGER" in tampered.do:
            with psycopg.connect(copy.url, autocommit=True) as database:
                database.execute(tampered.do)
        found = _named(verify(None if tampered.kept is None else _kept(tampered.kept)))
    assert [(code, where) for code, where, _ in found] == [t[:2] for t in tampered.found], found
    assert all(
        word in what for (_, _, what), (_, _, word) in zip(found, tampered.found, strict=True)
    ), found


def test_a_ledger_and_key_made_anew_are_told_by_the_kept_head_alone(
    ledger: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with copied(ledger) as copy, unguarded(copy) as database:
        _with_other_key(_rewrite_and_reseal)(database)
        monkeypatch.setattr(settings, "LEDGER_KEY", OTHER_KEY)
        with psycopg.connect(copy.url):
            on = verify(None)
            kept = verify(_kept("last"))
    assert {f.code for f in on.faults} == {"S460"}  # the guards are still off here
    assert [f.code for f in kept.faults if f.code != "S460"] == ["S463", "S462"]


def test_many_findings_are_counted_and_the_first_are_told(ledger: Service) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute(
                "INSERT INTO settlement_entry (posting, account, amount) SELECT 800, 'a', 0 FROM generate_series(1, 500)"
            )
        report = verify()
    assert (report.count, len(report.faults)) == (500, 200)


CODES = {code for tampered in TAMPERED for code, _, _ in tampered.found} | {"S463"}
"""The codes that this file makes."""
