"""A change of a running bill: lines taken out, lines replaced by what would do better, draft orders added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from doudi.errors import Fault, fault
from doudi.finding import Alternative, Finding
from doudi.money import EXTENSION_SCALE, Rounding, divide, millionths, yuan
from doudi.source_text import Document, Value
from doudi.wire.bill_faults import form_faults
from doudi.wire.bill_form import BillForm, Code, LineForm, Quantity
from doudi_web.settlement.asked import LONGEST, listed, mapping, message_of, text_of
from doudi_web.settlement.running import Visit
from doudi_web.tenancy.refusals import Refusal

LIMIT = 200
"""Lines of one change."""

Line = dict[str, Value]


class ReplaceForm(BillForm):
    """A line and what stands in for it: the whole of it, or of so much."""

    line: Code
    code: Code
    quantity: Quantity | None = None


class WithdrawForm(BillForm):
    """A line that is taken out."""

    line: Code


@dataclass(frozen=True, slots=True)
class Replacement:
    """A line and the code of what stands in for it; `quantity` in millionths, None for the whole line."""

    line: str
    code: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done to a bill."""

    withdraw: tuple[str, ...] = ()
    replace: tuple[Replacement, ...] = ()
    drafts: tuple[Mapping[str, Value], ...] = ()

    def json(self) -> dict[str, Any]:
        """The change as a message states it, its draft orders left out: they are never written."""
        return {
            "withdraw": [{"line": line} for line in self.withdraw],
            "replace": [
                {"line": one.line, "code": one.code}
                | ({} if one.quantity is None else {"quantity": millionths(one.quantity)})
                for one in self.replace
            ],
        }


def change_of(document: Document, *more: str, drafts: bool) -> tuple[Change, dict[str, Value]]:
    """The change that a message states, and the message's own keys. Raises Refusal 422 with every fault."""
    keys = ("withdraw", "replace", *(["drafts"] if drafts else []))
    body, faults = message_of(document, *keys, *more)
    gone: list[WithdrawForm] = []
    others: list[ReplaceForm] = []
    if body.get("withdraw"):
        gone, wrong = listed(document, body, "withdraw", WithdrawForm, "要停的行", LIMIT)
        faults += wrong
    if body.get("replace"):
        others, wrong = listed(document, body, "replace", ReplaceForm, "要换的行", LIMIT)
        faults += wrong
    stated = body.get("drafts") if drafts else None
    ordered, wrong = _drafts(document, stated)
    faults += wrong
    if not faults and not gone and not others and not ordered:
        faults.append(fault("F201", document.name, key=keys[0], expected="、".join(keys)))
    lines = [one.line for one in (*gone, *others)]
    twice = sorted({line for line in lines if lines.count(line) > 1})
    faults += [fault("S623", line, line=line, what_=f"行 {line} 写了两次") for line in twice]
    if faults:
        raise Refusal(422, faults)
    replaced = tuple(Replacement(one.line, one.code, one.quantity) for one in others)
    return Change(tuple(one.line for one in gone), replaced, tuple(ordered)), body


def _drafts(document: Document, stated: Value) -> tuple[list[Line], list[Fault]]:
    """Draft orders, each a line of a bill."""
    if stated in (None, []):
        return [], []
    if not isinstance(stated, list):
        return [], [fault("F203", "drafts", value="", expected="拟开的医嘱，每条是一个费用行")]
    if len(stated) > LIMIT:
        details = {"name": "拟开的医嘱", "count": f"{len(stated):,}", "limit": f"{LIMIT:,}"}
        return [], [fault("F110", "drafts", **details)]
    made: list[Line] = []
    faults: list[Fault] = []
    for number, one in enumerate(stated):
        line: Line = {"id": f"拟{number + 1}", **mapping(one), "draft": True}
        try:
            LineForm.model_validate(line)
        except ValidationError as error:
            faults += form_faults(document, ("drafts", number), error, LineForm)
        made.append(line)
    return made, faults


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a bill while they are changed: those that stand, and what is to be done to get there."""

    standing: dict[str, Line]
    taken: set[str]
    withdrawn: list[str]
    added: list[Line]

    @classmethod
    def of(cls, visit: Visit) -> "Lines":
        """The lines of a visit as they are."""
        standing = {x.id: dict(x.content) for x in visit.lines if x.withdrawn is None}
        return cls(standing, {x.id for x in visit.lines}, [], [])

    def must_stand(self, change: Change) -> None:
        """Raises Refusal 409 where a line of the change is not in the bill any more."""
        wanted = (*change.withdraw, *(one.line for one in change.replace))
        faults = [
            fault("S623", line, line=line, what_=f"行 {line} 不在现在的账单里")
            for line in wanted
            if line not in self.standing
        ]
        if faults:
            raise Refusal(409, faults)

    def withdraw(self, line_id: str) -> None:
        """Take out a line with its refunds; a refund that is to go too went with its line."""
        gone = [x for x, line in self.standing.items() if text_of(line.get("refunds")) == line_id]
        for one in (line_id, *gone):
            if self.standing.pop(one, None) is not None:
                self.withdrawn.append(one)

    def add(self, line: Line) -> None:
        """Put in a line."""
        self.standing[text_of(line["id"])] = line
        self.taken.add(text_of(line["id"]))
        self.added.append(line)

    def fresh(self, line_id: str) -> str:
        """A number of a line that comes out of another."""
        number = 1
        while (made := f"{line_id[: LONGEST - 6]}-{number}") in self.taken:
            number += 1
        self.taken.add(made)
        return made


def split(lines: Lines, one: Replacement) -> str | None:
    """Divide a line in what stays and what is to be replaced; the number of the latter, None for the whole line.

    Raises Refusal 422 where it cannot be divided: it has no more than that, or refunds or parts of its own.
    """
    content = lines.standing[one.line]
    form = LineForm.model_validate(content)
    if one.quantity is None or one.quantity == form.quantity:
        return None
    has_refunds = any(text_of(x.get("refunds")) == one.line for x in lines.standing.values())
    if not 0 < one.quantity < form.quantity or has_refunds or form.parts is not None:
        reason = "有退费，或带着平台的分解" if has_refunds or form.parts else "数量不对"
        what = f"行 {one.line} 不能只换 {millionths(one.quantity)}：{reason}"
        raise Refusal(422, [fault("S623", one.line, line=one.line, what_=what)])
    lines.withdraw(one.line)
    lines.add(_part(lines, content, form, form.quantity - one.quantity))
    part = _part(lines, content, form, one.quantity)
    lines.add(part)
    return text_of(part["id"])


def _part(lines: Lines, content: Line, form: LineForm, quantity: int) -> Line:
    amount = divide(quantity * form.unit_price, EXTENSION_SCALE, Rounding.HALF_AWAY)
    return {
        **content,
        "id": lines.fresh(form.id),
        "quantity": millionths(quantity),
        "amount": yuan(amount),
    }


def offered(found: Finding, line: str, code: str) -> Alternative:
    """What may stand in for a line. Raises Refusal 409 where it is not offered."""
    for one in found.alternatives:
        if (one.line, one.code) == (line, code):
            return one
    raise Refusal.of(409, "S624", line, line=line, code=code)


def line_of(lines: Lines, old: Line, line_id: str, one: Alternative) -> Line:
    """The line of what stands in for another, on the other's day: the catalogue says the rest."""
    day: Line = {"date": old["date"]} if old.get("date") is not None else {}
    return {
        "id": lines.fresh(line_id),
        "code": one.code,
        "name": one.name,
        **day,
        "quantity": millionths(one.quantity),
        "unit_price": millionths(one.unit_price),
        "amount": yuan(one.amount),
    }
