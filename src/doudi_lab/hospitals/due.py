"""What must be proposed: standing settlements that would come out otherwise now, found by the engine alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from doudi.adjudication import Adjudication
from doudi.course import added, sums_of
from doudi.errors import Faulty
from doudi.ledger.accumulators import Owner
from doudi_lab.hospitals.expectation import Expected, Standing, sums_before

Amounts = tuple[tuple[tuple[str, int], ...], int, int]
"""Payments, hospital, patient."""


@dataclass(frozen=True, slots=True)
class Due:
    """A settlement that would come out otherwise; `found` is None where its bill cannot be settled now."""

    standing: Standing
    found: Adjudication | None


def amounts_of(found: Adjudication) -> Amounts:
    """Who pays what."""
    paid = tuple(sorted((layer, amount) for layer, amount in found.payments.items() if amount))
    return paid, found.hospital, found.patient


def due(
    expected: Expected, person: str, day: int, refused: Mapping[str, Amounts]
) -> dict[str, Due]:
    """The settlements of a person that would come out otherwise on a day, in the order; each as if those before it
    that may still be approved had been settled anew. What was refused stands as it is."""
    made: dict[str, Due] = {}
    pending: dict[tuple[Owner, str], int] = {}
    standing = sorted(expected.stands[person].values(), key=lambda one: one.place)
    for one in standing:
        sums = sums_before(standing, one.place)
        for (owner, name), amount in pending.items():
            of = sums.setdefault(owner, {})
            of[name] = max(0, of.get(name, 0) + amount)
        try:
            found = expected.found(one.number, one.place, one.bill, person, day, sums)
        except Faulty:
            made[one.number] = Due(one, None)
            continue
        moved = _moved(one.found, found)
        if not moved and amounts_of(found) == amounts_of(one.found):
            continue
        if refused.get(one.number) == amounts_of(found):
            continue
        made[one.number] = Due(one, found)
        for key, amount in moved.items():
            pending[key] = pending.get(key, 0) + amount
    return made


def _moved(was: Adjudication, now: Adjudication) -> dict[tuple[Owner, str], int]:
    """By how much more it adds to each sum."""
    before, after = sums_of(was), sums_of(now)
    found: dict[tuple[Owner, str], int] = {}
    for owner in {*before, *after}:
        mine, theirs = added(after.get(owner, {})), added(before.get(owner, {}))
        for name in {*mine, *theirs}:
            difference = mine.get(name, 0) - theirs.get(name, 0)
            if difference:
                found[owner, name] = difference
    return found
