"""What a bill gets wrong is told with code and place, in Chinese, all of it at once; nothing is settled."""

from copy import deepcopy
from typing import Any

import pytest

from agreement.settle_both import shelf
from banan import bill, line
from doudi import Bundle, Fault, settle_bundle
from doudi.source_text import Document

PACKS = shelf()
B = dict[str, Any]


def _faults(*bills: B) -> list[Fault]:
    run = settle_bundle(PACKS, Bundle({"b": Document("b", {"bills": list(bills)})}))
    return list(run.faults)


def _refund(of: str, quantity: str = "-1", amount: str = "-10.00", **more: Any) -> B:
    own = {"quantity": quantity, "amount": amount, "refunds": of, "id": "R"}
    return {**line("10.00"), **own, **more}


def _line(**more: Any) -> B:
    return bill({**line("10.00"), **more})


def _person(**more: Any) -> B:
    made = deepcopy(bill(line("10.00")))
    made["person"] |= more
    return made


def _bare(**more: Any) -> B:
    return {**bill(line("10.00")), **more}


PARTS = {
    "out_of_catalogue": "0.00",
    "over_ceiling": "0.00",
    "first_self_pay": "0.00",
    "in_scope": "9.99",
}
TABLE: list[tuple[str, str, B]] = [
    ("F201", "bills[0].settled", {k: v for k, v in _bare().items() if k != "settled"}),
    ("F201", "bills[0].admitted", {k: v for k, v in _bare().items() if k != "admitted"}),
    ("F202", "bills[0].setled", _bare(setled="2019-06-13")),
    ("F202", "bills[0].lines[0].clas", _line(clas="甲")),
    ("F203", "bills[0].lines[0].amount", _line(amount="ten")),
    ("F203", "bills[0].settled", _bare(settled="2019-02-30")),
    ("F204", "bills[0].lines[0].amount", _line(amount="10.001")),
    ("F205", "bills[0].settled", _bare(settled="2019-06-13T08:00:00")),
    ("F207", "bills[0].given.basic", _bare(given={"basic": "-0.01"})),
    ("F208", "bills[0].lines[0].first_self_pay_rate", _line(first_self_pay_rate="1.01")),
    ("F302", "bills[0].settled", _bare(admitted="2019-07-01")),
    ("F302", "bills[0].person.birth_date", _person(birth_date="2019-12-01")),
    ("F303", "bills[0].lines[1].id", bill(line("10.00"), line("10.00"))),
    ("F304", "bills[0].lines[0].amount", _line(amount="10.01")),
    ("F305", "bills[0].lines[0].parts", _line(parts=PARTS)),
    ("F306", "bills[0].lines[0].first_self_pay_rate", _line(first_self_pay_rate="0.1")),
    ("F307", "bills[0].lines[0].first_self_pay_rate", _line(**{"class": "乙"})),
    ("F308", "bills[0].lines[0].class", bill({k: v for k, v in line("10.00").items() if k != "class"})),
    ("F309", "bills[0].lines[0].quantity", _line(quantity="-1", amount="-10.00")),
    ("F310", "bills[0].lines[1].refunds", bill(line("10.00"), _refund("X"))),
    ("F311", "bills[0].lines[2].refunds", bill(line("10.00"), _refund("L1"), _refund("R", id="Q"))),
    ("F312", "bills[0].lines[1].quantity", bill(line("10.00"), _refund("L1", "-2", "-20.00"))),
    ("F313", "bills[0].lines[1].quantity", bill(line("10.00"), _refund("L1", "1", "10.00"))),
    ("F314", "b bills[0] lines", bill(line("10.00"), line("10.00", "丙", "L2"), _refund("L1", **{"class": "丙"}),
                                      _refund("L2", id="Q", **{"class": "丙"}))),
    ("F401", "bills[0]", _bare(settled="2020-01-01")),
    ("F403", "kind", _bare(kind="hospice")),
    ("F403", "facility.level", bill(line("10.00"), level="4")),
    ("F403", "person.standings[0].code", bill(line("10.00"), standing="rich")),
    ("F404", "given.basic", _bare(given={"basic": "10.01"})),
    ("F404", "given.critical_illness", _bare(given={"basic": "10.00", "critical_illness": "0.01"})),
    ("F405", "given", _bare(given={"floor": "0.00"})),
    ("F406", "given", _bare(given={"lottery": "1.00"})),
    ("F407", "given", _bare(given={"deductible_met": "1.00"})),
    ("F408", "given.deductible_met", _bare(given={"basic": "0.00", "deductible_met": "10.01"})),
    ("F409", "given", _bare(given={"basic": "0.00"}, awaiting=["basic"])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "place", "asked"), TABLE, ids=[f"{code} {place}" for code, place, _ in TABLE]
)
def test_a_bad_bill_is_told_with_code_and_place(code: str, place: str, asked: B) -> None:
    found = _faults(asked)
    assert code in [f.code for f in found], found
    fault = next(f for f in found if f.code == code)
    assert place in fault.where
    for text in (fault.what, fault.why, fault.mend):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text), text
        assert "{" not in text


def test_everything_wrong_with_a_bill_is_told_at_once() -> None:
    asked = bill(
        {**line("10.00"), "amount": "10.01"},
        {**line("10.00", "乙", "L2")},
        _refund("X"),
        admitted="2019-07-01",
    )
    assert {f.code for f in _faults(asked)} == {"F302", "F304", "F307", "F310"}


def test_the_same_visit_twice_is_settled_not_even_once() -> None:
    run = settle_bundle(PACKS, Bundle({"b": Document("b", {"bills": [bill(line("10.00"))] * 2})}))
    assert [f.code for f in run.faults] == ["F301", "F301"]
    assert run.settlements == ()


def test_a_bad_bill_holds_the_later_ones_and_they_say_so() -> None:
    bad = {**_line(amount="10.01"), "visit_id": "BAD", "settled": "2019-06-02"}
    good = {**bill(line("10.00")), "visit_id": "GOOD"}
    run = settle_bundle(PACKS, Bundle({"b": Document("b", {"bills": [good, bad]})}))
    (settled,) = run.settlements
    (held,) = [w for w in settled.warnings if w.code == "held_by"]
    assert held.visits == ("BAD",)
    assert "BAD" in held.text
