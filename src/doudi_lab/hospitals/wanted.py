"""What a simulated time is asked to be: the same wishes give the same days, message by message."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """A simulated time: its seed, its days, how many hospitals and persons, and whether faults happen.

    All that it writes into an installation begins with `prefix`, so that it meets nobody else's numbers.
    """

    seed: int
    days: int = 30
    hospitals: int = 20
    persons: int = 160
    district: str = "500113"
    start: date = date(2019, 5, 6)
    name: str = "SIM"
    faults: bool = True
    agrees: bool = True
    """Whether the platform pays only what no rules come to; else also what they do, and now and then otherwise."""

    @property
    def prefix(self) -> str:
        """What every number of it begins with."""
        return f"{self.name}{self.seed}-"

    @property
    def end(self) -> date:
        """The day behind the last."""
        return self.start + timedelta(days=self.days)

    def day(self, number: int) -> date:
        """The day of that number; the first is 0."""
        return self.start + timedelta(days=number)

    def json(self) -> Json:
        """As the journal writes it at its head."""
        return {**asdict(self), "start": self.start.isoformat()}
