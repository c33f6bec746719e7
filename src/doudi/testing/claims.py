"""Generated claims: the visits of one person, in their order, that one pack can settle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from hypothesis import strategies as st

from doudi.adjudicate import openings
from doudi.claim import Claim, Facility, Person, Standing
from doudi.compile import compile_policy
from doudi.dates import CHINA, Moment, Span, benefit_year
from doudi.ledger.accumulators import Book
from doudi.packs.model import Dimension, Pack
from doudi.readings.trace import Trace
from doudi.running import Running
from doudi.testing.lines import claim_lines

_OFFSETS = (CHINA, UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=14)))


def claims(
    pack: Pack, *, most: int = 5, steady: bool = False, given: bool = True
) -> st.SearchStrategy[tuple[Claim, ...]]:
    """One to `most` visits of one person, in the order in which they are settled.

    Every code, age and kind that the pack tells apart; lines of every shape with refunds; consent and
    approval; stays settled in parts; and, unless `given` is False, amounts that the platform has settled,
    each within what its layer can have paid at its place in the cascade and in the year.

    `steady` keeps all that the policy tells apart the same over the visits, within one benefit year and
    between the days on which values change: what is left to differ are the bills.
    """
    return _claims(_Visits(pack, steady=steady, given=given and not steady), most)


@st.composite
def _claims(draw: st.DrawFn, visits: "_Visits", most: int) -> tuple[Claim, ...]:
    first = draw(visits.first_days())
    room = (visits.last_day(first) - first).days
    later = st.one_of(st.integers(0, min(3, room)), st.integers(0, room))
    after = sorted(draw(later) for _ in range(draw(st.integers(0, most - 1))))
    person, case = visits.person(draw, first), visits.case(draw)
    book = Book()
    made: list[Claim] = []
    last = Moment.of_day(first)
    for number, day in enumerate(first + timedelta(days=n) for n in (0, *after)):
        if not visits.steady:
            case = visits.case(draw)
            if draw(st.integers(0, 9)) == 9:
                person = replace(visits.person(draw, first), birth_date=person.birth_date)
        last = _moment(draw, day, last)
        claim = visits.claim(draw, person, case, last, number)
        made.append(visits.settled(draw, claim, book))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Case:
    """What a visit's codes are read from, beside the person."""

    kind: str
    level: str
    district: str
    referred: bool | None
    major_disease: bool
    excess_approved: bool
    bill: Mapping[str, str]
    facility: Mapping[str, str]


@dataclass(slots=True)
class _Visits:
    """Draws the visits of one pack; policies are compiled once for each day on which they change."""

    pack: Pack
    steady: bool
    given: bool
    _running: dict[date, Running] = field(default_factory=dict[date, Running])

    def first_days(self) -> st.SearchStrategy[date]:
        """Any day on which the pack rules, often one on which a value or the benefit year changes."""
        first = self.pack.valid.start
        last = self._open_end(first) - timedelta(days=1)
        changes = {d.start for p in self.pack.parameters.values() for d in p.dated}
        changes |= {date(year, *self.pack.year_starts) for year in (first.year, first.year + 1)}
        near = {day + timedelta(days=n) for day in changes for n in (-1, 0)} | {first, last}
        edges = sorted(day for day in near if first <= day <= last)
        return st.one_of(st.sampled_from(edges), st.dates(first, last))

    def last_day(self, first: date) -> date:
        """The last day on which a later visit may be."""
        end = self._open_end(first)
        if not self.steady:
            return min(end - timedelta(days=1), first + timedelta(days=366))
        changes = {d.start for p in self.pack.parameters.values() for d in p.dated}
        end = min([end, *(c for c in changes if c > first)])
        year = benefit_year(first, self.pack.year_starts)
        month, day = self.pack.year_starts
        return min(end, date(year + 1, month, day)) - timedelta(days=1)

    def running(self, day: date) -> Running:
        since = self.pack.dated_on(day)
        if since not in self._running:
            self._running[since] = Running(compile_policy(self.pack, day))
        return self._running[since]

    def person(self, draw: st.DrawFn, first: date) -> Person:
        """The patient: standings, tier, attributes, and an age near those that packs ask for."""
        standings = self._dimension("person.standings")
        held: list[Standing] = []
        if standings is not None:
            codes = draw(st.lists(st.sampled_from([*standings.codes]), max_size=3))
            held = [Standing(code, _span(draw, first, open_=self.steady)) for code in codes]
        age = draw(st.one_of(st.sampled_from([0, 6, 17, 18, 59, 60]), st.integers(0, 100)))
        return Person(
            id="P",
            birth_date=_birth(draw, first, age, on_day=self.steady),
            insurance_tier=self._code(draw, "person.insurance_tier"),
            district=self.pack.district,
            standings=tuple(held),
            attributes=self._attributes(draw, "person"),
        )

    def case(self, draw: st.DrawFn) -> _Case:
        """Where and what for."""
        inside, outside = _districts(self.pack.district)
        in_district = draw(st.booleans())
        referred = draw(st.sampled_from([None, False, True] if in_district else [False, True]))
        return _Case(
            kind=self._code(draw, "kind"),
            level=self._code(draw, "facility.level"),
            district=draw(st.sampled_from(inside if in_district else outside)),
            referred=referred,
            major_disease=draw(st.booleans()),
            excess_approved=draw(st.integers(0, 2)) == 2,
            bill=self._attributes(draw, "bill"),
            facility=self._attributes(draw, "facility"),
        )

    def claim(
        self, draw: st.DrawFn, person: Person, case: _Case, settled: Moment, number: int
    ) -> Claim:
        """A visit settled then, its lines drawn, nothing given yet."""
        running = self.running(settled.day)
        lines = draw(claim_lines())
        if min(running.parts(lines)) < 0:
            lines = tuple(line for line in lines if line.refunds is None)
        return Claim(
            visit_id=f"V{number}",
            episode_id=draw(st.sampled_from([f"V{number}", "stay", "stay"])),
            sequence=number,
            person=person,
            facility=Facility(
                "F", case.level, case.district, case.facility,
            ),
            kind=case.kind,
            admitted=None,
            discharged=None,
            settled=settled,
            referred=case.referred,
            major_disease=case.major_disease,
            lines=lines,
            excess_approved=case.excess_approved,
            attributes=case.bill,
        )  # fmt: skip

    def settled(self, draw: st.DrawFn, claim: Claim, book: Book) -> Claim:
        """The claim with what the platform gives, posted in the book."""
        running = self.running(claim.settled.day)
        situation = running.situator.situate(claim)
        sums = running.parts(claim.lines)
        before = openings(running, claim, situation, book)

        def trace() -> Trace:
            return Trace(running.policy.visit, running.facts(claim, situation, sums, before))

        if self.given and draw(st.booleans()):
            for layer in running.givable:
                if draw(st.booleans()):
                    claim = self._with_given(draw, claim, layer, trace(), running)
            open_ = [layer for layer in running.givable if layer not in claim.given]
            awaiting = draw(st.lists(st.sampled_from(open_), unique=True)) if open_ else []
            claim = replace(claim, awaiting=tuple(awaiting))
        end = trace()
        for accumulator in running.accumulators:
            whole = claim.episode_id if accumulator.per_episode else situation.year
            name = accumulator.name
            book.post((claim.person.id, whole), claim.visit_id, {name: end[f"adds.{name}"]})
        return claim

    def _with_given(
        self, draw: st.DrawFn, claim: Claim, layer: str, trace: Trace, running: Running
    ) -> Claim:
        """The claim with an amount for a layer, and with what was met where the layer has the deductible."""
        most = max(trace[f"{layer}.at_most"], 0)
        computed = min(trace[layer], most)
        amounts = st.one_of(st.sampled_from([0, computed, most]), st.integers(0, most))
        met = claim.given_deductible_met
        if layer == running.policy.outline.deductible_layer and draw(st.booleans()):
            met = draw(st.integers(0, most))
        given = {**claim.given, layer: draw(amounts)}
        return replace(claim, given=given, given_deductible_met=met)

    def _dimension(self, of: str) -> Dimension | None:
        return next((d for d in self.pack.dimensions.values() if d.of == of), None)

    def _code(self, draw: st.DrawFn, of: str) -> str:
        """A code that the pack knows; any text where the pack does not ask."""
        dimension = self._dimension(of)
        return "any" if dimension is None else draw(st.sampled_from([*dimension.codes]))

    def _attributes(self, draw: st.DrawFn, owner: str) -> dict[str, str]:
        """The attributes that the pack asks for; one that may be left out sometimes is."""
        found: dict[str, str] = {}
        for dimension in self.pack.dimensions.values():
            if not dimension.of.startswith(f"{owner}.attributes."):
                continue
            choices: Sequence[str | None] = [*dimension.codes]
            if dimension.otherwise is not None:
                choices = [*choices, None]
            code = draw(st.sampled_from(choices))
            if code is not None:
                found[dimension.of.rpartition(".")[2]] = code
        return found

    def _open_end(self, start: date) -> date:
        return self.pack.valid.end or start + timedelta(days=500)


def _span(draw: st.DrawFn, first: date, *, open_: bool) -> Span:
    """Days of a standing: all of them, or such as start or end near the visits."""
    if open_ or draw(st.booleans()):
        return Span(first - timedelta(days=400), None)
    start = first + timedelta(days=draw(st.integers(-60, 60)))
    end = draw(st.one_of(st.none(), st.integers(0, 90)))
    return Span(start, None if end is None else start + timedelta(days=end))


def _birth(draw: st.DrawFn, first: date, age: int, *, on_day: bool) -> date:
    """A birth date that makes the age on the first day, some days before or after a birthday."""
    near = first if on_day else first + timedelta(days=draw(st.integers(-200, 200)))
    month, day = near.month, near.day
    year = near.year - age
    if (month, day) == (2, 29) and not _is_leap(year):
        month, day = (3, 1)
    return min(date(year, month, day), first)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _moment(draw: st.DrawFn, day: date, last: Moment) -> Moment:
    """That day in China, alone or as a moment told in some offset, and not before `last`."""
    midnight = datetime.combine(day, time(), CHINA)
    passed = max(int((last.instant - midnight).total_seconds()), 0)
    if passed == 0 and draw(st.booleans()):
        return Moment.of_day(day)
    instant = midnight + timedelta(seconds=draw(st.integers(passed, 86_399)))
    return Moment.of_instant(instant.astimezone(draw(st.sampled_from(_OFFSETS))))


def _districts(own: str) -> tuple[list[str], list[str]]:
    """Divisions that a pack's division holds, itself first; and others, in its province and beyond."""
    province, city = own[:2], own[:4]
    abroad = ["000000", "999901"] if province != "99" else ["000000", "980101"]
    if own.endswith("0000"):
        return [own, f"{province}0100", f"{province}0113"], abroad
    beside = [f"{province}9800", f"{province}9801", *abroad]
    if own.endswith("00"):
        return [own, f"{city}01", f"{city}81"], beside
    return [own], [f"{city}00", f"{city}98", *beside]
