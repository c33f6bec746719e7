"""手工报销 at work: a township with people whose invoices are entered, checked and approved, on a day of 2019."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.conf import settings

from doudi_web.reimbursement import checking, deciding, entering, selectors
from doudi_web.reimbursement.invoice import Invoice, Stated
from doudi_web.reimbursement.reading import read
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.invoices_at_hand import ROWS, TYPED, png
from web.people import person, standing
from web.service import Json, Service

TOWN, OTHER = "500113901", "500113902"
OFFICER = Actor("account:9201", Role.TOWNSHIP_OFFICER, township=TOWN)
COLLEAGUE = Actor("account:9202", Role.TOWNSHIP_OFFICER, township=TOWN)
NEIGHBOUR = Actor("account:9203", Role.TOWNSHIP_OFFICER, township=OTHER)
ADMIN = Actor("account:9204", Role.DISTRICT_ADMIN)
AUDITOR = Actor("account:9205", Role.AUDITOR)
TODAY = date(2019, 12, 3)
JPEG = bytes.fromhex("ffd8ffe000040000ffc0000b080002000201011100ffda000200ffd9")
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def stated(rows: Json | None = None, **more: str) -> Stated:
    return read({**TYPED, **more}, rows or ROWS, home="500113", today=TODAY)


def codes(refused: "pytest.ExceptionInfo[Refusal]") -> tuple[int, list[str]]:
    return refused.value.status, [one.code for one in refused.value.faults]


@pytest.fixture(scope="module")
def in_2019() -> Iterator[None]:
    """The pack rules on 2019: the clock stands on a day of that year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DEMO", demo_clock(TODAY, None, real_now()))
        yield


@pytest.fixture(scope="module")
def town(service: Service, in_2019: None) -> Service:
    """People of the township, one of the next."""
    assert in_2019 is None
    admin = service.token("district_admin")
    people = [
        person(f"T{n}", 700 + n, name=f"田小{n}", village=f"{TOWN}201", insurance_tier="tier_1",
               standings=[standing("registered_poor")])
        for n in range(1, 9)
    ]  # fmt: skip
    people.append(person("N1", 750, name="邻一", village=f"{OTHER}201", insurance_tier="tier_1"))
    status, _ = service.ask("POST", "/api/v1/persons", admin, {"persons": people})
    assert status == 201
    return service


_numbers = iter(range(1000, 9999))


def entered(person_: str = "T1", rows: Json | None = None, number: str = "", **more: str) -> int:
    said = stated(rows, number=number or f"N{next(_numbers)}", **more)
    return entering.enter(OFFICER, person_, said)


def one(number: int, by: Actor = ADMIN) -> Invoice:
    return selectors.one(by, number)


def checked(person_: str = "T1", apart: str = "", rows: Json | None = None, **more: str) -> Invoice:
    number = entered(person_, rows, **more)
    entering.bring_scan(OFFICER, number, 1, "发票.png", png(2, next(_numbers)))
    checking.check(OFFICER, number, 2, apart)
    return one(number)


def approved(found: Invoice, by: Actor = ADMIN) -> int:
    """Approved as it was looked at: its settlement."""
    return deciding.approve(by, found.id, found.version, checking.look(ADMIN, found).mark)
