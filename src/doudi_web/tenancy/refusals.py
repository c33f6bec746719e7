"""A request that is not done: a status and its faults."""

from collections.abc import Iterable

from doudi.errors import Fault, fault
from doudi.source_text import shown

_QUOTED = 800  # characters of what was sent, at most


class Refusal(Exception):
    """Nothing was done; the answer has this status and these faults."""

    def __init__(self, status: int, faults: Iterable[Fault]) -> None:
        self.status, self.faults = status, tuple(faults)
        super().__init__("; ".join(f.code for f in self.faults))

    @classmethod
    def of(cls, status: int, code: str, where: str = "", /, **details: object) -> "Refusal":
        """A refusal with one fault. What was sent is quoted to a length, and without what cannot be printed."""
        quoted = {
            key: shown(value, _QUOTED) if isinstance(value, str | int) else value
            for key, value in details.items()
        }
        return cls(status, [fault(code, shown(where, _QUOTED), **quoted)])
