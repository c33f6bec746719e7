"""Entries of the ledger: who owes whom for a settlement, and what commits to it.

A posting sums to zero. The hospital has earned the total (`clearing`, negative); each fund, the patient and, where
control moves the excess, the hospital itself bear their parts (positive).
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

Entries = Sequence[tuple[str, int]]
Sums = Sequence[tuple[str, int, str, int]]


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


def posting_head(
    kind: str, settlement: int, client: str, message: str, posted: datetime, reason: str
) -> dict[str, Any]:
    """What a posting says of itself, as its content digests it."""
    return {
        "kind": kind, "settlement": settlement, "client": client, "message": message,
        "posted": posted.isoformat(), "reason": reason,
    }  # fmt: skip


def contrary(entries: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """What undoes entries."""
    return [(account, -amount) for account, amount in entries]


def content_of(
    stated: Mapping[str, Any], entries: Entries, sums: Sums, kept: Iterable[bytes]
) -> bytes:
    """The digest of all that a posting says: its head, its entries, its sums, and what is kept with it.

    Entries go in one by one, so that the one that was altered can be named.
    """
    text = json.dumps(
        [dict(stated), [list(e) for e in entries], [list(s) for s in sums]],
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    return sm3(sm3(text.encode()), *(sm3(one) for one in kept))


def commit(content: bytes) -> tuple[bytes, bytes]:
    """A salt and the commitment to a content: without the salt nobody can tell what was committed to."""
    salt = secrets.token_bytes(16)
    return salt, sm3(salt, content)
