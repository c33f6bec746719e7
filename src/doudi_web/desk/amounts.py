"""The amounts of a pre-check as its page draws them: the gauge, who pays, the lines that push it, the bill.

Bars are SVG with attributes alone: places and lengths are per cent of the width.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from doudi.adjudication import Adjudication, Control, Value
from doudi.claim import ClaimLine
from doudi.finding import Alternative, Effect, Finding, Undecided
from doudi.money import millionths
from doudi_web.review.what_if import Worked

_FAR = 85  # per cent of the gauge beyond which a mark stands where its end is written
_SWATCH = {
    "basic": "basic",
    "critical_illness": "critical",
    "medical_assistance": "assist",
    "hospital": "hospital",
    "floor": "floor",
    "patient": "patient",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the gauge in per cent of its width, with a share; `ends` where its words stand left of it."""

    at: str
    words: str
    ends: bool
    is_far: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Gauge:
    """A share against its limit, from 0 to twice the limit: lengths in per cent of the width."""

    limit_words: str
    end_words: str
    near_words: str
    near: str | None
    within: str
    beyond: str
    state: str
    maybe_at: str
    maybe_width: str
    """What lies between the least and the most while the class of some lines is not known."""
    then: Mark | None


@dataclass(frozen=True, slots=True)
class Pay:
    """A payer: its part of the total as a bar that begins where the last ended; then, and the difference."""

    key: str
    title: str
    swatch: str
    amount: int
    at: str
    width: str
    then: int | None
    more: int | None


@dataclass(frozen=True, slots=True)
class Less:
    """What everybody would pay more, less with a minus, without a line or with another in its place."""

    patient: int
    hospital: int
    funds: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose for a line: a code, none to take it out; of how much, none for all; ticked or not."""

    code: str
    quantity: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Push:
    """A line that pushes the share: what is outside of it, what it does, what could stand in for it."""

    line: ClaimLine
    detail: str
    outside: int
    best: Less | None
    alternatives: Sequence[Alternative]
    chosen: Chosen | None


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of the bill with its four parts."""

    line: ClaimLine
    quantity: str
    price: str
    parts: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines with something outside the catalogue, or those without, and their sums."""

    title: str
    lines: Sequence[BillLine]
    amount: int
    parts: tuple[int, int, int, int]


def percent_of(per_myriad: int) -> str:
    """A share in parts of 10,000 as it is read."""
    return f"{per_myriad // 100}.{per_myriad % 100:02d}%"


def gauge_of(
    found: Adjudication, control: Control, worked: Worked | None, undecided: Undecided | None
) -> Gauge:
    """The limit stands in the middle; what is beyond twice the limit ends at the right edge."""
    of = max(found.total, 1)
    limit_share = (control.limit * 10_000 + of // 2) // of

    def place(share: int) -> Decimal:
        made = Decimal(share * 50) / max(limit_share, 1)
        return min(made, Decimal(100)).quantize(Decimal("0.01"))

    low, high = (control.share, control.share) if undecided is None else undecided.share
    at, most = place(low), place(high)
    half = Decimal(50)
    values: list[Value] = [v for e in found.explanation if e.layer == "control" for v in e.values]
    near = next((v.value for v in values if v.name == "control.approaching"), None)
    rate = None if near is None else Decimal(near.rstrip("%")) / 100
    then: Mark | None = None
    if worked is not None and worked.then.control is not None:
        share = worked.then.control.share
        x = place(share)
        is_over = worked.then.control.status == "exceeded"
        then = Mark(f"{x}%", percent_of(share), x > half, x > _FAR, is_over)
    over = low > limit_share
    return Gauge(
        percent_of(limit_share), percent_of(2 * limit_share),
        "" if rate is None else percent_of(int(limit_share * rate)),
        None if rate is None else f"{(half * rate).quantize(Decimal('0.01'))}%",
        f"{min(at, half)}%", f"{max(at - half, Decimal(0))}%",
        "need" if over else "near" if control.status == "approaching" else "slate", f"{at}%",
        f"{most - at}%" if most > at else "", then,
    )  # fmt: skip


def pays_of(found: Adjudication, worked: Worked | None) -> tuple[Pay, ...]:
    """Every payer in the order of the cascade; the patient last, so that the bars close."""
    then = None if worked is None else worked.then
    rows: list[tuple[str, str, int, int | None]] = [
        (
            name,
            found.titles.get(name, name),
            amount,
            None if then is None else then.payments.get(name, 0),
        )
        for name, amount in found.payments.items()
        if name != "floor"
    ]
    rows += [
        ("hospital", _("医院承担"), found.hospital, None if then is None else then.hospital),
        ("floor", found.titles.get("floor", _("政府兜底")), found.payments.get("floor", 0),
         None if then is None else then.payments.get("floor", 0)),
        ("patient", _("个人自付"), found.patient, None if then is None else then.patient),
    ]  # fmt: skip
    made: list[Pay] = []
    at = 0
    for key, title, amount, later in rows:
        made.append(
            Pay(
                key, title, _SWATCH.get(key, "other"), amount, _part(at, found.total),
                _part(amount, found.total), later, None if later is None else later - amount,
            )
        )  # fmt: skip
        at += amount
    return tuple(made)


def _part(amount: int, total: int) -> str:
    return f"{(Decimal(amount * 100) / max(total, 1)).quantize(Decimal('0.01'))}%"


def _parts(found: Adjudication) -> dict[str, tuple[int, int, int, int]]:
    return {
        x.id: (x.out_of_catalogue, x.over_ceiling, x.first_self_pay, x.in_scope)
        for x in found.lines
    }


def pushes_of(
    lines: Sequence[ClaimLine], finding: Finding, chosen: Mapping[str, Chosen]
) -> Iterator[Push]:
    """Lines with something outside the catalogue, net of their refunds, the largest first."""
    parts = _parts(finding.adjudication)
    net: dict[str, int] = {}
    for line in lines:
        of = line.refunds or line.id
        out, over, *_rest = parts.get(line.id, (0, 0, 0, 0))
        net[of] = net.get(of, 0) + out + over
    effects = {one.line: one.effect for one in finding.marginal}
    found = [line for line in lines if line.refunds is None and net.get(line.id, 0) > 0]
    for line in sorted(found, key=lambda one: -net[one.id]):
        others = [one for one in finding.alternatives if one.line == line.id]
        less = _less(others[0].saves if others else effects.get(line.id))
        detail = _detail(line, parts[line.id])
        yield Push(line, detail, net[line.id], less, others, chosen.get(line.id))


def _less(effect: Effect | None) -> Less | None:
    if effect is None:
        return None
    return Less(-effect.patient, -effect.hospital, -sum(effect.payments.values()))


def _detail(line: ClaimLine, parts: tuple[int, int, int, int]) -> str:
    out, over, *_rest = parts
    words = [_("%(letter)s类") % {"letter": line.item_class}] if line.item_class else []
    words += [_("全自费")] if out else []
    words += [_("超限价")] if over else []
    return f"{'，'.join(words)}，{millionths(line.quantity)} × {millionths(line.unit_price)}"


def groups_of(lines: Sequence[ClaimLine], found: Adjudication) -> Iterator[Group]:
    """Lines with something outside the catalogue, then the others, each with their sums."""
    parts = _parts(found)
    rows = [
        BillLine(x, millionths(x.quantity), millionths(x.unit_price), parts.get(x.id, (0, 0, 0, 0)))
        for x in lines
    ]
    outside = [row for row in rows if row.parts[0] or row.parts[1]]
    inside = [row for row in rows if not (row.parts[0] or row.parts[1])]
    for title, of in ((_("目录外"), outside), (_("目录内"), inside)):
        sums = [sum(row.parts[n] for row in of) for n in range(4)]
        amount = sum(row.line.amount for row in of)
        yield Group(title, of, amount, (sums[0], sums[1], sums[2], sums[3]))
