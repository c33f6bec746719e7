"""A cashier's day to the fen: what was asked for and given back, whatever is decided later of what waited."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from doudi_web.audit_log.models import Record
from doudi_web.papers import clearing, days
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor, digest
from web.papers_at_hand import paper, poor_person
from web.people import codes
from web.service import Json, Service
from web.test_hospital_papers import at, settled, today
from web.test_settling import bill

_numbers = count(1)
Rows = list[tuple[str, str, str]]


def listed(facility: str, day: str) -> days.Day:
    return days.seen(Actor("t", Role.INSURANCE_OFFICE, facility), facility, day, "")[0]


def rows(one: days.Day) -> Rows:
    return [(row.what, row.taken, row.returned) for row in one.rows]


def sums(one: days.Day) -> tuple[str, str, str, str]:
    return one.taken, one.returned, one.net, one.waits


def corrected(service: Service, facility: str) -> tuple[Json, str]:
    """A poor patient's visit, settled and then corrected by 1,000 yuan more: 100.00 of it waits."""
    key = f"DAY{next(_numbers)}"
    told = settled(service, poor_person(service, key), **at(facility))
    made = bill(told["visit_id"], key, "3539.50", **at(facility))
    more = {**made, "discharged": "2019-06-12"}
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
    more = {**made, "discharged": "2019-06-12"}
    asked = {"message_id": "twice", "reason": "又漏收 1,000 元", "bill": more}
    path = f"/api/v1/settlements/{settlement['settlement_id']}/correct"
    status, new = service.ask("POST", path, service.token("insurance_office", "DT"), asked)
    assert (status, new["patient"]["difference"]) == (201, "200.00")
    one = listed("DT", day)
    assert rows(one) == [
        *FIRST, ("撤销住院", "0.00", "253.95"), ("住院", "253.95", "0.00"),
    ]  # fmt: skip
    assert sums(one) == ("761.85", "507.90", "253.95", "200.00")


HOSTILE = [
    "account:²",
    "token:" + "9" * 5_000,
    "account:٣",
    "account:-1",
    "account:",
    "nobody",
    "' OR ''='",
    "%",
]


@pytest.mark.parametrize("by", HOSTILE)
def test_nobody_is_looked_for_by_what_is_no_client(service: Service, by: str) -> None:
    day, _ = today(service)
    for token in (service.token("insurance_office", "DX"), service.token("cashier", "DX")):
        made = paper(service, "GET", f"/api/v1/days/{day}.pdf?by={quote(by)}", token)
        assert (made.status, codes(made.told)) == (422, ["F203"])


def test_whoever_settled_nothing_of_the_list_is_not_named(service: Service) -> None:
    day, _ = today(service)
    office, hers = service.token("insurance_office", "DN"), service.token("cashier", "DO")
    mine = service.token("cashier", "DN")
    made = settled(service, poor_person(service, "DAYN"), **at("DN"))
    ((client,),) = service.rows(
        "SELECT client FROM settlement_settlement WHERE id = %s", int(made["settlement_id"])
    )
    service.rows(
        "UPDATE tenancy_token SET name = '收费员甲' WHERE id = %s RETURNING id",
        int(client.split(":")[1]),
    )
    other = _key(service, hers)
    service.rows(
        "UPDATE tenancy_token SET name = '别院的人' WHERE id = %s RETURNING id",
        int(other.split(":")[1]),
    )

    def who(by: str, token: str) -> str:
        made = paper(service, "GET", f"/api/v1/days/{day}.pdf?by={by}", token)
        assert made.status == 200, made.told
        return made.text.split("收费员", 1)[1].split("应收")[0]

    assert who(client, office) == "收费员甲"
    assert who(other, office) == other
    assert who("", hers) == "别院的人"
    assert who("", mine) == _named(service, _key(service, mine))


def _key(service: Service, token: str) -> str:
    ((number,),) = service.rows("SELECT id FROM tenancy_token WHERE digest = %s", digest(token))
    return f"token:{number}"


def _named(service: Service, key: str) -> str:
    ((name,),) = service.rows(
        "SELECT name FROM tenancy_token WHERE id = %s", int(key.split(":")[1])
    )
    return "".join(name.split())


def test_everybody_on_a_list_is_in_the_audit_log(service: Service) -> None:
    day, month = today(service)
    token = service.token("insurance_office", "DP")
    for key in ("DAYP1", "DAYP2"):
        made = settled(service, poor_person(service, key), **at("DP"))
    undone(service, made)
    office = Actor("t", Role.INSURANCE_OFFICE, "DP")
    whole, of_day, of_month = "facility:DP", f"DP:{day}:", f"DP:{month}"
    told = {"paper": "day", "of": of_day}
    of_clearing = {"paper": "clearing", "of": of_month}

    def recorded(do: Callable[[], object]) -> list[tuple[str, str, dict[str, Any]]]:
        before = Record.objects.count()
        do()
        rows = Record.objects.order_by("id")[before:]
        return [(row.action, row.subject, row.detail) for row in rows]

    def both(action: str, of: dict[str, Any], **more: Any) -> list[tuple[str, str, dict[str, Any]]]:
        persons = [(action, f"person:{key}", of) for key in ("DAYP1", "DAYP2")]
        return [(action, whole, {**of, **more}), *persons]

    day_path, month_path = f"/api/v1/days/{day}.pdf", f"/api/v1/clearing/{month}.pdf"
    assert recorded(lambda: listed("DP", day)) == both("papers.read", told, rows=3)
    assert recorded(lambda: paper(service, "GET", day_path, token)) == both("papers.read", told)
    assert recorded(lambda: paper(service, "POST", day_path, token)) == both(
        "papers.print", told, number=1
    )
    assert recorded(lambda: clearing.seen(office, "DP", month, 0, 100)) == both(
        "papers.read", of_clearing, rows=3
    )
    assert recorded(lambda: paper(service, "GET", month_path, token)) == both(
        "papers.read", of_clearing
    )
    assert recorded(lambda: paper(service, "POST", month_path, token)) == both(
        "papers.print", of_clearing, number=1
    )
    first = recorded(lambda: clearing.seen(office, "DP", month, 0, 1))
    assert [subject for _, subject, _ in first] == [whole, "person:DAYP1"]
