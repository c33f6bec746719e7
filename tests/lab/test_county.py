"""An invented county: the same from the same seed, settled without a fault, shaped like a district."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

import pytest
from stdnum.cn import ric

from banan import FOLDER
from doudi.adjudication import Adjudication
from doudi.dates import age_on
from doudi.settle import Shelf, settle
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi.wire.pack_folder import PackFolder
from doudi_lab import County, county
from doudi_lab.bills import Bill
from doudi_lab.streams import Stream

DISTRICT, YEAR = "500113", 2019


def shelf() -> Shelf:
    folder = PackFolder(FOLDER)
    return Shelf(folder.find, folder.heads()[0])


def banan(persons: int, seed: int = 1) -> County:
    return county(seed, persons, DISTRICT, YEAR, shelf=shelf())


@lru_cache(maxsize=1)
def _bills() -> tuple[Bill, ...]:
    return tuple(banan(300).bills())


@lru_cache(maxsize=1)
def _settled() -> tuple[Adjudication, ...]:
    """Every bill of 300 persons, held against the catalogue and settled by the engine."""
    lists = Lists(banan(1).catalogue)
    claims = [read_bill(Document("bill", bill, {}), (), bill, lists) for bill in _bills()]
    run = settle(shelf(), claims)
    assert run.faults == ()
    assert len(run.settlements) == len(claims)
    return run.settlements


def test_the_same_seed_makes_the_same_county_and_another_seed_another() -> None:
    assert banan(40) == banan(40)
    assert list(banan(40).bills()) == list(banan(40).bills())
    assert [p.name for p in banan(40).persons] != [p.name for p in banan(40, seed=2).persons]


def test_a_larger_county_begins_with_the_same_persons_and_their_bills() -> None:
    small, large = banan(40), banan(200)
    assert large.persons[:40] == small.persons
    ids = {person.id for person in small.persons}
    assert [b for b in large.bills() if b["person"]["id"] in ids] == list(small.bills())


def test_bills_come_in_the_order_of_settlement_and_each_person_is_settled_one_at_a_time() -> None:
    settled = [bill["settled"] for bill in _bills()]
    assert settled == sorted(settled)
    assert len({bill["visit_id"] for bill in _bills()}) == len(_bills())
    of_person: dict[str, list[str]] = {}
    for bill in _bills():
        of_person.setdefault(bill["person"]["id"], []).append(bill["settled"])
    assert all(a < b for times in of_person.values() for a, b in pairwise(times))


def test_some_of_the_bills_can_be_made_alone() -> None:
    made = banan(300)
    visits = made.visits(made.persons[7:9])
    ids = {visit.id for visit in visits}
    assert list(made.bills(visits)) == [bill for bill in _bills() if bill["visit_id"] in ids]


def test_every_bill_is_settled_as_the_catalogue_has_its_lines() -> None:
    """No fault, and no line of another class, rate or ceiling than the catalogue's."""
    codes = Counter(warning.code for a in _settled() for warning in a.warnings)
    assert set(codes) <= {"exceeded", "approaching", "late_charge", "given_differs"}
    assert codes["exceeded"]


_Share = Callable[[Sequence[Bill], Sequence[Adjudication]], float]


def _of_bills(holds: Callable[[Bill], bool]) -> _Share:
    return lambda bills, _: sum(map(holds, bills)) / len(bills)


SHAPE: list[tuple[str, float, float, _Share]] = [
    ("visits a person", 2.1, 2.9, lambda bills, _: len(bills) / 300),
    ("lines a visit", 9, 13, lambda bills, _: sum(len(b["lines"]) for b in bills) / len(bills)),
    ("in the district", 0.9, 0.96, _of_bills(lambda b: b["facility"]["district"] == DISTRICT)),
    ("out, not referred", 0.01, 0.06,
     _of_bills(lambda b: b["facility"]["district"] != DISTRICT and not b["referred"])),
    ("inpatient", 0.25, 0.45, _of_bills(lambda b: b["kind"] == "inpatient")),
    ("chronic", 0.08, 0.25, _of_bills(lambda b: b["kind"] == "chronic_outpatient")),
    ("major", 0.01, 0.12, _of_bills(lambda b: b["kind"] == "major_outpatient")),
    ("in parts", 0.005, 0.08, _of_bills(lambda b: "episode_id" in b)),
    ("settled by the platform", 0.005, 0.1, _of_bills(lambda b: "given" in b)),
    ("with refunds", 0.02, 0.08, _of_bills(lambda b: any("refunds" in x for x in b["lines"]))),
    ("with a signed line", 0.01, 0.08, _of_bills(lambda b: any("consent" in x for x in b["lines"]))),
    ("above 10 % out of the catalogue", 0.03, 0.09,
     lambda _, settled: sum((a.out_of_catalogue + a.over_ceiling) * 10 > a.total for a in settled)
     / len(settled)),
    ("lines above their ceiling", 0.015, 0.05,
     lambda _, settled: sum(x.over_ceiling > 0 for a in settled for x in a.lines)
     / sum(len(a.lines) for a in settled)),
    ("a stay's middle total, yuan", 2_000, 4_000,
     lambda _, settled: sorted(a.total for a in settled if a.kind == "inpatient")
     [sum(a.kind == "inpatient" for a in settled) // 2] / 100),
    ("the dearest visit, yuan", 10_000, 100_000,
     lambda _, settled: max(a.total for a in settled) / 100),
    ("settled as ordinary", 0.03, 0.2,
     lambda _, settled: sum(a.standing == "ordinary" for a in settled) / len(settled)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "low", "high", "share"), SHAPE, ids=[row[0] for row in SHAPE])
def test_the_year_has_the_shape_of_a_district(
    what: str, low: float, high: float, share: _Share
) -> None:
    assert low <= share(_bills(), _settled()) <= high, what


def test_standings_begin_end_and_overlap_within_the_year() -> None:
    persons = banan(600).persons
    new_year = date(YEAR, 1, 1)
    spans = [s for p in persons for s in p.standings]
    assert all(s.end is None or s.start < s.end for s in spans)
    assert any(new_year < s.start for s in spans)
    assert any(s.end is not None and new_year < s.end for s in spans)
    assert any(
        a.start <= b.start and (a.end is None or b.start < a.end)
        for p in persons for a, b in pairwise(p.standings)
    )  # fmt: skip
    assert {s.code for s in spans} == {"destitute", "dibao", "registered_poor"}


def test_identity_numbers_are_right_in_form_and_of_no_real_division() -> None:
    persons = banan(2000).persons
    numbers = [person.id_number for person in persons]
    assert len(set(numbers)) == 2000
    for person, number in zip(persons, numbers, strict=True):
        assert number[17] == ric.calc_check_digit(number)
        assert ric.get_birth_date(number) == person.birth_date
        assert (int(number[16]) % 2 == 1) is (person.sex == "男")
        assert number.startswith("99")
        assert not ric.is_valid(number)  # its division is none


def test_nobody_is_older_than_people_get_or_treated_before_birth() -> None:
    made = banan(300)
    assert all(0 <= age_on(p.birth_date, date(YEAR, 12, 31)) <= 98 for p in made.persons)
    assert all(visit.from_day > visit.person.birth_date for visit in made.visits())


def test_without_rules_the_platform_has_settled_nothing() -> None:
    made = county(1, 300, DISTRICT, YEAR)
    assert any(visit.is_given for visit in made.visits())
    assert not any("given" in bill for bill in made.bills())


def test_the_luck_of_a_name_is_the_same_on_every_machine() -> None:
    luck = Stream(1, "person", 0)
    assert [luck.whole(1, 6) for _ in range(8)] == [4, 6, 4, 1, 1, 4, 3, 6]
    assert [Stream(1, "person", n).whole(0, 999) for n in (0, 1, 2)] == [506, 309, 128]


@pytest.mark.parametrize(
    ("district", "year", "codes"),
    [("500113", 2025, {"F420"}), ("230803", 2018, {"F403"}), ("990101", 2024, {"F403"})],
)
def test_elsewhere_only_what_the_pack_leaves_open_or_does_not_know_is_refused(
    district: str, year: int, codes: set[str]
) -> None:
    """Open values, and kinds of visits that a pack has no rule for; the rest is settled."""
    bills = list(county(1, 150, district, year, shelf=shelf()).bills())
    claims = [read_bill(Document("bill", bill, {}), (), bill, Lists()) for bill in bills]
    run = settle(shelf(), claims)
    assert {found.code for found in run.faults} == codes
    assert len(run.settlements) > 60
    assert any("given" in bill for bill in bills)


def test_who_does_not_stay_is_not_charged_by_the_day() -> None:
    daily = {
        item.code
        for items in banan(1).catalogue.items.values()
        for item in items
        if item.unit == "日"
    }
    charged = {bill["kind"] for bill in _bills() for line in bill["lines"] if line["code"] in daily}
    assert charged == {"inpatient"}
