"""Verifying the log: nodes and roots from the postings up, heads, their chain, signatures and times."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from doudi_web.settlement import merkle, tables
from doudi_web.settlement.findings import Counts, Findings, streamed
from doudi_web.settlement.heads import FIRST, Head, Kept, is_signed, public_key
from doudi_web.settlement.ledger import instant, sm3

_AHEAD = timedelta(seconds=5)
"""By how much a posting may seem later than its head: processes do not read the clock at one instant."""

_NODES = """
SELECT n.level, n.place, n.digest, n.posting, p.id, p.salt, p.parts, p.commitment, p.posted
FROM settlement_node n LEFT JOIN settlement_posting p ON p.id = n.posting
ORDER BY (n.place + 1) << n.level::int, n.level
"""
_HEADS = "SELECT size, root, before, sealed, digest, signature FROM settlement_seal ORDER BY size"
_SIZE = "SELECT coalesce(max(place) + 1, 0) FROM settlement_node WHERE level = 0"


@dataclass(slots=True)
class _Subtree:
    """A finished subtree as the nodes tell it and as the postings do; leaves where it is open who is right."""

    stored: bytes | None
    computed: bytes | None
    doubtful: list[tuple[int, int | None]]


@dataclass(slots=True)
class _Log:
    """What a walk through the log carries."""

    findings: Findings
    kept: Kept | None
    key: bytes
    stack: list[_Subtree] = field(default_factory=list)
    last: Head | None = None
    latest: datetime | None = None
    kept_seen: bool = False
    kept_root: bool = False


def check_log(
    db: "psycopg.Connection[tables.Row]", findings: Findings, counts: Counts, kept: Kept | None
) -> Head | None:
    """Walk the nodes in the order in which they were written, and the heads beside them; the last head."""
    log = _Log(findings, kept, public_key())
    if kept is not None and kept.key != log.key:
        findings.add("S463", "public_key")
    row = db.execute(_SIZE).fetchone()
    size = row[0] if row else 0
    with streamed(db, "nodes", _NODES) as nodes, streamed(db, "heads", _HEADS) as heads:
        stored, coming = _Peeking(nodes), map(_head, heads)
        head = next(coming, None)
        for place in range(size):
            _leaf(log, stored, place)
            for level in range(1, (place ^ (place + 1)).bit_length()):
                _parent(log, stored, level, place >> level)
            if kept is not None and kept.head.size == place + 1:
                log.kept_root = kept.head.root in (_root(log, "stored"), _root(log, "computed"))
            while head is not None and head.size <= place + 1:
                _check_head(log, head, head.size == place + 1)
                counts.heads += 1
                head = next(coming, None)
        for row in stored.rest():
            findings.add("S453", f"settlement_node {row[0]}/{row[1]}", part="一个节点")
        while head is not None:
            counts.heads += 1
            findings.add(
                "S452", f"settlement_seal {head.size}", part=f"封头写着的记账：只有 {size} 笔"
            )
            _check_kept_seen(log, head)
            log.last, head = head, next(coming, None)
    _end(log, size)
    counts.sealed = size
    return log.last


def _head(row: tables.Row) -> Head:
    return Head(*row)


class _Peeking:
    """Stored nodes, of which the next can be looked at."""

    def __init__(self, rows: Iterator[tables.Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, level: int, place: int) -> tables.Row | None:
        """The node of a level and place if it is the next one."""
        row = self._next
        if row is None or (row[0], row[1]) != (level, place):
            return None
        self._next = next(self._rows, None)
        return row

    def rest(self) -> Iterator[tables.Row]:
        """What was not taken."""
        while (row := self._next) is not None:
            yield row
            self._next = next(self._rows, None)


def _leaf(log: _Log, nodes: _Peeking, place: int) -> None:
    row = nodes.take(0, place)
    if row is None:
        log.findings.add("S452", f"settlement_node 0/{place}", part=f"节点（第 0 层第 {place} 位）")
        log.stack.append(_Subtree(None, None, []))
        return
    _, _, digest, number, posting, salt, parts, commitment, posted = row
    if posting is None:
        log.findings.add("S452", f"settlement_node 0/{place}", part=f"封存过的记账 {number}")
        log.stack.append(_Subtree(digest, digest, []))
        return
    if posting not in log.findings.postings and (log.latest is None or posted > log.latest):
        log.latest = posted
    candidates = [commitment] if salt is None else [sm3(salt, sm3(parts)), commitment]
    leaves = [merkle.leaf(one) for one in dict.fromkeys(candidates)]
    if digest in leaves:
        log.stack.append(_Subtree(digest, digest, []))
    elif (
        posting in log.findings.postings
    ):  # what is wrong with it is named; the node tells what it was
        log.stack.append(_Subtree(digest, digest, []))
    else:
        log.stack.append(_Subtree(digest, leaves[0], [(place, posting)]))


def _parent(log: _Log, nodes: _Peeking, level: int, place: int) -> None:
    right, left = log.stack.pop(), log.stack.pop()
    doubtful = left.doubtful + right.doubtful
    stored = _above(left.stored, right.stored)
    computed = stored if not doubtful else _above(left.computed, right.computed)
    row = nodes.take(level, place)
    if row is None:
        log.findings.add(
            "S452", f"settlement_node {level}/{place}", part=f"节点（第 {level} 层第 {place} 位）"
        )
    elif row[2] == computed or row[2] == stored:
        _decide(log, doubtful, is_node=row[2] == computed)
        stored = computed = row[2]
        doubtful = []
    elif stored is None:
        stored = computed = row[2]
    else:
        log.findings.add("S455", f"settlement_node {level}/{place}", level=level, place=place)
    log.stack.append(_Subtree(stored, computed, doubtful))


def _above(left: bytes | None, right: bytes | None) -> bytes | None:
    return None if left is None or right is None else merkle.above(left, right)


def _decide(log: _Log, doubtful: list[tuple[int, int | None]], *, is_node: bool) -> None:
    """What stands above agrees with the postings, so the nodes were altered; or the reverse."""
    for place, posting in doubtful:
        if is_node:
            log.findings.add("S455", f"settlement_node 0/{place}", level=0, place=place)
        else:
            log.findings.add("S454", f"settlement_posting {posting}", posting, place=place)


def _root(log: _Log, side: str) -> bytes | None:
    digests = [one.stored if side == "stored" else one.computed for one in log.stack]
    return None if None in digests else merkle.folded([d for d in digests if d is not None])


def _check_head(log: _Log, head: Head, is_at_size: bool) -> None:
    """A head: its root, its signature, the one before it, its time."""
    where = f"settlement_seal {head.size}"
    stored, computed = _root(log, "stored"), _root(log, "computed")
    has_root = is_at_size and (stored is None or head.root in (stored, computed))
    doubtful = [one for subtree in log.stack for one in subtree.doubtful]
    if doubtful and has_root:
        _decide(log, doubtful, is_node=head.root == computed)
        for subtree in log.stack:
            chosen = subtree.computed if head.root == computed else subtree.stored
            subtree.stored, subtree.computed, subtree.doubtful = chosen, chosen, []
    before = {FIRST} if log.last is None else {log.last.digest, log.last.said}
    is_clear = _check_signed(log, head, has_root, head.before in before)
    if is_clear and log.last is not None and head.sealed < log.last.sealed:
        log.findings.add("S459", where, now=instant(head.sealed), last=instant(log.last.sealed))
    elif is_clear and log.latest is not None and log.latest > head.sealed + _AHEAD:
        log.findings.add("S459", where, now=instant(head.sealed), last=instant(log.latest))
    _check_kept_seen(log, head)
    log.last, log.latest = head, None


def _check_signed(log: _Log, head: Head, has_root: bool, is_chained: bool) -> bool:
    """Which field of a head was altered, as far as the signature over its digest tells; whether none was."""
    where, add = f"settlement_seal {head.size}", log.findings.add
    is_digest_signed = is_signed(head.digest, head.signature, log.key)
    if is_digest_signed and head.said == head.digest:
        if not has_root:
            add("S456", where, part="根（与节点算出的不同）")
        if not is_chained:
            add("S458", where)
        return True
    if is_digest_signed:
        altered = "根" if not has_root else "前一个封头" if not is_chained else "时间或笔数"
        add("S456", where, part=altered)
    elif is_signed(head.said, head.signature, log.key):
        add("S456", where, part="摘要")
    elif head.said == head.digest:
        add("S457", where)
        if not has_root:
            add("S456", where, part="根（与节点算出的不同）")
        if not is_chained:
            add("S458", where)
    else:
        add("S456", where, part="好几项")
    return False


def _check_kept_seen(log: _Log, head: Head) -> None:
    if log.kept is not None and head.size == log.kept.head.size:
        log.kept_seen = log.kept.head.digest in (head.digest, head.said)


def _end(log: _Log, size: int) -> None:
    """Behind the last head there is nothing; the kept head is in the log."""
    doubtful = [one for subtree in log.stack for one in subtree.doubtful]
    _decide(log, doubtful, is_node=True)
    sealed = log.last.size if log.last is not None else 0
    if size > sealed:
        log.findings.add("S452", f"settlement_node 0/{sealed}", part="从这里到末尾的封头")
    if log.kept is None:
        return
    kept = log.kept.head
    if size < kept.size:
        reason = f"现在只有 {size} 笔"
    elif not log.kept_root:
        reason = "那时的记账换过"
    elif not log.kept_seen:
        reason = "那个封头不在了，或换过"
    else:
        return
    log.findings.add("S462", f"settlement_seal {kept.size}", size=kept.size, reason=reason)
