"""The district's three figures and what stands beside them, each with what it is of.

A share is the sum of what patients pay by the sum of totals, not the mean of shares; it is cut off at two places of
a hundred for showing, and compared with its target exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from doudi_web.indicators.asked import Condition, Wanted, later, months
from doudi_web.indicators.facts import CHRONIC, ELSEWHERE, INPATIENT, INSIDE, REFERRED, UNKNOWN
from doudi_web.indicators.reading import Key, Sums, home, median, paid_by_funds, sums_by
from doudi_web.settlement import tables
from doudi_web.tenancy.models import Facility

Driver = psycopg.Connection[tables.Row]
INPATIENT_TARGET, CHRONIC_TARGET, INSIDE_TARGET = 10, 20, 90
"""At most, at most, at least so many of a hundred: the targets of the district's report of 2019."""
YEAR = 12


def share_of(part: int, whole: int) -> int | None:
    """Parts of 10,000, cut off; None of nothing.

    >>> share_of(1, 3), share_of(64_176, 64_178), share_of(0, 0)
    (3333, 9999, None)
    """
    return part * 10_000 // whole if whole else None


@dataclass(frozen=True, slots=True)
class Share:
    """What patients of some kinds pay of the total: `key` names it, `target` is of a hundred."""

    key: str
    kinds: tuple[str, ...]
    target: int
    of: Sums
    median: int | None
    before: Sums
    trend: Sequence[tuple[int, Sums]]

    @property
    def share(self) -> int | None:
        """Parts of 10,000."""
        return share_of(self.of.patient, self.of.total)

    @property
    def before_share(self) -> int | None:
        """The share of the same months a year before."""
        return share_of(self.before.patient, self.before.total)

    @property
    def over_share(self) -> int | None:
        """How many of the visits are above the target."""
        return share_of(self.of.over, self.of.n)

    @property
    def is_met(self) -> bool | None:
        """Whether the share is at most the target; None where there was no visit."""
        return self.of.patient * 100 <= self.target * self.of.total if self.of.n else None

    @property
    def asked(self) -> bool:
        """Whether the kinds that are asked for are among its own."""
        return bool(self.kinds)


@dataclass(frozen=True, slots=True)
class Rate:
    """Visits of the district's own people within it, of all of theirs that the ledger knows."""

    target: int
    inside: int
    referred: int
    elsewhere: int
    before: tuple[int, int]
    trend: Sequence[tuple[int, int, int]]
    """By month: within, all."""

    @property
    def n(self) -> int:
        """All."""
        return self.inside + self.referred + self.elsewhere

    @property
    def share(self) -> int | None:
        """Parts of 10,000."""
        return share_of(self.inside, self.n)

    @property
    def is_met(self) -> bool | None:
        """Whether it is at least the target."""
        return self.inside * 100 >= self.target * self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what both kinds of visits and all together came to there."""

    key: str
    every: Sums
    inpatient: Sums
    chronic: Sums
    inside: int
    residents: int


@dataclass(frozen=True, slots=True)
class Fund:
    """What a fund paid of the visits asked for, in how many of them."""

    fund: str
    n: int
    amount: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is read of the sums for one asking."""

    wanted: Wanted
    home: str
    inpatient: Share
    chronic: Share
    rate: Rate
    every: Sums
    erased: Sums
    unplaced: int
    facilities: Sequence[Row]
    outside: Sequence[Row]
    townships: Sequence[Row]
    standings: Sequence[Row]
    diseases: Sequence[Row]
    funds: Sequence[Fund]


def figures(db: Driver, wanted: Wanted) -> Figures:
    """The figures of what is asked for."""
    where = home(db)
    first = min(later(wanted.start, -YEAR), later(wanted.end, 1 - YEAR))
    main = sums_by(
        db, wanted.over(first, wanted.end), ("month", "kind", "place", "standing", "district")
    )
    now = {key: one for key, one in main.items() if key[0] >= wanted.start}
    near = frozenset(hospitals_of(where))
    by_place = sums_by(db, wanted, ("facility", "kind", "place", "district"))
    places = _rows(by_place, where, lambda key: _hospital(key, near))
    return Figures(
        wanted, where, _share(db, wanted, main, "inpatient", INPATIENT, INPATIENT_TARGET),
        _share(db, wanted, main, "chronic", CHRONIC, CHRONIC_TARGET), _rate(wanted, main, where),
        Sums.of(list(now.values())), _sum(now, lambda key: key[1] == ""),
        sum(one.n for key, one in now.items() if key[1] and key[4] == where and key[2] == UNKNOWN),
        [row for row in places if row.key not in AWAY], [row for row in places if row.key in AWAY],
        _rows(sums_by(db, wanted, ("township", "kind", "place", "district")), where, lambda key: key[0]),
        _rows({(key[3], *key[1:3], key[4]): one for key, one in _standing(now).items()}, where,
              lambda key: key[0]),
        _rows(sums_by(db, wanted, ("disease", "kind", "place", "district")), where,
              lambda key: key[0]),
        [Fund(fund, n, amount) for fund, (n, amount) in sorted(paid_by_funds(db, wanted).items())],
    )  # fmt: skip


AWAY = ("away_referred", "away_elsewhere")
"""All hospitals beyond the district together: whom it was referred to, and the others."""


def hospitals_of(district: str) -> list[str]:
    """The hospitals of a district; all, where no district is known."""
    of = Facility.objects.filter(district=district) if district else Facility.objects.all()
    return sorted(of.values_list("pk", flat=True))


def _hospital(key: Key, near: frozenset[str]) -> str:
    if key[0] in near:
        return str(key[0])
    return AWAY[0] if key[2] == REFERRED else AWAY[1]


def _standing(of: Mapping[Key, Sums]) -> dict[Key, Sums]:
    """The same without months."""
    found: dict[Key, Sums] = {}
    for key, one in of.items():
        short = (0, *key[1:])
        found[short] = found.get(short, Sums()) + one
    return found


def _rows(of: Mapping[Key, Sums], district: str, name: Callable[[Key], str]) -> list[Row]:
    """Lines by name; keys have kind, place and district behind the first. The most expensive first."""
    found: dict[str, list[tuple[Key, Sums]]] = {}
    for key, one in of.items():
        found.setdefault(name(key), []).append((key, one))
    made = [
        Row(
            key, Sums.of([one for _, one in some]),
            Sums.of([one for of_key, one in some if of_key[1] in INPATIENT]),
            Sums.of([one for of_key, one in some if of_key[1] in CHRONIC]),
            sum(one.n for of_key, one in some if _is_inside(of_key, district)),
            sum(one.n for of_key, one in some if of_key[3] == district and of_key[2] != UNKNOWN),
        )
        for key, some in found.items()
    ]  # fmt: skip
    return sorted(made, key=lambda row: (-row.every.total, row.key))


def _is_inside(key: Key, district: str) -> bool:
    return key[3] == district and key[2] == INSIDE


def _sum(of: Mapping[Key, Sums], fits: Callable[[Key], bool]) -> Sums:
    return Sums.of([one for key, one in of.items() if fits(key)])


def _share(
    db: Driver,
    wanted: Wanted,
    main: Mapping[Key, Sums],
    key: str,
    kinds: Sequence[str],
    target: int,
) -> Share:
    own = tuple(kind for kind in kinds if wanted.kind in ("", kind))
    of = {k: one for k, one in main.items() if k[1] in own}
    start, end = wanted.start, wanted.end
    before = (later(start, -YEAR), later(end, -YEAR))
    return Share(
        key, own, target, _sum(of, lambda k: k[0] >= start), median(db, wanted, own) if own else None,
        _sum(of, lambda k: before[0] <= k[0] <= before[1]),
        [(month, _sum(of, lambda k, month=month: k[0] == month)) for month in trend_months(wanted)],
    )  # fmt: skip


def trend_months(wanted: Wanted) -> list[int]:
    """The months that a trend shows: those asked for, and a year at least until the last of them."""
    return months(min(wanted.start, later(wanted.end, 1 - YEAR)), wanted.end)


def _rate(wanted: Wanted, main: Mapping[Key, Sums], district: str) -> Rate:
    of = {k: one for k, one in main.items() if k[4] == district and k[2] != UNKNOWN}
    start, end = wanted.start, wanted.end
    before = (later(start, -YEAR), later(end, -YEAR))

    def count(fits: Callable[[Key], bool], *places: int) -> int:
        return sum(one.n for k, one in of.items() if fits(k) and k[2] in places)

    def then(k: Key) -> bool:
        return before[0] <= k[0] <= before[1]

    every = (INSIDE, REFERRED, ELSEWHERE)
    asked: Callable[[Key], bool] = lambda k: k[0] >= start  # noqa: E731
    return Rate(
        INSIDE_TARGET, count(asked, INSIDE), count(asked, REFERRED), count(asked, ELSEWHERE),
        (count(then, INSIDE), count(then, *every)),
        [
            (month, count(lambda k, m=month: k[0] == m, INSIDE), count(lambda k, m=month: k[0] == m, *every))
            for month in trend_months(wanted)
        ],
    )  # fmt: skip


def is_under_way(month: int, today: date) -> bool:
    """Whether a month is not over yet."""
    return month >= today.year * 100 + today.month


def condition_of(key: str, district: str) -> list[Condition] | None:
    """What visits behind a figure must be beside what is asked for; None of a figure that there is not."""
    if key in AWAY:
        beyond = Condition("NOT facility = ANY(%s)", (hospitals_of(district),))
        is_referred = key == AWAY[0]
        return [beyond, Condition("place = %s" if is_referred else "place <> %s", (REFERRED,))]
    fund = key.removeprefix("fund:")
    if fund != key and fund:
        return [Condition("paid ->> %s IS NOT NULL", (fund[:60],))]
    return {
        "all": [],
        "inpatient": [Condition("kind = ANY(%s)", (list(INPATIENT),))],
        "chronic": [Condition("kind = ANY(%s)", (list(CHRONIC),))],
        "inpatient_over": [Condition("kind = ANY(%s)", (list(INPATIENT),)), Condition("over", ())],
        "chronic_over": [Condition("kind = ANY(%s)", (list(CHRONIC),)), Condition("over", ())],
        "exceeded": [Condition("kind = ANY(%s)", (list(INPATIENT),)), Condition("exceeded", ())],
        "residents": _at(district, INSIDE, REFERRED, ELSEWHERE),
        "inside": _at(district, INSIDE),
        "outside": _at(district, REFERRED, ELSEWHERE),
        "referred": _at(district, REFERRED),
        "elsewhere": _at(district, ELSEWHERE),
        "waits": [Condition("waits <> 0", ())],
        "erased": [Condition("kind = ''", ())],
    }.get(key)  # fmt: skip


def _at(district: str, *places: int) -> list[Condition]:
    return [Condition("district = %s", (district,)), Condition("place = ANY(%s)", (list(places),))]


OF_FACTS = frozenset({"inpatient_over", "chronic_over", "exceeded", "waits"})
"""What no cell tells apart: summed over the facts."""
