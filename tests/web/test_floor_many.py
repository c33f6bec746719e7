"""Floor money of many years: what the pages and the closing of a month read does not grow with what was paid."""

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from desk.plans import recorded
from doudi_web.clearing import finishing, floor, standing
from doudi_web.clearing.deciding import LIMIT, Batch, decide
from doudi_web.clearing.floor import ITEMS, State
from doudi_web.clearing.standing import Sum
from doudi_web.month_end import checks
from doudi_web.payments import making
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from web.floor_at_hand import entry_of, poor, reversed_, settled
from web.payments_at_hand import ACCOUNTANT, ADMIN, MONTH, message
from web.service import Service

MANY, OPEN, MONTHS = 40_000, 200, 40
_FILL = (
    "SET session_replication_role = replica",  # rows of no message: the guards of the ledger are not asked
    "INSERT INTO tenancy_facility (code, name, level, district) SELECT 'M' || g, '院' || g, '2', '500113'"
    " FROM generate_series(0, 9) g",
    f"""INSERT INTO settlement_settlement
      (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result)
    SELECT g, 'c', g, '', 'M' || g, 'P' || g % 1000, 'M' || g % 10, timestamptz '2016-01-15', g, 2016, '{{}}'
    FROM generate_series(1, {MANY}) g""",
    f"""INSERT INTO settlement_posting
      (id, kind, settlement, client, message, posted, month, reason, parts, content, commitment)
    SELECT g, 'settle', g, 'c', g, now(),
      to_char(date '2016-01-01' + ((g - 1) / ({MANY} / {MONTHS})) * interval '1 month', 'YYYY-MM'), '', '', '', ''
    FROM generate_series(1, {MANY}) g""",
    f"""INSERT INTO settlement_entry (posting, account, amount)
    SELECT g, account, amount FROM generate_series(1, {MANY}) g,
      (VALUES ('fund:floor', 100), ('clearing:M', -100)) x(account, amount) ORDER BY g""",
    f"""INSERT INTO clearing_floorstate (entry, state, at, actor, reason, reference, message)
    SELECT e.id, state, now(), 'token:' || state, '', '', 'm'
    FROM settlement_entry e, unnest(ARRAY['approved', 'paid']) AS state
    WHERE e.account = 'fund:floor' AND e.posting <= {MANY - OPEN} ORDER BY e.id, state""",
    *(f"SELECT setval('settlement_{name}_id_seq', {MANY})" for name in ("posting", "settlement")),
    "ANALYZE",
)  # fmt: skip
LAST = "2019-04"


def holds(service: Service) -> None:
    """As if the last mark had been made a while ago."""
    service.rows("UPDATE clearing_floormark SET marked = marked - interval '1 minute' RETURNING 1")


def finish() -> None:
    db = tables.driver()
    with db.transaction():
        finishing.finish(db, State.APPROVED, ())


@pytest.fixture(scope="module")
def years(service: Service) -> Service:
    with psycopg.connect(service.url) as database:
        for sql in _FILL:
            database.execute(sql)
    finish()
    holds(service)
    finish()
    with psycopg.connect(service.url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE")
    return service


def _read(plan: Mapping[str, Any]) -> Iterator[int]:
    """Rows that a plan takes from tables that grow."""
    if str(plan.get("Relation Name", "")).startswith(("settlement_", "clearing_floorstate")):
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield round(rows * plan["Actual Loops"])
    for inner in plan.get("Plans", ()):
        yield from _read(inner)


def rows_read(url: str, asked: list[tuple[str, Any]]) -> int:
    count = 0
    with psycopg.connect(url) as database:
        for sql, values in asked:
            row = database.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values).fetchone()  # pyright: ignore
            assert row is not None
            plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
            count += sum(n for plan in plans for n in _read(plan["Plan"]))
    return count


# Catches sums over every floor amount that there ever was: 40,000 of them, 200 open.
def test_what_is_read_is_what_is_open_not_what_was_ever_paid(years: Service) -> None:
    assert years.rows("SELECT count(*) FROM clearing_flooropen") == [(OPEN,)]
    with recorded() as page:
        found = standing.standing(ADMIN, LAST)
    assert sum(one.to_approve.items for one in found) == OPEN
    assert sum(one.paid.amount for one in found) == (MANY - OPEN) * 100
    with recorded() as bar:
        assert floor.count_to_approve(ADMIN) == OPEN
    with recorded() as batch:
        db = tables.driver()
        with db.transaction():
            assert making.ready(db, LAST) == []
    for asked in (page, bar, batch):
        assert rows_read(years.url, asked.reading()) < 10 * OPEN
    with recorded() as closing:
        assert {one.name: one.count for one in checks.looked(ADMIN, LAST).checks}[
            "floor_to_approve"
        ] == OPEN
    of_floor = [one for one in closing.reading() if "floor_to_approve" in one[0]]
    assert len(of_floor) == 1
    assert rows_read(years.url, of_floor) < 10 * OPEN


def test_closed_months_are_not_gone_through_for_those_that_are_open(years: Service) -> None:
    with psycopg.connect(years.url) as database:
        database.execute("SET session_replication_role = replica")
        database.execute(
            "INSERT INTO settlement_monthclose (month, closed, client, message, reason, postings, digest, posting)"
            " VALUES ('2019-02', now(), 'c', 'c', 'c', 0, '', 0)"
        )
    with recorded() as closing:
        found = {one.name: one.count for one in checks.looked(ADMIN, LAST).checks}
    assert found["earlier_open"] == 1
    asked = [one for one in closing.reading() if "count(DISTINCT month)" in one[0]]
    assert rows_read(years.url, asked) <= 2 * MANY // MONTHS


@pytest.mark.slow  # each amount is written into the log of who did what
def test_every_amount_of_a_hospital_can_be_approved_at_once(years: Service) -> None:
    """More than the interface takes in one message: what the page shows is what its button approves."""
    facility, many = "MX", LIMIT + 1
    with psycopg.connect(years.url) as database:
        database.execute("SET session_replication_role = replica")
        for sql in (
            "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('MX', '大院', '3', '500113')",
            f"""INSERT INTO settlement_settlement
              (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result)
            SELECT g, 'x', 'x' || g, '', 'X' || g, 'P', 'MX', now(), g, 2019, '{{}}'
            FROM generate_series({MANY} + 1, {MANY + many}) g""",
            f"""INSERT INTO settlement_posting
              (id, kind, settlement, client, message, posted, month, reason, parts, content, commitment)
            SELECT g, 'settle', g, 'x', 'x' || g, now(), '{LAST}', '', '', '', ''
            FROM generate_series({MANY} + 1, {MANY + many}) g""",
            f"""INSERT INTO settlement_entry (posting, account, amount)
            SELECT g, 'fund:floor', 100 FROM generate_series({MANY} + 1, {MANY + many}) g""",
            *(
                f"SELECT setval('settlement_{name}_id_seq', {MANY + many})"
                for name in ("posting", "settlement")
            ),
        ):
            database.execute(sql)  # pyright: ignore[reportArgumentType, reportCallIssue]
    (one,) = [s for s in standing.standing(ADMIN, LAST) if s.facility == facility]
    assert one.to_approve == Sum(many, many * 100)
    told = standing.approve(
        ADMIN, message(), {}, facility, LAST, one.last, one.to_approve.amount
    ).text
    assert json.loads(told)["count"] == many
    (one,) = [s for s in standing.standing(ADMIN, LAST) if s.facility == facility]
    assert (one.to_approve, one.free) == (Sum(), Sum(many, many * 100))


def recounted(month: str) -> dict[tuple[str, str], tuple[int, int]]:
    """How many and how much stands where, from every amount that there is."""
    rows = tables.driver().execute(
        f"SELECT i.f, i.state, count(*), sum(i.amount)::bigint FROM ({ITEMS} AND p.month <= %s)"
        " AS i(id, kind, s, a, v, f, posted, month, amount, state) GROUP BY 1, 2",
        [month],
    )
    return {(facility, state): (n, amount) for facility, state, n, amount in rows}


def test_more_than_can_be_approved_at_once_is_told_not_taken_for_another_sum(
    years: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert years
    (one,) = [s for s in standing.standing(ADMIN, LAST) if s.facility == "M1"]
    monkeypatch.setattr(standing, "MOST", one.to_approve.items - 1)
    with pytest.raises(Refusal) as refused:
        standing.approve(ADMIN, message(), {}, "M1", LAST, one.last, one.to_approve.amount)
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (413, ["F110"])


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_sums_of_what_is_finished_follow_every_decision(
    years: Service, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Amounts are settled, reversed, approved, paid and fail in any order; each time all is recounted."""
    monkeypatch.setattr(finishing, "LEAST", 1)
    chance = random.Random(seed)
    who = f"FM{seed}"
    poor(years, who)
    years.facilities("M0")
    made: list[Any] = []
    entries: list[int] = []
    for _ in range(40):
        match chance.choice(("settle", "reverse", "decide", "decide", "decide", "hold")):
            case "settle":
                made.append(settled(years, who, "M0"))
                entries.append(entry_of(years, made[-1]))
            case "reverse" if made:
                one = made.pop(chance.randrange(len(made)))
                reversed_(years, one)
                entries.append(entry_of(years, one, "reverse"))
            case "decide" if entries:
                state = chance.choice([State.APPROVED, State.PAID, State.FAILED])
                by = ADMIN if state == State.APPROVED else ACCOUNTANT
                of = {
                    one.entry: one.state
                    for one in floor.read_items(
                        tables.driver(), [("e.id = ANY(%s)", entries)]
                    )
                }  # fmt: skip
                may = {
                    State.APPROVED: (State.COMPUTED, State.RECOVER, State.FAILED),
                    State.PAID: (State.APPROVED,), State.FAILED: (State.APPROVED,),
                }[state]  # fmt: skip
                chosen = [e for e in entries if of[e] in may][:2]
                if chosen:
                    decide(by, state, message(), {}, Batch(entries=tuple(chosen)), "试", "R")
            case _:
                holds(years)
        told = {
            (one.facility, state.value): (found.items, found.amount)
            for one in standing.standing(ADMIN, MONTH) for state, found in one.states.items()
        }  # fmt: skip
        assert told == recounted(MONTH)
    low = years.rows("SELECT low FROM clearing_floormark")[0][0]
    assert low >= min(entries)
