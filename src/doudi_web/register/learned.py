"""Persons of whom something else is known than was: a list that whoever rests on it works off."""

from collections.abc import Iterable

from django.db import connection

from doudi_web.register.models import Learned


def note(persons: Iterable[str]) -> None:
    """Say that what is known of these has changed; in the transaction that changes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO register_learned (person) SELECT unnest(%s::text[])", [list(persons)]
        )


def waiting(limit: int) -> list[tuple[str, int]]:
    """Persons whose change waits, the oldest first, each with the number of its last change."""
    found: dict[str, int] = {}
    for number, person in Learned.objects.order_by("id").values_list("id", "person")[:limit]:
        found[person] = number
    return list(found.items())


def done(person: str, last: int) -> None:
    """The changes of a person up to that number are worked in; in whatever transaction is under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM register_learned WHERE person = %s AND id <= %s", [person, last]
        )
