"""The cards of several people in one paper, for who cannot read: printed and counted together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from doudi_web.papers.card import Face, face_of
from doudi_web.papers.found import ring
from doudi_web.papers.kinds import TITLES, Kind, Print
from doudi_web.papers.printing import Of, prints
from doudi_web.papers.words import cut, phone
from doudi_web.register import file
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

MOST = 50


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards, one page a person."""

    kind: ClassVar[Kind] = Kind.CARDS
    printed: Print
    title: str
    cards: tuple[Face, ...]
    office: str
    office_phone: str


def printed(actor: Actor, township: str, persons: Sequence[str], reason: str) -> bytes:
    """The cards of those who have a doctor to ring, MOST at once.

    Raises Refusal 403, 409 (nobody has), 422 (more than MOST), 503.
    """
    found: list[file.Card] = []
    wanted = list(dict.fromkeys(persons))
    if len(wanted) > MOST:
        raise Refusal.of(
            422, "F203", "person", value=f"{len(wanted)} 人", expected=f"一次最多 {MOST} 人"
        )
    for person in wanted:
        try:
            found.append(file.card_of(actor, person, reason=reason))
        except Refusal as refused:
            if refused.status not in (404, 409):
                raise
    if not found:
        raise Refusal.of(409, "S670", "persons")
    district = ring("")
    of = Of(Kind.CARDS, township, "", f"township:{township}", reason, [one.id for one in found])

    def make(print_: Print) -> Cards:
        return Cards(
            print_, TITLES[Kind.CARDS], tuple(face_of(one) for one in found),
            "" if district is None else cut(district.place, 24),
            "" if district is None else cut(phone(district.phone), 24),
        )  # fmt: skip

    return prints(actor, of, make)
