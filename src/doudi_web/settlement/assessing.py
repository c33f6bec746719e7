"""What a bill comes to on what the database knows of it: the same for a settlement and for a look before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from pydantic_core import PydanticCustomError

from doudi.adjudicate import Told, adjudicate
from doudi.adjudication import Adjudication, Warning_
from doudi.claim import Claim
from doudi.dates import CHINA, Moment, benefit_year
from doudi.ledger.accumulators import Book, Opening
from doudi.running import Running
from doudi.source_text import Document, Value
from doudi.wire.bill_form import moment_of as stated_moment
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi.wire.settlements import settlement_json
from doudi_web.policy.rules import Rules, rules
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.asked import Keys, mapping, text_of
from doudi_web.settlement.entitled import Known, with_register
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

Bill = dict[str, Value]

_SHOWN = 20  # lines that a warning names
BACKWARD = timedelta(seconds=5)
"""By how much the clock may seem to go back: transactions commit in another order than they read it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of settlements: the moment, then the number of who stood there first."""

    settled: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A bill read as a claim under the policy that rules on it, with the sums before it."""

    claim: Claim
    running: Running
    book: Book
    told: Told
    known: Known
    ruling: Rules
    lists: Lists

    def settled(self, drafts: bool = False) -> Adjudication:
        """The claim settled, with what the register says otherwise. Raises Faulty.

        A pre-check leaves the draft orders out, a settlement refuses them.
        """
        claim = replace(self.claim, drafts=()) if drafts else self.claim
        return _with_warnings(adjudicate(self.running, claim, self.book, self.told), self.known)

    def json(self, found: Adjudication) -> dict[str, Any]:
        """The settlement as the contract's JSON; of a person not registered it is provisional."""
        return self.provisional(settlement_json(found))

    def provisional(self, made: dict[str, Any]) -> dict[str, Any]:
        """Say of a result that the person is not registered: in its `provisional` where the engine has no reason
        of its own (`platform`), and in any case among all the reasons, the person's first."""
        reasons = [] if self.known.is_registered else ["eligibility"]
        reasons += [made["provisional"]] if "provisional" in made else []
        return (
            {**made, "provisional": reasons[-1], "provisional_reasons": reasons}
            if reasons
            else made
        )


def ready(
    document: Document,
    bill: Bill,
    keys: Keys,
    stood: tables.Standing,
    place: Place,
    *,
    running_bill: bool = False,
    person: Mapping[str, Value] | None = None,
    ruling: Rules | None = None,
) -> Ready:
    """The bill as a claim settled at a place in the order. Raises Faulty with everything that is wrong with it.

    Of a running bill, lines whose class nobody knows are kept as undecided. `person`, where told, is what the
    register knew of the person when it was settled first, and what it has learned since does not count; `ruling`
    what would rule in the place of what does.
    """
    known = with_register(bill, stood.person, stood.facts, stood.facility, place.settled)
    known = known if person is None else known.of(person)
    known = replace(known, left=(*known.left, *_left_out(stood, bill)))
    return on_sums(
        document, known, ruling or rules(stood.generation), keys.facility, place, stood.sums, stood.quarantined,
        day=place.settled.astimezone(CHINA).date() if running_bill else None,
    )  # fmt: skip


def on_sums(
    document: Document,
    known: Known,
    ruling: Rules,
    facility: str,
    place: Place,
    sums: Sequence[tables.Row],
    quarantined: Sequence[tables.Row] = (),
    *,
    day: date | None = None,
) -> Ready:
    """A bill as the register knows it, as a claim settled at a place in the order, on sums before it.

    Raises Faulty. `sums` are (owner, year, name, fen); of a running bill `day` is the day of the look.
    """
    lists = ruling.lists_of(facility)
    stated = {
        **known.bill,
        "settled": place.settled.astimezone(CHINA).isoformat(),
        "sequence": place.sequence,
    }
    claim = read_bill(replace(document, value=stated), (), stated, lists, day)
    running = ruling.shelf.running(claim)
    starts = running.policy.pack.year_starts
    year = benefit_year(claim.settled.day, starts)
    told = Told(lists.catalogue.version or None, _held_by(quarantined, claim, year, starts))
    return Ready(claim, running, _book(sums, claim, year), told, known, ruling, lists)


def _left_out(stood: tables.Standing, bill: Bill) -> tuple[Warning_, ...]:
    """Lines that were charged while the visit ran, and are not in a bill that is sent whole."""
    lines = bill.get("lines")
    if stood.running is None or not isinstance(lines, list):
        return ()
    sent = {text_of(mapping(line).get("id")) for line in cast("list[Value]", lines)}
    missing = [line for line in stood.running[1] if line not in sent]
    if not missing:
        return ()
    shown = "、".join(missing[:_SHOWN]) + ("…" if len(missing) > _SHOWN else "")
    text = f"在院时记下的费用行 {shown} 不在这张账单里，没有算进去；请核对是不是漏了。"
    return (Warning_("running_lines_left_out", "warning", text),)


def moment_of(actor: Actor, bill: Bill, stood: tables.Standing) -> datetime:
    """When the visit is settled: the server's time under the lock, after all that this person had before.

    A client that may back-date says when, but never a time that is still to come.
    """
    at = now()
    if stood.last_posted is not None and at < stood.last_posted - BACKWARD:
        raise Refusal.of(503, "S503", "", now=told(at), last=told(stood.last_posted))
    stated = back_dated(actor, bill)
    if stated is not None:
        return stated
    last = stood.last_settled
    if last is not None and at <= last:
        at = last + timedelta(microseconds=1)
    return at


def back_dated(actor: Actor, bill: Bill) -> datetime | None:
    """When a client that may back-date says that it is settled. Raises Refusal 422: what is still to come."""
    stated, at = bill.get("settled"), now()
    if not actor.may_back_date or stated is None:
        return None
    moment = _parsed(stated)
    if moment > at:
        raise Refusal.of(422, "S422", "bill.settled", settled=stated, now=told(at))
    return moment


def _parsed(stated: Value) -> datetime:
    """A moment as every bill writes it: what is none must not become the present. Raises Refusal 422."""
    try:
        return stated_moment(stated).instant
    except PydanticCustomError as error:
        raise Refusal.of(422, error.type, "bill.settled", **(error.context or {})) from error


def _held_by(
    quarantined: Sequence[tables.Row], claim: Claim, year: int, starts: tuple[int, int]
) -> tuple[str, ...]:
    """Refused bills of the person's year that come before this one."""
    found: list[str] = []
    for visit, at in quarantined:
        moment = Moment.of_instant(datetime.fromisoformat(at))
        if benefit_year(moment.day, starts) == year and moment.instant < claim.settled.instant:
            found.append(visit)
    return tuple(dict.fromkeys(found))


def _book(sums: Sequence[tables.Row], claim: Claim, year: int) -> Book:
    """The owners' sums before this visit, as openings of the engine's book."""
    book = Book()
    person = accumulators.person_owner(claim.person.id)
    book.open(
        Opening(claim.person.id, year, name, amount, "ledger", "")
        for owner, of, name, amount in sums
        if owner == person and of == year
    )
    stay = {name: amount for owner, _, name, amount in sums if owner != person}
    book.post((claim.person.id, claim.episode_id), "", stay)
    return book


def _with_warnings(found: Adjudication, known: Known) -> Adjudication:
    warnings = known.warnings()
    return replace(found, warnings=(*found.warnings, *warnings)) if warnings else found
