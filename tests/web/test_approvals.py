"""What waits for the district: listed with age, deadline and money; decided by another, alike ones together."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from doudi.source_text import Document
from doudi_web.approvals import selectors, taking
from doudi_web.approvals.selectors import Kind
from doudi_web.exchange.deadlines import deadline
from doudi_web.exchange.profiles import profile
from doudi_web.register.actions import write_persons
from doudi_web.settlement.deciding import Decision, decide
from doudi_web.settlement.learning import learn
from doudi_web.settlement.reversing import reverse
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor, actor_of_account
from web.accounts import person
from web.service import Service
from web.test_learned import WHO, since
from web.test_places import bill

CODES = {"S730", "S738"}


def admin() -> Actor:
    return actor_of_account(person("district_admin"))


def learned(service: Service, token: str, who: str, *standings: Any) -> None:
    asked = {"persons": [{"id": who, **WHO, "standings": list(standings)}]}
    status, told = service.ask("POST", "/api/v1/persons", token, asked)
    assert status == 201, told


def late(service: Service, who: str, token: str | None = None) -> int:
    """A standing that was learned after a visit; the proposal that follows."""
    by = token or service.token("district_admin")
    learned(service, by, who)
    made = bill(f"V-{who}", who, "2539.50", "2019-05-01")
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    learned(service, by, who, since("2019-01-01"))
    sql = "SELECT id FROM settlement_proposal WHERE person = %s AND state = 'open'"
    return int(service.rows(sql, who)[0][0])


def refused(call: Any, *values: Any) -> list[str]:
    with pytest.raises(Refusal) as told:
        call(*values)
    return [f.code for f in told.value.faults]


def test_a_standing_learned_late_waits_with_the_money_that_it_moves(service: Service) -> None:
    number = late(service, "AP1")
    one = next(i for i in selectors.waiting(admin()) if i.number == number)
    # 1343.70 and 1195.80 become 1567.65, 583.11, 134.79 and 253.95: 941.85 less for the patient, others more
    assert (one.kind, one.patient, one.money) == (Kind.STANDING, -94185, 94185)
    assert ((one.due - one.since).days, one.is_late, one.days) == (10, False, 0)
    assert selectors.count_waiting(admin()) == len(selectors.waiting(admin()))


def test_who_changed_the_register_does_not_decide_what_follows(service: Service) -> None:
    who = admin()
    learned(service, service.token("district_admin"), "AP2")
    made = bill("V-AP2", "AP2", "2539.50", "2019-05-01")
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    person_now = {"id": "AP2", **WHO, "standings": [since("2019-01-01")]}
    write_persons(who, Document("persons", {"persons": [person_now]}), b"{}")
    sql = "SELECT id FROM settlement_proposal WHERE person = 'AP2' AND state = 'open'"
    learn()
    ((number,),) = service.rows(sql)
    asked = Decision(number, "ap2", "同意", is_approved=True)
    assert refused(decide, who, asked) == ["S730"]
    assert decide(admin(), replace(asked, message="ap2b")).status == 201


def test_who_approved_one_may_approve_what_follows_from_it(service: Service) -> None:
    client, who = service.token(may_back_date=True), admin()
    learned(service, service.token("district_admin"), "AP4", since("2019-06-01"))
    for number, day in ((1, "2019-03-01"), (2, "2019-04-01")):
        status, told = service.settle(client, bill(f"AP4-{number}", "AP4", "20000.00", day))
        assert status == 201, told
    learned(service, service.token("district_admin"), "AP4", since("2018-01-01"))
    sql = (
        "SELECT id FROM settlement_proposal WHERE person = 'AP4' AND state = 'open'"
        " AND kind = 'adjust' ORDER BY settlement LIMIT 1"
    )
    for message in ("ap4a", "ap4b"):
        ((number,),) = service.rows(sql)
        assert decide(who, Decision(number, message, "同意", is_approved=True)).status == 201
    assert service.rows(sql) == []


def test_who_reversed_does_not_decide_what_follows_and_a_clients_token_is_no_person(
    service: Service,
) -> None:
    who = admin()
    learned(service, service.token("district_admin"), "AP3", since("2018-01-01"))
    client = service.token(may_back_date=True)
    _, first = service.settle(client, bill("AP3-1", "AP3", "20000.00", "2019-03-01"))
    _, second = service.settle(client, bill("AP3-2", "AP3", "30000.00", "2019-04-01"))
    assert "settlement_id" in second
    reverse(who, int(first["settlement_id"]), "ap3r", "重复")
    sql = "SELECT id FROM settlement_proposal WHERE person = 'AP3' AND state = 'open'"
    ((number,),) = service.rows(sql)
    asked = Decision(number, "ap3", "同意", is_approved=True)
    assert refused(decide, who, asked) == ["S730"]
    token = service.token("district_admin")
    body = {"message_id": "ap3t", "reason": "同意"}
    status, told = service.ask("POST", f"/api/v1/proposals/{number}/approve", token, body)
    assert status == 201, told


def test_alike_ones_are_decided_together_and_one_that_changed_is_left(service: Service) -> None:
    numbers = [late(service, f"AB{n}") for n in range(3)]
    who = admin()
    items = taking.alike(who, numbers)
    assert (len(items), sum(i.patient or 0 for i in items)) == (3, -3 * 94185)
    asked = Decision(0, "", "身份补认", is_approved=True)
    learned(
        service, service.token("district_admin"), "AB1"
    )  # what was learned is taken back meanwhile
    made = taking.decide_together(who, [numbers[0], numbers[2]], "desk:t", asked)
    assert (list(made.done), list(made.left)) == ([numbers[0], numbers[2]], [])
    assert refused(taking.decide_together, who, [numbers[1]], "desk:u", asked) == ["S738"]
    states = service.rows("SELECT id, state FROM settlement_proposal WHERE id = ANY(%s)", numbers)
    assert dict(states) == {
        numbers[0]: "approved",
        numbers[1]: "superseded",
        numbers[2]: "approved",
    }


def test_what_is_not_alike_is_not_decided_together(service: Service) -> None:
    number = late(service, "AN1")
    learned(service, service.token("district_admin"), "AN2", since("2018-01-01"))
    client, cause = (
        service.token(may_back_date=True),
        bill("AN2-1", "AN2", "20000.00", "2019-03-01"),
    )
    _, first = service.settle(client, cause)
    service.settle(client, bill("AN2-2", "AN2", "30000.00", "2019-04-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}/reverse"
    token = service.token("district_admin")
    assert service.ask("POST", path, token, {"message_id": "an2", "reason": "重复"})[0] == 201
    (other,) = service.rows(
        "SELECT id FROM settlement_proposal WHERE person = 'AN2' AND state = 'open'"
    )[0]
    assert refused(taking.alike, admin(), [number, other]) == ["S738"]


def test_an_item_is_taken_and_given_back(service: Service) -> None:
    number = late(service, "AT1")
    who = admin()
    taking.take(who, Kind.STANDING, number)
    assert next(i.owner for i in selectors.waiting(who) if i.number == number) == who.key
    taking.give_back(admin(), Kind.STANDING, number)  # another's is not given back
    assert next(i.owner for i in selectors.waiting(who) if i.number == number) == who.key
    taking.give_back(who, Kind.STANDING, number)
    assert next(i.owner for i in selectors.waiting(who) if i.number == number) == ""


@pytest.mark.parametrize(
    ("today", "last", "due", "late_", "sent"),
    [
        ("2019-12-03", None, "2019-12-10", False, False),
        ("2019-12-11", None, "2019-12-10", True, False),
        ("2019-12-03", "2019-12-02", "2019-12-10", False, True),
        ("2019-12-11", "2019-12-02", "2020-01-10", False, False),
    ],
)
def test_a_profile_has_a_deadline_each_month(
    today: str, last: str | None, due: str, late_: bool, sent: bool
) -> None:
    day = datetime.fromisoformat(today).date()
    sent_at = None if last is None else datetime.fromisoformat(f"{last}T10:00:00+08:00")
    found = deadline(profile("national"), day, sent_at)
    assert found is not None
    assert (str(found.day), found.is_late, found.is_sent) == (due, late_, sent)
    assert found.status == "unverified"
