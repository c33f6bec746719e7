"""Claims: what rules ask of a standing settlement beyond the district's figures, folded in as the ledger moves."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, LiteralString

from doudi.dates import CHINA
from doudi.wire.bill_form import moment_of
from doudi_web.alerts.found import Driver
from doudi_web.settlement.replaying import fen

INPATIENT = "inpatient"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of `models.Claim`."""

    settlement: int
    visit: str
    person: str
    facility: str
    episode: str
    kind: str
    start: date
    end: date
    settled: date
    is_stay: bool
    is_major: bool
    disease: str
    items: list[int]
    late: int | None
    was_over: bool | None


COLUMNS: tuple[LiteralString, ...] = tuple(f.name for f in fields(Claim))  # pyright: ignore[reportAssignmentType]  # names of this file
LIST: LiteralString = ", ".join(["c." + name if name != "end" else 'c."end"' for name in COLUMNS])
"""All columns of claims `c`."""

_READ = """
SELECT f.settlement, s.visit, s.person, s.facility, s.settled, f.disease, f.kind, f.measured, f.allowed, s.result,
  s.evidence
FROM indicators_fact f JOIN settlement_settlement s ON s.id = f.settlement WHERE f.settlement = ANY(%s)
"""
_WRITE: LiteralString = f"""
INSERT INTO alerts_claim ({", ".join([f'"{name}"' for name in COLUMNS])})
VALUES ({", ".join([f"%({name})s" for name in COLUMNS])})
"""


def fold(db: Driver, settlements: Sequence[int], late_days: int) -> set[str]:
    """Make the claims of these settlements anew; whose they are or were. Doing it again changes nothing."""
    gone = db.execute(
        "DELETE FROM alerts_claim WHERE settlement = ANY(%s) RETURNING person", [list(settlements)]
    ).fetchall()
    found = [_claim(row, late_days) for row in db.execute(_READ, [list(settlements)]).fetchall()]
    if found:
        rows = [{name: getattr(one, name) for name in COLUMNS} for one in found]
        db.cursor().executemany(_WRITE, rows)
    return {person for (person,) in gone} | {one.person for one in found}


def _claim(row: Sequence[Any], late_days: int) -> Claim:
    number, visit, person, facility, at, disease, kind, measured, allowed, result, evidence = row
    settled = at.astimezone(CHINA).date()
    bill: Mapping[str, Any] = {}
    if evidence is not None:
        bill = json.loads(zlib.decompress(evidence)).get("bill") or {}
    lines = [line for line in bill.get("lines") or () if isinstance(line, Mapping)]
    days = [day for line in lines if (day := _day(line.get("date"))) is not None]
    is_stay = kind == INPATIENT
    start = _day(bill.get("admitted")) or min(days, default=settled)
    end = _day(bill.get("discharged")) or (settled if is_stay else max(days, default=start))
    late, was_over = None, None
    if is_stay and allowed is not None and measured <= allowed and result is not None:
        parts = {part["id"]: part for part in json.loads(result)["lines"]}
        since = end - timedelta(days=late_days - 1)
        late, was_over = thinned(_charges(lines, parts), since, allowed, measured)
    return Claim(
        number, visit, person, facility, str(bill.get("episode_id") or visit)[:64], kind, min(start, end), end,
        settled, is_stay, bool(bill.get("major_disease")), disease,
        sorted({_number(line, start) for line in lines if _is_charge(line)}), late, was_over,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charge:
    """A line as the rule of dilution sees it: its day, its item, its amount, what of it control measures; fen."""

    day: date | None
    code: str
    amount: int
    measured: int


def thinned(
    charges: Sequence[Charge], since: date, allowed: int, measured: int
) -> tuple[int | None, bool | None]:
    """What was charged in scope from a day on of items never charged before in the stay; and whether before that
    day the share was over the limit, and it still would be without those. None: the lines do not tell their days.

    The limit of a part of the bill is the same share of its total.
    """
    if any(one.day is None for one in charges):
        return None, None
    total = sum(one.amount for one in charges)
    before = [one for one in charges if one.day is not None and one.day < since]
    known = {one.code for one in before if one.amount > 0}
    late = sum(
        one.amount - one.measured
        for one in charges
        if one.day is not None and one.day >= since and one.code not in known
    )
    was_over = _is_over(before, allowed, total)
    would_be = measured * total > allowed * (total - late)
    return max(late, 0), was_over and would_be


def _is_over(part: Sequence[Charge], allowed: int, total: int) -> bool:
    """Whether a part of a bill is over the share that the whole of it is allowed."""
    return sum(one.measured for one in part) * total > allowed * sum(one.amount for one in part)


def _charges(
    lines: Sequence[Mapping[str, Any]], parts: Mapping[str, Mapping[str, str]]
) -> list[Charge]:
    found: list[Charge] = []
    for line in lines:
        part = parts.get(str(line.get("id")))
        if part is None:
            continue
        measured = fen(part["out_of_catalogue"]) + fen(part["over_ceiling"])
        amount = measured + fen(part["first_self_pay"]) + fen(part["in_scope"])
        found.append(Charge(_day(line.get("date")), str(line.get("code", "")), amount, measured))
    return found


def _is_charge(line: Mapping[str, Any]) -> bool:
    return not str(line.get("quantity", "")).startswith("-") and not line.get("refunds")


def _number(line: Mapping[str, Any], otherwise: date) -> int:
    """A number that stands for an item on a day."""
    day = _day(line.get("date")) or otherwise
    said = f"{day.isoformat()}|{line.get('code', '')}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big", signed=True)


def _day(stated: Any) -> date | None:
    """The day in China of a moment as a settled bill states it."""
    return moment_of(stated).day if isinstance(stated, str) and stated else None
