"""Whom a hospital and a township see: whom they have to do with, anybody else not at all or for a stated reason."""

import itertools
from typing import Any

import pytest

import web.test_permissions as matrix
from doudi_web.tenancy.roles import MAY, OF_FACILITY, Role
from web.accounts import codes
from web.people import person as registered
from web.service import Service
from web.test_permissions import ELSEWHERE, NAME, NUMBER, OTHER_TOWN, PATIENT, ROUTES, TOWN, Written

places, written = matrix.places, matrix.written  # the fixtures of the table of permissions
header_of, asked = matrix._header, matrix._bill
_hospitals = itertools.count(1)
SEARCH = "/api/v1/search/persons"
OF_PATIENT = [path for (_, path), route in ROUTES.items() if route.of_patient]


@pytest.mark.parametrize("role", [*sorted(OF_FACILITY), Role.SYSTEM_CLIENT])
@pytest.mark.parametrize("path", OF_PATIENT)
def test_a_hospital_reads_whom_it_has_not_seen_for_a_stated_reason_alone(
    service: Service, places: dict[str, Any], written: Written, role: Role, path: str
) -> None:
    route = ROUTES["GET", path]
    assert route.act is not None
    target, allowed = path.format(**places) + (route.query or "?year=2019"), role in MAY[route.act]
    for reason, recorded in (("转院来，先核对累计", True), ("", False), ("   ", False)):
        token = service.token(role.value, ELSEWHERE)
        before = written()
        status, told = service.ask("GET", f"{target}&reason={reason}", token)
        if not allowed:
            assert (status, codes(told)) == (403, ["S403"])
        elif not recorded:
            assert (status, codes(told)) == (403, ["S447"])
        else:
            assert status == 200
            (row,) = service.rows(
                "SELECT reason, actor, subject FROM audit_log_record ORDER BY id DESC LIMIT 1"
            )
            assert row[0] == reason
            assert row[2].removeprefix("person:") == PATIENT
            continue
        assert written() == before
    if allowed:
        status, told = service.ask("GET", f"{target}&reason={'长' * 401}", token)
        assert (status, codes(told)) == (422, ["F203"])


@pytest.mark.parametrize("path", OF_PATIENT)
def test_a_running_visit_or_a_refused_bill_is_enough_to_have_seen_somebody(
    service: Service, places: dict[str, Any], path: str
) -> None:
    route = ROUTES["GET", path]
    target = path.format(**places) + route.query
    number = next(_hospitals)
    running, refusing = f"HV{number}", f"HQ{number}"
    for code in (running, refusing):
        service.rows(
            "INSERT INTO tenancy_facility VALUES (%s, '院', '2', '500113') RETURNING code", code
        )
        assert service.ask("GET", target, service.token("cashier", code))[0] == 403
    header = header_of()
    header |= {"person": {**header["person"], "id": PATIENT}}
    header |= {"facility": {**header["facility"], "code": running}}
    assert (
        service.ask("POST", "/api/v1/visits", service.token("cashier", running), header)[0] == 201
    )
    wrong = {**asked()["bill"], "kind": "spa"}
    wrong |= {"person": header["person"], "facility": {**header["facility"], "code": refusing}}
    assert service.settle(service.token("cashier", refusing), wrong)[0] == 422
    for code in (running, refusing):
        assert service.ask("GET", target, service.token("cashier", code))[0] == 200


def test_a_township_officer_sees_the_own_persons_alone(
    service: Service, places: dict[str, Any]
) -> None:
    path = f"/api/v1/persons/{places['person']}"
    asked: tuple[tuple[str, str, Any, int, list[str]], ...] = (
        ("GET", path, None, 200, ["S430"]),
        ("GET", f"{path}?unmask=1&reason=核对", None, 200, ["S430"]),
        ("POST", SEARCH, {"id_number": NUMBER}, 200, []),
        ("POST", SEARCH, {"name": NAME}, 200, []),
        ("POST", SEARCH, {"township": TOWN}, 200, ["S431"]),
    )
    for method, target, body, status, refused in asked:
        mine = service.token("township_officer", township=TOWN)
        own, told = service.ask(method, target, mine, body)
        assert own == status
        assert [p["id"] for p in told.get("persons", [told])] == [PATIENT]
        other = service.token("township_officer", township=OTHER_TOWN)
        _, told = service.ask(method, target, other, body)
        assert (codes(told) if "faults" in told else []) == refused
        assert PATIENT not in [p["id"] for p in told.get("persons", [])]


def test_a_person_without_a_village_is_of_the_households_township(service: Service) -> None:
    town, other = "500113003", "500113004"
    admin = service.token("district_admin")
    stated = [
        registered("HEAD", 3, household="HH1", village=f"{town}001"),
        registered("MEMBER", 4, household="HH1"),
        registered("AWAY", 5, household="HH1", village=f"{other}001"),
    ]
    for one in stated:
        assert service.ask("POST", "/api/v1/persons", admin, {"persons": [one]})[0] == 201
    found: dict[str, list[int]] = {}
    for place in (town, other):
        token = service.token("township_officer", township=place)
        found[place] = [
            service.ask("GET", f"/api/v1/persons/{one['id']}", token)[0] for one in stated
        ]
    assert found == {town: [200, 200, 404], other: [404, 404, 200]}
    listed = service.ask("POST", SEARCH, admin, {"township": town})[1]["persons"]
    assert [p["id"] for p in listed] == ["HEAD", "MEMBER"]


CODES = {"S447"}
"""The codes that this file makes."""
