"""Who is entitled comes from the register, not from the sender: a bill's person as the register knows them.

What the sender says of standings, tier and attributes is compared, and a difference is a warning. Where the
register has none, there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from doudi.dates import CHINA
from doudi.source_text import Value

Bill = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Known:
    """A bill with the register's person and facility in it, and what differed from what was sent."""

    bill: Bill
    is_registered: bool
    differs: tuple[str, ...]


def with_register(
    bill: Bill,
    person: Mapping[str, Any] | None,
    facts: Sequence[Sequence[Any]],
    facility: Mapping[str, Any] | None,
    settled: datetime,
) -> Known:
    """The bill as the register knows its person and facility on the day of settlement.

    A person whom the register does not know is settled with no standing and the tier and attributes that the bill
    states; a facility that it does not know as the bill describes it.
    """
    made = dict(bill)
    differs: list[str] = []
    sent = _mapping(bill.get("person"))
    if person is None:
        made["person"] = {**sent, "standings": []}
    else:
        known = _person(person, facts, settled)
        differs += _differing("person", sent, known)
        made["person"] = {**sent, **known}
    where = _mapping(bill.get("facility"))
    if facility is not None:
        there = _facility(facility, settled)
        differs += _differing("facility", where, there)
        made["facility"] = {**where, **there}
    return Known(made, person is not None, tuple(differs))


def _mapping(value: Value) -> Bill:
    return cast("Bill", value) if isinstance(value, dict) else {}


def _person(person: Mapping[str, Any], facts: Sequence[Sequence[Any]], settled: datetime) -> Bill:
    """What holds is what is known now; a tier is that of the day of settlement, None where none covers it."""
    day = settled.astimezone(CHINA).date().isoformat()
    known: Bill = {"birth_date": person["birth_date"], "district": person["district_id"]}
    known["standings"] = [
        {"code": code, "from": start, "to": end}
        for kind, code, start, end, _ in facts
        if kind == "standing"
    ]
    tiers = [c for k, c, s, e, _ in facts if k == "tier" and s <= day and (e is None or day < e)]
    known["insurance_tier"] = tiers[-1] if tiers else None
    known["attributes"] = person["attributes"]
    return known


def _facility(facility: Mapping[str, Any], settled: datetime) -> Bill:
    """Its level and district on the day of settlement: the last that has begun, before all of them the first."""
    day = settled.astimezone(CHINA).date().isoformat()
    states = facility["states"] or [(facility["level"], facility["district"], None)]
    begun = [state for state in states if state[2] is None or state[2] <= day]
    level, district, _ = begun[-1] if begun else states[0]
    return {"level": level, "district": district}


def _differing(name: str, sent: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """The keys that the sender says otherwise; of standings only code and days count."""
    found: list[str] = []
    for key, value in known.items():
        if key not in sent or sent[key] is None:
            continue
        if _comparable(sent[key]) != _comparable(value):
            found.append(f"{name}.{key}")
    return found


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return sorted(
            (str(s.get("code")), str(s.get("from")), str(s.get("to")))
            for s in items
            if isinstance(s, dict)
        )
    if isinstance(value, dict):
        stated = cast("dict[str, Any]", value)
        return {key: _written(one) for key, one in stated.items() if one is not None}
    return str(value)


def _written(value: Any) -> str:
    """An attribute's value as the register keeps it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
