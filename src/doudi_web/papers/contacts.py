"""Whom a patient rings about a paper: stated by a hospital's office, and by the district for all."""

from typing import Any

from doudi_web.audit_log.actions import record
from doudi_web.papers.models import Contact
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_INSERT = (
    "INSERT INTO papers_contact (facility, place, phone, at, actor) VALUES (%s, %s, %s, %s, %s)"
)


def state(actor: Actor, facility: str, place: str, phone: str) -> dict[str, Any]:
    """State a number to ring; the last one holds. No facility: the district's, by its administrator alone.

    Raises Refusal 403.
    """
    actor.must(Act.CONTACTS_WRITE)
    facility = facility or actor.facility or ""
    if facility:
        actor.must_be_of(facility, Act.CONTACTS_WRITE)
    db = tables.driver()
    with db.transaction():
        db.execute(_INSERT, [facility, place, phone, now(), actor.key])
        record(actor, "contacts.write", f"facility:{facility}"[:80], detail={"facility": facility})
    return {"facility": facility, "place": place, "phone": phone}


def stated(actor: Actor, facility: str) -> dict[str, Any]:
    """The numbers that stand on the papers of a hospital: its own, and the district's. Raises Refusal 403."""
    actor.must(Act.SETTLEMENTS_READ)
    facility = facility or actor.facility or ""
    if facility:
        actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    record(actor, "contacts.read", f"facility:{facility}"[:80])
    return {"hospital": _last(facility) if facility else None, "district": _last("")}


def _last(facility: str) -> dict[str, str] | None:
    found = Contact.objects.filter(facility=facility).order_by("-id").first()
    return None if found is None else {"place": found.place, "phone": found.phone}
