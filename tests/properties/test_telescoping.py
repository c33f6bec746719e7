"""Where nothing but the bills differs over a year, its visits are paid what one sum would be.

Bands: F(before + x) - F(before), summed, is F of the year's sum. A cap over the rounded amounts of the
visits: their sum, but no more than the cap. Both hold visit for visit, whatever the visits are.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from banan import document, pack_of, settled
from doudi.adjudication import Adjudication
from doudi.claim import Standing
from doudi.dates import Span
from doudi.money import Rounding
from doudi.testing import claims, files_of, load_files, pack_documents
from doudi.testing.amounts import amounts
from doudi.testing.draft import ROUNDINGS, yuan_text
from effort import PACKS
from plain import codes_of, rounded
from properties.years import Year, banan_years

SOURCE = {"cite": "sources/rules.md#第一条", "status": "declared"}
PERCENTS = ("0%", "33.33%", "50%", "66.6667%", "99.99%", "100%")
FEN = amounts(200_000_00)


def _uncapped(*caps: str) -> Any:
    """The Banan pack without these limits."""
    stated = document()
    for cap in caps:
        values = stated["parameters"][cap]["values"]
        values["2019-01-01"] = _without(values["2019-01-01"])
    return pack_of(stated)


def _without(table: Any) -> Any:
    return (
        {code: _without(cell) for code, cell in table.items()}
        if isinstance(table, dict)
        else "none"
    )


FREE_OF_BASIC = _uncapped("basic.cap", "basic.chronic_cap", "basic.outpatient_cap")
FREE_OF_ASSISTANCE = _uncapped("assistance.ordinary_cap", "assistance.major_cap")


# Catches bands run over the wrong sum (the visit's own, the one after, one that skips a visit), a rounding
# of each visit's own share, a cap that is taken before it.
@given(banan_years(steady=True))
def test_critical_illness_pays_the_visits_what_it_pays_on_their_sum(year: Year) -> None:
    codes = codes_of(year.pack, year.claims[0])
    poor = codes["standing"] != "ordinary"
    start, rate = (6_804_00, Fraction(65, 100)) if poor else (13_608_00, Fraction(60, 100))
    whole, paid = 0, 0
    for s in year.settlements:
        if codes["kind"] != "outpatient":
            whole += s.in_scope - s.payments["basic"]
        paid += s.payments["critical_illness"]
        due = rounded(max(whole - start, 0) * rate, "half_up")
        assert paid == (due if poor else min(due, 200_000_00))
    event(f"reached: {paid > 0}, capped: {paid == 200_000_00}")


# Catches a cap on the visit instead of the year, one applied before the rounding or to another fund's sum.
@given(banan_years(steady=True))
def test_basic_pays_the_sum_of_what_it_would_pay_without_a_cap_up_to_the_cap(year: Year) -> None:
    codes = codes_of(year.pack, year.claims[0])
    first = codes["tier"] == "tier_1"
    cap = {"chronic_outpatient": 1_000_00, "outpatient": 300_00 if first else 500_00}.get(
        codes["kind"], 80_000_00 if first else 120_000_00
    )
    _capped(year.settlements, settled(FREE_OF_BASIC, year.claims), "basic", cap)


@given(
    banan_years(steady=True),
    st.sampled_from(["dibao", "registered_poor"]),
    st.sampled_from(["inpatient", "chronic_outpatient", "major_outpatient"]),
)
def test_assistance_pays_the_sum_of_what_it_would_pay_without_a_cap_up_to_the_cap(
    year: Year, standing: str, kind: str
) -> None:
    held = (Standing(standing, Span(date(2018, 1, 1), None)),)
    visits = tuple(
        replace(claim, kind=kind, person=replace(claim.person, standings=held))
        for claim in year.claims
    )
    major = kind == "major_outpatient" or (kind == "inpatient" and visits[0].major_disease)
    cap = 100_000_00 if major else 6_000_00
    own, free = settled(year.pack, visits), settled(FREE_OF_ASSISTANCE, visits)
    _capped(own, free, "medical_assistance", cap)


def _capped(own: Sequence[Adjudication], free: Sequence[Adjudication], name: str, cap: int) -> None:
    """After every visit: paid so far = min(what would have been paid without the cap, the cap)."""
    paid, due = 0, 0
    for one, other in zip(own, free, strict=True):
        paid += one.payments.get(name, 0)
        due += other.payments.get(name, 0)
        assert paid == min(due, cap)
    event(f"reached: {paid > 0}, capped: {due > cap}")


@st.composite
def packs_that_end_with(draw: st.DrawFn, rule: dict[str, Any], *, bands: int) -> dict[str, Any]:
    """A generated pack whose last layer has this one rule, and parameters start_n, rate_n and cap."""
    stated = draw(pack_documents())
    starts = sorted(draw(st.lists(FEN, min_size=bands, max_size=bands)))
    fens = {"t.cap": draw(FEN), **{f"t.start{n}": start for n, start in enumerate(starts)}}
    cells = {name: ("yuan", yuan_text(fen)) for name, fen in fens.items()}
    for n in range(bands):
        cells[f"t.rate{n}"] = ("percent", draw(st.sampled_from(PERCENTS[:5])))
    for name, (unit, cell) in cells.items():
        values = {stated["valid"]["from"]: cell}
        stated["parameters"][name] = {"title": name, "unit": unit, "values": values, **SOURCE}
    last = stated["layers"][-1]
    last.pop("given", None)
    last["rules"] = [{"rule": "only", "title": "只有一条", **rule, **SOURCE}]
    own = {"title": "合计", "owner": "person", "period": "benefit_year", **SOURCE}
    stated["accumulators"]["t_position"] = {**own, "measure": "position", "adds": rule["base"]}
    stated["accumulators"]["t_paid"] = {**own, "measure": "paid", "adds": last["layer"]}
    return stated


@st.composite
def banded(draw: st.DrawFn) -> dict[str, Any]:
    """A last layer that pays in bands over what all layers above left of the year's bills."""
    count, rounding = draw(st.integers(1, 4)), draw(st.sampled_from(ROUNDINGS))
    bands = [{"from": f"t.start{n}", "rate": f"t.rate{n}"} for n in range(count)]
    rule = {
        "base": "total",
        "bands": {"over": "t_position", "bands": bands},
        "round": rounding,
        "cap": {"limit": "t.cap", "paid": "t_paid"},
    }
    stated = draw(packs_that_end_with(rule, bands=count))
    left = " - ".join(["total", *(one["layer"] for one in stated["layers"][:-1])])
    stated["layers"][-1]["rules"][0]["base"] = left
    stated["accumulators"]["t_position"]["adds"] = left
    return stated


# The same over generated cascades: any layers above, one to four bands, every rounding, then a cap.
@PACKS
@given(data=st.data())
def test_bands_pay_the_visits_what_they_pay_on_their_sum(data: st.DataObject) -> None:
    stated = data.draw(banded())
    pack = load_files(files_of(stated))
    *above, last = [one["layer"] for one in stated["layers"]]
    values = {name: next(iter(p["values"].values())) for name, p in stated["parameters"].items()}
    rule = stated["layers"][-1]["rules"][0]
    bands = [
        (_fen(values[band["from"]]), _rate(values[band["rate"]])) for band in rule["bands"]["bands"]
    ]
    cap = _fen(values["t.cap"])
    whole, paid = 0, 0
    for s in settled(pack, data.draw(claims(pack, steady=True))):
        whole += s.total - sum(s.payments.get(name, 0) for name in above)
        paid += s.payments.get(last, 0)
        assert paid == min(_curve(whole, bands, rule["round"]), cap)
    event(f"reached: {paid > 0}, capped: {paid == cap > 0}")


def _curve(x: int, bands: list[tuple[int, Fraction]], rounding: Rounding) -> int:
    ends = [*(start for start, _ in bands[1:]), max(x, bands[-1][0])]
    pieces = (
        rate * max(min(x, end) - start, 0) for (start, rate), end in zip(bands, ends, strict=True)
    )
    return rounded(sum(pieces, Fraction(0)), rounding)


# A cap over rounded amounts: the same cascade with and without it, whatever the layers above.
@PACKS
@given(data=st.data())
def test_a_cap_takes_nothing_but_what_is_above_it(data: st.DataObject) -> None:
    rule = {
        "base": "in_scope + first_self_pay",
        "rate": "t.rate0",
        "round": data.draw(st.sampled_from(ROUNDINGS)),
        "cap": {"limit": "t.cap", "paid": "t_paid"},
    }
    stated = data.draw(packs_that_end_with(rule, bands=1))
    capped = load_files(files_of(stated))
    cap = _fen(next(iter(stated["parameters"]["t.cap"]["values"].values())))
    del stated["layers"][-1]["rules"][0]["cap"]
    free = load_files(files_of(stated))
    visits = data.draw(claims(capped, steady=True))
    name = stated["layers"][-1]["layer"]
    _capped(settled(capped, visits), settled(free, visits), name, cap)


# Catches a position that restarts: every visit stands exactly where the one before it ended.
@given(banan_years())
def test_a_running_sum_starts_where_the_last_visit_left_it(year: Year) -> None:
    for one, other in pairwise(year.settlements):
        assert {name: after for name, (_, after) in one.accumulators.items()} == {
            name: before for name, (before, _) in other.accumulators.items()
        }


def _fen(text: str) -> int:
    return int(Fraction(text) * 100)


def _rate(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / 100
