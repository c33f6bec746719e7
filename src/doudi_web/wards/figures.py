"""What a running visit comes to now, and what is missing of it: what the list keeps of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from doudi.adjudicate import adjudicate
from doudi.adjudication import Adjudication, Control
from doudi.claim import Claim, Standing
from doudi.dates import CHINA
from doudi.errors import Faulty
from doudi.packs.model import Dimension
from doudi.precheck.undecided import share_between
from doudi.precheck.what_if import WhatIf, summed
from doudi.source_text import Document
from doudi.wire.bill_form import moment_of
from doudi_web.review.causes import is_over_without, undecided_of
from doudi_web.settlement import looking
from doudi_web.settlement.asked import keys_of, text_of
from doudi_web.settlement.assessing import Ready
from doudi_web.settlement.running import Visit, bill_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import KEEPER
from doudi_web.wards.needs import Seen

DEFECT = "S500"
"""The code of a visit that a defect of ours keeps from being looked at."""
FAULTY = "faulty"
"""The status of a bill that cannot be looked at for its faults."""
NO_LIMIT = "none"
"""The status where the policy has no control."""
UNDECIDED = "undecided"
"""The status of a bill that would be above its limit if items of no known class were all the patient's to pay: what
nobody has mapped is no excess yet, and nobody explains it."""
_PLACES = {FAULTY: 0, "exceeded": 1, UNDECIDED: 2, "approaching": 3, "within": 4, NO_LIMIT: 5}
"""As `doudi.finding.badness` orders; of what cannot be looked at nobody knows how bad it is."""
_NO_REFERRAL = "F410"


@dataclass(frozen=True, slots=True)
class Figures:
    """A visit's amounts in fen, its share in parts of 10,000, its standing, and what its needs rest on.

    `near` is from which measured amount on it is close to its limit. `otherwise`: what the patient would bear
    without the standing that ends soon, or with the one that has ended.
    """

    seen: Seen
    status: str = FAULTY
    faults: tuple[str, ...] = ()
    kind: str = ""
    admitted: date | None = None
    discharged: datetime | None = None
    standing: str = ""
    standing_title: str = ""
    share: int | None = None
    share_least: int | None = None
    share_most: int | None = None
    limit: int | None = None
    near: int | None = None
    excess: int | None = None
    measured: int | None = None
    room: int | None = None
    total: int | None = None
    funds: int | None = None
    hospital: int | None = None
    floor: int | None = None
    patient: int | None = None
    otherwise: int | None = None
    unmapped_amount: int = 0

    @property
    def is_alerting(self) -> bool:
        """Whether an alert of it belongs to be open: close to the limit, or above it."""
        return self.status in ("exceeded", "approaching")

    @property
    def badness(self) -> int:
        """The place among all: over the limit, close to it, within, without one; faulty before them."""
        return _PLACES[self.status]


def figures_of(
    visit: Visit, planned: datetime | None, at: datetime
) -> tuple[Figures, looking.Looked | None]:
    """What the visit comes to as it stands, and the look that it is from; `planned` is when its patient leaves.

    A bill with faults keeps their codes, and no amount.
    """
    bill = bill_of(visit)
    today = at.astimezone(CHINA).date()
    admitted, discharged = _day(bill.get("admitted")), _moment(bill.get("discharged"))
    leaves = discharged or planned
    seen = Seen(
        diagnosed=bool(bill.get("diagnoses")),
        days=0 if admitted is None else (today - admitted).days,
        discharged=None if discharged is None else discharged.astimezone(CHINA).date(),
        leaves=None if leaves is None else leaves.astimezone(CHINA).date(),
    )
    head = Figures(seen, kind=text_of(bill.get("kind")), admitted=admitted, discharged=discharged)
    try:
        looked = looking.looked(KEEPER, Document("visit", bill), bill, keys_of(bill), action=None)
    except (Faulty, Refusal) as refused:
        if isinstance(refused, Refusal) and refused.status >= 500:
            raise  # it is of the service, not of this bill
        codes = tuple(dict.fromkeys(fault.code for fault in refused.faults))
        bare = tuple(code for code in codes if code != _NO_REFERRAL)
        missing = replace(seen, faults=bool(bare), without_referral=_NO_REFERRAL in codes)
        return replace(head, seen=missing, faults=codes), None
    return _with_amounts(head, looked, today), looked


def defective(visit: Visit, planned: datetime | None) -> Figures:
    """A visit that could not be looked at, though its bill may have no fault: the code says that it is ours."""
    leaves = visit.discharged or planned
    seen = Seen(
        faults=True,
        discharged=None if visit.discharged is None else visit.discharged.astimezone(CHINA).date(),
        leaves=None if leaves is None else leaves.astimezone(CHINA).date(),
    )
    return Figures(seen, faults=(DEFECT,), discharged=visit.discharged)


def _with_amounts(head: Figures, looked: looking.Looked, today: date) -> Figures:
    made, found = looked.ready, looked.settled
    claim, control = replace(made.claim, drafts=()), found.control
    what_if = WhatIf(made.running, claim, made.book)
    rows = what_if.sums_of_each(claim.lines)
    open_ = set(claim.undecided)
    amount = undecided_of(claim)
    least, most = None, None
    if amount > 0 and control is not None:
        known = summed(
            row for line, row in zip(claim.lines, rows, strict=True) if line.id not in open_
        )
        least, most = share_between(what_if, known, amount)
    standing = _Standings(made, claim, found.standing, today)
    seen = replace(
        head.seen,
        entitled=standing.entitles,
        registered=made.known.is_registered,
        unmapped=len(open_),
        standing_to=standing.to,
        ended=standing.ended,
        without_referral=standing.entitles and _is_unreferred(made, claim),
        differs=bool(made.known.differs),
        left=bool(made.known.left),
    )
    floor = found.payments.get("floor", 0)
    return replace(
        head,
        seen=seen,
        status=_status(control, amount),
        standing=found.standing,
        standing_title=standing.title,
        share=None if control is None else control.share,
        share_least=least,
        share_most=most,
        limit=None if control is None else control.limit,
        near=None if control is None else _near(found, control.limit),
        excess=None if control is None else control.excess,
        measured=None if control is None else control.measured,
        room=what_if.room(summed(rows)),
        total=found.total,
        funds=sum(found.payments.values()),
        hospital=found.hospital,
        floor=floor,
        patient=found.patient,
        otherwise=standing.otherwise(),
        unmapped_amount=amount,
    )


class _Standings:
    """What the register says of a person's standings beside the one that counts today."""

    def __init__(self, made: Ready, claim: Claim, code: str, today: date) -> None:
        self._made, self._claim, self._today = made, claim, today
        dimensions = made.running.policy.pack.dimensions.values()
        self._dimension: Dimension | None = next(
            (one for one in dimensions if one.of == "person.standings"), None
        )
        none = None if self._dimension is None else self._dimension.otherwise
        self.entitles = self._dimension is not None and code != none
        found = None if self._dimension is None else self._dimension.codes.get(code)
        self.title = "" if found is None or not self.entitles else found.zh
        self.to = self._end(code) if self.entitles else None
        self.ended = None if self.entitles else self._ended()

    def _known(self) -> Iterator[Standing]:
        codes = set() if self._dimension is None else set(self._dimension.codes)
        return (one for one in self._claim.person.standings if one.code in codes)

    def _end(self, code: str) -> date | None:
        """The day from which the standing no longer counts; None where another begins at once."""
        ends = [
            one.span.end
            for one in self._known()
            if one.code == code and one.span.covers(self._today)
        ]
        if not ends or None in ends:
            return None
        last = max(end for end in ends if end is not None)
        return None if any(one.span.covers(last) for one in self._known()) else last

    def _ended(self) -> date | None:
        """When a standing ended that still counted on the day of admission."""
        admitted = self._claim.admitted
        if admitted is None:
            return None
        ends = [
            one.span.end
            for one in self._known()
            if one.span.end is not None
            and one.span.covers(admitted.day)
            and one.span.end <= self._today
        ]
        return max(ends, default=None)

    def otherwise(self) -> int | None:
        """What the patient would bear if the standing ended today, or had not ended. None: nothing ends."""
        claim, person = self._claim, self._claim.person
        if self.ended is not None:
            kept = tuple(
                replace(one, span=replace(one.span, end=None))
                if one.span.end == self.ended
                else one
                for one in person.standings
            )
        elif self.to is not None:
            kept = tuple(one for one in person.standings if not one.span.covers(self._today))
        else:
            return None
        made = self._made
        try:
            other = replace(claim, person=replace(person, standings=kept))
            return adjudicate(made.running, other, made.book, made.told).patient
        except Faulty:
            return None


def _status(control: Control | None, undecided: int) -> str:
    """As the control finds it; above the limit only where it is even if all open items were within scope."""
    if control is None:
        return NO_LIMIT
    is_over = control.status == "exceeded"
    if is_over and undecided > 0 and not is_over_without(control, undecided):
        return UNDECIDED
    return control.status


def _near(found: Adjudication, limit: int) -> int | None:
    """From which amount on the visit is close to its limit, where the policy says it by one value."""
    values = (v for e in found.explanation if e.layer == "control" for v in e.values)
    rate = next((v.value for v in values if v.name == "control.approaching"), None)
    return None if rate is None else int(limit * Decimal(rate.rstrip("%")) / 100)


def _is_unreferred(made: Ready, claim: Claim) -> bool:
    """Whether the policy counts the visit as out of the district without a referral."""
    codes = made.running.codes(made.running.situator.situate(claim))
    of = {d.name: d.of for d in made.running.policy.pack.dimensions.values()}
    return any(code == "unreferred" and of[name] == "place" for name, code in codes.items())


def _day(stated: Any) -> date | None:
    found = _moment(stated)
    return None if found is None else found.astimezone(CHINA).date()


def _moment(stated: Any) -> datetime | None:
    """A moment of a header; what cannot be read is a fault of its own."""
    try:
        return None if stated is None else moment_of(stated).instant
    except ValueError:
        return None
