"""Who may see which page: every address of the desk for every role; no page leads anybody where they may not go.

An address that is not in PAGES fails. Of a page that somebody sees, every link and every form is followed up: it
leads to a page, and that page is open to the role.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, resolve, reverse

import banan
from benchmarks.addresses import (
    AUDIT,
    AUDIT_PARTS,
    CITY,
    CITY_PARTS,
    DISTRICT,
    DISTRICT_PARTS,
    OPERATION,
    PARTS,
    TOWNSHIP,
)
from benchmarks.addresses import PAGES as PICTURED
from desk.auditing import audit_at_hand
from desk.screens import Screen, screen
from doudi_lab.reform import reformed
from doudi_web.desk import urls
from doudi_web.disputes import opening
from doudi_web.disputes.opening import Disputed
from doudi_web.policy import versions
from doudi_web.policy.uploading import from_folder
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Act, Role
from doudi_web.tenancy.who import Actor, actor_of_account
from tables import HEADER, fee_rows, xlsx_of
from web.accounts import person
from web.alerts_at_hand import alert_at_hand
from web.floor_at_hand import poor
from web.invoices_at_hand import invoice_at_hand, township_at_hand
from web.matching_at_hand import queued_item
from web.payments_at_hand import MONTH, account, approved, made, message
from web.people import person as registered
from web.service import Service, shipped
from web.test_interface import exported
from web.test_settling import bill

HOME, ELSEWHERE, TOWN = "H1", "H2", "500113001"
ANYBODY: tuple[Act, ...] = tuple(Act)


@dataclass(frozen=True, slots=True)
class Page:
    """The acts of which one opens a page; whether it is sent to as well; whether it is of something of HOME."""

    acts: tuple[Act, ...] = ()
    posts: bool = False
    of_home: bool = False


PAGES: dict[str, Page] = {
    "home": Page(),
    "operation": Page((Act.OPERATION_READ,), posts=True),
    "operation_runs": Page((Act.OPERATION_READ,)),
    "district": Page((Act.INDICATORS_READ,), posts=True),
    "district_visits": Page((Act.INDICATORS_READ,), posts=True),
    "district_table": Page((Act.INDICATORS_READ,)),
    "city": Page((Act.CITY_READ,)),
    "city_table": Page((Act.CITY_READ,)),
    "wards": Page((Act.VISITS_READ,), posts=True),
    "wards_moved": Page((Act.VISITS_READ,)),
    "wards_precheck": Page((Act.PRECHECK,), posts=True),
    "wards_table": Page((Act.VISITS_READ,), posts=True),
    "wards_columns": Page((Act.VISITS_READ,), posts=True),
    "ward_stay": Page((Act.VISITS_WRITE,), posts=True, of_home=True),
    "persons": Page((Act.PERSONS_READ,), posts=True),
    "person": Page((Act.PERSONS_READ,), posts=True, of_home=True),
    "person_reveal": Page((Act.PERSONS_UNMASK,), posts=True),
    "person_card": Page((Act.CARDS_PRINT,), posts=True),
    "reviews": Page((Act.VISITS_READ,)),
    "review": Page((Act.VISITS_READ,), posts=True, of_home=True),
    "items": Page((Act.PRECHECK,)),
    "papers": Page((Act.SETTLEMENTS_READ,), posts=True),
    "statement": Page((Act.SETTLEMENTS_READ,), of_home=True),
    "statement_pdf": Page((Act.SETTLEMENTS_READ,), posts=True, of_home=True),
    "sheet_pdf": Page((Act.SETTLEMENTS_READ,), posts=True, of_home=True),
    "consent_pdf": Page((Act.PRECHECK,), posts=True, of_home=True),
    "clearing": Page((Act.MONTHS_READ,)),
    "clearing_pdf": Page((Act.MONTHS_READ,), posts=True),
    "day": Page((Act.SETTLEMENTS_READ,)),
    "day_pdf": Page((Act.SETTLEMENTS_READ,), posts=True),
    "imports": Page((Act.INTAKE,)),
    "import_new": Page((Act.INTAKE,), posts=True),
    "import": Page((Act.INTAKE,), posts=True, of_home=True),
    "import_progress": Page((Act.INTAKE,), of_home=True),
    "import_faults": Page((Act.INTAKE,), of_home=True),
    "card_pdf": Page((Act.CARDS_PRINT,), posts=True),
    "mapping": Page((Act.MATCHING_READ,), posts=True),
    "mapping_table": Page((Act.MATCHING_READ,)),
    "mapping_item": Page((Act.MATCHING_READ,), posts=True, of_home=True),
    "mapping_effects": Page((Act.MATCHING_PROPOSE,), of_home=True),
    "discharges": Page((Act.PRECHECK,)),
    "discharge": Page((Act.PRECHECK,), posts=True, of_home=True),
    "settlements": Page((Act.SETTLEMENTS_READ,)),
    "settlements_table": Page((Act.SETTLEMENTS_READ,), posts=True),
    "settlement": Page((Act.SETTLEMENTS_READ,), of_home=True),
    "replay": Page((Act.SETTLEMENTS_READ,), posts=True, of_home=True),
    "proof": Page((Act.SETTLEMENTS_READ,), of_home=True),
    "correct": Page((Act.CORRECT,), posts=True, of_home=True),
    "late": Page((Act.CORRECT,), posts=True, of_home=True),
    "return": Page((Act.CORRECT,), posts=True, of_home=True),
    "reverse": Page((Act.REVERSE,), posts=True, of_home=True),
    "answer": Page((Act.ANSWER,), posts=True, of_home=True),
    "awaiting": Page((Act.AWAITING_READ,), posts=True),
    "proposals": Page((Act.PROPOSALS_READ,)),
    "approvals": Page((Act.APPROVALS_READ,), posts=True),
    "approvals_table": Page((Act.APPROVALS_READ,), posts=True),
    "approvals_together": Page((Act.PROPOSALS_DECIDE,), posts=True),
    "approval": Page((Act.PROPOSALS_READ,), posts=True, of_home=True),
    "policies": Page((Act.POLICIES_READ,)),
    "policy_new": Page((Act.POLICIES_PROPOSE,), posts=True),
    "policy_pack": Page((Act.POLICIES_READ,), posts=True),
    "policy_version": Page((Act.POLICIES_READ,), posts=True),
    "policy_trial": Page((Act.POLICIES_READ,)),
    "policy_table": Page((Act.POLICIES_READ,), posts=True),
    "alerts": Page((Act.ALERTS_READ,)),
    "alerts_table": Page((Act.ALERTS_READ,), posts=True),
    "alert_rules": Page((Act.ALERTS_READ,), posts=True),
    "alert": Page((Act.ALERTS_READ,), posts=True, of_home=True),
    "exports": Page((Act.EXPORTS_READ,)),
    "export_run": Page((Act.EXPORTS_READ,), posts=True),
    "export_profile": Page((Act.EXPORTS_READ,), posts=True),
    "export_rows": Page((Act.EXPORTS_READ,), posts=True),
    "export_progress": Page((Act.EXPORTS_READ,)),
    "payments": Page((Act.PAYMENTS_READ,), posts=True),
    "payments_table": Page((Act.PAYMENTS_READ,)),
    "payees": Page((Act.PAYMENTS_READ,), posts=True),
    "payment": Page((Act.PAYMENTS_READ,), posts=True),
    "payment_table": Page((Act.PAYMENTS_READ,)),
    "payment_file": Page((Act.PAYMENTS_MAKE,), posts=True),
    "payment_voucher": Page((Act.PAYMENTS_MAKE,), posts=True),
    "month_end": Page((Act.LEDGER_READ,), posts=True),
    "month_table": Page((Act.LEDGER_READ,)),
    "disputes": Page((Act.DISPUTES_READ,), posts=True),
    "disputes_table": Page((Act.DISPUTES_READ,)),
    "dispute": Page((Act.DISPUTES_READ,), posts=True, of_home=True),
    "periods": Page((Act.LEDGER_READ,), posts=True),
    "periods_table": Page((Act.LEDGER_READ,)),
    "period_visits": Page((Act.PERIODS_READ,), posts=True, of_home=True),
    "upkeep": Page((Act.UPKEEP_READ,), posts=True),
    "upkeep_person": Page((Act.UPKEEP_READ,), posts=True),
    "upkeep_change": Page((Act.UPKEEP_READ,), posts=True),
    "contracts": Page((Act.CONTRACTS_READ,), posts=True),
    "contract": Page((Act.CONTRACTS_READ,), posts=True),
    "calls": Page((Act.CONTRACTS_WRITE,), posts=True),
    "cards_pdf": Page((Act.CARDS_PRINT,), posts=True),
    "notices": Page((Act.NOTICES_READ,), posts=True),
    "notice": Page((Act.NOTICES_READ,), posts=True),
    "notice_pdf": Page((Act.NOTICES_READ,), posts=True),
    "reimbursements": Page((Act.REIMBURSE_READ,), posts=True),
    "reimbursement_new": Page((Act.REIMBURSE_ENTER,), posts=True),
    "reimbursement": Page((Act.REIMBURSE_READ,), posts=True),
    "reimbursement_edit": Page((Act.REIMBURSE_ENTER,), posts=True),
    "reimbursement_scan": Page((Act.REIMBURSE_READ,)),
    "reimbursement_pdf": Page((Act.REIMBURSE_READ,), posts=True),
    "samples": Page((Act.OVERSIGHT_READ,)),
    "sample_new": Page((Act.OVERSIGHT_WRITE,), posts=True),
    "sample": Page((Act.OVERSIGHT_READ,), posts=True),
    "sample_item": Page((Act.OVERSIGHT_READ,), posts=True),
    "sample_file": Page((Act.OVERSIGHT_READ,)),
    "questions": Page((Act.QUESTIONS_READ,)),
    "questions_table": Page((Act.QUESTIONS_READ,)),
    "question": Page((Act.QUESTIONS_READ,), posts=True, of_home=True),
    "question_new": Page((Act.QUESTIONS_WRITE,), posts=True),
    "audits": Page((Act.OVERSIGHT_READ,), posts=True),
    "audit": Page((Act.OVERSIGHT_READ,)),
    "defects": Page((Act.OVERSIGHT_READ,)),
    "audit_progress": Page((Act.AUDIT_READ, Act.OVERSIGHT_WRITE)),
    "evidence": Page((Act.EVIDENCE_MAKE,), posts=True),
    "heads": Page((Act.HEADS_HAND,), posts=True),
    "head": Page((Act.HEADS_HAND,)),
    "log": Page((Act.AUDIT_READ,), posts=True),
    "log_table": Page((Act.AUDIT_READ,), posts=True),
}
"""The pages of who has logged in, by the name of their address."""
ENTRY = {"login", "logout", "password", "enter"}
"""Open to everybody; what they do is tested in test_entry.py."""


def _names(patterns: Any) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield str(pattern.name)
        else:
            yield from _names(pattern.url_patterns)


def test_every_address_has_a_row_in_the_table() -> None:
    assert sorted(_names(urls.urlpatterns)) == sorted({*PAGES, *ENTRY})


def test_every_page_states_the_acts_of_the_table() -> None:
    for pattern in urls.urlpatterns:
        if pattern.name in PAGES:
            assert set(getattr(pattern.callback, "acts", ())) == set(
                PAGES[str(pattern.name)].acts
            ), pattern.name


SENT_TO = {
    "approvals_together", "approvals_table", "policy_table", "reimbursement_pdf", "alerts_table",
    "log_table",
    "calls", "cards_pdf", "notice_pdf",
    "home", "wards_columns", "wards_precheck", "wards_table", "settlements_table", "person_reveal",
    "person_card", "replay", "statement_pdf", "sheet_pdf", "consent_pdf", "clearing_pdf", "day_pdf", "card_pdf",
    "payment_file", "payment_voucher",
}  # fmt: skip
"""Leads elsewhere, or does something: no page that is opened by its address."""
OF_AN_IMPORT = {"import", "import_progress", "import_faults", "proof"}
"""Shown once there is an import, or a seal: looked at in tests of their own."""


def test_every_page_is_looked_at_and_timed() -> None:
    addresses = (
        PICTURED | PARTS | DISTRICT | DISTRICT_PARTS | CITY | CITY_PARTS | OPERATION | TOWNSHIP
    ).values()
    addresses = [*addresses, *AUDIT.values(), *AUDIT_PARTS.values()]
    found = {resolve(re.sub(r"\{\w+\}", "1", one).partition("?")[0]).url_name for one in addresses}
    assert found - ENTRY == set(PAGES) - SENT_TO - OF_AN_IMPORT


@pytest.fixture(scope="module")
def at_hand(service: Service) -> dict[str, Any]:
    places_at_hand(service)
    return things_at_hand(service)


def places_at_hand(service: Service) -> None:
    """Two hospitals, and a township."""
    service.facilities(HOME, ELSEWHERE)
    district = "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('500113', '区', '') RETURNING code"
    service.rows(district)
    service.rows(
        "INSERT INTO tenancy_township (code, name, district_id) VALUES (%s, '镇', '500113') RETURNING code",
        TOWN,
    )


def things_at_hand(service: Service) -> dict[str, Any]:
    """What addresses are filled with: things of HOME."""
    patient = _patient(service)
    return {
        **patient,
        "visit": _running(service),
        "name": "funds",
        "form": "xlsx",
        "month": "2019-06",
        "day": "2019-06-13",
        "item": queued_item(service, HOME),
        "number": _brought(service),
        "alert": alert_at_hand(service, HOME, TOWN),
        "proposal": _proposed(service),
        "version": _version(),
        "profile": "national",
        "export": exported(service),
        **_money(service),
        **invoice_at_hand(TOWN, "DESK-P"),
        **audit_at_hand(int(patient["settlement"])),
        **township_at_hand(TOWN, _villager(service)),
    }


def _villager(service: Service) -> str:
    """Somebody of TOWN who is in no hospital."""
    stated = registered("DESK-T", 804, village=f"{TOWN}001", insurance_tier="tier_1")
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": [stated]})[0] == 201
    return "DESK-T"


def _version() -> int:
    """A new version that somebody asked for and that passed its check."""
    who = actor_of_account(person("district_admin"))
    return versions.bring(
        who, from_folder(reformed(shipped()["cn/500000/500113/2019"])), None, "试"
    )


def _proposed(service: Service) -> int:
    """What a standing that was learned later would change of a visit at HOME."""
    admin, stated = (
        service.token("district_admin"),
        registered("DESK-L", 802, insurance_tier="tier_1", standings=[]),
    )
    path = "/api/v1/persons"
    assert service.ask("POST", path, admin, {"persons": [stated]})[0] == 201
    made = bill("DESK-L1", "DESK-L")
    made["person"], made["facility"] = {"id": "DESK-L"}, {**made["facility"], "code": HOME}
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    poor = [{"code": "registered_poor", "from": "2019-01-01", "to": None}]
    assert service.ask("POST", path, admin, {"persons": [stated | {"standings": poor}]})[0] == 201
    (found,) = service.rows(
        "SELECT id FROM settlement_proposal WHERE person = 'DESK-L' AND state = 'open'"
    )
    return int(found[0])


def _money(service: Service) -> dict[str, Any]:
    """A batch with an amount of HOME, and a dispute that its office has opened."""
    poor(service, "DESK-M")
    account(HOME, "622200008888")
    approved(service, "DESK-M", HOME)
    office = Actor("account:9301", Role.INSURANCE_OFFICE, HOME)
    of = Disputed(MONTH, "fund:floor", None, None)
    told = opening.dispute(office, message(), {}, of, "少一笔")
    issue = json.loads(told.text)["dispute"]
    return {"batch": made()["number"], "issue": issue, "facility": HOME}


def _brought(service: Service) -> int:
    """A fee list of HOME with a row that is wrong."""
    lines = fee_rows(3)
    lines[1][6] = "两"
    path = "/api/v1/intake?kind=fees&visit=DESK-R"
    content = xlsx_of([HEADER, *lines])
    status, told = service.ask("POST", path, service.token("cashier", HOME), content)
    assert status == 201, told
    return told["id"]


def _running(service: Service) -> str:
    """A running visit of HOME with an item outside the catalogue."""
    made = bill("DESK-R", "DESK-P")
    header = {key: value for key, value in made.items() if key not in ("lines", "settled")}
    header |= {"person": {"id": "DESK-P"}, "facility": {**made["facility"], "code": HOME}}
    cashier = service.token("cashier", HOME)
    assert service.ask("POST", "/api/v1/visits", cashier, header)[0] == 201
    lines = {"lines": [banan.line("300.00", "丙", "O")]}
    assert service.ask("POST", "/api/v1/visits/DESK-R/lines", cashier, lines)[0] == 201
    return "DESK-R"


def _patient(service: Service) -> dict[str, Any]:
    """Somebody of TOWN who was at HOME, and the sealed settlement."""
    stated = registered(
        "DESK-P", 801, name="周遭", village=f"{TOWN}001", insurance_tier="tier_1",
        doctors=[{"name": "罗", "phone": "66221234"}],
    )  # fmt: skip
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": [stated]})[0] == 201
    made = bill("DESK-V", "DESK-P")
    made["person"], made["facility"] = {"id": "DESK-P"}, {**made["facility"], "code": HOME}
    status, told = service.settle(service.token(may_back_date=True), made)
    assert status == 201, told
    assert service.ask("POST", "/api/v1/ledger/seal", admin)[0] == 200
    return {"person": "DESK-P", "settlement": int(told["settlement_id"])}


def address_of(name: str, at_hand: dict[str, Any]) -> str:
    pattern = next(p for p in urls.urlpatterns if p.name == name)
    kwargs = {key: at_hand[key] for key in pattern.pattern.converters}
    return reverse(f"desk:{name}", kwargs=kwargs)


def _screen(role: Role, facility: str | None) -> Screen:
    return screen(
        role.value,
        facility if role in OF_FACILITY else None,
        TOWN if role in OF_TOWNSHIP else None,
    )


ROLES = [role for role in Role if role is not Role.SYSTEM_CLIENT]


@pytest.mark.parametrize("role", ROLES)
def test_a_page_is_open_to_whom_the_table_says(at_hand: dict[str, Any], role: Role) -> None:
    here, wrong = _screen(role, HOME), []
    for name, page in PAGES.items():
        status = here.get(address_of(name, at_hand)).status_code
        is_open = not page.acts or any(role in MAY[act] for act in page.acts)
        if (status < 400) != is_open or (not is_open and status != 403):
            wrong.append((name, status))
    assert wrong == []


@pytest.mark.parametrize("role", sorted(OF_FACILITY))
def test_a_page_of_one_hospital_is_closed_to_another(at_hand: dict[str, Any], role: Role) -> None:
    there, wrong = _screen(role, ELSEWHERE), []
    for name, page in PAGES.items():
        if page.of_home:
            status = there.get(address_of(name, at_hand)).status_code
            if status not in (403, 404):
                wrong.append((name, status))
    assert wrong == []


_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#]+)')
_FORM = re.compile(
    r'<form\b[^>]*?\smethod="post"[^>]*?\saction="([^"]+)"|<form\b[^>]*?\saction="([^"]+)"[^>]*?\smethod="post"'
)
_AREAS = re.compile(r'(?:data-)?hx-(?:get|post)="([^"]+)"|formaction="([^"]+)"')


def _leads(content: str) -> set[str]:
    found = {*_LINK.findall(content)}
    for pattern in (_FORM, _AREAS):
        found |= {one for pair in pattern.findall(content) for one in pair if one}
    return {html.unescape(one).partition("?")[0] for one in found if one.startswith("/desk/")}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_leads_anybody_where_they_may_not_go(at_hand: dict[str, Any], role: Role) -> None:
    here, wrong = _screen(role, HOME), []
    for name in PAGES:
        answer = here.get(address_of(name, at_hand))
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        for address in _leads(answer.content.decode()):
            view = resolve(address)
            acts = getattr(view.func, "acts", ())
            if acts and not any(role in MAY[act] for act in acts):
                wrong.append((name, address))
    assert wrong == []
