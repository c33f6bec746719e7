"""A visit's bill: what it is for, the lines that hospitals charge for such a visit, refunds among them."""

from datetime import date, timedelta
from typing import Any

from doudi.money import yuan
from doudi_lab.goods import Choice, Good, Goods, Store
from doudi_lab.streams import Stream
from doudi_lab.visits import CHRONIC, INPATIENT, MAJOR, OUTPATIENT, Visit

Bill = dict[str, Any]

_CAREFUL, _CARELESS = 0.008, 0.16
"""Shares of lines out of the catalogue: of most doctors, and of some."""

_DISEASES: dict[str, tuple[tuple[str, str], ...]] = {
    INPATIENT: (("J18.900", "肺炎"), ("K35.800", "急性阑尾炎"), ("S66.900", "手部肌腱损伤"),
                ("J44.100", "慢性阻塞性肺病急性加重")),
    CHRONIC: (("I10.x00", "原发性高血压"), ("E11.900", "2型糖尿病")),
    MAJOR: (("N18.000", "慢性肾功能衰竭"), ("C34.900", "肺恶性肿瘤")),
    OUTPATIENT: (("J06.900", "急性上呼吸道感染"), ("K29.500", "慢性胃炎")),
}  # fmt: skip
"""What such visits are for, as hospitals code it."""


def bill(seed: int, visit: Visit, store: Store) -> Bill:
    """A visit's bill as the engine and the interface take it, without what the platform has settled."""
    luck = Stream(seed, "visit", visit.id)
    facility = visit.facility
    goods = store.goods(facility.level, visit.from_day, visit.late or visit.to_day)
    lines = _Lines(visit, luck)
    lines.fill(goods)
    lines.take_back()
    stated: Bill = {"visit_id": visit.id}
    if visit.episode != visit.id or (visit.kind == INPATIENT and visit.discharged is None):
        stated["episode_id"] = visit.episode
    stated |= {
        "person": visit.person.on_bill(),
        "facility": {
            "code": facility.code,
            "level": facility.level,
            "district": facility.district,
        },
        "kind": visit.kind,
    }
    if visit.admitted is not None:
        stated["admitted"] = visit.admitted.isoformat()
    if visit.discharged is not None:
        stated["discharged"] = visit.discharged.isoformat()
    return stated | {
        "settled": visit.settled.isoformat(),
        "referred": visit.referred,
        "major_disease": visit.major_disease,
        "diagnoses": [_disease(seed, visit)],
        "lines": lines.made,
    }


def _disease(seed: int, visit: Visit) -> Bill:
    code, name = Stream(seed, "disease", visit.id).pick(_DISEASES[visit.kind])
    return {"code": code, "name": name, "main": True}


class _Lines:
    """The lines of one bill, as they are made."""

    def __init__(self, visit: Visit, luck: Stream) -> None:
        self.made: list[Bill] = []
        self._visit, self._luck = visit, luck
        high = visit.facility.level == "3"
        self._outside = _CARELESS if luck.chance(0.06) else _CAREFUL * (2 if high else 1)
        self._signs = luck.chance(0.35)
        self._days = (visit.to_day - visit.from_day).days
        self._size = luck.long_tail(0.45)
        self._dates = [
            (visit.from_day + timedelta(days=n)).isoformat() for n in range(self._days + 1)
        ]

    def fill(self, goods: Goods) -> None:
        """What is charged for a visit of its kind."""
        match self._visit.kind:
            case "inpatient":
                self._stay(goods)
            case "chronic_outpatient" | "major_outpatient":
                self._special(goods)
            case _:
                self._seen(goods.of("service", "诊查"))
                self._some(goods.of("service", "检验"), self._luck.whole(0, 2))
                self._some(goods.of("service", "检查"), self._luck.whole(0, 1))
                self._drugs(goods, self._luck.whole(1, 3), 2)

    def _special(self, goods: Goods) -> None:
        luck = self._luck
        self._seen(goods.of("service", "诊查"))
        self._some(goods.of("service", "检验"), luck.whole(0, 2))
        if self._visit.kind == CHRONIC:
            self._drugs(goods, luck.whole(2, 4), 4)
            return
        if luck.chance(0.6):
            times = luck.whole(1, 3)
            self._some(goods.of("service", "透析"), 1, times)
            self._some(goods.of("consumable", "透析"), 2, times)
        self._drugs(goods, luck.whole(2, 5), 12)

    def _stay(self, goods: Goods) -> None:
        """A stay: by the day, tests, drugs by the days, small things; now and then an operation and its implant."""
        luck, days = self._luck, max(1, self._days)
        for group in ("诊查", "床位", "护理"):
            self._daily(goods.of("service", group), days)
        self._some(goods.of("service", "治疗"), luck.whole(1, 3), days)
        self._some(goods.of("service", "检验"), luck.whole(2, 7))
        self._some(goods.of("service", "检查"), luck.whole(1, 3))
        self._drugs(goods, luck.whole(3, 9), days)
        for _ in range(luck.whole(1, 5)):
            self._add(goods.small.one(luck, self._outside), luck.whole(1, days))
        if luck.chance(0.18):
            self._some(goods.of("service", luck.pick(("中医", "理疗"))), 2, days)
        is_large = self._visit.facility.level != "1"
        if luck.chance(0.22 if is_large else 0.05):
            self._some(goods.of("service", "手术" if luck.chance(0.8) else "介入"), 1)
            self._some(goods.of("service", "麻醉"), 1)
            if is_large and goods.large and luck.chance(0.5):
                self._add(luck.pick(goods.large).one(luck, self._outside / 2), 1)
        if self._visit.late is not None:
            self._some(goods.of("service", "检验"), 1, day=self._visit.late)

    def _daily(self, choice: Choice | None, days: int) -> None:
        """One good that is charged by the day."""
        if choice is not None:
            of_days = [g for c in choice.goods.values() for g in c if g.is_daily]
            plain = [g for g in of_days if g.item_class == "甲"] or of_days
            if plain:
                is_outside = self._luck.chance(self._outside)
                self._add(self._luck.pick(of_days if is_outside else plain), days)

    def _seen(self, choice: Choice | None) -> None:
        """Seeing a doctor without staying."""
        goods = () if choice is None else [g for g in choice.goods.get("甲", ()) if not g.is_daily]
        if goods:
            self._add(self._luck.pick(goods), 1)

    def _some(
        self, choice: Choice | None, count: int, times: int = 1, day: date | None = None
    ) -> None:
        if choice is not None:
            for _ in range(count):
                self._add(choice.one(self._luck, self._outside), self._luck.whole(1, times), day)

    def _drugs(self, goods: Goods, count: int, days: int) -> None:
        """Drugs of so many groups; some people's need many times what others' need."""
        for choice in self._luck.several(goods.drugs, count):
            often = max(1, round(self._luck.whole(1, days) * self._size * 0.5))
            self._add(choice.one(self._luck, self._outside), often)

    def _add(self, good: Good, often: int, day: date | None = None) -> None:
        """A line; a few are dearer than usual, so dear that a ceiling may be below."""
        luck, price = self._luck, good.price_fen
        lot = luck.uniform()
        if lot < 0.04:
            price = price * luck.whole(108, 135) // 100
        elif lot < 0.5:
            price = max(1, price * luck.whole(88, 99) // 100)
        dated = luck.pick(self._dates) if day is None else day.isoformat()
        number = len(self.made) + 1
        line: Bill = {"id": str(number), **good.stated, "date": dated}
        if often > 1 and luck.chance(0.03):  # half a unit more
            line["quantity"], amount = f"{often}.5", (price * (2 * often + 1) + 1) // 2
        else:
            line["quantity"], amount = str(often), price * often
        line["unit_price"], line["amount"] = yuan(price), yuan(amount)
        if good.item_class == "丙" and self._signs:
            line["consent"] = True
        self.made.append(line)

    def take_back(self) -> None:
        """In some visits, what was not used is taken back: a line of its own that names the one it refunds."""
        luck = self._luck
        if not luck.chance(0.07 if self._visit.kind in (INPATIENT, MAJOR) else 0.02):
            return
        lines = [line for line in self.made if "." not in line["quantity"]]
        for line in luck.several(lines, luck.whole(1, 2)):
            often = luck.whole(1, int(line["quantity"]))
            price = int(line["unit_price"].replace(".", ""))
            back = {key: line[key] for key in ("code", "name", "date")}
            number = str(len(self.made) + 1)
            self.made.append(
                {"id": number, **back, "quantity": str(-often), "unit_price": line["unit_price"],
                 "amount": yuan(-price * often), "refunds": line["id"]}
            )  # fmt: skip
