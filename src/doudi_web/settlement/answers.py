"""What an action answers."""

from dataclasses import dataclass
from datetime import datetime

from doudi.dates import CHINA


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the JSON text of an answer."""

    status: int
    text: str


def told(at: datetime) -> str:
    """A moment as answers tell it: on the clock of China."""
    return at.astimezone(CHINA).isoformat()


def told_or_none(at: datetime | None) -> str | None:
    """A moment, where there is one."""
    return None if at is None else told(at)
