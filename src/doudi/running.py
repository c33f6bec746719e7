"""A compiled policy made ready to run: its lines' and its visit's functions, and how facts reach them.

This is the one place that knows the order of the Programs' inputs and outputs.
"""

from collections.abc import Mapping, Sequence

from doudi.claim import LINE_SHAPES, PARTS, Claim, ClaimLine
from doudi.compile import Policy
from doudi.readings.scalar import Amounts, Specialised, over_lines
from doudi.situation import Situation

_LINE_ATTRIBUTES = {
    "amount": "amount",
    "unit_price": "unit_price",
    "price_ceiling": "price_ceiling",
    "quantity": "quantity",
    "first_self_pay_rate": "first_self_pay_rate",
    **{f"parts.{part}": f"parts[{n}]" for n, part in enumerate(PARTS)},
}


class Running:
    """The fast reading of one policy, for any number of claims."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.dimensions = tuple(policy.pack.dimensions)
        self.givable = tuple(la.id for la in policy.outline.layers if la.may_be_given)
        inputs = set(policy.visit.inputs)
        self._given_flags = tuple(
            name
            for name in (*(f"is_given.{la}" for la in self.givable), "is_given.deductible_met")
            if name in inputs
        )
        self.keys = (*self.dimensions, "major_disease", "excess_approved", *self._given_flags)
        self._none_given = (0,) * len(self._given_flags)
        self.visit = Specialised(policy.visit, self.keys)
        self.outputs = {name: n for n, (name, _) in enumerate(policy.visit.outputs)}
        self.decompose = over_lines(policy.line, LINE_SHAPES, _LINE_ATTRIBUTES, shape="shape")
        self.accumulators = tuple(a.name for a in policy.outline.accumulators)
        self._values = self.visit.values
        self._consented = any(name.startswith("consented.") for name in self._values)

    def key(self, claim: Claim, situation: Situation) -> tuple[int, ...]:
        """What tells this claim's rules apart, in the order of `keys`."""
        if claim.given or claim.given_deductible_met is not None:
            given = tuple(self._is_given(claim, name) for name in self._given_flags)
        else:
            given = self._none_given
        approved = int(claim.attributes.get("excess_approved") == "true")
        return (*situation.places, int(claim.major_disease), approved, *given)

    def facts(
        self,
        claim: Claim,
        situation: Situation,
        parts: Sequence[int],
        before: Mapping[str, int],
        given: Mapping[str, int] | None = None,
    ) -> dict[str, int]:
        """Every input of the visit's Program by name."""
        amounts = claim.given if given is None else given
        facts = dict(zip(self.keys, self.key(claim, situation), strict=True))
        facts |= dict(zip(PARTS, parts, strict=True))
        facts |= {f"before.{name}": amount for name, amount in before.items()}
        facts |= {f"given.{layer}": amounts.get(layer, 0) for layer in self.givable}
        facts["given.deductible_met"] = claim.given_deductible_met or 0
        facts["age"] = situation.age
        if self._consented:
            consented = [line for line in claim.lines if line.consent]
            facts |= {
                f"consented.{part}": amount
                for part, amount in zip(PARTS, self.decompose(consented)[0], strict=True)
            }
        return facts

    def settle(self, facts: Mapping[str, int]) -> Amounts:
        """The visit's amounts, in the order of `outputs`."""
        return self.visit(
            tuple(facts[name] for name in self.keys), [facts[name] for name in self._values]
        )

    def lines(self, lines: Sequence[ClaimLine]) -> tuple[Amounts, list[Amounts]]:
        """The parts of all lines together, and of each."""
        return self.decompose(lines)

    @staticmethod
    def _is_given(claim: Claim, flag: str) -> int:
        layer = flag.removeprefix("is_given.")
        if layer == "deductible_met":
            return int(claim.given_deductible_met is not None)
        return int(layer in claim.given)
