"""What a policy asks about a claim: the person's standing, age and place on the day of settlement."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from doudi.claim import Claim
from doudi.dates import age_on, benefit_year
from doudi.errors import Fault, fault
from doudi.packs.model import Dimension, Pack

_Reader = Callable[[Claim], str | None]


class Situation(NamedTuple):
    """A claim's codes as one number (their places among the pack's codes, in mixed radix), age and year."""

    key: int  # the age's band stands last in it
    age: int
    year: int


class Situator:
    """Reads claims as one pack asks: each dimension's code, by where the pack says that it stands."""

    def __init__(self, pack: Pack, age_cuts: Sequence[int]) -> None:
        """`age_cuts` are the ages at which the policy changes; between them all ages are alike."""
        self._pack = pack
        self._age_cuts = tuple(age_cuts)
        self._age_bands = len(self._age_cuts) + 1
        self._starts = pack.year_starts
        self._calendar = pack.year_starts == (1, 1)
        self._dimensions = tuple(
            (_reader(d, pack), _places(d), len(d.codes)) for d in pack.dimensions.values()
        )

    def situate(self, claim: Claim) -> Situation:
        """The claim's codes on the day of settlement. Raises KeyError where `faults` has something to say."""
        key = 0
        for read, places, count in self._dimensions:
            key = key * count + places[read(claim)]
        day = claim.settled.day
        year = day.year if self._calendar else benefit_year(day, self._starts)
        age = age_on(claim.person.birth_date, day)
        return Situation(key * self._age_bands + bisect_right(self._age_cuts, age), age, year)

    def places(self, key: int) -> tuple[int, ...]:
        """Each dimension's place, from their one number."""
        found: list[int] = []
        key //= self._age_bands
        for _, _, count in reversed(self._dimensions):
            key, place = divmod(key, count)
            found.append(place)
        return tuple(reversed(found))

    def faults(self, claim: Claim) -> list[Fault]:
        """Every code of the claim that the pack does not know, and every fact it asks for in vain."""
        found: list[Fault] = []
        for dimension in self._pack.dimensions.values():
            code = _reader(dimension, self._pack)(claim)
            if dimension.of == "person.standings":
                found += _unknown_standings(claim, dimension, self._pack.id)
            elif code is None and dimension.of == "place":
                found.append(fault("F410", f"{claim.where} referred".strip()))
            elif code is None:
                found.append(fault("F412", claim.where, name=dimension.of))
            elif code not in dimension.codes:
                found.append(_unknown(claim, dimension, self._pack.id, dimension.of, code))
        return found


def _places(dimension: Dimension) -> dict[str | None, int]:
    return {code: n for n, code in enumerate(dimension.codes)}


def _reader(dimension: Dimension, pack: Pack) -> _Reader:
    """How a dimension's code is read off a claim; None where the claim does not say."""
    match dimension.of:
        case "kind" | "facility.level" | "person.insurance_tier":
            return attrgetter(dimension.of)
        case "place":
            return _place_reader(pack.district, dimension.codes)
        case "person.standings":
            return _standing_reader(dimension)
        case of:
            owner, _, name = of.split(".")
            otherwise = dimension.otherwise
            return lambda claim: _attributes(claim, owner).get(name, otherwise)


def _standing_reader(dimension: Dimension) -> _Reader:
    """The first of the pack's standings that the person has on the day; else the one of who has none."""
    codes = (*dimension.codes, dimension.otherwise)
    order = {code: place for place, code in enumerate(dimension.codes)}
    none = len(order)

    def read(claim: Claim) -> str | None:
        day = claim.settled.day
        best = none
        for standing in claim.person.standings:
            place = order.get(standing.code)
            if place is not None and place < best and standing.span.covers(day):
                best = place
        return codes[best]

    return read


def _place_reader(district: str, codes: Mapping[str, object]) -> _Reader:
    """In the district where the pack's division holds the facility's: there `referred` means nothing.

    Elsewhere who is not referred is `unreferred`; who is, is `referred`, or, where the pack tells them apart, in
    the pack's province or out of it.
    """
    inside = division(district)
    province = division(district[:2] + "0000")
    by_province = "in_province" in codes

    def read(claim: Claim) -> str | None:
        facility = claim.facility.district
        if inside(facility):
            return "in_district"
        if claim.referred is None:
            return None
        if not claim.referred:
            return "unreferred"
        if not by_province:
            return "referred"
        return "in_province" if province(facility) else "out_of_province"

    return read


def division(code: str) -> Callable[[str], bool]:
    """Whether a division's code lies in this one: a province ends in 0000, a city in 00, a county holds itself.

    >>> [division("500000")("500113"), division("230800")("230803"), division("500113")("500112")]
    [True, True, False]
    """
    length = 2 if code.endswith("0000") else 4 if code.endswith("00") else len(code)
    return lambda other: other[:length] == code[:length] and len(other) == len(code)


def _attributes(claim: Claim, owner: str) -> Mapping[str, str]:
    match owner:
        case "person":
            return claim.person.attributes
        case "facility":
            return claim.facility.attributes
        case _:
            return claim.attributes


def _unknown_standings(claim: Claim, dimension: Dimension, pack: str) -> list[Fault]:
    """Every standing that the pack does not declare, valid on the day or not."""
    return [
        _unknown(claim, dimension, pack, f"person.standings[{n}].code", standing.code)
        for n, standing in enumerate(claim.person.standings)
        if standing.code not in dimension.codes
    ]


def _unknown(claim: Claim, dimension: Dimension, pack: str, path: str, code: str) -> Fault:
    return fault(
        "F403", f"{claim.where} {path}".strip(), name=dimension.title.zh, value=code,
        pack=pack, day=claim.settled.day,
        codes="、".join(f"{c}（{t.zh}）" for c, t in dimension.codes.items()),
    )  # fmt: skip
