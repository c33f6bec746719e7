"""More in scope never means less from the fund at the top of the cascade.

What is true, and tested: with all else the same, an in-scope line that is added to a visit never lowers what
basic insurance pays for that visit, nor raises it by more than the line; and where nothing but the bills
differs over the year, it never lowers what basic pays in the year. It can lower what a *later visit* gets
(a cap reached earlier), and what *lower layers* pay; nothing is claimed of those.
"""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from banan import PACK, settled
from doudi.claim import Claim, ClaimLine
from doudi.testing import claims, files_of, load_files, pack_documents
from doudi.testing.amounts import amounts
from doudi.testing.draft import ROUNDINGS, yuan_text
from effort import PACKS
from properties.years import Year, banan_years

SOURCE = {"cite": "sources/rules.md#第一条", "status": "declared"}
EXTRA = amounts(100_000_00)


def _with_line(claim: Claim, fen: int) -> Claim:
    """The claim with one more line, wholly in scope."""
    line = ClaimLine(
        id="more", code="more", name="另一项", item_class="甲", first_self_pay_rate=0,
        price_ceiling=None, quantity=1_000_000, unit_price=fen * 10_000, amount=fen, refunds=None,
        consent=False, parts=None, shape=ClaimLine.shape_of("甲", None, False),
    )  # fmt: skip
    return replace(claim, lines=(*claim.lines, line))


def _computed(claim: Claim) -> Claim:
    return replace(claim, given={}, given_deductible_met=None, awaiting=())


# Catches a rate applied to the wrong side of the deductible, a base that shrinks, a cap that turns round.
@given(banan_years(), EXTRA)
def test_an_added_in_scope_line_never_lowers_what_basic_pays_for_the_visit(
    year: Year, fen: int
) -> None:
    *earlier, last = year.claims
    last = _computed(last)
    before = settled(PACK, (*earlier, last))[-1].payments["basic"]
    after = settled(PACK, (*earlier, _with_line(last, fen)))[-1].payments["basic"]
    assert before <= after <= before + fen


# Catches a deductible met twice over a stay or a year, a cap that is compared with more than was paid.
@given(banan_years(steady=True), EXTRA, st.data())
def test_an_added_in_scope_line_never_lowers_what_basic_pays_in_the_year(
    year: Year, fen: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(year.claims) - 1))
    more = tuple(_with_line(c, fen) if n == place else c for n, c in enumerate(year.claims))
    before, after = (
        sum(s.payments["basic"] for s in settled(PACK, visits)) for visits in (year.claims, more)
    )
    assert before <= after


@st.composite
def packs_with_a_plain_top(draw: st.DrawFn) -> dict[str, Any]:
    """A generated pack whose first layer pays a share, or bands, of what is in scope, up to a cap."""
    stated = draw(pack_documents())
    for name, unit, cell in (
        ("t.limit", "yuan", yuan_text(draw(EXTRA))),
        ("t.start", "yuan", yuan_text(draw(EXTRA))),
        ("t.cap", "yuan", yuan_text(draw(EXTRA))),
        ("t.rate", "percent", draw(st.sampled_from(["0%", "33.33%", "80%", "99.99%"]))),
    ):
        values = {stated["valid"]["from"]: cell}
        stated["parameters"][name] = {"title": name, "unit": unit, "values": values, **SOURCE}
    own = {"title": "合计", "owner": "person", "period": "benefit_year", **SOURCE}
    base = draw(st.sampled_from(["in_scope", "in_scope + first_self_pay", "total"]))
    first = stated["layers"][0]
    rule: dict[str, Any] = {
        "rule": "only",
        "title": "只有一条",
        "base": base,
        "round": draw(st.sampled_from(ROUNDINGS)),
        "cap": {"limit": "t.cap", "paid": "t_paid"},
        **SOURCE,
    }
    if draw(st.booleans()):
        bands = [{"from": "t.start", "rate": "t.rate"}]
        rule["bands"] = {"over": "t_position", "bands": bands}
    else:
        rule["rate"] = "t.rate"
    for layer in stated["layers"]:
        for other in layer["rules"]:
            other.pop("deductible", None)
    if draw(st.booleans()):
        rule["deductible"] = {"limit": "t.limit", "met": "t_met"}
    first["rules"] = [rule]
    for name, measure, adds in (
        ("t_position", "position", base),
        ("t_paid", "paid", first["layer"]),
        ("t_met", "met", "deductible_met"),
    ):
        stated["accumulators"][name] = {**own, "measure": measure, "adds": adds}
    return stated


# The same for any pack's top layer: shares and bands, every rounding, with and without a deductible.
@PACKS
@given(packs_with_a_plain_top(), EXTRA, st.data())
def test_an_added_in_scope_line_never_lowers_what_a_top_layer_pays(
    stated: dict[str, Any], fen: int, data: st.DataObject
) -> None:
    pack, name = load_files(files_of(stated)), stated["layers"][0]["layer"]
    *earlier, last = data.draw(claims(pack))
    last = _computed(last)
    before, after = (
        settled(pack, (*earlier, one))[-1].payments.get(name, 0)
        for one in (last, _with_line(last, fen))
    )
    assert before <= after <= before + fen
