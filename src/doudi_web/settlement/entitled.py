"""Who is entitled comes from the register, not from the sender: a bill's person as the register knows them.

What the sender says of standings, tier and attributes is compared, and a difference is a warning. Where the
register has none, there is none. A visit that begins after the person had died or moved out, as far as the
register knew by then, is a warning too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast

from doudi.adjudication import Warning_
from doudi.dates import CHINA
from doudi.source_text import Value
from doudi.wire.bill_form import moment_of

Bill = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Known:
    """A bill with the register's person and facility in it, and what differed from what was sent."""

    bill: Bill
    is_registered: bool
    differs: tuple[str, ...]
    left: tuple[Warning_, ...] = ()

    def warnings(self) -> tuple[Warning_, ...]:
        """What the hospital's insurance office should look at."""
        if not self.differs:
            return self.left
        text = f"与登记不同：{'、'.join(self.differs)}；以登记为准。"
        return (Warning_("register_differs", "warning", text), *self.left)

    def of(self, person: Mapping[str, Any]) -> "Known":
        """The same bill with the register's person as it was known at another time."""
        sent = {**_mapping(self.bill.get("person")), **person}
        differs = tuple(key for key in self.differs if not key.startswith("person."))
        return replace(
            self, bill={**self.bill, "person": sent}, is_registered=True, differs=differs
        )


LEFT = {
    "died": ("after_death", "已死亡", "是谁就医，日期对不对"),
    "moved_out": ("after_moving_out", "已迁出", "现在在哪里参保"),
}
"""A fact after which no visit should begin: the warning, what happened, what is to be looked at."""


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
    left = () if person is None else _left(bill, facts, settled)
    return Known(made, person is not None, tuple(differs), left)


def _left(bill: Bill, facts: Sequence[Sequence[Any]], settled: datetime) -> tuple[Warning_, ...]:
    """Where the visit begins after the day of death or of moving out that the register knew when it is settled.

    It is settled all the same: such days are often stated wrongly, and late.
    """
    found: dict[str, Warning_] = {}
    for kind, _, day, _, known, superseded in facts:
        if kind not in LEFT or not _is_known(known, superseded, settled):
            continue
        begins = _begins(bill, settled)
        found.pop(kind, None)
        if begins is not None and begins > date.fromisoformat(day):
            code, what, look = LEFT[kind]
            text = f"登记里这个人 {day} {what}，这次就医 {begins} 才开始；照样结算，请医院医保办核对{look}。"
            found[kind] = Warning_(code, "warning", text)
    return tuple(found.values())


def _is_known(known: str, superseded: str | None, at: datetime) -> bool:
    """Whether the register said so at a moment."""
    ends = None if superseded is None else datetime.fromisoformat(superseded)
    return datetime.fromisoformat(known) <= at and (ends is None or at < ends)


def _begins(bill: Bill, settled: datetime) -> date | None:
    """The day on which a visit begins; None where what is stated cannot be read, a fault of its own."""
    stated = bill.get("admitted")
    if stated is None:
        return settled.astimezone(CHINA).date()
    try:
        return moment_of(stated).day
    except ValueError:
        return None


def _mapping(value: Value) -> Bill:
    return cast("Bill", value) if isinstance(value, dict) else {}


def _person(person: Mapping[str, Any], facts: Sequence[Sequence[Any]], settled: datetime) -> Bill:
    """What holds is what is known now; a tier is that of the day of settlement, None where none covers it."""
    day = settled.astimezone(CHINA).date().isoformat()
    known: Bill = {"birth_date": person["birth_date"], "district": person["district_id"]}
    known["standings"] = [
        {"code": code, "from": start, "to": end}
        for kind, code, start, end, *_ in facts
        if kind == "standing"
    ]
    tiers = [c for k, c, s, e, *_ in facts if k == "tier" and s <= day and (e is None or day < e)]
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
