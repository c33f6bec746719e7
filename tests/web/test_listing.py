"""Settlements are listed in the order in which they were settled, a page at a time, to whom they belong."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from doudi_web.settlement import listing
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.service import Json, Service
from web.test_settling import bill

PATH = "/api/v1/settlements"
DAYS = {
    "a": "2019-06-13",
    "b": "2019-06-11",
    "c": "2019-06-12",
    "d": "2019-06-12",
    "e": "2019-06-14",
}
AT = {"a": "LA", "b": "LA", "c": "LB", "d": "LA", "e": "LB"}
OF = {"a": "PL1", "b": "PL2", "c": "PL1", "d": "PL2", "e": "PL1"}
"""Five visits, settled in another order than that of their days; c and d on one day."""


@pytest.fixture(scope="module")
def listed(service: Service) -> dict[str, Json]:
    """The answers to five visits at two hospitals; c is reversed, the first two postings are sealed."""
    for code in ("LA", "LB"):
        service.rows(
            "INSERT INTO tenancy_facility VALUES (%s, '院', '2', '500113') RETURNING code", code
        )
    token = service.token(may_back_date=True)
    told: dict[str, Json] = {}
    for visit, day in DAYS.items():
        where = {"code": AT[visit], "level": "2", "district": "500113"}
        status, told[visit] = service.settle(
            token, bill(f"list-{visit}", OF[visit], settled=day, facility=where), f"list-{visit}"
        )
        assert status == 201, told[visit]
        if visit == "b":
            service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"))
    undo = f"{PATH}/{told['c']['settlement_id']}/reverse"
    assert service.ask("POST", undo, token, {"message_id": "list-r", "reason": "试"})[0] == 201
    return told


def asked(service: Service, token: str, **query: Any) -> tuple[int, Json]:
    return service.ask("GET", f"{PATH}?{urlencode(query)}", token)


def pages(service: Service, token: str, **query: Any) -> Iterator[list[Json]]:
    """Page after page, until none is told to be behind."""
    after: Json = {}
    while True:
        status, told = asked(service, token, **query, **after)
        assert status == 200, told
        yield told["settlements"]
        if told["after"] is None:
            return
        after = {"after": told["after"]}


def visits(page: list[Json]) -> str:
    return "".join(one["visit_id"].removeprefix("list-") for one in page)


def test_a_settlement_is_listed_as_it_was_answered_and_as_it_stands_now(
    service: Service, listed: dict[str, Json]
) -> None:
    (page,) = pages(service, service.token("auditor"))
    assert visits(page) == "bcdae"
    assert page == [
        {**listed[visit], "facility": AT[visit], "sealed": visit in "ab", "reversed": visit == "c"}
        for visit in "bcdae"
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "PL1"}, "cae"),
        ({"facility": "LA"}, "bda"),
        ({"person": "PL1", "facility": "LB"}, "ce"),
        ({"from": "2019-06-12"}, "cdae"),
        ({"to": "2019-06-12"}, "b"),
        ({"from": "2019-06-12", "to": "2019-06-13"}, "cd"),
        ({"from": "2019-06-12T00:00:01+08:00", "person": "PL1"}, "ae"),
        ({"person": "nobody"}, ""),
    ],
)  # fmt: skip
def test_settlements_are_found_by_person_hospital_and_time(
    service: Service, listed: dict[str, Json], query: Json, found: str
) -> None:
    assert listed
    (page,) = pages(service, service.token("district_admin"), **query)
    assert visits(page) == found


def test_pages_follow_one_another_without_a_gap_also_within_one_instant(
    service: Service, listed: dict[str, Json]
) -> None:
    token = service.token("fund_accountant")
    assert [visits(page) for page in pages(service, token, limit=1)] == list("bcdae")
    assert [visits(page) for page in pages(service, token, limit=2, facility="LA")] == ["bd", "a"]
    assert [visits(page) for page in pages(service, token, limit=2)] == ["bc", "da", "e"]
    status, told = asked(service, token, after=listed["e"]["settlement_id"])
    assert (status, told) == (200, {"settlements": [], "erased": [], "after": None})


def test_a_hospital_lists_its_own_alone(service: Service, listed: dict[str, Json]) -> None:
    own = service.token("insurance_office", "LB")
    (page,) = pages(service, own)
    assert visits(page) == "ce"
    assert [visits(one) for one in pages(service, own, person="PL2")] == [""]
    for query in ({"facility": "LA"}, {"after": listed["a"]["settlement_id"]}):
        status, told = asked(service, own, **query)
        assert (status, told["faults"][0]["code"]) == (403, "S404")


@pytest.mark.parametrize(
    ("query", "status", "code", "where"),
    [
        ({"from": "yesterday"}, 422, "F203", "from"),
        ({"to": "2019-06-31"}, 422, "F203", "to"),
        ({"from": "2019-06-13", "to": "2019-06-12"}, 422, "F302", "from"),
        ({"after": "x"}, 422, "F203", "after"),
        ({"after": "999999"}, 404, "S406", "after"),
        ({"person": "P\0"}, 422, "F203", ""),
        ({"person": "11010519491231002X"}, 422, "F209", "person"),
    ],
)
def test_a_question_that_cannot_be_is_told_so(
    service: Service, query: Json, status: int, code: str, where: str
) -> None:
    found, told = asked(service, service.token("auditor"), **query)
    assert (found, told["faults"][0]["code"], told["faults"][0]["where"]) == (status, code, where)


def test_who_listed_which_is_recorded_and_what_found_nothing_is_not_kept(
    service: Service, listed: dict[str, Json]
) -> None:
    token = service.token("auditor")
    ((last,),) = service.rows("SELECT max(id) FROM audit_log_record")
    asked(service, token, person="PL1", **{"from": "2019-06-12"})
    asked(service, token, person="nobody at all")
    rows = service.rows(
        "SELECT action, subject, detail FROM audit_log_record WHERE id > %s ORDER BY id", last
    )
    assert rows == [
        ("settlements.list", "settlements", {"by": ["person", "from"], "rows": 3}),
        *(
            ("settlements.read", "person:PL1", {"settlement": int(listed[visit]["settlement_id"])})
            for visit in "cae"
        ),
        ("settlements.list", "settlements", {"by": ["person"], "rows": 0}),
    ]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (listing.Wanted(), "of_moment"),
        (listing.Wanted(after=1), "of_moment"),
        (listing.Wanted(person="PL1", after=1), "of_person"),
        (listing.Wanted(facility="LA", after=1), "of_facility"),
    ],
)
def test_every_question_walks_an_index_in_its_order(
    service: Service, listed: dict[str, Json], wanted: listing.Wanted, index: str
) -> None:
    """As the plan is when many rows make sorting dear."""
    assert listed
    actor = Actor("test", Role.AUDITOR)
    where, values = listing._conditions(actor, wanted)
    with psycopg.connect(service.url) as database:
        database.execute(
            "SET enable_sort = off; SET enable_seqscan = off; SET enable_bitmapscan = off"
        )
        text = f"EXPLAIN {listing._PAGE.format(where=where)}"
        plan = "\n".join(row for (row,) in database.execute(text, [*values, 101]))
    assert f"using {index} on settlement_settlement" in plan
    assert "Sort" not in plan
