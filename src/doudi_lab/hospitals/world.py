"""The simulated district: hospitals and people of a county under numbers of their own, and what the register of
the district says of whom from which day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from doudi.settle import Shelf
from doudi_lab.county import County, county
from doudi_lab.hospitals.wanted import Json, Wanted
from doudi_lab.people import Person
from doudi_lab.places import Facility
from doudi_lab.streams import Stream
from doudi_lab.visits import Visit

_OFTEN = 30.0
"""Visits of a person and year: as many as make sums meet their limits within a month."""
_UNKNOWN, _NEVER, _LATE = 0.10, 0.25, 0.15
"""Persons whom the register learns of only later; of those, never; standings that it learns of only later."""


@dataclass(frozen=True, slots=True)
class Learning:
    """What the register says of a person, as POST /api/v1/persons takes it, from the morning of a day on."""

    day: int
    person: str
    entry: Json


@dataclass(frozen=True, slots=True)
class World:
    """Who is treated where, and what the register says when."""

    wanted: Wanted
    hospitals: tuple[Facility, ...]
    learnings: tuple[Learning, ...]
    """In the order in which the register learns."""
    visits: tuple[tuple[Visit, Json], ...]
    """Each visit with its whole bill, in the order in which they are settled."""

    def registered(self, person: str, day: int) -> Json | None:
        """What the register says of a person on a day; None where it knows nothing yet."""
        found: Json | None = None
        for learning in self.learnings:
            if learning.person == person and learning.day <= day:
                found = learning.entry
        return found


def world(wanted: Wanted, shelf: Shelf | None) -> World:
    """The world of these wishes; with a shelf, some bills come with what the platform has settled by its rules."""
    made = county(
        wanted.seed, wanted.persons, wanted.district, wanted.start.year,
        visits_per_person=_OFTEN, shelf=shelf,
    )  # fmt: skip
    hospitals = _hospitals(made, wanted)
    learnings = [one for person in made.persons for one in _learnings(wanted, person)]
    learnings.sort(key=lambda one: one.day)
    return World(wanted, hospitals, tuple(learnings), tuple(_visits(made, wanted, hospitals)))


def _hospitals(made: County, wanted: Wanted) -> tuple[Facility, ...]:
    """The district's hospitals, two elsewhere, then the townships' institutions, as many as are wanted."""
    where = made.places
    order = (
        *where.hospitals[:2],
        where.outside[0],
        *where.hospitals[2:],
        *where.clinics,
        *where.outside[1:],
    )
    return tuple(
        replace(one, code=f"{wanted.prefix}{one.code}", name=f"模拟{one.name}")
        for one in order[: wanted.hospitals]
    )  # fmt: skip


def _learnings(wanted: Wanted, person: Person) -> list[Learning]:
    """When the register learns what of a person: mostly all of it before the first day."""
    luck = Stream(wanted.seed, "register", person.number)
    stated = person.in_register()
    entry = {key: stated[key] for key in ("name", "birth_date", "insurance_tier", "district")}
    entry = {"id": f"{wanted.prefix}{person.id}", **entry, "standings": stated["standings"]}
    name = entry["id"]
    day = luck.whole(2, max(2, wanted.days - 2))
    if luck.chance(_UNKNOWN):
        return [] if luck.chance(_NEVER) else [Learning(day, name, entry)]
    if not luck.chance(_LATE):
        return [Learning(0, name, entry)]
    if not entry["standings"]:
        later = [{"code": "dibao", "from": wanted.start.replace(day=1).isoformat(), "to": None}]
        return [Learning(0, name, entry), Learning(day, name, {**entry, "standings": later})]
    return [Learning(0, name, {**entry, "standings": []}), Learning(day, name, entry)]


def _visits(
    made: County, wanted: Wanted, hospitals: Sequence[Facility]
) -> list[tuple[Visit, Json]]:
    """The visits that begin and are settled within the time, at the hospitals that there are."""
    by_code = {one.code.removeprefix(wanted.prefix): one for one in hospitals}
    planned = [v for v in made.visits() if _is_within(v, wanted)]
    episodes = {v.episode for v in planned if v.episode == v.id}
    planned = [v for v in planned if v.episode in episodes]
    found: list[tuple[Visit, Json]] = []
    for visit, bill in zip(planned, made.bills(planned), strict=True):
        luck = Stream(wanted.seed, "hospital", visit.episode)
        where = by_code.get(visit.facility.code) or luck.pick(hospitals)
        person = replace(visit.person, id=f"{wanted.prefix}{visit.person.id}")
        own = replace(
            visit, id=f"{wanted.prefix}{visit.id}", episode=f"{wanted.prefix}{visit.episode}",
            person=person, facility=where,
        )  # fmt: skip
        found.append((own, _renamed(bill, own)))
    return found


def _is_within(visit: Visit, wanted: Wanted) -> bool:
    first: date = visit.admitted or visit.from_day
    return wanted.start <= first and visit.settled.date() < wanted.end


def _renamed(bill: Mapping[str, Any], visit: Visit) -> Json:
    """The bill under the numbers of this simulation."""
    made: Json = {**bill, "visit_id": visit.id, "person": visit.person.on_bill()}
    if "episode_id" in bill:
        made["episode_id"] = visit.episode
    where = visit.facility
    made["facility"] = {"code": where.code, "level": where.level, "district": where.district}
    return made
