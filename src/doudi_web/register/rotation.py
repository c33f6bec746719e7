"""A new key: what is sealed from then on is under it, and what was sealed before is sealed anew, bit by bit."""

from django.db import transaction

from doudi_web.audit_log.actions import record
from doudi_web.register import payees, sealing
from doudi_web.register.models import Fact, Import, Person
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_COLUMNS = ("name", "id_number", "phone")
_BATCH = 500


def rotate(actor: Actor) -> dict[str, int]:
    """Make the next key and seal everything anew; may be broken off and begun again. The old keys stay: a backup
    needs them."""
    actor.must(Act.PERSONS_WRITE)
    number = sealing.new_key()
    record(actor, "keys.make", "persons", detail={"key": number})
    counts = {
        "key": number,
        "persons": _persons(number),
        "facts": _facts(number),
        "imports": _imports(number),
        "payees": payees.reseal(number),
    }
    record(actor, "keys.rotate", "persons", detail=counts)
    return counts


def _persons(number: int) -> int:
    last, count = "", 0
    while True:
        with transaction.atomic():
            rows = list(
                Person.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:_BATCH]
            )
            if not rows:
                return count
            for one in rows:
                for column in _COLUMNS:
                    sealed = getattr(one, column)
                    if sealed is not None:
                        place = f"{one.pk}.{column}"
                        setattr(
                            one, column, sealing.seal(sealing.opened(sealed, place), place, number)
                        )
            Person.objects.bulk_update(rows, _COLUMNS)
        last, count = rows[-1].pk, count + len(rows)


def _facts(number: int) -> int:
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
            for fact in rows:
                place = f"{fact.person_id}.{fact.kind}"
                text = sealing.opened(bytes.fromhex(fact.detail["sealed"]), place)
                fact.detail = {"sealed": sealing.seal(text, place, number).hex()}
            Fact.objects.bulk_update(rows, ["detail"])
        last, count = rows[-1].pk, count + len(rows)


def _imports(number: int) -> int:
    count = 0
    for pk in Import.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            came = Import.objects.select_for_update().get(pk=pk)
            for column, place in (("content", f"import.{pk}"), ("before", f"import.{pk}.before")):
                sealed = getattr(came, column)
                if sealed is not None:
                    content = sealing.opened_bytes(sealed, place)
                    setattr(came, column, sealing.seal_bytes(content, place, number))
            came.save(update_fields=["content", "before"])
        count += 1
    return count
