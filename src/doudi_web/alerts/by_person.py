"""Split admissions and double claims: what one person's claims say beside one another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any, LiteralString

from doudi_web.alerts.claims import COLUMNS, LIST, Claim
from doudi_web.alerts.found import DISTRICT, Asked, Behind, Driver, Found
from doudi_web.alerts.rules import NOTICE, SEVERE, WARN

_LEVELS = ("township", "1", "2", "3")
_HALF = timedelta(days=183)
"""So long after its end a year is still looked at; then its alerts stay as they are."""


def first_day(today: date) -> date:
    """The first day of the years that are looked at: a cause is of the year in which the later claim begins."""
    return date((today - _HALF).year, 1, 1)


@dataclass(frozen=True, slots=True)
class Of:
    """A person's claims, the first days first, and what each came to; levels of hospitals by code."""

    person: str
    township: str
    claims: Sequence[Claim]
    totals: dict[int, int]
    levels: dict[str, str]


_SEVERAL: LiteralString = """
SELECT person FROM alerts_claim WHERE "end" >= %(since)s AND (%(stays)s = false OR is_stay) {of}
GROUP BY person HAVING count(*) > 1
"""
_CLAIMS: LiteralString = f"""
SELECT {LIST}, f.township, f.total FROM alerts_claim c JOIN indicators_fact f ON f.settlement = c.settlement
WHERE c.person IN ({{several}}) AND c."end" >= %(since)s AND (%(stays)s = false OR c.is_stay)
ORDER BY c.person, c.start, c."end", c.settlement
"""
_TOUCHING: LiteralString = """
SELECT DISTINCT person FROM (
  SELECT person, start, max("end") OVER (PARTITION BY person ORDER BY start, "end", settlement
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM alerts_claim WHERE "end" >= %(since)s {of}) x
WHERE before >= start
"""
"""Whose claims touch one another by their days."""
_AT_ONCE = 2_000
"""Claims that are held in memory: those of everybody may be a million."""


def _people(db: Driver, asked: Asked, several: LiteralString, *, stays: bool) -> Iterator[Of]:
    levels = dict(db.execute("SELECT code, level FROM tenancy_facility").fetchall())
    before = max(asked.values.get("days", 0), asked.values.get("within", 0))
    since = first_day(asked.today) - timedelta(days=before)
    values = {"persons": asked.of, "since": since, "stays": stays}
    sql = _CLAIMS.replace("{several}", several.replace("{of}", asked.only("person")))
    with db.cursor("alerts_claims") as rows:
        rows.itersize = _AT_ONCE
        rows.execute(sql, values)
        for person, own in groupby(rows, key=lambda row: row[2]):
            found = list(own)
            claims = [Claim(*row[: len(COLUMNS)]) for row in found]
            totals = {row[0]: row[-1] for row in found}
            yield Of(person, found[-1][-2], claims, totals, levels)


# ------------------------------------------------------------------ 分解住院


def split(db: Driver, asked: Asked) -> Iterator[Found]:
    """分解住院: stays that follow one another too soon, or too many of them."""
    for of in _people(db, asked, _SEVERAL, stays=True):
        yield from _split_of(of, asked)


@dataclass(slots=True)
class _Split:
    """What a year has of a person's stays: which, the shortest gap between two, how many in the days that count.

    Each is known by its hospital too: numbers of episodes are each hospital's own.
    """

    stays: dict[tuple[str, str], list[Claim]] = field(
        default_factory=dict[tuple[str, str], list[Claim]]
    )
    gap: int | None = None
    many: int = 0

    def add(self, *stays: list[Claim]) -> None:
        """These are behind it."""
        self.stays |= {(one[0].facility, one[0].episode): one for one in stays}


def _split_of(of: Of, asked: Asked) -> Iterator[Found]:
    stays = _episodes([one for one in of.claims if not one.is_major])
    years = defaultdict[int, _Split](_Split)
    for earlier, later in pairwise(stays):
        gap = (later[0].start - earlier[-1].end).days
        if 0 <= gap <= asked.values["days"] and _is_again(of, earlier[-1], later[0], gap):
            one = years[later[0].start.year]
            one.gap = gap if one.gap is None else min(one.gap, gap)
            one.add(earlier, later)
    within, count = timedelta(days=asked.values["within"]), asked.values["many"]
    apart = _without_transfers(of, stays)
    for index, first in enumerate(apart):
        near = [stay for stay in apart[index:] if stay[0].start < first[0].start + within]
        if len(near) >= count:
            one = years[near[-1][0].start.year]
            one.many = max(one.many, len(near))
            one.add(*near)
    for year, one in sorted(years.items()):
        if year >= first_day(asked.today).year:
            yield _split_in(of, asked, year, one)


def _split_in(of: Of, asked: Asked, year: int, one: _Split) -> Found:
    claims = sorted(
        (c for stay in one.stays.values() for c in stay), key=lambda c: (c.start, c.settlement)
    )
    hospitals, count = sorted({c.facility for c in claims}), len(one.stays)
    says = f"{count} 次住院，{claims[0].start} 至 {claims[-1].end}"
    says += "" if one.gap is None else f"，出院后最短 {one.gap} 天又住院"
    says += f"，{asked.values['within']} 天里住院 {one.many} 次" if one.many else ""
    says += f"；{'、'.join(asked.name(h) for h in hospitals)}"
    return _found(
        of, year, claims, says, count, SEVERE if count > 2 else WARN,
        {"stays": count, "shortest_gap": one.gap, "within": one.many},
    )  # fmt: skip


def _episodes(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Stays: all settlements of one hospital's episode are one."""
    found: dict[tuple[str, str], list[Claim]] = {}
    for one in claims:
        found.setdefault((one.facility, one.episode), []).append(one)
    return sorted(found.values(), key=lambda own: (own[0].start, own[0].settlement))


def _is_again(of: Of, earlier: Claim, later: Claim, gap: int) -> bool:
    """Whether a stay is the same once more: the same disease, and no transfer to a hospital of a higher level."""
    alike = earlier.disease == later.disease or "-" in (earlier.disease, later.disease)
    return alike and not _is_transfer(of, earlier, later, gap)


def _is_transfer(of: Of, earlier: Claim, later: Claim, gap: int) -> bool:
    return gap <= 1 and _level(of, later.facility) > _level(of, earlier.facility)


def _without_transfers(of: Of, stays: Sequence[list[Claim]]) -> list[list[Claim]]:
    """Stays of which one goes on at a higher hospital count once."""
    found: list[list[Claim]] = []
    for one in stays:
        if found:
            gap = (one[0].start - found[-1][-1].end).days
            if gap >= 0 and _is_transfer(of, found[-1][-1], one[0], gap):
                continue
        found.append(one)
    return found


def _level(of: Of, facility: str) -> int:
    level = of.levels.get(facility, "")
    return _LEVELS.index(level) if level in _LEVELS else -1


# ---------------------------------------------------------------- 同一天重复


def double(db: Driver, asked: Asked) -> Iterator[Found]:
    """同一天重复: two claims of one person for the same days."""
    for of in _people(db, asked, _TOUCHING, stays=False):
        yield from _double_of(of, asked)


def _double_of(of: Of, asked: Asked) -> Iterator[Found]:
    years: dict[int, tuple[dict[int, Claim], set[str]]] = {}
    running: list[Claim] = []
    for one in of.claims:
        running = [earlier for earlier in running if earlier.end >= one.start]
        for earlier in running:
            what = _clash(earlier, one, asked.values["items"])
            if what:
                behind, kinds = years.setdefault(one.start.year, ({}, set()))
                kinds.add(what)
                behind |= {earlier.settlement: earlier, one.settlement: one}
        running.append(one)
    for year, (behind, kinds) in sorted(years.items()):
        if year >= first_day(asked.today).year:
            yield _double_in(of, asked, year, behind, kinds)


def _double_in(of: Of, asked: Asked, year: int, behind: dict[int, Claim], kinds: set[str]) -> Found:
    claims = sorted(behind.values(), key=lambda c: (c.start, c.settlement))
    days = sorted({c.start for c in claims})
    hospitals = sorted({c.facility for c in claims})
    what = "；".join(word for word in _CLASHES if word in kinds)
    says = f"{what}：{len(claims)} 次就医，{days[0]}"
    says += f" 至 {days[-1]}" if len(days) > 1 else ""
    says += f"；{'、'.join(asked.name(h) for h in hospitals)}"
    severity = SEVERE if _CLASHES[0] in kinds else WARN if _CLASHES[2] not in kinds else NOTICE
    figures = {"visits": len(claims), "kinds": sorted(kinds)}
    return _found(of, year, claims, says, len(claims), severity, figures)


_CLASHES = (
    "两次住院的日子重叠",
    "住院期间又有门诊",
    "同一天在两家医院门诊",
    "同一天同一项目收了两次",
)


def _clash(a: Claim, b: Claim, items: int) -> str:
    """How two claims whose days touch are for the same; empty where they are not."""
    if a.is_stay and b.is_stay:
        same = (a.facility, a.episode) == (b.facility, b.episode)
        return _CLASHES[0] if not same and max(a.start, b.start) < min(a.end, b.end) else ""
    if a.is_stay or b.is_stay:
        stay, seen = (a, b) if a.is_stay else (b, a)
        return _CLASHES[1] if stay.start < seen.start and seen.end < stay.end else ""
    if a.start != b.start:
        return ""
    if a.facility != b.facility:
        return _CLASHES[2]
    return _CLASHES[3] if len(set(a.items) & set(b.items)) >= items else ""


# ---------------------------------------------------------------------- both


def _found(
    of: Of,
    year: int,
    claims: Sequence[Claim],
    says: str,
    weight: int,
    severity: int,
    figures: dict[str, Any],
) -> Found:
    """One cause of a person's year: where all was at one hospital, it is of that hospital."""
    hospitals = {c.facility for c in claims}
    return Found(
        f"{of.person}:{year}", of.person, says[:400], weight, severity, DISTRICT, date(year, 12, 31),
        facility=hospitals.pop() if len(hospitals) == 1 else "",
        township=of.township, figures=figures,
        behind=[
            Behind(c.settlement, c.visit, c.facility, c.person, c.start, of.totals[c.settlement]) for c in claims
        ],
    )  # fmt: skip
