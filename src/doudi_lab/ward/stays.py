"""Who lies where since when: patients of a county for the cases of a ward, none in two beds at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from doudi.dates import CHINA, Span, age_on
from doudi_lab.county import County
from doudi_lab.people import Person
from doudi_lab.places import Facility
from doudi_lab.streams import Stream
from doudi_lab.ward.cases import RUNNING, SETTLED, Case, Trait
from doudi_lab.ward.departments import Bed, Beds, Department, Illness, fitting

_STAY = (4, 15)
"""Days in bed up to now; and of the settled ones, to the discharge."""
_MONTH = 28
"""Days in which the settled ones went home, up to yesterday."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a ward. `left` is the day of the discharge, `leaves` the one that is planned; `settled` is
    when it was settled, where that is past."""

    id: str
    person: Person
    facility: Facility
    department: Department
    bed: Bed
    illness: Illness
    admitted: date
    left: date | None
    leaves: date | None
    settled: datetime | None
    case: Case
    until: date
    """The day of the whole month: nothing is charged after it."""

    @property
    def last(self) -> date:
        """The last day that is charged, so far."""
        return self.left or self.until


def stays(
    county: County, hospital: Facility, day: date
) -> tuple[tuple[Stay, ...], tuple[Stay, ...]]:
    """The stays that run on a day, and those of the month before that have been settled."""
    luck = Stream(county.seed, "ward", hospital.code)
    beds = Beds(county.seed, hospital.code)
    patients = _Patients(county, day, luck)
    running = [_Plan(patients, case, day, luck) for case in RUNNING]
    settled = [_Plan(patients, case, day, luck, is_settled=True) for case in SETTLED]
    plans = sorted([*running, *settled], key=lambda plan: (plan.admitted, plan.person.number))
    numbers = {id(plan): f"ZY{day.year}{n * 7 + 20113:05d}" for n, plan in enumerate(plans)}
    return (
        tuple(plan.stay(county.seed, numbers[id(plan)], hospital, beds) for plan in running),
        tuple(plan.stay(county.seed, numbers[id(plan)], hospital, beds) for plan in settled),
    )


class _Patients:
    """Who can be in a bed: each is given out once."""

    def __init__(self, county: County, day: date, luck: Stream) -> None:
        self._county, self._day = county, day
        order = luck.several(county.persons, len(county.persons))
        self._left = dict.fromkeys(order)
        self._family = self._of_one_family(county.persons)

    def take(self, case: Case, first: date, last: date) -> Person:
        """Somebody whom the case can be about, who was in no other bed and in no counter's books from then on."""
        is_of_family = case.has(Trait.FAMILY)
        for person in self._family if is_of_family else self._left:
            if person not in self._left or (person in self._family) is not is_of_family:
                continue
            if self._fits(person, case, last) and self._is_free(person, first):
                del self._left[person]
                return person
        raise LookupError(f"no patient for {case}")

    def _of_one_family(self, persons: Sequence[Person]) -> tuple[Person, ...]:
        """Of the first large household in which two can be in a bed at once, those who can."""
        case, first = Case((0, 0)), self._day - timedelta(_STAY[1])
        for some in _families(persons, self._day):
            able = [p for p in some if self._fits(p, case, self._day) and self._is_free(p, first)]
            if len(able) >= 2 and any(one.doctor for one in able):
                return tuple(able)
        raise LookupError("no household of which two can be in hospital")

    def _fits(self, person: Person, case: Case, last: date) -> bool:
        is_poor = _is_entitled(person, last) and _is_entitled(person, self._day)
        if age_on(person.birth_date, self._day) < 1 or not fitting(
            person, age_on(person.birth_date, last)
        ):
            return False
        if case.has(Trait.OPENING):
            visits = self._county.visits_of(person)
            return is_poor and not any(v.settled.date() < self._day for v in visits)
        return is_poor is not case.has(Trait.ORDINARY, Trait.UNKNOWN)

    def _is_free(self, person: Person, first: date) -> bool:
        earlier = (v for v in self._county.visits_of(person) if v.settled.date() < self._day)
        return all(v.settled.date() < first and v.to_day < first for v in earlier)


def _is_entitled(person: Person, day: date) -> bool:
    return any(Span(s.start, s.end).covers(day) for s in person.standings)


def _families(persons: Sequence[Person], day: date) -> Iterator[list[Person]]:
    """Households of at least four who are all entitled, in their order."""
    members: dict[str, list[Person]] = {}
    for person in persons:
        members.setdefault(person.household, []).append(person)
    for some in members.values():
        if len(some) >= 4 and all(_is_entitled(one, day) for one in some):
            yield some


class _Plan:
    """A stay before it has its number and its bed."""

    def __init__(
        self, patients: _Patients, case: Case, day: date, luck: Stream, *, is_settled: bool = False
    ) -> None:
        self.case, self._day, self._luck = case, day, luck
        length = luck.whole(*_STAY)
        self._left: date | None = None
        if is_settled and not case.has(Trait.SETTLED_TODAY):
            self._left = day - timedelta(luck.whole(1, _MONTH))
        elif case.has(Trait.LEFT_TODAY, Trait.SETTLED_TODAY):
            self._left = day
        elif case.has(Trait.LEFT_YESTERDAY):
            self._left = day - timedelta(1)
        is_past = is_settled and self._left is not None and self._left < day
        self._settled = _counter(luck, self._left or day) if is_past else None
        self.admitted = (self._left or day) - timedelta(length)
        self.person = patients.take(case, self.admitted, self._left or day)

    def stay(self, seed: int, number: str, hospital: Facility, beds: Beds) -> Stay:
        """The stay, in the next bed of a ward that fits."""
        luck = Stream(seed, "bed", number)
        age = age_on(self.person.birth_date, self.admitted)
        department = luck.pick(fitting(self.person, age))
        return Stay(
            number, self.person, hospital, department, beds.next(department, luck),
            luck.pick(department.illnesses), self.admitted, self._left, self._leaves(), self._settled, self.case,
            self._day,
        )  # fmt: skip

    def _leaves(self) -> date | None:
        if self._left is not None:
            return self._left
        if self.case.has(Trait.LEAVES_TODAY):
            return self._day
        if self.case.has(Trait.LEAVES_TOMORROW):
            return self._day + timedelta(1)
        return self._day + timedelta(self._luck.whole(2, 8))


def _counter(luck: Stream, day: date) -> datetime:
    """A time at which the counter is open."""
    return datetime.combine(day, time(9), CHINA) + timedelta(seconds=luck.whole(0, 8 * 3600))


def in_order(some: Sequence[Stay]) -> Iterator[Stay]:
    """By the moment of settling; last who are settled when the service is told."""
    never = datetime.max.replace(tzinfo=CHINA)
    yield from sorted(some, key=lambda stay: (stay.settled or never, stay.id))
