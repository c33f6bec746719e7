"""What a hospital does, one message each: when, for which visit, and what it says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doudi_lab.hospitals.wanted import Json


class Kind(StrEnum):
    """The kinds of messages."""

    EARLY = "early"  # before its visit was opened: nobody may take it
    OPEN = "open"
    LINES = "lines"
    WITHDRAW = "withdraw"
    PRECHECK = "precheck"
    PRESETTLE = "presettle"
    DISCHARGE = "discharge"
    SETTLE_VISIT = "settle_visit"
    SETTLE = "settle"
    FAULTY = "faulty"  # a bill that must be refused
    REVERSE = "reverse"
    CORRECT = "correct"
    ANSWER = "answer"
    LEARN = "learn"
    DECIDE = "decide"


SETTLES = frozenset({Kind.SETTLE, Kind.SETTLE_VISIT})
POSTS = SETTLES | {Kind.REVERSE, Kind.CORRECT, Kind.ANSWER, Kind.DECIDE}
"""What the ledger holds afterwards."""


REPLACES = frozenset({Kind.CORRECT, Kind.ANSWER})
"""What puts a settlement in the place of another."""

PLATFORM = ("basic", "critical_illness", "medical_assistance")
"""The layers that the platform settles."""
OTHER_FUND = "health_poverty_fund"
"""A layer whose amounts come from the platform alone: no rules of it are known."""


@dataclass(frozen=True, slots=True)
class Act:
    """One message. `bill` is what the visit's bill is by then, of acts that settle one; `of` the act whose
    settlement it undoes, corrects or answers."""

    id: str
    at: datetime
    kind: Kind
    person: str
    visit: str
    hospital: str
    body: Json | None = None
    bill: Json | None = None
    of: str = ""
    line: str = ""

    @property
    def key(self) -> str:
        """Its id without the name under which the simulation runs: what its luck hangs on."""
        return self.id.partition("-")[2]

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place among the acts of its person."""
        return self.at, self.id
