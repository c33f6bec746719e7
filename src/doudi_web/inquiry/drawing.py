"""Drawing a sample by tickets, so that whoever has the plan and the list of settlements draws the same again.

A settlement has as many tickets as its weight. The number of a ticket is the SHA-256 of seed, settlement and which
of its tickets it is; the lowest numbers are drawn first. Whole numbers alone decide: no machine draws otherwise.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settlement that may be drawn: its stratum, its tickets, and what gave it more than one."""

    settlement: int
    stratum: str
    weight: int
    marks: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """How the list of all writes it."""
        return f"{self.settlement},{self.stratum},{self.weight}\n"


@dataclass(frozen=True, slots=True)
class Pick:
    """A candidate that was drawn, and by which ticket."""

    candidate: Candidate
    ticket: str


def ticket(seed: str, settlement: int, which: int) -> str:
    """The number of a ticket.

    >>> ticket("2019", 7, 1)[:16]
    '048c3a49ff00d10e'
    """
    return hashlib.sha256(f"{seed}\n{settlement}\n{which}".encode()).hexdigest()


def lowest(seed: str, one: Candidate) -> str:
    """The lowest ticket of a settlement."""
    return min(ticket(seed, one.settlement, which) for which in range(1, one.weight + 1))


def allotted(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of each stratum: by its size, the largest remainders first; none is left out where all have room.

    >>> allotted({"a": 90, "b": 9, "c": 1}, 10)
    {'a': 8, 'b': 1, 'c': 1}
    """
    total = sum(counts.values())
    size = min(size, total)
    if not size:
        return dict.fromkeys(sorted(counts), 0)
    found = {name: size * counts[name] // total for name in sorted(counts)}
    order = sorted(counts, key=lambda name: (-(size * counts[name] % total), name))
    for name in order[: size - sum(found.values())]:
        found[name] += 1
    empty = [name for name in found if not found[name]] if size >= len(found) else []
    for name in empty:
        most = max(sorted(found), key=lambda one: found[one])
        found[most] -= 1
        found[name] += 1
    return found


def drawn(frame: Sequence[Candidate], size: int, seed: str) -> list[Pick]:
    """The sample: stratum by stratum in the order of their names, the lowest ticket first."""
    strata: dict[str, list[Candidate]] = {}
    for one in frame:
        strata.setdefault(one.stratum, []).append(one)
    wanted = allotted({name: len(of) for name, of in strata.items()}, size)
    found: list[Pick] = []
    for name in sorted(strata):
        picks = sorted(
            (Pick(one, lowest(seed, one)) for one in strata[name]), key=lambda pick: pick.ticket
        )
        found += picks[: wanted[name]]
    return found


def frame_text(frame: Iterable[Candidate]) -> str:
    """The list of all that may be drawn, as its digest reads it."""
    return "".join(one.line for one in sorted(frame, key=lambda one: one.settlement))


def list_text(picks: Iterable[Pick]) -> str:
    """The list of what was drawn, as its digest reads it."""
    return "".join(f"{one.candidate.settlement},{one.ticket}\n" for one in picks)
