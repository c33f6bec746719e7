"""What is told of exports: the runs, what each wrote, and where each row stands. No name and no number is in it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500
STATES = ("exported", "withdrawn", "held_back", "left_out")
ANSWERS = ("accepted", "rejected")

_RUN: LiteralString = """
SELECT id, profile, profile_digest, at, actor, reason, form, encoding, whole, first, last, counts::json, files::json
FROM exchange_exportrun
"""
_ROWS = """
SELECT id, profile, settlement, visit, person, facility, state, answer, reasons::json, run, changed
FROM exchange_exportrow
WHERE id > %(after)s AND (%(profile)s = '' OR profile = %(profile)s) AND (%(state)s = '' OR state = %(state)s)
  AND (%(answer)s = '' OR answer = %(answer)s) AND (%(run)s::bigint IS NULL OR run = %(run)s)
ORDER BY id LIMIT %(limit)s
"""


def runs(actor: Actor, profile: str, after: int, limit: int) -> dict[str, Any]:
    """Exports, the last first; `after` names the last of a page where there are more. Raises Refusal 403."""
    actor.must(Act.EXPORTS_READ)
    db = tables.driver()
    conditions: list[LiteralString] = ["true"]
    if profile:
        conditions.append("profile = %(profile)s")
    if after:
        conditions.append("id < %(after)s")
    where: LiteralString = " AND ".join(conditions)
    asked = {"profile": profile, "after": after, "limit": limit + 1}
    rows = db.execute(f"{_RUN} WHERE {where} ORDER BY id DESC LIMIT %(limit)s", asked).fetchall()
    record(
        actor, "exports.list", "ledger", detail={"profile": profile[:40], "rows": len(rows[:limit])}
    )
    shown = [_run(row) for row in rows[:limit]]
    return {"exports": shown, "after": shown[-1]["run"] if len(rows) > limit else None}


_LAST = """
SELECT name, r.at FROM unnest(%s::text[]) name CROSS JOIN LATERAL (
  SELECT at FROM exchange_exportrun WHERE profile = name ORDER BY id DESC LIMIT 1) r
"""


def last_exports(actor: Actor, profiles: Iterable[str]) -> dict[str, datetime]:
    """When an export of each of these profiles was made last, where one was. Raises Refusal 403."""
    actor.must(Act.EXPORTS_READ)
    return dict(tables.driver().execute(_LAST, [list(profiles)]).fetchall())


def run(actor: Actor, number: int) -> dict[str, Any]:
    """One export. Raises Refusal 403, 404."""
    actor.must(Act.EXPORTS_READ)
    row = tables.driver().execute(f"{_RUN} WHERE id = %s", [number]).fetchone()
    if row is None:
        raise Refusal.of(404, "S547", str(number))
    record(actor, "exports.read", "ledger", detail={"run": number})
    return _run(row)


def rows(
    actor: Actor, *, profile: str, state: str, answer: str, run: int | None, after: int, limit: int
) -> dict[str, Any]:
    """Where rows stand: with what was wrong with those held back, and why a receiver refused one.

    Raises Refusal 403, 422.
    """
    actor.must(Act.EXPORTS_READ)
    for key, value, may in (("state", state, STATES), ("answer", answer, ANSWERS)):
        if value and value not in may:
            raise Refusal.of(422, "F203", key, value=value, expected=f"{'、'.join(may)} 之一")
    db = tables.driver()
    asked = {
        "profile": profile,
        "state": state,
        "answer": answer,
        "run": run,
        "after": after,
        "limit": limit + 1,
    }
    with db.transaction():
        found = db.execute(_ROWS, asked).fetchall()
        shown = found[:limit]
        detail = {"state": state, "answer": answer, "run": run, "rows": len(shown)}
        record(actor, "exports.rows", "ledger", detail=detail)
        each = ((subject_of(person), {"settlement": of}) for _, _, of, _, person, *_ in shown)
        record_each(actor, "exports.rows", each)
    return {
        "rows": [
            {"profile": of, "settlement_id": str(settlement), "visit_id": visit, "person": person,
             "facility": facility, "state": state_, "answer": answer_ or None,
             "reasons": [{key: one[key] for key in ("check", "column", "text")} for one in reasons], "run": run_,
             "changed": told(changed)}
            for _, of, settlement, visit, person, facility, state_, answer_, reasons, run_, changed in shown
        ],
        "after": shown[-1][0] if len(found) > limit else None,
    }  # fmt: skip


def every_row(actor: Actor, *, profile: str, state: str, answer: str) -> Iterator[dict[str, Any]]:
    """All rows of a profile that stand so, a page after another. Raises Refusal 403, 422."""
    after: int | None = 0
    while after is not None:
        found = rows(
            actor, profile=profile, state=state, answer=answer, run=None, after=after, limit=LISTED
        )
        yield from found["rows"]
        after = found["after"]


def _run(row: tables.Row) -> dict[str, Any]:
    (
        number,
        profile,
        digest,
        at,
        actor,
        reason,
        form,
        encoding,
        whole,
        first,
        last,
        counts,
        files,
    ) = row
    return {
        "run": number, "profile": profile, "profile_sm3": digest, "at": told(at), "actor": actor,
        "reason": reason, "format": form, "encoding": encoding, "all": whole,
        "ledger": {"from": first, "to": last}, **counts, "files": files,
    }  # fmt: skip
