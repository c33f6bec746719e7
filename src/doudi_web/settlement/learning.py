"""What is learned of persons after they were settled, by the register or from the centre, becomes proposals."""

import logging
import threading

import psycopg
from django.db import connection

from doudi_web.register.learned import done, waiting
from doudi_web.settlement import proposing, tables
from doudi_web.settlement.accumulators import person_owner

_log = logging.getLogger("doudi.proposals")
_BATCH = 200
AT_ONCE = 500
"""Changed persons whose settlements are looked at before whoever brought the change is answered; the others follow
within seconds."""


def learn(most: int | None = None) -> int:
    """Work in every change of the register that waits, or `most` of them; how many persons were looked at.

    Each person is a transaction of its own: who is being settled meanwhile waits for one person, not for all.
    """
    db, count = tables.driver(), 0
    while (most is None or count < most) and (persons := waiting(_BATCH)):
        settled = _settled(db, persons)
        count += len(persons) - len(settled)
        for person, last in settled:
            with db.transaction():
                tables.lock(db, (person_owner(person),))
                done(person, last)
                proposing.propose(db, person)
            count += 1
    return count


def _settled(
    db: "psycopg.Connection[tables.Row]", persons: list[tuple[str, int]]
) -> list[tuple[str, int]]:
    """Those who have been settled at all; of others there is nothing to look at, now that nobody settles them."""
    with db.transaction():
        tables.lock(db, [person_owner(person) for person, _ in persons])
        rows = db.execute(
            "SELECT DISTINCT person FROM settlement_settlement WHERE person = ANY(%s)",
            [[person for person, _ in persons]],
        )
        known = {person for (person,) in rows.fetchall()}
        for person, last in persons:
            if person not in known:
                done(person, last)
    return [(person, last) for person, last in persons if person in known]


def keep_learning(stop: threading.Event, seconds: float) -> None:
    """Learn from time to time until told to stop."""
    while not stop.wait(seconds):
        try:
            learn()
        except Exception as error:  # the database is away: it is asked again
            _log.error("not learned: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks, and no other process inherits it
