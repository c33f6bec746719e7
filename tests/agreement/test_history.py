"""What was before counts once: told by bills, by settlements as printed, or by the centre's accumulators."""

from typing import Any

import pytest

from agreement.settle_both import by_engine, shelf
from banan import bill, line
from doudi import Bundle, settle_bundle
from doudi.source_text import Document

PACKS = shelf()
FEBRUARY = bill(line("2539.50"), visit_id="V1", settled="2019-02-01", admitted="2019-01-28",
                discharged="2019-02-01")  # fmt: skip
MARCH = bill(line("2539.50"), visit_id="V2", settled="2019-03-01", admitted="2019-02-25",
             discharged="2019-03-01")  # fmt: skip
PERSON = FEBRUARY["person"]["id"]


def _opening(name: str, amount: str) -> dict[str, Any]:
    return {
        "person": PERSON, "year": 2019, "name": name, "amount": amount, "source": "市平台",
        "as_of": "2019-01-31",
    }  # fmt: skip


# A settlement that stood on an opening was read as if nothing had been before it: the cap was passed.
def test_a_printed_settlement_brings_what_was_before_it() -> None:
    first, _ = by_engine(PACKS, [FEBRUARY], {"accumulators": [_opening("basic_paid", "78000.00")]})
    assert first["V1"]["accumulators"]["basic_paid"] == {"before": "78000.00", "after": "79567.65"}
    then, codes = by_engine(PACKS, [MARCH], {"settlements": [first["V1"]]})
    assert codes == []
    assert then["V2"]["accumulators"]["basic_paid"] == {"before": "79567.65", "after": "80000.00"}
    assert then["V2"]["payments"]["basic"] == "432.35"


def test_only_the_last_printed_settlement_is_enough() -> None:
    whole, _ = by_engine(PACKS, [FEBRUARY, MARCH])
    later = {**MARCH, "visit_id": "V3", "settled": "2019-04-01"}
    wanted, _ = by_engine(PACKS, [FEBRUARY, MARCH, later])
    got, _ = by_engine(PACKS, [later], {"settlements": [whole["V2"]]})
    assert got["V3"]["accumulators"] == wanted["V3"]["accumulators"]
    assert got["V3"]["payments"] == wanted["V3"]["payments"]


# History's own bills were settled on top of a sum that held them already.
def test_a_stated_accumulator_does_not_change_what_history_s_bills_came_to() -> None:
    history = {"bills": [FEBRUARY], "accumulators": [_opening("basic_paid", "79567.65")]}
    then, codes = by_engine(PACKS, [MARCH], history)
    assert codes == []
    assert then["V2"]["accumulators"]["basic_paid"]["before"] == "79567.65"
    assert then["V2"]["accumulators"]["after_basic"]["before"] == "971.85"


@pytest.mark.parametrize(
    "change",
    [
        {"accumulators": {}},
        {"benefit_year": 2017},
        {"accumulators": {"basic_paid": {"before": "100.00", "after": "0.00"}}},
        {"accumulators": {"no_such_sum": {"before": "0.00", "after": "5.00"}}},
    ],
)
def test_a_record_that_contradicts_itself_is_a_fault(change: dict[str, Any]) -> None:
    first, _ = by_engine(PACKS, [FEBRUARY])
    settled, codes = by_engine(PACKS, [MARCH], {"settlements": [first["V1"] | change]})
    assert settled == {}
    assert set(codes) <= {"F317", "F207"}
    assert codes


# The place of a lone deductible was told as `awaiting` wherever the bill awaited any layer.
def test_a_lone_deductible_is_told_where_it_stands() -> None:
    asked = {**MARCH, "given": {"deductible_met": "1.00"}, "awaiting": ["medical_assistance"]}
    run = settle_bundle(PACKS, Bundle({"b": Document("b", {"bills": [asked]})}))
    assert [(f.code, f.where.split()[-1]) for f in run.faults] == [("F407", "given")]


# One of two bills of a visit could not be read, and the other was settled as if it were alone.
def test_a_visit_brought_twice_is_not_settled_though_one_of_the_two_cannot_be_read() -> None:
    broken = {**FEBRUARY, "settled": "someday"}
    settled, codes = by_engine(PACKS, [FEBRUARY, broken, MARCH])
    assert list(settled) == ["V2"]
    assert sorted(codes) == ["F203", "F301"]
    assert [w["visits"] for w in settled["V2"]["warnings"] if w["code"] == "held_by"] == [["V1"]]


# The faulty record of a visit that is settled anew held the person's later visits all the same.
def test_a_faulty_record_of_a_visit_settled_anew_holds_nobody() -> None:
    broken = {**FEBRUARY, "kind": "hospice", "lines": "none"}
    settled, _ = by_engine(PACKS, [FEBRUARY, MARCH], {"bills": [broken]})
    assert [w["code"] for w in settled["V2"]["warnings"]] == []
