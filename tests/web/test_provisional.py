"""Who was settled before the register knew them waits in a queue, until the settlement is reversed."""

from typing import Any

import psycopg
import pytest

from doudi_web.settlement import provisional
from web.service import Json, Service
from web.test_openings import registered
from web.test_settling import bill

PATH = "/api/v1/provisional"


@pytest.fixture(scope="module")
def queued(service: Service) -> dict[str, Json]:
    """Answers by visit: a and c of nobody registered, the platform not having answered for c; b of a registered
    person of whom it has not answered either; d, of nobody registered, is reversed; e is at another hospital."""
    for code in ("PA", "PB"):
        service.rows(
            "INSERT INTO tenancy_facility VALUES (%s, '院', '2', '500113') RETURNING code", code
        )
    registered(service, "K")
    token = service.token(may_back_date=True)
    awaiting: Json = {"awaiting": ["basic"]}
    stated: list[tuple[str, str, str, Json]] = [
        ("a", "U1", "PA", {}), ("b", "K", "PA", awaiting), ("c", "U2", "PA", awaiting), ("d", "U3", "PA", {}),
        ("e", "U4", "PB", {}),
    ]  # fmt: skip
    told: dict[str, Json] = {}
    for visit, person, facility, more in stated:
        where = {"code": facility, "level": "2", "district": "500113"}
        asked = bill(f"prov-{visit}", person, facility=where, **more)
        status, told[visit] = service.settle(token, asked, f"prov-{visit}")
        assert status == 201, told[visit]
    undo = f"/api/v1/settlements/{told['d']['settlement_id']}/reverse"
    asked = {"message_id": "prov-r", "reason": "试"}
    assert service.ask("POST", undo, token, asked)[0] == 201
    return told


def test_a_settlement_says_every_reason_for_which_it_is_provisional(
    queued: dict[str, Json],
) -> None:
    said = {
        visit: (told.get("provisional"), told.get("provisional_reasons"))
        for visit, told in queued.items()
    }
    assert said == {
        "a": ("eligibility", ["eligibility"]),
        "b": ("platform", ["platform"]),
        "c": ("platform", ["eligibility", "platform"]),
        "d": ("eligibility", ["eligibility"]),
        "e": ("eligibility", ["eligibility"]),
    }


def queue(service: Service, token: str, query: str = "") -> tuple[list[str], Any]:
    status, told = service.ask("GET", f"{PATH}{query}", token)
    assert status == 200, told
    return [one["visit_id"].removeprefix("prov-") for one in told["provisional"]], told["after"]


def test_the_queue_tells_whose_why_and_since_when(
    service: Service, queued: dict[str, Json]
) -> None:
    _, told = service.ask("GET", PATH, service.token("district_admin"))
    (posted,) = (
        at.isoformat()
        for (at,) in service.rows(
            "SELECT posted AT TIME ZONE 'Asia/Shanghai' FROM settlement_posting"
            " WHERE settlement = %s AND kind = 'settle'",
            int(queued["c"]["settlement_id"]),
        )
    )
    assert [one["visit_id"] for one in told["provisional"]] == ["prov-a", "prov-c", "prov-e"]
    assert told["provisional"][1] == {
        "settlement_id": queued["c"]["settlement_id"], "visit_id": "prov-c", "person": "U2", "facility": "PA",
        "settled": "2019-06-13T00:00:00+08:00", "since": f"{posted}+08:00",
        "reasons": ["eligibility", "platform"], "registered": False,
    }  # fmt: skip


def test_a_hospitals_office_sees_its_own_and_pages_follow_one_another(
    service: Service, queued: dict[str, Json]
) -> None:
    admin = service.token("district_admin")
    assert queue(service, service.token("insurance_office", "PA")) == (["a", "c"], None)
    assert queue(service, service.token("insurance_office", "PB")) == (["e"], None)
    first, after = queue(service, admin, "?limit=2")
    assert (first, after) == (["a", "c"], int(queued["c"]["settlement_id"]))
    assert queue(service, admin, f"?limit=2&after={after}") == (["e"], None)


def test_the_queue_says_whom_the_register_knows_by_now_and_lets_a_reversed_one_go(
    service: Service, queued: dict[str, Json]
) -> None:
    admin = service.token("district_admin")
    registered(service, "U4")
    _, told = service.ask("GET", PATH, admin)
    assert [(one["person"], one["registered"]) for one in told["provisional"]] == [
        ("U1", False), ("U2", False), ("U4", True),
    ]  # fmt: skip
    undo = f"/api/v1/settlements/{queued['e']['settlement_id']}/reverse"
    asked = {"message_id": "prov-e", "reason": "登记了，重新结算"}
    assert service.ask("POST", undo, admin, asked)[0] == 201
    assert queue(service, admin)[0] == ["a", "c"]


@pytest.mark.parametrize(
    ("of", "index"),
    [("true", "settlement_provisional_pkey"), ("w.facility = 'PA'", "provisional_of_hospital")],
)
def test_the_queue_is_read_by_its_own_index(
    service: Service, queued: dict[str, Json], of: str, index: str
) -> None:
    """As the plan is when those who wait are few among many."""
    assert queued
    text = provisional._QUEUE.format(where=of)
    with psycopg.connect(service.url) as database:
        database.execute("SET enable_sort = off; SET enable_seqscan = off")
        plan = "\n".join(row for (row,) in database.execute(f"EXPLAIN {text}", [0, 501]))
    assert index in plan
