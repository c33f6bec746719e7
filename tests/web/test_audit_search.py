"""The audit log searched among many rows: each key goes by its index, pages follow one another without a gap."""

import time
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from desk.plans import recorded
from doudi.dates import CHINA
from doudi_web.audit_log import searching
from doudi_web.audit_log.searching import Wanted
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.ledger_at_hand import unguarded
from web.service import Service

ROWS = 200_000
BEGUN = datetime(2019, 1, 1, tzinfo=CHINA)
KEEPER = Actor("account:1", Role.AUDIT_ADMIN)
_FILL = f"""
INSERT INTO audit_log_record
  (at, actor_kind, actor, role, action, subject, reason, request_id, detail, chain, number, digest)
SELECT '2019-01-01+08'::timestamptz + n * interval '1 minute', 'token', 'token:' || n % 97, 'cashier',
  'kind.' || n % 23, 'person:P' || n % 5000, '', 'r' || n,
  jsonb_build_object('settlement', n % 40000, 'visit', 'V' || n % 40000), 99, n, ''
FROM generate_series(1, {ROWS}) n
"""


@pytest.fixture(scope="module")
def many(service: Service) -> Service:
    with unguarded(service) as database:
        database.execute(_FILL)
        database.execute("ANALYZE audit_log_record")
    return service


def day(number: int) -> datetime:
    return BEGUN + timedelta(days=number)


WANTED: dict[str, Wanted] = {
    "all": Wanted(),
    "person": Wanted(person="P17"),
    "visit": Wanted(visit="V31"),
    "settlement": Wanted(settlement="31"),
    "who": Wanted(who="token:5"),
    "action": Wanted(action="kind.7"),
    "span": Wanted(start=day(3), end=day(4)),
    "who in a span": Wanted(who="token:5", start=day(3), end=day(30)),
    "action in a span": Wanted(action="kind.7", start=day(3), end=day(30)),
    "person and action": Wanted(person="P17", action="kind.17"),
    "nobody": Wanted(who="nobody at all"),
}


def _reads(node: dict[str, Any]) -> list[str]:
    of = node.get("Relation Name", "") if node["Node Type"] == "Seq Scan" else ""
    found = [of] if of == "audit_log_record" else []
    return found + [name for inner in node.get("Plans", ()) for name in _reads(inner)]


@pytest.mark.parametrize("name", WANTED)
def test_each_key_goes_by_an_index_among_many_rows(many: Service, name: str) -> None:
    with recorded() as sent:
        found, _ = searching.search(KEEPER, WANTED[name])
    assert (found != []) is (name != "nobody")
    asked = [one for one in sent.reading() if "FROM audit_log_record" in one[0]]
    with psycopg.connect(many.url) as database:
        for sql, values in asked:
            began = time.monotonic()
            row = database.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values).fetchone()  # pyright: ignore
            assert row is not None
            assert _reads(row[0][0]["Plan"]) == []
            assert row[0][0]["Execution Time"] < 100, sql
            assert time.monotonic() - began < 5


def test_pages_follow_one_another_without_a_gap(many: Service) -> None:
    wanted, seen = Wanted(action="kind.7", start=day(100), end=day(103)), list[int]()
    for _ in range(10):
        found, behind = searching.search(KEEPER, wanted)
        seen += [one.id for one in found]
        if behind is None:
            break
        wanted = Wanted(action="kind.7", start=day(100), end=day(103), before=behind)
    rows = many.rows(
        "SELECT id FROM audit_log_record WHERE action = 'kind.7' AND at >= %s AND at < %s"
        " ORDER BY at DESC, id DESC",
        day(100), day(103),
    )  # fmt: skip
    assert len(seen) > searching.PAGE
    assert seen == [number for (number,) in rows]


def test_each_action_is_listed_once(many: Service) -> None:
    listed = searching.actions()
    assert listed == sorted(set(listed))
    assert {f"kind.{n}" for n in range(23)} <= set(listed)
    assert many.rows("SELECT count(DISTINCT action) FROM audit_log_record") == [(len(listed),)]


def test_looking_is_recorded_without_for_whom(many: Service) -> None:
    searching.search(KEEPER, Wanted(person="P17", start=day(1)))
    told = many.rows("SELECT action, detail FROM audit_log_record ORDER BY id DESC LIMIT 1")
    assert told == [("audit.read", {"rows": 39, "by": "person,start"})]


@pytest.mark.parametrize(
    "role", [one for one in Role if one not in (Role.AUDITOR, Role.AUDIT_ADMIN)]
)
def test_nobody_else_looks(many: Service, role: Role) -> None:
    assert many
    with pytest.raises(Refusal) as refused:
        searching.search(Actor("account:9", role), Wanted())
    assert refused.value.status == 403
    with pytest.raises(Refusal) as nothing:
        searching.search(KEEPER, Wanted(before=10**12))
    assert nothing.value.status == 404
