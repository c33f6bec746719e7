"""A citizen's number never passes as the register's id, since a settlement prints that id."""

import pytest

from agreement.settle_both import by_engine, shelf
from banan import bill, line

PACKS = shelf()


def _codes(person_id: str) -> list[str]:
    asked = bill(line("100.00"))
    asked["person"]["id"] = person_id
    return by_engine(PACKS, [asked])[1]


def test_a_citizens_number_as_the_id_is_a_fault() -> None:
    assert _codes("11010519491231002X") == ["F209"]


@pytest.mark.parametrize("other", ["P0001", "110105194912310021", "11010519491331002X", "1" * 18])
def test_other_ids_pass(other: str) -> None:
    assert _codes(other) == []


def test_a_null_in_given_is_an_absent_one() -> None:
    asked = bill(line("100.00"), given={"basic": None, "deductible_met": None})
    asked["attributes"] = {"ward": None}
    settled, codes = by_engine(PACKS, [asked])
    assert codes == []
    assert settled["V"]["computed"] == {}
