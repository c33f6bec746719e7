"""The card of a person: whom to ring, large, with pictures for who cannot read, and a code that dials."""

from dataclasses import dataclass
from typing import ClassVar

from doudi_web.audit_log.actions import subject_of
from doudi_web.papers.code import qr
from doudi_web.papers.found import ring
from doudi_web.papers.kinds import TITLES, Kind, Print
from doudi_web.papers.printing import Of, preview, prints
from doudi_web.papers.words import cut, phone
from doudi_web.register import file
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on somebody's card."""

    name: str
    address: str
    doctor: str
    place: str
    phone: str
    dial: str
    """A code that a telephone reads and dials."""


def face_of(one: file.Card) -> Face:
    """What stands on the card of somebody who has a doctor to ring."""
    return Face(
        name=cut(one.name or "", 12),
        address=cut(one.address, 24),
        doctor=cut(one.doctor.name, 12),
        place=cut(one.doctor.place, 24),
        phone=cut(phone(one.doctor.phone), 24),
        dial=qr(one.dials),
    )


@dataclass(frozen=True, slots=True)
class Card:
    """The card, printed twice on a page: one to carry, one for the wall."""

    kind: ClassVar[Kind] = Kind.CARD
    printed: Print
    title: str
    face: Face
    office: str
    office_phone: str


def printed(actor: Actor, person: str, reason: str, *, is_print: bool) -> bytes:
    """The card of somebody whom the actor may see: printed and counted, or as a preview.

    Raises Refusal 403, 404, 409 (there is no doctor to ring), 422 (nobody said why), 503.
    """
    one, district = file.card_of(actor, person, reason=reason), ring("")
    of = Of(Kind.CARD, person, actor.facility or "", subject_of(one.id), reason)

    def make(print_: Print) -> Card:
        return Card(
            printed=print_,
            title=TITLES[Kind.CARD],
            face=face_of(one),
            office="" if district is None else cut(district.place, 24),
            office_phone="" if district is None else cut(phone(district.phone), 24),
        )

    return prints(actor, of, make) if is_print else preview(actor, of, make)
