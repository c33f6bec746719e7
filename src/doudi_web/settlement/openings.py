"""Openings: a person's sum of a year as the city's centre stated it. From then on it holds, and what follows adds.

What the ledger had at that moment is kept with it, so that a difference can be seen and followed up.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
from pydantic import Field

from doudi.dates import CHINA, benefit_year
from doudi.errors import Fault, Faulty, fault
from doudi.money import yuan
from doudi.packs.model import Owner, Pack, Period
from doudi.packs.resolve import in_force
from doudi.source_text import Document
from doudi.wire.bill_form import BillForm, Code, Day, FenNotNegative, Whole
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.policy.rules import Rules, generation, rules
from doudi_web.register import learned
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.asked import listed, message_of
from doudi_web.settlement.months import month_of
from doudi_web.settlement.opened import OPENING, POSTING, posting_of
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 1000  # in one message: each takes a lock


class OpeningForm(BillForm):
    """One sum as the centre states it."""

    person: Code = Field(max_length=64)
    year: Whole = Field(ge=1900, le=2200)
    name: Code = Field(max_length=60)
    amount: FenNotNegative
    source: Code = Field(max_length=60)
    as_of: Day = Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))


Key = tuple[str, int, str]
Sums = dict[tuple[date, str, int, str], int]

_LAST = """
SELECT DISTINCT ON (owner, year, name) owner, year, name, amount, source, as_of FROM settlement_opening
WHERE owner = ANY(%s) ORDER BY owner, year, name, id DESC
"""
_NUMBERS = "SELECT nextval('settlement_opening_id_seq') FROM generate_series(1, %s)"
_LAST_ENTRY = "SELECT coalesce(max(id), 0) FROM settlement_accumulatorentry"


def take(actor: Actor, document: Document) -> tuple[int, dict[str, Any]]:
    """Take openings, all or none: 201 where one is new, else 200; what was taken already is left as it is.

    Sent again after later settlements, an opening must not wipe them out: only another statement counts.
    Raises Refusal 403, 422.
    """
    actor.must(Act.OPENINGS_WRITE)
    stated = _read(document)
    owners = sorted({accumulators.person_owner(one.person) for one in stated})
    db = tables.driver()
    with db.transaction():
        tables.lock(db, owners)
        last = {(row[0], row[1], row[2]): row[3:] for row in db.execute(_LAST, [owners])}
        sums = _sums(db, owners, {one.as_of for one in stated})
        faults = list(_faults(document, stated, last))
        if faults:
            raise Refusal(422, faults)
        new = [one for one in stated if last.get(_key(one)) != (one.amount, one.source, one.as_of)]
        _write(db, actor, new, sums)
        record(actor, "openings.write", "openings", detail={"taken": len(new), "sent": len(stated)})
        each = ((subject_of(one.person), {"year": one.year, "name": one.name}) for one in new)
        record_each(actor, "openings.write", each)
    answer = [_told(one, _key(one) in {_key(o) for o in new}, sums) for one in stated]
    return 201 if new else 200, {"openings": answer}


def _sums(
    db: "psycopg.Connection[tables.Row]", owners: Sequence[str], days: Collection[date]
) -> Sums:
    """What the ledger has of owners at the end of each day: what the centre's figure is held against."""
    found: Sums = {}
    for day in days:
        end = datetime.combine(day + timedelta(1), time(), CHINA)
        for owner, year, name, amount in accumulators.sums_before(db, owners, end, 0):
            found[day, owner, year, name] = amount
    return found


def _write(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    new: Sequence[OpeningForm],
    sums: Sums,
) -> None:
    """Write openings, and for each the posting that commits to its row: they are in the sealed log as all else.

    The owners are locked: no entry of theirs comes in between.
    """
    numbers = db.execute(_NUMBERS, [len(new)]).fetchall()
    (after_entry,) = db.execute(_LAST_ENTRY).fetchone() or (0,)
    at = now()
    month = month_of(at, tables.last_closed(db))
    rows: list[list[Any]] = []
    postings: list[list[Any]] = []
    for (number,), one in zip(numbers, new, strict=True):
        key = _key(one)
        row = [
            number, *key, one.amount, one.source, one.as_of, at, after_entry, sums.get((one.as_of, *key), 0),
            actor.key,
        ]  # fmt: skip
        rows.append(row)
        postings.append(posting_of(row, at, month))
    with db.cursor() as cursor:
        cursor.executemany(OPENING, rows)
        cursor.executemany(POSTING, postings)
    learned.note({one.person for one in new})


def of_person(actor: Actor, person: str, reason: str) -> dict[str, Any]:
    """Every opening of a person, the last first, with what the ledger had when it came. Raises Refusal 403."""
    actor.must(Act.ACCUMULATORS_READ)
    actor.must_know(person, reason, visited)
    record(actor, "openings.read", subject_of(person), reason=reason)
    rows = tables.driver().execute(
        "SELECT year, name, amount, before, source, as_of, received FROM settlement_opening WHERE owner = %s"
        " ORDER BY id DESC",
        [accumulators.person_owner(person)],
    )
    return {
        "person": person,
        "openings": [
            {"year": year, "name": name, "amount": yuan(amount), "ledger": yuan(before),
             "difference": yuan(amount - before), "source": source, "as_of": as_of.isoformat(),
             "received": told(received)}
            for year, name, amount, before, source, as_of, received in rows
        ],
    }  # fmt: skip


def _read(document: Document) -> list[OpeningForm]:
    """The openings of a message. Raises Refusal 422 with every fault of form."""
    body, faults = message_of(document, "openings")
    found, wrong = listed(document, body, "openings", OpeningForm, "期初累计", LIMIT)
    if faults or wrong:
        raise Refusal(422, [*faults, *wrong])
    return found


def _faults(
    document: Document, stated: Sequence[OpeningForm], last: Mapping[Key, tuple[Any, ...]]
) -> Iterator[Fault]:
    """What keeps an opening from being taken: its person, its pack, its name, its day."""
    ruling = rules(generation())
    districts = dict(
        tables.driver().execute(
            "SELECT id, district_id FROM register_person WHERE id = ANY(%s)",
            [[one.person for one in stated]],
        )
    )
    seen: set[Key] = set()
    for number, one in enumerate(stated):
        reason = _reason(ruling, one, districts.get(one.person), last.get(_key(one)))
        if _key(one) in seen:
            reason = "同一个人、同一年、同一项，这一批里写了两次"
        seen.add(_key(one))
        if reason:
            where = document.where(("openings", number))
            yield fault("S496", where, name=one.name, reason=reason)


def _reason(
    ruling: Rules, one: OpeningForm, district: str | None, last: tuple[Any, ...] | None
) -> str:
    if district is None:
        return "登记里没有这个人"
    try:
        pack = _pack(ruling, district, one.as_of)
    except Faulty as error:
        return "".join(f.what for f in error.faults)
    if pack is None:
        return f"{one.as_of} 这一天，这个地区没有政策包"
    names = [
        name
        for name, a in pack.accumulators.items()
        if a.owner == Owner.PERSON and a.period == Period.BENEFIT_YEAR
    ]
    if one.name not in names:
        return f"政策包 {pack.id} 没有这项年度累计；有的是：{'、'.join(names)}"
    if benefit_year(one.as_of, pack.year_starts) != one.year:
        return f"as_of {one.as_of} 不在 {one.year} 年度里"
    if last is not None and last[2] > one.as_of:
        return f"已经有截至 {last[2]} 的数，比这一笔晚"
    return ""


def _pack(ruling: Rules, district: str, day: date) -> Pack | None:
    """The pack in force for a district on a day. Raises Faulty."""
    found = in_force(ruling.shelf.heads, district, day)
    return None if not found else ruling.shelf.pack(found[0].id)


def _key(one: OpeningForm) -> Key:
    return accumulators.person_owner(one.person), one.year, one.name


def _told(one: OpeningForm, is_new: bool, sums: Sums) -> dict[str, Any]:
    before = sums.get((one.as_of, *_key(one)), 0)
    return {
        "person": one.person,
        "year": one.year,
        "name": one.name,
        "amount": yuan(one.amount),
        "taken": is_new,
        **({"ledger": yuan(before), "difference": yuan(one.amount - before)} if is_new else {}),
    }
