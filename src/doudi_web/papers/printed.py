"""The log of prints, and whether a paper that somebody holds is genuine."""

import hmac
import re
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.papers.code import SHOWN
from doudi_web.papers.kinds import TITLES, Kind
from doudi_web.settlement import tables
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 100
_LOG = """
SELECT id, kind, of, number, at, actor, facility FROM papers_printed
WHERE (%(facility)s = '' OR facility = %(facility)s) AND (%(before)s = 0 OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""
_LOG_OF = """
SELECT id, kind, of, number, at, actor, facility FROM papers_printed WHERE kind = %s AND of = %s
ORDER BY number DESC LIMIT %s
"""
_CODE: LiteralString = f"""
SELECT s.person, s.facility, s.result, encode(g.commitment, 'hex'), {SINCE}
FROM settlement_settlement s JOIN settlement_posting g ON g.settlement = s.id AND g.kind = 'settle'
WHERE s.id = %s
"""
_HEX = re.compile(r"[0-9a-f]{16,64}", re.ASCII)


def log(actor: Actor, facility: str, after: int, limit: int) -> dict[str, Any]:
    """What was printed at a hospital, the last first; `after` names the last where there are more. Raises 403."""
    actor.must(Act.SETTLEMENTS_READ)
    if facility:
        actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    of = actor.facility or facility
    asked = {"facility": of, "before": after, "limit": limit + 1}
    rows = tables.driver().execute(_LOG, asked).fetchall()
    record(actor, "papers.list", "papers", detail={"facility": of, "rows": len(rows[:limit])})
    shown = [_told(row) for row in rows[:limit]]
    return {"papers": shown, "after": shown[-1]["id"] if len(rows) > limit else None}


def prints_of(kind: Kind, key: str) -> list[dict[str, Any]]:
    """The prints of one thing, the last first. The caller has asked whether they may be seen."""
    return [_told(row) for row in tables.driver().execute(_LOG_OF, [kind.value, key, LISTED])]


def check(actor: Actor, settlement: int, code: str) -> dict[str, Any]:
    """Whether the code on a paper is the settlement's, and what stands now. Raises Refusal 403, 404, 410, 422."""
    actor.must(Act.SETTLEMENTS_READ)
    stated = "".join(code.split()).lower()
    if not _HEX.fullmatch(stated):
        expected = f"单子上的核对码，{SHOWN} 位"
        raise Refusal.of(422, "F203", "code", value=code[:80], expected=expected)
    row = tables.driver().execute(_CODE, [settlement]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(settlement))
    person, facility, result, commitment, *since = row
    actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    if result is None:
        raise Refusal.of(410, "S466", str(settlement), settlement=settlement)
    is_genuine = hmac.compare_digest(commitment[: len(stated)], stated)
    record(
        actor,
        "papers.check",
        subject_of(person),
        detail={"settlement": settlement, "genuine": is_genuine},
    )
    if not is_genuine:
        return {"settlement_id": str(settlement), "genuine": False}
    made = as_it_stands(result, *since)
    return {
        "settlement_id": str(settlement), "genuine": True, "total": made["total"],
        "patient": made.get("asked", made["patient"]), "reversed": made["reversed"], "sealed": made["sealed"],
        "replaced_by": made.get("replaced_by"),
    }  # fmt: skip


def _told(row: tables.Row) -> dict[str, Any]:
    number, kind, of, count, at, actor, facility = row
    return {
        "id": number, "paper": kind, "title": TITLES[Kind(kind)], "of": of, "number": count, "at": told(at),
        "actor": actor, "facility": facility,
    }  # fmt: skip
