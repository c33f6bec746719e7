"""Whose visit a page is of: the name whole for who treats or settles, masked for others; the number masked."""

from dataclasses import dataclass

from doudi_web.register import selectors
from doudi_web.review.patients import patient
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Who:
    """A person on a page; without a name where the register does not know them, or does not tell."""

    id: str
    name: str = ""
    id_number: str = ""

    @property
    def title(self) -> str:
        """The name, else the number in the register."""
        return self.name or self.id


def who(actor: Actor, person: str) -> Who:
    """A person by the number in the register. Who may not see persons sees the number alone."""
    if not actor.may(Act.PERSONS_READ):
        return Who(person)
    try:
        told = selectors.person(actor, person, visited=visited)
    except Refusal:
        return Who(person)
    return Who(person, patient(actor, person).name or "", told["id_number"] or "")
