"""Verifying postings: each is digested again from its row, its settlement, its entries and its sums."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from doudi.money import yuan
from doudi_web.settlement import tables
from doudi_web.settlement.findings import Counts, Erasure, Findings, streamed
from doudi_web.settlement.ledger import (
    Parts,
    decoded,
    instant,
    opening_row,
    parts_of,
    posting_head,
    settlement_row,
    sm3,
)
from doudi_web.settlement.opened import KIND
from doudi_web.settlement.tables import person_of

_POSTINGS = """
SELECT p.id, p.kind, p.settlement, p.client, p.message, p.posted, p.month, p.reason,
  p.salt, p.parts, p.content, p.commitment, n.place IS NOT NULL,
  s.id, s.client, s.message, s.message_digest, s.visit, s.person, s.facility, s.settled, s.sequence, s.year,
  s.result, s.evidence,
  x.client, x.posted, x.reason, x.salt, x.parts,
  p.opening, o.id, o.owner, o.year, o.name, o.amount, o.source, o.as_of, o.received, o.after_entry, o.before,
  o.client
FROM settlement_posting p
LEFT JOIN settlement_opening o ON o.id = p.opening AND p.kind = 'opening'
LEFT JOIN settlement_settlement s ON s.id = p.settlement AND p.kind <> 'reverse'
LEFT JOIN settlement_node n ON n.posting = p.id
LEFT JOIN settlement_posting x ON x.settlement = p.settlement AND x.kind = 'erase' AND p.kind = 'settle'
ORDER BY p.id
"""
_ENTRIES = "SELECT posting, id, account, amount FROM settlement_entry ORDER BY posting, id"
_SUMS = """
SELECT posting, id, owner, year, name, amount,
  (sum(amount) OVER (PARTITION BY owner, year, name, era ORDER BY at, opened))::bigint - amount AS before
FROM (
  SELECT *, count(opened) OVER (PARTITION BY owner, year, name ORDER BY at, opened) AS era FROM (
    SELECT posting, id, owner, year, name, amount, 2 * id AS at, NULL::bigint AS opened
      FROM settlement_accumulatorentry
    UNION ALL
    SELECT NULL, NULL, owner, year, name, amount, 2 * after_entry + 1, id FROM settlement_opening) events) eras
ORDER BY posting NULLS LAST, id
"""
"""Each entry with its owner's sum before it: what the centre stated last, and the entries since."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """A settlement's row beside its posting."""

    id: int
    client: str
    message: str
    message_digest: bytes
    visit: str
    person: str
    facility: str
    settled: datetime
    sequence: int
    year: int
    result: str | None
    evidence: bytes | None

    def row(self) -> dict[str, Any]:
        return settlement_row(
            self.client, self.message, self.message_digest, self.visit, self.person, self.facility, self.settled,
            self.sequence, self.year,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Eraser:
    """The posting that erases another."""

    client: str
    posted: datetime
    reason: str
    salt: bytes
    parts: bytes


@dataclass(frozen=True, slots=True)
class _Posting:
    """A posting with all that belongs to it."""

    id: int
    kind: str
    settlement: int | None
    client: str
    message: str
    posted: datetime
    month: str
    reason: str
    salt: bytes | None
    parts: bytes
    content: bytes
    commitment: bytes
    is_sealed: bool
    settled: _Settled | None
    eraser: _Eraser | None
    opening: int | None
    opened: tables.Row | None
    """The row of the opening; None where there is none."""
    entries: Sequence[tables.Row]
    sums: Sequence[tables.Row]

    @property
    def where(self) -> str:
        return f"settlement_posting {self.id}"

    def head(self) -> dict[str, Any]:
        return posting_head(
            self.kind, self.settlement, self.client, self.message, self.posted, self.month, self.reason
        )  # fmt: skip

    def row(self) -> dict[str, Any] | None:
        """What the posting commits to beside what it says itself."""
        if self.kind == KIND:
            return None if self.opened is None else opening_row(*self.opened)
        return self.settled.row() if self.settled is not None and self.kind == "settle" else None

    def persons(self) -> set[str]:
        """Whom it is about, as far as the rows still tell."""
        owners = [self.message, *(() if self.opened is None else (self.opened[1],))]
        found = {person_of(owner) for owner in owners} if self.kind == KIND else set[str]()
        return found if self.settled is None else {*found, self.settled.person}

    def plain_entries(self) -> list[tuple[str, int]]:
        return [(account, amount) for _, _, account, amount in self.entries]

    def plain_sums(self) -> list[tuple[str, int, str, int]]:
        return [(owner, year, name, amount) for _, _, owner, year, name, amount, _ in self.sums]


def check_postings(
    db: "psycopg.Connection[tables.Row]", findings: Findings, counts: Counts
) -> list[Erasure]:
    """Check every posting in the order of the ledger; what was erased."""
    erased: list[Erasure] = []
    with (
        streamed(db, "entries", _ENTRIES) as entries,
        streamed(db, "sums", _SUMS) as sums,
        streamed(db, "postings", _POSTINGS) as postings,
    ):
        of_entries = _Groups(entries, lambda row: _extra(findings, "settlement_entry", row))
        of_sums = _Groups(sums, lambda row: _extra(findings, "settlement_accumulatorentry", row))
        for row in postings:
            one = _posting(row, of_entries.of(row[0]), of_sums.of(row[0]))
            _count(one, counts)
            _check(one, findings, erased)
        of_entries.rest()
        of_sums.rest()
    return erased


class _Groups:
    """Rows in the order of their postings, handed out posting by posting; rows of no posting are told."""

    def __init__(self, rows: Iterator[tables.Row], stray: Callable[[tables.Row], None]) -> None:
        self._rows, self._stray = rows, stray
        self._next = next(rows, None)

    def of(self, posting: int) -> list[tables.Row]:
        """The rows of a posting."""
        found: list[tables.Row] = []
        while (row := self._next) is not None and row[0] is not None and row[0] <= posting:
            if row[0] == posting:
                found.append(row)
            else:
                self._stray(row)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> None:
        """What is left has no posting; openings stand at the end and need none."""
        while (row := self._next) is not None and row[0] is not None:
            self._stray(row)
            self._next = next(self._rows, None)


def _extra(findings: Findings, table: str, row: tables.Row) -> None:
    part = "一条分录" if table == "settlement_entry" else "一条累计"
    findings.add("S453", f"{table} {row[1]}", row[0], part=part)
    if table != "settlement_entry":
        findings.persons.add(person_of(row[2]))


def _posting(
    row: tables.Row, entries: Sequence[tables.Row], sums: Sequence[tables.Row]
) -> _Posting:
    settled = _Settled(*row[13:25]) if row[13] is not None else None
    eraser = _Eraser(*row[25:30]) if row[25] is not None else None
    opened = row[31:] if row[31] is not None else None
    of_row: tuple[Any, ...] = row[:13]
    return _Posting(
        *of_row, settled=settled, eraser=eraser, opening=row[30], opened=opened, entries=entries, sums=sums
    )  # fmt: skip


def _count(one: _Posting, counts: Counts) -> None:
    counts.postings += 1
    counts.settlements += one.kind == "settle" and one.settled is not None
    counts.openings += one.opened is not None
    counts.entries += len(one.entries)
    counts.sums += len(one.sums)
    counts.unsealed += not one.is_sealed


def _check(one: _Posting, findings: Findings, erased: list[Erasure]) -> None:
    """Everything that one posting says; where nothing else is wrong, also that it sums to zero."""
    before = findings.count
    told = _told(one, findings)
    if told is not None:
        if one.kind == "erase":
            _check_eraser(one, told, findings)
        elif one.eraser is not None:
            assert one.settlement is not None, "joined by it"
            _check_erased(one, one.eraser, findings)
            erased.append(
                Erasure(one.settlement, one.eraser.client, instant(one.eraser.posted), one.eraser.reason)
            )  # fmt: skip
        else:
            _check_parts(one, told, findings)
    total = sum(amount for _, _, _, amount in one.entries)
    if findings.count == before and total:
        findings.add("S450", one.where, one.id, sum=yuan(total))
    if findings.count == before and one.kind == "settle" and one.eraser is None:
        _check_sums(one, findings)
    if findings.count > before:
        findings.persons |= one.persons()


def _told(one: _Posting, findings: Findings) -> Parts | None:
    """The digests that the posting keeps of its parts; None where they are not what it committed to."""
    told, content = decoded(one.parts), sm3(one.parts)
    if told is not None and content == one.content:
        return told
    is_content = one.salt is not None and sm3(one.salt, one.content) == one.commitment
    part = "各部分的摘要" if told is None or is_content else "内容的摘要"
    findings.add("S451", one.where, one.id, part=f"{part}（parts、content）")
    return None


def _check_parts(one: _Posting, told: Parts, findings: Findings) -> None:
    """Hold each part against its digest; the salt is to blame where none fits."""
    settled = one.settled
    if one.salt is None:
        findings.add("S452", one.where, one.id, part="盐，又没有抹去的记录")
        return
    kept = () if settled is None or one.kind != "settle" else (settled.result, settled.evidence)
    now = parts_of(
        one.salt, one.head(), one.row(), one.plain_entries(), one.plain_sums(),
        [_bytes(content) for content in kept],
    )  # fmt: skip
    if _nothing_fits(now, told) and sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="盐")
        return
    before = findings.count
    if now.head != told.head:
        findings.add("S451", one.where, one.id, part="记账的抬头（时间、消息号、理由）")
    if one.kind == "settle" and settled is None:
        findings.add("S452", one.where, one.id, part=f"结算 {one.settlement}")
    elif one.kind == KIND and one.opened is None:
        findings.add("S452", one.where, one.id, part=f"期初累计 {one.opening}")
    elif one.opened is not None and now.row != told.row:
        findings.add("S451", f"settlement_opening {one.opening}", one.id, part="这笔期初累计")
    elif settled is not None:
        where = f"settlement_settlement {settled.id}"
        if now.row != told.row:
            findings.add("S451", where, one.id, part="结算的登记（人、机构、就诊、时间）")
        for name, content, is_one, was in zip(
            ("结果", "依据"), kept, now.kept, told.kept, strict=False
        ):
            if content is None:
                findings.add("S452", where, one.id, part=f"{name}，又没有抹去的记录")
            elif is_one != was:
                findings.add("S451", where, one.id, part=name)
    _check_rows(one, told, now, findings)
    if findings.count == before and sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="承诺（commitment）")


def _bytes(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def _nothing_fits(now: Parts, told: Parts) -> bool:
    pairs = [
        (now.head, told.head),
        *zip(now.entries, told.entries, strict=False),
        *zip(now.sums, told.sums, strict=False),
        *zip(now.kept, told.kept, strict=False),
    ]
    return all(is_one != was for is_one, was in pairs)


def _check_rows(one: _Posting, told: Parts, now: Parts, findings: Findings) -> None:
    """Entries and sums: which was altered, which is missing, which is one too many."""
    for table, name, rows, is_ones, was in (
        ("settlement_entry", "分录", one.entries, now.entries, told.entries),
        ("settlement_accumulatorentry", "累计", one.sums, now.sums, told.sums),
    ):
        if is_ones == was:
            continue
        if len(is_ones) == len(was):
            for row, is_one, wanted in zip(rows, is_ones, was, strict=True):
                if is_one != wanted:
                    findings.add("S451", f"{table} {row[1]}", one.id, part=f"这条{name}")
            continue
        left = list(was)
        strangers: list[tables.Row] = []
        for row, is_one in zip(rows, is_ones, strict=True):
            if is_one in left:
                left.remove(is_one)
            else:
                strangers.append(row)
        for row in strangers:
            if len(is_ones) > len(was):
                _extra(findings, table, (one.id, *row[1:]))
            else:
                findings.add("S451", f"{table} {row[1]}", one.id, part=f"这条{name}")
        for number, digest in enumerate(was, 1):
            if digest in left and len(is_ones) < len(was):
                findings.add("S452", one.where, one.id, part=f"第 {number} 条{name}")


def _check_erased(one: _Posting, eraser: _Eraser, findings: Findings) -> None:
    """What is left of an erased settlement is held by the posting that erased it."""
    settled, told = one.settled, decoded(eraser.parts)
    if settled is None:
        findings.add("S452", one.where, one.id, part=f"结算 {one.settlement}")
        return
    where = f"settlement_settlement {settled.id}"
    for name, content in (("结果", settled.result), ("依据", settled.evidence)):
        if content is not None:
            findings.add("S453", where, one.id, part=f"{name}（已经抹去的）")
    if one.salt is not None:
        findings.add("S453", one.where, one.id, part="盐（已经抹去的）")
    if told is None:
        return  # named at the eraser
    now = parts_of(
        eraser.salt, {}, settled.row(), one.plain_entries(), one.plain_sums(),
        [what_is_left(one.head(), one.content, one.commitment)],
    )  # fmt: skip
    if now.row != told.row:
        findings.add("S451", where, one.id, part="结算的登记（人、机构、就诊、时间）")
    if now.kept != told.kept:
        findings.add("S451", one.where, one.id, part="记账的抬头或承诺")
    _check_rows(one, told, now, findings)


def what_is_left(head: dict[str, Any], content: bytes, commitment: bytes) -> bytes:
    """What an erasing posting commits to of the posting that it erases, beside its entries and sums."""
    return json.dumps(
        [head, content.hex(), commitment.hex()], ensure_ascii=False, sort_keys=True
    ).encode()


def _check_eraser(one: _Posting, told: Parts, findings: Findings) -> None:
    """An erasing posting has a head and a salt of its own, and no entries."""
    for row in one.entries:
        _extra(findings, "settlement_entry", row)
    for row in one.sums:
        _extra(findings, "settlement_accumulatorentry", row)
    if one.salt is None:
        findings.add("S452", one.where, one.id, part="盐")
        return
    if parts_of(one.salt, one.head(), None, (), (), ()).head != told.head:
        findings.add("S451", one.where, one.id, part="记账的抬头（时间、消息号、理由）")
    elif sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="承诺（commitment）")


def _check_sums(one: _Posting, findings: Findings) -> None:
    """What a settlement saw before it is what openings and earlier entries come to."""
    settled = one.settled
    if settled is None or settled.result is None or settled.person in findings.persons:
        return
    result = json.loads(settled.result)
    person = tables.person_owner(settled.person)
    for _, number, owner, _, name, _, before in one.sums:
        stated = result["accumulators" if owner == person else "episode_accumulators"].get(name)
        if stated is None or stated["before"] != yuan(before):
            saw = "没有" if stated is None else stated["before"]
            where = f"settlement_accumulatorentry {number}"
            findings.add("S461", where, one.id, name=name, stated=saw, found=yuan(before))
