"""What several persons are called: the names whole for who treats or settles, masked for others."""

from collections.abc import Iterable

from django.db import connection

from doudi_web.register import sealing
from doudi_web.tenancy.roles import OF_FACILITY
from doudi_web.tenancy.who import Actor


def names_of(actor: Actor, persons: Iterable[str]) -> dict[str, str]:
    """The names of those whom the register knows, in one query. Whoever lists them records that each was read."""
    wanted = list(dict.fromkeys(persons))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name FROM register_person WHERE id = ANY(%s) AND withdrawn IS NULL AND name IS NOT NULL",
            [wanted],
        )
        opened = {
            one: sealing.opened(bytes(name), f"{one}.name") for one, name in cursor.fetchall()
        }
    if actor.role in OF_FACILITY:
        return opened
    return {one: sealing.masked_name(name) for one, name in opened.items()}
