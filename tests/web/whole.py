"""What must hold of a whole ledger, looked at behind the application's back, beside the engine run alone."""

import json
import zlib
from collections import Counter
from typing import Any

import psycopg

import banan
from doudi.settle import settle
from doudi.source_text import Document
from doudi.testing import shelf_of
from doudi.wire.bills import read_bills
from doudi.wire.lines import Lists
from doudi.wire.settlements import settlement_json

Json = dict[str, Any]

AMOUNTS = (
    "total", "in_scope", "deductible_met", "payments", "hospital", "patient", "accumulators",
    "episode_accumulators", "benefit_year", "standing",
)  # fmt: skip


QUEUES = {
    "provisional": (
        "SELECT settlement, facility, platform, unregistered FROM settlement_provisional",
        """SELECT id, facility, is_platform, is_unregistered FROM (SELECT s.id, s.facility,
             (s.result::jsonb -> 'provisional_reasons') ? 'platform' AS is_platform,
             (s.result::jsonb -> 'provisional_reasons') ? 'eligibility' AS is_unregistered
           FROM settlement_settlement s WHERE s.result IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')) x
           WHERE is_platform OR is_unregistered""",
    ),
    "unreviewed": (
        "SELECT visit, event, facility FROM review_unreviewed",
        """SELECT e.visit, e.id, e.facility FROM review_event e WHERE e.kind = 'passed' AND NOT EXISTS (
             SELECT 1 FROM review_event n WHERE n.visit = e.visit AND n.kind IN ('passed', 'reviewed')
               AND n.id > e.id)""",
    ),
    "left": (
        "SELECT drawn FROM inquiry_left",
        "SELECT id FROM inquiry_drawn n WHERE NOT EXISTS (SELECT 1 FROM inquiry_judged j WHERE j.drawn_id = n.id)",
    ),
}
"""What the database keeps of what waits, and the same read from the ledger."""


def standing_settlements(url: str) -> list[tuple[Json, Json]]:
    """(result, evidence) of every settlement that is not reversed, in the ledger's order."""
    with psycopg.connect(url, autocommit=True) as database:
        rows = database.execute(
            "SELECT result, evidence FROM settlement_settlement s WHERE NOT EXISTS ("
            " SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')"
            " ORDER BY settled, sequence"
        ).fetchall()
    return [(json.loads(text), json.loads(zlib.decompress(kept))) for text, kept in rows]


def nothing_is_half_written(url: str) -> None:
    """One posting a settlement, entries that sum to zero, no message and no visit twice; queues have what waits.

    Only a bill of nothing has no entries; an assessment has its row and two.
    """
    with psycopg.connect(url, autocommit=True) as database:
        loose = database.execute(
            "SELECT count(*) FROM settlement_settlement s WHERE (SELECT count(*) FROM settlement_posting p"
            " WHERE p.settlement = s.id AND p.kind = 'settle') <> 1"
        ).fetchone()
        orphans = database.execute(
            "SELECT count(*) FROM settlement_posting p LEFT JOIN settlement_settlement s ON s.id = p.settlement"
            " WHERE p.kind NOT IN ('opening', 'close', 'assess') AND (s.id IS NULL"
            " OR coalesce(s.result::json->>'total' <> '0.00', true) AND NOT EXISTS ("
            " SELECT 1 FROM settlement_entry e WHERE e.posting = p.id))"
        ).fetchone()
        halves = database.execute(
            "SELECT count(*) FROM settlement_posting p FULL JOIN settlement_assessment a ON a.id = p.assessment"
            " WHERE coalesce(p.kind, 'assess') = 'assess' AND (p.id IS NULL OR a.id IS NULL"
            " OR (SELECT count(*) FROM settlement_entry e WHERE e.posting = p.id) <> 2)"
        ).fetchone()
        uneven = database.execute(
            "SELECT count(*) FROM (SELECT posting FROM settlement_entry GROUP BY posting"
            " HAVING sum(amount) <> 0) x"
        ).fetchone()
    assert (loose, orphans, halves, uneven) == ((0,), (0,), (0,), (0,))
    visits = Counter(result["visit_id"] for result, _ in standing_settlements(url))
    assert [visit for visit, count in visits.items() if count > 1] == []
    queues_have_what_waits(url)


def queues_have_what_waits(url: str) -> None:
    """What the database keeps of it by itself is what the ledger says."""
    with psycopg.connect(url, autocommit=True) as database:
        astray = [
            (name, row) for name, (kept, told) in QUEUES.items()
            for row in database.execute(f"({kept} EXCEPT {told}) UNION ALL ({told} EXCEPT {kept})")  # pyright: ignore
        ]  # fmt: skip
    assert astray == []


def every_amount_is_the_engines(url: str) -> int:
    """Every settlement equals the engine run alone over all bills in the ledger's order; how many there are."""
    stood = standing_settlements(url)
    bills = [
        {
            **kept["bill"],
            "person": kept["register"]["person"],
            "settled": result["settled"],
            "sequence": result["sequence"],
        }
        for result, kept in stood
    ]
    brought = read_bills(Document("ledger", {"bills": bills}), Lists())
    assert not brought.held
    run = settle(shelf_of(banan.PACK), brought.claims)
    assert not run.faults
    alone = {a.visit_id: settlement_json(a) for a in run.settlements}
    for result, _ in stood:
        mine = alone[result["visit_id"]]
        assert {k: mine[k] for k in AMOUNTS} == {k: result[k] for k in AMOUNTS}
    return len(stood)


def sums_are_those_of_the_settlements(url: str) -> None:
    """What the next settlement would find is what the last one of each person left."""
    last: dict[tuple[str, int], Json] = {}
    for result, _ in standing_settlements(url):
        last[result["person"], result["benefit_year"]] = result["accumulators"]
    with psycopg.connect(url, autocommit=True) as database:
        rows = database.execute(
            "SELECT owner, year, name, sum(amount)::bigint FROM settlement_accumulatorentry"
            " WHERE owner LIKE 'p:%' GROUP BY 1, 2, 3"
        ).fetchall()
    found = {(owner[2:], year, name): amount for owner, year, name, amount in rows if amount}
    wanted = {
        (person, year, name): int(pair["after"].replace(".", ""))
        for (person, year), sums in last.items()
        for name, pair in sums.items()
        if pair["after"] != "0.00"
    }
    assert found == wanted
