"""Erasure: what settlements tell of a person goes, by the one function that may do so; what is left stays held."""

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.audit_log.actions import row as recorded
from doudi_web.settlement import accumulators, answered, proposing, tables
from doudi_web.settlement.ledger import commit, posting_head, settlement_row
from doudi_web.settlement.months import month_of
from doudi_web.settlement.verify_postings import what_is_left
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor

_SETTLED = """
SELECT s.id, s.client, s.message, s.message_digest, s.visit, s.person, s.facility, s.settled, s.sequence, s.year,
  p.id, p.client, p.message, p.posted, p.month, p.reason, p.content, p.commitment
FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle'
WHERE s.person = %s AND NOT EXISTS (
  SELECT 1 FROM settlement_posting x WHERE x.settlement = s.id AND x.kind = 'erase')
ORDER BY s.id
"""


def erase(person: str, reason: str, by: str) -> list[int]:
    """Erase answers, evidence and salts of a person's settlements, and refused bills; the settlements.

    Entries and sums stay: they are the fund's books, under the register's opaque number. One posting a settlement
    says who erased it and why, and commits to what is left. Raises Refusal 404.
    """
    db, actor = tables.driver(), Actor(by, Role.SYSTEM_ADMIN)
    with db.transaction():
        tables.lock(db, (accumulators.person_owner(person),))
        found = db.execute(_SETTLED, [person]).fetchall()
        refused = db.execute(
            "UPDATE settlement_quarantined SET bill = '', faults = '[]' WHERE person = %s AND bill <> ''",
            [person],
        ).rowcount
        if not found and not refused:
            raise Refusal.of(404, "S467", "PERSON")
        answered.erase(db, person)
        proposing.erase(db, person)
        for row in found:
            _erase_one(row, person, reason, actor)
        detail = {"settlements": len(found), "refused": refused}
        record(actor, "ledger.erase", subject_of(person), reason=reason, detail=detail)
    return [row[0] for row in found]


def _erase_one(row: tables.Row, person: str, reason: str, actor: Actor) -> None:
    """Post the erasure of a settlement, then erase it."""
    db = tables.driver()
    settlement, kept = row[0], settlement_row(*row[1:10])
    posting, client, message, settled_at, settled_month, why, content, commitment = row[10:]
    was = posting_head("settle", settlement, client, message, settled_at, settled_month, why)
    entries = db.execute(
        "SELECT account, amount FROM settlement_entry WHERE posting = %s ORDER BY id", [posting]
    ).fetchall()
    sums = db.execute(
        "SELECT owner, year, name, amount FROM settlement_accumulatorentry WHERE posting = %s ORDER BY id",
        [posting],
    ).fetchall()
    posted = now()
    month, name = month_of(posted, tables.last_closed(db)), f"erase:{settlement}"
    head = posting_head("erase", settlement, actor.key, name, posted, month, reason)
    committed = commit(
        head, kept, [(account, amount) for account, amount in entries],
        [(owner, year, of, amount) for owner, year, of, amount in sums],
        [what_is_left(was, content, commitment)],
    )  # fmt: skip
    tables.write(
        db,
        None,
        tables.Posted("erase", settlement, actor.key, name, posted, month, reason, committed, (), (), posted, 0),
        recorded(
            actor, "ledger.erase", subject_of(person), posted, reason=reason,
            detail={"settlement": settlement},
        ),
    )  # fmt: skip
    db.execute("SELECT doudi_erase(%s)", [settlement])
