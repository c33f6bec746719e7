"""Causes of a township, a household, the floor fund, a hospital's months."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any, LiteralString

from doudi.money import yuan_for_people as yuan
from doudi_web.alerts.found import (
    DISTRICT,
    MOST_BEHIND,
    Asked,
    Behind,
    Driver,
    Found,
    officer_of,
)
from doudi_web.alerts.rules import NOTICE, SEVERE, WARN
from doudi_web.clearing.spans import Period
from doudi_web.indicators import periods
from doudi_web.indicators.dashboard import money
from doudi_web.indicators.facts import LIVES, TOWNSHIP, ordinary
from doudi_web.register.words import word

# ---------------------------------------------------------- 身份快到期

_ENDING: LiteralString = """
SELECT coalesce(left(coalesce(p.village_id, h.village_id, p.district_id || '000'), 9), ''), f.valid_to, f.person_id,
  f.code
FROM register_fact f JOIN register_person p ON p.id = f.person_id
LEFT JOIN register_household h ON h.code = p.household_id
WHERE f.kind = 'standing' AND f.superseded IS NULL AND f.valid_to >= %(first)s AND f.valid_to <= %(until)s
  AND f.valid_from <= %(today)s AND NOT f.code = ANY(%(ordinary)s)
  AND p.withdrawn IS NULL AND (p.died IS NULL OR p.died > f.valid_to)
  AND (p.moved_out IS NULL OR p.moved_out > f.valid_to)
  AND NOT EXISTS (
    SELECT 1 FROM register_fact n WHERE n.person_id = f.person_id AND n.kind = 'standing' AND n.superseded IS NULL
      AND NOT n.code = ANY(%(ordinary)s) AND n.valid_from <= greatest(f.valid_to, %(today)s)
      AND (n.valid_to IS NULL OR n.valid_to > greatest(f.valid_to, %(today)s)))
ORDER BY 1, f.valid_to, f.person_id
"""


def standing(db: Driver, asked: Asked) -> Iterator[Found]:
    """身份快到期: by township and the month in which they end; who lost one this month is among them."""
    values = {
        "first": asked.today.replace(day=1), "today": asked.today, "ordinary": sorted(ordinary()),
        "until": asked.today + timedelta(days=asked.values["days"]),
    }  # fmt: skip
    rows = db.execute(_ENDING, values).fetchall()
    for (township, month), own in groupby(rows, key=lambda row: (row[0], f"{row[1]:%Y-%m}")):
        found = list(own)
        persons = {row[2]: row for row in found}
        first: date = found[0][1]
        kinds = "、".join(sorted({word("standing", row[3]) for row in found}))
        says = f"{asked.name(township)}：{len(persons)} 人的困难身份（{kinds}）{month} 到期，最早 {first}，没有接上"
        severity = WARN if (first - asked.today).days <= _SOON else NOTICE
        yield Found(
            f"{township}:{month}", township, says[:400], len(persons), severity, officer_of(township),
            max(row[1] for row in found), township=township,
            figures={"persons": len(persons), "first": first.isoformat()},
            behind=[Behind(person=row[2], day=row[1]) for row in [*persons.values()][:MOST_BEHIND]],
        )  # fmt: skip


_SOON = 7
"""Days until which a standing that ends is more than to be noticed."""

# ---------------------------------------------------------- 一户负担过重

_OF_ALL: LiteralString = f"""
SELECT coalesce(p.household_id, s.person) AS household, s.person, s.visit, f.settlement, f.facility, f.day,
  f.patient, coalesce({TOWNSHIP}, f.township) AS township
FROM indicators_fact f JOIN settlement_settlement s ON s.id = f.settlement {LIVES}
"""
_OF_SOME: LiteralString = f"""
SELECT m.household, s.person, s.visit, f.settlement, f.facility, f.day, f.patient,
  coalesce({TOWNSHIP}, f.township) AS township
FROM members m JOIN settlement_settlement s ON s.person = m.person JOIN indicators_fact f ON f.settlement = s.id
{LIVES}
"""
_MEMBERS: LiteralString = """
named AS MATERIALIZED (
  SELECT x.person, o.household_id FROM unnest(%(persons)s::text[]) x(person)
  LEFT JOIN register_person o ON o.id = x.person AND o.withdrawn IS NULL),
members AS MATERIALIZED (
  SELECT m.id AS person, m.household_id AS household FROM register_person m
  WHERE m.withdrawn IS NULL AND m.household_id IN (SELECT household_id FROM named)
  UNION SELECT person, person FROM named WHERE household_id IS NULL),
"""
"""Everybody of the households of persons, each found by an index, however little is known of the size of tables."""


def _households(own: LiteralString, members: LiteralString) -> LiteralString:
    return f"""
WITH {members} own AS (
  {own} WHERE f.day BETWEEN %(first)s AND %(today)s AND f.patient > 0),
large AS (
  SELECT household FROM own GROUP BY household HAVING sum(patient) >= %(least)s)
SELECT household, person, visit, settlement, facility, day, patient, township FROM own JOIN large USING (household)
ORDER BY household, patient DESC, settlement
"""


_HOUSEHOLDS = _households(_OF_ALL, "")
_HOUSEHOLDS_OF_SOME = _households(_OF_SOME, _MEMBERS)


def household(db: Driver, asked: Asked) -> Iterator[Found]:
    """一户负担过重: what the household's members paid themselves this year."""
    values = {
        **asked.values, "first": date(asked.today.year, 1, 1), "today": asked.today, "persons": asked.of,
    }  # fmt: skip
    sql = _HOUSEHOLDS if asked.persons is None else _HOUSEHOLDS_OF_SOME
    for of, own in groupby(db.execute(sql, values).fetchall(), key=lambda row: row[0]):
        found = list(own)
        paid, persons = sum(row[6] for row in found), {row[1] for row in found}
        township = found[0][7]
        says = f"一户 {len(persons)} 人就医 {len(found)} 次，今年自己付 {yuan(paid)} 元，"
        says += f"起报 {yuan(asked.values['least'])} 元"
        yield Found(
            f"{of}:{asked.today.year}", of, says, paid,
            SEVERE if paid >= 2 * asked.values["least"] else WARN, officer_of(township),
            max(row[5] for row in found), township=township,
            figures={"paid": paid, "persons": len(persons), "visits": len(found)},
            behind=[Behind(row[3], row[2], row[4], row[1], row[5], row[6]) for row in found[:MOST_BEHIND]],
        )  # fmt: skip


def households_of(db: Driver, persons: list[str]) -> list[str]:
    """The keys of the households of persons."""
    rows = db.execute(
        "SELECT coalesce(o.household_id, x.person) FROM unnest(%s::text[]) x(person)"
        " LEFT JOIN register_person o ON o.id = x.person AND o.withdrawn IS NULL",
        [persons],
    )
    return sorted({*persons, *(key for (key,) in rows)})


# ---------------------------------------------------------- 兜底预算不够


def budget(db: Driver, asked: Asked) -> Iterator[Found]:
    """兜底预算不够: by the forecast before the year's end, or spent nearly already."""
    year = asked.today.year
    of = money(db, year)
    if of.budget is None or of.spendable is None:
        return
    budgeted = of.budget.amount
    out = None if of.forecast is None else of.forecast.runs_out(of.spendable)
    spent = of.net * 10_000 // budgeted if budgeted else 10_000 * (of.net > 0)
    if out is None and spent < asked.values["spent"]:
        return
    end = spent
    says = f"{year} 年政府兜底预算 {yuan(budgeted)} 元，已经花了 {yuan(of.net)} 元"
    if of.forecast is not None:
        end = (of.forecast.end - of.back) * 10_000 // budgeted if budgeted else end
        says += f"，照最近 {of.forecast.weeks} 周，年底到 {yuan(of.forecast.end - of.back)} 元"
    says += "" if out is None else f"，{out} 花完"
    yield Found(
        str(year), "floor", says[:400], end, SEVERE if out is not None else WARN, DISTRICT, date(year, 12, 31),
        figures={"budget": budgeted, "spent": of.net, "runs_out": None if out is None else out.isoformat()},
    )  # fmt: skip


# ------------------------------------------------------ 医院一期占比超限

_MONTHS: LiteralString = """
SELECT c.facility, c.month, sum(c.measured)::bigint, sum(c.allowed)::bigint, sum(c.measured_total)::bigint,
  sum(c.measured_n)::bigint
FROM indicators_cell c JOIN tenancy_facility h ON h.code = c.facility
WHERE c.level = 1 AND c.month BETWEEN %s AND %s AND c.facility IN (
  SELECT f.code FROM tenancy_facility f WHERE f.district = (
    SELECT left(township, 6) FROM indicators_people GROUP BY 1 ORDER BY sum(persons) DESC, 1 LIMIT 1))
GROUP BY 1, 2 HAVING sum(c.measured_n) > 0 ORDER BY 1, 2
"""


def period(db: Driver, asked: Asked) -> Iterator[Found]:
    """医院一期占比超限: this year's months over their limit, those in a row, the year to date."""
    year = asked.today.year
    last = year * 100 + asked.today.month
    rows = db.execute(_MONTHS, [year * 100 + 1, last]).fetchall()
    for facility, own in groupby(rows, key=lambda row: row[0]):
        months = [(row[1], *row[2:]) for row in own]
        over = [m for m in months if m[4] >= asked.values["visits"] and _is_over(db, facility, *m)]
        if over:
            yield _period(asked, facility, months, [m[0] for m in over])


def _is_over(
    db: Driver, facility: str, month: int, measured: int, allowed: int, _: int, n: int
) -> bool:
    """Whether a month is over the limit of the period; where the roundings of its visits' limits could tell
    otherwise, it is reckoned as assessments reckon it."""
    if measured <= allowed or measured > allowed + n:
        return measured > allowed
    found = periods.compared(db, Period(month // 100, month % 100, 1), facility)
    return any(one.excess > 0 for one in found)


def _period(asked: Asked, facility: str, months: list[Any], over: list[int]) -> Found:
    run, latest = 0, over[-1]
    while latest - run in over:
        run += 1
    measured, total = next((m[1], m[3]) for m in months if m[0] == latest)
    of_year, of_year_total, allowed = (sum(m[i] for m in months) for i in (1, 3, 2))
    until = "（到今天）" if latest == asked.today.year * 100 + asked.today.month else ""
    says = f"{asked.name(facility)} {latest // 100}-{latest % 100:02d}{until} "
    says += f"目录外占比 {_percent(measured, total)}"
    says += f"，连续 {run} 个月超限" if run > 1 else "，超限"
    says += f"；今年 {len(over)} 个月超限，今年以来 {_percent(of_year, of_year_total)}"
    severity = (
        SEVERE
        if run >= asked.values["severe"]
        else WARN
        if run > 1 or of_year > allowed
        else NOTICE
    )
    last = date(asked.today.year, 12, 31)
    return Found(
        f"{facility}:{asked.today.year}", facility, says[:400], len(over), severity, DISTRICT, last,
        facility=facility,
        figures={"months": over, "run": run, "measured": measured, "total": total, "year_measured": of_year,
                 "year_total": of_year_total},
    )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    found = part * 10_000 // whole if whole else 0
    return f"{found // 100}.{found % 100:02d}%"
