"""A message is taken once: the same again is answered the same, with other content it is refused."""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from pydantic_core import to_json

from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

_EARLIER = "SELECT digest, answer FROM clearing_message WHERE client = %s AND message = %s"
_TAKEN = """
INSERT INTO clearing_message (client, message, digest, at, answer) VALUES (%s, %s, %s, %s, %s)
"""


def once(
    actor: Actor,
    action: str,
    message: str,
    stated: Mapping[str, Any],
    do: Callable[["psycopg.Connection[tables.Row]"], Any],
) -> Answer:
    """Do it in one transaction and answer 201; the same message again 200, the same answer word for word.

    Raises Refusal 409 where the message said something else, and what `do` raises: then nothing is written.
    """
    digest = sm3(canonical([action, dict(stated)]).encode())
    db = tables.driver()
    with db.transaction():
        tables.lock(db, (f"m:{actor.key}:{message}",))
        earlier = db.execute(_EARLIER, [actor.key, message]).fetchone()
        if earlier is not None:
            if bytes(earlier[0]) != digest:
                raise Refusal.of(409, "S409", "message_id", message=message)
            record(actor, f"{action}.again", "clearing", detail={"message": message})
            return Answer(200, earlier[1])
        text = to_json(do(db)).decode()
        db.execute(_TAKEN, [actor.key, message, digest, now(), text])
        return Answer(201, text)
