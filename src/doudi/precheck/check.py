"""Claims → findings: each bill settled as it stands, and looked at before it is charged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from doudi.adjudicate import NOTHING_TOLD, Told, adjudicate
from doudi.adjudication import Adjudication
from doudi.catalogue import Catalogue
from doudi.claim import Claim, ClaimLine
from doudi.errors import Fault, Faulty
from doudi.finding import Drafted, Finding, Undecided
from doudi.ledger.accumulators import Book
from doudi.precheck.alternatives import alternatives
from doudi.precheck.undecided import undecided
from doudi.precheck.what_if import Sums, WhatIf, summed
from doudi.running import Running
from doudi.settle import NO_HISTORY, History, Shelf, Unsettled, settle


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run of pre-checks found, in order, and every fault that kept a bill from being looked at."""

    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...]


def check(
    shelf: Shelf,
    claims: Sequence[Claim],
    catalogue: Catalogue,
    *,
    history: History = NO_HISTORY,
    unsettled: Sequence[Unsettled] = (),
    told: Told = NOTHING_TOLD,
    progress: Callable[[int, int], None] | None = None,
) -> Checked:
    """Look at claims in the order in which they would be settled, each on what stands before it.

    Draft orders count for nothing but their own bill: a person's later bill does not stand on them.
    """
    whole: Mapping[str, Claim] = {claim.visit_id: claim for claim in claims}
    findings: list[Finding] = []
    faults: list[Fault] = []

    def look(running: Running, claim: Claim, book: Book, settled: Adjudication) -> None:
        drafts = whole[claim.visit_id].drafts
        try:
            findings.append(look_at(running, claim, drafts, catalogue, book, settled, told))
        except Faulty as error:
            faults.extend(error.faults)

    run = settle(
        shelf,
        [replace(claim, drafts=()) for claim in claims],
        history=history,
        unsettled=unsettled,
        told=told,
        progress=progress,
        look=look,
    )
    return Checked(tuple(findings), (*run.faults, *faults))


def look_at(
    running: Running,
    claim: Claim,
    drafts: Sequence[ClaimLine],
    catalogue: Catalogue,
    book: Book,
    settled: Adjudication,
    told: Told = NOTHING_TOLD,
) -> Finding:
    """One bill, settled as it stands to `settled`, and what its lines and draft orders do.

    Raises Faulty where the bill with its draft orders has a fault.
    """
    what_if = WhatIf(running, claim, book)
    rows = what_if.sums_of_each(claim.lines)
    whole = summed(rows)
    open_ = set(claim.undecided)
    ids = [line.id for line in claim.lines if line.id not in open_]
    marginal = what_if.marginal(claim.lines, rows, whole, ids)
    lines, drafted = claim.lines, None
    if drafts:
        lines = (*claim.lines, *drafts)
        rows = what_if.sums_of_each(lines)
        all_ = summed(rows)
        with_drafts = adjudicate(running, replace(claim, lines=lines), book, told)
        now, then = what_if.amounts(whole), what_if.amounts(all_)
        assert now is not None, "the bill has been settled"
        assert then is not None, "the bill with its drafts has been settled"
        each = what_if.marginal(lines, rows, all_, [line.id for line in drafts])
        drafted = Drafted(with_drafts, what_if.effect(then, now), each)
        whole = all_
    return Finding(
        settled,
        marginal,
        alternatives(what_if, claim, catalogue, lines, rows, whole),
        what_if.room(whole),
        drafted,
        left_open(what_if, lines, rows, open_),
    )


def left_open(
    what_if: WhatIf, lines: Sequence[ClaimLine], rows: Sequence[Sums], ids: set[str]
) -> Undecided | None:
    """What can be, of lines that fall into `rows`, while the class of some lines is not known."""
    found = [line for line in lines if line.id in ids]
    amount = sum(line.amount for line in found)
    if amount <= 0:
        return None
    known = summed(row for line, row in zip(lines, rows, strict=True) if line.id not in ids)
    return undecided(what_if, known, [line.id for line in found], amount)
