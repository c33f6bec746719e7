"""Why a visit is close to its limit or above it: which items, and which of the two."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from doudi.adjudication import Adjudication, Control
from doudi.claim import Claim
from doudi.money import share_text, yuan
from doudi.packs.model import Approval
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.ledger import sm3
from doudi_web.settlement.looking import Looked


class Status(StrEnum):
    """How bad it is."""

    APPROACHING = "approaching"
    EXCEEDED = "exceeded"


@dataclass(frozen=True, slots=True)
class Item:
    """An item that makes up the measured cost: its lines and what is outside the catalogue of them, in fen."""

    code: str
    name: str
    lines: tuple[str, ...]
    outside: int


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause is the same while status and items are: how much of an item there is does not count."""

    status: Status
    items: tuple[Item, ...]
    applies: bool
    says: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """What one cause is told from another by."""
        codes = sorted(item.code for item in self.items)
        return sm3(canonical([self.status.value, *codes]).encode())


def cause_of(looked: Looked) -> Cause | None:
    """The cause that a look finds; None where the visit is within its limit, or there is none.

    Lines of which nobody knows the class are counted as wholly own pay by a look, and make no excess here: they
    belong in the queue of what is to be mapped.
    """
    found = looked.settled
    control = found.control if found.control is None else _known(looked, found.control, found.total)
    if control is None or control.status not in set(Status):
        return None
    items = _items(looked, found)
    approval = approval_of(looked)
    says = {
        "share": share_text(control.share),
        "measured": yuan(control.measured),
        "limit": yuan(control.limit),
        "excess": yuan(control.excess),
        "total": yuan(found.total),
        "applies": control.applies,
        "hospital": yuan(found.hospital),
        "items": [
            {
                "code": one.code,
                "name": one.name,
                "lines": list(one.lines),
                "outside": yuan(one.outside),
            }
            for one in items
        ],
        "approval": None
        if approval is None
        else {
            "demand": approval.demand.value,
            "within_hours": approval.within_hours,
            "cite": approval.cite.heading,
            "document": approval.cite.document,
            "status": approval.status.value,
        },
    }
    return Cause(Status(control.status), items, control.applies, says)


def undecided_of(claim: Claim) -> int:
    """What the lines of no known class come to, in fen."""
    open_ = set(claim.undecided)
    return sum(line.amount for line in claim.lines if line.id in open_)


def is_over_without(control: Control, undecided: int) -> bool:
    """Whether it is above the limit even if everything of no known class were within scope: exact, in fen."""
    return control.measured - undecided > control.limit


def _known(looked: Looked, control: Control, total: int) -> Control:
    """The control of what is known: without the lines of no known class, whatever they turn out to be."""
    lost = undecided_of(looked.ready.claim)
    if not lost:
        return control
    measured = max(control.measured - lost, 0)
    excess = max(measured - control.limit, 0)
    status = Status.EXCEEDED.value if is_over_without(control, lost) else "within"
    share = (measured * 20_000 + total) // (2 * total) if total else 0
    return replace(control, measured=measured, excess=excess, share=share, status=status)


def approval_of(looked: Looked) -> Approval | None:
    """What the pack of a visit says of approval; None where it does not say."""
    control = looked.ready.running.policy.pack.control
    return None if control is None else control.approval


def _items(looked: Looked, found: Adjudication) -> tuple[Item, ...]:
    """The lines that the engine's own warning names, put together by their items."""
    open_ = set(looked.ready.claim.undecided)
    told = next((w.lines for w in found.warnings if w.code in set(Status)), ())
    named = [line_id for line_id in told if line_id not in open_]
    line_of = {line.id: line for line in looked.ready.claim.lines}
    outside: dict[str, int] = {}
    for parts in found.lines:
        of = line_of[parts.id].refunds or parts.id
        outside[of] = outside.get(of, 0) + parts.out_of_catalogue + parts.over_ceiling
    lines: dict[str, list[str]] = {}
    for line_id in named:
        line = line_of[line_id]
        lines.setdefault(line.code or line.hospital_code or line.name or line.id, []).append(
            line_id
        )
    return tuple(
        Item(code, line_of[ids[0]].name, tuple(ids), sum(outside[i] for i in ids))
        for code, ids in lines.items()
    )
