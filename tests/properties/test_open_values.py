"""Open values: what is settled rests on none of them; what needs one is refused and names it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import qinghe
from banan import Document, bill, claims_of, document, line, pack_of
from doudi.claim import Claim
from doudi.compile import check_pack, compile_policy
from doudi.packs.model import Pack
from doudi.settle import settle
from doudi.testing import claims, files_of, load_files, pack_documents, shelf_of
from effort import FEW, PACKS

Cell = tuple[dict[str, Any], str]


def _cells(stated: Document) -> list[tuple[str, Cell]]:
    """Every value of every table, with its parameter's unit."""

    def walk(unit: str, within: dict[str, Any]) -> Iterator[tuple[str, Cell]]:
        for key, value in within.items():
            if isinstance(value, dict):
                yield from walk(unit, value)
            elif key not in ("cite", "status"):
                yield unit, (within, key)

    return [
        cell
        for p in stated["parameters"].values()
        for cell in walk(p["unit"], p["values"])
        if p["unit"] != "years"
    ]


def _worth(unit: str, data: st.DataObject) -> str | bool:
    match unit:
        case "yuan":
            return str(data.draw(st.sampled_from([0, 1, 50, 700, 6_000, 900_000])))
        case "percent":
            return f"{data.draw(st.integers(0, 100))}%"
        case _:
            return data.draw(st.booleans())


def _opened(stated: Document, data: st.DataObject) -> tuple[Document, list[tuple[str, Cell]]]:
    made = deepcopy(stated)
    cells = _cells(made)
    assume(cells)  # a pack may have no value that could be open
    chosen = data.draw(
        st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=4, unique=True)
    )
    for n in chosen:
        _, (within, key) = cells[n]
        within[key] = "open"
    return made, [cells[n] for n in chosen]


def _hold(
    opened: Document,
    cells: list[tuple[str, Cell]],
    load: Callable[[Document], Pack],
    visits: tuple[Claim, ...],
    data: st.DataObject,
) -> None:
    """What the open pack settles, every pack with values in the open cells settles alike."""
    alone = [settle(shelf_of(load(opened)), [visit]) for visit in visits]
    settled = {run.settlements[0].visit_id: run.settlements[0] for run in alone if run.settlements}
    for run in alone:
        assert {f.code for f in run.faults} <= {"F420"}
        event("refused" if run.faults else "settled")
    if not settled:
        return
    for _ in range(3):
        for unit, (within, key) in cells:
            within[key] = _worth(unit, data)
        pack = load(opened)
        if check_pack(pack)[
            1
        ]:  # other worths may break the pack's own bounds, as a rate above 100 %
            continue
        for visit in visits:
            if visit.visit_id not in settled:
                continue
            run = settle(shelf_of(pack), [visit])
            assert not run.faults
            (other,) = run.settlements
            mine = settled[visit.visit_id]
            assert mine.payments == other.payments
            assert (mine.patient, mine.hospital, mine.control) == (
                other.patient,
                other.hospital,
                other.control,
            )
            assert mine.accumulators == other.accumulators
            assert mine.deductible_met == other.deductible_met
            assert mine.computed.items() <= other.computed.items()


# Catches an amount that rests on a stand-in.
@given(st.data())
def test_banan_what_is_settled_rests_on_no_open_value(data: st.DataObject) -> None:
    opened, cells = _opened(document(), data)
    visits = data.draw(claims(pack_of(document()), most=2, given=True))
    _hold(opened, cells, pack_of, visits, data)


# The same under any pack: formulas that no real pack has.
@settings(PACKS, max_examples=FEW.max_examples)  # each takes more than a second
@given(st.data())
def test_what_is_settled_rests_on_no_open_value_under_any_pack(data: st.DataObject) -> None:
    stated = data.draw(pack_documents())
    opened, cells = _opened(stated, data)
    if any(check_pack(load_files(files_of(one)))[1] for one in (stated, opened)):
        return
    whole = load_files(files_of(stated))
    drawn = data.draw(claims(whole, most=2, given=True))
    # a claim may be refused for what it says itself: of those whose values are all known this says nothing
    visits = tuple(one for one in drawn if settle(shelf_of(whole), [one]).settlements)
    _hold(opened, cells, lambda one: load_files(files_of(one)), visits, data)


def _with(changes: dict[str, Any]) -> Pack:
    stated = document()
    for path, value in changes.items():
        at: Any = stated["parameters"]
        name, *way = path.split("/")
        at = at[name]["values"]["2019-01-01"] if way else at[name]["values"]
        for step in way[:-1]:
            at = at[step]
        at[way[-1] if way else "2019-01-01"] = value
    return pack_of(stated)


# What is open, a change of the bill, and the cells that the bill needs.
NEEDS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"basic.rate/tier_1/2": "open"}, {}, ["basic.rate"]),
    ({"basic.rate/tier_1/3": "open"}, {}, []),
    ({"basic.rate/tier_1/2": "open"}, {"given": {"basic": "1567.65"}}, []),
    ({"basic.deductible/2": "open"}, {"given": {"basic": "1567.65"}}, ["basic.deductible"]),
    (
        {"basic.deductible/2": "open"},
        {"given": {"basic": "1567.65", "deductible_met": "300.00"}},
        [],
    ),
    ({"critical.rate/registered_poor": "open"}, {}, []),
    ({"critical.cap/ordinary": "open"}, {}, []),
    ({"critical.threshold/registered_poor": "open"}, {}, ["critical.threshold"]),
    ({"assistance.ordinary_cap/registered_poor": "open"}, {}, ["assistance.ordinary_cap"]),
    ({"assistance.major_cap/registered_poor": "open"}, {}, []),
    ({"basic.minor_points": "open"}, {}, []),
    (
        {"basic.poor_points": "open", "floor.share/inpatient": "open"},
        {},
        ["basic.poor_points", "floor.share"],
    ),
    (
        {"critical.cap/registered_poor": "open", "floor.share/inpatient": "open"},
        {},
        ["floor.share"],
    ),
    ({"floor.share/inpatient": "open"}, {"lines": []}, []),
    ({"basic.chronic_cap": "open"}, {}, []),
]


# Catches a bill refused for a value that it does not need, or a value that the fault does not name.
@pytest.mark.parametrize(("changes", "change", "needed"), NEEDS, ids=str)
def test_a_bill_is_refused_for_the_values_that_it_needs_and_no_others(
    changes: dict[str, Any], change: dict[str, Any], needed: list[str]
) -> None:
    stated = {**bill(line("2539.50"), standing="registered_poor"), **change}
    run = settle(shelf_of(_with(changes)), claims_of(stated))
    assert [f.code for f in run.faults] == ["F420"] * len(needed)
    for name, fault in zip(needed, run.faults, strict=True):
        assert name in fault.mend
    assert bool(run.settlements) != bool(needed)


def test_an_open_value_changes_the_fingerprint_and_a_pack_without_one_has_no_flags() -> None:
    day = pack_of(document()).valid.start
    plain = compile_policy(pack_of(document()), day)
    zero, opened = (compile_policy(_with({"basic.minor_points": v}), day) for v in ("0%", "open"))
    assert len({plain.fingerprint, zero.fingerprint, opened.fingerprint}) == 3
    assert not [name for name, _ in plain.visit.outputs if name.startswith("open")]
    assert "open" in dict(opened.visit.outputs)


# Catches an open start of a band refused as lower than another, when nobody knows what it will be.
@pytest.mark.parametrize(
    "names",
    [
        ["critical.threshold"],
        ["critical.second_band"],
        ["critical.threshold", "critical.second_band"],
    ],
)
def test_starts_of_bands_may_be_open_and_what_reaches_them_is_refused(names: list[str]) -> None:
    stated = qinghe.document()
    for name in names:
        parameter = stated["parameters"][name]
        cells = dict.fromkeys(stated["dimensions"]["standing"]["codes"], "open")
        parameter["values"] = {"2024-01-01": cells if "by" in parameter else "open"}
    assert check_pack(qinghe.pack_of(stated))[1] == []


# Catches bands that run backwards over what stands in an open start: their readings disagreed on a negative amount.
@pytest.mark.parametrize("rounding", ["half_up", "half_even"])
@pytest.mark.parametrize(
    "names", [["critical.second_band"], ["critical.threshold", "critical.second_band"]]
)
def test_bands_with_open_starts_whose_cap_is_zero_pay_nothing(
    names: list[str], rounding: str
) -> None:
    stated = qinghe.document()
    for name in names:
        parameter = stated["parameters"][name]
        cells = dict.fromkeys(stated["dimensions"]["standing"]["codes"], "open")
        parameter["values"] = {"2024-01-01": cells if "by" in parameter else "open"}
    stated["parameters"]["critical.second_rate"]["values"] = {"2024-01-01": "10%"}
    stated["parameters"]["critical.cap"] = {
        **stated["parameters"]["basic.outpatient_cap"], "values": {"2024-01-01": "0"},
    }  # fmt: skip
    stated["accumulators"]["critical_paid"] = {
        **stated["accumulators"]["outpatient_paid"], "adds": "critical_illness",
    }  # fmt: skip
    (critical,) = (one for one in stated["layers"] if one["layer"] == "critical_illness")
    critical["rules"][0] |= {
        "round": rounding,
        "cap": {"limit": "critical.cap", "paid": "critical_paid"},
    }
    pack = qinghe.pack_of(stated)
    assert check_pack(pack)[1] == []
    stay = bill(line("60000.00"), level="3", settled="2024-06-13", admitted="2024-06-01")
    stay["person"]["district"] = stay["facility"]["district"] = "990101"
    stay["person"]["standings"] = [{"code": "dibao", "from": "2023-01-01"}]
    run = settle(shelf_of(pack), claims_of(stay))
    assert run.faults == ()
    assert run.settlements[0].payments["critical_illness"] == 0


def test_a_band_that_starts_below_the_one_above_it_is_refused_beside_open_cells() -> None:
    stated = qinghe.document()
    cells = {"destitute": "40000", "dibao": "open", "monitored": "open", "ordinary": "open"}
    stated["parameters"]["critical.threshold"]["values"] = {"2024-01-01": cells}
    assert [f.code for f in check_pack(qinghe.pack_of(stated))[1]] == ["P211"]
