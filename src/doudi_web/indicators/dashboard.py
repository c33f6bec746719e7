"""What the district's administrator sees first: figures, money, people, accuracy, and what waits for somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from doudi.dates import CHINA
from doudi_web.audit_log.actions import record
from doudi_web.clearing.floor import count_to_approve
from doudi_web.indicators.asked import Wanted
from doudi_web.indicators.budget import FLOOR, Stated, history
from doudi_web.indicators.figures import Figures, figures, share_of
from doudi_web.indicators.forecast import Forecast, forecast
from doudi_web.indicators.keeping import AsOf, up_to_date
from doudi_web.indicators.models import People, State
from doudi_web.indicators.reading import Driver
from doudi_web.matching.queue import waiting
from doudi_web.oversight.models import Audit
from doudi_web.settlement import tables
from doudi_web.settlement.rows import count_awaiting, count_proposals
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Money:
    """A fund's year: what its standing settlements and assessments came to by day, against its budget.

    `spent` is of settlements, `back` what hospitals gave back of periods of the year.
    """

    year: int
    fund: str
    spent: int
    visits: int
    back: int
    by_day: Mapping[date, int]
    budgets: Sequence[Stated]
    forecast: Forecast | None

    @property
    def budget(self) -> Stated | None:
        """The one that holds; None: nobody stated any."""
        return self.budgets[0] if self.budgets else None

    @property
    def net(self) -> int:
        """What is gone of the budget."""
        return self.spent - self.back

    @property
    def left(self) -> int | None:
        """What is left of the budget; below 0: more was spent."""
        return None if self.budget is None else self.budget.amount - self.net

    @property
    def spendable(self) -> int | None:
        """What settlements may come to in all before the budget is gone."""
        return None if self.budget is None else self.budget.amount + self.back


@dataclass(frozen=True, slots=True)
class Town:
    """People of a township."""

    township: str
    persons: int
    poor: int
    with_doctor: int
    insured: int
    not_insured: int

    @property
    def coverage(self) -> int | None:
        """How many of the poor have a family doctor, in parts of 10,000."""
        return share_of(self.with_doctor, self.poor)

    @property
    def unknown(self) -> int:
        """Of how many nobody said whether they are insured for care."""
        return self.persons - self.insured - self.not_insured


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The three figures of the last audit of everything: each (matched, all)."""

    ended: datetime
    limits: tuple[int, int]
    agreement: tuple[int, int]
    replay: tuple[int, int]
    count: int
    settlements: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Something that waits for somebody: what, how many, whether up to a limit alone was counted."""

    what: str
    count: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All of it."""

    as_of: AsOf
    figures: Figures
    money: Money
    towns: Sequence[Town]
    people: Town
    people_as_of: datetime | None
    accuracy: Accuracy | None
    waits: Sequence[Waits]


def dashboard(actor: Actor, wanted: Wanted) -> Dashboard:
    """The figures of what is asked for, and what stands beside them. Raises Refusal 403."""
    actor.must(Act.INDICATORS_READ)
    db = tables.driver()
    as_of = up_to_date(db)
    found = figures(db, wanted)
    towns = _towns()
    made = Dashboard(
        as_of, found, money(db, wanted.end // 100), [one for one in towns if _of(one, wanted)],
        _together([one for one in towns if _of(one, wanted)]), _people_as_of(), _accuracy(), _waits(actor),
    )  # fmt: skip
    record(actor, "indicators.read", "indicators", detail=wanted.address())
    return made


_SPENT = """
SELECT day, amount, n FROM indicators_spent WHERE fund = %s AND day BETWEEN %s AND %s ORDER BY day
"""
_BACK = """
SELECT coalesce(sum(amount), 0)::bigint FROM settlement_assessment WHERE fund = %s AND left(period, 4) = %s
"""


def money(db: Driver, year: int, fund: str = FLOOR) -> Money:
    """A fund's year, whatever else is asked for: a budget is the whole district's."""
    rows = db.execute(_SPENT, [fund, date(year, 1, 1), date(year, 12, 31)]).fetchall()
    back = db.execute(_BACK, [fund, str(year)]).fetchone()
    by_day = {day: amount for day, amount, _ in rows}
    today = now().astimezone(CHINA).date()
    return Money(
        year, fund, sum(by_day.values()), sum(n for _, _, n in rows), 0 if back is None else back[0], by_day,
        history(year, fund), forecast(year, by_day, today),
    )  # fmt: skip


def _towns() -> list[Town]:
    rows = People.objects.order_by("township")
    return [
        Town(p.township, p.persons, p.poor, p.poor_with_doctor, p.care_insured, p.care_not)
        for p in rows
    ]


def _of(one: Town, wanted: Wanted) -> bool:
    return wanted.township in ("", one.township)


def _together(towns: Sequence[Town]) -> Town:
    return Town(
        "", sum(t.persons for t in towns), sum(t.poor for t in towns), sum(t.with_doctor for t in towns),
        sum(t.insured for t in towns), sum(t.not_insured for t in towns),
    )  # fmt: skip


def _people_as_of() -> datetime | None:
    found = State.objects.first()
    return None if found is None else found.people_as_of


def _accuracy() -> Accuracy | None:
    """The last audit that looked at everything; None: there was none."""
    last = Audit.objects.filter(start=None, end=None, facility="").order_by("-id").first()
    if last is None:
        return None
    told = last.figures

    def of(name: str) -> tuple[int, int]:
        return told[name]["matched"], told[name]["all"]

    return Accuracy(
        last.ended, of("limits"), of("agreement"), of("replay"), told["count"], told["settlements"]
    )


def _waits(actor: Actor) -> list[Waits]:
    """What waits, as the rooms themselves count it; what somebody may not see is not told."""
    counts = (
        ("awaiting", Act.AWAITING_READ, count_awaiting, 100),
        ("proposals", Act.PROPOSALS_READ, count_proposals, 100),
        ("floor", Act.FLOOR_READ, count_to_approve, 1_000),
        ("mapping", Act.MATCHING_READ, waiting, None),
    )
    found: list[Waits] = []
    for what, act, count, most in counts:
        if actor.may(act):
            n = count(actor)
            found.append(Waits(what, n, most is not None and n >= most))
    return found
