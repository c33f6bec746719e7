"""A visit corrected or brought late: the record and what is proposed are the year settled from scratch.

The record is the year as it was settled. The run is the one visit; the others are its history, as bills
or as bills with their printed settlements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from banan import FOLDER, PACK, settled
from doudi.adjudication import Adjudication
from doudi.claim import Claim
from doudi.ledger.accumulators import Opening, Recorded
from doudi.packs.load import load
from doudi.packs.model import Pack
from doudi.proposal import Amounts
from doudi.proposals import amounts_of, proposed
from doudi.settle import History, Run, settle
from doudi.source_text import Document
from doudi.testing import claim_lines, claims, files_of, load_files, pack_documents, shelf_of
from doudi.wire.history import read_history
from doudi.wire.lines import Lists
from doudi.wire.pack_folder import PackFolder
from doudi.wire.settlements import settlement_json
from effort import PACKS

EXAMPLE = load("example", PackFolder(FOLDER).find)
HOW = pytest.mark.parametrize("printed", [False, True], ids=["bills", "bills and settlements"])


@dataclass(frozen=True)
class Corrected:
    """A year as it was settled, one visit of it as it should be, and whether it was on record at all."""

    pack: Pack
    year: tuple[Claim, ...]
    visit: Claim
    is_late: bool

    @property
    def before(self) -> tuple[Claim, ...]:
        """The year as it was settled."""
        return tuple(
            c for c in self.year if not (self.is_late and c.visit_id == self.visit.visit_id)
        )

    @property
    def after(self) -> tuple[Claim, ...]:
        return tuple(self.visit if c.visit_id == self.visit.visit_id else c for c in self.year)


@st.composite
def corrected(draw: st.DrawFn, packs: st.SearchStrategy[Pack]) -> Corrected:
    """One visit of a year gets other lines, another visit's person, level, kind or day, or is late."""
    pack = draw(packs)
    year = draw(claims(pack, most=6, given=False, steady=draw(st.booleans())))
    at = draw(st.one_of(st.just(0), st.integers(0, len(year) - 1)))
    was, other = year[at], draw(st.sampled_from(year))
    if draw(st.booleans()):
        return Corrected(pack, year, was, True)
    changes: dict[str, Any] = {
        "lines": draw(claim_lines()),
        "person": replace(other.person, birth_date=was.person.birth_date),
        "facility": other.facility,
        "kind": other.kind,
        "episode_id": other.episode_id,
        "settled": other.settled,
    }
    changed = draw(st.lists(st.sampled_from([*changes]), unique=True))
    if "facility" in changed or "kind" in changed:
        changes["referred"] = False if was.referred is None else was.referred
        changed.append("referred")
    return Corrected(pack, year, replace(was, **{name: changes[name] for name in changed}), False)


PACKS_AT_HAND = st.sampled_from([PACK, EXAMPLE])
GENERATED = pack_documents().map(lambda stated: load_files(files_of(stated)))


def recorded_of(settlements: Sequence[Adjudication]) -> tuple[Recorded, ...]:
    """Settlements as they are printed and read again."""
    printed = {"settlements": [settlement_json(s) for s in settlements]}
    return read_history(Document("earlier", printed), Lists()).recorded


def run_on_record(case: Corrected, record: Sequence[Adjudication], *, printed: bool) -> Run:
    history = History(case.before, recorded_of(record) if printed else ())
    shelf = shelf_of(case.pack)
    return proposed(shelf, settle(shelf, [case.visit], history=history))


def known(settlement: Adjudication) -> Amounts:
    amounts = amounts_of(settlement)
    assert amounts is not None
    return replace(amounts, payments={n: a for n, a in amounts.payments.items() if a})


def _holds(case: Corrected, *, printed: bool) -> None:
    record = settled(case.pack, case.before)
    scratch_run = settle(shelf_of(case.pack), case.after)
    assume(not scratch_run.faults)
    scratch = {a.visit_id: a for a in scratch_run.settlements}
    run = run_on_record(case, record, printed=printed)
    assert run.faults == ()
    (own,) = run.settlements
    assert own.warnings == scratch[own.visit_id].warnings
    assert own == scratch[own.visit_id]
    proposals = {p.visit_id: p for p in run.proposals}
    now = {a.visit_id: known(a) for a in record if a.visit_id != own.visit_id}
    for visit, p in proposals.items():
        assert p.recorded is not None
        assert p.amended is not None
        assert p.change
        assert p.causes == (own.visit_id,)
        paid = dict(now[visit].payments)
        for layer, amount in p.change.payments.items():
            paid[layer] = paid.get(layer, 0) + amount
        now[visit] = replace(
            now[visit],
            payments={n: a for n, a in paid.items() if a},
            hospital=now[visit].hospital + p.change.hospital,
            patient=now[visit].patient + p.change.patient,
            excess=now[visit].excess + p.change.excess,
        )
    assert now == {v: known(a) for v, a in scratch.items() if v != own.visit_id}
    event(f"late: {case.is_late}, proposals: {min(len(proposals), 2)}")


# Catches a record settled with the run's visit in it, a visit settled on its own record, sums that skip a visit.
@HOW
@given(data=st.data())
def test_the_record_and_what_is_proposed_are_the_year_from_scratch(
    printed: bool, data: st.DataObject
) -> None:
    _holds(data.draw(corrected(PACKS_AT_HAND)), printed=printed)


@HOW
@PACKS
@given(data=st.data())
def test_the_same_under_generated_packs(printed: bool, data: st.DataObject) -> None:
    _holds(data.draw(corrected(GENERATED)), printed=printed)


@HOW
@given(data=st.data())
def test_the_same_bill_again_proposes_nothing(printed: bool, data: st.DataObject) -> None:
    pack = data.draw(PACKS_AT_HAND)
    year = data.draw(claims(pack))
    again = data.draw(st.sampled_from(year))
    record = settled(pack, year)
    run = run_on_record(Corrected(pack, year, again, False), record, printed=printed)
    assert (run.faults, run.proposals, run.corrections) == ((), (), {})
    assert run.settlements == tuple(a for a in record if a.visit_id == again.visit_id)


# What the centre states holds the whole of history, behind the visit as before it, and what was elsewhere.
@given(data=st.data())
def test_with_the_sums_of_the_whole_year_stated_a_correction_comes_to_the_same(
    data: st.DataObject,
) -> None:
    case = data.draw(corrected(PACKS_AT_HAND))
    record = settled(case.pack, case.before)
    ends: dict[tuple[int, str], int] = {}
    for a in record:
        ends |= {(a.benefit_year, name): after for name, (_, after) in a.accumulators.items()}
    at = [c.visit_id for c in case.year].index(case.visit.visit_id)
    elsewhere = data.draw(st.integers(0, at))  # so many visits that the history does not bring
    brought = record[elsewhere:]
    first = min((c.order for c in case.before[elsewhere:]), default=case.visit.order)
    assume(brought and case.visit.order >= first)
    stated = data.draw(st.lists(st.sampled_from(sorted(ends)), unique=True))
    openings = tuple(Opening("P", y, n, ends[y, n], "市中心", "") for y, n in stated)
    shelf = shelf_of(case.pack)
    history = History(case.before[elsewhere:], recorded_of(brought), openings)
    run = proposed(shelf, settle(shelf, [case.visit], history=history))
    scratch_run = settle(shelf, case.after)
    assume(not scratch_run.faults)
    scratch = {a.visit_id: a for a in scratch_run.settlements}
    (own,) = run.settlements
    assert not run.faults
    assert known(own) == known(scratch[own.visit_id])
    theirs = {a.visit_id: known(a) for a in brought if a.visit_id != own.visit_id}
    for p in run.proposals:
        assert p.amended is not None
        theirs[p.visit_id] = replace(
            p.amended, payments={n: a for n, a in p.amended.payments.items() if a}
        )
    assert theirs == {visit: known(scratch[visit]) for visit in theirs}
    event(f"stated: {bool(stated)}, elsewhere: {elsewhere > 0}, proposals: {bool(run.proposals)}")
