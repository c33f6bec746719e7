"""The trial: every standing settlement of a span settled twice, by what rules and by the version.

Both sides see the lists, the register and the bill that the settlement was made of. What a visit would have added
to the sums of its person or stay counts before the later visits of the span, on each side by itself: as if the
version had ruled from the span's first day. What was settled is not touched.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction

from doudi.adjudication import Adjudication
from doudi.compile import check_pack, compile_policy
from doudi.dates import CHINA, Span
from doudi.errors import Faulty
from doudi.packs.model import Pack
from doudi.source_text import Document
from doudi_web.policy.rules import Rules, generation, rules, with_packs
from doudi_web.policy.selectors import rivals
from doudi_web.policy.versions import note_tried
from doudi_web.rehearsal.models import Outcome, Trial
from doudi_web.rehearsal.totals import Amounts, Totals, amounts_of
from doudi_web.runs.worker import Progress
from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import owners_of
from doudi_web.settlement.assessing import Ready, on_sums
from doudi_web.settlement.entitled import Known
from doudi_web.settlement.replaying import STANDING, Stored, fen
from doudi_web.settlement.standing import Key
from doudi_web.tenancy.clock import now

_AT_ONCE = 500
_MONTH = timedelta(days=28)

_COUNT = """
SELECT count(*) FROM settlement_settlement s WHERE s.result IS NOT NULL AND s.settled >= %s AND s.settled < %s
  AND NOT EXISTS (SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')
"""
_OF_SPAN = f"""
{STANDING} AND s.settled >= %s AND s.settled < %s ORDER BY s.person, s.settled, s.sequence
"""


def work(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Make a trial that was asked for, and keep it: all of it or nothing."""
    trial = Trial.objects.get(pk=asked["trial"])
    version = bytes(trial.digest).hex()
    db = tables.driver()
    with transaction.atomic():
        found = db.execute(_COUNT, [trial.start, trial.end]).fetchone()
        assert found is not None
        progress(0, found[0])
        base, as_of = first_change(trial.name, version)
        made = _Trying(trial.pk, trial.name, version, base, as_of, Totals())
        with db.cursor(name="rehearsal") as rows:
            rows.itersize = _AT_ONCE
            rows.execute(_OF_SPAN, [trial.start, trial.end])
            stored = (Stored(*row) for row in rows)
            for _, of in groupby(stored, key=lambda one: one.person):
                made.person(list(of))
                progress(made.totals.visits, found[0])
        made.keep()
        trial.told, trial.done, trial.as_of = made.totals.json(), now(), as_of
        trial.save(update_fields=["told", "done", "as_of"])
        if trial.ruled is not None and (made.totals.visits or _is_whole_month(trial)):
            note_tried(trial.version, bytes(trial.ruled))
    return {"trial": trial.pk, "visits": made.totals.visits, "otherwise": made.totals.otherwise}


def _is_whole_month(trial: Trial) -> bool:
    """Whether a trial says something though it found no visit: a month that is over, in which there was none."""
    return trial.end - trial.start >= _MONTH and trial.end <= now()


@dataclass(slots=True)
class _Side:
    """One of the two: what its visits of the span would have added to sums, beyond what they added."""

    beyond: defaultdict[Key, int] = field(default_factory=lambda: defaultdict[Key, int](int))

    def sums(self, one: Stored) -> list[tables.Row]:
        """The sums before a visit, as this side would have left them."""
        seen = {(owner, year, name): amount for owner, year, name, amount in one.sums()}
        person, stay = owners_of(one.person, one.episode)
        for key, amount in self.beyond.items():
            if key[:2] in ((person, one.year), (stay, 0)):
                seen[key] = seen.get(key, 0) + amount
        return [(*key, max(0, amount)) for key, amount in seen.items()]

    def add(self, one: Stored, found: Adjudication) -> None:
        """What a visit adds here, less what it really added."""
        person, stay = owners_of(one.person, one.episode)
        for owner, year, sums in (
            (person, one.year, found.accumulators), (stay, 0, found.episode_accumulators)
        ):  # fmt: skip
            was = one.result["accumulators" if year else "episode_accumulators"]
            for name in {*sums, *was}:
                before, after = sums.get(name, (0, 0))
                told = was.get(name)
                really = 0 if told is None else fen(told["after"]) - fen(told["before"])
                self.beyond[owner, year, name] += after - before - really


@dataclass(slots=True)
class _Trying:
    trial: int
    name: str
    version: str
    base: str | None
    as_of: date
    totals: Totals
    _outcomes: list[Outcome] = field(default_factory=list[Outcome])
    _rules: dict[int, tuple[Rules, Rules]] = field(default_factory=dict[int, tuple[Rules, Rules]])

    def person(self, of: Sequence[Stored]) -> None:
        """All visits of one person, in the order."""
        sides = _Side(), _Side()
        for one in of:
            self._visit(one, sides)
        if len(self._outcomes) >= _AT_ONCE:
            self.keep()

    def _visit(self, one: Stored, sides: tuple[_Side, _Side]) -> None:
        now_, then = self._of(one)
        found: list[Adjudication | None] = []
        faults: list[str] = []
        for side, ruling, name in ((sides[0], now_, self.base), (sides[1], then, self.name)):
            try:
                made = _ready(one, now_, side.sums(one))
                if made.claim.district != then.shelf.pack(self.name).district:
                    self.totals.elsewhere += 1
                    return
                settled = self._by(made, ruling, name).settled()
                side.add(one, settled)
                found.append(settled)
            except Faulty as error:
                found.append(None)
                faults += [f"{f.code} {f.what}" for f in error.faults]
        was, now_amounts = (None if one_ is None else amounts_of(one_) for one_ in found)
        fault = "；".join(dict.fromkeys(faults))[:400]
        is_ahead = self._day(one, then) != _settled_on(one)
        if self.totals.add(one, was, now_amounts, is_ahead=is_ahead):
            self._outcomes.append(_outcome(self.trial, one, was, now_amounts, fault))

    def _by(self, made: Ready, ruling: Rules, name: str | None) -> Ready:
        """Ready to be settled by a pack as it rules on the visit's day, or on that of the first change after it."""
        if name is None:
            return made
        day = max(made.claim.settled.day, self.as_of)
        day = within(ruling.shelf.pack(name).valid, day)
        return replace(made, running=ruling.shelf.policy(name, day), ruling=ruling)

    def _day(self, one: Stored, then: Rules) -> date:
        return within(then.shelf.pack(self.name).valid, max(_settled_on(one), self.as_of))

    def _of(self, one: Stored) -> tuple[Rules, Rules]:
        """What rules, and that with the version in its place: each with the lists of the visit's own moment."""
        evidence: Any = one.evidence
        of: int = evidence["generation"]
        if of not in self._rules:
            packs = rules(generation()).digests
            then = rules(of)
            self._rules[of] = (
                with_packs(then, packs),
                with_packs(then, {**packs, self.name: self.version}),
            )
        return self._rules[of]

    def keep(self) -> None:
        """Write the outcomes that are at hand."""
        Outcome.objects.bulk_create(self._outcomes)
        self._outcomes.clear()


def first_change(name: str, version: str) -> tuple[str | None, date]:
    """The pack that a version follows, and the first day on which it says otherwise; else the first of its own."""
    packs = rules(generation())
    after = with_packs(packs, {**packs.digests, name: version}).shelf.pack(name)
    base = rivals(name, after.district, after.valid.start)
    if base is None:
        return None, after.valid.start
    before = packs.shelf.pack(base)
    days = {one.since for pack in (before, after) for one in check_pack(pack)[0]}
    for day in sorted({after.valid.start, *days}):
        if after.valid.covers(day) and _print(before, day) != _print(after, day):
            return base, day
    return base, after.valid.start


def _print(pack: Pack, day: date) -> str | None:
    """What tells a pack's rules of a day from others; nothing where it has none."""
    return compile_policy(pack, day).fingerprint if pack.valid.covers(day) else None


def within(span: Span, day: date) -> date:
    """The day, or the one of the span that is next to it."""
    if day < span.start:
        return span.start
    return day if span.covers(day) or span.end is None else span.end - timedelta(days=1)


def _ready(one: Stored, ruling: Rules, sums: Sequence[tables.Row]) -> Ready:
    register: Any = one.evidence["register"]
    bill: Any = one.evidence["bill"]
    stated = {**bill, "person": register["person"], "facility": register["facility"]}
    known = Known(stated, register["known"], ())
    document = Document(f"settlement {one.id}", stated)
    return on_sums(document, known, ruling, one.facility, one.place, sums)


def _settled_on(one: Stored) -> date:
    return one.settled.astimezone(CHINA).date()


def _outcome(
    trial: int, one: Stored, was: Amounts | None, now_: Amounts | None, fault: str
) -> Outcome:
    told = one.result
    return Outcome(
        trial=trial, settlement=one.id, facility=one.facility, kind=told["kind"],
        standing=told["standing"] or "ordinary", fault=fault,
        patient=0 if was is None or now_ is None else now_["patient"] - was["patient"],
        before=was, after=now_,
    )  # fmt: skip
