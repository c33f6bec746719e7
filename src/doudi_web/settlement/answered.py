"""Messages that changed the ledger are answered once more word for word; with other content they are refused."""

import json
from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from doudi.source_text import Value
from doudi_web.settlement import tables
from doudi_web.settlement.ledger import new_salt
from doudi_web.settlement.posting import digest_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor


@contextmanager
def once(db: "psycopg.Connection[tables.Row]", message: str) -> Generator[None]:
    """A transaction of a message. Raises Refusal 409 where another one took the same id at the same time."""
    try:
        with db.transaction():
            yield
    except psycopg.errors.UniqueViolation as used:
        raise Refusal.of(409, "S409", "message_id", message=message) from used


def earlier(
    db: "psycopg.Connection[tables.Row]", actor: Actor, message: str, content: Value
) -> str | None:
    """What the same message was answered; None where it is new. Raises Refusal 409, 410."""
    row = db.execute(
        "SELECT salt, digest, text FROM settlement_answered WHERE client = %s AND message = %s",
        [actor.key, message],
    ).fetchone()
    if row is None:
        return None
    salt, digest, text = row
    if salt is None:
        raise Refusal.of(410, "S466", "message_id", settlement="")
    if digest_of(content, bytes(salt)) != bytes(digest):
        raise Refusal.of(409, "S409", "message_id", message=message)
    return text


def keep(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    message: str,
    person: str,
    content: Value,
    text: str,
) -> None:
    """Keep what a message was answered."""
    salt = new_salt()
    db.execute(
        "INSERT INTO settlement_answered (client, message, person, salt, digest, text)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [actor.key, message, person, salt, digest_of(content, salt), text],
    )


def erase(db: "psycopg.Connection[tables.Row]", person: str) -> None:
    """Take away what was answered of a person."""
    db.execute(
        "UPDATE settlement_answered SET salt = NULL, digest = NULL, text = NULL WHERE person = %s",
        [person],
    )


def content_of(*parts: Value) -> Value:
    """What a message asked for, as one value."""
    return json.loads(json.dumps(parts, default=str))
