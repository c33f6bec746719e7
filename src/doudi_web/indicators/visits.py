"""The visits behind a figure, page by page, with their sums; nothing of whose they are but their numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString

from doudi.money import share_text, yuan
from doudi.source_text import shown
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.indicators.asked import Condition, Wanted, conditions, later
from doudi_web.indicators.figures import AWAY, OF_FACTS, condition_of, share_of
from doudi_web.indicators.folding import sums_of_facts
from doudi_web.indicators.keeping import AsOf, up_to_date
from doudi_web.indicators.reading import Driver, Sums, home, sums
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE, MOST = 50, 5_000
"""Visits of a page, and of a sheet."""
_MOST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Behind:
    """Of which figure the visits are, beside what is asked for; of which diseases; behind which one."""

    figure: str = "all"
    disease: str = ""
    after: tuple[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One of them."""

    settlement: int
    visit: str
    day: date
    facility: str
    township: str
    kind: str
    standing: str
    place: int
    disease: str
    total: int
    funds: int
    hospital: int
    waits: int
    patient: int
    floor: int
    share: int
    over: bool
    paid: Mapping[str, int]

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "settlement_id": str(self.settlement), "visit_id": self.visit, "settled": self.day.isoformat(),
            "facility": self.facility, "township": self.township, "kind": self.kind, "standing": self.standing,
            "place": PLACES[self.place], "disease": self.disease, "total": yuan(self.total),
            "payments": {fund: yuan(amount) for fund, amount in self.paid.items()},
            "hospital": yuan(self.hospital), "waits": yuan(self.waits), "patient": yuan(self.patient),
            "share": share_text(self.share), "over": self.over,
        }  # fmt: skip


PLACES = ("unknown", "inside", "referred", "elsewhere")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of visits, the sums of all of them, and where the next page begins."""

    as_of: AsOf
    sums: Sums
    visits: list[Visit]
    after: tuple[date, int] | None

    @property
    def share(self) -> int | None:
        """What patients pay of the total."""
        return share_of(self.sums.patient, self.sums.total)


_ROWS: LiteralString = """
SELECT f.settlement, s.visit, f.day, f.facility, f.township, f.kind, f.standing, f.place, f.disease, f.total,
  f.funds, f.hospital, f.waits, f.patient, f.floor, f.share, f.over, f.paid::json, s.person
FROM (SELECT * FROM indicators_fact WHERE {where} ORDER BY day DESC, settlement DESC LIMIT %s) f
JOIN settlement_settlement s ON s.id = f.settlement ORDER BY f.day DESC, f.settlement DESC
"""


def visits(actor: Actor, wanted: Wanted, behind: Behind, limit: int = PAGE) -> Listed:
    """A page of the visits behind a figure, the newest first. Raises Refusal 403, 404."""
    actor.must(Act.INDICATORS_READ)
    db = tables.driver()
    as_of = up_to_date(db)
    stated = _conditions(db, behind)
    with db.transaction():
        found, persons, after = _page(db, wanted, stated, behind.after, limit)
        detail = {"figure": behind.figure, "rows": len(found)}
        record(actor, "indicators.visits", "indicators", detail=detail)
        pairs = zip(found, persons, strict=True)
        each = ((subject_of(of), {"settlement": one.settlement}) for one, of in pairs)
        record_each(actor, "settlements.read", each)
    return Listed(as_of, _sums(db, wanted, behind, stated), found, after)


def exported(actor: Actor, wanted: Wanted, behind: Behind, reason: str) -> list[Visit]:
    """All of them up to MOST, for a reason. Raises Refusal 403, 404, 422."""
    actor.must(Act.INDICATORS_READ)
    db = tables.driver()
    stated = _conditions(db, behind)
    with db.transaction():
        found, persons, _ = _page(db, wanted, stated, None, MOST)
        detail = {"figure": behind.figure, "rows": len(found)}
        record(actor, "indicators.export", "indicators", reason=reason, detail=detail)
        pairs = zip(found, persons, strict=True)
        each = ((subject_of(of), {"settlement": one.settlement}) for one, of in pairs)
        record_each(actor, "settlements.read", each)
    return found


def _conditions(db: Driver, behind: Behind) -> list[Condition]:
    """Raises Refusal 404 of a figure that there is not."""
    found = condition_of(behind.figure, home(db))
    if found is None:
        raise Refusal.of(404, "S700", shown(behind.figure, 40), figure=shown(behind.figure, 40))
    if behind.disease:
        found = [*found, Condition("disease = %s", (behind.disease,))]
    return found


def _page(
    db: Driver, wanted: Wanted, stated: list[Condition], after: tuple[date, int] | None, limit: int
) -> tuple[list[Visit], list[str], tuple[date, int] | None]:
    whole = [*conditions(wanted), *stated]
    first, last = _days(wanted)
    whole.append(
        Condition("day BETWEEN %s AND %s", (first, min(last, after[0]) if after else last))
    )
    if after is not None:
        whole.append(Condition("(day, settlement) < (%s, %s)", after))
    where: LiteralString = " AND ".join([one.sql for one in whole])
    values = [value for one in whole for value in one.values]
    rows = db.execute(_ROWS.replace("{where}", where), [*values, limit + 1]).fetchall()
    found = [Visit(*row[:-1]) for row in rows[:limit]]
    more = (found[-1].day, found[-1].settlement) if len(rows) > limit else None
    return found, [row[-1] for row in rows[:limit]], more


def _days(wanted: Wanted) -> tuple[date, date]:
    """The first and the last day of a span of months."""
    return _first(wanted.start), _first(later(wanted.end, 1)) - timedelta(days=1)


def _first(month: int) -> date:
    return date(month // 100, month % 100, 1)


def _sums(db: Driver, wanted: Wanted, behind: Behind, stated: list[Condition]) -> Sums:
    if behind.figure not in OF_FACTS and not behind.figure.startswith("fund:"):
        apart = [
            *(["disease"] if behind.disease else []),
            *(["facility"] if behind.figure in AWAY else []),
        ]
        return sums(db, wanted, stated, apart)
    whole = [*conditions(wanted), *stated]
    where: LiteralString = " AND ".join([one.sql for one in whole])
    values = [value for one in whole for value in one.values]
    row = db.execute(
        f"SELECT {sums_of_facts()} FROM indicators_fact f WHERE {where}", values
    ).fetchone()
    return Sums() if row is None else Sums(*(value or 0 for value in row))


def after_of(text: str) -> tuple[date, int] | None:
    """Where a page goes on, as an address says it: `2019-06-13.4711`; None where it says nothing that can be."""
    day, _, number = text.partition(".")
    try:
        found = date.fromisoformat(day), int(number)
    except ValueError:
        return None
    return found if 0 <= found[1] < _MOST_NUMBER else None
