"""The postings of a settlement as a bundle tells them: word for word what was digested, and the way to the root."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from doudi_web.settlement import merkle, tables
from doudi_web.settlement.heads import Head
from doudi_web.settlement.ledger import parts_of, posting_head, settlement_row, sm3, text_of
from doudi_web.settlement.seal import read_nodes
from doudi_web.tenancy.refusals import Refusal

Driver = psycopg.Connection[tables.Row]
KEPT = ("answer.json", "evidence.zlib")
"""The members that the posting of a settlement keeps, in its order."""

_POSTINGS = """
SELECT p.id, p.kind, p.client, p.message, p.posted, p.month, p.reason, p.salt, p.parts, p.commitment, n.place
FROM settlement_posting p LEFT JOIN settlement_node n ON n.posting = p.id
WHERE p.settlement = %s AND p.kind IN ('settle', 'relief', 'reverse') ORDER BY p.kind <> 'settle', p.id
"""
_ENTRIES = (
    "SELECT posting, account, amount FROM settlement_entry WHERE posting = ANY(%s) ORDER BY id"
)
_SUMS = """
SELECT posting, owner, year, name, amount FROM settlement_accumulatorentry WHERE posting = ANY(%s) ORDER BY id
"""
_ROW = """
SELECT client, message, message_digest, visit, person, facility, settled, sequence, year
FROM settlement_settlement WHERE id = %s
"""


def postings_of(
    db: Driver, settlement: int, head: Head, kept: Mapping[str, bytes]
) -> list[dict[str, Any]]:
    """What settled it first, then what came to it. Raises Refusal 409 where one is not sealed yet, or is no longer
    what it committed to: what is altered proves nothing."""
    rows = db.execute(_POSTINGS, [settlement]).fetchall()
    numbers = [row[0] for row in rows]
    entries, sums = _grouped(db, _ENTRIES, numbers), _grouped(db, _SUMS, numbers)
    return [
        _posting(db, settlement, head, row, entries.get(row[0], []), sums.get(row[0], []), kept)
        for row in rows
    ]


def _grouped(db: Driver, sql: Any, numbers: Sequence[int]) -> dict[int, list[tables.Row]]:
    found: dict[int, list[tables.Row]] = {}
    for number, *rest in db.execute(sql, [list(numbers)]):
        found.setdefault(number, []).append(tuple(rest))
    return found


def _posting(
    db: Driver,
    settlement: int,
    head: Head,
    row: tables.Row,
    entries: Sequence[tables.Row],
    sums: Sequence[tables.Row],
    kept: Mapping[str, bytes],
) -> dict[str, Any]:
    number, kind, client, message, posted, month, reason, salt, parts, commitment, place = row
    if place is None or place >= head.size:
        raise Refusal.of(409, "S465", str(settlement), settlement=settlement)
    is_first = kind == "settle"
    says = _row(db, settlement) if is_first else None
    told = posting_head(kind, settlement, client, message, posted, month, reason)
    names = KEPT if is_first else ()
    if salt is None or commitment != sm3(salt, sm3(parts)):
        raise Refusal.of(409, "S750", f"settlement_posting {number}", posting=number)
    pairs = ([(a, f) for a, f in entries], [(o, y, n, f) for o, y, n, f in sums])
    if parts_of(salt, told, says, *pairs, [kept[name] for name in names]).encoded() != parts:
        raise Refusal.of(409, "S750", f"settlement_posting {number}", posting=number)
    said = [("head", told), ("row", says), *(("entry", list(one)) for one in entries)]
    said += [("sum", list(one)) for one in sums]
    return {
        "posting": number,
        "kind": kind,
        "salt": salt.hex(),
        "parts": parts.hex(),
        "said": [
            *([name, text_of(content).decode()] for name, content in said),
            *([f"kept {n}", name] for n, name in enumerate(names)),
        ],
        "place": place,
        "path": list(_path(db, place, head.size)),
    }


def _row(db: Driver, settlement: int) -> dict[str, Any]:
    row = db.execute(_ROW, [settlement]).fetchone()
    assert row is not None, "its posting is there"
    return settlement_row(*row)


def _path(db: Driver, place: int, size: int) -> Iterator[tuple[str, str]]:
    """On which side the digest stands that is joined to the one that is proved, from the leaf up."""
    spans = merkle.path(place, size)
    nodes = read_nodes(db, merkle.needed(spans))
    for start, end in spans:
        side = "left" if start <= place and end <= place else "right"
        yield side, merkle.digest_of((start, end), nodes).hex()
