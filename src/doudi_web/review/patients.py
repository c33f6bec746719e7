"""Who is ill, as far as who reads may know: the name whole for the hospital that treats, masked for others."""

from dataclasses import dataclass
from datetime import date

import psycopg

from doudi_web.register import sealing
from doudi_web.settlement import tables
from doudi_web.tenancy.roles import OF_FACILITY
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
_PERSON = "SELECT name, sex, birth_date FROM register_person WHERE id = %s AND withdrawn IS NULL"


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as a page names them; None where the register does not know."""

    person: str
    name: str | None
    sex: str
    birth_date: date | None

    def age_on(self, day: date) -> int | None:
        """Whole years on a day."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def patient_of(db: Driver, actor: Actor, person: str) -> Patient:
    """The patient as the register knows them; who looks records it."""
    row = db.execute(_PERSON, [person]).fetchone()
    if row is None:
        return Patient(person, None, "", None)
    sealed, sex, born = row
    return Patient(person, _name(actor, person, sealed), sex or "", born)


def _name(actor: Actor, person: str, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    name = sealing.opened(bytes(sealed), f"{person}.name")
    return name if actor.role in OF_FACILITY else sealing.masked_name(name)


def patient(actor: Actor, person: str) -> Patient:
    """The same for a page whose visit somebody sees already, and was recorded with."""
    return patient_of(tables.driver(), actor, person)
