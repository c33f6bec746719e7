"""Each kind of fault of a bill, from one sound bill and a change each: its code, its place, its words."""

from dataclasses import dataclass
from functools import cache

import pytest

import banan
from doudi import Run, Shelf
from doudi.packs.load import Files
from doudi.packs.resolve import Head
from doudi.settle import settle as settle_claims
from faults.bills import (
    DROP,
    SOUND,
    WHOLE,
    Json,
    example_shelf,
    mutated,
    settle,
    settle_text,
    where_in_yaml,
    yaml_of,
)  # fmt: skip
from faults.told import flaws

REFUND: Json = {
    "id": "3", "code": "A1", "refunds": "1", "quantity": "-1", "unit_price": "4000.00", "amount": "-4000.00",
}  # fmt: skip
PARTS: Json = {
    "out_of_catalogue": "0.00", "over_ceiling": "0.00", "first_self_pay": "0.00", "in_scope": "8000.00",
}  # fmt: skip
THIRD: Json = {**SOUND["lines"][0], "id": "3"}


@dataclass(frozen=True)
class Bad:
    """A change of the sound bill (path → value; DROP takes it away) and the one fault that it makes.

    `at` is the path that the fault shows; `line_of` the path whose line it shows, where that is another.
    """

    code: str
    changes: Json
    at: str
    quotes: str
    line_of: str | None = None
    shelf: str = "example"


FORM = [
    Bad("F201", {"settled": DROP}, "settled", "settled"),
    Bad("F201", {"person.birth_date": DROP}, "person.birth_date", "birth_date"),
    Bad("F201", {"lines[1].amount": DROP}, "lines[1].amount", "amount"),
    Bad("F202", {"setled": "2024-06-03"}, "setled", "setled"),
    Bad("F202", {"lines[0].clas": "甲"}, "lines[0].clas", "clas"),
    Bad("F203", {"settled": "2024/6/3"}, "settled", "2024/6/3"),
    Bad("F203", {"lines[0].amount": "￥8000"}, "lines[0].amount", "￥8000"),
    Bad("F203", {"lines[0].class": "甲类"}, "lines[0].class", "甲类"),
    Bad("F203", {"lines": "无"}, "lines", "无"),
    Bad("F204", {"lines[0].amount": "8000.001"}, "lines[0].amount", "8000.001"),
    Bad("F205", {"settled": "2024-06-03T08:30:00"}, "settled", "2024-06-03T08:30:00"),
    Bad("F206", {"lines[0].amount": "9223372036854.78"}, "lines[0].amount", "9223372036854.78"),
    Bad("F206", {"lines[0].quantity": "99999999999999999999"}, "lines[0].quantity", "99999999999999999999"),
    Bad("F207", {"lines[0].unit_price": "-4000"}, "lines[0].unit_price", "-4000"),
    Bad("F207", {"given": {"basic": "-0.01"}}, "given.basic", "-0.01"),
    Bad("F208", {"lines[1].first_self_pay_rate": "10"}, "lines[1].first_self_pay_rate", "10"),
    Bad("F209", {"person.id": "11010519491231002X"}, "person.id", "person.id"),
]  # fmt: skip

SAID = [
    Bad("F302", {"discharged": "2024-05-01"}, "discharged", "2024-05-01"),
    Bad("F302", {"person.birth_date": "2024-06-04"}, "person.birth_date", "2024-06-04"),
    Bad("F302", {"person.standings[0].to": "2022-12-31"}, "person.standings[0].to", "2022-12-31"),
    Bad("F303", {"lines[1].id": "1"}, "lines[1].id", "1"),
    Bad("F304", {"lines[0].amount": "8000.01"}, "lines[0].amount", "8000.01"),
    Bad("F305", {"lines[0].parts": {**PARTS, "in_scope": "7999.99"}}, "lines[0].parts", "7999.99"),
    Bad("F306", {"lines[0].first_self_pay_rate": "0.1"}, "lines[0].first_self_pay_rate", "0.1"),
    Bad("F307", {"lines[1].first_self_pay_rate": DROP}, "lines[1].first_self_pay_rate", "lines[1]"),
    Bad("F308", {"lines[0].class": DROP}, "lines[0].class", "护理"),
    Bad("F309", {"lines[2]": {**THIRD, "quantity": "-2", "amount": "-8000.00"}}, "lines[2].quantity", "lines[2]"),
    Bad("F310", {"lines[2]": {**REFUND, "refunds": "9"}}, "lines[2].refunds", "9"),
    Bad("F311", {"lines[2]": REFUND, "lines[3]": {**REFUND, "id": "4", "class": "甲", "refunds": "3"}},
        "lines[3].refunds", "3"),
    Bad("F312", {"lines[2]": {**REFUND, "quantity": "-3", "amount": "-12000.00"}}, "lines[2].quantity", "12000.00"),
    Bad("F313", {"lines[2]": {**REFUND, "quantity": "1", "amount": "4000.00"}}, "lines[2].quantity", "lines[2]"),
    Bad("F315", {"lines[0].parts": {**PARTS, "over_ceiling": "-1.00", "in_scope": "8001.00"}},
        "lines[0].parts", "-1.00"),
    Bad("F316", {"lines[2]": {**REFUND, "parts": PARTS, "amount": "8000.00"}}, "lines[2].amount", "8000.00"),
    Bad("F201", {"lines[1].code": DROP}, "lines[1].code", "code", line_of="lines[1]"),
    Bad("F431", {"lines[2]": {**REFUND, "draft": True}}, "lines[2].refunds", "行 3"),
    Bad("F431", {"lines[0].draft": True, "lines[2]": REFUND}, "lines[2].refunds", "行 3"),
]  # fmt: skip

SETTLING = [
    Bad("F314", {"lines[2]": {**REFUND, "class": "丙"}}, "lines", "-4000.00", line_of="visit_id"),
    Bad("F401", {"person.district": "123456"}, "", "123456", line_of="visit_id"),
    Bad("F401", {"settled": "2023-12-31", "admitted": "2023-12-01", "discharged": "2023-12-31"},
        "", "2023-12-31", line_of="visit_id"),
    Bad("F402", {"settled": "2023-12-31", "admitted": "2023-12-01", "discharged": "2023-12-31"},
        "", "2023-12-31", line_of="visit_id", shelf="named"),
    Bad("F403", {"facility.level": 4}, "facility.level", "4", line_of="visit_id"),
    Bad("F403", {"kind": "住院"}, "kind", "住院", line_of="visit_id"),
    Bad("F430", {"lines[1].draft": True}, "", "2", line_of="visit_id"),
    Bad("F403", {"person.standings[0].code": "poor"}, "person.standings[0].code", "poor", line_of="visit_id"),
    Bad("F404", {"given": {"basic": "8270.01"}}, "given.basic", "8270.01", line_of="visit_id"),
    Bad("F405", {"given": {"floor": "1.00"}}, "given", "floor", line_of="visit_id"),
    Bad("F405", {"awaiting": ["critical_illness"]}, "awaiting", "critical_illness", line_of="visit_id"),
    Bad("F406", {"given": {"basik": "1.00"}}, "given", "basik", line_of="visit_id"),
    Bad("F406", {"awaiting": ["basik"]}, "awaiting", "basik", line_of="visit_id"),
    Bad("F407", {"given": {"deductible_met": "1.00"}}, "given", "deductible_met", line_of="visit_id"),
    Bad("F408", {"given": {"basic": "1.00", "deductible_met": "8270.01"}},
        "given.deductible_met", "8270.01", line_of="visit_id"),
    Bad("F409", {"given": {"basic": "1.00"}, "awaiting": ["basic"]}, "given", "basic", line_of="visit_id"),
    Bad("F410", {"facility.district": "990200"}, "referred", "referred", line_of="visit_id"),
    Bad("F411", {}, "nothere", "nothere", shelf="nothere"),
    Bad("F412", {}, "", "person.attributes.income", line_of="visit_id", shelf="attributes"),
    Bad("F413", {}, "", "twin", line_of="visit_id", shelf="twins"),
]  # fmt: skip

BAD = [*FORM, *SAID, *SETTLING]


@cache
def shelf(name: str) -> Shelf:
    """The example pack, alone or among others, as it is or changed."""
    example = example_shelf()
    head, files = example.heads[0], _files()
    match name:
        case "named":
            return example_shelf("example")
        case "attributes":
            text = files["pack.yaml"].decode()
            income = (
                "  income: {title: 收入, of: person.attributes.income, codes: {low: 低, high: 高}}"
            )
            text = text.replace("\ngroups:", f"{income}\n\ngroups:", 1)
            changed = {**files, "pack.yaml": text.encode()}
            return Shelf(lambda _: changed, [head])
        case "twins":
            return Shelf(example.find, [head, Head("twin", "孪生", head.district, head.valid)])
        case "nothere":
            return Shelf(lambda _: None, [head], "nothere")
        case _:
            return example


def _files() -> Files:
    found = example_shelf().find("example")
    assert found is not None
    return found


def _name(bad: Bad) -> str:
    return f"{bad.code} {', '.join(bad.changes) or bad.shelf}"


def _told(run: Run, bad: Bad) -> tuple[str, str]:
    """The code and place of the one fault, whose words are as they must be."""
    assert run.settlements == ()
    assert len(run.faults) == 1, run.faults
    (fault,) = run.faults
    assert flaws(fault, bad.quotes) == []
    return fault.code, fault.where


def test_the_bill_that_is_changed_is_sound() -> None:
    for bill in (SOUND, WHOLE):
        for run in (settle(bill), settle_text(yaml_of(bill)[0], "bill.yaml")):
            assert run.faults == ()
            assert len(run.settlements) == 1


@pytest.mark.parametrize("bad", BAD, ids=_name)
def test_a_fault_in_json_has_its_code_its_path_and_its_words(bad: Bad) -> None:
    run = settle(mutated(SOUND, bad.changes), shelf=shelf(bad.shelf))
    wanted = bad.at if bad.shelf == "nothere" else f"bill.json {bad.at}".strip()
    assert _told(run, bad) == (bad.code, wanted)


@pytest.mark.parametrize("bad", BAD, ids=_name)
def test_a_fault_in_yaml_has_the_line_of_its_value(bad: Bad) -> None:
    text, places = yaml_of(mutated(SOUND, bad.changes))
    run = settle_text(text, "bill.yaml", shelf=shelf(bad.shelf))
    wanted = where_in_yaml(places, bad.at)
    if bad.line_of is not None:
        wanted = f"bill.yaml:{places[bad.line_of]} {bad.at}".strip()
    if bad.shelf == "nothere":
        wanted = bad.at
    assert _told(run, bad) == (bad.code, wanted)


def test_a_tier_is_asked_for_by_the_packs_that_divide_by_it() -> None:
    stated = banan.bill(banan.line("2539.50"))
    del stated["person"]["insurance_tier"]
    run = settle_claims(banan.SHELF, banan.claims_of(stated))
    assert [(f.code, "person.insurance_tier" in f.what) for f in run.faults] == [("F412", True)]
    without_tiers = mutated(SOUND, {"person.insurance_tier": None})
    assert len(settle(without_tiers).settlements) == 1


def test_a_file_name_with_spaces_is_told_whole() -> None:
    text, places = yaml_of(mutated(SOUND, {"facility.level": 9}))
    run = settle_text(text, "5 月 账单.yaml")
    assert [f.where for f in run.faults] == [f"5 月 账单.yaml:{places['visit_id']} facility.level"]
