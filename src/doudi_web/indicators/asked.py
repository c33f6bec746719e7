"""What figures are asked for: a span of months, whose, of which kind, at which hospital, of which township."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, LiteralString

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi_web.indicators.facts import CHRONIC, INPATIENT
from doudi_web.indicators.folding import (
    ALL,
    BOTH,
    DISEASE,
    FACILITY,
    FACILITY_DISEASE,
    TOWNSHIP,
    TOWNSHIP_DISEASE,
)
from doudi_web.tenancy.models import Facility, Township

POOR, EVERYBODY, OTHERS = "poor", "all", "others"
KINDS = (*INPATIENT, *CHRONIC, "outpatient")
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
MOST = 60
"""Months of a span."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `start` and `end` are months as 201906, both counted in. Empty: all, but `standing`."""

    start: int
    end: int
    standing: str = POOR
    kind: str = ""
    facility: str = ""
    township: str = ""

    def address(self) -> dict[str, str]:
        """As an address tells it: what is not the rule."""
        told = {
            "from": text_of(self.start), "to": text_of(self.end),
            "standing": "" if self.standing == POOR else self.standing, "kind": self.kind,
            "facility": self.facility, "township": self.township,
        }  # fmt: skip
        return {key: value for key, value in told.items() if value}

    def over(self, start: int, end: int) -> "Wanted":
        """The same of other months."""
        return replace(self, start=start, end=end)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are asked for; none: all, also those of which nothing is known any more."""
        return (self.kind,) if self.kind else ()


def text_of(month: int) -> str:
    """A month as people write it.

    >>> text_of(201906)
    '2019-06'
    """
    return f"{month // 100}-{month % 100:02d}"


def month_of(day: date) -> int:
    """The month of a day."""
    return day.year * 100 + day.month


def later(month: int, by: int) -> int:
    """The month so many months later.

    >>> later(201911, 3), later(201901, -1)
    (202002, 201812)
    """
    year, index = divmod(month // 100 * 12 + month % 100 - 1 + by, 12)
    return year * 100 + index + 1


def months(start: int, end: int) -> list[int]:
    """All months of a span."""
    found: list[int] = []
    while start <= end:
        found.append(start)
        start = later(start, 1)
    return found


def wanted_of(stated: Mapping[str, Any], today: date) -> tuple[Wanted, list[Fault]]:
    """What an address asks for, and every fault in it; where nothing is said: this year until this month.

    What is at fault is as if it had not been said.
    """
    faults: list[Fault] = []
    said = {key: str(stated.get(key, "") or "").strip()[:80] for key in _KEYS}
    end = _month(said["to"], "to", month_of(today), faults)
    start = _month(said["from"], "from", end // 100 * 100 + 1, faults)
    if start > end:
        faults.append(
            fault("F302", "from", earlier="from", earlier_value=text_of(start), later="to",
                  later_value=text_of(end))
        )  # fmt: skip
        start = end // 100 * 100 + 1
    elif later(start, MOST) <= end:
        faults.append(fault("F203", "from", value=said["from"], expected=f"至多 {MOST} 个月的一段"))
        start = later(end, 1 - MOST)
    standing = said["standing"] or POOR
    if not _CODE.fullmatch(standing):
        faults.append(_unknown("standing", standing, "poor、all、others，或者一种身份的代码"))
        standing = POOR
    if said["kind"] and said["kind"] not in KINDS:
        faults.append(_unknown("kind", said["kind"], "、".join(KINDS)))
        said["kind"] = ""
    for key, table in (("facility", Facility), ("township", Township)):
        if said[key] and not _is_there(key, table, said[key]):
            faults.append(_unknown(key, said[key], _EXPECTED[key]))
            said[key] = ""
    return Wanted(start, end, standing, said["kind"], said["facility"], said["township"]), faults


_KEYS = ("from", "to", "standing", "kind", "facility", "township")
_EXPECTED = {
    "facility": "登记过的医疗机构编码",
    "township": "登记过的镇街代码，九位；或区县代码后加 000（镇街不明）",
}


def _is_there(key: str, table: type[Facility] | type[Township], code: str) -> bool:
    if key == "township" and re.fullmatch(r"([0-9]{6})?000", code, re.ASCII):
        return True
    return code.isprintable() and table.objects.filter(pk=code).exists()


def _month(text: str, key: str, otherwise: int, faults: list[Fault]) -> int:
    if not text:
        return otherwise
    if not _MONTH.fullmatch(text):
        faults.append(_unknown(key, text, "月份，如 2019-06"))
        return otherwise
    return int(text[:4]) * 100 + int(text[5:])


def _unknown(key: str, value: str, expected: str) -> Fault:
    return fault("F203", key, value=shown(value, 80), expected=expected)


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must be, with its values."""

    sql: LiteralString
    values: tuple[Any, ...]


def conditions(wanted: Wanted) -> list[Condition]:
    """What facts and cells must be; each is written out, so that a plan has an index for it."""
    found = [Condition("month BETWEEN %s AND %s", (wanted.start, wanted.end))]
    if wanted.facility:
        found.append(Condition("facility = %s", (wanted.facility,)))
    if wanted.township:
        found.append(Condition("township = %s", (wanted.township,)))
    if wanted.kind:
        found.append(Condition("kind = %s", (wanted.kind,)))
    match wanted.standing:
        case "all":
            pass
        case "poor":
            found.append(Condition("standing <> ''", ()))
        case "others":
            found.append(Condition("standing = ''", ()))
        case code:
            found.append(Condition("standing = %s", (code,)))
    return found


def level_of(told: frozenset[str]) -> int | None:
    """The level of cells that tells apart hospitals, townships, diseases as asked; None: no level does."""
    return {
        frozenset[str](): ALL, frozenset({"facility"}): FACILITY, frozenset({"township"}): TOWNSHIP,
        frozenset({"facility", "township"}): BOTH, frozenset({"disease"}): DISEASE,
        frozenset({"facility", "disease"}): FACILITY_DISEASE, frozenset({"township", "disease"}): TOWNSHIP_DISEASE,
    }.get(told)  # fmt: skip
