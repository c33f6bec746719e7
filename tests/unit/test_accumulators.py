"""Running sums: an opening and entries, of a person and year or of a stay, never overwritten."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.dates import Moment
from doudi.ledger.accumulators import Book, Entry, Opening, Recorded
from effort import MANY

YEAR, NEXT, STAY = ("P", 2019), ("P", 2020), ("P", "E")


def _opening(amount: int, name: str = "paid", year: int = 2019) -> Opening:
    return Opening("P", year, name, amount, "市平台", "2019-01-01")


def test_a_sum_of_nothing_is_zero() -> None:
    book = Book()
    assert book.sum(YEAR, "paid") == 0
    assert book.entries == ()
    assert book.opening(YEAR, "paid") is None


def test_a_sum_is_its_opening_and_its_entries() -> None:
    book = Book()
    book.open([_opening(1000), _opening(7, "met")])
    book.post(YEAR, "V1", {"paid": 20, "met": 3})
    book.post(YEAR, "V2", {"paid": -5})
    assert (book.sum(YEAR, "paid"), book.sum(YEAR, "met")) == (1015, 10)
    assert book.opening(YEAR, "paid") == _opening(1000)
    assert book.names(YEAR) == {"paid", "met"}


def test_sums_of_years_stays_persons_and_names_are_apart() -> None:
    book = Book()
    for owner in (YEAR, NEXT, STAY, ("Q", 2019)):
        book.post(owner, "V", {"paid": 1, "met": 10})
    book.post(YEAR, "V", {"paid": 100})
    assert [book.sum(owner, "paid") for owner in (YEAR, NEXT, STAY, ("Q", 2019))] == [101, 1, 1, 1]
    assert book.sum(YEAR, "met") == 10
    assert book.names(("R", 2019)) == set()


def test_an_amount_of_nothing_is_no_entry() -> None:
    book = Book()
    book.post(YEAR, "V1", {"paid": 0, "met": 5})
    assert book.entries == (Entry(YEAR, "met", 5, "V1"),)


def test_a_second_opening_of_one_sum_is_refused() -> None:
    book = Book()
    book.open([_opening(1)])
    with pytest.raises(AssertionError):
        book.open([_opening(2)])
    book.open([_opening(3, year=2020)])
    assert (book.sum(YEAR, "paid"), book.sum(NEXT, "paid")) == (1, 3)


def test_an_opening_may_come_after_entries() -> None:
    book = Book()
    book.post(YEAR, "V1", {"paid": 4})
    book.open([_opening(10)])
    assert book.sum(YEAR, "paid") == 14


OWNERS = st.sampled_from([YEAR, NEXT, STAY, ("Q", 2019)])
POSTS = st.tuples(
    OWNERS, st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-(10**20), 10**20))
)


# Catches a sum kept beside its entries that drifts from them.
@MANY
@given(st.lists(POSTS, max_size=12), st.lists(st.integers(-50, 50), max_size=1))
def test_every_sum_can_be_added_up_again_from_the_book(posts: list, opened: list[int]) -> None:
    book = Book()
    book.open([_opening(amount, "a") for amount in opened])
    for number, (owner, amounts) in enumerate(posts):
        book.post(owner, f"V{number}", amounts)
    for owner in (YEAR, NEXT, STAY, ("Q", 2019)):
        for name in ("a", "b"):
            entries = sum(e.amount for e in book.entries if (e.owner, e.name) == (owner, name))
            opening = book.opening(owner, name)
            assert book.sum(owner, name) == entries + (0 if opening is None else opening.amount)
    assert [e.visit_id for e in book.entries] == sorted(
        (e.visit_id for e in book.entries), key=lambda v: int(v[1:])
    )


def test_earlier_settlements_stand_by_moment_then_sequence_then_visit() -> None:
    day, later = Moment.of_day(date(2019, 6, 13)), Moment.of_day(date(2019, 6, 14))
    made = [
        Recorded(visit, "P", "E", 2019, settled, sequence, {}, {})
        for visit, settled, sequence in (
            ("a", later, 0), ("a", day, 2), ("c", day, 1), ("b", day, 1), ("d", day, 0),
        )
    ]  # fmt: skip
    assert [(r.visit_id, r.sequence) for r in sorted(made, key=lambda r: r.order)] == [
        ("d", 0), ("b", 1), ("c", 1), ("a", 2), ("a", 0),
    ]  # fmt: skip
