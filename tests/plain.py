"""A pack read plainly: its expression trees worked out on one visit with exact fractions.

Written from what the pack language says, without Programs, types or compiling, so that it can judge them.
Slow. A rule's base is held between zero and what is left of the bill; every other word means what it says.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

from doudi.claim import PARTS, Claim, ClaimLine
from doudi.packs import expression as e
from doudi.packs.model import Consent, Layer, Mode, Owner, Pack, Rule

Worth = Any  # int, Fraction, bool, a code, or None for "without limit"


def rounded(exact: Fraction, rounding: str) -> int:
    """A fraction as a whole number, by the words of the rounding."""
    below = floor(exact)
    match rounding:
        case "down":
            return below
        case "up":
            return ceil(exact)
        case "half_up":
            return floor(exact + Fraction(1, 2))
        case "half_away":
            return floor(exact + Fraction(1, 2)) if exact >= 0 else ceil(exact - Fraction(1, 2))
        case _:
            if exact - below == Fraction(1, 2):
                return below if below % 2 == 0 else below + 1
            return floor(exact + Fraction(1, 2))


def parts_of(line: ClaimLine, rounding: str) -> tuple[int, ...]:
    """How a line falls into out_of_catalogue, over_ceiling, first_self_pay, in_scope."""
    if line.parts is not None:
        return line.parts
    if line.item_class == "丙":
        return (line.amount, 0, 0, 0)
    over = 0
    if line.price_ceiling is not None and line.unit_price > line.price_ceiling:
        yuan = Fraction(line.unit_price - line.price_ceiling, 10**6) * Fraction(
            line.quantity, 10**6
        )
        over = rounded(yuan * 100, rounding)
        over = min(over, line.amount) if line.amount >= 0 else max(over, line.amount)
    first = 0
    if line.item_class == "乙":
        first = rounded((line.amount - over) * Fraction(line.first_self_pay_rate, 10**6), rounding)
    return (0, over, first, line.amount - over - first)


def sums_of(lines: Sequence[ClaimLine], rounding: str) -> dict[str, int]:
    """The parts of some lines together, and their total."""
    rows = [parts_of(line, rounding) for line in lines]
    sums = {part: sum(row[n] for row in rows) for n, part in enumerate(PARTS)}
    return {**sums, "total": sum(sums.values())}


def codes_of(pack: Pack, claim: Claim) -> dict[str, str]:
    """The claim's code in each dimension."""
    codes: dict[str, str] = {}
    for dimension in pack.dimensions.values():
        match dimension.of:
            case "kind":
                code = claim.kind
            case "facility.level":
                code = claim.facility.level
            case "person.insurance_tier":
                code = claim.person.insurance_tier
            case "place":
                code = place_of(pack, claim, "in_province" in dimension.codes)
            case "person.standings":
                day = claim.settled.day
                held = {s.code for s in claim.person.standings if s.span.start <= day}
                held -= {
                    s.code
                    for s in claim.person.standings
                    if s.span.end is not None and s.span.end <= day
                    and not any(
                        o.code == s.code and o.span.start <= day
                        and (o.span.end is None or day < o.span.end)
                        for o in claim.person.standings
                    )
                }  # fmt: skip
                code = next((c for c in dimension.codes if c in held), dimension.otherwise or "")
            case of:
                owner, _, name = of.partition(".attributes.")
                attributes = {
                    "bill": claim.attributes,
                    "person": claim.person.attributes,
                    "facility": claim.facility.attributes,
                }[owner]
                code = attributes.get(name, dimension.otherwise or "")
        codes[dimension.name] = code
    return codes


def place_of(pack: Pack, claim: Claim, by_province: bool) -> str:
    """Where the patient was treated; a city's code ends in 00, a province's in 0000."""
    own, theirs = pack.district, claim.facility.district
    same_province = own[:2] == theirs[:2]
    same_city = same_province and own[2:4] == theirs[2:4]
    if own[4:] == "00" and (same_province if own[2:4] == "00" else same_city):
        return "in_district"
    if own == theirs:
        return "in_district"
    if not claim.referred:
        return "unreferred"
    if not by_province:
        return "referred"
    return "in_province" if same_province else "out_of_province"


def age_of(claim: Claim) -> int:
    """Whole years on the day of settlement, counted birthday by birthday."""
    born, day = claim.person.birth_date, claim.settled.day
    age = 0
    while _birthday(born, age + 1) <= day:
        age += 1
    return age


def _birthday(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def year_of(pack: Pack, day: date) -> int:
    """The calendar year in which the day's benefit year started."""
    while (day.month, day.day) != pack.year_starts:
        day -= timedelta(days=1)
    return day.year


@dataclass(frozen=True, slots=True)
class Applied:
    """The rule that a layer applied: its base less the deductible, what it makes, what its cap leaves."""

    rule: str
    base: int
    met: int
    raw: int
    headroom: int | None


@dataclass(slots=True)
class PlainVisit:
    """One visit under a pack; `settle` works it out from the top of the cascade to the patient."""

    pack: Pack
    claim: Claim
    before: Mapping[str, int]
    payments: dict[str, int]
    computed: dict[str, int]
    applied: dict[str, Applied]
    names: dict[str, Worth]
    deductible_met: int = 0
    hospital: int = 0
    floor: int = 0
    patient: int = 0
    patient_limit: int | None = None
    control: tuple[bool, int, int, int, int, str] | None = None

    @classmethod
    def of(cls, pack: Pack, claim: Claim, before: Mapping[str, int]) -> "PlainVisit":
        sums = sums_of(claim.lines, pack.decomposition.rounding)
        names: dict[str, Worth] = {"age": age_of(claim), "major_disease": claim.major_disease}
        visit = cls(pack, claim, before, {}, {}, {}, {**codes_of(pack, claim), **names, **sums})
        visit.settle()
        return visit

    @property
    def adds(self) -> dict[str, int]:
        """What the visit adds to each running sum."""
        return {
            a.name: self.worth(a.adds.tree) if a.when is None or self.worth(a.when.tree) else 0
            for a in self.pack.accumulators.values()
        }

    def settle(self) -> None:
        for layer in self.pack.layers:
            left = self.names["total"] - sum(self.payments.values())
            computed = self._computed(layer, left)
            self.computed[layer.id] = computed
            self.payments[layer.id] = self.claim.given.get(layer.id, computed)
            self.names[layer.id] = self.payments[layer.id]
        if self.claim.given_deductible_met is not None:
            self.deductible_met = self.claim.given_deductible_met
        self.names["deductible_met"] = self.deductible_met
        left = self.names["total"] - sum(self.payments.values())
        self._control(left)
        left -= self.hospital
        self._floor(left)
        self.patient = left - self.floor

    def worth(self, tree: e.Expression) -> Worth:
        match tree:
            case e.Name():
                return self._named(tree.text)
            case e.Number():
                return tree.value
            case e.Percent():
                return Fraction(tree.per_myriad, 10_000)
            case e.Sum():
                left, right = self.worth(tree.left), self.worth(tree.right)
                return left - right if tree.minus else left + right
            case e.Product():
                return self.worth(tree.left) * self.worth(tree.right)
            case e.Compare():
                return self._compared(tree)
            case e.Member():
                return self.worth(tree.left) in tree.codes
            case e.Logic():
                left, right = self.worth(tree.left), self.worth(tree.right)
                return (left and right) if tree.operator == "and" else (left or right)
            case e.Negation():
                return not self.worth(tree.inner)
            case e.Call():
                return self._called(tree)

    def _named(self, name: str) -> Worth:
        pack = self.pack
        if name in self.names:
            return self.names[name]
        if name in pack.parameters:
            parameter = pack.parameters[name]
            day = self.claim.settled.day
            table = max((d for d in parameter.dated if d.start <= day), key=lambda d: d.start).table
            cell = table[tuple(self.names[dimension] for dimension in parameter.by)]
            return bool(cell) if parameter.unit == "flag" else cell
        if name in pack.accumulators:
            return self.before[name]
        return self.worth((pack.groups.get(name) or pack.amounts[name]).tree)

    def _compared(self, tree: e.Compare) -> bool:
        left = self.worth(tree.left)
        if isinstance(left, str):
            assert isinstance(tree.right, e.Name | e.Number)
            right = tree.right.text if isinstance(tree.right, e.Name) else str(tree.right.value)
        else:
            right = self.worth(tree.right)
        match tree.operator:
            case "=":
                return left == right
            case "!=":
                return left != right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case _:
                return left >= right

    def _called(self, tree: e.Call) -> Worth:
        a = tree.arguments
        match tree.function:
            case "when":
                return self.worth(a[1]) if self.worth(a[0]) else self.worth(a[2])
            case "pos":
                return max(self.worth(a[0]), 0)
            case "share":
                assert isinstance(a[2], e.Name)
                return rounded(Fraction(self.worth(a[0])) * self.worth(a[1]), a[2].text)
            case "min":
                return min(self.worth(a[0]), self.worth(a[1]))
            case _:
                return max(self.worth(a[0]), self.worth(a[1]))

    def _computed(self, layer: Layer, left: int) -> int:
        for rule in layer.rules:
            if rule.when is None or self.worth(rule.when.tree):
                return self._applied(layer, rule, left)
        return 0

    def _applied(self, layer: Layer, rule: Rule, left: int) -> int:
        base = min(max(self.worth(rule.base.tree), 0), left)
        met = 0
        if rule.deductible is not None:
            limit = self.worth(rule.deductible.limit.tree)
            earlier = 0 if rule.deductible.met is None else self.before[rule.deductible.met]
            met = min(max(limit - earlier, 0), base)
            self.deductible_met = met
        x = base - met
        if rule.bands is not None:
            position = self.before[rule.bands.over]
            raw = self.curve(rule, position + x) - self.curve(rule, position)
        else:
            assert rule.rate is not None
            raw = rounded(x * Fraction(self.worth(rule.rate.tree)), rule.rounding)
        headroom = None
        if rule.cap is not None:
            limit = self.worth(rule.cap.limit.tree)
            headroom = None if limit is None else max(limit - self.before[rule.cap.paid], 0)
        self.applied[layer.id] = Applied(rule.name, base, met, raw, headroom)
        return raw if headroom is None else min(raw, headroom)

    def curve(self, rule: Rule, position: int) -> int:
        """F of the rule's bands at a position, rounded once."""
        assert rule.bands is not None
        starts = [self.worth(band.start.tree) for band in rule.bands.bands]
        rates = [Fraction(self.worth(band.rate.tree)) for band in rule.bands.bands]
        whole = Fraction(0)
        for (start, end), rate in zip(
            pairwise([*starts, max(position, *starts)]), rates, strict=True
        ):
            whole += rate * max(min(position, end) - start, 0)
        return rounded(whole, rule.rounding)

    def _control(self, left: int) -> None:
        rule = self.pack.control
        if rule is None:
            return
        measured, of = self.worth(rule.measure.tree), self.worth(rule.of.tree)
        if rule.consent == Consent.LEAVES:
            own = dict(self.names)
            signed = [line for line in self.claim.lines if line.consent]
            self.names |= sums_of(signed, self.pack.decomposition.rounding)
            measured -= self.worth(rule.measure.tree)
            self.names = own
        limit = rounded(of * Fraction(self.worth(rule.limit.tree)), rule.rounding)
        near = limit != 0 and measured >= limit * self.worth(rule.approaching.tree)
        status = "exceeded" if measured > limit else "approaching" if near else "within"
        share = rounded(Fraction(measured * 10_000, of), "half_up") if of else 0
        excess = max(measured - limit, 0)
        applies = bool(self.worth(rule.applies.tree))
        approved = rule.mode == Mode.APPROVAL and self.claim.excess_approved
        if applies and rule.mode != Mode.WARN and not approved:
            self.hospital = min(excess, left)
        self.control = (applies, share, measured, limit, excess, status)

    def _floor(self, left: int) -> None:
        rule = self.pack.floor
        if rule is None or not self.worth(rule.when.tree):
            return
        of, share = self.worth(rule.of.tree), Fraction(self.worth(rule.share.tree))
        self.patient_limit = rounded(of * share, rule.rounding)
        self.floor = max(left - self.patient_limit, 0)


def read_plainly(pack: Pack, claims: Sequence[Claim]) -> list[PlainVisit]:
    """The visits one after another, each on what those before it added."""
    sums: dict[tuple[str, object, str], int] = defaultdict(int)
    visits: list[PlainVisit] = []
    for claim in claims:
        year = year_of(pack, claim.settled.day)
        owners = {
            a.name: (
                claim.person.id,
                claim.episode_id if a.owner == Owner.EPISODE else year,
                a.name,
            )
            for a in pack.accumulators.values()
        }
        visit = PlainVisit.of(pack, claim, {name: sums[key] for name, key in owners.items()})
        for name, amount in visit.adds.items():
            sums[owners[name]] += amount
        visits.append(visit)
    return visits
