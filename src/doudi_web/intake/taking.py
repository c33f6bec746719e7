"""Taking in what a file brings, all of it or none, and taking it back."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.source_text import Document
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.intake import importing, keeping, rolls, standing
from doudi_web.intake.keeping import Came, Json
from doudi_web.intake.otherwise import otherwise
from doudi_web.intake.seen import Kind, RowSeen, Seen, State
from doudi_web.intake.standing import Driver
from doudi_web.register import importing as register
from doudi_web.settlement import learning, tables, visits
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor

Progress = Callable[[int, int | None], None]
_TAKEN = """
INSERT INTO intake_taken (came_id, visit, name, line, amount, at)
SELECT %s, v.id, v.visit, t.line, t.amount, %s FROM unnest(%s::text[], %s::bigint[]) AS t(line, amount),
  settlement_visit v WHERE v.facility = %s AND v.visit = %s
"""
_TO_UNDO = """
SELECT id, name, line FROM intake_taken WHERE came_id = %s AND undone IS NULL ORDER BY name, id
"""


def confirm(actor: Actor, number: int, revision: int, *, leave: bool = False) -> None:
    """Take in what was seen, all or none; with `leave` rows that are wrong or clash stay out, by themselves.

    Raises Refusal 403, 404, 409 (there are faults; somebody mended it; a visit has moved since), 422.
    """
    db = tables.driver()
    with db.transaction():
        came = importing.found_for(db, actor, number, locked=True)
        keeping.must_be(came, revision, (keeping.READY, keeping.FAULTY, keeping.PARTLY), "记入")
        _must_be_sound(came, leave=leave)
        is_large = importing.is_large(came)
        wanted = {"by": actor.key, "role": actor.role.value, "leave": leave, "was": came.state}
        if is_large:
            db.execute(
                "UPDATE intake_import SET state = %s, wanted = %s::jsonb WHERE id = %s",
                [keeping.CONFIRMING, keeping.json_text(wanted), number],
            )
    if is_large:
        found = keeping.find(db, number)
        assert found is not None
        importing.later(actor, found)
    elif came.kind is Kind.PERSONS:
        _take_in_roll(db, actor, came)
    else:
        _take_in(db, actor, came, lambda _, __: None)


def _must_be_sound(came: Came, *, leave: bool) -> None:
    """Raises Refusal 409 where something is wrong and was not left out by a word."""
    counts = came.counts
    held = counts["faulty"] + counts["clash"]
    new = counts["new"] + counts["changed"]
    is_whole = came.kind is Kind.PERSONS or counts["file_faults"] > 0
    if (held and not leave) or (is_whole and held + counts["file_faults"]):
        raise Refusal.of(409, "S654", str(came.id), held=held + counts["file_faults"], new=new)
    if not new:
        raise Refusal.of(
            409, "S652", str(came.id), number=came.id, state="没有要记的行", what="记入"
        )


def take_in_later(came: Came, progress: Progress) -> Json:
    """The long work of taking in a large file, for who has asked for it."""
    wanted = came.wanted or {}
    actor = Actor(str(wanted["by"]), Role(wanted["role"]), came.facility or None)
    db = tables.driver()
    try:
        if came.kind is Kind.PERSONS:
            _take_in_roll(db, actor, came)
            return {"import": came.id}
        return _take_in(db, actor, came, progress)
    except BaseException:
        db.execute(
            "UPDATE intake_import SET state = %s WHERE id = %s AND state = %s",
            [wanted["was"], came.id, keeping.CONFIRMING],
        )
        raise


def _take_in(db: Driver, actor: Actor, came: Came, progress: Progress) -> Json:
    """Lines and visits into the running bills. What was seen is seen again before the locks are taken; under them
    every visit is as it was when somebody looked, and of every row becomes what was said, or nothing is written:
    where rows have changed, the new look then stands in the place of the old one."""
    seen = importing.seen_of(db, came, None, progress)
    is_otherwise = keeping.outcome_of(seen) != came.outcome
    with db.transaction():
        locked = keeping.find(db, came.id, locked=True)
        assert locked is not None
        if (locked.revision, locked.state) != (came.revision, came.state):
            raise Refusal.of(409, "S650", str(came.id), number=came.id)
        standing.lock(db, came.facility, sorted(came.prints))
        _must_not_have_moved(db, came)
        if not is_otherwise:
            return _write_all(db, actor, came, seen, progress)
        moved = otherwise(db, came, seen)
        keeping.keep_seen(db, came, seen, running=came.running)
        keeping.event(db, came.id, actor, "moved", came.revision, {"new": seen.count(State.NEW)})
    raise Refusal(409, [moved])


def _write_all(db: Driver, actor: Actor, came: Came, seen: Seen, progress: Progress) -> Json:
    """Every row that is new, visit by visit."""
    by: dict[str, list[RowSeen]] = defaultdict(list)
    for row in seen.rows:
        if row.state is State.NEW:
            by[row.of].append(row)
    done, count = 0, sum(map(len, by.values()))
    for visit, rows in sorted(by.items()):
        progress(done, count)
        _write(db, actor, came, visit, rows)
        done += len(rows)
    held = seen.count(State.FAULTY) + seen.count(State.CLASH)
    amount = sum(row.amount for rows in by.values() for row in rows)
    _taken(db, actor, came, {"rows": count, "visits": len(by), "amount": amount, "held": held})
    return {"import": came.id, "rows": count, "visits": len(by)}


def _write(db: Driver, actor: Actor, came: Came, visit: str, rows: Sequence[RowSeen]) -> None:
    """One visit's lines, or the visit itself, by the functions that a hospital's system would use."""
    at = now()
    if came.kind is Kind.VISITS:
        for row in rows:
            visits.open_visit(actor, Document("visit", dict(row.content or {})))
        lines, amounts = [""], [0]
    else:
        again = {row.key for row in rows if row.again}
        for n in range(0, len(rows), visits.LINES_LIMIT):
            stated = [dict(row.content or {}) for row in rows[n : n + visits.LINES_LIMIT]]
            document = Document("lines", {"lines": stated})
            visits.add_lines(actor, visit, document, came.facility, again)
        lines, amounts = [row.key for row in rows], [row.amount for row in rows]
    db.execute(_TAKEN, [came.id, at, lines, amounts, came.facility, visit])


def _taken(db: Driver, actor: Actor, came: Came, detail: Json) -> None:
    """Say of an import that it is in: all of it, or all but what was held."""
    state = keeping.PARTLY if detail["held"] else keeping.CONFIRMED
    db.execute(
        "UPDATE intake_import SET state = %s, revision = revision + 1, running = NULL, wanted = NULL WHERE id = %s",
        [state, came.id],
    )
    keeping.event(db, came.id, actor, "taken", came.revision, detail)
    record(actor, "intake.confirm", f"intake:{came.id}", detail=detail)


def _must_not_have_moved(db: Driver, came: Came) -> None:
    """Raises Refusal 409, which names every visit that is not as it was when somebody looked, and who did it."""
    held = standing.visits_held(db, came.facility, sorted(came.prints))
    faults: list[Fault] = []
    for visit, before in came.prints.items():
        found = held.get(visit)
        what = standing.moved(before, None if found is None else found.print)
        if what:
            by = "" if found is None else _who(db, found.person, came)
            faults.append(fault("S651", visit, visit=visit, what=what, by=by))
    if faults:
        raise Refusal(409, faults)


_LAST = """
SELECT actor, to_char(at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') FROM audit_log_record
WHERE subject = %s AND at >= %s AND (action LIKE 'visits.%%' OR action = 'settle') AND action <> 'visits.read'
ORDER BY id DESC LIMIT 1
"""


def _who(db: Driver, person: str, came: Came) -> str:
    """Who wrote to a person's visits since the look, and when."""
    row = db.execute(_LAST, [subject_of(person), came.looked]).fetchone()
    return "" if row is None else f"{called([row[0]]).get(row[0], row[0])} {row[1]} "


# ------------------------------------------------------------------------ the register


def _take_in_roll(db: Driver, actor: Actor, came: Came) -> None:
    """A roll into the register, by its own import."""
    seen = importing.seen_of(db, came)
    assert seen.found is not None
    is_mended = bool(keeping.mends(db, came.id)) or bool(came.columns)
    content = rolls.content_of(seen.found) if is_mended else came.file()
    name = came.name if came.name.lower().endswith((".csv", ".xlsx")) else f"{came.name}.csv"
    with transaction.atomic():
        told = register.write(actor, name, content, seen=str(came.prints["digest"]))
        db.execute("UPDATE intake_import SET became = %s WHERE id = %s", [told["id"], came.id])
        counts = {key: told[key] for key in ("created", "changed", "unchanged")}
        _taken(db, actor, came, {**counts, "held": 0})
    learning.learn(learning.AT_ONCE)


# ------------------------------------------------------------------------ undoing


def undo(actor: Actor, number: int, revision: int, *, partly: bool = False) -> Json:
    """Take back exactly what an import brought. What cannot be, as its visit is settled, is told: then nothing is
    taken back, unless `partly`. Raises Refusal 403, 404, 409."""
    db = tables.driver()
    with db.transaction():
        came = importing.found_for(db, actor, number, locked=True)
        keeping.must_be(came, revision, (keeping.CONFIRMED, keeping.PARTLY), "撤回")
    if came.kind is Kind.PERSONS:
        return _undo_roll(db, actor, came)
    with db.transaction():
        locked = importing.found_for(db, actor, number, locked=True)
        keeping.must_be(locked, revision, (keeping.CONFIRMED, keeping.PARTLY), "撤回")
        by: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row, visit, line in db.execute(_TO_UNDO, [number]):
            by[visit].append((row, line))
        standing.lock(db, came.facility, sorted(by))
        held = standing.visits_held(db, came.facility, sorted(by))
        kept: list[Fault] = []
        gone = 0
        for visit, rows in sorted(by.items()):
            refused = _take_back(db, actor, came, held.get(visit), visit, rows)
            kept += [] if refused is None else [refused]
            gone += 0 if refused is not None else len(rows)
        if kept and not partly:
            raise Refusal(409, kept)
        detail = {"rows": gone, "visits": len(by) - len(kept), "kept": len(kept)}
        state = keeping.UNDONE if not kept else keeping.PARTLY
        db.execute(
            "UPDATE intake_import SET state = %s, revision = revision + 1 WHERE id = %s",
            [state, number],
        )
        keeping.event(db, number, actor, "undone", came.revision, detail)
        record(actor, "intake.undo", f"intake:{number}", detail=detail)
    return {"rows": gone, "kept": [one.what for one in kept]}


def _take_back(
    db: Driver,
    actor: Actor,
    came: Came,
    visit: Any,
    name: str,
    rows: Sequence[tuple[int, str]],
) -> Fault | None:
    """One visit's lines out again; why not, where they stay."""
    if visit is None:
        return fault("S658", name, visit=name, count=len(rows), why="这次就诊已经没有了")
    if visit.settlement is not None:
        why = f"已经结算（{visit.settlement}）"
        return fault("S658", name, visit=name, count=len(rows), why=why)
    lines = [line for _, line in rows if line]
    at = now()
    if lines:
        at = visits.withdraw_all(actor, name, lines, came.facility)
    if len(lines) < len(rows) and not visits.take_back(actor, name, came.facility):
        why = "里面已经有费用行，或者别处用到了它"
        return fault("S658", name, visit=name, count=len(rows), why=why)
    db.execute(
        "UPDATE intake_taken SET undone = %s WHERE id = ANY(%s)", [at, [row for row, _ in rows]]
    )
    return None


def _undo_roll(db: Driver, actor: Actor, came: Came) -> Json:
    with transaction.atomic():
        told = register.undo(actor, came.became or 0)
        db.execute(
            "UPDATE intake_import SET state = %s, revision = revision + 1 WHERE id = %s AND revision = %s",
            [keeping.UNDONE, came.id, came.revision],
        )
        counts = {"restored": told["restored"], "withdrawn": told["withdrawn"]}
        keeping.event(db, came.id, actor, "undone", came.revision, counts)
        record(actor, "intake.undo", f"intake:{came.id}", detail=counts)
    learning.learn(learning.AT_ONCE)
    return {"rows": told["restored"], "kept": []}
