"""A settlement stands at a place in the order and rests on what is before it: late bills, openings, reversals."""

import pytest

import banan
from doudi_web.settlement.verify import verify
from web.service import Json, Service
from web.test_openings import moved, opening, registered, sums, take

CAP = "80000.00"  # of basic insurance in a year


def bill(visit: str, person: str, amount: str, day: str) -> Json:
    """An inpatient bill settled on a day."""
    made = banan.bill(banan.line(amount, date=day), admitted=day, settled=day)
    return {**made, "visit_id": visit, "person": {**made["person"], "id": person}}


def reverse(service: Service, token: str, settled: Json, message: str) -> tuple[int, Json]:
    path = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
    return service.ask("POST", path, token, {"message_id": message, "reason": "错人"})


def holds(service: Service) -> bool:
    status, _ = service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"))
    assert status == 200
    return verify().holds


def test_a_late_bill_does_not_spend_what_stands_behind_it(service: Service) -> None:
    token = service.token(may_back_date=True)
    status, behind = service.settle(token, bill("L1", "PL", "200000.00", "2019-06-13"))
    assert (status, moved(behind)) == (201, ("0.00", CAP))
    status, late = service.settle(token, bill("L0", "PL", "20000.00", "2019-06-05"))
    assert (status, moved(late)[0], late["later"]) == (201, "0.00", [behind["settlement_id"]])
    alone = service.settle(token, bill("L2", "PL2", "20000.00", "2019-06-05"))[1]
    assert late["payments"] == alone["payments"]
    assert holds(service)


def test_late_bills_one_by_one_from_the_last_to_the_first_are_each_the_first(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    made = [
        service.settle(token, bill(f"B{day}", "PB", "3000.00", f"2019-07-{day:02d}"))[1]
        for day in (20, 15, 10, 5)
    ]
    assert {moved(one)[0] for one in made} == {"0.00"}
    assert [len(one.get("later", [])) for one in made] == [0, 1, 2, 3]
    _, between = service.settle(token, bill("B12", "PB", "3000.00", "2019-07-12"))
    assert moved(between)[0] == f"{2 * float(moved(made[0])[1]):.2f}"
    assert holds(service)


def test_a_late_bill_sees_a_reversal_at_the_place_of_what_it_reversed(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("R1", "PR", "5000.00", "2019-06-01"))
    _, last = service.settle(token, bill("R3", "PR", "5000.00", "2019-06-20"))
    assert reverse(service, token, first, "r1")[0] == 201
    assert reverse(service, token, last, "r3")[0] == 201
    _, between = service.settle(token, bill("R2", "PR", "5000.00", "2019-06-10"))
    assert moved(between)[0] == "0.00"
    assert holds(service)


def test_what_was_settled_after_the_centres_day_adds_to_its_figure(service: Service) -> None:
    registered(service, "PO")
    token = service.token(may_back_date=True)
    _, may = service.settle(token, bill("O5", "PO", "5000.00", "2019-05-20"))
    _, june = service.settle(token, bill("O6", "PO", "5000.00", "2019-06-13"))
    added = float(moved(june)[1]) - float(moved(may)[1])
    status, told = take(service, opening("PO", "10.00", as_of="2019-05-31"))
    assert status == 201
    assert told["openings"][0]["ledger"] == moved(may)[1]
    assert sums(service, "PO")["basic_paid"] == f"{10 + added:.2f}"
    _, july = service.settle(token, bill("O7", "PO", "5000.00", "2019-07-01"))
    assert moved(july)[0] == f"{10 + added:.2f}"
    assert holds(service)


def test_a_late_bill_before_the_centres_day_sees_its_figure_without_what_stands_behind(
    service: Service,
) -> None:
    """What of the figure is not ours was before the bill, as a history that does not say is read."""
    registered(service, "PQ")
    token = service.token(may_back_date=True)
    _, behind = service.settle(token, bill("Q2", "PQ", "5000.00", "2019-05-20"))
    take(service, opening("PQ", "9000.00", as_of="2019-05-31"))
    _, late = service.settle(token, bill("Q1", "PQ", "5000.00", "2019-05-10"))
    assert moved(late)[0] == f"{9000 - float(moved(behind)[1]):.2f}"
    assert holds(service)


@pytest.mark.parametrize(("stated", "left"), [("0.00", "0.00"), ("400.00", "0.00")])
def test_what_is_undone_takes_off_no_more_than_is_there(
    service: Service, stated: str, left: str
) -> None:
    person = f"PN{stated}"
    registered(service, person)
    token = service.token(may_back_date=True)
    _, settled = service.settle(token, bill(f"N1{stated}", person, "5000.00", "2019-05-20"))
    take(service, opening(person, stated, as_of="2019-05-31"))
    assert reverse(service, token, settled, f"n{stated}")[0] == 201
    assert sums(service, person)["basic_paid"] == left
    _, whole = service.settle(token, bill(f"N2{stated}", person, "300000.00", "2019-06-20"))
    assert (moved(whole), whole["payments"]["basic"]) == (("0.00", CAP), CAP)
    assert sums(service, person)["basic_paid"] == CAP
    assert holds(service)


def test_of_two_settled_at_one_moment_the_later_number_stands_behind(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, one = service.settle(token, bill("E1", "PE", "5000.00", "2019-06-05"))
    _, two = service.settle(token, bill("E2", "PE", "5000.00", "2019-06-05"))
    assert moved(two)[0] == moved(one)[1]
    status, undone = reverse(service, token, one, "e1")
    assert (status, undone["later"]) == (201, [two["settlement_id"]])
