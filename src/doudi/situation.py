"""What a policy asks about a claim: the person's standing, age and place on the day of settlement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from doudi.claim import Claim
from doudi.dates import age_on, benefit_year
from doudi.errors import Fault, fault
from doudi.packs.model import Dimension, Pack


@dataclass(frozen=True, slots=True)
class Situation:
    """The codes of a claim in the order of the pack's dimensions, as places and as text."""

    places: tuple[int, ...]
    codes: tuple[str, ...]
    age: int
    year: int


def situate(claim: Claim, pack: Pack) -> tuple[Situation | None, list[Fault]]:
    """The claim's codes on the day of settlement, or every code that the pack does not know."""
    faults: list[Fault] = []
    day = claim.settled.day
    codes: list[str] = []
    places: list[int] = []
    for dimension in pack.dimensions.values():
        code, found = _code(claim, pack, dimension, day)
        faults += found
        if code is not None and not found:
            codes.append(code)
            places.append(list(dimension.codes).index(code))
    if faults:
        return None, faults
    age = age_on(claim.person.birth_date, day)
    return Situation(tuple(places), tuple(codes), age, benefit_year(day, pack.year_starts)), []


def _code(
    claim: Claim, pack: Pack, dimension: Dimension, day: date
) -> tuple[str | None, list[Fault]]:
    """The claim's code in one dimension, and what is wrong with it."""
    match dimension.of:
        case "kind":
            return _known(claim, dimension, "kind", claim.kind)
        case "facility.level":
            return _known(claim, dimension, "facility.level", claim.facility.level)
        case "person.insurance_tier":
            return _known(claim, dimension, "person.insurance_tier", claim.person.insurance_tier)
        case "person.standings":
            return _standing(claim, dimension, day)
        case "place":
            return _place(claim, pack)
        case of:
            owner, _, name = of.split(".")
            attributes: Mapping[str, str] = {
                "bill": claim.attributes,
                "person": claim.person.attributes,
                "facility": claim.facility.attributes,
            }[owner]
            if name in attributes:
                path = f"attributes.{name}" if owner == "bill" else of
                return _known(claim, dimension, path, attributes[name])
            if dimension.otherwise is not None:
                return dimension.otherwise, []
            return None, [fault("F412", claim.where, name=of)]


def _known(claim: Claim, dimension: Dimension, path: str, code: str) -> tuple[str, list[Fault]]:
    if code in dimension.codes:
        return code, []
    return code, [_unknown(claim, dimension, path, code)]


def _standing(claim: Claim, dimension: Dimension, day: date) -> tuple[str, list[Fault]]:
    """The first of the pack's standings that the person has on the day; else the one of who has none."""
    faults = [
        _unknown(claim, dimension, f"person.standings[{n}].code", standing.code)
        for n, standing in enumerate(claim.person.standings)
        if standing.code not in dimension.codes
    ]
    held = {s.code for s in claim.person.standings if s.span.covers(day)}
    assert dimension.otherwise is not None
    return next((code for code in dimension.codes if code in held), dimension.otherwise), faults


def _place(claim: Claim, pack: Pack) -> tuple[str | None, list[Fault]]:
    """In the district where the facility's district is the pack's: there `referred` means nothing."""
    if claim.facility.district == pack.district:
        return "in_district", []
    if claim.referred is None:
        return None, [fault("F410", f"{claim.where} referred".strip())]
    return ("referred" if claim.referred else "unreferred"), []


def _unknown(claim: Claim, dimension: Dimension, path: str, code: str) -> Fault:
    return fault(
        "F403", f"{claim.where} {path}".strip(), name=dimension.title.zh, value=code,
        codes="、".join(f"{c}（{t.zh}）" for c, t in dimension.codes.items()),
    )  # fmt: skip
