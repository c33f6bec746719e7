"""Causes that lie in one visit: its share, its floor amount, what was charged at its end."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, LiteralString

from doudi.money import yuan_for_people as yuan
from doudi_web.alerts.found import DISTRICT, Asked, Behind, Driver, Found, office_of
from doudi_web.alerts.rules import NOTICE, SEVERE, WARN

# ------------------------------------------------------- 一次就医目录外占比

_RUNNING: LiteralString = """
SELECT k.visit, k.facility, k.person, k.status, k.share, k.excess, k."limit", k.measured, k.day
FROM wards_kept k WHERE k.settled IS NULL AND k.status IN ('approaching', 'exceeded') ORDER BY k.visit_id
"""
_SETTLED: LiteralString = """
SELECT f.settlement, s.visit, f.facility, s.person, f.day, f.total, f.measured, f.allowed, f.township
FROM indicators_fact f JOIN settlement_settlement s ON s.id = f.settlement
JOIN tenancy_facility h ON h.code = f.facility AND h.district = f.district
WHERE f.exceeded AND f.day > %s ORDER BY f.settlement
"""


def share(db: Driver, asked: Asked) -> Iterator[Found]:
    """一次就医目录外占比: near or over its limit while it runs; over it since not long ago where it was settled."""
    for row in db.execute(_RUNNING).fetchall():
        yield _running(*row)
    since = asked.today - timedelta(days=asked.values["back"])
    for row in db.execute(_SETTLED, [since]).fetchall():
        yield _settled(asked, *row)


def _percent(part: int, whole: int) -> str:
    """A share with two decimals, cut off.

    >>> _percent(1086, 10000), _percent(1, 3)
    ('10.86%', '33.33%')
    """
    found = part * 10_000 // whole if whole else 0
    return f"{found // 100}.{found % 100:02d}%"


def _running(visit: str, facility: str, person: str, *row: Any) -> Found:
    status, share_, excess, limit, measured, day = row
    over = status == "exceeded"
    says = f"在院 {visit}：目录外占比 {share_ // 100}.{share_ % 100:02d}%，"
    says += (
        f"超出限额 {yuan(excess)} 元" if over else f"接近限额，还可用 {yuan(limit - measured)} 元"
    )
    return Found(
        f"{facility}:{visit}"[:160], facility, says, share_, WARN if over else NOTICE, office_of(facility),
        date.max, facility=facility, figures={"share": share_, "running": True},
        behind=[Behind(None, visit, facility, person, day, measured)],
    )  # fmt: skip


def _settled(
    asked: Asked, settlement: int, visit: str, facility: str, person: str, *row: Any
) -> Found:
    day, total, measured, allowed, township = row
    says = (
        f"{visit} {day} 结算：目录外占比 {_percent(measured, total)}，超出限额 {yuan(measured - allowed)} 元，"
        f"由{asked.name(facility)}承担"
    )
    return Found(
        f"{facility}:{visit}"[:160], facility, says[:400], measured * 10_000 // total if total else 0, WARN,
        office_of(facility), day, facility=facility, township=township, figures={"running": False},
        behind=[Behind(settlement, visit, facility, person, day, measured)],
    )  # fmt: skip


# --------------------------------------------------------- 兜底金额特别大

_PEERS: LiteralString = """
INSERT INTO alerts_peer (kind, level, n, median, deviation)
WITH own AS (
  SELECT f.kind, coalesce(h.level, '') AS level, f.floor FROM indicators_fact f
  LEFT JOIN tenancy_facility h ON h.code = f.facility WHERE f.floor > 0 AND f.kind <> '' AND f.day > %s),
middle AS (
  SELECT kind, level, count(*) AS n, percentile_disc(0.5) WITHIN GROUP (ORDER BY floor) AS median
  FROM own GROUP BY kind, level)
SELECT m.kind, m.level, m.n, m.median, percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(o.floor - m.median))
FROM middle m JOIN own o USING (kind, level) GROUP BY m.kind, m.level, m.n, m.median
"""
_LARGE: LiteralString = """
SELECT f.settlement, s.visit, f.facility, s.person, f.day, f.floor, f.township, q.median, q.deviation, q.n
FROM indicators_fact f JOIN settlement_settlement s ON s.id = f.settlement
LEFT JOIN tenancy_facility h ON h.code = f.facility
JOIN alerts_peer q ON q.kind = f.kind AND q.level = coalesce(h.level, '')
WHERE f.day > %(since)s AND f.floor >= %(least)s AND q.n >= %(peers)s
AND f.floor > q.median + %(times)s * q.deviation {of}ORDER BY f.settlement
"""


def count_peers(db: Driver, asked: Asked) -> None:
    """What floor payments usually are, anew."""
    db.execute("DELETE FROM alerts_peer")
    db.execute(_PEERS, [asked.since])


def large_floor(db: Driver, asked: Asked) -> Iterator[Found]:
    """兜底金额特别大: against the median of its peers, in deviations from it."""
    values = {**asked.values, "since": asked.since, "persons": asked.of}
    sql = _LARGE.replace("{of}", asked.only("s.person"))
    for row in db.execute(sql, values).fetchall():
        settlement, visit, facility, person, day, floor, township, median, deviation, n = row
        says = (
            f"{asked.name(facility)} {day}：一次兜底 {yuan(floor)} 元，同类 {n} 次的中位数 {yuan(median)} 元，"
            f"中位差 {yuan(deviation)} 元"
        )
        yield Found(
            f"{facility}:{visit}"[:160], person, says[:400], floor, WARN, DISTRICT, day, facility=facility,
            township=township, figures={"floor": floor, "median": median, "deviation": deviation, "peers": n},
            behind=[Behind(settlement, visit, facility, person, day, floor)],
        )  # fmt: skip


# ------------------------------------------------------------- 冲淡占比

_LATE: LiteralString = """
SELECT c.settlement, c.visit, c.facility, c.person, c."end", c.late, f.measured, f.total, f.township
FROM alerts_claim c JOIN indicators_fact f ON f.settlement = c.settlement
WHERE c.was_over AND c.late >= %(least)s AND c.late > 0 AND c."end" > %(since)s {of}ORDER BY c.settlement
"""


def dilution(db: Driver, asked: Asked) -> Iterator[Found]:
    """冲淡占比: over its limit until the last days, under it by what was never charged before them."""
    values = {**asked.values, "since": asked.since, "persons": asked.of}
    sql = _LATE.replace("{of}", asked.only("c.person"))
    for row in db.execute(sql, values).fetchall():
        settlement, visit, facility, person, end, late, measured, total, township = row
        says = (
            f"{asked.name(facility)} {visit}：最后 {asked.values['days']} 天新收目录内 {yuan(late)} 元，"
            f"目录外占比从 {_percent(measured, total - late)} 降到 {_percent(measured, total)}"
        )
        yield Found(
            f"{facility}:{visit}"[:160], person, says[:400], late, SEVERE, DISTRICT, end, facility=facility,
            township=township, figures={"late": late, "measured": measured, "total": total},
            behind=[Behind(settlement, visit, facility, person, end, late)],
        )  # fmt: skip
