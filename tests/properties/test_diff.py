"""The difference of two packs: none from itself, and from a changed one exactly what was changed."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doudi.packs.diff import Change, diff, written
from doudi.packs.model import Pack, Unit
from doudi.testing import files_of, load_files, pack_documents, packs
from qinghe import PACK, document, pack_of

Cell = tuple[str, str, tuple[str, ...]]  # parameter, first day, codes


def _cells(stated: dict[str, Any]) -> list[Cell]:
    """Every cell of every table of a pack's text."""
    found: list[Cell] = []

    def walk(name: str, day: str, value: Any, codes: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for code, inner in value.items():
                walk(name, day, inner, (*codes, code))
        else:
            found.append((name, day, codes))

    for name, parameter in stated["parameters"].items():
        for day, value in parameter["values"].items():
            own = isinstance(value, dict) and "value" in value and "cite" in value
            walk(name, day, value["value"] if own else value, ())
    return found


def _set(stated: dict[str, Any], cell: Cell, value: Any) -> None:
    name, day, codes = cell
    at, key = stated["parameters"][name]["values"], day
    if isinstance(at[key], dict) and "cite" in at[key]:
        at, key = at[key], "value"
    for code in codes:
        at, key = at[key], code
    at[key] = value


def _other(unit: str, before: str) -> Any:
    """A worth that is not the one before."""
    choices: dict[str, list[Any]] = {
        "yuan": ["1.01", "2"], "percent": ["0.01%", "1%"], "years": ["1", "2"],
        "flag": [True, False],
    }  # fmt: skip
    return next(c for c in choices[unit] if written_as(c) != before)


def written_as(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(packs())
def test_a_pack_differs_in_nothing_from_itself(pack: Pack) -> None:
    assert diff(pack, pack) == ()


# Catches a difference in layout told as one in meaning: files, order of keys, brackets, spaces.
@given(pack_documents())
def test_layout_is_no_difference(stated: dict[str, Any]) -> None:
    other = dict(reversed(stated.items()))
    other["parameters"] = dict(reversed(stated["parameters"].items()))
    for layer in other["layers"]:
        for rule in layer["rules"]:
            rule["base"] = f"( {rule['base']} )"
    assert diff(load_files(files_of(stated)), load_files(files_of(other))) == ()


@given(st.data())
def test_a_changed_cell_is_told_and_nothing_else(data: st.DataObject) -> None:
    stated = data.draw(pack_documents())
    before = load_files(files_of(stated))
    cells = _cells(stated)
    assume(cells)
    cell = data.draw(st.sampled_from(cells))
    name, day, codes = cell
    unit = before.parameters[name].unit
    (dated,) = [d for d in before.parameters[name].dated if str(d.start) == day]
    old = written(unit, dated.table[codes])
    new = _other(unit.value, old)
    _set(stated, cell, new)
    after = load_files(files_of(stated))
    later = [d.start for d in before.parameters[name].dated if d.start > dated.start]
    (change,) = diff(before, after)
    assert (change.section, change.name, change.facet) == ("parameters", name, "value")
    assert change.cell == tuple(zip(before.parameters[name].by, codes, strict=True))
    assert (change.since, change.until) == (dated.start, min(later, default=None))
    assert (_text(change, "before"), _text(change, "after")) == (old, written_as(new))
    (back,) = diff(after, before)
    assert (_text(back, "before"), _text(back, "after")) == (written_as(new), old)


def _text(change: Change, side: str) -> str | None:
    found = getattr(change, side)
    return None if found is None else found.text


def _layer(stated: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in stated["layers"] if one["layer"] == name)


def _swap(section: Any) -> None:
    section[0], section[1] = section[1], section[0]


BASIC, AID = "basic", "medical_assistance"
APPROVAL = {
    "value": "exceeded", "within_hours": "24", "cite": "sources/rules.md#第九条 控费", "status": "weak",
}  # fmt: skip
# What is planted, and what is told: section, name, facet, before, after.
PLANTED: list[tuple[Any, list[tuple[Any, ...]]]] = [
    (lambda d: _layer(d, AID)["rules"][0].update(when="standing = dibao"),
     [("rules", "medical_assistance.remainder", "when", "poor", "standing = dibao")]),
    (lambda d: _layer(d, BASIC)["rules"][0].pop("deductible"),
     [("rules", "basic.inpatient", "deductible", "basic.deductible", None),
      ("rules", "basic.inpatient", "met", "stay_deductible_met", None)]),
    (lambda d: _layer(d, "critical_illness")["rules"][0]["bands"]["bands"].pop(),
     [("rules", "critical_illness.year_total", "bands.2.from", "critical.second_band", None),
      ("rules", "critical_illness.year_total", "bands.2.rate", "critical.second_rate", None)]),
    (lambda d: _swap(d["layers"]) or _layer(d, "critical_illness")["rules"][0].update(base="in_scope")
     or d["accumulators"]["after_basic"].update(adds="in_scope"),
     [("accumulators", "after_basic", "adds", "in_scope - basic", "in_scope"),
      ("rules", "critical_illness.year_total", "base", "in_scope - basic", "in_scope"),
      ("layers", "", "order", "basic → critical_illness → medical_assistance → charity_fund",
       "critical_illness → basic → medical_assistance → charity_fund")]),
    (lambda d: _swap(_layer(d, BASIC)["rules"]),
     [("rules", "basic", "order", "inpatient → outpatient", "outpatient → inpatient")]),
    (lambda d: d["control"].update(excess="warn"), [("control", "", "excess", "hospital", "warn")]),
    (lambda d: d["control"]["consented"].update(value="counts"),
     [("control", "", "consented", "leaves", "counts")]),
    (lambda d: d["control"].update(approval=APPROVAL),
     [("approval", "", "demand", None, "exceeded"), ("approval", "", "within_hours", None, "24")]),
    (lambda d: d["floor"]["patient_at_most"].update(round="up"), [("floor", "", "round", "down", "up")]),
    (lambda d: d["floor"].update(status="weak"), [("floor", "", "basis", "", "")]),
    (lambda d: d["late_knowledge"].update(effect="reopen"),
     [("late_knowledge", "", "effect", "forward", "reopen")]),
    (lambda d: d.pop("late_knowledge"), [("late_knowledge", "", "effect", "forward", None)]),
    (lambda d: d["late_knowledge"].update(status="weak"), [("late_knowledge", "", "basis", "", "")]),
    (lambda d: d["groups"].update(poor="standing in [destitute, dibao]"),
     [("groups", "poor", "formula", "standing in [destitute, dibao, monitored]",
       "standing in [destitute, dibao]")]),
    (lambda d: d["valid"].update(to="2030-01-01"),
     [("pack", "", "valid", "2024-01-01 起", "2024-01-01 至 2029-12-31")]),
    (lambda d: d["parameters"]["critical.rate"].update(status="weak"),
     [("parameters", "critical.rate", "basis", "60%", "60%")]),
    (lambda d: d["parameters"]["critical.rate"].update(values={"2024-01-01": "open"}),
     [("parameters", "critical.rate", "value", "60%", "open")]),
    (lambda d: d["decomposition"].update(round="half_up"),
     [("decomposition", "", "round", "half_away", "half_up")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "told"), PLANTED, ids=[".".join(told[0][:3]) for _, told in PLANTED]
)
def test_a_planted_change_is_told_with_both_texts(plant: Any, told: list[tuple[Any, ...]]) -> None:
    stated = document()
    plant(stated)
    found = diff(PACK, pack_of(stated))
    assert [
        (c.section, c.name, c.facet, _text(c, "before"), _text(c, "after")) for c in found
    ] == told


def test_a_new_layer_is_told_whole_and_with_its_turn() -> None:
    stated = document()
    stated["layers"].insert(3, {**stated["layers"][3], "layer": "village", "title": "村里"})
    found = diff(PACK, pack_of(stated))
    assert {(c.section, c.name, c.before) for c in found} == {("layers", "village", None)}
    assert {c.facet: _text(c, "after") for c in found}["place"] == "4"


# Catches a table that goes by a new dimension told as changed where it pays the same.
def test_a_table_over_another_dimension_is_compared_cell_by_cell() -> None:
    stated = document()
    stated["parameters"]["critical.rate"].update(
        by="standing",
        values={
            "2024-01-01": {
                "destitute": "65%",
                "dibao": "60%",
                "monitored": "60%",
                "ordinary": "60%",
            }
        },
    )
    (change,) = diff(PACK, pack_of(stated))
    assert change.cell == (("standing", "destitute"),)
    assert (_text(change, "before"), _text(change, "after")) == ("60%", "65%")


def test_a_pack_of_the_next_year_is_held_against_the_last_day_of_this() -> None:
    year, next_year = document(), document()
    year["valid"] = {"from": "2024-01-01", "to": "2025-01-01"}
    next_year["valid"] = {"from": "2025-01-01", "to": "2026-01-01"}
    found = diff(pack_of(year), pack_of(next_year))
    assert [(c.name, c.facet) for c in found[:1]] == [("", "valid")]
    assert {(c.name, c.since, c.until) for c in found[1:]} == {
        ("critical.threshold", date(2025, 1, 1), None)
    }
    assert [(_text(c, "before"), _text(c, "after")) for c in found[1:]] == [
        ("5000", "6000"), ("5000", "6000"), ("5000", "6000"), ("10000", "12000"),
    ]  # fmt: skip


def test_one_pack_on_two_days() -> None:
    day = date(2025, 1, 1)
    assert diff(PACK, PACK, (day, day + timedelta(days=99))) == ()
    found = diff(PACK, PACK, (day - timedelta(days=1), day))
    assert [c.name for c in found] == ["critical.threshold"] * 4
    assert {c.since for c in found} == {None}
    assert found[0].after is not None
    assert found[0].after.basis is not None
    assert found[0].after.basis.status.value == "unverified"


@given(st.integers(0, 10**8))
def test_a_rate_is_written_to_its_last_digit(parts: int) -> None:
    exact = Fraction(parts, 10**8)
    text = written(Unit.PERCENT, exact)
    assert Fraction(text[:-1]) / 100 == exact
