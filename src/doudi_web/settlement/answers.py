"""What an action answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the JSON text of an answer."""

    status: int
    text: str
