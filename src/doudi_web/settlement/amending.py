"""A settled bill changed by hand: lines forgotten, drugs that came back, lines that were wrong, facts at its head.

What is wrong in what was typed is found as in every bill; here a bill is only put together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from doudi.errors import Fault, fault
from doudi.money import EXTENSION_SCALE, PRICE_SCALE, QUANTITY_SCALE, Rounding, divide, scaled, yuan
from doudi.source_text import Value, shown
from doudi_web.settlement.asked import mapping, text_of
from doudi_web.tenancy.refusals import Refusal

Bill = dict[str, Value]
LATE, BACK = "补", "退"
"""What numbers of lines begin with that the bill did not have."""


HEAD = ("kind", "admitted", "discharged", "referred", "major_disease", "diagnoses")
"""What a correction may change at the head of a bill: not whose visit it is, where, or when it was settled."""


@dataclass(frozen=True, slots=True)
class Added:
    """A line that was forgotten, as it was typed."""

    code: str
    name: str
    date: str
    item_class: str
    quantity: str
    unit_price: str
    rate: str = ""
    """First self-pay of a line of class 乙 that no catalogue knows."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A line that was wrong: its quantity and price as they should be; `removed`, it should not be there."""

    line: str
    quantity: str
    unit_price: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is changed in a bill. `returned`: how much of a line came back; `given`: what the platform pays now.

    `head`: what stands at the head of the bill instead, of the keys in HEAD; None where nothing does.
    """

    added: Sequence[Added] = ()
    returned: Mapping[str, str] = field(default_factory=dict[str, str])
    changed: Sequence[Changed] = ()
    given: Mapping[str, str] = field(default_factory=dict[str, str])
    head: Mapping[str, Value] = field(default_factory=dict[str, Value])


def amended(bill: Mapping[str, Value], what: Amendment) -> Bill:
    """The bill with what was changed. Raises Refusal 422: nothing was, or a line is named that is not there."""
    lines = [dict(mapping(line)) for line in cast("list[Value]", bill.get("lines") or [])]
    known = {text_of(line.get("id")): line for line in lines}
    named = [*what.returned, *(one.line for one in what.changed)]
    missing: list[Fault] = [
        fault("F310", shown(one), line=shown(one)) for one in named if one not in known
    ]
    if missing:
        raise Refusal(422, missing)
    made = _changed(lines, what.changed)
    taken = {text_of(line.get("id")) for line in made}
    made += _returned(known, what.returned, taken)
    made += _added(what.added, taken)
    found: Bill = {**bill, "lines": cast("Value", made)}
    for key in HEAD:
        if key in what.head:
            found[key] = what.head[key]
            if found[key] is None:
                del found[key]
    if what.given:
        found["given"] = {**mapping(bill.get("given")), **what.given}
    if found == bill:
        raise Refusal.of(422, "S661", "lines")
    return found


def left_of(bill: Mapping[str, Value]) -> dict[str, Decimal]:
    """How much of each line is left, after what came back already; of refunds nothing is."""
    left: dict[str, Decimal] = {}
    for one in cast("list[Value]", bill.get("lines") or []):
        line = mapping(one)
        of, quantity = text_of(line.get("refunds")), _number(line.get("quantity"))
        key = of or text_of(line.get("id"))
        left[key] = left.get(key, Decimal(0)) + (quantity or Decimal(0))
    return left


def _changed(lines: Iterable[Bill], changed: Sequence[Changed]) -> list[Bill]:
    """The lines as they should be; with a line that goes, goes what was refunded of it."""
    by = {one.line: one for one in changed}
    gone = {one.line for one in changed if one.removed}
    made: list[Bill] = []
    for line in lines:
        key = text_of(line.get("id"))
        if key in gone or text_of(line.get("refunds")) in gone:
            continue
        one = by.get(key)
        if one is None or (
            _same(one.quantity, line.get("quantity"))
            and _same(one.unit_price, line.get("unit_price"))
        ):
            made.append(line)
        else:
            kept = {
                k: v for k, v in line.items() if k != "parts"
            }  # the platform's, of another amount
            made.append(kept | priced(one.quantity, one.unit_price))
    return made


def _returned(
    known: Mapping[str, Bill], returned: Mapping[str, str], taken: set[str]
) -> list[Bill]:
    """A refund line for each that came back: it takes class, rate and ceiling from its line."""
    made: list[Bill] = []
    for of, quantity in returned.items():
        line = known[of]
        amount = _number(quantity)
        back = quantity if amount is None else str(-abs(amount))
        keys: Bill = {k: line[k] for k in ("code", "hospital_code", "name", "date") if k in line}
        made.append(
            {
                "id": _new(BACK, taken),
                **keys,
                "refunds": of,
                **priced(back, line.get("unit_price")),
            }
        )
    return made


def _added(added: Sequence[Added], taken: set[str]) -> list[Bill]:
    made: list[Bill] = []
    for one in added:
        stated = {
            "code": one.code, "name": one.name, "date": one.date, "class": one.item_class,
            "first_self_pay_rate": one.rate,
        }  # fmt: skip
        keys: Bill = {key: value for key, value in stated.items() if value}
        made.append({"id": _new(LATE, taken), **keys, **priced(one.quantity, one.unit_price)})
    return made


def priced(quantity: Value, unit_price: Value) -> Bill:
    """Quantity, price and their product; of what is no number the product is zero, and the number is the fault."""
    count, price = _scaled(quantity, QUANTITY_SCALE), _scaled(unit_price, PRICE_SCALE)
    product = (
        0 if count is None or price is None
        else divide(count * price, EXTENSION_SCALE, Rounding.HALF_AWAY)
    )  # fmt: skip
    return {"quantity": quantity, "unit_price": unit_price, "amount": yuan(product)}


def _new(prefix: str, taken: set[str]) -> str:
    """A number of a line that no other has."""
    number = next(n for n in range(1, len(taken) + 2) if f"{prefix}{n}" not in taken)
    taken.add(f"{prefix}{number}")
    return f"{prefix}{number}"


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _scaled(value: Any, scale: int) -> int | None:
    found = _number(value)
    is_usual = found is not None and abs(found) < scale
    return scaled(found, scale) if is_usual and found is not None else None


def _same(typed: str, stated: Value) -> bool:
    one, other = _number(typed), _number(stated)
    return one is not None and one == other
