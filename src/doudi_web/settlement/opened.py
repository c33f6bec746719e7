"""The posting of an opening: it commits to the whole row, so that whoever changes, adds or removes one is seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from doudi_web.settlement.ledger import commit, opening_row, posting_head

KIND = "opening"

OPENING = """
INSERT INTO settlement_opening
  (id, owner, year, name, amount, source, as_of, received, after_entry, before, client)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
POSTING = """
INSERT INTO settlement_posting
  (kind, opening, client, message, posted, month, reason, salt, parts, content, commitment)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def posting_of(row: Sequence[Any], posted: datetime, month: str) -> list[Any]:
    """The values of POSTING for a row of openings: its number, owner, …, client, as `opening_row` takes them.

    Its message is the owner of the sum: where the row itself is gone, the posting still tells whose it was.
    """
    number, owner, client = row[0], row[1], row[-1]
    head = posting_head(KIND, None, client, owner, posted, month, "")
    made = commit(head, opening_row(*row), (), (), ())
    return [
        KIND, number, client, owner, posted, month, "", made.salt, made.parts, made.content, made.commitment,
    ]  # fmt: skip
