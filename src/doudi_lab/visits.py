"""A person's year of visits: when, where, of what kind, how long; the lines come later (see `bills`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from doudi.dates import CHINA, age_on
from doudi_lab.people import Person
from doudi_lab.places import Facility, Places
from doudi_lab.streams import Stream

INPATIENT, CHRONIC, MAJOR, OUTPATIENT = (
    "inpatient", "chronic_outpatient", "major_outpatient", "outpatient",
)  # fmt: skip

_MONTHS = (1.22, 0.92, 1.04, 0.97, 0.93, 0.90, 0.91, 0.90, 0.94, 1.00, 1.08, 1.19)
"""Winter fills the wards; the month of the Spring Festival is short and quiet."""
_IN_DISTRICT, _REFERRED = 0.93, 0.6
_BY_PLATFORM = 0.06
_TO_MEAN = 0.78
"""Makes the mean of a county the one that is asked for, whatever needs and long tails add and overlaps take."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as it is planned: one bill. A stay that is settled in parts is several, of one episode."""

    id: str
    episode: str
    person: Person
    facility: Facility
    kind: str
    admitted: date | None
    discharged: date | None
    settled: datetime
    referred: bool
    major_disease: bool
    from_day: date
    to_day: date
    """The days whose fees are on this bill, both included."""
    late: date | None
    """The day of fees that were charged after the discharge."""
    is_given: bool
    """Whether the platform has settled it."""

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in the county's year."""
        return self.settled, self.id


@dataclass(slots=True)
class _Numbering:
    person: int
    last: int = 0

    def next(self) -> str:
        self.last += 1
        return f"V{self.person + 1:07d}{self.last:03d}"


def year_of(seed: int, person: Person, where: Places, year: int, mean: float) -> list[Visit]:
    """A person's visits of a year in the order in which they are settled; `mean` is that of the whole county."""
    luck = Stream(seed, "year", person.number)
    days = sorted(_days(luck, person, year, mean))
    numbers, found, free = _Numbering(person.number), list[Visit](), date(year, 1, 1)
    last = datetime.combine(free, time(), CHINA)
    by_platform = luck.chance(_BY_PLATFORM)
    for day in days:
        if day < free:
            continue  # still in hospital
        for visit in _visit(luck, person, where, day, numbers, by_platform=by_platform):
            if visit.settled.year != year or visit.settled <= last:
                break
            found.append(visit)
            last, free = visit.settled, visit.to_day + timedelta(days=1)
    return found


def _days(luck: Stream, person: Person, year: int, mean: float) -> Iterator[date]:
    """Who is ill or old comes more often, some much more; winter more often than summer."""
    age = age_on(person.birth_date, date(year, 12, 31))
    need = 0.55 + (0.75 if age >= 60 else 0.2 if age < 6 else 0)
    need += 0.9 * person.is_ill("chronic") + 2.8 * person.is_ill("major")
    start = max(date(year, 1, 1), person.birth_date + timedelta(days=1))
    share = (date(year + 1, 1, 1) - start).days / 365
    for _ in range(luck.count(min(60.0, mean * need * share * luck.long_tail(0.7) * _TO_MEAN))):
        month = luck.weighted(tuple(enumerate(_MONTHS, 1)))
        first = date(year, month, 1)
        day = luck.day(first, date(year + month // 12, month % 12 + 1, 1))
        if day >= start:
            yield day


def _kind(luck: Stream, person: Person) -> str:
    if person.is_ill("major"):
        return luck.weighted(((MAJOR, 50.0), (INPATIENT, 35.0), (OUTPATIENT, 15.0)))
    if person.is_ill("chronic"):
        return luck.weighted(((CHRONIC, 42.0), (INPATIENT, 30.0), (OUTPATIENT, 28.0)))
    return luck.weighted(((OUTPATIENT, 62.0), (INPATIENT, 38.0)))


def _facility(luck: Stream, person: Person, where: Places, kind: str) -> tuple[Facility, bool]:
    """Where to, and whether referred: mostly near home; out of the district mostly to large hospitals."""
    if not luck.chance(_IN_DISTRICT):
        return luck.pick(where.outside), luck.chance(_REFERRED)
    at_home = {INPATIENT: 0.42, OUTPATIENT: 0.68, CHRONIC: 0.6, MAJOR: 0.05}[kind]
    if luck.chance(at_home):
        return person.clinic if luck.chance(0.9) else luck.pick(where.clinics), False
    return luck.pick(where.hospitals), False


def _moment(luck: Stream, day: date) -> datetime:
    """A time at which a counter is open."""
    seconds = luck.whole(8 * 3600 + 1800, 17 * 3600 + 1800)
    return datetime.combine(day, time(), CHINA) + timedelta(seconds=seconds)


def _visit(
    luck: Stream,
    person: Person,
    where: Places,
    day: date,
    numbers: _Numbering,
    *,
    by_platform: bool,
) -> Iterator[Visit]:
    kind = _kind(luck, person)
    facility, referred = _facility(luck, person, where, kind)
    is_major = kind == MAJOR or (kind == INPATIENT and person.is_ill("major"))
    if kind != INPATIENT:
        number = numbers.next()
        yield Visit(
            number, number, person, facility, kind, None, None, _moment(luck, day), referred, is_major,
            day, day, None, by_platform and kind == MAJOR,
        )  # fmt: skip
        return
    length = min(90, max(1, round(7 * luck.long_tail(0.55)) + (2 if facility.level != "1" else 0)))
    discharged = day + timedelta(days=length)
    parts = luck.whole(2, 3) if length >= 14 and luck.chance(0.25) else 1
    late = discharged + timedelta(days=luck.whole(1, 4)) if luck.chance(0.03) else None
    episode, start = "", day
    for part in range(1, parts + 1):
        is_last = part == parts
        end = discharged if is_last else day + timedelta(days=length * part // parts)
        number = numbers.next()
        episode = episode or number
        yield Visit(
            number, episode, person, facility, kind, day, discharged if is_last else None,
            _moment(luck, (late or end) if is_last else end), referred, is_major, start, end,
            late if is_last else None, by_platform and luck.chance(0.9),
        )  # fmt: skip
        start = end + timedelta(days=1)
