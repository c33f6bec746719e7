"""What a simulation found: how much of what happened, how many figures were held against one another, and every
difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from doudi_lab.hospitals.wanted import Json, Wanted


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the service and the hospitals do not agree: what, of which visit, what was expected, what it says."""

    what: str
    visit: str
    expected: str
    says: str

    def json(self) -> Json:
        return {
            "what": self.what, "visit": self.visit, "expected": self.expected, "says": self.says,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole simulation; `events` and `mishaps` by kind, `compared` figures by what they are."""

    wanted: Wanted
    events: Mapping[str, int]
    mishaps: Mapping[str, int]
    compared: Mapping[str, int]
    differences: tuple[Difference, ...]

    @property
    def figures(self) -> int:
        """All figures that were compared."""
        return sum(self.compared.values())

    def json(self) -> Json:
        """For programs."""
        return {
            **self.wanted.json(),
            "events": dict(self.events),
            "mishaps": dict(self.mishaps),
            "compared": dict(self.compared),
            "figures": self.figures,
            "differences": [one.json() for one in self.differences],
        }
