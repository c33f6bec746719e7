"""Whatever writes to the ledger commits to what it writes: verifying computes all of it again from its rows."""

import banan
from doudi_web.settlement.erasing import erase
from doudi_web.settlement.verify import verify
from web.ledger_at_hand import sealed
from web.service import Service
from web.test_openings import opening, registered, take
from web.test_settling import bill
from web.test_visits import header


# Catches an opening, a running visit or a late bill whose posting says other than its rows.
def test_openings_running_visits_late_bills_and_reversals_are_verified(service: Service) -> None:
    registered(service, "A", "B")
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("A1", "A", settled="2019-06-13"))[0] == 201
    assert take(service, opening("A", "5000.00"))[0] == 201
    visits = "/api/v1/visits"
    assert service.ask("POST", visits, token, header("A2", "A"))[0] == 201
    lines = {"lines": [banan.line("2539.50")]}
    assert service.ask("POST", f"{visits}/A2/lines", token, lines)[0] == 201
    asked = (
        (f"{visits}/A2/discharge", {"discharged": "2019-06-12"}),
        (f"{visits}/A2/settle", {"message_id": "s"}),
    )
    assert [service.ask("POST", path, token, body)[0] for path, body in asked] == [200, 201]
    status, late = service.settle(token, bill("A0", "A", settled="2019-06-01"))
    assert (status, len(late["later"])) == (201, 2)
    sealed(service)
    path = f"/api/v1/settlements/{late['settlement_id']}/reverse"
    assert service.ask("POST", path, token, {"message_id": "u", "reason": "录错"})[0] == 201
    assert take(service, opening("A", "6000.00", as_of="2019-07-31"))[0] == 201
    assert service.settle(token, bill("A3", "A"))[0] == 201
    assert service.settle(token, bill("B1", "B"))[0] == 201
    assert len(erase("B", "本人申请", "command:test")) == 1
    report = verify()
    assert report.holds, report.faults
    counts = report.counts
    assert (counts.settlements, counts.postings, counts.sealed, counts.unsealed) == (5, 9, 4, 5)
    assert counts.openings == 2


def test_the_answer_to_a_visit_settled_and_erased_is_gone(service: Service) -> None:
    registered(service, "C")
    token, visits = service.token(may_back_date=True), "/api/v1/visits"
    assert service.ask("POST", visits, token, header("C1", "C"))[0] == 201
    assert (
        service.ask("POST", f"{visits}/C1/lines", token, {"lines": [banan.line("9.00")]})[0] == 201
    )
    assert (
        service.ask("POST", f"{visits}/C1/discharge", token, {"discharged": "2019-06-12"})[0] == 200
    )
    asked = ("POST", f"{visits}/C1/settle", token, {"message_id": "c"})
    assert service.ask(*asked)[0] == 201
    erase("C", "本人申请", "command:test")
    status, told = service.ask(*asked)
    assert (status, [f["code"] for f in told["faults"]]) == (410, ["S466"])
