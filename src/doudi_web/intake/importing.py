"""A file brought, looked at, mended. Nothing is written to visits or the register here (`taking`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import shown
from doudi.wire.columns import Found
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record
from doudi_web.intake import fee_lists, keeping, rolls, visit_lists
from doudi_web.intake.keeping import Came, Json
from doudi_web.intake.reading import table_of
from doudi_web.intake.seen import Kind, Seen
from doudi_web.intake.standing import Driver
from doudi_web.runs import actions as runs
from doudi_web.runs.kinds import Kind as RunKind
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Progress = Callable[[int, int | None], None]

RUN = RunKind("intake", Act.INTAKE)
SIZE_LIMIT_MB = 16
AT_ONCE = 512 * 1024
"""Bytes of a file that is looked at while its sender waits; a larger one is looked at as long work."""
MENDED_AT_ONCE, CELL_LENGTH = 20_000, 2_000
_VISIT_LENGTH = 64
_ACTS: Mapping[Kind, Act] = {
    Kind.FEES: Act.VISITS_WRITE, Kind.VISITS: Act.VISITS_WRITE, Kind.PERSONS: Act.PERSONS_WRITE,
}  # fmt: skip

_SEEN: Mapping[Kind, Act] = {
    Kind.FEES: Act.VISITS_READ, Kind.VISITS: Act.VISITS_READ, Kind.PERSONS: Act.PERSONS_WRITE,
}  # fmt: skip


def may_bring(actor: Actor) -> tuple[Kind, ...]:
    """The kinds of lists that somebody may bring. Raises Refusal 403."""
    actor.must(Act.INTAKE)
    return tuple(kind for kind, act in _ACTS.items() if actor.may(act))


def may_see(actor: Actor) -> tuple[Kind, ...]:
    """The kinds of lists that somebody may see: also who brings none of the kind. Raises Refusal 403."""
    actor.must(Act.INTAKE)
    return tuple(kind for kind, act in _SEEN.items() if actor.may(act))


def bring(
    actor: Actor, kind: str, name: str, content: bytes, *, visit: str = "", facility: str = ""
) -> int:
    """Keep a file as it came, and look at it: at once, or as long work where it is large. Its number.

    A file with faults is kept too: it is mended here. Raises Refusal 403, 413, 422.
    """
    actor.must(Act.INTAKE)
    if kind not in {one.value for one in Kind}:
        expected = "、".join(one.value for one in Kind)
        raise Refusal.of(422, "F203", "kind", value=kind[:80], expected=expected)
    what = Kind(kind)
    of = _place(actor, what, facility)
    if len(content) > SIZE_LIMIT_MB * 2**20:
        raise Refusal.of(413, "S413", "body", limit=SIZE_LIMIT_MB)
    if not content:
        raise Refusal.of(422, "F108", "body")
    visit = visit.strip() if what is Kind.FEES else ""
    if len(visit) > _VISIT_LENGTH or has_identity_number(visit):
        expected = f"就诊号，不超过 {_VISIT_LENGTH} 字，不是身份证号"
        raise Refusal.of(422, "F203", "visit", value=visit[:8], expected=expected)
    db = tables.driver()
    with db.transaction():
        number = keeping.keep_file(db, actor, what, of, visit, name, content)
        came = keeping.find(db, number)
        assert came is not None
        if not is_large(came):
            look_at(db, came, content)
        detail = {"kind": what.value, "facility": of, "bytes": len(content)}
        record(actor, "intake.bring", f"intake:{number}", detail=detail)
    _later_if_waiting(db, actor, number)
    return number


def is_large(came: Came) -> bool:
    """Whether nobody waits while the file is looked at or taken in: it is long work."""
    return came.size > AT_ONCE


def _place(actor: Actor, kind: Kind, facility: str) -> str:
    """The hospital of a list; a roll has none. Raises Refusal 403, 422."""
    act = _ACTS[kind]
    actor.must(act)
    if kind is Kind.PERSONS:
        return ""
    if facility:
        actor.must_be_of(facility, act)
    of = actor.facility or facility
    if not of:
        raise Refusal.of(422, "F201", "facility", key="facility", expected="哪一家医疗机构")
    if len(of) > 40 or has_identity_number(of):
        raise Refusal.of(
            422, "F203", "facility", value=of[:8], expected="医疗机构编码，不超过 40 字"
        )
    return of


def later(actor: Actor, came: Came) -> None:
    """Ask for the long work that the import's state waits for."""
    asked = {"import": came.id, "revision": came.revision}
    reason = "按文件导入：读" if came.state == keeping.READING else "按文件导入：记入"
    made = runs.ask(actor, RUN, asked, reason)
    tables.driver().execute(
        "UPDATE intake_import SET running = %s WHERE id = %s", [made["id"], came.id]
    )


def found_for(db: Driver, actor: Actor, number: int, *, locked: bool = False) -> Came:
    """An import that somebody may see; locked, it is to be changed by who may bring its kind.

    Raises Refusal 403, 404.
    """
    kinds = may_see(actor)
    came = keeping.find(db, number, locked=locked)
    if (
        came is None
        or came.kind not in kinds
        or (came.facility and actor.facility not in (None, came.facility))
    ):
        raise Refusal.of(404, "S481", str(number), what="导入", number=number)
    if locked:
        actor.must(_ACTS[came.kind])
    return came


def look_at(db: Driver, came: Came, content: bytes | None = None) -> None:
    """Look at an import's file with its mended cells over it, and keep what was seen."""
    keeping.keep_seen(db, came, seen_of(db, came, content))


def seen_of(
    db: Driver, came: Came, content: bytes | None = None, progress: Progress = lambda _, __: None
) -> Seen:
    """What the file would do as it stands now; nothing is kept."""
    progress(0, None)
    try:
        found = _table(db, came, came.file() if content is None else content)
    except Faulty as error:
        return Seen(None, faults=error.faults)
    match came.kind:
        case Kind.FEES:
            return fee_lists.look(db, came.facility, came.visit, found, progress)
        case Kind.VISITS:
            return visit_lists.look(db, came.facility, found, progress)
        case Kind.PERSONS:
            return rolls.look(found, now())


def _table(db: Driver, came: Came, content: bytes) -> Found:
    return table_of(came.kind, content, came.visit, came.columns, keeping.mends(db, came.id))


_OPEN = (keeping.FAULTY, keeping.READY, keeping.PARTLY)


def look_again(actor: Actor, number: int) -> None:
    """Look once more: after something has moved, or where the work ended before its end. Raises Refusal."""
    db = tables.driver()
    with db.transaction():
        came = found_for(db, actor, number, locked=True)
        allowed = [*_OPEN, keeping.READING, keeping.CONFIRMED]
        if not _is_under_way(db, came):
            allowed.append(keeping.CONFIRMING)
        keeping.must_be(came, came.revision, allowed, "再看一遍")
        _look_or_wait(db, came)
        record(actor, "intake.look", f"intake:{number}")
    _later_if_waiting(db, actor, number)


_UNDER_WAY = "SELECT 1 FROM runs_run WHERE id = %s AND state IN ('queued', 'running')"


def _is_under_way(db: Driver, came: Came) -> bool:
    """Whether the long work that was asked for an import still waits or runs; it may have died."""
    return db.execute(_UNDER_WAY, [came.running]).fetchone() is not None


def _look_or_wait(db: Driver, came: Came, content: bytes | None = None) -> None:
    """Look at once, or say that the import waits to be looked at, where its file is large."""
    if is_large(came):
        db.execute("UPDATE intake_import SET state = %s WHERE id = %s", [keeping.READING, came.id])
    else:
        look_at(db, came, content)


def _later_if_waiting(db: Driver, actor: Actor, number: int) -> None:
    found = keeping.find(db, number)
    assert found is not None
    if found.state == keeping.READING:
        later(actor, found)


def mend(
    actor: Actor,
    number: int,
    revision: int,
    cells: Sequence[tuple[int, str, str]] = (),
    columns: Mapping[str, str] | None = None,
) -> None:
    """Write over cells (the row as the table counts it, the column's key, the text), or say which column is what
    (its key, its title); then look again. The file is read before the import is locked: nobody waits for it.

    The file stays as it came. Raises Refusal 403, 404, 409 (somebody else mended it), 422.
    """
    db = tables.driver()
    came = found_for(db, actor, number)
    actor.must(_ACTS[came.kind])
    keeping.must_be(came, revision, _OPEN, "改")
    told = came.told()
    faults = [f for row, key, text in cells for f in _unfit(told, row, key, text)]
    if len(cells) > MENDED_AT_ONCE:
        details = {"name": "改的格", "count": f"{len(cells):,}", "limit": f"{MENDED_AT_ONCE:,}"}
        faults.append(fault("F110", "cells", **details))
    if faults:
        raise Refusal(422, faults)
    content = came.file()
    changed = _changed(db, came, content, told, cells)
    with db.transaction():
        came = found_for(db, actor, number, locked=True)
        keeping.must_be(came, revision, _OPEN, "改")
        keeping.keep_mends(db, came, actor, changed)
        if columns:
            own = {**came.columns, **columns}
            db.execute(
                "UPDATE intake_import SET columns = %s::jsonb WHERE id = %s",
                [keeping.json_text(own), number],
            )
        came = found_for(db, actor, number)
        _look_or_wait(db, came, content)
        detail = {"cells": len(changed), "columns": len(columns or {})}
        keeping.event(db, number, actor, "mended", came.revision, detail)
        record(actor, "intake.mend", f"intake:{number}", detail=detail)
    _later_if_waiting(db, actor, number)


def _unfit(told: Json, row: int, key: str, text: str) -> list[Fault]:
    """Why a cell cannot be mended."""
    header, last = told.get("header"), told.get("last")
    is_there = header is not None and last is not None and header + 1 < row <= last
    if not is_there or key not in {one["key"] for one in told["columns"]}:
        return [fault("S659", f"第 {row} 行", row=row)]
    if len(text) > CELL_LENGTH or not text.isprintable():
        expected = f"不超过 {CELL_LENGTH:,} 字、没有看不见的字符的内容"
        return [fault("F203", f"第 {row} 行", value=shown(text), expected=expected)]
    return []


def _changed(
    db: Driver, came: Came, content: bytes, told: Json, cells: Sequence[tuple[int, str, str]]
) -> list[tuple[int, int, str, str, str]]:
    """The cells that become other than they are, with their column's title and what they were."""
    if not cells:
        return []
    sheet = _table(db, came, content).sheet
    columns = {one["key"]: one for one in told["columns"]}
    made: list[tuple[int, int, str, str, str]] = []
    for row, key, text in cells:
        column = columns[key]
        before = sheet.cell(row - 1, column["at"])
        if before.text.strip() != text.strip() or before.flaw is not None:
            made.append((row - 1, column["at"], column["title"], before.text, text.strip()))
    return made


def work(asked: Mapping[str, Any], progress: Progress) -> Json:
    """The long work of an import: what its state waits for. It is locked only when what was seen is kept."""
    from doudi_web.intake import taking  # noqa: PLC0415 - it looks with what stands here

    db = tables.driver()
    number = int(asked["import"])
    came = keeping.find(db, number)
    if came is None:
        raise Refusal.of(404, "S481", str(number), what="导入", number=number)
    if came.state == keeping.CONFIRMING:
        return taking.take_in_later(came, progress)
    keeping.must_be(came, int(asked["revision"]), (keeping.READING,), "读")
    seen = seen_of(db, came, None, progress)
    with db.transaction():
        locked = keeping.find(db, number, locked=True)
        assert locked is not None
        keeping.must_be(locked, came.revision, (keeping.READING,), "读")
        keeping.keep_seen(db, locked, seen)
    return {"import": number, **seen.counts()}
