"""What a person's sums of a year may come to, by the policy that rules on them today or ruled a settlement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from doudi.dates import Span, age_on
from doudi.errors import Faulty
from doudi.in_situation import Figure, RuleHere, Told, in_situation
from doudi.packs.model import Layer, Owner, Pack, Period, Rule, Status
from doudi.packs.resolve import in_force
from doudi.running import Running
from doudi_web.policy.rules import generation, rules
from doudi_web.register.models import Fact, Person
from doudi_web.register.selectors import facts_known
from doudi_web.tenancy.clock import now


@dataclass(frozen=True, slots=True)
class Limit:
    """A sum and where it ends. `amount` is in fen; None: no limit for this person. `begins`: what is above it is
    paid, where a cap ends what is paid. `status` is how sure the figure is."""

    title: str
    amount: int | None
    begins: bool
    status: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The titles of a person's sums of a year, in the pack's order, and the limits of those that have one."""

    pack: str
    titles: Mapping[str, str]
    of: Mapping[str, Limit]


NO_LIMITS = Limits("", {}, {})


def limits_of(person: str) -> Limits:
    """The limits of somebody's sums as the register knows them today; none where no policy rules on them."""
    found = Person.objects.filter(pk=person, withdrawn=None).first()
    if found is None:
        return NO_LIMITS
    at, ruling = now(), rules(generation())
    today = at.date()
    try:
        heads = in_force(ruling.shelf.heads, found.district_id, today)
        if not heads:
            return NO_LIMITS
        running = ruling.shelf.policy(heads[0].id, today)
    except Faulty:
        return NO_LIMITS
    facts = facts_known(person, at)
    return _limits(
        running, _codes(running.policy.pack, facts, today), age_on(found.birth_date, today)
    )


def limits_then(running: Running, standing: str, tier: str | None, age: int) -> Limits:
    """The limits of somebody's sums as they were when they were settled: as of this standing, tier and age."""
    stated = {"person.standings": standing, "person.insurance_tier": tier}
    dimensions = running.policy.pack.dimensions
    codes = {
        name: code
        for name, dimension in dimensions.items()
        if (code := stated.get(dimension.of)) is not None and code in dimension.codes
    }
    return _limits(running, codes, age)


def _codes(pack: Pack, facts: Sequence[Fact], day: date) -> dict[str, str]:
    """What the pack tells apart by the person: the first code in its order that holds on the day."""
    held: dict[str, set[str]] = {"person.standings": set(), "person.insurance_tier": set()}
    for fact in facts:
        of = {"standing": "person.standings", "tier": "person.insurance_tier"}.get(fact.kind)
        if of is not None and Span(fact.valid_from, fact.valid_to).covers(day):
            held[of].add(fact.code)
    found: dict[str, str] = {}
    for name, dimension in pack.dimensions.items():
        if dimension.of not in held:
            continue
        first = next((code for code in dimension.codes if code in held[dimension.of]), None)
        code = first or dimension.otherwise
        if code is not None:
            found[name] = code
    return found


def _limits(running: Running, codes: Mapping[str, str], age: int) -> Limits:
    """The one limit of each sum; where situations differ in it, none is told."""
    pack = running.policy.pack
    titles = {
        name: a.title.zh
        for name, a in pack.accumulators.items()
        if a.owner == Owner.PERSON and a.period == Period.BENEFIT_YEAR
    }
    layers = {layer.id: layer for layer in pack.layers}
    found: dict[str, list[Limit]] = {}
    for part in in_situation(running.policy, Told(codes, age)):
        layer = layers.get(part.id)
        if layer is None:
            continue
        for row in part.rows:
            for here in row.rules:
                _note(found, layer, here)
    one = {name: _one(found[name]) for name in titles if name in found}
    return Limits(
        pack.id, titles, {name: limit for name, limit in one.items() if limit is not None}
    )


def _one(some: Sequence[Limit]) -> Limit | None:
    """The limit that all situations agree on, as unsure as the least sure of them; None where they differ."""
    if len({(one.amount, one.begins) for one in some}) != 1:
        return None
    unsure = Status.UNVERIFIED.value
    return next((one for one in some if one.status == unsure), some[0])


def _note(found: dict[str, list[Limit]], layer: Layer, here: RuleHere) -> None:
    rule = next(r for r in layer.rules if r.name == here.name)
    figure = here.figures.get("cap")
    if rule.cap is not None and figure is not None:
        found.setdefault(rule.cap.paid, []).extend(_limit(layer, rule, figure, begins=False))
    figure = here.figures.get("bands.1.from")
    if rule.bands is not None and figure is not None:
        found.setdefault(rule.bands.over, []).extend(_limit(layer, rule, figure, begins=True))


def _limit(layer: Layer, rule: Rule, figure: Figure, *, begins: bool) -> list[Limit]:
    if figure.is_open or (figure.worth is None and not figure.is_unlimited):
        return []
    if begins and figure.worth == 0:
        return []
    return [Limit(layer.title.zh, figure.worth, begins, rule.basis.status.value)]
