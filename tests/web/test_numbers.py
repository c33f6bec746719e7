"""Numbers that others give: a hospital's visit numbers, ids of any length that is allowed, message ids."""

import uuid

import pytest

import banan
from web.service import Json, Service

VISITS = "/api/v1/visits"


def bill(visit: str, person: str = "P", facility: str = "FA", **more: str) -> Json:
    made = banan.bill(banan.line("2539.50"))
    return {
        **made, "visit_id": visit, "person": {**made["person"], "id": person},
        "facility": {**made["facility"], "code": facility}, **more,
    }  # fmt: skip


def token(service: Service, facility: str | None = None) -> str:
    return service.token(facility=facility, may_back_date=True)


def test_each_hospital_numbers_its_own_visits(service: Service) -> None:
    service.facilities("FA", "FB")
    one, other = token(service, "FA"), token(service, "FB")
    assert service.settle(one, bill("1001", "P1"))[0] == 201
    assert service.settle(other, bill("1001", "P2", "FB"))[0] == 201
    status, told = service.settle(one, bill("1001", "P1"), "again")
    assert (status, told["faults"][0]["code"]) == (409, "S410")


def test_a_settled_visit_releases_no_other_hospitals_refused_bill(service: Service) -> None:
    service.facilities("FA", "FB")
    wrong = bill("2002", "P3", "FB")
    wrong["kind"] = "nothing"
    assert service.settle(token(service, "FB"), wrong)[0] == 422
    assert service.settle(token(service, "FA"), bill("2002", "P4"))[0] == 201
    waiting = "SELECT visit FROM settlement_quarantined WHERE facility = 'FB' AND released IS NULL"
    assert service.rows(waiting) == [("2002",)]


def test_running_visits_of_one_number_are_told_apart(service: Service) -> None:
    service.facilities("FA", "FB")
    headers = {
        f: {k: v for k, v in bill("3003", f"P{f}", f).items() if k not in ("lines", "settled")}
        for f in ("FA", "FB")
    }
    for facility, header in headers.items():
        assert service.ask("POST", VISITS, token(service, facility), header)[0] == 201
        status, told = service.ask("GET", f"{VISITS}/3003", token(service, facility))
        assert (status, told["person"], told["facility"]) == (200, f"P{facility}", facility)
    whole = token(service)
    status, told = service.ask("GET", f"{VISITS}/3003", whole)
    assert (status, told["faults"][0]["code"]) == (409, "S536")
    assert "FA、FB" in told["faults"][0]["what"]
    status, told = service.ask("GET", f"{VISITS}/3003?facility=FB", whole)
    assert (status, told["person"]) == (200, "PFB")
    status, _ = service.ask("GET", f"{VISITS}/3003?facility=FB", token(service, "FA"))
    assert status == 403
    line = {**banan.line("10.00"), "id": "L1"}
    path = f"{VISITS}/3003/lines?facility=FB"
    assert service.ask("POST", path, whole, {"lines": [line]})[0] == 201
    for facility, count in (("FA", 0), ("FB", 1)):
        told = service.ask("GET", f"{VISITS}/3003", token(service, facility))[1]
        assert len(told["lines"]) == count


def test_ids_as_long_as_is_allowed_are_settled(service: Service) -> None:
    person, visit = (f"{uuid.uuid4()}{uuid.uuid4().hex}"[:64] for _ in range(2))
    status, told = service.settle(token(service), bill(visit, person))
    assert (status, told["episode_accumulators"] != {}) == (201, True)


@pytest.mark.parametrize(
    ("longer", "where"),
    [
        ({"visit_id": "v" * 65}, "bill.visit_id"),
        ({"episode_id": "e" * 65}, "bill.episode_id"),
        ({"person": {"id": "p" * 65}}, "bill.person.id"),
        ({"facility": {"code": "f" * 41}}, "bill.facility.code"),
    ],
)
def test_an_id_that_is_longer_is_named(service: Service, longer: Json, where: str) -> None:
    stated = bill("V1")
    for key, value in longer.items():
        stated[key] = {**stated[key], **value} if isinstance(value, dict) else value
    status, told = service.settle(token(service), stated)
    found = [(f["code"], f["where"]) for f in told["faults"]]
    assert (status, found) == (422, [("F203", where)])


def test_a_message_id_of_another_act_is_a_conflict(service: Service) -> None:
    client = token(service)
    _, settled = service.settle(client, bill("M1", "PM"), "m1")
    _, second = service.settle(client, bill("M2", "PM"), "m2")
    undo = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
    asked = {"message_id": "m1", "reason": "错人"}
    status, told = service.ask("POST", undo, client, asked)
    assert (status, told["faults"][0]["code"]) == (409, "S409")
    assert service.ask("POST", undo, client, {**asked, "message_id": "u1"})[0] == 201
    status, told = service.settle(client, bill("M3", "PM"), "u1")
    assert (status, told["faults"][0]["code"]) == (409, "S409")
    for again in (
        (undo, {"message_id": "u1", "reason": "别的"}),
        (f"/api/v1/settlements/{second['settlement_id']}/reverse", {**asked, "message_id": "u1"}),
    ):
        status, told = service.ask("POST", again[0], client, again[1])
        assert (status, told["faults"][0]["code"]) == (409, "S409")
    assert service.ask("POST", undo, client, {**asked, "message_id": "u1"})[0] == 200


CODES = {"S536"}
