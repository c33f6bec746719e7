"""Entries of the ledger: who owes whom for a settlement, and what commits to it.

A posting sums to zero. The hospital has earned the total (`clearing`, negative); each fund, the patient and, where
control moves the excess, the hospital itself bear their parts (positive).
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

from doudi.dates import CHINA

Entries = Sequence[tuple[str, int]]
Sums = Sequence[tuple[str, int, str, int]]

DIGEST = 32


def sm3(*parts: bytes) -> bytes:
    """The SM3 digest of parts one after another."""
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def entries_of(
    facility: str, person: str, total: int, payments: Mapping[str, int], hospital: int, patient: int
) -> list[tuple[str, int]]:
    """The entries of a settlement; accounts that bear nothing are left out."""
    found = [
        (f"clearing:{facility}", -total),
        *((f"fund:{layer}", amount) for layer, amount in payments.items()),
        (f"hospital:{facility}", hospital),
        (f"patient:{person}", patient),
    ]
    assert sum(amount for _, amount in found) == 0, found
    return [(account, amount) for account, amount in found if amount]


def contrary(entries: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """What undoes entries."""
    return [(account, -amount) for account, amount in entries]


def posting_head(
    kind: str,
    settlement: int | None,
    client: str,
    message: str,
    posted: datetime,
    month: str,
    reason: str,
) -> dict[str, Any]:
    """What a posting says of itself."""
    return {
        "kind": kind, "settlement": settlement, "client": client, "message": message,
        "posted": instant(posted), "month": month, "reason": reason,
    }  # fmt: skip


def settlement_row(
    client: str,
    message: str,
    message_digest: bytes,
    visit: str,
    person: str,
    facility: str,
    settled: datetime,
    sequence: int,
    year: int,
) -> dict[str, Any]:
    """What the row of a settlement says beside its answer and its evidence."""
    return {
        "client": client, "message": message, "message_digest": bytes(message_digest).hex(), "visit": visit,
        "person": person, "facility": facility, "settled": instant(settled), "sequence": sequence, "year": year,
    }  # fmt: skip


def opening_row(
    number: int,
    owner: str,
    year: int,
    name: str,
    amount: int,
    source: str,
    as_of: date,
    received: datetime,
    after_entry: int,
    before: int,
    client: str,
) -> dict[str, Any]:
    """What the row of an opening says: all of it."""
    return {
        "id": number, "owner": owner, "year": year, "name": name, "amount": amount, "source": source,
        "as_of": as_of.isoformat(), "received": instant(received), "after_entry": after_entry,
        "before": before, "client": client,
    }  # fmt: skip


def close_row(
    month: str,
    closed: datetime,
    client: str,
    message: str,
    reason: str,
    postings: int,
    digest: bytes,
) -> dict[str, Any]:
    """What the row of a closed month says: all of it."""
    return {
        "month": month, "closed": instant(closed), "client": client, "message": message, "reason": reason,
        "postings": postings, "digest": bytes(digest).hex(),
    }  # fmt: skip


def instant(moment: datetime) -> str:
    """A moment as digests write it: in China, whatever zone a connection tells it in."""
    return moment.astimezone(CHINA).isoformat()


@dataclass(frozen=True, slots=True)
class Parts:
    """The digests of all that a posting says, one by one, so that the one that was altered can be named.

    Each is SM3(salt ‖ name ‖ 0 ‖ content): whoever has not the salt can confirm no guess, neither before
    erasure nor after it.
    """

    head: bytes
    row: bytes
    entries: tuple[bytes, ...]
    sums: tuple[bytes, ...]
    kept: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """How many there are of each, and the digests."""
        groups = (self.entries, self.sums, self.kept)
        counts = b"".join(len(group).to_bytes(2, "big") for group in groups)
        return b"".join((counts, self.head, self.row, *self.entries, *self.sums, *self.kept))


def decoded(text: bytes) -> Parts | None:
    """Parts as `encoded` writes them; None where that is not what this is."""
    counts = [int.from_bytes(text[at : at + 2], "big") for at in (0, 2, 4)]
    found = [text[at : at + DIGEST] for at in range(6, len(text), DIGEST)]
    if len(text) != 6 + DIGEST * (2 + sum(counts)):
        return None
    entries, sums = counts[0] + 2, counts[0] + counts[1] + 2
    return Parts(
        found[0], found[1], tuple(found[2:entries]), tuple(found[entries:sums]), tuple(found[sums:])
    )


def new_salt() -> bytes:
    """What nobody can guess: with it goes whatever was digested under it."""
    return secrets.token_bytes(16)


def part(salt: bytes, name: str, content: bytes) -> bytes:
    """The digest of one thing that a posting says."""
    return sm3(salt, name.encode(), b"\0", content)


def parts_of(
    salt: bytes,
    head: Mapping[str, Any],
    row: Mapping[str, Any] | None,
    entries: Entries,
    sums: Sums,
    kept: Iterable[bytes],
) -> Parts:
    """The digests of what a posting says: its head, its settlement's row, entries, sums, what is kept with it."""
    return Parts(
        part(salt, "head", text_of(head)),
        part(salt, "row", text_of(row)),
        tuple(part(salt, "entry", text_of(list(one))) for one in entries),
        tuple(part(salt, "sum", text_of(list(one))) for one in sums),
        tuple(part(salt, f"kept {n}", one) for n, one in enumerate(kept)),
    )


def text_of(value: object) -> bytes:
    """What one thing says, as its digest reads it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Committed:
    """A posting's commitment: SM3(salt ‖ content), where content = SM3(parts)."""

    salt: bytes
    parts: bytes
    content: bytes
    commitment: bytes


def commit(
    head: Mapping[str, Any],
    row: Mapping[str, Any] | None,
    entries: Entries,
    sums: Sums,
    kept: Iterable[bytes],
    salt: bytes | None = None,
) -> Committed:
    """Commit to all that a posting says, under a salt of its own: a new one where none is told."""
    salt = salt or new_salt()
    parts = parts_of(salt, head, row, entries, sums, kept).encoded()
    content = sm3(parts)
    return Committed(salt, parts, content, sm3(salt, content))
