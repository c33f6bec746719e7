"""A city's districts side by side, in its groups: as each handed its figures in last, and its own as they stand.

What a district hid as too small is in no sum; how many districts lack is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from doudi_web.audit_log.actions import record
from doudi_web.indicators.delivering import AMOUNTS, made_of
from doudi_web.indicators.figures import share_of
from doudi_web.indicators.keeping import up_to_date
from doudi_web.indicators.models import Delivery
from doudi_web.indicators.reading import Sums, home
from doudi_web.register.divisions import known_districts
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.models import District
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A district, a group, or the city: None is what was hidden as too small; `lacking` of how many districts."""

    code: str
    name: str
    inpatient: Sums | None
    chronic: Sums | None
    visits: int | None
    inside: int | None
    spent: int
    budget: int | None
    poor: int
    with_doctor: int
    as_of: datetime | None
    earliest: datetime | None
    deliveries: int
    is_own: bool = False
    lacking: int = 0
    districts: int = 1

    @property
    def inpatient_share(self) -> int | None:
        """Patients' part of the total of inpatient visits, in parts of 10,000."""
        return _share(self.inpatient)

    @property
    def chronic_share(self) -> int | None:
        """The same of chronic and major outpatient visits."""
        return _share(self.chronic)

    @property
    def rate(self) -> int | None:
        """Visits within the district of all."""
        return (
            None if not self.visits or self.inside is None else share_of(self.inside, self.visits)
        )

    @property
    def coverage(self) -> int | None:
        """The poor who have a family doctor."""
        return share_of(self.with_doctor, self.poor)


def _share(one: Sums | None) -> int | None:
    return None if one is None else share_of(one.patient, one.total)


@dataclass(frozen=True, slots=True)
class Group:
    """Districts that the city counts together, and what they come to."""

    name: str
    lines: Sequence[Line]
    whole: Line


@dataclass(frozen=True, slots=True)
class City:
    """The districts of a year by group, and all together."""

    year: int
    years: Sequence[int]
    standing: str
    standings: Sequence[str]
    groups: Sequence[Group]
    whole: Line


_YEARS = """
SELECT y FROM generate_series(
  (SELECT min(year)::int FROM indicators_delivery), (SELECT max(year)::int FROM indicators_delivery)) y
WHERE EXISTS (SELECT 1 FROM indicators_delivery d WHERE d.year = y) ORDER BY y DESC
"""
"""The years of which anything was handed in: each looked up by the index, however often it was."""


def city(actor: Actor, year: int | None = None, standing: str = "") -> City:
    """The city's view of a year: of the poor, or of one standing of them. Raises Refusal 403."""
    actor.must(Act.CITY_READ)
    years = [row[0] for row in tables.driver().execute(_YEARS)]
    of = year or (years[0] if years else now().year)
    of_year = Delivery.objects.filter(year=of)
    counts = dict(of_year.values_list("district").annotate(Count("id")))
    last = of_year.order_by("district", "-id").distinct("district")
    found = {one.district: (one.content, counts[one.district], False) for one in last}
    own = _own(of)
    if own is not None:
        found[own["district"]] = (own, counts.get(own["district"], 0), True)
    contents = [content for content, _, _ in found.values()]
    standings = sorted({part["standing"] for content in contents for part in content["standings"]})
    places = {one.pk: one for one in District.objects.all()}
    lines = [
        _line(content, n, standing, places, is_own=is_own) for content, n, is_own in found.values()
    ]
    groups = _grouped(lines, places)
    record(actor, "city.read", "city", detail={"year": of, "districts": len(lines)})
    return City(of, years or [of], standing, standings, groups, _together("", "全市", lines))


def _own(year: int) -> dict[str, Any] | None:
    """This installation's own district as it stands; None where it has none."""
    db = tables.driver()
    as_of, where = up_to_date(db), home(db)
    if as_of.at is None or not where:
        return None
    made = made_of(db, where, year, told(as_of.at))
    return made if any(made[key] for key in ("inpatient", "chronic", "residents")) else None


def _line(
    content: Json, deliveries: int, standing: str, places: Mapping[str, District], *, is_own: bool
) -> Line:
    of: Json = content
    if standing:
        of = next((part for part in content["standings"] if part["standing"] == standing), _NOTHING)
    residents = of["residents"]
    floor, people = content["floor"], content["people"]
    at = datetime.fromisoformat(content["as_of"])
    return Line(
        content["district"], _name(content["district"], str(content.get("name") or ""), places),
        _sums(of["inpatient"]),
        _sums(of["chronic"]), None if residents is None else residents["visits"],
        None if residents is None else residents["inside"], fen(floor["spent"]),
        None if floor["budget"] is None else fen(floor["budget"]), people["poor"], people["with_doctor"], at, at,
        deliveries, is_own,
    )  # fmt: skip


_ZERO = {"visits": 0, "over": 0, **dict.fromkeys(AMOUNTS, "0.00")}
_NOTHING: Json = {"inpatient": _ZERO, "chronic": _ZERO, "residents": {"visits": 0, "inside": 0}}


def _sums(told_: Json | None) -> Sums | None:
    if told_ is None:
        return None
    return Sums(
        n=told_["visits"], over=told_["over"], **{name: fen(told_[name]) for name in AMOUNTS}
    )


def _name(code: str, stated: str, places: Mapping[str, District]) -> str:
    """As this installation calls it, else as the program does, else as it calls itself."""
    found = places.get(code)
    if found is not None and found.name != code:
        return found.name
    return known_districts().get(code, (stated or code, ""))[0]


def _group(code: str, places: Mapping[str, District]) -> str:
    found = places.get(code)
    if found is not None and found.group:
        return found.group
    return known_districts().get(code, ("", ""))[1]


def _grouped(lines: Sequence[Line], places: Mapping[str, District]) -> list[Group]:
    """By group, in the order in which the program knows the groups; what belongs to none last."""
    order = list(dict.fromkeys(group for _, group in known_districts().values()))
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(_group(line.code, places), []).append(line)
    named = sorted(
        found, key=lambda name: (order.index(name) if name in order else len(order), name)
    )
    return [
        Group(
            name, sorted(found[name], key=lambda line: line.code), _together("", name, found[name])
        )
        for name in named
    ]


def _together(code: str, name: str, lines: Sequence[Line]) -> Line:
    """Several districts: the sums of what is told; no budget together where one has none."""
    inpatient = [line.inpatient for line in lines if line.inpatient is not None]
    chronic = [line.chronic for line in lines if line.chronic is not None]
    visited = [line for line in lines if line.visits is not None]
    budgets = [line.budget for line in lines if line.budget is not None]
    moments = [line.as_of for line in lines if line.as_of is not None]
    return Line(
        code, name, Sums.of(inpatient), Sums.of(chronic), sum(line.visits or 0 for line in visited),
        sum(line.inside or 0 for line in visited), sum(line.spent for line in lines),
        sum(budgets) if len(budgets) == len(lines) else None, sum(line.poor for line in lines),
        sum(line.with_doctor for line in lines), max(moments, default=None), min(moments, default=None),
        sum(line.deliveries for line in lines),
        lacking=sum(
            line.inpatient is None or line.chronic is None or line.visits is None for line in lines
        ),
        districts=len(lines),
    )  # fmt: skip


def history(actor: Actor, district: str, year: int) -> list[dict[str, Any]]:
    """What a district handed in of a year, the last first. Raises Refusal 403."""
    actor.must(Act.CITY_READ)
    rows = Delivery.objects.filter(district=district, year=year).order_by("-id")[:50]
    return [
        {"as_of": told(one.as_of), "received": told(one.received), "digest": one.digest}
        for one in rows
    ]
