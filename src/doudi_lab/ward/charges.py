"""What a stay is charged, day by day: bed and care, tests, drugs, an operation; and what is out of the catalogue,
as much of it as the case asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from doudi.money import yuan
from doudi_lab.streams import Stream
from doudi_lab.ward.cases import Case, Trait
from doudi_lab.ward.departments import Department
from doudi_lab.ward.own_list import Own, OwnList

Line = dict[str, Any]

_FINE = ("consumable/敷料", "consumable/纱布", "consumable/注射器")
"""Groups whose imports are cheap: they bring a share close to what is wanted."""
_MOST = 40  # of one item in one line


@dataclass(slots=True)
class _Charged:
    own: Own
    day: date
    quantity: int
    is_signed: bool = False

    @property
    def amount(self) -> int:
        return self.own.price_fen * self.quantity


class Charges:
    """The charges of one stay, from its own luck."""

    def __init__(
        self,
        seed: int,
        name: str,
        department: Department,
        own: OwnList,
        case: Case,
        days: Sequence[date],
    ) -> None:
        self._luck = Stream(seed, "charges", name)
        self._department, self._own, self._case = department, own, case
        self._days = days
        self._charged: list[_Charged] = []

    def lines(self) -> list[Line]:
        """The lines, numbered by day; what is taken back comes last."""
        self._care()
        self._tests()
        self._drugs()
        self._operate()
        if self._case.has(Trait.UNMAPPED):
            self._not_mapped()
        self._outside()
        self._charged.sort(key=lambda one: one.day)
        found: list[Line] = []
        counts: dict[date, int] = {}
        for one in self._charged:
            counts[one.day] = counts.get(one.day, 0) + 1
            found.append(_line(f"{one.day:%m%d}-{counts[one.day]:02d}", one))
        if self._case.has(Trait.REFUND):
            found.append(self._taken_back(found))
        return found

    def _care(self) -> None:
        """Each day in a bed: the round, the bed, the nursing, what the ward does every day, an infusion."""
        nights = self._days[:-1] or self._days
        for number, day in enumerate(nights):
            nursing = "Ⅰ级护理" if self._department.operations and number < 3 else "Ⅱ级护理"
            for name in ("住院诊查费", "三人间床位费", nursing):
                self._add(self._own.named(name), day, 1)
            for name in self._department.daily:
                every = 3 if name == "血液透析" else 1
                if number % every == 0:
                    self._add(self._own.named(name), day, 1)
            if number < 9:
                self._add(self._own.named("静脉输液"), day, self._luck.whole(1, 3))
                self._add(self._of("consumable/输液器", "甲"), day, self._luck.whole(1, 2))

    def _tests(self) -> None:
        luck, days = self._luck, self._days
        tests = luck.several(self._own.of("service/检验"), luck.whole(6, 9))
        for test in tests:
            self._add(test, days[0], 1)
        for day in days[3::3]:
            for test in luck.several(tests, 2):
                self._add(test, day, 1)
        for name in self._department.checks:
            if luck.chance(0.8):
                self._add(self._own.named(name), days[min(luck.whole(0, 2), len(days) - 1)], 1)

    def _drugs(self) -> None:
        """Of each group of the ward one drug, now and then a second; a box or two at a time."""
        luck = self._luck
        for group in self._department.drugs:
            for _ in range(2 if luck.chance(0.4) else 1):
                drug = self._of(group, "乙" if luck.chance(0.3) else "甲")
                first, every = luck.whole(0, 1), luck.whole(3, 5)
                for day in self._days[first::every]:
                    self._add(drug, day, luck.whole(1, 3))

    def _operate(self) -> None:
        luck = self._luck
        if not self._department.operations or len(self._days) < 3:
            return
        day = self._days[1]
        self._add(self._own.named(luck.pick(self._department.operations)), day, 1)
        self._add(self._own.named(luck.pick(("全身麻醉", "臂丛神经阻滞麻醉"))), day, 1)
        for group in self._department.implants:
            self._add(self._of(group, "甲"), day, luck.whole(1, 4))

    def _not_mapped(self) -> None:
        """Two or three items that the hospital has not mapped."""
        for own in self._luck.several(self._own.unmapped, self._luck.whole(2, 3)):
            times = max(1, min(_MOST, 30_000 // own.price_fen))
            self._add(own, self._luck.pick(self._days), self._luck.whole((times + 1) // 2, times))

    def _outside(self) -> None:
        """What is out of the catalogue: several items of the ward's groups, until the share is what is wanted."""
        luck, (low, high) = self._luck, self._case.outside
        wanted = luck.whole(low, high)
        total = sum(one.amount for one in self._charged)
        left = total * wanted // (1000 - wanted)
        items = [
            own for group in self._department.outside for own in self._own.of(group, "丙")
            if own.price_fen * 2 <= left
        ][: luck.whole(3, 5)]  # fmt: skip
        for number, own in enumerate(items):
            part = left // (len(items) - number)
            times = max(1, min(_MOST, part // own.price_fen))
            left -= times * own.price_fen
            self._add(own, luck.pick(self._days), times)
        for group in _FINE:
            for own in self._own.of(group, "丙"):
                times = min(_MOST, left // own.price_fen)
                if times > 0:
                    left -= times * own.price_fen
                    self._add(own, luck.pick(self._days), times)
        if self._case.has(Trait.SIGNED):
            outside = [one for one in self._charged if one.own.item_class == "丙"]
            for one in luck.several(outside, 1):
                one.is_signed = True

    def _taken_back(self, lines: Sequence[Line]) -> Line:
        """A drug of which not all was used."""
        several = [
            x for x in lines if int(x["quantity"]) > 1 and x["hospital_code"] in self._codes()
        ]
        line = self._luck.pick(several)
        back = {key: line[key] for key in ("hospital_code", "name")}
        return {
            "id": f"{self._days[-1]:%m%d}-R1", **back, "date": self._days[-1].isoformat(), "quantity": "-1",
            "unit_price": line["unit_price"], "amount": f"-{line['unit_price']}", "refunds": line["id"],
        }  # fmt: skip

    def _codes(self) -> set[str]:
        of_drugs = (self._own.of(group) for group in self._department.drugs)
        return {own.code for owns in of_drugs for own in owns if own.item_class != "丙"}

    def _of(self, group: str, item_class: str) -> Own | None:
        found = self._own.of(group, item_class) or self._own.of(group, "甲")
        return self._luck.pick(found) if found else None

    def _add(self, own: Own | None, day: date, quantity: int) -> None:
        """A charge; what the hospital has not mapped is charged only where the case asks for it."""
        if own is not None:
            self._charged.append(_Charged(own, day, quantity))


def days_of(first: date, last: date) -> tuple[date, ...]:
    """The days from one to another, both included."""
    return tuple(first + timedelta(n) for n in range((last - first).days + 1))


def _line(number: str, one: _Charged) -> Line:
    line: Line = {
        "id": number, "hospital_code": one.own.code, "name": one.own.name, "date": one.day.isoformat(),
        "quantity": str(one.quantity), "unit_price": yuan(one.own.price_fen), "amount": yuan(one.amount),
    }  # fmt: skip
    return line | {"consent": True} if one.is_signed else line
