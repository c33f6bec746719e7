"""What the city's platform has settled before us: for some people, some bills come with its amounts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from doudi.adjudication import Adjudication
from doudi.money import yuan
from doudi.settle import Shelf, settle
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi_lab.bills import Bill
from doudi_lab.people import Person
from doudi_lab.streams import Stream
from doudi_lab.visits import Visit

_LAYERS = ("critical_illness", "medical_assistance")
_DIFFERS = 0.12

Given = Mapping[str, str]


class Platform:
    """Settles a person's year by the rules of the shelf, as the platform would; now and then it pays less."""

    def __init__(
        self, seed: int, shelf: Shelf, year_of: Callable[[Person], Sequence[Bill]]
    ) -> None:
        self._seed, self._shelf, self._year_of = seed, shelf, year_of
        self._settled: dict[int, dict[str, Adjudication]] = {}

    def given(self, visit: Visit) -> Given | None:
        """What the platform has paid of a visit; None where no rules of its district are at hand."""
        person = visit.person
        if person.number not in self._settled:
            claims = [
                read_bill(Document("bill", bill, {}), (), bill, Lists())
                for bill in self._year_of(person)
            ]
            run = settle(self._shelf, claims)
            self._settled[person.number] = {a.visit_id: a for a in run.settlements}
        found = self._settled[person.number].get(visit.id)
        return None if found is None else self._stated(visit, found)

    def _stated(self, visit: Visit, found: Adjudication) -> Given | None:
        """What it paid in the layers in which the pack takes the platform's word."""
        layers = self._shelf.pack(found.pack).layers
        takes = {layer.id for layer in layers if layer.given_at_most is not None}
        if "basic" not in takes:
            return None
        luck = Stream(self._seed, "platform", visit.id)
        basic = found.payments.get("basic", 0)
        if luck.chance(_DIFFERS):
            basic = max(0, basic - luck.whole(1, 5_000))
        stated: dict[str, Any] = {
            "basic": yuan(basic),
            "deductible_met": yuan(found.deductible_met),
        }
        return stated | {
            name: yuan(found.payments[name])
            for name in _LAYERS
            if name in takes and found.payments.get(name)
        }
