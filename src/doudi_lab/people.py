"""Households and persons of a county: who is poor since when, who is ill, who pays which tier."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from doudi_lab import names
from doudi_lab.places import Facility, Places, Township, Village
from doudi_lab.streams import Stream

DIBAO, DESTITUTE = "dibao", "destitute"


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing, valid on [start, end)."""

    code: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Disease:
    """A disease that the register knows: chronic or major (重大疾病), since when."""

    name: str
    kind: str
    since: date


@dataclass(frozen=True, slots=True)
class FamilyDoctor:
    """A contract with a doctor of the township's institution."""

    facility: str
    name: str
    phone: str
    since: date

    def in_register(self) -> dict[str, str]:
        """The contract as the register takes it."""
        since = self.since.isoformat()
        return {"name": self.name, "phone": self.phone, "facility": self.facility, "from": since}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented, as the register would know them. `id` is opaque; the number's division is no real one.

    `plan` is the personal plan that the family doctor has made for who is ill.
    """

    number: int
    id: str
    name: str
    id_number: str
    birth_date: date
    sex: str
    ethnicity: str
    insurance_tier: str
    district: str
    village: Village
    clinic: Facility
    household: str
    standings: tuple[Standing, ...]
    diseases: tuple[Disease, ...]
    doctor: FamilyDoctor | None
    phone: str | None
    plan: str | None

    def is_ill(self, kind: str) -> bool:
        """Whether the person has a disease of this kind."""
        return any(disease.kind == kind for disease in self.diseases)

    def on_bill(self) -> dict[str, Any]:
        """The person as a bill states them."""
        return {
            "id": self.id,
            "birth_date": self.birth_date.isoformat(),
            "insurance_tier": self.insurance_tier,
            "district": self.district,
            "standings": standings_json(self.standings),
        }

    def in_register(self) -> dict[str, Any]:
        """The person as POST /api/v1/persons takes them."""
        doctor = self.doctor
        more: dict[str, Any] = {
            "phone": self.phone,
            "diseases": [{"code": d.name, "from": d.since.isoformat()} for d in self.diseases],
            "doctors": [] if doctor is None else [doctor.in_register()],
            "plan": self.plan,
        }
        return {
            "id": self.id,
            "name": self.name,
            "id_number": self.id_number,
            "sex": self.sex,
            "ethnicity": self.ethnicity,
            "birth_date": self.birth_date.isoformat(),
            "insurance_tier": self.insurance_tier,
            "district": self.district,
            "village": self.village.code,
            "household": self.household,
            "standings": [
                {**stated, **_learned(self.number, one)}
                for one, stated in zip(self.standings, standings_json(self.standings), strict=True)
            ],
            **{key: value for key, value in more.items() if value},
        }


def standings_json(standings: tuple[Standing, ...]) -> list[dict[str, str | None]]:
    """Standings as bills and the register write them."""
    return [
        {"code": s.code, "from": s.start.isoformat(), "to": s.end and s.end.isoformat()}
        for s in standings
    ]


_LATE_AT_MOST = 60  # days until the register learns of a standing


def _learned(number: int, standing: Standing) -> dict[str, str]:
    """When the register learned of a standing that is some years old; of a newer one when it is told."""
    if standing.start.month == 1 or standing.start.day != 1:
        return {}
    days = Stream(number, "learned", standing.code).whole(6, _LATE_AT_MOST)
    return {"known": (standing.start + timedelta(days)).isoformat()}


_KINDS = (("poor", 60.0), (DIBAO, 22.0), (DESTITUTE, 9.0), ("none", 9.0))
_SIZES = ((1, 18.0), (2, 27.0), (3, 24.0), (4, 19.0), (5, 12.0))
_CHRONIC = ("高血压", "2型糖尿病", "慢性阻塞性肺疾病", "冠心病", "类风湿性关节炎", "癫痫")
_MAJOR = ("慢性肾功能衰竭", "恶性肿瘤", "器官移植后抗排异", "血友病", "重性精神病")


def people(seed: int, count: int, where: Places, year: int) -> Iterator[Person]:
    """The first so many persons, household by household: a larger county begins with the same ones."""
    number, household = 0, 0
    while number < count:
        for person in _household(seed, household, number, where, year):
            if number == count:
                return
            yield person
            number += 1
        household += 1


def _household(seed: int, household: int, first: int, where: Places, year: int) -> Iterator[Person]:
    luck = Stream(seed, "household", household)
    place = luck.whole(0, len(where.townships) - 1)
    township: Township = where.townships[place]
    village = luck.pick(township.villages)
    kind = luck.weighted(_KINDS)
    size = 1 if kind == DESTITUTE and luck.chance(0.8) else luck.weighted(_SIZES)
    family = names.surname(luck)
    people_of = names.ethnicity(luck)
    head = luck.whole(60, 90) if kind == DESTITUTE else luck.whole(30, 78)
    ages = (head, head + luck.whole(-6, 4), max(0, head - luck.whole(22, 34)),
            max(0, head - luck.whole(24, 36)), head + luck.whole(20, 30))  # fmt: skip
    since = date(luck.whole(year - 5, year - 1), luck.whole(1, 12), 1)
    for n in range(size):
        number = first + n
        own = Stream(seed, "person", number)
        age = ages[n] if ages[n] <= 97 else own.whole(2, 17)
        born = _born(own, age, year)
        sex = own.pick(("男", "女"))
        name = (family if n != 1 else names.surname(own)) + names.given_name(own)
        diseases = tuple(_diseases(own, age, born, year))
        clinic = where.clinics[place]
        doctor = _doctor(own, clinic, year, is_ill=bool(diseases))
        yield Person(
            number,
            f"P{number + 1:07d}",
            name,
            names.invented_number(number, born, is_male=sex == "男"),
            born,
            sex,
            people_of,
            "tier_2" if own.chance(0.24) else "tier_1",
            where.district,
            village,
            clinic,
            f"{village.code}-{household + 1:06d}",
            tuple(_standings(own, kind, since, born, year)),
            diseases,
            doctor,
            _phone(Stream(seed, "phone", number), age),
            _plan(Stream(seed, "plan", number), diseases) if doctor is not None else None,
        )


def _born(luck: Stream, age: int, year: int) -> date:
    """So old at the end of the year; a newborn is born within it, before December."""
    last = date(year, 12, 1) if age == 0 else date(year - age + 1, 1, 1)
    return luck.day(date(year - age, 1, 1), last)


def _standings(luck: Stream, kind: str, since: date, born: date, year: int) -> Iterator[Standing]:
    """What a household's kind means for one of it: mostly open, some granted or ended within the year."""
    poor = "registered_poor" if year <= 2020 else "monitored"
    start = max(since, born)
    new_year, next_year = date(year, 1, 1), date(year + 1, 1, 1)
    change = luck.day(max(new_year + timedelta(days=20), born + timedelta(days=1)), next_year)
    lot = luck.uniform()
    match kind:
        case "poor":
            yield Standing(poor, start, change if lot < 0.03 else None)
            if 0.03 <= lot < 0.17:
                yield Standing(DIBAO, start, None)
            elif 0.17 <= lot < 0.20:
                yield Standing(DIBAO, change, None)
        case "dibao":
            if lot < 0.06:  # ended, and granted again three months later
                yield Standing(DIBAO, start, change)
                yield Standing(DIBAO, change + timedelta(days=92), None)
            else:
                yield Standing(DIBAO, change if lot < 0.10 else start, None)
            if lot > 0.75:
                yield Standing(poor, start, None)
        case "destitute":
            if lot < 0.08:
                yield Standing(DIBAO, start, change)
                yield Standing(DESTITUTE, change, None)
            else:
                yield Standing(DESTITUTE, start, None)
        case _:
            if lot < 0.3 and start < new_year:  # lifted out of poverty before the year
                yield Standing(poor, start, new_year)
            elif lot < 0.45:
                yield Standing(poor, change, None)


def _diseases(luck: Stream, age: int, born: date, year: int) -> Iterator[Disease]:
    share = 0.03 if age < 30 else 0.16 if age < 60 else 0.45
    if luck.chance(share):
        for name in luck.several(_CHRONIC, 2 if luck.chance(0.25) else 1):
            yield Disease(name, "chronic", max(born, date(year - luck.whole(0, 9), 1, 1)))
    if luck.chance(0.008 if age < 40 else 0.035):
        yield Disease(luck.pick(_MAJOR), "major", max(born, date(year - luck.whole(0, 4), 1, 1)))


def _doctor(luck: Stream, clinic: Facility, year: int, *, is_ill: bool) -> FamilyDoctor | None:
    if not luck.chance(0.97 if is_ill else 0.72):
        return None
    name = names.surname(luck) + names.given_name(luck)
    return FamilyDoctor(clinic.code, name, names.phone(luck), date(year - luck.whole(0, 3), 1, 1))


def _phone(luck: Stream, age: int) -> str | None:
    """Most grown-ups have a telephone."""
    return names.phone(luck) if age >= 16 and luck.chance(0.85 if age < 70 else 0.5) else None


_AIMS = {
    "高血压": "血压控制在 140/90 以下，早晚各量一次",
    "2型糖尿病": "空腹血糖控制在 7.0 以下，每月查一次血糖",
    "慢性阻塞性肺疾病": "戒烟，气促加重当天打电话",
    "冠心病": "按时服药，胸痛超过十五分钟立即就医",
    "类风湿性关节炎": "每三个月复查一次肝功能",
    "癫痫": "不停药，家人记发作的日子",
    "慢性肾功能衰竭": "每周透析两次，限盐限水",
    "恶性肿瘤": "按期复查，疼痛时联系家庭医生",
    "器官移植后抗排异": "不停药，每月查一次血药浓度",
    "血友病": "避免外伤，出血立即就医",
    "重性精神病": "家人看着服药，每月随访一次",
}
_VISITS = ("每月上门一次", "每两个月上门一次", "每季度到卫生院随访一次")


def _plan(luck: Stream, diseases: tuple[Disease, ...]) -> str | None:
    """What the family doctor and the person have agreed on, disease by disease."""
    aims = [f"{disease.name}：{_AIMS[disease.name]}" for disease in diseases]
    return f"{'；'.join([*aims, luck.pick(_VISITS)])}。" if aims else None
