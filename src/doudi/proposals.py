"""A run → proposals: what settled visits would come to on the corrected sums, and what each correction changes."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from doudi.adjudication import Adjudication
from doudi.course import Later
from doudi.errors import Faulty
from doudi.ledger.accumulators import Recorded
from doudi.proposal import Amounts, Change, Correction, MovedSum, Proposal
from doudi.settle import Run, Shelf

_TEXTS = {
    "zh": {
        "changes": "{causes} 使之前的累计变了，重新结算后金额不同。",
        "no_bill": "{causes} 使之前的累计变了；历史里只有结算结果，没有账单，不能重算。"
        "把这次的账单放进历史的 bills。",
        "fault": "{causes} 使之前的累计变了，这次的账单现在不能结算：见 faults。",
        "not_recorded": "{causes} 使之前的累计变了；历史里的结算结果没有写清各方付了多少，不能比较。",
        "comma": "、",
    },
    "en": {
        "changes": "{causes} moved the sums before it; settled anew, its amounts differ.",
        "no_bill": "{causes} moved the sums before it; the history has its settlement but not its bill, so it "
        "cannot be settled anew. Bring its bill among the history's bills.",
        "fault": "{causes} moved the sums before it, and its bill cannot be settled now: see faults.",
        "not_recorded": "{causes} moved the sums before it; its settlement in the history does not say who paid "
        "what, so there is nothing to compare.",
        "comma": ", ",
    },
}


def proposed(shelf: Shelf, run: Run, language: str = "zh") -> Run:
    """The run with its proposals, in the order of the visits, and with what its corrections change.

    Nothing is proposed where nothing changes.
    """
    if not run.later and not run.replaced:
        return run
    settled = {a.visit_id: a for a in run.settlements}
    corrections = (_correction(settled[v], record) for v, record in run.replaced.items())
    return replace(
        run,
        proposals=tuple(_proposals(shelf, run, language)),
        corrections={c.visit_id: c for c in corrections if c.change is None or c.change},
    )


def amounts_of(settled: Adjudication | Recorded) -> Amounts | None:
    """Who pays what by a settlement; None where a record does not say."""
    if isinstance(settled, Recorded):
        p = settled.paid
        if p is None:
            return None
        return Amounts(p.total, p.payments, p.hospital, p.patient, p.excess, p.pack, p.fingerprint)
    excess = 0 if settled.control is None else settled.control.excess
    return Amounts(
        settled.total, settled.payments, settled.hospital, settled.patient, excess, settled.pack,
        settled.fingerprint,
    )  # fmt: skip


def _correction(settled: Adjudication, record: Adjudication | Recorded) -> Correction:
    recorded, now = amounts_of(record), amounts_of(settled)
    assert now is not None, "a settlement says who pays what"
    change = None if recorded is None else Change.between(recorded, now)
    return Correction(settled.visit_id, recorded, change)


def _proposals(shelf: Shelf, run: Run, language: str) -> Iterator[Proposal]:
    for later in run.later:
        recorded = amounts_of(later.recorded)
        now = None if later.anew is None else amounts_of(later.anew)
        change = None if recorded is None or now is None else Change.between(recorded, now)
        if change is not None and not change:
            continue
        reason = None
        if now is None:
            reason = "fault" if later.faults else "no_bill"
        elif recorded is None:
            reason = "not_recorded"
        texts = _TEXTS[language]
        causes = texts["comma"].join(later.causes)
        yield Proposal(
            visit_id=later.past.visit_id,
            person_id=later.past.person_id,
            settled=str(later.recorded.settled),
            sequence=later.recorded.sequence,
            causes=later.causes,
            recorded=recorded,
            amended=now,
            change=change,
            moved=tuple(_moved(shelf, later, language)),
            text=texts[reason or "changes"].format(causes=causes),
            reason=reason,
            faults=later.faults,
            titles=_titles(later),
        )


def _moved(shelf: Shelf, later: Later, language: str) -> Iterator[MovedSum]:
    """The sums before the visit that moved, as their pack calls them where it is at hand."""
    amounts = amounts_of(later.anew or later.recorded)
    titles: dict[str, str] = {}
    if amounts is not None:
        with suppress(Faulty):
            for name, sum_ in shelf.pack(amounts.pack).accumulators.items():
                titles[name] = sum_.title.en if language == "en" else sum_.title.zh
    for one in later.moved:
        yield MovedSum(one.name, titles.get(one.name, one.name), one.recorded, one.amended)


def _titles(later: Later) -> dict[str, str]:
    """What the payers are called."""
    titles: dict[str, str] = {}
    for settled in (later.recorded, later.anew):
        if isinstance(settled, Adjudication):
            titles |= {n: t for n, t in settled.titles.items() if n in (*settled.payments, "floor")}
    return titles
