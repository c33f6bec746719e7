"""A new key: what is sealed from then on is under it, and what was sealed before is sealed anew, bit by bit.

What was broken off is taken up: under the same key, and what is under it already stays as it is.
"""

from collections.abc import Callable

from django.db import transaction

from doudi_web.audit_log.actions import record
from doudi_web.audit_log.models import Record
from doudi_web.register import payees, resealing, sealing
from doudi_web.register.models import Fact, Import, Person
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Tick = Callable[[int, int | None], None]

_COLUMNS = ("name", "id_number", "phone")
_BATCH = 500
_MADE, _DONE, _SUBJECT = "keys.make", "keys.rotate", "persons"


def _quiet(_done: int, _of: int | None) -> None:
    pass


def unfinished() -> int | None:
    """The key under which sealing anew was begun and not ended; None where it ended, or never began."""
    last = (
        Record.objects.filter(subject=_SUBJECT, action__in=(_MADE, _DONE)).order_by("-id").first()
    )
    if last is None or last.action == _DONE:
        return None
    number = int(last.detail["key"])
    return number if number == sealing.newest() else None


def rotate(actor: Actor, tick: Tick = _quiet) -> dict[str, int]:
    """Make the next key, or take up the one that was begun, and seal everything anew under it. The old keys stay: a
    backup needs them. `tick` is told how many rows are done, of how many."""
    actor.must(Act.PERSONS_WRITE)
    begun = unfinished()
    number = begun or sealing.new_key()
    record(actor, _MADE, _SUBJECT, detail={"key": number, "again": begun is not None})
    going = _Going(number, tick)
    counts = {
        "key": number,
        "resumed": int(begun is not None),
        "persons": going.persons(),
        "facts": going.facts(),
        "imports": going.imports(),
        "payees": payees.reseal(number),
        "elsewhere": resealing.reseal(number),
    }
    record(actor, _DONE, _SUBJECT, detail=counts)
    return counts


class _Going:
    """Through all that is sealed, in batches that are whole by themselves."""

    def __init__(self, number: int, tick: Tick) -> None:
        self._number, self._tick, self._done = number, tick, 0
        self._of = (
            Person.objects.count()
            + Fact.objects.filter(detail__has_key="sealed").count()
            + Import.objects.count()
        )
        tick(0, self._of)

    def _is_new(self, sealed: bytes) -> bool:
        return sealing.key_number(sealed) == self._number

    def _told(self, more: int) -> None:
        self._done += more
        self._tick(self._done, self._of)

    def persons(self) -> int:
        """Names, numbers and telephones; how many people were sealed anew."""
        last, count = "", 0
        while True:
            with transaction.atomic():
                rows = list(
                    Person.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:_BATCH]
                )
                if not rows:
                    return count
                changed = [one for one in rows if self._person(one)]
                Person.objects.bulk_update(changed, _COLUMNS)
            last, count = rows[-1].pk, count + len(changed)
            self._told(len(rows))

    def _person(self, one: Person) -> bool:
        is_changed = False
        for column in _COLUMNS:
            sealed = getattr(one, column)
            if sealed is not None and not self._is_new(sealed):
                place = f"{one.pk}.{column}"
                text = sealing.opened(sealed, place)
                setattr(one, column, sealing.seal(text, place, self._number))
                is_changed = True
        return is_changed

    def facts(self) -> int:
        """What is sealed of what the register knows; how many were sealed anew."""
        last, count = 0, 0
        while True:
            with transaction.atomic():
                rows = list(
                    Fact.objects.select_for_update()
                    .filter(pk__gt=last, detail__has_key="sealed")
                    .order_by("pk")[:_BATCH]
                )
                if not rows:
                    return count
                changed = [one for one in rows if self._fact(one)]
                Fact.objects.bulk_update(changed, ["detail"])
            last, count = rows[-1].pk, count + len(changed)
            self._told(len(rows))

    def _fact(self, fact: Fact) -> bool:
        sealed = bytes.fromhex(fact.detail["sealed"])
        if self._is_new(sealed):
            return False
        place = f"{fact.person_id}.{fact.kind}"
        text = sealing.opened(sealed, place)
        fact.detail = {"sealed": sealing.seal(text, place, self._number).hex()}
        return True

    def imports(self) -> int:
        """The files that were brought, one after the other; how many were sealed anew."""
        count = 0
        for pk in Import.objects.order_by("pk").values_list("pk", flat=True):
            with transaction.atomic():
                count += self._import(Import.objects.select_for_update().get(pk=pk))
            self._told(1)
        return count

    def _import(self, came: Import) -> bool:
        is_changed = False
        for column, place in (
            ("content", f"import.{came.pk}"),
            ("before", f"import.{came.pk}.before"),
        ):
            sealed = getattr(came, column)
            if sealed is not None and not self._is_new(sealed):
                content = sealing.opened_bytes(sealed, place)
                setattr(came, column, sealing.seal_bytes(content, place, self._number))
                is_changed = True
        if is_changed:
            came.save(update_fields=["content", "before"])
        return is_changed
