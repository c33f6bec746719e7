"""What is missing of a running visit, and who must act: a closed set, the most urgent first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from doudi_web.review.held import Need as Review


class Who(StrEnum):
    """Who must act."""

    DOCTOR = "doctor"
    INSURANCE_OFFICE = "insurance_office"
    CASHIER = "cashier"
    TOWNSHIP = "township"


class Need(StrEnum):
    """What is to be done, in the order of a list: what nobody can reckon first, what can be settled last."""

    FAULTS = "faults"
    APPROVAL = "approval"
    OVER_LIMIT = "over_limit"
    UNSETTLED = "unsettled"
    LEFT = "left"
    STANDING_ENDED = "standing_ended"
    NOT_REGISTERED = "not_registered"
    UNMAPPED = "unmapped"
    NO_REFERRAL = "no_referral"
    NO_DIAGNOSIS = "no_diagnosis"
    STANDING_ENDING = "standing_ending"
    DIFFERS = "differs"
    REVIEW = "review"
    READY = "ready"


MUST: dict[Need, Who] = {
    Need.FAULTS: Who.INSURANCE_OFFICE,
    Need.APPROVAL: Who.INSURANCE_OFFICE,
    Need.OVER_LIMIT: Who.DOCTOR,
    Need.UNSETTLED: Who.CASHIER,
    Need.LEFT: Who.INSURANCE_OFFICE,
    Need.STANDING_ENDED: Who.TOWNSHIP,
    Need.NOT_REGISTERED: Who.INSURANCE_OFFICE,
    Need.UNMAPPED: Who.INSURANCE_OFFICE,
    Need.NO_REFERRAL: Who.INSURANCE_OFFICE,
    Need.NO_DIAGNOSIS: Who.DOCTOR,
    Need.STANDING_ENDING: Who.TOWNSHIP,
    Need.DIFFERS: Who.INSURANCE_OFFICE,
    Need.REVIEW: Who.INSURANCE_OFFICE,
    Need.READY: Who.CASHIER,
}


_REVIEWS = {
    Review.EXPLAIN: Need.OVER_LIMIT,
    Review.APPROVE: Need.APPROVAL,
    Review.REVIEW: Need.REVIEW,
}
"""What somebody must still do about an excess, as the review of the visit has it."""

SOON = 14
"""Days before its end in which a standing is to be renewed."""
FIRST = 1
"""Days of a stay in which the diagnosis may still be missing: a record of admission is written within 24 hours."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the needs of a visit rest on. Days of a standing are [from, to)."""

    faults: bool = False
    review: Review = Review.NOTHING
    entitled: bool = False
    registered: bool = True
    unmapped: int = 0
    standing_to: date | None = None
    ended: date | None = None
    without_referral: bool = False
    diagnosed: bool = True
    days: int = 0
    differs: bool = False
    left: bool = False
    discharged: date | None = None
    leaves: date | None = None


def needs_of(seen: Seen, today: date) -> tuple[Need, ...]:
    """What is to be done of a visit that is not settled, the most urgent first."""
    found = set(_missing(seen, today))
    goes_home = seen.leaves is not None and seen.leaves <= today
    if goes_home and not found:
        found.add(Need.READY)
    return tuple(need for need in Need if need in found)


def _missing(seen: Seen, today: date) -> Iterator[Need]:
    if seen.faults:
        yield Need.FAULTS
    if seen.review in _REVIEWS:
        yield _REVIEWS[seen.review]
    yield from _of_person(seen, today)
    if seen.unmapped:
        yield Need.UNMAPPED
    if not seen.diagnosed and (seen.days > FIRST or seen.discharged is not None):
        yield Need.NO_DIAGNOSIS
    if seen.discharged is not None and seen.discharged < today:
        yield Need.UNSETTLED


def _of_person(seen: Seen, today: date) -> Iterator[Need]:
    if not seen.registered:
        yield Need.NOT_REGISTERED
    elif seen.ended is not None:
        yield Need.STANDING_ENDED
    elif seen.standing_to is not None and (seen.standing_to - today).days <= SOON:
        yield Need.STANDING_ENDING
    if seen.without_referral:
        yield Need.NO_REFERRAL
    if seen.differs:
        yield Need.DIFFERS
    if seen.left:
        yield Need.LEFT


class Urgency:
    """Places of a list: what cannot be reckoned, what is over, what is missing, who only has to be settled, who is
    near the limit, of whom nothing is to be done, who is settled."""

    FAULTY, OVER, MISSING, READY, NEAR, QUIET, SETTLED = range(7)
    TO_DO = READY
    """Up to here somebody must act."""


_OVER = frozenset({Need.OVER_LIMIT, Need.APPROVAL})


def urgency_of(needs: tuple[Need, ...], status: str) -> int:
    """A visit's place in the list."""
    if not needs:
        return Urgency.NEAR if status == "approaching" else Urgency.QUIET
    if needs[0] is Need.FAULTS:
        return Urgency.FAULTY
    if _OVER & set(needs):
        return Urgency.OVER
    return Urgency.READY if needs == (Need.READY,) else Urgency.MISSING
