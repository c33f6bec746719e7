"""Printing: a paper is set, counted and recorded in one transaction; a preview says that it is none."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from doudi.errors import Faulty
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.typesetting import Paper, typeset
from doudi_web.settlement import tables
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM papers_printed WHERE kind = %s AND of = %s"
_INSERT = """
INSERT INTO papers_printed (kind, of, number, at, actor, facility, digest) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Of:
    """What a paper is of: which paper, of which thing at which hospital, and whom and why the log names for it.

    `persons` are those whom a list shows, by a masked name or a visit: each is in the log on their own.
    """

    kind: Kind
    key: str
    facility: str
    subject: str
    reason: str = ""
    persons: Sequence[str] = ()


def preview(actor: Actor, of: Of, make: Callable[[Print], Paper]) -> bytes:
    """The paper as it would be, marked as a preview. Raises Refusal 503 where it cannot be set."""
    made = _set(make(Print(0, now(), demo_day() is not None)))
    with tables.driver().transaction():
        told(actor, "papers.read", of)
    return made


def prints(actor: Actor, of: Of, make: Callable[[Print], Paper]) -> bytes:
    """The paper, counted: the second print says so. Raises Refusal 422, 503, and then nothing was counted."""
    db = tables.driver()
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_lock(of)])
        row = db.execute(_NUMBER, [of.kind.value, of.key]).fetchone()
        assert row is not None
        number, at = row[0], now()
        made = _set(make(Print(number, at, demo_day() is not None)))
        db.execute(_INSERT, [of.kind.value, of.key, number, at, actor.key, of.facility, sm3(made)])
        told(actor, "papers.print", of, number=number)
    return made


def told(actor: Actor, action: str, of: Of, **more: int) -> None:
    """Who had a paper before them, and everybody whom it shows; within the caller's transaction."""
    detail = {"paper": of.kind.value, "of": of.key}
    record(actor, action, of.subject, reason=of.reason, detail={**detail, **more})
    record_each(actor, action, ((subject_of(one), detail) for one in dict.fromkeys(of.persons)))


def _set(paper: Paper) -> bytes:
    try:
        return typeset(paper)
    except Faulty as error:
        status = 422 if any(one.code == "S631" for one in error.faults) else 503
        raise Refusal(status, error.faults) from error


def _lock(of: Of) -> int:
    """The lock under which prints of one thing are counted."""
    digest = hashlib.blake2b(f"paper:{of.kind.value}:{of.key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
