"""Who may what: every route for every role, by token and by session, at home and elsewhere.

A route that is not in ROUTES fails; each cell is a real request, and what is refused has written nothing.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.urls import URLPattern

import banan
from doudi_web.api.routes import api
from doudi_web.site import urls
from doudi_web.tenancy import sessions
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, WORDS, Act, Role
from doudi_web.tenancy.who import Actor
from web.accounts import Browser, codes, person
from web.deliveries import delivery
from web.matching_at_hand import queued_item
from web.people import number
from web.people import person as registered
from web.runs_at_hand import finished_run
from web.service import Json, Service
from web.test_settling import bill

ADDRESS = "10.0.0.1"  # not the machine itself
HOME, ELSEWHERE, TOWN, OTHER_TOWN = "H1", "H2", "500113001", "500113002"
PATIENT, NAME, NUMBER = "PATIENT", "周遭", number(1)
"""Somebody of TOWN who was at HOME."""
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Route:
    """What a route asks for: an act, or nothing (`act` None); whether it is for people alone; a body that is right
    in form; whether what it touches belongs to HOME, so that another hospital is refused; whether it is a visit of
    HOME, whose number another hospital does not know; whether it tells of PATIENT, so that a hospital that has not
    seen them and another township are refused."""

    act: Act | None
    body: Callable[[], Any] = lambda: None
    of_facility: bool = False
    of_visit: bool = False
    of_patient: bool = False
    people: bool = False
    query: str = ""
    also: Act | None = None
    """Another act that it asks for beside the first."""


def _bill() -> Json:
    number = next(_numbers)
    made = bill(f"V{number}", f"Q{number}")
    return {
        "message_id": f"n{number}",
        "bill": {**made, "facility": {**made["facility"], "code": HOME}},
    }


def _header() -> Json:
    return {key: value for key, value in _bill()["bill"].items() if key not in ("lines", "settled")}


def _reason() -> Json:
    return {"message_id": f"n{next(_numbers)}", "reason": "试"}


def _figures() -> Json:
    one = {"facility": HOME, "visit_id": f"V{next(_numbers)}", "amounts": {"total": "1.00"}}
    return {"source": "hospital", "figures": [one]}


def _defect() -> Json:
    name = f"d{next(_numbers)}"
    return {"name": name, "what": "试", "engines": ["0"], "found": "2019-12-01", "reason": "试"}


def _floor() -> Json:
    return {"message_id": f"n{next(_numbers)}", "items": [999_999]}


def _said() -> Json:
    return {"version": "0.0.0.0.-", "reason": "试"}


def _decided() -> Json:
    return {**_said(), "accept": True}


def _change() -> Json:
    return {"version": "0.0.0.0.-", "withdraw": [{"line": "L1"}]}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/healthz"): Route(None),
    ("POST", "/api/v1/settlements"): Route(Act.SETTLE, _bill, of_facility=True),
    ("GET", "/api/v1/settlements"): Route(
        Act.SETTLEMENTS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/provisional"): Route(Act.PROVISIONAL_READ),
    ("GET", "/api/v1/settlements/{settlement}"): Route(Act.SETTLEMENTS_READ, of_facility=True),
    ("GET", "/api/v1/settlements/{settlement}/statement.pdf"): Route(Act.SETTLEMENTS_READ, of_facility=True),
    ("POST", "/api/v1/settlements/{settlement}/statement.pdf"): Route(Act.PAPERS_PRINT, of_facility=True),
    ("GET", "/api/v1/settlements/{settlement}/sheet.pdf"): Route(Act.SETTLEMENTS_READ, of_facility=True),
    ("POST", "/api/v1/settlements/{settlement}/sheet.pdf"): Route(
        Act.PAPERS_PRINT, dict, of_facility=True
    ),
    ("GET", "/api/v1/settlements/{settlement}/genuine"): Route(
        Act.SETTLEMENTS_READ, of_facility=True, query="?code=0123456789abcdef"
    ),
    ("GET", "/api/v1/visits/{visit}/consent.pdf"): Route(Act.PRECHECK, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/consent.pdf"): Route(Act.PRECHECK, of_visit=True),
    ("GET", "/api/v1/clearing/{month}.pdf"): Route(
        Act.MONTHS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("POST", "/api/v1/clearing/{month}.pdf"): Route(
        Act.MONTHS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/days/{day}.pdf"): Route(
        Act.SETTLEMENTS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("POST", "/api/v1/days/{day}.pdf"): Route(
        Act.PAPERS_PRINT, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/persons/{person}/card.pdf"): Route(Act.CARDS_PRINT, query="?reason=x"),
    ("POST", "/api/v1/persons/{person}/card.pdf"): Route(Act.CARDS_PRINT, query="?reason=x"),
    ("GET", "/api/v1/papers"): Route(
        Act.SETTLEMENTS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/contacts"): Route(
        Act.SETTLEMENTS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("POST", "/api/v1/contacts"): Route(
        Act.CONTACTS_WRITE, lambda: {"facility": HOME, "place": "一楼", "phone": "1"}, of_facility=True
    ),
    ("POST", "/api/v1/settlements/{settlement}/reverse"): Route(Act.REVERSE, _reason, of_facility=True),
    ("POST", "/api/v1/settlements/{settlement}/correct"): Route(
        Act.CORRECT, lambda: {**_bill(), "reason": "试"}, of_facility=True
    ),
    ("POST", "/api/v1/settlements/{settlement}/answer"): Route(
        Act.ANSWER, lambda: {"message_id": f"n{next(_numbers)}", "given": {"basic": "0.00"}},
        of_facility=True,
    ),
    ("POST", "/api/v1/settlements/{settlement}/correct/preview"): Route(
        Act.CORRECT, lambda: {"bill": _bill()["bill"], "reason": "试"}, of_facility=True
    ),
    ("POST", "/api/v1/settlements/{settlement}/answer/preview"): Route(
        Act.ANSWER, lambda: {"given": {"basic": "0.00"}}, of_facility=True
    ),
    ("POST", "/api/v1/settlements/{settlement}/reverse/preview"): Route(
        Act.REVERSE, lambda: {"reason": "试"}, of_facility=True
    ),
    ("GET", "/api/v1/visits/{visit}/checks"): Route(Act.PRECHECK, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/settle/preview"): Route(Act.SETTLE, dict, of_visit=True),
    ("GET", "/api/v1/settlements/{settlement}/basis"): Route(
        Act.SETTLEMENTS_READ, of_facility=True
    ),
    ("POST", "/api/v1/settlements/{settlement}/replay"): Route(
        Act.SETTLEMENTS_READ, of_facility=True
    ),
    ("GET", "/api/v1/awaiting"): Route(Act.AWAITING_READ),
    ("POST", "/api/v1/settlements/{settlement}/asked"): Route(
        Act.ANSWER, lambda: {"platform_message": "p", "outcome": "sent"}, of_facility=True
    ),
    ("GET", "/api/v1/proposals"): Route(Act.PROPOSALS_READ),
    ("POST", "/api/v1/proposals/{proposal}/approve"): Route(Act.PROPOSALS_DECIDE, _reason),
    ("POST", "/api/v1/proposals/{proposal}/refuse"): Route(Act.PROPOSALS_DECIDE, _reason),
    ("GET", "/api/v1/months"): Route(Act.MONTHS_READ),
    ("POST", "/api/v1/months/{month}/close"): Route(Act.MONTHS_CLOSE, _reason),
    ("GET", "/api/v1/persons/{person}/accumulators"): Route(
        Act.ACCUMULATORS_READ, of_patient=True, query="?year=2019"
    ),
    ("GET", "/api/v1/ledger/entries"): Route(Act.LEDGER_READ),
    ("GET", "/metrics"): Route(Act.METRICS),
    ("POST", "/api/v1/runs/{run}"): Route(Act.RUNS_READ, lambda: {"reason": "试"}),  # each kind: test_runs
    ("GET", "/api/v1/runs"): Route(Act.RUNS_READ),
    ("GET", "/api/v1/runs/{run}"): Route(Act.LEDGER_READ),
    ("POST", "/api/v1/persons"): Route(Act.PERSONS_WRITE, lambda: {"persons": []}),
    ("POST", "/api/v1/search/persons"): Route(Act.PERSONS_READ, lambda: {"id_number": NUMBER}),
    ("GET", "/api/v1/persons/{person}"): Route(Act.PERSONS_READ, of_patient=True),
    ("GET", "/api/v1/persons/{person}/file"): Route(Act.PERSONS_READ, of_patient=True),
    ("POST", "/api/v1/persons/{person}/card"): Route(Act.CARDS_PRINT, lambda: {"reason": "试"}),
    ("GET", "/api/v1/persons/{person}/visits"): Route(Act.VISITS_READ, of_patient=True),
    ("GET", "/api/v1/persons/{person}/sums"): Route(
        Act.ACCUMULATORS_READ, of_patient=True, query="?year=2019"
    ),
    ("POST", "/api/v1/facilities"): Route(Act.FACILITIES_WRITE, lambda: {"facilities": []}),
    ("GET", "/api/v1/facilities"): Route(Act.FACILITIES_READ),
    ("POST", "/api/v1/imports"): Route(Act.PERSONS_WRITE, lambda: {"persons": []}),
    ("GET", "/api/v1/imports"): Route(Act.PERSONS_WRITE),
    ("POST", "/api/v1/imports/{number}/confirm"): Route(Act.PERSONS_WRITE),
    ("POST", "/api/v1/imports/{number}/undo"): Route(Act.PERSONS_WRITE),
    ("POST", "/api/v1/openings"): Route(Act.OPENINGS_WRITE, lambda: {"openings": []}),
    ("GET", "/api/v1/persons/{person}/openings"): Route(Act.ACCUMULATORS_READ, of_patient=True),
    ("GET", "/api/v1/quarantine"): Route(Act.VISITS_READ),
    ("POST", "/api/v1/quarantine/{number}/release"): Route(Act.SETTLE, lambda: {"reason": "试"}),
    ("POST", "/api/v1/precheck"): Route(Act.PRECHECK, lambda: _bill()["bill"], of_facility=True),
    ("POST", "/api/v1/visits"): Route(Act.VISITS_WRITE, _header, of_facility=True),
    ("GET", "/api/v1/visits"): Route(Act.VISITS_READ),
    ("GET", "/api/v1/visits/{visit}"): Route(Act.VISITS_READ, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/lines"): Route(
        Act.VISITS_WRITE, lambda: {"lines": [banan.line("1.00")]}, of_visit=True
    ),
    ("DELETE", "/api/v1/visits/{visit}/lines/{line}"): Route(Act.VISITS_WRITE, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/precheck"): Route(Act.PRECHECK, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/presettle"): Route(Act.PRECHECK, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/discharge"): Route(
        Act.VISITS_WRITE, lambda: {"discharged": "2019-06-12"}, of_visit=True
    ),
    ("POST", "/api/v1/visits/{visit}/settle"): Route(
        Act.SETTLE, lambda: {"message_id": f"n{next(_numbers)}"}, of_visit=True
    ),
    ("GET", "/api/v1/visits/{visit}/review"): Route(Act.VISITS_READ, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/what-if"): Route(
        Act.PRECHECK, lambda: {"withdraw": [{"line": "L1"}]}, of_visit=True
    ),
    ("POST", "/api/v1/visits/{visit}/alerts"): Route(Act.PRECHECK, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/acknowledgements"): Route(Act.EXCESS_EXPLAIN, _said, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/approvals"): Route(Act.EXCESS_APPROVE, _decided, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/emergencies"): Route(Act.EXCESS_EXPLAIN, _said, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/emergencies/review"): Route(
        Act.EXCESS_APPROVE, lambda: {"reason": "试"}, of_visit=True
    ),
    ("POST", "/api/v1/visits/{visit}/consents"): Route(
        Act.EXCESS_EXPLAIN, lambda: {"lines": ["L1"], "signed": "patient"}, of_visit=True
    ),
    ("POST", "/api/v1/visits/{visit}/changes"): Route(Act.VISITS_WRITE, _change, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/proposals"): Route(Act.EXCESS_APPROVE, _change, of_visit=True),
    ("POST", "/api/v1/visits/{visit}/proposals/decide"): Route(
        Act.EXCESS_EXPLAIN, _decided, of_visit=True
    ),
    ("GET", "/api/v1/reviews"): Route(
        Act.VISITS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/emergencies"): Route(
        Act.VISITS_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("PUT", "/api/v1/visits/{visit}/stay"): Route(
        Act.VISITS_WRITE, lambda: {"ward": "内一科"}, of_visit=True
    ),
    ("GET", "/api/v1/wards"): Route(Act.VISITS_READ, of_facility=True, query=f"?facility={HOME}"),
    ("POST", "/api/v1/wards/precheck"): Route(
        Act.PRECHECK, lambda: {"visits": [], "facility": HOME}
    ),
    ("POST", "/api/v1/ledger/seal"): Route(Act.LEDGER_SEAL, dict),
    ("GET", "/api/v1/ledger/head"): Route(Act.LEDGER_READ),
    ("GET", "/api/v1/ledger/heads"): Route(Act.HEADS_HAND),
    ("POST", "/api/v1/ledger/heads"): Route(Act.HEADS_HAND, lambda: {"to": "市里", "on": "paper"}),
    ("POST", "/api/v1/ledger/heads/returned"): Route(Act.HEADS_HAND, lambda: {"head": "size 1"}),
    ("GET", "/api/v1/ledger/extension"): Route(Act.LEDGER_READ, query="?first=1"),
    ("GET", "/api/v1/ledger/proof/{settlement}"): Route(Act.SETTLEMENTS_READ, of_facility=True),
    ("POST", "/api/v1/figures"): Route(Act.FIGURES_WRITE, _figures, of_facility=True),
    ("GET", "/api/v1/audits"): Route(Act.OVERSIGHT_READ),
    ("GET", "/api/v1/audits/{number}"): Route(Act.OVERSIGHT_READ),
    ("GET", "/api/v1/defects"): Route(Act.OVERSIGHT_READ),
    ("POST", "/api/v1/defects"): Route(Act.OVERSIGHT_WRITE, _defect),
    ("GET", "/api/v1/floor"): Route(Act.FLOOR_READ, of_facility=True, query=f"?facility={HOME}"),
    ("GET", "/api/v1/floor/totals"): Route(
        Act.FLOOR_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("POST", "/api/v1/floor/approve"): Route(Act.FLOOR_APPROVE, _floor),
    ("POST", "/api/v1/floor/paid"): Route(Act.FLOOR_PAY, lambda: {**_floor(), "reference": "B"}),
    ("POST", "/api/v1/floor/failed"): Route(Act.FLOOR_PAY, lambda: {**_floor(), "reason": "试"}),
    ("GET", "/api/v1/periods"): Route(
        Act.PERIODS_READ, of_facility=True, query=f"?period=2019-06&facility={HOME}"
    ),
    ("GET", "/api/v1/periods/visits"): Route(
        Act.PERIODS_READ, of_facility=True, query=f"?period=2019-06&facility={HOME}"
    ),
    ("GET", "/api/v1/assessments"): Route(Act.PERIODS_READ),
    ("POST", "/api/v1/assessments"): Route(
        Act.ASSESS_PROPOSE, lambda: {**_reason(), "facility": HOME, "period": "2019-06", "amount": "1.00"}
    ),
    ("POST", "/api/v1/assessments/{number}/post"): Route(
        Act.ASSESS, lambda: {"message_id": f"n{next(_numbers)}"}
    ),
    ("POST", "/api/v1/assessments/{number}/refuse"): Route(Act.ASSESS, _reason),
    ("GET", "/api/v1/indicators"): Route(Act.INDICATORS_READ),
    ("GET", "/api/v1/indicators/visits"): Route(Act.INDICATORS_READ),
    ("POST", "/api/v1/indicators/budgets"): Route(
        Act.BUDGETS_WRITE, lambda: {"year": 2019, "amount": f"{next(_numbers)}.00", "reason": "试"}
    ),
    ("GET", "/api/v1/indicators/delivery"): Route(Act.INDICATORS_READ, query="?year=2019"),
    ("POST", "/api/v1/city/deliveries"): Route(
        Act.CITY_DELIVER, lambda: delivery(people={"poor": next(_numbers), "with_doctor": 0})
    ),
    ("GET", "/api/v1/city"): Route(Act.CITY_READ, query="?year=2019"),
    ("GET", "/api/v1/alerts"): Route(Act.ALERTS_READ),
    ("GET", "/api/v1/alerts/rules"): Route(Act.ALERTS_READ),
    ("POST", "/api/v1/alerts/rules"): Route(
        Act.ALERTS_RULES,
        lambda: {"rule": "split", "name": "days", "amount": next(_numbers) % 90 + 1, "reason": "试"},
    ),
    ("GET", "/api/v1/alerts/{number}"): Route(Act.ALERTS_READ),
    ("POST", "/api/v1/alerts/{number}/take"): Route(
        Act.ALERTS_ACT, lambda: {"message_id": f"n{next(_numbers)}"}
    ),
    ("POST", "/api/v1/alerts/{number}/close"): Route(
        Act.ALERTS_ACT, lambda: {**_reason(), "ended_as": "handled"}
    ),
    ("POST", "/api/v1/alerts/{number}/reassign"): Route(
        Act.ALERTS_ASSIGN, lambda: {**_reason(), "owner_role": "district_admin"}
    ),
    ("GET", "/api/v1/mapping/facilities"): Route(Act.MATCHING_READ),
    ("GET", "/api/v1/mapping/items"): Route(
        Act.MATCHING_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("GET", "/api/v1/mapping/items/{item}"): Route(Act.MATCHING_READ, of_facility=True),
    ("GET", "/api/v1/mapping/items/{item}/effects"): Route(Act.MATCHING_PROPOSE, of_facility=True),
    ("GET", "/api/v1/mapping/catalogue"): Route(Act.MATCHING_READ, query="?text=x"),
    ("GET", "/api/v1/mapping/proposals"): Route(
        Act.MATCHING_READ, of_facility=True, query=f"?facility={HOME}"
    ),
    ("POST", "/api/v1/mapping/proposals"): Route(
        Act.MATCHING_PROPOSE, lambda: {"proposals": [{"item": 999_999, "code": "X"}]}
    ),
    ("POST", "/api/v1/mapping/confirm"): Route(
        Act.MATCHING_CONFIRM, lambda: {"proposals": [999_999]}
    ),
    ("POST", "/api/v1/mapping/proposals/{proposal}/refuse"): Route(
        Act.MATCHING_CONFIRM, lambda: {"reason": "试"}
    ),
    ("POST", "/api/v1/mapping/proposals/{proposal}/withdraw"): Route(
        Act.MATCHING_PROPOSE, lambda: {"reason": "试"}
    ),
    ("GET", "/api/v1/exports"): Route(Act.EXPORTS_READ),
    ("GET", "/api/v1/exports/{export}"): Route(Act.EXPORTS_READ),
    ("GET", "/api/v1/export-rows"): Route(Act.EXPORTS_READ),
    ("POST", "/api/v1/export-reports"): Route(Act.EXPORT, dict),
    ("POST", "/api/v1/intake"): Route(
        Act.INTAKE, lambda: b"x", of_facility=True, query=f"?kind=fees&facility={HOME}", also=Act.VISITS_WRITE
    ),
    ("GET", "/api/v1/intake"): Route(Act.INTAKE),
    ("GET", "/api/v1/intake/{number}"): Route(Act.INTAKE),
    ("GET", "/api/v1/intake/{number}/rows"): Route(Act.INTAKE),
    ("POST", "/api/v1/intake/{number}/look"): Route(Act.INTAKE, dict),
    ("POST", "/api/v1/intake/{number}/mend"): Route(Act.INTAKE, lambda: {"revision": 1}),
    ("POST", "/api/v1/intake/{number}/confirm"): Route(Act.INTAKE, lambda: {"revision": 1}),
    ("POST", "/api/v1/intake/{number}/undo"): Route(Act.INTAKE, lambda: {"revision": 1}),
    ("GET", "/api/v1/audit"): Route(Act.AUDIT_READ),
    ("GET", "/api/v1/audit/chains"): Route(Act.AUDIT_READ),
    ("GET", "/api/v1/accounts"): Route(Act.ACCOUNTS_READ),
    ("POST", "/api/v1/accounts"): Route(
        Act.ACCOUNTS_WRITE,
        lambda: {"username": f"new{next(_numbers)}", "name": "新", "role": "auditor"},
    ),
    ("PATCH", "/api/v1/accounts/{account}"): Route(
        Act.ACCOUNTS_WRITE, lambda: {"active": True, "reason": "试"}
    ),
    ("POST", "/api/v1/accounts/{account}/reset"): Route(
        Act.ACCOUNTS_WRITE, lambda: {"reason": "忘了"}
    ),
    ("GET", "/api/v1/tokens"): Route(Act.TOKENS_READ),
    ("POST", "/api/v1/tokens"): Route(Act.TOKENS_WRITE, lambda: {"name": "t", "role": "auditor"}),
    ("DELETE", "/api/v1/tokens/{token}"): Route(Act.TOKENS_WRITE),
    ("GET", "/api/v1/grants"): Route(Act.GRANTS_READ),
    ("POST", "/api/v1/grants/{grant}"): Route(Act.GRANTS_DECIDE, lambda: {"accept": False}),
    ("POST", "/api/v1/login"): Route(None, lambda: {"username": "nobody"}),
    ("GET", "/api/v1/me"): Route(None, people=True),
    ("POST", "/api/v1/logout"): Route(None, people=True),
    ("POST", "/api/v1/password"): Route(None, lambda: {"old_password": "x"}, people=True),
    ("POST", "/api/v1/one-time"): Route(None, dict, people=True),
    ("POST", "/api/v1/one-time/confirm"): Route(None, dict, people=True),
}  # fmt: skip
PAGES = {"", "api/v1/openapi.json"}
"""Addresses without data, open to everybody."""


def _operations() -> Iterator[tuple[str, str]]:
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield from ((method, f"{prefix}{path}") for method in operation.methods)


def _addresses(patterns: Any) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield str(pattern.pattern).replace("<", "{").replace(">", "}")
        else:
            yield from _addresses(pattern.url_patterns)


def test_every_route_has_a_row_in_the_table() -> None:
    assert sorted(_operations()) == sorted(ROUTES)
    others = [
        p for p in urls.urlpatterns if getattr(p, "namespace", None) != "desk"
    ]  # pages: tests/desk
    found = {address.lstrip("/") for address in _addresses(others)}
    assert found == {path.lstrip("/") for _, path in ROUTES} | PAGES


@pytest.fixture(scope="module")
def places(service: Service) -> dict[str, Any]:
    """Two hospitals, two townships, PATIENT with a settlement of HOME that nobody reverses, and numbers."""
    for code in (HOME, ELSEWHERE):
        service.rows(
            "INSERT INTO tenancy_facility VALUES (%s, '院', '2', '500113') RETURNING code", code
        )
    stated = [
        registered(
            PATIENT,
            1,
            name=NAME,
            village=f"{TOWN}001",
            insurance_tier="tier_1",
            doctors=[{"name": "罗", "phone": "66221234"}],
        ),
        registered("OTHER", 2, name=NAME, village=f"{OTHER_TOWN}001"),
    ]
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": stated})[0] == 201
    made = _bill()["bill"]
    made = {**made, "person": {**made["person"], "id": PATIENT}}
    status, told = service.settle(service.token(may_back_date=True), made)
    assert status == 201, told
    visit = _header()
    status, opened = service.ask("POST", "/api/v1/visits", service.token("cashier", HOME), visit)
    assert status == 201, opened
    return {
        "settlement": int(told["settlement_id"]),
        "visit": visit["visit_id"],
        "line": "L1",
        "number": 999_999,
        "export": 999_999,
        "account": person("doctor", HOME).pk,
        "token": 999_999,
        "grant": 999_999,
        "person": PATIENT,
        "run": finished_run("ledger_verify"),
        "proposal": 999_999,
        "item": queued_item(service, HOME),
        "month": "1999-12",
        "day": "2019-06-13",
    }


def _scopes(role: Role) -> list[tuple[str | None, str | None]]:
    """(hospital, township) that a role is tried with: its own and another, or the whole district."""
    if role in OF_FACILITY:
        return [(HOME, None), (ELSEWHERE, None)]
    if role in OF_TOWNSHIP:
        return [(None, TOWN), (None, OTHER_TOWN)]
    if role is Role.SYSTEM_CLIENT:
        return [(None, None), (HOME, None), (ELSEWHERE, None)]
    return [(None, None)]


def _wanted(
    route: Route, role: Role, facility: str | None, township: str | None = None
) -> list[str]:
    """The refusal that is due, after the table of roles and the scope; none where it is let in."""
    if route.act is None:
        return []
    if role not in MAY[route.act] & MAY[route.also or route.act]:
        return ["S403"]
    if route.of_facility and facility not in (None, HOME):
        return ["S404"]
    if route.of_visit and facility not in (None, HOME):
        return ["S490"]
    if route.of_patient and facility not in (None, HOME):
        return ["S447"]
    if route.of_patient and township not in (None, TOWN):
        return ["S430"]
    return []


def _session(account: Any) -> Browser:
    """A browser whose session has begun, without the time that a password takes."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    sessions.begin(request, account)
    request.session.save()
    browser = Browser()
    browser.client.cookies["doudi_session"] = request.session.session_key
    browser.ask("GET", "/api/v1/me")
    return browser


Written = Callable[[], list[Any]]


@pytest.fixture(scope="module")
def written(service: Service) -> Iterator[Written]:
    """How many rows each table has, and what accounts, tokens and grants say."""
    with psycopg.connect(service.url, autocommit=True) as database:
        tables = database.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        counts = [f"SELECT '{t}', count(*)::text FROM {t}" for (t,) in tables]
        said = [
            f"SELECT '{t} ', md5(string_agg(x::text, '|' ORDER BY id)) FROM {t} x"
            for t in ("tenancy_account", "tenancy_token", "tenancy_grant")
        ]
        query = " UNION ALL ".join([*counts, *said])
        yield lambda: sorted(database.execute(query, prepare=True).fetchall(), key=str)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("by", ["token", "session"])
def test_a_role_may_do_what_the_table_says_where_it_holds(
    service: Service, places: dict[str, Any], written: Written, role: Role, by: str
) -> None:
    wrong: list[str] = []
    for facility, township in _scopes(role):
        token = service.token(role.value, facility, township=township)
        account = person(role.value, facility, township)
        for (method, path), route in ROUTES.items():
            browser = _session(account) if by == "session" else None
            target = path.format(**places) + route.query
            before = written()
            if browser is not None:
                status, told = browser.ask(method, target, route.body())
            else:
                status, told = service.ask(method, target, token, route.body(), address=ADDRESS)
            is_refused = status in (401, 403) or (
                status == 404 if route.of_visit else route.of_patient and status != 200
            )
            refused = codes(told) if is_refused else []
            wanted = _wanted(route, role, facility, township)
            if route.people and browser is None:
                wanted = ["S401"]
            cell = f"{method} {path} {role} {facility or township} {by}: {status} {told}"
            if refused != wanted or status >= 500:
                wrong.append(cell)
            if refused and written() != before:
                wrong.append(f"{cell} has written")
    assert wrong == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", [None, "Bearer doudi_invented", "Basic YTpi"])
def test_without_credentials_nothing_is_done(
    places: dict[str, Any], written: Written, method: str, path: str, header: str | None
) -> None:  # fmt: skip
    route = ROUTES[method, path]
    before = written()
    sent = {} if header is None else {"Authorization": header}
    status, told = Browser().ask(method, path.format(**places) + route.query, route.body(), **sent)
    if route.act is None and not route.people:
        assert status not in (401, 403)
    else:
        assert (status, codes(told)) == (401, ["S401"])
    assert written() == before


@pytest.mark.parametrize(
    ("method", "path"), [key for key, route in ROUTES.items() if key[0] != "GET" and route.act]
)
def test_a_session_writes_nothing_without_the_mark_of_its_page(
    places: dict[str, Any], written: Written, method: str, path: str
) -> None:
    route = ROUTES[method, path]
    assert route.act is not None
    role = sorted(MAY[route.act])[0]
    browser = _session(person(role.value, HOME if role in OF_FACILITY else None))
    browser.csrf = ""
    before = written()
    status, told = browser.ask(method, path.format(**places), route.body())
    assert (status, codes(told)) == (403, ["S473"])
    assert written() == before


def test_the_three_administrators_see_no_business_and_nobody_does_their_work() -> None:
    three = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
    theirs = {act for act, roles in MAY.items() if roles & three} - {
        Act.RUNS_READ
    }  # each sees its own kinds
    assert theirs == {
        Act.ACCOUNTS_READ, Act.ACCOUNTS_WRITE, Act.TOKENS_READ, Act.TOKENS_WRITE, Act.GRANTS_READ,
        Act.GRANTS_DECIDE, Act.METRICS, Act.AUDIT_READ, Act.BACKUP, Act.OPERATION_READ,
    }  # fmt: skip
    assert {role for act in theirs for role in MAY[act]} - three == {Role.AUDITOR}
    assert MAY[Act.ACCOUNTS_WRITE] & MAY[Act.GRANTS_DECIDE] == frozenset()


def test_who_may_not_is_told_what_in_words() -> None:
    assert set(WORDS) == set(Act)
    with pytest.raises(Refusal) as refused:
        Actor("t", Role.DOCTOR).must(Act.MONTHS_CLOSE)
    (told,) = refused.value.faults
    assert told.what == "医生（doctor）不能做“关账”（months.close）"
    assert "区医保管理员" in told.mend


def test_every_act_is_somebodys() -> None:
    assert set(MAY) == set(Act)
    assert all(MAY.values())
