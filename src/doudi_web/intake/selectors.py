"""Imports as they are read: the list, one with its columns and counts, its rows page by page."""

from typing import Any

from doudi_web.audit_log.actions import record
from doudi_web.intake import importing, keeping
from doudi_web.intake.keeping import Came, Json
from doudi_web.intake.reading import columns_of
from doudi_web.intake.seen import State
from doudi_web.intake.standing import Driver
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

LISTED = 50
TABS = (*(state.value for state in State), "visits")
_COLUMNS = "i.id, i.at, i.actor, i.kind, i.facility, i.visit, i.name, i.state, i.revision, i.looked, i.counts::json"
_LIST = f"""
SELECT {_COLUMNS} FROM unnest(%(of)s::text[]) own CROSS JOIN LATERAL (
  SELECT * FROM intake_import i WHERE i.{{of}} = own AND {{where}}
  AND (%(after)s = 0 OR i.id < %(after)s) AND (%(state)s = '' OR i.state = %(state)s)
  ORDER BY i.id DESC LIMIT %(limit)s) i
ORDER BY i.id DESC LIMIT %(limit)s
"""
"""The newest of each kind, or of each hospital, by its index; and of these the newest."""
_RUN = "SELECT state, done, of, faults::json FROM runs_run WHERE id = %s"
_SAME = """
SELECT id, state FROM intake_import
WHERE digest = (SELECT digest FROM intake_import WHERE id = %s) AND id < %s AND kind = %s AND facility = %s
  AND visit = %s ORDER BY id DESC LIMIT 1
"""
_EVENTS = "SELECT at, actor, what, revision, detail::json FROM intake_event WHERE came_id = %s ORDER BY id"
_MENDS = """
SELECT "row", title, said, at, actor FROM intake_mend WHERE came_id = %s ORDER BY id DESC LIMIT 200
"""


def imports(actor: Actor, after: int = 0, state: str = "", limit: int = LISTED) -> Json:
    """The last imports that somebody may see, the newest first. Raises Refusal 403."""
    kinds = [kind.value for kind in importing.may_see(actor)]
    db = tables.driver()
    asked = {"kinds": kinds, "of": kinds, "after": after, "state": state, "limit": limit + 1}
    sql = _LIST.format(of="kind", where="true")
    if actor.facility is not None:
        asked["of"] = [actor.facility, ""]
        sql = _LIST.format(of="facility", where="i.kind = ANY(%(kinds)s)")
    rows = db.execute(sql, asked).fetchall()
    shown = [_head(row) for row in rows[:limit]]
    names = called({one["actor"] for one in shown})
    for one in shown:
        one["by"] = names.get(one["actor"], one["actor"])
    record(actor, "intake.list", "intake", detail={"rows": len(shown)})
    return {"imports": shown, "after": shown[-1]["id"] if len(rows) > limit else None}


def one(actor: Actor, number: int) -> Json:
    """One import: how far it is, its columns, what is wrong by cause, what was done with it. Raises Refusal."""
    db = tables.driver()
    came = importing.found_for(db, actor, number)
    seen = came.told()
    made = {
        **_head((came.id, came.at, came.actor, came.kind.value, came.facility, came.visit, came.name,
                 came.state, came.revision, came.looked, came.counts)),
        "by": called([came.actor]).get(came.actor, came.actor),
        "columns": seen.get("columns", []),
        "faults": seen.get("faults", []),
        "causes": seen.get("causes", []),
        "progress": _progress(db, came),
        "same_as": _same(db, came),
        "log": _log(db, number),
        "mended": _mended(db, number),
        "became": came.became,
        "taken": _taken(db, number),
        "may_write": came.kind in importing.may_bring(actor),
        "missing": _missing(came, seen),
    }  # fmt: skip
    record(actor, "intake.read", f"intake:{number}")
    return made


def rows(actor: Actor, number: int, tab: str, page: int = 0) -> Json:
    """The rows of a tab, a page of them. Raises Refusal 403, 404, 422."""
    if tab not in TABS:
        raise Refusal.of(422, "F203", "tab", value=tab[:80], expected="、".join(TABS))
    db = tables.driver()
    came = importing.found_for(db, actor, number)
    found = keeping.page(db, came.id, tab, max(page, 0))
    record(actor, "intake.read", f"intake:{number}", detail={"tab": tab, "rows": len(found)})
    return {"rows": found, "tab": tab, "page": max(page, 0), "of": keeping.ROWS}


def _head(row: Any) -> Json:
    number, at, actor, kind, facility, visit, name, state, revision, looked, counts = row
    return {
        "id": number, "at": told(at), "actor": actor, "kind": kind, "facility": facility, "visit": visit,
        "name": name, "state": state, "revision": revision, "looked": told_or_none(looked),
        "counts": dict(counts),
    }  # fmt: skip


def _progress(db: Driver, came: Came) -> Json | None:
    """How far the long work is, and why it ended where it did before its end."""
    if came.running is None:
        return None
    row = db.execute(_RUN, [came.running]).fetchone()
    if row is None:
        return None
    return {"state": row[0], "done": row[1], "of": row[2], "faults": row[3]}


def _same(db: Driver, came: Came) -> Json | None:
    """The last import of the very same file before this one."""
    row = db.execute(
        _SAME, [came.id, came.id, came.kind.value, came.facility, came.visit]
    ).fetchone()
    return None if row is None else {"id": row[0], "state": row[1]}


_TAKEN = """
SELECT count(*), coalesce(sum(amount), 0)::bigint, count(DISTINCT visit) FROM intake_taken
WHERE came_id = %s AND undone IS NULL
"""


def _taken(db: Driver, number: int) -> Json:
    """What stands of an import: its lines, their fen, their visits."""
    row = db.execute(_TAKEN, [number]).fetchone()
    assert row is not None
    return {"rows": row[0], "amount": row[1], "visits": row[2]}


def _missing(came: Came, seen: Json) -> list[Json]:
    """The columns that the file does not have, those first that must be there: their key, what they are called."""
    found = {one["key"] for one in seen.get("columns", [])}
    missing = [c for c in columns_of(came.kind, came.visit, {}) if c.key not in found]
    return [
        {"key": column.key, "means": column.names[0], "required": column.required}
        for column in sorted(missing, key=lambda column: not column.required)
    ]


def count_imports(actor: Actor) -> int:
    """How many imports wait for somebody: with faults, or seen and not taken in."""
    db = tables.driver()
    kinds = [kind.value for kind in importing.may_bring(actor)]
    states = [keeping.FAULTY, keeping.READY, keeping.PARTLY]
    row = db.execute(_WAITING, [states, kinds, actor.facility or ""]).fetchone()
    return 0 if row is None else int(row[0])


_WAITING = """
SELECT count(*) FROM intake_import WHERE state = ANY(%s) AND kind = ANY(%s) AND facility = %s
"""


def _log(db: Driver, number: int) -> list[Json]:
    found = db.execute(_EVENTS, [number]).fetchall()
    names = called({row[1] for row in found})
    return [
        {
            "at": told(at),
            "by": names.get(actor, actor),
            "what": what,
            "revision": revision,
            "detail": detail,
        }
        for at, actor, what, revision, detail in found
    ]


def _mended(db: Driver, number: int) -> list[Json]:
    """The mended cells, the newest first, numbers of persons masked."""
    found = db.execute(_MENDS, [number]).fetchall()
    names = called({row[4] for row in found})
    made: list[Json] = []
    for row, title, said, at, actor in found:
        cell = keeping.said_of(said, number)
        made.append(
            {"row": row + 1, "title": title, "before": keeping.cell_shown(cell["before"], None),
             "after": keeping.cell_shown(cell["after"], None), "at": told(at), "by": names.get(actor, actor)}
        )  # fmt: skip
    return made
