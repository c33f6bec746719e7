"""Writing what was decided: the posting of a settlement, and the one that undoes a settlement."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from pydantic_core import to_json

from doudi.adjudication import Adjudication
from doudi.source_text import Value
from doudi.version import VERSION
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.asked import Keys, canonical, kept
from doudi_web.settlement.assessing import Place, Ready
from doudi_web.settlement.ledger import (
    commit,
    contrary,
    entries_of,
    new_salt,
    part,
    posting_head,
    settlement_row,
)
from doudi_web.tenancy.who import Actor

Entries = list[tuple[str, int]]
Sums = list[tuple[str, int, str, int]]


@dataclass(frozen=True, slots=True)
class Said:
    """Who posts something under which message, when, into which month, and why."""

    actor: Actor
    message: str
    posted: datetime
    month: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class New:
    """A settlement that is about to be written: its number, whose visit it is, where it stands, what it came to."""

    number: int
    keys: Keys
    place: Place
    content: Value
    """What the message asked for: another content under the same message id is refused."""
    found: Adjudication
    text: str
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Old:
    """A settlement that is about to be undone."""

    number: int
    keys: Keys
    place: Place


def digest_of(content: Value, salt: bytes) -> bytes:
    """What tells a message's content from another's, under the posting's salt: with that it is erased."""
    return part(salt, "message", canonical(content).encode())


def evidence_of(bill: dict[str, Value], made: Ready, found: Adjudication, facility: str) -> bytes:
    """All that a settlement rests on, so that it can be replayed: the bill as it came, what the register knew of
    person and facility, the sums before it (in the result), and the sources of the policy by digest."""
    known, ruling = made.known, made.ruling
    found_on = {
        "bill": kept(bill),
        "register": {
            "known": known.is_registered,
            "person": kept(known.bill)["person"],
            "facility": known.bill.get("facility"),
        },
        "pack": found.pack,
        "pack_digest": ruling.digests[found.pack],
        "generation": ruling.generation,
        "fingerprint": found.fingerprint,
        "engine": VERSION,
        "catalogue": found.catalogue,
        **ruling.list_digests(facility),
    }
    return zlib.compress(to_json(found_on), 1)


def post_settlement(
    db: "psycopg.Connection[tables.Row]",
    said: Said,
    new: New,
    recorded: Sequence[Any],
    *,
    commits: bool = False,
) -> None:
    """Write a settlement, its posting with entries and sums, and who did it; with `commits` also the COMMIT."""
    keys, place, found, actor = new.keys, new.place, new.found, said.actor
    entries = entries_of(
        keys.facility, keys.person, found.total, found.payments, found.hospital, found.patient
    )
    person, stay = accumulators.owners_of(keys.person, keys.episode)
    sums = [
        (owner, found.benefit_year if owner == person else 0, name, after - before)
        for owner, pairs in ((person, found.accumulators), (stay, found.episode_accumulators))
        for name, (before, after) in pairs.items()
        if after != before
    ]
    head = posting_head(
        "settle", new.number, actor.key, said.message, said.posted, said.month, said.reason
    )
    salt = new_salt()
    digest = digest_of(new.content, salt)
    says = settlement_row(
        actor.key, said.message, digest, keys.visit, keys.person, keys.facility, place.settled, place.sequence,
        found.benefit_year,
    )  # fmt: skip
    committed = commit(head, says, entries, sums, (new.text.encode(), new.evidence), salt)
    tables.write(
        db,
        tables.Settled(
            new.number, actor.key, said.message, digest, keys.visit, keys.person, keys.facility, place.settled,
            place.sequence, found.benefit_year, new.text, new.evidence,
        ),
        tables.Posted(
            "settle", new.number, actor.key, said.message, said.posted, said.month, said.reason, committed,
            entries, sums, place.settled, place.sequence,
        ),
        recorded,
        commit=commits,
    )  # fmt: skip


def post_reversal(
    db: "psycopg.Connection[tables.Row]", said: Said, old: Old, recorded: Sequence[Any]
) -> int:
    """Undo a settlement by contrary entries, at its place; the number of the posting. It stands until then."""
    entries, sums = _undone(
        db, old.number, accumulators.owners_of(old.keys.person, old.keys.episode)
    )
    post(db, said, "reverse", old.number, entries, sums, old.place, recorded)
    row = db.execute(
        "SELECT id FROM settlement_posting WHERE settlement = %s AND kind = 'reverse'", [old.number]
    ).fetchone()
    assert row is not None
    return row[0]


def post(
    db: "psycopg.Connection[tables.Row]",
    said: Said,
    kind: str,
    settlement: int,
    entries: Entries,
    sums: Sums,
    place: Place,
    recorded: Sequence[Any],
) -> None:
    """Write a posting of a settlement that is there already."""
    head = posting_head(
        kind, settlement, said.actor.key, said.message, said.posted, said.month, said.reason
    )
    tables.write(
        db,
        None,
        tables.Posted(
            kind, settlement, said.actor.key, said.message, said.posted, said.month, said.reason,
            commit(head, None, entries, sums, ()), entries, sums, place.settled, place.sequence,
        ),
        recorded,
    )  # fmt: skip


def _undone(
    db: "psycopg.Connection[tables.Row]", settlement: int, owners: tuple[str, ...]
) -> tuple[Entries, Sums]:
    """The entries that undo a settlement and what was relieved of it, and what it takes off the accumulators.

    Never more is taken off than stands there: an opening may have put the city's lower figure in its place.
    """
    entries = contrary(
        db.execute(
            "SELECT e.account, sum(e.amount)::bigint FROM settlement_entry e"
            " JOIN settlement_posting p ON p.id = e.posting"
            " WHERE p.settlement = %s AND p.kind IN ('settle', 'relief') GROUP BY 1"
            " HAVING sum(e.amount) <> 0 ORDER BY min(e.id)",
            [settlement],
        ).fetchall()
    )
    stands = {
        (owner, year, name): amount for owner, year, name, amount in accumulators.sums(db, owners)
    }
    sums = [
        (owner, year, name, -min(amount, stands.get((owner, year, name), 0)))
        for owner, year, name, amount in db.execute(
            "SELECT a.owner, a.year, a.name, a.amount FROM settlement_accumulatorentry a"
            " JOIN settlement_posting p ON p.id = a.posting"
            " WHERE p.settlement = %s AND p.kind = 'settle' ORDER BY a.id",
            [settlement],
        )
    ]
    return entries, sums
