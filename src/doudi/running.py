"""A compiled policy made ready to run: its lines' and its visit's functions, and how facts reach them.

This is the one place that knows the order of the Programs' inputs and outputs.
"""

from collections.abc import Callable, Mapping, Sequence

from doudi.claim import LINE_SHAPES, PARTS, Claim
from doudi.compile import Policy
from doudi.ir.specialise import cuts
from doudi.readings.scalar import Amounts, Special, Specialised, over_lines
from doudi.situation import Situation, Situator

_LINE_ATTRIBUTES = {
    "amount": "amount",
    "unit_price": "unit_price",
    "price_ceiling": "price_ceiling",
    "quantity": "quantity",
    "first_self_pay_rate": "first_self_pay_rate",
    **{f"parts.{part}": f"parts[{n}]" for n, part in enumerate(PARTS)},
}
_GROUPS = ("parts", "before", "age", "given", "consented")
_NO_PARTS = (0,) * len(PARTS)
_WATCHED = ("control.measured", "control.share", "control.exceeded")

Watch = Callable[[Sequence[int], Sequence[int]], Mapping[str, int]]
"""From sums of parts, and of the parts that the patient signed for, to what the control says of them."""


class Running:
    """The fast reading of one policy, for any number of claims."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        pack, outline = policy.pack, policy.outline
        age_cuts = cuts(policy.visit, "age")
        ages = (0, *age_cuts) if age_cuts else None
        self.situator = Situator(pack, age_cuts or ())
        self.dimensions = tuple(pack.dimensions)
        self.givable = tuple(la.id for la in outline.layers if la.may_be_given)
        self._given = (*self.givable, "deductible_met")
        self._flags = ("major_disease", "excess_approved", *(f"is_given.{g}" for g in self._given))
        counts: dict[str, Sequence[int]] = {
            name: range(len(d.codes)) for name, d in pack.dimensions.items()
        }
        if ages is not None:
            counts["age"] = ages
        counts |= dict.fromkeys(self._flags, (0, 1))
        self.accumulators = tuple(outline.accumulators)
        self._sources = (
            {part: f"parts[{n}]" for n, part in enumerate(PARTS)}
            | {f"before.{a.name}": f"before[{n}]" for n, a in enumerate(self.accumulators)}
            | {f"given.{name}": f"given[{n}]" for n, name in enumerate(self._given)}
            | {f"consented.{part}": f"consented[{n}]" for n, part in enumerate(PARTS)}
            | {"age": "age"}
        )
        self.visit = Specialised(policy.visit, counts, _GROUPS, self._sources)
        self._made = self.visit.made
        self._watched = (
            Specialised(policy.visit.only(*_WATCHED), counts, _GROUPS, self._sources)
            if outline.control is not None
            else None
        )
        self.parts, self.parts_of_each = over_lines(
            policy.line, LINE_SHAPES, _LINE_ATTRIBUTES, shape="shape"
        )
        self._consent = any(name.startswith("consented.") for name in policy.visit.inputs)
        self._given_bits = len(self._given)
        self._none_given = (0,) * len(self._given)

    def special(self, claim: Claim, situation: Situation) -> Special:
        """The function for what tells this claim's rules apart (as one number).

        It is called with parts, before, age, given, consented.
        """
        key = self._key(claim, situation)
        return self._made.get(key) or self.visit[key]

    def _key(self, claim: Claim, situation: Situation) -> int:
        key = situation.key << 2 | claim.major_disease << 1 | claim.excess_approved
        if claim.given:
            for name in self.givable:
                key = key << 1 | (name in claim.given)
            key = key << 1 | (claim.given_deductible_met is not None)
        else:
            key <<= self._given_bits
        return key

    def watch(self, claim: Claim, situation: Situation, before: Sequence[int]) -> Watch | None:
        """What the control says of other sums under this claim's rules, be it of a bill that can stand or not:
        the cost measured, its share in parts of 10,000, whether it exceeds the limit.

        None where the policy has no control.
        """
        compiled = self._watched
        if compiled is None:
            return None
        key, age, given = self._key(claim, situation), situation.age, self.given(claim)

        def watched(parts: Sequence[int], consented: Sequence[int]) -> Mapping[str, int]:
            special = compiled[key]
            return special.amounts(special.function(parts, before, age, given, consented))

        return watched

    def settle(
        self, claim: Claim, situation: Situation, parts: Sequence[int], before: Sequence[int]
    ) -> dict[str, int]:
        """Every amount of the visit, by name."""
        special = self.special(claim, situation)
        consented = self.consented(claim)
        return special.amounts(
            special.function(parts, before, situation.age, self.given(claim), consented)
        )

    def given(self, claim: Claim) -> tuple[int, ...]:
        """The given amounts, in the order of the layers that may be given, the deductible last."""
        if not claim.given:
            return self._none_given
        amounts = [claim.given.get(name, 0) for name in self.givable]
        return (*amounts, claim.given_deductible_met or 0)

    def consented(self, claim: Claim) -> Amounts:
        """The parts of the lines that the patient signed for, where the policy asks for them."""
        if not self._consent:
            return _NO_PARTS
        return self.parts([line for line in claim.lines if line.consent])

    def facts(
        self,
        claim: Claim,
        situation: Situation,
        parts: Sequence[int],
        before: Sequence[int],
    ) -> dict[str, int]:
        """Every input of the visit's Program by name, for the trace."""
        flags = (
            claim.major_disease,
            claim.excess_approved,
            *(name in claim.given for name in self.givable),
            claim.given_deductible_met is not None,
        )
        return (
            dict(zip(self.dimensions, self.situator.places(situation.key), strict=True))
            | dict(zip(self._flags, map(int, flags), strict=True))
            | dict(zip(PARTS, parts, strict=True))
            | {f"before.{a.name}": v for a, v in zip(self.accumulators, before, strict=True)}
            | {f"given.{n}": v for n, v in zip(self._given, self.given(claim), strict=True)}
            | {f"consented.{p}": v for p, v in zip(PARTS, self.consented(claim), strict=True)}
            | {"age": situation.age}
        )

    def codes(self, situation: Situation) -> Mapping[str, str]:
        """The claim's code in each dimension."""
        dimensions = self.policy.pack.dimensions
        places = self.situator.places(situation.key)
        return {
            name: tuple(dimensions[name].codes)[place]
            for name, place in zip(self.dimensions, places, strict=True)
        }
