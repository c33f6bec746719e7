"""Cases that alerts are to find, planted in a county, and look-alikes that are none; a manifest says which are.

Whoever is planted is nobody of the county: its own persons and visits stay as they are.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from doudi.money import yuan
from doudi_lab.bills import Bill
from doudi_lab.county import County
from doudi_lab.filling import Service, Tokens
from doudi_lab.goods import Choice, Good, Store
from doudi_lab.names import given_name, surname
from doudi_lab.places import Facility, Township
from doudi_lab.streams import Stream

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What was planted: of which rule, whether it is a case or only looks like one, whom it is about."""

    rule: str
    is_case: bool
    what: str
    subject: str
    """A person, or a hospital where the rule is of hospitals."""

    def json(self) -> Json:
        """As the manifest tells it."""
        return {
            "rule": self.rule, "case": self.is_case, "what": self.what, "subject": self.subject,
        }  # fmt: skip


@dataclass(slots=True)
class Planted:
    """Persons and bills to be sent, each person's bills in their order, and the manifest."""

    seed: int
    persons: list[Json] = field(default_factory=list[Json])
    bills: list[Bill] = field(default_factory=list[Bill])
    cases: list[Case] = field(default_factory=list[Case])


def plant(county: County, today: date, each: int = 3) -> Planted:
    """So many cases of every kind, and as many look-alikes; the same arguments make the same."""
    maker = _Maker(county, today)
    for number in range(each):
        for what in _KINDS:
            what(maker, number)
    for rule, facility, outside in (("over", -1, 20), ("within", -2, 4)):
        _months(maker, county.places.clinics[facility], outside, is_case=rule == "over")
    return maker.made


def send(planted: Planted, url: str, tokens: Tokens) -> None:
    """Send what was planted to a running service. Raises NotFilled."""
    assert tokens.register is not None, "planted persons are registered"
    assert tokens.settle is not None, "planted bills are settled"
    register, service = Service(url, tokens.register), Service(url, tokens.settle)
    register.must("/api/v1/persons", {"persons": planted.persons})
    for bill in planted.bills:
        message = f"plant-{planted.seed}-{bill['visit_id']}"
        service.must("/api/v1/settlements", {"message_id": message, "bill": bill})


def manifest(planted: Planted) -> str:
    """What was planted, as a file."""
    told = {"seed": planted.seed, "cases": [one.json() for one in planted.cases]}
    return json.dumps(told, ensure_ascii=False, indent=1)


POOR, NOBODY = "dibao", ""
_PNEUMONIA, _FRACTURE = ("J18.900", "肺炎"), ("S82.900", "小腿骨折")


class _Maker:
    """Makes persons and bills, each under a number of its own."""

    def __init__(self, county: County, today: date) -> None:
        self.made = Planted(county.seed)
        self.county, self.today = county, today
        self.hospitals = county.places.hospitals
        self._store = Store(county.catalogue)

    def ago(self, days: int) -> date:
        """So many days before today."""
        return self.today - timedelta(days=days)

    def town(self, number: int) -> Township:
        """A township; the first is that of a demonstration's officer."""
        towns = self.county.places.townships
        return towns[number % len(towns)]

    def person(self, number: int, standing: str = POOR, **more: Any) -> str:
        """Somebody invented, in a household of their own where none is said."""
        own = len(self.made.persons) + 1
        luck = Stream(self.made.seed, "planted", own)
        who, village = f"ZP{own:05d}", luck.pick(self.town(number).villages)
        stated: Json = {
            "id": who, "name": surname(luck) + given_name(luck), "birth_date": f"19{luck.whole(45, 80)}-03-01",
            "sex": luck.pick(("男", "女")), "insurance_tier": "tier_1", "district": self.county.district,
            "village": village.code, "household": f"{village.code}-Z{own:05d}",
            "standings": [{"code": standing, "from": "2018-01-01", "to": None}] if standing else [],
        }  # fmt: skip
        self.made.persons.append({**stated, **more})
        return who

    def say(self, rule: str, what: str, subject: str, *, is_case: bool) -> None:
        """A line of the manifest."""
        self.made.cases.append(Case(rule, is_case, what, subject))

    def goods(
        self, facility: Facility, day: date, kind: str, item_class: str, nth: int = 0
    ) -> Good:
        """An item of a kind that has this class."""
        goods = self._store.goods(facility.level, day, day)
        choices: list[Choice] = [c for name, c in goods.groups.items() if name.startswith(kind)]
        found = [good for c in choices for good in c.goods.get(item_class, ())]
        found.sort(key=lambda good: (good.price_fen, good.stated["code"]))
        return found[nth % len(found)]

    def line(self, good: Good, amount: int, day: date) -> Bill:
        """A line of an item that comes to about so much, at its usual price."""
        price = (
            good.price_fen if good.ceiling_fen is None else min(good.price_fen, good.ceiling_fen)
        )
        often = max(1, amount // price)
        return {
            **good.stated, "date": day.isoformat(), "quantity": str(often), "unit_price": yuan(price),
            "amount": yuan(price * often),
        }  # fmt: skip

    def settle(
        self, who: str, facility: Facility, kind: str, end: date, lines: list[Bill], **more: Any
    ) -> None:
        """A bill that is settled on its last day, in the afternoon."""
        visit = f"ZV{len(self.made.bills) + 1:05d}"
        self.made.bills.append(
            {"visit_id": visit, "person": {"id": who}, "kind": kind,
             "facility": {"code": facility.code, "level": facility.level, "district": facility.district},
             "settled": f"{end.isoformat()}T15:00:00+08:00", "referred": False, "major_disease": False,
             "lines": [{**line, "id": str(n)} for n, line in enumerate(lines, 1)], **more}
        )  # fmt: skip

    def stay(
        self, who: str, at: Facility, start: date, days: int, *, inside: int = 300_000, outside: int = 0,
        disease: tuple[str, str] = _PNEUMONIA, **more: Any,
    ) -> None:  # fmt: skip
        """A stay with charges in and out of the catalogue, in fen."""
        end = start + timedelta(days=days)
        lines = [self.line(self.goods(at, start, "service", "甲"), inside, start)]
        if outside:
            lines.append(self.line(self.goods(at, start, "consumable", "丙"), outside, start))
        self.settle(
            who, at, "inpatient", end, lines, admitted=start.isoformat(), discharged=end.isoformat(),
            **{"diagnoses": [{"code": disease[0], "name": disease[1], "main": True}], **more},
        )  # fmt: skip

    def seen(self, who: str, at: Facility, day: date, *, nth: int = 0, amount: int = 9_000) -> None:
        """An outpatient visit with one item."""
        good = self.goods(at, day, "drug", "甲", nth)
        self.settle(who, at, "outpatient", day, [self.line(good, amount, day)])


# ------------------------------------------------------------ kinds of cases


def _share(maker: _Maker, number: int) -> None:
    at = maker.hospitals[number % len(maker.hospitals)]
    for days, outside, what in (
        (6, 120_000, "超限，六天前结算"),
        (5, 10_000, "没有超限"),
        (45, 120_000, "超限，结算早过了看的天数"),
    ):
        who = maker.person(number)
        maker.stay(who, at, maker.ago(days + 4), 4, inside=400_000, outside=outside)
        maker.say("share", what, who, is_case=days == 6)


def _large(maker: _Maker, number: int) -> None:
    at = maker.hospitals[number % 2]
    who = maker.person(number, "registered_poor")
    maker.stay(who, at, maker.ago(200), 20, inside=10_000_000)
    maker.say("large_floor", "一次兜底近一万元", who, is_case=True)
    maker.say("household", "一次大病自己付一万元", who, is_case=True)
    other = maker.person(number, "registered_poor")
    maker.stay(other, at, maker.ago(190), 6, inside=900_000)
    maker.say("large_floor", "平常的一次", other, is_case=False)


def _split(maker: _Maker, number: int) -> None:
    large, small = maker.hospitals[0], maker.hospitals[2]
    start = maker.ago(150 + number)
    kinds: tuple[tuple[str, bool, Callable[[str], None]], ...] = (
        ("同院三天后又住", True, lambda who: _twice(maker, who, (small, small), start, 3)),
        ("外院十天后又住", True, lambda who: _twice(maker, who, (large, small), start, 10)),
        ("十一天后又住", False, lambda who: _twice(maker, who, (small, small), start, 11)),
        ("当天转上级医院", False, lambda who: _twice(maker, who, (small, large), start, 0)),
        ("三天后住院是另一种病", False,
         lambda who: _twice(maker, who, (small, small), start, 3, disease=_FRACTURE)),
        ("重大疾病按疗程住院", False,
         lambda who: _twice(maker, who, (small, small), start, 3, major_disease=True)),
        ("同一住院号分两次结算", False,
         lambda who: _twice(maker, who, (small, small), start, 1, episode_id=f"E{who}")),
    )  # fmt: skip
    for what, is_case, made in kinds:
        who = maker.person(number)
        made(who)
        maker.say("split", what, who, is_case=is_case)
    who = maker.person(number)
    for nth, days in enumerate((0, 13, 26)):
        disease = (f"{'KLM'[nth]}20.900", "另一种病")
        maker.stay(who, small, start + timedelta(days=days), 2, disease=disease)
    maker.say("split", "三十天里住院三次", who, is_case=True)


def _twice(
    maker: _Maker, who: str, at: tuple[Facility, Facility], start: date, gap: int,
    *, disease: tuple[str, str] = _PNEUMONIA, **more: Any,
) -> None:  # fmt: skip
    maker.stay(who, at[0], start, 5, **more)
    maker.stay(who, at[1], start + timedelta(days=5 + gap), 5, disease=disease, **more)


def _double(maker: _Maker, number: int) -> None:
    one, other = maker.hospitals[2], maker.hospitals[3]
    day = maker.ago(120 + number)
    for what, is_case, at, nth in (
        ("同一天两家医院门诊", True, other, 1), ("同一天同一项目两次", True, one, 0),
        ("同一天同院，项目不同", False, one, 1),
    ):  # fmt: skip
        who = maker.person(number)
        maker.seen(who, one, day)
        maker.seen(who, at, day, nth=nth)
        maker.say("double", what, who, is_case=is_case)
    for what, is_case, later in (("两次住院重叠", True, 4), ("出院当天再入院", False, 6)):
        who = maker.person(number)
        maker.stay(who, one, day, 6)
        maker.stay(who, other, day + timedelta(days=later), 5, disease=_FRACTURE)
        maker.say("double", what, who, is_case=is_case)
    for what, is_case, on in (("住院中间又有门诊", True, 3), ("入院那天的门诊", False, 0)):
        who = maker.person(number)
        if not on:
            maker.seen(who, other, day)
        maker.stay(who, one, day, 6)
        if on:
            maker.seen(who, other, day + timedelta(days=on))
        maker.say("double", what, who, is_case=is_case)


def _dilution(maker: _Maker, number: int) -> None:
    at = maker.hospitals[number % len(maker.hospitals)]
    start, end = maker.ago(100), maker.ago(91)
    usual, new = (maker.goods(at, start, "service", "甲", nth) for nth in (0, 1))
    own = maker.goods(at, start, "consumable", "丙")
    for what, is_case, outside, last in (
        ("最后一天新收检查", True, 90_000, new), ("最后一天接着收床位", False, 90_000, usual),
        ("一直没有超限", False, 20_000, new),
    ):  # fmt: skip
        who = maker.person(number)
        lines = [
            maker.line(usual, 700_000, start), maker.line(own, outside, start + timedelta(days=1)),
            maker.line(last, 300_000, end),
        ]  # fmt: skip
        maker.settle(
            who, at, "inpatient", end, lines, admitted=start.isoformat(), discharged=end.isoformat(),
            diagnoses=[{"code": _PNEUMONIA[0], "name": _PNEUMONIA[1], "main": True}],
        )  # fmt: skip
        maker.say("dilution", what, who, is_case=is_case)


def _standing(maker: _Maker, number: int) -> None:
    soon, late = maker.ago(-10 - number).isoformat(), maker.ago(-75).isoformat()
    ends = {"code": POOR, "from": "2018-01-01", "to": soon}
    other = {"code": "destitute", "from": "2018-06-01", "to": None}
    for what, is_case, stated in (
        ("十来天以后到期", True, [ends]), ("到期那天还有特困", False, [ends, other]),
        ("两个多月以后到期", False, [{**ends, "to": late}]),
    ):  # fmt: skip
        who = maker.person(number, standings=stated)
        maker.say("standing", what, who, is_case=is_case)


def _household(maker: _Maker, number: int) -> None:
    at = maker.hospitals[0]
    for what, is_case, amount in (
        ("两个人一年自己付五千多", True, 270_000),
        ("两个人一年自己付四千多", False, 220_000),
    ):
        first = maker.person(number, NOBODY)
        home = {key: maker.made.persons[-1][key] for key in ("household", "village")}
        second = maker.person(number, NOBODY, **home)
        for days, who in ((80, first), (60, second)):
            maker.seen(who, at, maker.ago(days), amount=amount)
        maker.say("household", what, first, is_case=is_case)


def _months(maker: _Maker, clinic: Facility, outside: int, *, is_case: bool) -> None:
    """Three months of a small hospital; settled before the days of which single visits are told."""
    first = maker.today.replace(day=1)
    for _ in range(3):
        first = (first - timedelta(days=1)).replace(day=1)
        for number in range(8):
            who = maker.person(number)
            maker.stay(who, clinic, first, 1, inside=3_000_000, outside=30_000 * outside)
    what = "连着三个月超限" if is_case else "三个月都没有超限"
    maker.say("period", what, clinic.code, is_case=is_case)


_KINDS: tuple[Callable[[_Maker, int], None], ...] = (
    _share, _large, _split, _double, _dilution, _standing, _household,
)  # fmt: skip


def found_in(alert: Mapping[str, Any]) -> Iterator[str]:
    """Whom an alert of the service's interface is about: persons behind it, and its hospital."""
    if alert["facility"]:
        yield alert["facility"]
    for one in alert["behind"]:
        if one["person"]:
            yield one["person"]
