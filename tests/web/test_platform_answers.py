"""The platform is silent: patients leave on what is computed, and its answer posts every difference."""

import random

import pytest

from doudi_web.settlement.replaying import fen
from web.service import Json, Service
from web.test_correcting import balance, codes, decide, poor
from web.test_openings import opening, take
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


def ask(
    service: Service, token: str, settled: Json, message: str, outcome: str
) -> tuple[int, Json]:
    path = f"/api/v1/settlements/{settled['settlement_id']}/asked"
    return service.ask("POST", path, token, {"platform_message": message, "outcome": outcome})


def test_where_the_answer_is_lost_the_platform_is_asked_under_no_other_message(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent("AU1", "AU"))

    def state() -> str:
        _, told = service.ask("GET", "/api/v1/awaiting", token)
        (one,) = [one for one in told["awaiting"] if one["visit_id"] == "AU1"]
        return one["state"]

    assert state() == "waiting"
    status, told = ask(service, token, waiting, "H1", "no_answer")
    assert (status, codes(told)) == (409, ["S529"])
    assert ask(service, token, waiting, "H1", "sent")[0] == 200
    assert ask(service, token, waiting, "H1", "no_answer")[0] == 200
    assert state() == "unknown"
    status, told = ask(service, token, waiting, "H2", "sent")
    assert (status, codes(told)) == (409, ["S528"])
    assert (
        ask(service, token, waiting, "H1", "sent")[0] == 200
    )  # asked again under the same message
    assert ask(service, token, waiting, "H1", "not_settled")[0] == 200
    assert state() == "waiting"
    assert ask(service, token, waiting, "H2", "sent")[0] == 200
    assert answer(service, token, waiting, "au1", basic="0.00")[0] == 201


def test_what_it_stands_on_meanwhile_is_told_with_its_age(service: Service) -> None:
    poor(service, "AF")
    take(service, opening("AF", "500.00", as_of="2019-02-20"))
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent("AF1", "AF"))
    figures = {one.pop("name"): one for one in waiting["figures"]}
    assert figures["basic_paid"] == {
        "amount": "500.00", "source": "市中心", "as_of": "2019-02-20", "days": 9,
    }  # fmt: skip
    assert figures["chronic_paid"]["source"] == "ledger"
    _, told = service.ask("GET", "/api/v1/awaiting", token)
    assert {one["visit_id"]: one["patient"] for one in told["awaiting"]}["AF1"] == waiting[
        "patient"
    ]


def test_a_day_without_the_platform(service: Service) -> None:
    """200 discharges: each pays at most the limit; when the answers come every difference is posted, nobody poor is
    asked for more."""
    token, chance = service.token(may_back_date=True), random.Random(6)
    left: dict[str, Json] = {}
    for number in range(200):
        person = f"AD{number}"
        poor(service, person)
        amount = f"{chance.randint(200, 30_000)}.{chance.randint(0, 99):02d}"
        _, left[person] = service.settle(token, silent(f"{person}v", person, amount))
    for told in left.values():
        assert fen(told["patient"]) <= fen(told["total"]) // 10
    kinds: set[str] = set()
    for person, told in left.items():
        paid = fen(told["payments"]["basic"]) + chance.choice([-2_000, 2_000, 9_999_999])
        given = {
            "basic": max(0, min(paid, fen(told["in_scope"]))),
            "critical_illness": 0,
            "medical_assistance": 0,
        }
        stated = {name: f"{amount // 100}.{amount % 100:02d}" for name, amount in given.items()}
        status, posted = answer(service, token, told, f"{person}a", **stated)
        assert status == 201, posted
        kinds.add(posted["patient"]["state"])
        now = posted["settlement"]
        assert balance(service, f"patient:{person}") == fen(now["patient"])
        assert fen(now["patient"]) <= fen(now["total"]) // 10
        assert posted["patient"]["state"] in ("even", "refund")
    assert kinds == {"even", "refund"}
    _, told = service.ask("GET", "/api/v1/awaiting", token)
    assert [one for one in told["awaiting"] if one["visit_id"].startswith("AD")] == []
    assert holds(service)


def test_what_counts_as_the_deductible_met_is_answered_with_its_layer_alone(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent("AK1", "AK"))
    _, told = answer(service, token, waiting, "ak1", basic="490.00", deductible_met="300.00")
    assert told["settlement"]["deductible_met"] == "300.00"
    status, refused = answer(service, token, told["settlement"], "ak2", deductible_met="0.00")
    assert (status, codes(refused)) == (422, ["S517"])


def test_more_is_asked_of_nobody_whom_the_register_knows_to_be_poor_by_now(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, waiting = service.settle(token, silent("AL1", "AL"))
    assert waiting["standing"] == "ordinary"
    poor(service, "AL")
    _, told = answer(
        service,
        token,
        waiting,
        "al1",
        basic="0.00",
        medical_assistance="0.00",
        critical_illness="0.00",
    )
    assert (told["settlement"]["standing"], told["patient"]["state"]) == (
        "ordinary",
        "needs_approval",
    )


CODES = {"S516", "S517", "S528", "S529"}
"""The codes that this file makes."""
