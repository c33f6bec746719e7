"""The engine and a plain reading of the pack's own expressions agree on every amount of every visit.

Both other readings come from one Program: what the compiler gets wrong they get wrong together.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cities import CHONGQING, JIAMUSI, filled
from doudi.adjudication import Adjudication, Control
from effort import PACKS
from plain import PlainVisit, read_plainly
from properties.years import Year, banan_years, generated_years, years_of


def _engine(s: Adjudication) -> dict[str, Any]:
    c: Control | None = s.control
    control = c and (c.applies, c.share, c.measured, c.limit, c.excess, c.status)
    return {
        "payments": {name: amount for name, amount in s.payments.items() if amount},
        "computed": dict(s.computed),
        "deductible_met": s.deductible_met,
        "hospital": s.hospital,
        "patient": s.patient,
        "patient_limit": s.patient_limit,
        "control": control,
        "sums": {**s.accumulators, **s.episode_accumulators},
    }


def _plain(v: PlainVisit) -> dict[str, Any]:
    payments = {**v.payments, "floor": v.floor}
    with_rules = {layer.id for layer in v.pack.layers if layer.rules}
    return {
        "payments": {name: amount for name, amount in payments.items() if amount},
        "computed": {n: a for n, a in v.computed.items() if n in v.claim.given and n in with_rules},
        "deductible_met": v.deductible_met,
        "hospital": v.hospital,
        "patient": v.patient,
        "patient_limit": v.patient_limit,
        "control": v.control,
        "sums": {name: (v.before[name], v.before[name] + more) for name, more in v.adds.items()},
    }


# Catches what the compiler does to a formula: a rate on the wrong scale, a `when` the wrong way round, a
# look-up by the wrong dimension or day, a base not held to what is left, a measure of which consent does
# not leave, a running sum fed too early, a benefit year or a stay that starts elsewhere.
@pytest.mark.parametrize(
    "years",
    [banan_years(), years_of(JIAMUSI), years_of(filled(CHONGQING)), generated_years()],
    ids=["Banan", "Jiamusi", "Chongqing", "generated packs"],
)
@PACKS
@given(data=st.data())
def test_every_amount_is_what_the_pack_says_read_plainly(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year = data.draw(years)
    visits = read_plainly(year.pack, year.claims)
    for settlement, visit in zip(year.settlements, visits, strict=True):
        assert _engine(settlement) == _plain(visit)
