"""The platform is silent: patients leave on what is computed, and its answer posts every difference."""

import pytest

from web.service import Json, Service
from web.test_correcting import balance, codes, decide, poor
from web.test_places import bill, holds

AWAITED = ["basic", "critical_illness", "medical_assistance"]


def silent(visit: str, person: str, amount: str = "2539.50", day: str = "2019-03-01") -> Json:
    return {**bill(visit, person, amount, day), "awaiting": AWAITED}


def answer(
    service: Service, token: str, settled: Json, message: str, **given: str
) -> tuple[int, Json]:
    path = f"/api/v1/settlements/{settled['settlement_id']}/answer"
    return service.ask("POST", path, token, {"message_id": message, "given": given})


def test_the_patient_pays_at_most_the_limit_and_gets_back_what_the_platform_paid_more(
    service: Service,
) -> None:
    poor(service, "AP")
    token = service.token(may_back_date=True)
    status, waiting = service.settle(token, silent("AP1", "AP"))
    assert (status, waiting["provisional"], waiting["patient"]) == (201, "platform", "253.95")
    status, told = answer(
        service,
        token,
        waiting,
        "ap1",
        basic="1700.00",
        critical_illness="0.00",
        medical_assistance="700.00",
    )
    assert status == 201, told
    made = told["settlement"]
    assert "provisional" not in made
    assert made["payments"] == {
        "basic": "1700.00", "critical_illness": "0.00", "medical_assistance": "700.00", "floor": "0.00",
    }  # fmt: skip
    assert told["patient"] == {
        "asked": "253.95",
        "now": "139.50",
        "difference": "-114.45",
        "state": "refund",
    }
    assert balance(service, "patient:AP") == 139_50
    again = answer(
        service,
        token,
        waiting,
        "ap1",
        basic="1700.00",
        critical_illness="0.00",
        medical_assistance="700.00",
    )
    assert again == (200, told)
    assert holds(service)


def test_more_than_was_paid_is_asked_of_nobody_poor_without_a_decision(service: Service) -> None:
    poor(service, "AM")
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent("AM1", "AM", "300.00"))
    assert waiting["patient"] == "30.00"
    _, told = answer(service, token, waiting, "am1", basic="0.00")
    assert told["settlement"]["provisional"] == "platform"  # two layers are still awaited
    assert told["patient"]["state"] == "even"  # the floor bears it
    _, last = answer(
        service,
        token,
        told["settlement"],
        "am2",
        critical_illness="0.00",
        medical_assistance="0.00",
    )
    assert "provisional" not in last["settlement"]
    assert last["settlement"]["payments"]["floor"] == "270.00"
    assert holds(service)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"floor": "1.00"}, "S517"), ({"basic": "99999.00"}, "F404"), ({"basic": "x"}, "F203"), ({}, "F201")],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_refused_and_nothing_moves(
    service: Service, given: Json, code: str
) -> None:
    person = f"AR{code}"
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent(person, person))
    status, told = answer(service, token, waiting, f"ar-{code}", **given)
    assert (status, codes(told)) == (422, [code])
    status, seen = service.ask("GET", f"/api/v1/settlements/{waiting['settlement_id']}", token)
    assert (seen["reversed"], seen["provisional"]) == (False, "platform")


def test_a_settlement_that_awaits_nothing_is_not_answered(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, settled = service.settle(token, bill("AN1", "AN", "100.00", "2019-03-01"))
    status, told = answer(service, token, settled, "an1", basic="0.00")
    assert (status, codes(told)) == (409, ["S516"])


def test_what_an_answer_moves_behind_it_is_proposed(service: Service) -> None:
    poor(service, "AB")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, waiting = service.settle(token, silent("AB1", "AB", "9000.00", "2019-03-01"))
    _, later = service.settle(token, bill("AB2", "AB", "200000.00", "2019-06-01"))
    _, told = answer(
        service,
        token,
        waiting,
        "ab1",
        basic="100.00",
        critical_illness="0.00",
        medical_assistance="0.00",
    )
    (proposed,) = told["proposals"]
    assert (proposed["visit_id"], proposed["causes"]) == ("AB2", ["AB1"])
    assert later["payments"]["basic"] != proposed["amounts"]["payments"]["basic"]
    assert decide(service, admin, proposed, "approve")[0] == 201
    assert holds(service)


CODES = {"S516", "S517"}
"""The codes that this file makes."""
