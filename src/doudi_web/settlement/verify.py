"""Verifying: everything that the ledger says is computed again from its rows, in one snapshot and bounded memory.

What is broken is a fault at the row: `settlement_entry 17`. A finding names the cause and not what follows from it.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from doudi.errors import Fault
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.findings import Counts, Erasure, Findings, streamed
from doudi_web.settlement.guards import GUARDS, WATCHED
from doudi_web.settlement.heads import Head, Kept
from doudi_web.settlement.ledger import instant
from doudi_web.settlement.verify_log import check_log
from doudi_web.settlement.verify_months import check_months
from doudi_web.settlement.verify_postings import check_postings


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found: `count` of findings, of which the first are told."""

    counts: Counts
    faults: tuple[Fault, ...]
    count: int
    erased: tuple[Erasure, ...]
    head: Head | None
    kept: Head | None

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return self.count == 0


def verify(kept: Kept | None = None) -> Report:
    """Verify the whole ledger, also against a head that somebody outside kept."""
    db = tables.driver()
    findings, counts = Findings(), Counts()
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        check_openings(db, findings)
        check_assessments(db, findings)
        erased = check_postings(db, findings, counts)
        check_pairs(db, findings)
        check_reversals(db, findings)
        check_months(db, findings)
        head = check_log(db, findings, counts, kept)
        check_guards(db, findings)
    return Report(
        counts, tuple(findings.faults), findings.count, tuple(erased), head,
        None if kept is None else kept.head,
    )  # fmt: skip


_UNPOSTED = """
SELECT a.id FROM settlement_assessment a
WHERE NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.assessment = a.id AND p.kind = 'assess') ORDER BY a.id
"""


def check_assessments(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Each assessment has its posting."""
    with streamed(db, "unposted", _UNPOSTED) as rows:
        for (number,) in rows:
            findings.add("S453", f"settlement_assessment {number}", part="一次按期追回")


_STRAY = """
SELECT o.id, o.owner FROM settlement_opening o
WHERE NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.opening = o.id AND p.kind = 'opening') ORDER BY o.id
"""


def check_openings(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Each opening has its posting; what a person's settlements saw follows from one that has none."""
    with streamed(db, "stray", _STRAY) as rows:
        for number, owner in rows:
            findings.add("S453", f"settlement_opening {number}", part="一笔期初累计")
            findings.persons.add(accumulators.person_of(owner))


_PAIRS = """
SELECT 'settlement', s.id FROM settlement_settlement s WHERE NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'settle')
UNION ALL
SELECT 'posting', max(id) FROM settlement_posting WHERE kind = 'settle' GROUP BY settlement HAVING count(*) > 1
"""


def check_pairs(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Each settlement has its one posting."""
    with streamed(db, "pairs", _PAIRS) as rows:
        for kind, number in rows:
            if kind == "settlement":
                findings.add("S452", f"settlement_settlement {number}", part="它的记账")
            else:
                findings.add(
                    "S453", f"settlement_posting {number}", part="一次记账（这笔结算已经有了）"
                )


_NOT_CONTRARY = """
SELECT r.id, s.person FROM settlement_posting r
LEFT JOIN settlement_settlement s ON s.id = r.settlement
LEFT JOIN settlement_posting p ON p.settlement = r.settlement AND p.kind = 'settle'
WHERE r.kind = 'reverse' AND (p.id IS NULL OR EXISTS (
  SELECT 1 FROM settlement_entry e JOIN settlement_posting q ON q.id = e.posting
  WHERE q.settlement = r.settlement AND q.kind IN ('settle', 'relief', 'reverse')
  GROUP BY e.account HAVING sum(e.amount) <> 0))
  AND (SELECT coalesce(sum(amount), 0) FROM settlement_entry WHERE posting = r.id) = 0
ORDER BY r.id
"""


def check_reversals(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Each reversal undoes its settlement, account by account: one of right digests could pay anybody else."""
    with streamed(db, "reversals", _NOT_CONTRARY) as rows:
        for number, person in rows:
            if person is None or person not in findings.persons:
                part = "一次撤销（不是它那笔结算的相反）"
                findings.add("S453", f"settlement_posting {number}", number, part=part)


_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgtype, t.tgenabled, p.proname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""
_FUNCTIONS = "SELECT proname, prosrc FROM pg_proc WHERE proname = ANY(%s)"


def check_guards(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Every table still refuses change and deletion, and the audit log is chained, by the functions installed."""
    found: dict[tuple[str, str], tuple[Any, ...]] = {
        (table, name): (kind, "O" if on == b"O" else on, function)
        for table, name, kind, on, function in db.execute(
            _TRIGGERS, [[table for table, _ in GUARDS]]
        )
    }
    for (table, trigger), wanted in GUARDS.items():
        state = found.get((table, trigger))
        if state is None:
            findings.add("S460", table, table=table, trigger=trigger, state="不在了")
        elif (state[0], state[2]) != wanted:
            findings.add("S460", table, table=table, trigger=trigger, state="换成了别的")
        elif state[1] not in ("O", "A"):
            findings.add("S460", table, table=table, trigger=trigger, state="停了")
    sources = dict(db.execute(_FUNCTIONS, [list(WATCHED)]).fetchall())
    for name, text in WATCHED.items():
        if sources.get(name) != text:
            findings.add("S460", name, table="全部", trigger=name, state="换成了别的")


def report_json(report: Report) -> dict[str, Any]:
    """A report as the wire writes it; its faults are told beside it."""
    counts = report.counts
    return {
        "holds": report.holds,
        "settlements": counts.settlements,
        "openings": counts.openings,
        "postings": counts.postings,
        "entries": counts.entries,
        "sums": counts.sums,
        "sealed": counts.sealed,
        "unsealed": counts.unsealed,
        "heads": counts.heads,
        "head": None if report.head is None else report.head.digest.hex(),
        "kept_head": None
        if report.kept is None
        else {"size": report.kept.size, "sealed": instant(report.kept.sealed)},
        "erased": [
            {"settlement_id": str(e.settlement), "by": e.by, "at": e.at, "reason": e.reason}
            for e in report.erased
        ],
        "broken": report.count,
    }
