"""A fee list held against the running visits that it names: what is new, stands already, clashes, is wrong."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from doudi.dates import Moment
from doudi.errors import Fault, fault
from doudi.money import yuan
from doudi.source_text import Document, Value, shown
from doudi.wire import bill_form as form
from doudi.wire.bill_faults import form_faults
from doudi.wire.columns import Found
from doudi.wire.fees import fee_rows, parts_faults, total_faults
from doudi.wire.identity_numbers import identity_numbers_in
from doudi.wire.lines import Lists, complete_lines
from doudi.wire.records import Records, records
from doudi_web.intake.reading import NAME, ROWS_REFUSED, Places, place_in
from doudi_web.intake.seen import RowSeen, Seen, State, VisitSeen
from doudi_web.intake.standing import (
    Driver,
    LineHeld,
    VisitHeld,
    lines_held,
    prints_of,
    visits_held,
)
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement.asked import mapping
from doudi_web.tenancy.clock import now

Progress = Callable[[int, int | None], None]
_EACH = 500  # rows between two words of progress
_LINE_LENGTH = 64


@dataclass(slots=True)
class _List:
    """A fee list on its way through the checks: row n of the list is `rows[n]`, its line where it has one."""

    found: Found
    brought: Records
    rows: list[RowSeen]
    at: Mapping[int | None, int]
    forms: dict[int, form.LineForm] = field(default_factory=dict[int, form.LineForm])

    def refuse(self, told: Fault) -> int | None:
        """Put a fault to the row that it names. Which one; None where it names none of the list's."""
        row, column = place_in(self.found, told.where)
        at = self.at.get(row)
        if at is not None:
            self.rows[at].refuse(column, told)
        return at

    def where(self, at: int, key: str) -> str:
        """The place of a value of a row."""
        return self.found.place(self.rows[at].row, key)


def look(db: Driver, facility: str, chosen: str, found: Found, progress: Progress) -> Seen:
    """What the list would do to the hospital's running visits. Nothing is written."""
    numbered, stated = fee_rows(found)
    if not numbered:
        return Seen(found, faults=[fault("F133", NAME)])
    brought = records(found, "lines", numbered)
    rows = [RowSeen(row, "") for (row, _), _ in zip(numbered, brought.values, strict=False)]
    fees = _List(found, brought, rows, {row.row: at for at, row in enumerate(rows)})
    whole = [f for f in (*brought.faults, *parts_faults(found, brought)) if fees.refuse(f) is None]
    whole += _read(fees, chosen, progress)
    if whole:
        return Seen(found, rows, faults=whole)
    names = sorted({row.of for row in rows if row.of})
    held = visits_held(db, facility, names)
    lines = lines_held(db, held.values())
    _on_visits(fees, held, lines, rules(generation()).lists_of(facility))
    visits = _visits(fees)
    _sums(visits, held, lines)
    seen = Seen(found, rows, visits, (), prints_of(held, names))
    if stated is not None and not seen.count(State.FAULTY):
        total = sum((Decimal(fees.forms[at].amount) for at in fees.forms), Decimal(0)).scaleb(-2)
        seen.faults = total_faults(found, stated, total)
    return seen


def _read(fees: _List, chosen: str, progress: Progress) -> list[Fault]:
    """Each row by itself: its visit and its line. The faults that are of no row."""
    document = Document(NAME, {}, fees.brought.places)
    numbers = set(identity_numbers_in(list(fees.brought.values)))
    for path in numbers:
        key = ".".join(str(part) for part in path[1:])
        fees.rows[int(path[0])].refuse(
            fees.found.columns.get(key), fault("F209", document.where(("lines", *path)))
        )
    refused = 0
    for at, value in enumerate(fees.brought.values):
        if at % _EACH == 0:
            progress(at, len(fees.rows))
        row = fees.rows[at]
        _of_visit(fees, at, value.pop("visit_id", None), chosen)
        try:
            line = form.LineForm.model_validate(value)
        except ValidationError as error:
            for one in form_faults(document, ("lines", at), error, form.LineForm):
                fees.refuse(one)
        else:
            row.key, row.amount, row.content = line.id, line.amount, value
            fees.forms[at] = line
            if len(line.id) > _LINE_LENGTH:
                expected = f"不超过 {_LINE_LENGTH} 字的行号"
                where = document.where(("lines", at, "id"))
                fees.refuse(fault("F203", where, value=line.id[:80], expected=expected))
        refused += row.state is State.FAULTY
        if refused > ROWS_REFUSED:
            return [fault("F111", fees.found.place(row.row, ""))]
    return []


def _of_visit(fees: _List, at: int, stated: Value, chosen: str) -> None:
    """Whose bill the row is of: what it says itself, or what was chosen for the whole list."""
    visit = "" if stated is None else str(stated)
    where = fees.where(at, "visit_id" if "visit_id" in fees.found.columns else "id")
    if visit and chosen and visit != chosen:
        reason = f"这一行写的是就诊 {shown(visit)}，选的是 {shown(chosen)}"
        fees.refuse(fault("S656", where, reason=reason))
    elif not visit and not chosen:
        fees.refuse(fault("S656", where, reason="这一行没有写就诊号"))
    fees.rows[at].of = visit or chosen


def _on_visits(
    fees: _List,
    held: Mapping[str, VisitHeld],
    lines: Mapping[int, Mapping[str, LineHeld]],
    lists: Lists,
) -> None:
    """The rows of each visit against its lines, then as the one bill that they would be together."""
    by: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(fees.rows):
        by[row.of].append(at)
    key = "visit_id" if "visit_id" in fees.found.columns else "id"
    for visit, ats in by.items():
        known = held.get(visit)
        if known is None or known.settlement is not None:
            for at in ats if visit else ():
                where = fees.where(at, key)
                fees.refuse(
                    fault("S653", where, visit=shown(visit))
                    if known is None
                    else fault("S493", where, visit=visit, settlement=known.settlement)
                )
            continue
        _against(fees, ats, lines[known.number])
        _together(fees, ats, known, lines[known.number], lists)


def _against(fees: _List, ats: Sequence[int], lines: Mapping[str, LineHeld]) -> None:
    """Each line against the one of its number: there already, otherwise, taken out, or new."""
    first: dict[str, int] = {}
    for at in ats:
        row, line = fees.rows[at], fees.forms.get(at)
        if line is None or row.state is State.FAULTY:
            continue
        if line.id in first:
            fees.refuse(fault("F303", fees.where(at, "id"), line=line.id))
            continue
        first[line.id] = at
        earlier = lines.get(line.id)
        if earlier is None or earlier.again:
            row.again = earlier is not None
            continue
        differs = _differing(fees.found, line, earlier.content)
        if earlier.withdrawn is not None:
            row.state = State.GONE
        elif not differs:
            row.state = State.SAME
        else:
            for key, old, new in differs:
                title = fees.found.title(key)
                where = fees.where(at, key)
                told = fault("S655", where, line=line.id, title=shown(title, 20), old=old, new=new)
                row.refuse(fees.found.columns[key], told, State.CLASH)


def _differing(
    found: Found, line: form.LineForm, content: Mapping[str, Value]
) -> list[tuple[str, str, str]]:
    """The columns of the list that say otherwise than the line: what stands, what the list says."""
    try:
        old = form.LineForm.model_validate(content)
    except ValidationError:
        return [("id", "读不出", line.id)]
    fields = {info.alias or name: name for name, info in form.LineForm.model_fields.items()}
    differs: list[tuple[str, str, str]] = []
    for key in found.columns:
        owner, _, part = key.partition(".")
        if owner not in fields:
            continue
        mine, theirs = (_value(one, fields[owner], part) for one in (line, old))
        if mine != theirs:
            differs.append((key, _told(owner, theirs), _told(owner, mine)))
    return differs


def _value(line: form.LineForm, name: str, part: str) -> Any:
    value = getattr(line, name)
    return getattr(value, part, None) if part else value


def _told(key: str, value: Any) -> str:
    """A value as the message shows it."""
    if value is None:
        return "没有写"
    if key in ("amount", "parts"):
        return yuan(value)
    if key in ("quantity", "unit_price", "price_ceiling", "first_self_pay_rate"):
        whole, rest = divmod(abs(value), 10**6)
        return f"{'-' if value < 0 else ''}{whole}{f'.{rest:06d}'.rstrip('0') if rest else ''}"
    return shown(value if isinstance(value, str) else str(value))


def _together(
    fees: _List,
    ats: Sequence[int],
    visit: VisitHeld,
    lines: Mapping[str, LineHeld],
    lists: Lists,
) -> None:
    """The bill that the visit would have: every fault that settling would find in the new rows, found now."""
    new = [at for at in ats if fees.rows[at].state is State.NEW and at in fees.forms]
    ids = {fees.forms[at].id for at in new}
    order: list[int | None] = []
    stated: list[form.LineForm] = []
    for line_id, line in lines.items():
        if line.withdrawn is None and line_id not in ids:
            try:
                stated.append(form.LineForm.model_validate(line.content))
            except ValidationError:
                continue
            order.append(None)
    stated += [fees.forms[at] for at in new]
    order += new
    document = Document("bill", {}, Places(fees.brought.places, "lines", order))
    held = {fees.rows[at].key for at in ats if fees.rows[at].state is State.FAULTY}
    unread = _unread(fees, ats)
    for told in complete_lines(
        document, (), _bill(visit, stated), lists, keep_undecided=True
    ).faults:
        row, _ = place_in(fees.found, told.where)
        at = fees.at.get(row)
        if at is None:
            continue  # of a line that stands already
        charged = fees.forms[at].refunds if at in fees.forms else None
        if told.code == "F310" and charged is not None and (charged in held or charged in unread):
            continue  # told below: what it takes back is held
        fees.refuse(told)
    _held_by_others(fees, ats, unread)


def _unread(fees: _List, ats: Sequence[int]) -> dict[str, int]:
    """The numbers of lines that cannot be read, as they are written."""
    return {
        str(value): at
        for at in ats
        if at not in fees.forms and (value := fees.brought.values[at].get("id")) is not None
    }


def _held_by_others(fees: _List, ats: Sequence[int], unread: Mapping[str, int]) -> None:
    """A refund cannot come without the line that it takes back."""
    charges = {
        **unread,
        **{fees.rows[at].key: at for at in ats if fees.rows[at].state is State.FAULTY},
    }
    for at in ats:
        row, line = fees.rows[at], fees.forms.get(at)
        if line is None or line.refunds is None or row.state is not State.NEW:
            continue
        if line.refunds in charges:
            other = fees.rows[charges[line.refunds]].row + 1
            fees.refuse(fault("S657", fees.where(at, "refunds"), row=other))


def _bill(visit: VisitHeld, lines: Sequence[form.LineForm]) -> form.Bill:
    """The visit as a bill with these lines. Its header was looked at when it was opened."""
    facility = mapping(visit.header.get("facility"))
    discharged = _moment(visit.header.get("discharged"))
    if visit.discharged is not None:
        discharged = Moment.of_instant(visit.discharged)
    return form.Bill.model_construct(
        visit_id=visit.visit, facility=form.FacilityForm.model_construct(**facility),
        settled=Moment.of_instant(now()), lines=list(lines),
        admitted=_moment(visit.header.get("admitted")), discharged=discharged,
    )  # fmt: skip


def _moment(stated: Value) -> Moment | None:
    try:
        return None if stated is None else form.moment_of(stated)
    except ValueError:
        return None


def _visits(fees: _List) -> list[VisitSeen]:
    """What comes to each visit."""
    found: dict[str, VisitSeen] = {}
    for row in fees.rows:
        visit = found.setdefault(row.of, VisitSeen(row.of))
        if row.state is State.NEW:
            visit.new += 1
            visit.coming += row.amount
        elif row.state in (State.FAULTY, State.CLASH):
            visit.held += 1
    return [visit for name, visit in sorted(found.items()) if name]


def _sums(
    visits: Sequence[VisitSeen],
    held: Mapping[str, VisitHeld],
    lines: Mapping[int, Mapping[str, LineHeld]],
) -> None:
    """What stands in each visit before anything comes."""
    for one in visits:
        known = held.get(one.visit)
        for line in lines[known.number].values() if known is not None else ():
            if line.withdrawn is None:
                one.lines += 1
                one.standing += _fen(line.content)


def _fen(content: Mapping[str, Value]) -> int:
    try:
        return form.LineForm.model_validate(content).amount
    except ValidationError:
        return 0
