"""What the lines of a bill may and may not change. (Splitting a line in two is not claimed: each half
rounds anew.)"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.testing.draft import ROUNDINGS
from effort import PACKS
from properties.years import Year, amounts_of, banan_years, generated_years, refunded

SOURCE = {"cite": "sources/rules.md#第一条", "status": "declared"}
MIRRORING = [r for r in ROUNDINGS if r in ("half_away", "half_even")]


# Catches sums that depend on the line before, a limit taken line by line, a refund read by its place.
@pytest.mark.parametrize(
    "years", [banan_years(), generated_years()], ids=["Banan", "generated packs"]
)
@PACKS
@given(data=st.data())
def test_the_order_of_the_lines_changes_no_amount(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year = data.draw(years)
    turned = tuple(
        replace(claim, lines=tuple(data.draw(st.permutations(claim.lines))))
        for claim in year.claims
    )
    for one, other in zip(year.settlements, Year(year.pack, turned).settlements, strict=True):
        assert amounts_of(one) == amounts_of(other)
        assert {line.id: line for line in one.lines} == {line.id: line for line in other.lines}


def _nothing_is_left(year: Year) -> None:
    """The last visit taken back whole: every amount of it and everything that it adds is zero."""
    *earlier, last = year.claims
    whole = Year(year.pack, (*earlier, refunded(last))).settlements[-1]
    found = amounts_of(whole)
    control = found.pop("control")
    for name, worth in found.items():
        if isinstance(worth, tuple):
            before, after = worth
            assert after - before == 0, name
        else:
            assert not worth, name
    if control is not None:
        measures = (control.measured, control.limit, control.excess, control.share)
        assert (measures, control.status) == ((0, 0, 0, 0), "within")


# Catches a refund that rounds otherwise than its line, a deductible or a band that a bill of zero still
# meets, a running sum fed with what was refunded.
@given(banan_years())
def test_a_full_refund_leaves_nothing(year: Year) -> None:
    _nothing_is_left(year)


# The same under generated packs, where a line's rounding mirrors: away from zero, or to even.
@PACKS
@given(data=st.data())
def test_a_full_refund_leaves_nothing_under_any_pack_that_mirrors(data: st.DataObject) -> None:
    rounding = {"round": data.draw(st.sampled_from(MIRRORING)), **SOURCE}
    _nothing_is_left(data.draw(generated_years({"decomposition": rounding})))
