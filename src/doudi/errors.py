"""The tree of errors.

Fault               a value: what is wrong in what a user brought; collected, never the first only
DoudiError
├── Faulty          carries faults out of a room that cannot go on without what they name
├── Unsupported     a reading cannot do an operation: loud, never approximated
└── BrokenInvariant ours: what must hold does not; carries the facts to replay
"""

from collections.abc import Iterable
from dataclasses import dataclass

from doudi.fault_kinds import FAULT_KINDS


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where (file:line or path), why it matters and how to mend it; a stable code."""

    code: str
    where: str
    what: str
    why: str
    mend: str


def fault(code: str, where: str, /, **details: object) -> Fault:
    """The fault of that kind with its details filled in; the kinds stand in `fault_kinds`.

    What cannot be printed is written out, wherever it comes from: what somebody sent may stand in any detail.
    """
    kind = FAULT_KINDS[code]
    told = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in details.items()
    }
    return Fault(
        code, printable(where), kind.what.format(**told), kind.why.format(**told), kind.mend.format(**told),
    )  # fmt: skip


def printable(text: str) -> str:
    """A text with its signs that cannot be printed written out.

    >>> printable("行 1"), printable("a\\x1b")
    ('行 1', 'a\\\\x1b')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class DoudiError(Exception):
    """The root of what this package raises."""


class Faulty(DoudiError):
    """What was brought has faults; nothing was done with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        assert self.faults, "a refusal names its faults"
        super().__init__("; ".join(f"{f.code} {f.where}: {f.what}" for f in self.faults))


class Unsupported(DoudiError):
    """This reading has no form of an operation."""


class BrokenInvariant(DoudiError):
    """Something that must hold for every valid input does not: a defect of ours, with its facts."""

    def __init__(self, name: str, facts: object) -> None:
        self.name, self.facts = name, facts
        super().__init__(f"invariant {name} does not hold for {facts!r}")
