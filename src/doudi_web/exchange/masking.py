"""What a receiver writes of a row may name its person: names and numbers are masked before it is kept."""

import re
from collections.abc import Callable, Iterable

import psycopg

from doudi_web.register import sealing
from doudi_web.settlement import tables

_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{14,17}[0-9Xx](?![0-9A-Za-z])")
_PERSONS = "SELECT id, name FROM register_person WHERE id = ANY(%s) AND name IS NOT NULL"


def masked(
    db: "psycopg.Connection[tables.Row]", persons: Iterable[str]
) -> Callable[[str, str], str]:
    """A way to take the person's own name, and whatever looks like a number of somebody's, out of a text."""
    names = {
        number: sealing.opened(name, f"{number}.name")
        for number, name in db.execute(_PERSONS, [list(persons)])
    }

    def hide(person: str, text: str) -> str:
        text = _NUMBER.sub(lambda found: sealing.masked_number(found[0]), text)
        name = names.get(person)
        return text.replace(name, sealing.masked_name(name)) if name else text

    return hide
