"""Many faults of one bill, many bad bills, bad bills beside good ones: everything is told, nothing else is lost."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from doudi import Bundle, Run, settle_bundle
from doudi.fault_kinds import FAULT_KINDS
from faults.bills import (
    DROP,
    SOUND,
    WHOLE,
    Json,
    example_shelf,
    mutated,
    settle,
    settle_text,
    yaml_of,
)
from faults.test_bill_forms import FIELDS
from faults.told import flaws


def _told(run: Run) -> list[tuple[str, str]]:
    assert all(flaws(fault) == [] for fault in run.faults)
    return sorted((f.code, f.where.removeprefix("bill.json").strip()) for f in run.faults)


def visit(number: int, day: str, changes: Json | None = None) -> Json:
    """A visit of the same person settled on a day of June 2024."""
    dates = {"visit_id": f"V{number}", "admitted": "2024-05-28", "discharged": day, "settled": day}
    return mutated(SOUND, {**dates, **(changes or {})})


def held_by(run: Run) -> dict[str, tuple[str, ...]]:
    """The visits that each settled visit names as held before it."""
    return {
        a.visit_id: next((w.visits for w in a.warnings if w.code == "held_by"), ())
        for a in run.settlements
    }


# ----------------------------------------------------------------------------- many in one bill

SHAPES: Json = {
    "setled": "2024-06-03", "settled": DROP, "referred": "否", "given": {"basic": "-1", "other": "x"},
    "person.id": " P1", "person.birth_date": "1970-02-30", "person.standings[0].form": "2023-01-01",
    "person.standings[0].from": DROP, "facility.level": None, "lines[0].amount": "8,000.00",
    "lines[0].class": "丁", "lines[1].quantity": DROP, "lines[1].unit_price": "300.0000001",
    "lines[1].first_self_pay_rate": "10%", "lines[2]": 5,
}  # fmt: skip


def test_all_that_is_wrong_with_the_shape_of_a_bill_is_told_at_once() -> None:
    assert _told(settle(mutated(SOUND, SHAPES))) == sorted([
        ("F202", "setled"), ("F201", "settled"), ("F203", "referred"), ("F207", "given.basic"),
        ("F203", "given.other"), ("F203", "person.id"), ("F203", "person.birth_date"),
        ("F202", "person.standings[0].form"), ("F201", "person.standings[0].from"),
        ("F203", "facility.level"), ("F203", "lines[0].amount"), ("F203", "lines[0].class"),
        ("F201", "lines[1].quantity"), ("F204", "lines[1].unit_price"),
        ("F203", "lines[1].first_self_pay_rate"), ("F203", "lines[2]"),
    ])  # fmt: skip


SAID: Json = {
    "discharged": "2024-05-01", "person.birth_date": "2024-07-01", "person.standings[0].to": "2022-01-01",
    "lines[0].amount": "8000.01", "lines[0].first_self_pay_rate": "0.1",
    "lines[1].id": "1", "lines[1].first_self_pay_rate": DROP,
    "lines[2]": {"id": "3", "code": "C1", "quantity": "-1", "unit_price": "1", "amount": "-1"},
    "lines[3]": {"id": "4", "code": "C1", "class": "丙", "quantity": "1", "unit_price": "1", "amount": "1",
                 "refunds": "9"},
}  # fmt: skip


def test_all_that_a_bill_says_wrong_is_told_at_once() -> None:
    assert _told(settle(mutated(SOUND, SAID))) == sorted([
        ("F302", "discharged"), ("F302", "person.birth_date"), ("F302", "person.standings[0].to"),
        ("F304", "lines[0].amount"), ("F306", "lines[0].first_self_pay_rate"), ("F303", "lines[1].id"),
        ("F307", "lines[1].first_self_pay_rate"), ("F309", "lines[2].quantity"), ("F308", "lines[2].class"),
        ("F313", "lines[3].quantity"), ("F310", "lines[3].refunds"),
    ])  # fmt: skip


SETTLED: Json = {
    "kind": "住院", "facility.level": 9, "facility.district": "990200", "person.standings[0].code": "poor",
    "given": {"floor": "1.00", "basik": "1.00"}, "awaiting": ["critical_illness"],
}  # fmt: skip


def test_all_that_a_pack_does_not_know_is_told_at_once() -> None:
    assert _told(settle(mutated(SOUND, SETTLED))) == sorted([
        ("F403", "kind"), ("F403", "facility.level"), ("F410", "referred"),
        ("F403", "person.standings[0].code"), ("F405", "given"), ("F406", "given"),
        ("F405", "awaiting"),
    ])  # fmt: skip


def test_faults_stand_in_the_order_of_the_files_and_keep_their_lines_in_yaml() -> None:
    bills = [mutated(SOUND, {"visit_id": f"V{n}", "kind": DROP}) for n in range(3)]
    text, places = yaml_of({"bills": bills})
    run = settle_text(text, "bill.yaml")
    wanted = [f"bill.yaml:{places[f'bills[{n}]']} bills[{n}].kind" for n in range(3)]
    assert [f.where for f in run.faults] == wanted


# ------------------------------------------------------------------------ several bills in one file


def test_several_bad_bills_are_all_told_each_at_its_place() -> None:
    run = settle(
        visit(1, "2024-06-01", {"kind": DROP}),
        visit(2, "2024-06-02", {"lines[0].amount": "1.00"}),
        visit(3, "2024-06-03", {"facility.level": 9}),
        visit(4, "2024-06-04", {"settled": "4"}),
    )
    assert _told(run) == sorted([
        ("F201", "bills[0].kind"), ("F304", "bills[1].lines[0].amount"),
        ("F403", "bills[2] facility.level"), ("F203", "bills[3].settled"),
    ])  # fmt: skip
    assert run.settlements == ()


def test_a_bad_bill_keeps_no_good_one_from_being_settled_and_adds_nothing() -> None:
    good = [visit(1, "2024-06-01"), visit(3, "2024-06-03", {"kind": "outpatient"})]
    bad = visit(2, "2024-06-02", {"lines[0].amount": "1.00"})
    alone, beside = settle(*good), settle(good[0], bad, good[1])
    assert _told(beside) == [("F304", "bills[1].lines[0].amount")]
    assert [(a.payments, a.accumulators) for a in beside.settlements] == [
        (a.payments, a.accumulators) for a in alone.settlements
    ]


BREAKS: list[tuple[str, Json]] = [
    ("form", {"kind": DROP}),
    ("what it says", {"lines[0].amount": "1.00"}),
    ("settling", {"facility.level": 9}),
    ("no pack", {"person.district": "123456"}),
    ("lines that are none", {"lines": None}),
]


@pytest.mark.parametrize(("why", "changes"), BREAKS, ids=[why for why, _ in BREAKS])
def test_later_visits_of_the_same_person_name_the_one_that_was_not_settled(
    why: str, changes: Json
) -> None:
    other = {"person.id": "P2"}
    run = settle(
        visit(4, "2024-06-04", {"settled": "2025-06-04"}),
        visit(3, "2024-06-03"),
        visit(2, "2024-06-02", changes),
        visit(1, "2024-06-01"),
        visit(5, "2024-06-05", other),
        visit(6, "2024-06-06"),
    )
    assert run.faults, why
    assert held_by(run) == {"V1": (), "V3": ("V2",), "V5": (), "V6": ("V2",), "V4": ()}


def test_a_visit_whose_day_cannot_be_read_may_have_been_before_any_other() -> None:
    run = settle(
        visit(1, "2024-06-01"), visit(2, "2024-06-02", {"settled": "昨天"}), visit(3, "2024-06-03")
    )
    assert held_by(run) == {"V1": ("V2",), "V3": ("V2",)}


def test_a_number_as_an_id_names_the_visit_too() -> None:
    run = settle(visit(1, "2024-06-01", {"visit_id": 77, "kind": DROP}), visit(2, "2024-06-02"))
    assert held_by(run) == {"V2": ("77",)}


@pytest.mark.parametrize("name", ["bill.json", "bill.yaml"])
def test_the_order_of_a_day_counts_for_a_bad_bill_too(name: str) -> None:
    day = "2024-06-01"
    bills = [
        visit(1, day, {"sequence": 1}),
        visit(2, day, {"sequence": 2, "kind": DROP}),
        visit(3, day, {"sequence": 3}),
    ]
    whole = {"bills": bills}
    run = settle_text(json.dumps(whole) if name == "bill.json" else yaml_of(whole)[0], name)
    assert held_by(run) == {"V1": (), "V3": ("V2",)}


CLASHES = [
    ("F301", "one file", {"a.json": [visit(1, "2024-06-01"), visit(1, "2024-06-01"), visit(2, "2024-06-02")]},
     ["a.json bills[0]", "a.json bills[1]"]),
    ("F301", "two files", {"a.json": [visit(1, "2024-06-01")], "b.json": [visit(1, "2024-06-05"),
     visit(2, "2024-06-06")]}, ["a.json bills[0]", "b.json bills[0]"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "name", "files", "places"), CLASHES, ids=[name for _, name, *_ in CLASHES]
)
def test_two_bills_of_one_visit_are_both_refused_and_named_later(
    code: str, name: str, files: dict[str, list[Json]], places: list[str]
) -> None:
    contents = {file: json.dumps({"bills": bills}).encode() for file, bills in files.items()}
    run = settle_bundle(example_shelf(), Bundle(contents))
    assert [(f.code, f.where) for f in run.faults] == [(code, place) for place in places], name
    assert [flaw for fault in run.faults for flaw in flaws(fault, "V1")] == []
    assert held_by(run) == {"V2": ("V1",)}


@pytest.mark.parametrize("path", FIELDS)
def test_a_bill_is_settled_as_it_stands_or_not_at_all(path: str) -> None:
    """Whatever a key is changed to, nothing of the bill is left out."""
    run = settle(mutated(WHOLE, {path: "?"}))
    assert bool(run.faults) != bool(run.settlements)
    assert {f.code for f in run.faults} <= set(FAULT_KINDS)
    assert [a.total for a in run.settlements] in ([], [430_000])


def test_thousands_of_faults_take_no_longer_each_than_a_few(
    in_time: Callable[[int], AbstractContextManager[None]],
) -> None:
    """Each line is refunded more than it was charged, and each differs from the catalogue."""
    charged = [{**SOUND["lines"][1], "id": f"L{n}"} for n in range(4000)]
    refunds = [
        {
            **line,
            "id": f"R{line['id']}",
            "refunds": line["id"],
            "quantity": "-2",
            "amount": "-600.00",
        }
        for line in charged
    ]
    listed = {"version": "1", "items": [{"code": "B1", "name": "x", "class": "甲"}]}
    with in_time(15):
        run = settle(mutated(SOUND, {"lines": charged + refunds}), catalogue=listed)
    assert {f.code for f in run.faults} == {"F312"}
    assert len(run.faults) == 4000
