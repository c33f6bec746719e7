"""A pre-check says of each line what two full settlements say, and never proposes what costs the patient more."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from banan import PACK, SHELF, document, pack_of
from doudi.adjudication import Adjudication
from doudi.catalogue import EMPTY
from doudi.claim import Claim
from doudi.finding import Effect, Finding
from doudi.packs.model import Pack
from doudi.precheck.check import check
from doudi.settle import Run, Shelf, settle
from doudi.testing import claims, shelf_of
from effort import FEW, MANY, PACKS
from properties.years import Year, generated_years


def _last(run: Run, visit: str) -> Adjudication | None:
    return next((s for s in run.settlements if s.visit_id == visit), None)


def _effect(more: Adjudication, less: Adjudication) -> tuple[int, int, dict[str, int]]:
    names = {*more.payments, *less.payments}
    paid = {n: more.payments.get(n, 0) - less.payments.get(n, 0) for n in names}
    return (more.patient - less.patient, more.hospital - less.hospital, paid)


def _same(effect: Effect, wanted: tuple[int, int, dict[str, int]]) -> bool:
    paid = {n: a for n, a in effect.payments.items() if a}
    return (effect.patient, effect.hospital, paid) == (
        wanted[0],
        wanted[1],
        {n: a for n, a in wanted[2].items() if a},
    )


def _hold(shelf: Shelf, visits: tuple[Claim, ...], finding: Finding, claim: Claim) -> None:
    """Every marginal effect is the difference of two runs of settle, the others of the year unchanged."""
    before = [v for v in visits if v.order < claim.order]
    assert [one.line for one in finding.marginal] == [line.id for line in claim.lines]
    for one in finding.marginal:
        gone = {line.id for line in claim.lines if one.line in (line.id, line.refunds)}
        assert gone == {one.line, *one.refunds}
        kept = tuple(line for line in claim.lines if line.id not in gone)
        without = settle(shelf, [*before, replace(claim, lines=kept)])
        other = _last(without, claim.visit_id)
        if one.effect is None:
            event("cannot stand without the line")
            assert other is None
        else:
            assert other is not None, without.faults
            assert _same(one.effect, _effect(finding.adjudication, other))


# Catches an effect on the wrong opening balances, a refund or a consent left behind, a given amount ignored.
@FEW
@given(claims(PACK), st.data())
def test_banan_marginal_effects_are_differences_of_settlements(
    visits: tuple[Claim, ...], data: st.DataObject
) -> None:
    checked = check(SHELF, visits, EMPTY)
    assert not checked.faults
    assert [f.adjudication for f in checked.findings] == list(settle(SHELF, visits).settlements)
    number = data.draw(st.integers(0, len(visits) - 1))
    _hold(SHELF, visits, checked.findings[number], visits[number])


def _consent_leaves() -> Pack:
    stated = document()
    stated["control"]["consented"]["value"] = "leaves"
    return pack_of(stated)


LEAVES = _consent_leaves()


# Catches what the patient signed for that is not taken out of the measure with its line.
@MANY
@given(claims(LEAVES, most=1))
def test_marginal_effects_where_consented_lines_leave_the_measure(
    visits: tuple[Claim, ...],
) -> None:
    shelf = shelf_of(LEAVES)
    (finding,) = check(shelf, visits, EMPTY).findings
    if any(line.consent for line in visits[0].lines):
        event("consent")
    _hold(shelf, visits, finding, visits[0])


# The same under any pack.
@PACKS
@given(generated_years())
def test_marginal_effects_under_any_pack(year: Year) -> None:
    shelf = shelf_of(year.pack)
    checked = check(shelf, year.claims, EMPTY)
    assert not checked.faults
    for claim, finding in zip(year.claims, checked.findings, strict=True):
        _hold(shelf, year.claims, finding, claim)


def _with_own_pay(claim: Claim, fen: int) -> Claim:
    line = replace(
        claim.lines[0], id="more", refunds=None, quantity=10**6, unit_price=fen * 10**4, amount=fen,
        item_class="丙", first_self_pay_rate=0, price_ceiling=None, parts=(fen, 0, 0, 0), shape=3,
        consent=False, listed=None,
    )  # fmt: skip
    return replace(claim, lines=(*claim.lines, line))


# Catches a room that is a fen too wide or too narrow.
@MANY
@given(claims(PACK, most=1).filter(lambda c: bool(c[0].lines)))
def test_what_still_fits_is_exact_to_the_fen(visits: tuple[Claim, ...]) -> None:
    (claim,) = visits
    (finding,) = check(SHELF, visits, EMPTY).findings
    room, control = finding.room, finding.adjudication.control
    assert room is not None
    assert control is not None
    if control.status == "exceeded":
        assert room == 0
        return
    event("room" if room else "no room")
    for more, status in ((room, False), (room + 1, True)):
        (settled,) = settle(SHELF, [_with_own_pay(claim, more)]).settlements
        assert settled.control is not None
        assert (settled.control.status == "exceeded") == status


# Catches drafts that count in the bill as it stands, or that are judged without one another.
@FEW
@given(claims(PACK, most=1, given=False).filter(lambda c: len(c[0].lines) > 1), st.data())
def test_drafts_change_nothing_now_and_all_that_they_will(
    visits: tuple[Claim, ...], data: st.DataObject
) -> None:
    (claim,) = visits
    refunded = {line.refunds for line in claim.lines} | {
        line.id for line in claim.lines if line.refunds is not None
    }
    free = [line for line in claim.lines if line.id not in refunded]
    drafts = tuple(line for line in free if data.draw(st.booleans()))
    kept = tuple(line for line in claim.lines if line not in drafts)
    checked = check(SHELF, [replace(claim, lines=kept, drafts=drafts)], EMPTY)
    now = _last(settle(SHELF, [replace(claim, lines=kept)]), claim.visit_id)
    if now is None:
        assert not checked.findings
        return
    (finding,) = checked.findings
    assert finding.adjudication == now
    if not drafts:
        assert finding.drafted is None
        return
    event("drafts")
    assert finding.drafted is not None
    then = _last(settle(SHELF, [replace(claim, lines=(*kept, *drafts))]), claim.visit_id)
    assert then is not None
    assert finding.drafted.adjudication == then
    assert _same(finding.drafted.effect, _effect(then, now))
    for one, draft in zip(finding.drafted.lines, drafts, strict=True):
        rest = tuple(d for d in drafts if d is not draft)
        other = _last(settle(SHELF, [replace(claim, lines=(*kept, *rest))]), claim.visit_id)
        assert other is not None
        assert one.effect is not None
        assert _same(one.effect, _effect(then, other))


# A draft is refused where a bill is settled.
@given(claims(PACK, most=1).filter(lambda c: bool(c[0].lines)))
def test_a_bill_with_drafts_is_not_settled(visits: tuple[Claim, ...]) -> None:
    (claim,) = visits
    run = settle(SHELF, [replace(claim, lines=(), drafts=claim.lines[:1], given={})])
    assert [f.code for f in run.faults] == ["F430"]
    assert not run.settlements
