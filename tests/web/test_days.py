"""A cashier's day to the fen: what was asked for and given back, whatever is decided later of what waited."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from doudi_web.papers import days
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.papers_at_hand import poor_person
from web.service import Json, Service
from web.test_hospital_papers import _DIAGNOSIS, at, settled, today
from web.test_settling import bill

_numbers = count(1)
Rows = list[tuple[str, str, str]]


def listed(facility: str, day: str) -> days.Day:
    return days.seen(Actor("t", Role.INSURANCE_OFFICE, facility), facility, day, "")


def rows(one: days.Day) -> Rows:
    return [(row.what, row.taken, row.returned) for row in one.rows]


def sums(one: days.Day) -> tuple[str, str, str, str]:
    return one.taken, one.returned, one.net, one.waits


def corrected(service: Service, facility: str) -> tuple[Json, str]:
    """A poor patient's visit, settled and then corrected by 1,000 yuan more: 100.00 of it waits."""
    key = f"DAY{next(_numbers)}"
    told = settled(service, poor_person(service, key), **at(facility))
    made = bill(told["visit_id"], key, "3539.50", **at(facility))
    more = {**made, "discharged": "2019-06-12", **_DIAGNOSIS}
    asked = {"message_id": key, "reason": "漏收 1,000 元", "bill": more}
    path = f"/api/v1/settlements/{told['settlement_id']}/correct"
    status, new = service.ask("POST", path, service.token("insurance_office", facility), asked)
    assert (status, new["patient"]["asked"], new["patient"]["difference"]) == (
        201, "253.95", "100.00",
    )  # fmt: skip
    return new["settlement"], new["patient"]["proposal_id"]


def decided(service: Service, proposal: str, what: str, **more: str) -> None:
    asked = {"message_id": f"dd{next(_numbers)}", "reason": "查过了", **more}
    path = f"/api/v1/proposals/{proposal}/{what}"
    status, told = service.ask("POST", path, service.token("district_admin"), asked)
    assert status == 201, told


def undone(service: Service, settlement: Json) -> Json:
    path = f"/api/v1/settlements/{settlement['settlement_id']}/reverse"
    asked = {"message_id": f"du{next(_numbers)}", "reason": "重复录入"}
    status, told = service.ask("POST", path, service.token("district_admin"), asked)
    assert status == 201, told
    return told["patient"]


FIRST: Rows = [
    ("住院", "253.95", "0.00"),
    ("撤销住院", "0.00", "253.95"),
    ("住院", "253.95", "0.00"),
]
"""A day with a correction of which 100.00 waits: the drawer has what the patient paid at first."""


def test_what_waits_was_not_asked_for(service: Service) -> None:
    day, _ = today(service)
    corrected(service, "DW")
    one = listed("DW", day)
    assert rows(one) == FIRST
    assert sums(one) == ("507.90", "253.95", "253.95", "100.00")


def test_undone_gives_back_what_was_asked_for_as_the_answer_says(service: Service) -> None:
    day, _ = today(service)
    settlement, _ = corrected(service, "DU")
    assert undone(service, settlement)["difference"] == "-253.95"
    one = listed("DU", day)
    assert rows(one) == [*FIRST, ("撤销住院", "0.00", "253.95")]
    assert sums(one) == ("507.90", "507.90", "0.00", "0.00")


def test_refused_moves_no_money_then_or_later(service: Service) -> None:
    day, _ = today(service)
    settlement, proposal = corrected(service, "DR")
    decided(service, proposal, "refuse", borne_by="hospital")
    one = listed("DR", day)
    assert rows(one) == FIRST
    assert sums(one) == ("507.90", "253.95", "253.95", "0.00")
    assert undone(service, settlement)["difference"] == "-253.95"
    assert rows(listed("DR", day)) == [*FIRST, ("撤销住院", "0.00", "253.95")]


def test_approved_counts_when_it_was_decided(service: Service) -> None:
    day, _ = today(service)
    settlement, proposal = corrected(service, "DA")
    decided(service, proposal, "approve")
    one = listed("DA", day)
    assert rows(one) == [*FIRST, ("补收住院", "100.00", "0.00")]
    assert sums(one) == ("607.90", "253.95", "353.95", "0.00")
    assert one.counted == "结算 2 笔，撤销 1 笔，补收 1 笔"
    assert (one.rows[3].settlement, one.rows[3].name) == (settlement["settlement_id"], "田**")
    assert undone(service, settlement)["difference"] == "-353.95"
    one = listed("DA", day)
    assert rows(one) == [
        *FIRST, ("补收住院", "100.00", "0.00"), ("撤销住院", "0.00", "353.95"),
    ]  # fmt: skip
    assert sums(one) == ("607.90", "607.90", "0.00", "0.00")


@pytest.mark.parametrize(
    ("what", "more", "later"),
    [
        ("approve", {}, [("补收住院", "100.00", "0.00")]),
        ("refuse", {"borne_by": "floor"}, []),
    ],
)
def test_a_day_says_the_same_after_what_waited_was_decided_on_another(
    service: Service, what: str, more: dict[str, str], later: Sequence[Any]
) -> None:
    facility = f"DL{what[0]}"
    day, _ = today(service)
    _, proposal = corrected(service, facility)
    first = listed(facility, day)
    decided(service, proposal, what, **more)
    service.rows(
        "UPDATE settlement_proposal SET decided = decided + interval '1 day' WHERE id = %s RETURNING id",
        int(proposal),
    )
    again = listed(facility, day)
    assert (again.rows, sums(again), again.counted) == (first.rows, sums(first), first.counted)
    tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    assert rows(listed(facility, tomorrow)) == list(later)


def test_corrected_twice_asks_once(service: Service) -> None:
    """The second correction gives back what the first had asked for, which was not the 100.00 that waited."""
    day, _ = today(service)
    settlement, _ = corrected(service, "DT")
    key = settlement["visit_id"]
    ((person,),) = service.rows(
        "SELECT person FROM settlement_settlement WHERE visit = %s LIMIT 1", key
    )
    made = bill(key, person, "4539.50", **at("DT"))
    more = {**made, "discharged": "2019-06-12", **_DIAGNOSIS}
    asked = {"message_id": "twice", "reason": "又漏收 1,000 元", "bill": more}
    path = f"/api/v1/settlements/{settlement['settlement_id']}/correct"
    status, new = service.ask("POST", path, service.token("insurance_office", "DT"), asked)
    assert (status, new["patient"]["difference"]) == (201, "200.00")
    one = listed("DT", day)
    assert rows(one) == [
        *FIRST, ("撤销住院", "0.00", "253.95"), ("住院", "253.95", "0.00"),
    ]  # fmt: skip
    assert sums(one) == ("761.85", "507.90", "253.95", "200.00")
