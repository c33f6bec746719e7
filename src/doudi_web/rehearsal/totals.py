"""What a trial comes to: for every payer, and by hospital, kind and standing; who pays more, how many, how much."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from doudi.adjudication import Adjudication
from doudi.proposals import amounts_of as engine_amounts
from doudi_web.settlement.replaying import Stored

Amounts = dict[str, int]
"""Fen by who pays: a fund by its layer, `hospital`, `patient`; and the `total`."""

_BY = ("facility", "kind", "standing")


def amounts_of(found: Adjudication) -> Amounts:
    """Who pays what of a settlement."""
    told = engine_amounts(found)
    assert told is not None, "what was settled has amounts"
    funds = {f"fund:{layer}": amount for layer, amount in told.payments.items()}
    return {**funds, "hospital": told.hospital, "patient": told.patient, "total": told.total}


@dataclass(slots=True)
class _Moved:
    """Of one side of a change: how many visits, how much together, the largest and whose visit it is."""

    visits: int = 0
    amount: int = 0
    largest: int = 0
    settlement: int = 0
    persons: set[str] = field(default_factory=set[str])

    def add(self, one: Stored, change: int) -> None:
        self.visits += 1
        self.amount += change
        self.persons.add(one.person)
        if abs(change) > abs(self.largest):
            self.largest, self.settlement = change, one.id

    def json(self) -> dict[str, Any]:
        return {
            "visits": self.visits, "persons": len(self.persons), "amount": self.amount, "largest": self.largest,
            "settlement": self.settlement,
        }  # fmt: skip


@dataclass(slots=True)
class Totals:
    """All visits of a span. `elsewhere`: the version is none of theirs. `ahead`: settled before the version says
    otherwise, or outside its span: tried by the day next to it. `faulty`: one of the two cannot settle them."""

    visits: int = 0
    elsewhere: int = 0
    ahead: int = 0
    faulty: int = 0
    otherwise: int = 0
    unlike: int = 0
    """Visits that what rules now would settle otherwise than they were settled."""
    before: Amounts = field(default_factory=Amounts)
    after: Amounts = field(default_factory=Amounts)
    more: dict[str, _Moved] = field(default_factory=dict[str, _Moved])
    less: dict[str, _Moved] = field(default_factory=dict[str, _Moved])
    by: dict[str, dict[str, dict[str, int]]] = field(
        default_factory=lambda: {name: dict[str, dict[str, int]]() for name in _BY}
    )

    def add(
        self, one: Stored, was: Amounts | None, now_: Amounts | None, *, is_ahead: bool
    ) -> bool:
        """One more visit; whether it comes out otherwise, or not at all."""
        self.visits += 1
        if was is None or now_ is None:
            self.faulty += 1
            return True
        self.ahead += is_ahead
        recorded = {key: _recorded(one, key) for key in ("patient", "hospital")}
        self.unlike += not is_ahead and any(was[key] != amount for key, amount in recorded.items())
        keys = {**was, **now_}
        for key in keys:
            self.before[key] = self.before.get(key, 0) + was.get(key, 0)
            self.after[key] = self.after.get(key, 0) + now_.get(key, 0)
        changes = {key: now_.get(key, 0) - was.get(key, 0) for key in keys}
        for key, change in changes.items():
            if change:
                side = self.more if change > 0 else self.less
                side.setdefault(key, _Moved()).add(one, change)
        self._group(one, was, now_)
        is_otherwise = any(changes.values())
        self.otherwise += is_otherwise
        return is_otherwise

    def _group(self, one: Stored, was: Amounts, now_: Amounts) -> None:
        told = one.result
        names = {
            "facility": one.facility,
            "kind": told["kind"],
            "standing": told["standing"] or "ordinary",
        }
        for by, name in names.items():
            row = self.by[by].setdefault(
                name, dict.fromkeys(("visits", "otherwise", "total", "before", "after"), 0)
            )
            row["visits"] += 1
            row["otherwise"] += was != now_
            row["total"] += was["total"]
            row["before"] += was["patient"]
            row["after"] += now_["patient"]

    def json(self) -> dict[str, Any]:
        """As a trial keeps it."""
        return {
            "visits": self.visits, "elsewhere": self.elsewhere, "ahead": self.ahead, "faulty": self.faulty,
            "otherwise": self.otherwise, "unlike": self.unlike, "before": self.before, "after": self.after,
            "more": {key: one.json() for key, one in self.more.items()},
            "less": {key: one.json() for key, one in self.less.items()},
            "by": _sorted(self.by),
        }  # fmt: skip


def _recorded(one: Stored, name: str) -> int:
    amount: str = one.result[name]
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(rest)


def _sorted(by: Mapping[str, Mapping[str, dict[str, int]]]) -> dict[str, dict[str, dict[str, int]]]:
    """Groups by how many of their visits come out otherwise."""
    return {
        name: dict(sorted(of.items(), key=lambda item: (-item[1]["otherwise"], item[0])))
        for name, of in by.items()
    }
