"""What a rule finds, and what it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, LiteralString

import psycopg

from doudi_web.settlement import tables
from doudi_web.tenancy.roles import OF_FACILITY, OF_TOWNSHIP, Role

Driver = psycopg.Connection[tables.Row]
MOST_BEHIND = 200
"""Visits and persons that are kept behind one alert."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an alert is to act: a role, in a hospital or township where the role belongs to one."""

    role: Role
    facility: str = ""
    township: str = ""


DISTRICT = Owner(Role.DISTRICT_ADMIN)


def office_of(facility: str) -> Owner:
    """A hospital's insurance office."""
    return Owner(Role.INSURANCE_OFFICE, facility=facility)


def officer_of(township: str) -> Owner:
    """A township's officer; where the township is not known, the district."""
    if not township or township.endswith("000"):
        return DISTRICT
    return Owner(Role.TOWNSHIP_OFFICER, township=township)


def is_whole(owner: Owner) -> bool:
    """Whether the role has its place."""
    return (not owner.facility or owner.role in OF_FACILITY) and (
        not owner.township or owner.role in OF_TOWNSHIP
    )


@dataclass(frozen=True, slots=True)
class Behind:
    """A visit or a person behind a cause; `amount` is what counts of it, in fen."""

    settlement: int | None = None
    visit: str = ""
    facility: str = ""
    person: str = ""
    day: date | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A cause: its name, what it is looked for by, figures in words, how large it is, whose, what is behind."""

    cause: str
    key: str
    says: str
    weight: int
    severity: int
    owner: Owner
    last_day: date
    facility: str = ""
    township: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    behind: Sequence[Behind] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule is asked: as of which day, from which day on causes count, with which values.

    `persons`: of these alone, else of everybody.
    """

    today: date
    since: date
    values: Mapping[str, int]
    persons: Sequence[str] | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def of(self) -> list[str] | None:
        """The persons as a statement takes them."""
        return None if self.persons is None else list(self.persons)

    def only(self, column: LiteralString) -> LiteralString:
        """What a statement adds where it is asked of some persons: their rows are found by an index then."""
        return "" if self.persons is None else f"AND {column} = ANY(%(persons)s) "

    def name(self, code: str) -> str:
        """What a hospital or township is called."""
        return self.names.get(code, code)
