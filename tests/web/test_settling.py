"""Settling through the interface: idempotent, once a visit, equal to the engine, conserved in the ledger."""

from itertools import count
from typing import Any

import psycopg
import pytest

import banan
from web.service import Service

Json = dict[str, Any]


def bill(visit: str, person: str = "P", amount: str = "2539.50", **more: Any) -> Json:
    stated = banan.bill(banan.line(amount), **more)
    return {**stated, "visit_id": visit, "person": {**stated["person"], "id": person}}


def test_a_settlement_is_answered_once_and_seen_again(service: Service) -> None:
    token = service.token(may_back_date=True)
    status, first = service.settle(token, bill("A1", "PA"), "message-1")
    assert status == 201
    assert first["patient"] == "1195.80"  # ordinary: the register does not know the person
    assert first["provisional"] == "eligibility"
    assert service.settle(token, bill("A1", "PA"), "message-1") == (200, first)
    status, seen = service.ask("GET", f"/api/v1/settlements/{first['settlement_id']}", token)
    assert (status, seen) == (200, {**first, "reversed": False})


def test_a_message_id_has_one_meaning(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("B1", "PB"), "message-b")[0] == 201
    status, told = service.settle(token, bill("B1", "PB", "2539.51"), "message-b")
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S409"])


def test_a_message_that_settled_cannot_undo_nor_one_that_undid_settle(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("M1", "PM"), "both")
    _, second = service.settle(token, bill("M2", "PM"), "other")

    def undo(settled: Json, message: str) -> tuple[int, list[str]]:
        path = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
        status, told = service.ask("POST", path, token, {"message_id": message, "reason": "试"})
        return status, [f["code"] for f in told.get("faults", [])]

    assert undo(second, "both") == (409, ["S409"])
    assert undo(first, "undone") == (201, [])
    assert undo(second, "undone") == (409, ["S409"])
    status, told = service.settle(token, bill("M3", "PM"), "undone")
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S409"])
    assert service.rows("SELECT count(*) FROM settlement_settlement WHERE visit = 'M3'") == [(0,)]


def test_a_visit_is_settled_once(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("C1", "PC"))[0] == 201
    status, told = service.settle(token, bill("C1", "PC"))
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S410"])


def test_sums_run_over_the_visits_of_a_person(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("D1", "PD"))
    _, second = service.settle(token, bill("D2", "PD"))
    assert first["accumulators"]["after_basic"] == {"before": "0.00", "after": "1195.80"}
    assert second["accumulators"]["after_basic"] == {"before": "1195.80", "after": "2391.60"}
    _, sums = service.ask("GET", "/api/v1/persons/PD/accumulators?year=2019", token)
    assert sums == {"basic_paid": "2687.40", "after_basic": "2391.60"}


def test_a_reversal_undoes_a_settlement_once_by_contrary_entries(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, settled = service.settle(token, bill("E1", "PE"))
    path = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
    asked = {"message_id": "undo", "reason": "重复录入"}
    status, undone = service.ask("POST", path, token, asked)
    assert status == 201
    assert [(e["account"], e["amount"]) for e in undone["entries"]] == [
        ("clearing:F", "2539.50"),
        ("fund:basic", "-1343.70"),
        ("patient:PE", "-1195.80"),
    ]
    assert service.ask("POST", path, token, asked) == (200, undone)
    status, told = service.ask("POST", path, token, {**asked, "message_id": "again"})
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S411"])
    _, sums = service.ask("GET", "/api/v1/persons/PE/accumulators?year=2019", token)
    assert sums == {"basic_paid": "0.00", "after_basic": "0.00"}
    assert service.settle(token, bill("E1", "PE"))[0] == 201  # the visit may be settled anew


def test_a_refused_bill_is_kept_and_later_visits_name_it(service: Service) -> None:
    token = service.token(may_back_date=True)
    wrong = {**bill("F1", "PF"), "facility": {"code": "F", "level": "9", "district": "500113"}}
    status, told = service.settle(token, wrong)
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F403"])
    assert service.rows("SELECT visit, person FROM settlement_quarantined WHERE person = 'PF'") == [
        ("F1", "PF")
    ]


@pytest.fixture
def settled(service: Service) -> None:
    """Something stands in every table of the ledger."""
    number = next(_visits)
    assert service.settle(service.token(may_back_date=True), bill(number, f"P{number}"))[0] == 201


_visits = (f"T{n}" for n in count(1))


@pytest.mark.usefixtures("settled")
def test_every_posting_sums_to_zero(service: Service) -> None:
    sums = service.rows("SELECT posting, sum(amount) FROM settlement_entry GROUP BY posting")
    assert sums
    assert {total for _, total in sums} == {0}


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "table",
    [
        "settlement_settlement",
        "settlement_accumulatorentry",
        "settlement_posting",
        "settlement_entry",
        "policy_source",
        "policy_inforce",
    ],
)
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"]
)
def test_the_database_refuses_to_change_what_was_written(
    service: Service, table: str, change: str
) -> None:
    if table == "policy_source":
        change = change.replace("id = id", "digest = digest")
    with psycopg.connect(service.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change.format(table))
