"""The interface is described, and answers as it is described."""

import base64
import json
import re
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import jsonschema
import pytest
from django.test import Client, override_settings

import banan
from doudi_web import api as api_rooms
from doudi_web.exchange.exporting import Asked, export
from doudi_web.exchange.profiles import profile
from doudi_web.tenancy import one_time
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from tables import csv_of
from web import people
from web.accounts import PASSWORD, Browser, person
from web.alerts_at_hand import alert_at_hand
from web.audited import audited
from web.service import Json, Service
from web.test_openings import opening, registered, wrong
from web.test_settling import bill
from web.test_visits import header

OPENAPI = json.loads(Client().get("/api/v1/openapi.json").content)
OPERATIONS: dict[str, tuple[str, str, Json]] = {
    told["operationId"]: (method.upper(), path, told)
    for path, methods in OPENAPI["paths"].items()
    for method, told in methods.items()
}


def closed(shape: Any) -> Any:
    """The shape with no room for a key that it does not name."""
    if isinstance(shape, list):
        return [closed(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {key: closed(value) for key, value in shape.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


CLOSED = closed(OPENAPI["components"])


def hold(operation: str, status: int, told: Json) -> None:
    """An answer has a status and the shape that the description gives it, key by key."""
    answers = OPERATIONS[operation][2]["responses"]
    assert str(status) in answers, (operation, status, told)
    if "application/json" not in answers[str(status)]["content"]:
        assert told == {}  # a paper: its content is held in tests of its own
        return
    shape = answers[str(status)]["content"]["application/json"]["schema"]
    whole = {**closed(deepcopy(shape)), "components": CLOSED}
    jsonschema.Draft202012Validator(whole).validate(told)
    assert [text for text in _moments(told) if not text.endswith("+08:00")] == []


def _moments(told: Any) -> Iterator[str]:
    """Every moment in an answer."""
    if isinstance(told, dict | list):
        for inner in told.values() if isinstance(told, dict) else told:
            yield from _moments(inner)
    elif isinstance(told, str):
        yield from re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:\d\d)?", told)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_route_says_what_it_takes_and_answers(operation: str) -> None:
    method, path, told = OPERATIONS[operation]
    assert told["summary"]
    assert re.search("[\u4e00-\u9fff]", told["description"]), path
    for status, answer in told["responses"].items():
        for content in answer["content"].values():
            assert content["schema"], (path, status)
    for status in ("401", "403"):
        assert status in told["responses"], path
    if "requestBody" in told:
        assert method in ("POST", "PUT", "PATCH")
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_name_in_the_description_is_there() -> None:
    text = json.dumps(OPENAPI)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(OPENAPI["components"]["schemas"])
    assert "$defs" not in text


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


_SETTLEMENTS, _VISITS = "/api/v1/settlements", "/api/v1/visits"
_LINES = {"lines": [banan.line("100.00"), banan.line("9.00", "丙", "D", draft=True)]}
CARE: list[tuple[str, str, str, object]] = [
    ("take_openings", "POST", "/api/v1/openings", {"openings": [opening("S", "7.00")]}),
    ("openings_of", "GET", "/api/v1/persons/S/openings", None),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "1", "bill": bill("S1", "S")}),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "1", "bill": bill("S1", "S")}),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "1", "bill": bill("S1", "other")}),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "2", "bill": wrong("S2", "S")}),
    ("settle", "POST", _SETTLEMENTS,
     {"message_id": "3", "bill": bill("S3", "S", settled="2019-06-01")}),
    ("settlement", "GET", _SETTLEMENTS + "/{first}", None),
    ("reverse", "POST", _SETTLEMENTS + "/{first}/reverse", {"message_id": "r", "reason": "试"}),
    ("settlement", "GET", _SETTLEMENTS + "/{first}", None),
    ("see_statement", "GET", _SETTLEMENTS + "/{first}/statement.pdf", None),
    ("print_statement", "POST", _SETTLEMENTS + "/{first}/statement.pdf", None),
    ("print_statement", "POST", _SETTLEMENTS + "/999999/statement.pdf", None),
    ("see_sheet", "GET", _SETTLEMENTS + "/{first}/sheet.pdf", None),
    ("print_sheet", "POST", _SETTLEMENTS + "/{first}/sheet.pdf", {}),
    ("print_sheet", "POST", _SETTLEMENTS + "/{first}/sheet.pdf", {"reason": "试"}),
    ("genuine", "GET", _SETTLEMENTS + "/{first}/genuine?code=0123456789abcdef", None),
    ("genuine", "GET", _SETTLEMENTS + "/{first}/genuine?code=x", None),
    ("see_consent", "GET", _VISITS + "/nothing/consent.pdf", None),
    ("print_consent", "POST", _VISITS + "/nothing/consent.pdf", None),
    ("see_clearing", "GET", "/api/v1/clearing/2026-11.pdf?facility=F", None),
    ("print_clearing", "POST", "/api/v1/clearing/2026-11.pdf?facility=F", None),
    ("see_day", "GET", "/api/v1/days/2026-11-27.pdf?facility=F", None),
    ("print_day", "POST", "/api/v1/days/yesterday.pdf?facility=F", None),
    ("see_card", "GET", "/api/v1/persons/S/card.pdf", None),
    ("print_card", "POST", "/api/v1/persons/S/card.pdf", None),
    ("papers", "GET", "/api/v1/papers?limit=1", None),
    ("contacts", "GET", "/api/v1/contacts?facility=F", None),
    ("state_contact", "POST", "/api/v1/contacts", {"facility": "F", "place": "一楼", "phone": "1"}),
    ("settlements", "GET", f"{_SETTLEMENTS}?person=S", None),
    ("settlements", "GET", f"{_SETTLEMENTS}?limit=1", None),
    ("settlements", "GET", f"{_SETTLEMENTS}?from=yesterday", None),
    ("settlements", "GET", f"{_SETTLEMENTS}?after=999999", None),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "p", "bill": bill("SP", "unregistered")}),
    ("preview_correct", "POST", _SETTLEMENTS + "/{last}/correct/preview",
     {"bill": bill("SP", "unregistered", "99.00"), "reason": "试"}),
    ("preview_reverse", "POST", _SETTLEMENTS + "/{last}/reverse/preview", {"reason": "试"}),
    ("preview_reverse", "POST", _SETTLEMENTS + "/{first}/reverse/preview", {"reason": "试"}),
    ("settlement_basis", "GET", _SETTLEMENTS + "/{first}/basis", None),
    ("settlement_basis", "GET", _SETTLEMENTS + "/999999/basis", None),
    ("replay_settlement", "POST", _SETTLEMENTS + "/{first}/replay", {}),
    ("correct", "POST", _SETTLEMENTS + "/{last}/correct",
     {"message_id": "k", "bill": bill("SP", "unregistered", "99.00"), "reason": "试"}),
    ("correct", "POST", _SETTLEMENTS + "/{last}/correct",
     {"message_id": "k2", "bill": bill("SQ", "unregistered", "99.00"), "reason": "试"}),
    ("settle", "POST", _SETTLEMENTS,
     {"message_id": "w", "bill": {**bill("SW", "S"), "awaiting": ["basic"]}}),
    ("asked", "POST", _SETTLEMENTS + "/{last}/asked", {"platform_message": "f1", "outcome": "sent"}),
    ("asked", "POST", _SETTLEMENTS + "/{last}/asked", {"platform_message": "f2", "outcome": "sent"}),
    ("awaiting", "GET", "/api/v1/awaiting", None),
    ("preview_answer", "POST", _SETTLEMENTS + "/{last}/answer/preview", {"given": {"basic": "1.00"}}),
    ("preview_answer", "POST", _SETTLEMENTS + "/{last}/answer/preview", {"given": {"floor": "1.00"}}),
    ("answer", "POST", _SETTLEMENTS + "/{last}/answer", {"message_id": "wa", "given": {"floor": "1.00"}}),
    ("answer", "POST", _SETTLEMENTS + "/{last}/answer", {"message_id": "wb", "given": {"basic": "1.00"}}),
    ("answer", "POST", _SETTLEMENTS + "/{last}/answer", {"message_id": "wc", "given": {"basic": "1.00"}}),
    ("settle", "POST", _SETTLEMENTS, {"message_id": "b", "bill": bill("SB", "S", settled="2019-01-05")}),
    ("proposals", "GET", "/api/v1/proposals?state=all", None),
    ("proposals", "GET", "/api/v1/proposals?state=x", None),
    ("approve_proposal", "POST", "/api/v1/proposals/{proposal}/approve", {"message_id": "d", "reason": "试"}),
    ("approve_proposal", "POST", "/api/v1/proposals/999999/approve", {"message_id": "d2", "reason": "试"}),
    ("refuse_proposal", "POST", "/api/v1/proposals/{proposal}/refuse", {"message_id": "d3", "reason": "试"}),
    ("months", "GET", "/api/v1/months", None),
    ("close_month", "POST", "/api/v1/months/1999-01/close", {"message_id": "e", "reason": "试"}),
    ("close_month", "POST", "/api/v1/months/1999-13/close", {"message_id": "e2", "reason": "试"}),
    ("close_month", "POST", "/api/v1/months/1998-01/close", {"message_id": "e3", "reason": "试"}),
    ("provisional", "GET", "/api/v1/provisional", None),
    ("provisional", "GET", "/api/v1/provisional?after=x", None),
    ("accumulators", "GET", "/api/v1/persons/S/accumulators?year=2019", None),
    ("quarantine", "GET", "/api/v1/quarantine", None),
    ("precheck", "POST", "/api/v1/precheck", bill("S4", "S")),
    ("precheck", "POST", "/api/v1/precheck?effects=0", bill("S4", "S")),
    ("open_visit", "POST", _VISITS, header("S5", "S")),
    ("open_visit", "POST", _VISITS, header("S5", "S")),
    ("open_visit", "POST", _VISITS, header("S6", "S", kind="spa")),
    ("add_lines", "POST", f"{_VISITS}/S5/lines", _LINES),
    ("add_lines", "POST", f"{_VISITS}/S5/lines", _LINES),
    ("visit", "GET", f"{_VISITS}/S5", None),
    ("visit", "GET", f"{_VISITS}/S6", None),
    ("running_visits", "GET", _VISITS, None),
    ("stay", "PUT", f"{_VISITS}/S5/stay", {"ward": "内一科", "planned_discharge": "2019-06-12"}),
    ("stay", "PUT", f"{_VISITS}/S5/stay", {"ward": "内一科", "version": 9}),
    ("visit", "GET", f"{_VISITS}/S5", None),
    ("wards", "GET", "/api/v1/wards?everyone=1&sort=ward", None),
    ("wards", "GET", "/api/v1/wards?need=nothing", None),
    ("wards_precheck", "POST", "/api/v1/wards/precheck", {"visits": ["S5"], "facility": "F"}),
    ("wards_precheck", "POST", "/api/v1/wards/precheck", {"visits": ["none"], "facility": "F"}),
    ("precheck_visit", "POST", f"{_VISITS}/S5/precheck", None),
    ("withdraw_line", "DELETE", f"{_VISITS}/S5/lines/D", None),
    ("discharge", "POST", f"{_VISITS}/S5/discharge", {"discharged": "2019-06-12"}),
    ("presettle_visit", "POST", f"{_VISITS}/S5/presettle", None),
    ("preview_settle_visit", "POST", f"{_VISITS}/S5/settle/preview", {"given": {"basic": "1.00"}}),
    ("preview_settle_visit", "POST", f"{_VISITS}/S5/settle/preview", {"version": "x"}),
    ("visit_checks", "GET", f"{_VISITS}/S5/checks", None),
    ("visit_checks", "GET", f"{_VISITS}/none/checks", None),
    ("settle_visit", "POST", f"{_VISITS}/S5/settle", {"message_id": "4"}),
    ("visit", "GET", f"{_VISITS}/S5", None),
    ("visit", "GET", f"{_VISITS}/none", None),
    ("entries", "GET", "/api/v1/ledger/entries", None),
    ("ledger_head", "GET", "/api/v1/ledger/head", None),
    ("ledger_proof", "GET", "/api/v1/ledger/proof/{first}", None),
    ("seal", "POST", "/api/v1/ledger/seal", None),
    ("seal", "POST", "/api/v1/ledger/seal", None),
    ("ledger_head", "GET", "/api/v1/ledger/head", None),
    ("ledger_extension", "GET", "/api/v1/ledger/extension?first=1", None),
    ("ledger_extension", "GET", "/api/v1/ledger/extension?first=999999", None),
    ("ledger_proof", "GET", "/api/v1/ledger/proof/{first}", None),
    ("settlement_basis", "GET", _SETTLEMENTS + "/{first}/basis", None),
    ("ledger_proof", "GET", "/api/v1/ledger/proof/999999", None),
    ("release", "POST", "/api/v1/quarantine/1/release", {"reason": "试"}),
    ("health", "GET", "/healthz", None),
]  # fmt: skip
"""Settling and what is before it: what is asked, one after another."""
OF_THE_DISTRICT = {
    "take_openings", "entries", "seal", "ledger_head", "ledger_extension", "provisional", "proposals",
    "approve_proposal", "refuse_proposal", "months", "close_month", "see_clearing", "print_clearing",
    "see_card", "print_card", "state_contact",
}  # fmt: skip
"""What the district's administrator asks of these; a hospital's system asks the rest."""


AT_THE_DESK = {
    "alert", "alert_rules", "alerts", "city", "close_alert", "indicators", "indicators_delivery",
    "heads_handed", "hand_head", "return_head",
    "indicators_visits", "reassign_alert", "state_alert_value", "state_budget", "take_alert", "take_delivery",
}  # fmt: skip
"""What the district's desk asks: the generated requests ask each rightly, and hold its answer against its shape."""


LATEST = {
    "{last}": "SELECT max(id) FROM settlement_settlement",
    "{proposal}": "SELECT coalesce(min(id) FILTER (WHERE state = 'open'), 0) FROM settlement_proposal",
}


def test_answers_have_the_shapes_that_are_described(service: Service) -> None:
    registered(service, "S")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    for operation, method, path, body in CARE:
        if "{first}" in path:
            first = service.rows("SELECT min(id) FROM settlement_settlement")[0][0]
            path = path.replace("{first}", str(first))  # noqa: PLW2901
        for name, statement in LATEST.items():
            if name in path:
                path = path.replace(name, str(service.rows(statement)[0][0]))  # noqa: PLW2901
        by = admin if operation in OF_THE_DISTRICT else token
        status, told = service.ask(method, path, by, body)
        hold(operation, status, told)


_STATED = people.person(
    "SP", 801, name="周某", phone="13800001234", sex="女", ethnicity="汉族", village="500113001001",
    household="SH", mother="SM", standings=[people.standing(to="2020-01-01")], attributes={"x": 1},
    tiers=[{"tier": "tier_1", "from": "1970-01-01"}], diseases=[{"code": "hypertension"}], plan="每月随访",
    doctors=[{"name": "李", "phone": "66221234", "facility": "SF"}], died="2020-02-02", moved_out="2020-01-01",
)  # fmt: skip
_INTAKE = "/api/v1/intake"
_ROLL = csv_of(
    [["登记号", "出生日期", "区划", "人员类别", "身份起"], ["SR", "1970-01-01", "500113", "低保", "2018-01-01"]],
    "utf-8",
)  # fmt: skip
EMPTY_REPORT = csv_of([["机构编码", "住院登记编码", "结果", "原因"]], "utf-8")
_FACILITY = {"code": "SF", "name": "某院", "level": "2", "district": "500113"}
_PERSONS, _IMPORTS, _ACCOUNTS = "/api/v1/persons", "/api/v1/imports", "/api/v1/accounts"
_SEARCH = "/api/v1/search/persons"
_TOKENS, _GRANTS = "/api/v1/tokens", "/api/v1/grants"
_WHY = {"reason": "试"}
_FIGURES = "/api/v1/figures"
_FIGURE = {
    "source": "hospital",
    "figures": [
        {"facility": "SF", "visit_id": "S1", "amounts": {"total": "1.00"}, "stated": "2019-07-01"}
    ],
}
_DEFECT = {"name": "d", "what": "算错", "engines": ["0.1.0"], "found": "2019-12-01", **_WHY}
PEOPLE: list[tuple[str, str, str, str, object, int]] = [
    ("write_facilities", "district_admin", "POST", "/api/v1/facilities", {"facilities": [_FACILITY]}, 201),
    ("write_facilities", "district_admin", "POST", "/api/v1/facilities",
     {"facilities": [{**_FACILITY, "level": "3", "from": "2019-01-01"}]}, 201),
    ("facilities", "city_viewer", "GET", "/api/v1/facilities", None, 200),
    ("write_persons", "district_admin", "POST", _PERSONS,
     {"persons": [_STATED, people.person("SM")]}, 201),
    ("write_persons", "district_admin", "POST", _PERSONS, {"persons": [{"id": "SX"}]}, 422),
    ("write_persons", "auditor", "POST", _PERSONS, {"persons": []}, 403),
    ("person", "auditor", "GET", f"{_PERSONS}/SP", None, 200),
    ("person", "auditor", "GET", f"{_PERSONS}/SM", None, 200),
    ("person", "district_admin", "GET", f"{_PERSONS}/SP?unmask=1&reason=试", None, 200),
    ("person", "auditor", "GET", f"{_PERSONS}/nobody", None, 404),
    ("person_file", "auditor", "GET", f"{_PERSONS}/SP/file", None, 200),
    ("person_file", "auditor", "GET", f"{_PERSONS}/nobody/file", None, 404),
    ("person_card", "district_admin", "POST", f"{_PERSONS}/SP/card", _WHY, 200),
    ("person_card", "district_admin", "POST", f"{_PERSONS}/SM/card", _WHY, 409),
    ("person_card", "district_admin", "POST", f"{_PERSONS}/SP/card", {}, 422),
    ("person_visits", "auditor", "GET", f"{_PERSONS}/S/visits", None, 200),
    ("person_sums", "auditor", "GET", f"{_PERSONS}/S/sums?year=2019", None, 200),
    ("person_sums", "auditor", "GET", f"{_PERSONS}/SP/sums", None, 422),
    ("search_persons", "auditor", "POST", _SEARCH, {"name": "周某"}, 200),
    ("search_persons", "auditor", "POST", _SEARCH, {"visit": "nobody's"}, 200),
    ("search_persons", "auditor", "POST", _SEARCH, {}, 422),
    ("import_preview", "district_admin", "POST", _IMPORTS, {"persons": [people.person("SI")]}, 201),
    ("import_preview", "district_admin", "POST", f"{_IMPORTS}?name=r.csv", _ROLL, 201),
    ("import_preview", "district_admin", "POST", _IMPORTS, b"{", 422),
    ("import_confirm", "district_admin", "POST", _IMPORTS + "/{import_preview}/confirm", None, 200),
    ("import_confirm", "district_admin", "POST", _IMPORTS + "/{import_preview}/confirm", None, 409),
    ("import_confirm", "district_admin", "POST", f"{_IMPORTS}/999999/confirm", None, 404),
    ("import_undo", "district_admin", "POST", _IMPORTS + "/{import_preview}/undo", None, 200),
    ("imports", "district_admin", "GET", _IMPORTS, None, 200),
    ("intake_bring", "district_admin", "POST", f"{_INTAKE}?kind=persons", _ROLL, 201),
    ("intake_bring", "district_admin", "POST", f"{_INTAKE}?kind=persons", b"", 422),
    ("intake_one", "district_admin", "GET", _INTAKE + "/{intake_bring}", None, 200),
    ("intake_rows", "district_admin", "GET", _INTAKE + "/{intake_bring}/rows?tab=new", None, 200),
    ("intake_rows", "district_admin", "GET", _INTAKE + "/{intake_bring}/rows?tab=odd", None, 422),
    ("intake_mend", "district_admin", "POST", _INTAKE + "/{intake_bring}/mend",
     {"revision": 1, "cells": [{"row": 2, "key": "standing.from", "value": "2018-02-01"}]}, 200),
    ("intake_mend", "district_admin", "POST", _INTAKE + "/{intake_bring}/mend", {"revision": 1}, 409),
    ("intake_look", "district_admin", "POST", _INTAKE + "/{intake_bring}/look", {}, 200),
    ("intake_confirm", "district_admin", "POST", _INTAKE + "/{intake_bring}/confirm", {"revision": 3}, 200),
    ("intake_confirm", "district_admin", "POST", _INTAKE + "/{intake_bring}/confirm", {"revision": 4}, 409),
    ("intake_undo", "district_admin", "POST", _INTAKE + "/{intake_bring}/undo", {"revision": 4}, 200),
    ("intake_undo", "district_admin", "POST", f"{_INTAKE}/999999/undo", {"revision": 4}, 404),
    ("intake", "district_admin", "GET", _INTAKE, None, 200),
    ("create_account", "system_admin", "POST", _ACCOUNTS,
     {"username": "shapes", "name": "甲", "role": "cashier", "facility": "SF"}, 200),
    ("create_account", "system_admin", "POST", _ACCOUNTS,
     {"username": "shapes", "name": "甲", "role": "auditor"}, 409),
    ("accounts", "security_admin", "GET", _ACCOUNTS, None, 200),
    ("change_account", "system_admin", "PATCH", _ACCOUNTS + "/{create_account}",
     {"active": True, **_WHY}, 200),
    ("change_account", "system_admin", "PATCH", _ACCOUNTS + "/{create_account}",
     {"role": "auditor", **_WHY}, 200),
    ("change_account", "system_admin", "PATCH", _ACCOUNTS + "/{create_account}", {**_WHY}, 422),
    ("reset_account", "system_admin", "POST", _ACCOUNTS + "/{create_account}/reset", _WHY, 200),
    ("create_token", "system_admin", "POST", _TOKENS,
     {"name": "甲", "role": "auditor", "expires": "2100-01-01", "may_back_date": False}, 200),
    ("create_token", "system_admin", "POST", _TOKENS, {"name": "甲", "role": "nobody"}, 422),
    ("grants", "security_admin", "GET", _GRANTS, None, 200),
    ("decide_grant", "security_admin", "POST", _GRANTS + "/{create_token_grant}", {"accept": True}, 200),
    ("decide_grant", "security_admin", "POST", _GRANTS + "/{create_token_grant}", {"accept": True}, 409),
    ("revoke_token", "system_admin", "DELETE", _TOKENS + "/{create_token}", None, 200),
    ("revoke_token", "system_admin", "DELETE", f"{_TOKENS}/999999", None, 404),
    ("tokens", "security_admin", "GET", _TOKENS, None, 200),
    ("take_figures", "district_admin", "POST", _FIGURES, _FIGURE, 201),
    ("take_figures", "district_admin", "POST", _FIGURES, _FIGURE, 200),
    ("take_figures", "district_admin", "POST", _FIGURES, {"source": "platform", "figures": []}, 422),
    ("audits", "auditor", "GET", "/api/v1/audits", None, 200),
    ("audits", "city_viewer", "GET", "/api/v1/audits", None, 403),
    ("audit_of", "auditor", "GET", "/api/v1/audits/{audit}", None, 200),
    ("audit_of", "auditor", "GET", "/api/v1/audits/999999", None, 404),
    ("add_defect", "auditor", "POST", "/api/v1/defects", _DEFECT, 201),
    ("add_defect", "auditor", "POST", "/api/v1/defects", _DEFECT, 200),
    ("add_defect", "auditor", "POST", "/api/v1/defects", {**_DEFECT, "what": "别的"}, 409),
    ("defects", "district_admin", "GET", "/api/v1/defects", None, 200),
    ("floor", "auditor", "GET", "/api/v1/floor", None, 200),
    ("floor", "auditor", "GET", "/api/v1/floor?state=gone", None, 422),
    ("floor_totals", "fund_accountant", "GET", "/api/v1/floor/totals", None, 200),
    ("floor_approve", "district_admin", "POST", "/api/v1/floor/approve",
     {"message_id": "f1", "items": [999_999]}, 404),
    ("floor_paid", "fund_accountant", "POST", "/api/v1/floor/paid",
     {"message_id": "f2", "reference": "B", "facility": "SF", "month": "2019-06", "up_to": 1}, 409),
    ("floor_failed", "fund_accountant", "POST", "/api/v1/floor/failed", {"message_id": "f3", **_WHY}, 422),
    ("periods", "auditor", "GET", "/api/v1/periods?period=2019", None, 200),
    ("periods_visits", "auditor", "GET", "/api/v1/periods/visits?period=2019&facility=F", None, 200),
    ("proposed_assessments", "auditor", "GET", "/api/v1/assessments", None, 200),
    ("propose_assessment", "district_admin", "POST", "/api/v1/assessments",
     {"message_id": "f4", "facility": "SF", "period": "2019-06", "amount": "1.00", **_WHY}, 409),
    ("post_assessment", "district_admin", "POST", "/api/v1/assessments/999999/post", {"message_id": "f5"}, 404),
    ("refuse_assessment", "district_admin", "POST", "/api/v1/assessments/999999/refuse",
     {"message_id": "f6", **_WHY}, 404),
    ("exports", "auditor", "GET", "/api/v1/exports", None, 200),
    ("export_run", "auditor", "GET", "/api/v1/exports/{an_export}", None, 200),
    ("export_run", "auditor", "GET", "/api/v1/exports/999999", None, 404),
    ("export_rows", "district_admin", "GET", "/api/v1/export-rows?state=held_back", None, 200),
    ("export_rows", "district_admin", "GET", "/api/v1/export-rows?state=gone", None, 422),
    ("export_report", "district_admin", "POST", "/api/v1/export-reports?name=r.csv", EMPTY_REPORT, 200),
    ("export_report", "district_admin", "POST", "/api/v1/export-reports?profile=one_stop", EMPTY_REPORT, 422),
    ("audit", "auditor", "GET", "/api/v1/audit?limit=5", None, 200),
    ("audit_chains", "audit_admin", "GET", "/api/v1/audit/chains", None, 200),
    ("start_run", "auditor", "POST", "/api/v1/runs/ledger_verify", _WHY, 202),
    ("start_run", "auditor", "POST", "/api/v1/runs/ledger_verify", _WHY, 409),
    ("start_run", "auditor", "POST", "/api/v1/runs/dance", _WHY, 404),
    ("run", "auditor", "GET", "/api/v1/runs/{start_run}", None, 200),
    ("run", "auditor", "GET", "/api/v1/runs/999999", None, 404),
    ("runs", "auditor", "GET", "/api/v1/runs", None, 200),
    ("alerts", "auditor", "GET", "/api/v1/alerts?rule=split", None, 200),
    ("alerts", "auditor", "GET", "/api/v1/alerts?tab=gone", None, 422),
    ("alert", "auditor", "GET", "/api/v1/alerts/{an_alert}", None, 200),
    ("alert", "auditor", "GET", "/api/v1/alerts/999999", None, 404),
    ("alert_rules", "auditor", "GET", "/api/v1/alerts/rules", None, 200),
    ("state_alert_value", "district_admin", "POST", "/api/v1/alerts/rules",
     {"rule": "split", "name": "days", "amount": 11, **_WHY}, 201),
    ("reassign_alert", "district_admin", "POST", "/api/v1/alerts/{an_alert}/reassign",
     {"message_id": "w1", "owner_role": "district_admin", **_WHY}, 201),
    ("take_alert", "district_admin", "POST", "/api/v1/alerts/{an_alert}/take", {"message_id": "w2"}, 201),
    ("close_alert", "auditor", "POST", "/api/v1/alerts/{an_alert}/close",
     {"message_id": "w3", "ended_as": "true", **_WHY}, 403),
    ("close_alert", "district_admin", "POST", "/api/v1/alerts/{an_alert}/close",
     {"message_id": "w3", "ended_as": "no", **_WHY}, 422),
    ("indicators", "auditor", "GET", "/api/v1/indicators", None, 200),
    ("indicators_visits", "auditor", "GET", "/api/v1/indicators/visits", None, 200),
    ("indicators_delivery", "auditor", "GET", "/api/v1/indicators/delivery?year=1", None, 422),
    ("state_budget", "district_admin", "POST", "/api/v1/indicators/budgets",
     {"year": 2019, "amount": "1.00", **_WHY}, 201),
    ("take_delivery", "district_admin", "POST", "/api/v1/city/deliveries", {}, 422),
    ("city", "city_viewer", "GET", "/api/v1/city", None, 200),
]  # fmt: skip
"""The register, accounts and the log: what is asked, by which role, and the status that is due."""


def exported(service: Service) -> int:
    """An export of what there is, its files thrown away; its number."""
    assert service
    with tempfile.TemporaryDirectory() as folder:
        actor = Actor("test", Role.DISTRICT_ADMIN)
        done = export(actor, profile("national"), Path(folder), Asked("试"), lambda *_: None)
    return done.run


def test_answers_about_people_have_the_shapes_that_are_described(service: Service) -> None:
    numbers: dict[str, int] = {"audit": audited()["id"], "an_export": exported(service)}
    numbers["an_alert"] = alert_at_hand(service)
    for operation, role, method, path, body, due in PEOPLE:
        by = service.token(role)
        status, told = service.ask(method, path.format(**numbers), by, body)
        assert status == due, (operation, told)
        hold(operation, status, told)
        if "id" in told and method == "POST":
            numbers |= {operation: told["id"], f"{operation}_grant": told.get("grant", 0)}


REVIEWED = {
    "visit_review", "what_if", "notice_visit", "explain_excess", "decide_excess", "pass_emergency",
    "review_emergency", "record_consent", "change_visit", "propose_change", "decide_change", "reviews",
    "emergencies",
}  # fmt: skip
"""What test_review asks and holds against its shape."""
MAPPING = {name for name in OPERATIONS if name.startswith("mapping_")}
"""What test_matching_decided asks and holds against its shape."""
PERSONAL = {"login", "logout", "me", "password", "one_time", "one_time_confirm"}


def test_answers_to_somebody_at_a_screen_have_the_shapes_that_are_described(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service
    account, browser = person("auditor"), Browser(address="10.6.0.1")
    seen: list[tuple[str, int]] = []

    def ask(operation: str, body: object = None) -> Json:
        method, path, _ = OPERATIONS[operation]
        status, told = browser.ask(method, path, body)
        hold(operation, status, told)
        seen.append((operation, status))
        return told

    typed = {"username": account.username, "password": PASSWORD}
    ask("login", {**typed, "password": "wrong"})
    ask("login", {})
    ask("login", typed)
    ask("me")
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    secret = base64.b32decode(ask("one_time", {"password": PASSWORD})["secret"])
    ask("one_time_confirm", {"code": "x"})
    ask("one_time_confirm", {"code": one_time.code_at(secret, 1_000_000_000 // 30)})
    ask("password", {"old_password": PASSWORD, "new_password": "short"})
    ask("password", {"old_password": PASSWORD, "new_password": "Blue7-harbour"})
    ask("logout")
    ask("me")
    assert seen == [
        ("login", 401), ("login", 422), ("login", 200), ("me", 200), ("one_time", 200),
        ("one_time_confirm", 422), ("one_time_confirm", 200), ("password", 422), ("password", 200),
        ("logout", 200), ("me", 401),
    ]  # fmt: skip
    assert {operation for operation, _ in seen} == PERSONAL


def test_every_route_is_asked_and_its_answer_held_against_its_shape() -> None:
    asked = {one[0] for one in CARE} | {one[0] for one in PEOPLE} | PERSONAL | REVIEWED | MAPPING
    asked |= AT_THE_DESK
    assert asked == set(OPERATIONS) - {"metrics"}  # which is no JSON


def test_no_two_rooms_give_one_name_to_different_shapes() -> None:
    """The description has one place for each name: the later one would be told of both."""
    modules = [
        import_module(f"doudi_web.api.{one.name}") for one in iter_modules(api_rooms.__path__)
    ]
    rooms = [
        value
        for module in modules
        if module.__name__.rpartition(".")[2].startswith("shapes")
        for name, value in vars(module).items()
        if name.isupper()
        and isinstance(value, dict)
        and all(str(key)[:1].isupper() for key in value)
    ]
    named = [name for room in {id(room): room for room in rooms}.values() for name in room]
    assert sorted(named) == sorted(set(named))
    assert {"Settlement", "Corrected", "Audits"} <= set(named)
