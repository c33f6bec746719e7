"""What the service proposes beside what it must propose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doudi_lab.hospitals.acts import Kind
from doudi_lab.hospitals.comparing import Comparison
from doudi_lab.hospitals.due import Amounts, Due, amounts_of, due
from doudi_lab.hospitals.expectation import Expected
from doudi_lab.hospitals.journal import Journal
from doudi_lab.hospitals.record import fen
from doudi_lab.hospitals.wanted import Json


@dataclass(slots=True)
class Proposed:
    """The proposals that there must be on a day, by the settlements that stand."""

    expected: Expected
    journal: Journal
    day: int

    def due(self) -> dict[str, Due]:
        """By the number of the settlement."""
        refused = self._refused()
        found: dict[str, Due] = {}
        for person in sorted(self.expected.stands):
            found |= due(self.expected, person, self.day, refused)
        return found

    def agree(self, opened: Sequence[Json]) -> bool:
        """Whether the service proposes what must be proposed."""
        made = Comparison()
        self.compare(made, opened)
        return not made.differences

    def compare(self, comparison: Comparison, opened: Sequence[Json]) -> None:
        """Each proposal to settle anew: there is one, and it says what the engine alone comes to."""
        mine = self.due()
        told = {str(one["settlement_id"]): one for one in opened if one["kind"] == "adjust"}
        for number in sorted({*mine, *told}, key=int):
            visit = (
                mine[number].standing.found.visit_id
                if number in mine
                else str(told[number]["visit_id"])
            )
            comparison.same("proposals", visit, "proposed", number in mine, number in told)
            if number in mine and number in told:
                found = mine[number].found
                wanted = None if found is None else amounts_of(found)
                stated = told[number]["amounts"]
                says = None if stated is None else _amounts(stated)
                comparison.same("proposals", visit, "amounts", wanted, says)

    def _refused(self) -> dict[str, Amounts]:
        """What the last decision on a settlement refused."""
        found: dict[str, Amounts] = {}
        for one in self.journal.told.values():
            asked = one.asked or {}
            if one.kind != Kind.DECIDE or asked.get("kind") != "adjust" or one.status >= 300:
                continue
            if not asked["is_approved"] and asked["amounts"] is not None:
                found[str(asked["settlement_id"])] = _amounts(asked["amounts"])
        return found


def _amounts(stated: Mapping[str, Any]) -> Amounts:
    paid = {layer: fen(amount) for layer, amount in stated["payments"].items()}
    return (
        tuple(sorted((layer, amount) for layer, amount in paid.items() if amount)),
        fen(stated["hospital"]),
        fen(stated["patient"]),
    )
