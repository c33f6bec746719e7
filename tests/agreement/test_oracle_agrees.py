"""Every amount of every bill equals what the independent oracle says."""

import random
from collections import defaultdict
from typing import Any

import pytest

from agreement.settle_both import by_engine, compare, differences, shelf
from doudi import Shelf
from oracle import banan_2019
from oracle.generate import generate, generate_faulty


@pytest.fixture(scope="module")
def packs() -> Shelf:
    return shelf()


@pytest.mark.parametrize("seed", range(6))
def test_every_amount_of_generated_bills_equals_the_oracle(packs: Shelf, seed: int) -> None:
    bills = generate(seed, 150)
    assert len(bills) > 450
    assert compare(packs, bills) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_every_amount_of_many_more_bills_equals_the_oracle(packs: Shelf, seed: int) -> None:
    assert compare(packs, generate(seed, 500)) == []


@pytest.mark.parametrize("seed", range(4))
def test_planted_faults_are_found_and_hold_later_visits(packs: Shelf, seed: int) -> None:
    planted = generate_faulty(seed, 300)
    bills = [bill for bill, _ in planted]
    right = banan_2019.settle(bills)
    mine, codes = by_engine(packs, bills)
    assert differences(mine, right["settlements"]) == []
    assert right["faults"]
    assert len(codes) >= len(right["faults"])


@pytest.mark.parametrize("seed", range(3))
def test_a_year_settled_in_two_runs_equals_one_run(packs: Shelf, seed: int) -> None:
    """The later half of each person's visits, with the earlier half as history: bills or settlements."""
    bills = generate(seed + 50, 80)
    whole, _ = by_engine(packs, bills)
    order = {visit: n for n, visit in enumerate(whole)}
    first = [b for b in bills if order[b["visit_id"]] < len(bills) // 2]
    then = [b for b in bills if order[b["visit_id"]] >= len(bills) // 2]
    wanted = {b["visit_id"]: whole[b["visit_id"]] for b in then}
    settled, _ = by_engine(packs, first)
    for history in ({"bills": first}, {"settlements": list(settled.values())}):
        got, codes = by_engine(packs, then, history)
        assert codes == []
        assert got == wanted


@pytest.mark.parametrize("seed", range(3))
def test_accumulators_from_the_centre_stand_for_all_that_was_before(
    packs: Shelf, seed: int
) -> None:
    bills = generate(seed + 70, 60)
    rng = random.Random(seed)
    people = sorted({b["person"]["id"] for b in bills})
    names = list(next(iter(banan_2019.settle(bills[:1])["settlements"].values()))["accumulators"])
    openings: list[dict[str, Any]] = [
        {"person": person, "year": 2019, "name": name, "amount": f"{rng.randrange(9_000_000) / 100:.2f}",
         "source": "市平台", "as_of": "2019-01-01"}
        for person in people
        for name in rng.sample(names, rng.randrange(len(names)))
    ]  # fmt: skip
    computed = [b for b in bills if not b.get("given")]
    assert compare(packs, computed, {"accumulators": openings}) == []


def test_a_visit_settled_again_is_not_counted_before_itself(packs: Shelf) -> None:
    bills = generate(9, 40)
    whole, _ = by_engine(packs, bills)
    by_person: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for bill in bills:
        by_person[bill["person"]["id"]].append(bill)
    mine = next(own for own in by_person.values() if len(own) >= 4)
    again = mine[1]
    got, _ = by_engine(packs, [again], {"settlements": [whole[b["visit_id"]] for b in mine]})
    assert got[again["visit_id"]]["accumulators"] == whole[again["visit_id"]]["accumulators"]
