"""The hospitals' own double entry: every posting that they were told of, each account to the fen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from doudi_lab.hospitals.wanted import Json

Entries = Counter[str]
"""Fen by account. They sum to zero, where who told of them is right."""


def fen(amount: str) -> int:
    """Fen of an amount as the interface writes it.

    >>> fen("2539.50"), fen("-0.05"), fen("0.00")
    (253950, -5, 0)
    """
    yuan, _, cents = amount.partition(".")
    assert len(cents) == 2, amount
    return int(yuan + cents)


def entries_of_settlement(said: Mapping[str, Any], facility: str, person: str) -> Entries:
    """Who bears what of a settlement: the hospital is owed the total, each payer owes a part."""
    found: Entries = Counter()
    found[f"clearing:{facility}"] -= fen(said["total"])
    for layer, amount in said["payments"].items():
        found[f"fund:{layer}"] += fen(amount)
    found[f"hospital:{facility}"] += fen(said["hospital"])
    found[f"patient:{person}"] += fen(said["patient"])
    return _without_nothing(found)


def entries_as_told(told: Iterable[Json]) -> Entries:
    """Entries of an answer, or of the ledger."""
    found: Entries = Counter()
    for one in told:
        found[str(one["account"])] += fen(one["amount"])
    return _without_nothing(found)


def contrary(entries: Entries) -> Entries:
    """What undoes them."""
    return Counter({account: -amount for account, amount in entries.items()})


def _without_nothing(entries: Entries) -> Entries:
    return Counter({account: amount for account, amount in entries.items() if amount})


@dataclass(slots=True)
class Record:
    """Postings by settlement and kind, and what is posted twice."""

    postings: dict[tuple[str, str], Entries] = field(default_factory=dict[tuple[str, str], Entries])

    def post(self, settlement: str, kind: str, entries: Entries) -> None:
        """Take a posting; each settlement has one of a kind."""
        self.postings[settlement, kind] = entries

    def of(self, settlement: str) -> Entries:
        """What stands of a settlement: as it was settled, and what somebody else bears of it."""
        found: Entries = Counter()
        for kind in ("settle", "relief"):
            found.update(self.postings.get((settlement, kind), {}))
        return _without_nothing(found)

    def balances(self) -> Mapping[str, int]:
        """What each account comes to."""
        found: defaultdict[str, int] = defaultdict(int)
        for entries in self.postings.values():
            for account, amount in entries.items():
                found[account] += amount
        return found
