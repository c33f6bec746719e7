"""A settled visit is corrected at its place; what changes elsewhere is proposed, decided, and posted."""

from doudi_web.settlement.erasing import erase
from doudi_web.tenancy.clock import now
from web.audited import audited
from web.service import Json, Service
from web.test_openings import registered, sums
from web.test_places import bill, holds, reverse

CAP = "80000.00"
_tokens: dict[str, str] = {}


def poor(service: Service, person: str) -> None:
    """Somebody of registered poverty since 2018."""
    registered(service, person)
    service.rows(
        "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
        " VALUES (%s, 'standing', 'registered_poor', '2018-01-01', '2018-01-01', now(), '{}') RETURNING id",
        person,
    )


def correct(
    service: Service, settled: Json, made: Json, message: str, reason: str = "漏记"
) -> tuple[int, Json]:
    path = f"/api/v1/settlements/{settled['settlement_id']}/correct"
    token = _tokens.setdefault(service.url, service.token(may_back_date=True))
    return service.ask("POST", path, token, {"message_id": message, "bill": made, "reason": reason})


def proposals(service: Service, person: str, state: str = "open") -> list[Json]:
    token = service.token("district_admin")
    status, told = service.ask("GET", f"/api/v1/proposals?person={person}&state={state}", token)
    assert status == 200, told
    return told["proposals"]


def decide(
    service: Service, token: str, proposal: Json, what: str, **more: str
) -> tuple[int, Json]:
    path = f"/api/v1/proposals/{proposal['proposal_id']}/{what}"
    message = f"{what}-{proposal['proposal_id']}"
    return service.ask("POST", path, token, {"message_id": message, "reason": "核对过", **more})


def codes(told: Json) -> list[str]:
    return [f["code"] for f in told["faults"]]


def balance(service: Service, account: str) -> int:
    ((amount,),) = service.rows(
        "SELECT coalesce(sum(amount), 0)::bigint FROM settlement_entry WHERE account = %s", account
    )
    return amount


def test_a_correction_stands_at_the_place_of_the_original_and_says_what_changes(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("C1", "PC", "9000.00", "2019-03-01"))
    _, second = service.settle(token, bill("C2", "PC", "200000.00", "2019-06-01"))
    assert second["payments"]["basic"] == "74780.00"  # the cap less the 5220.00 of March
    status, told = correct(service, first, bill("C1", "PC", "5000.00", "2019-03-01"), "c1")
    assert status == 201
    made = told["settlement"]
    assert (made["replaces"], made["sequence"]) == (first["settlement_id"], first["sequence"])
    assert made["settled"] == first["settled"]
    assert (first["payments"]["basic"], made["payments"]["basic"]) == ("5220.00", "2820.00")
    assert made["corrects"]["changes"]["payments"] == {"basic": "-2400.00"}
    assert made["accumulators"]["basic_paid"] == {"before": "0.00", "after": "2820.00"}
    (proposed,) = told["proposals"]
    assert (proposed["visit_id"], proposed["causes"]) == ("C2", ["C1"])
    assert proposed["changes"]["payments"]["basic"] == "2400.00"
    assert proposed["recorded"]["payments"]["basic"] == "74780.00"
    status, again = correct(service, first, bill("C1", "PC", "5000.00", "2019-03-01"), "c1")
    assert (status, again) == (200, told)
    status, other = correct(service, first, bill("C1", "PC", "5001.00", "2019-03-01"), "c1")
    assert (status, codes(other)) == (409, ["S409"])
    status, twice = correct(service, first, bill("C1", "PC", "5001.00", "2019-03-01"), "c1-twice")
    assert (status, codes(twice)) == (409, ["S411"])
    assert holds(service)


def test_an_approved_proposal_is_posted_at_its_place_and_a_later_one_follows(
    service: Service,
) -> None:
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, first = service.settle(token, bill("A1", "PA", "9000.00", "2019-03-01"))
    _, second = service.settle(token, bill("A2", "PA", "120000.00", "2019-06-01"))
    _, third = service.settle(token, bill("A3", "PA", "120000.00", "2019-07-01"))
    assert third["payments"]["basic"] == "2960.00"  # 80000 - 5220 - 71820
    _, told = reverse(service, token, first, "a1")
    # A2 was below the cap of basic insurance, but its critical illness stood on what March had left
    earlier, proposed = proposals(service, "PA")
    assert [p["visit_id"] for p in told["proposals"]] == ["A2", "A3"]
    assert earlier["changes"]["payments"] == {"critical_illness": "-2268.00"}
    assert proposed["amounts"]["payments"]["basic"] == "8180.00"
    for what in ("approve", "refuse"):
        status, refused = decide(service, admin, proposed, what)
        assert (status, codes(refused)) == (409, ["S526"])
    status, first_posted = decide(service, admin, earlier, "approve")
    assert (status, [p["proposal_id"] for p in first_posted["proposals"]]) == (
        201,
        [proposed["proposal_id"]],
    )
    status, posted = decide(service, admin, proposed, "approve")
    assert status == 201, posted
    assert posted["settlement"]["replaces"] == third["settlement_id"]
    assert posted["settlement"]["payments"]["basic"] == "8180.00"
    assert posted["proposals"] == []
    assert decide(service, admin, proposed, "approve") == (200, posted)
    assert sums(service, "PA")["basic_paid"] == CAP
    assert balance(service, "fund:basic") >= 8000000
    assert second["payments"]["basic"] == "71820.00"
    assert holds(service)


def test_a_refused_proposal_is_not_made_again_until_something_changes(service: Service) -> None:
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, first = service.settle(token, bill("R1", "PR", "9000.00", "2019-03-01"))
    service.settle(token, bill("R2", "PR", "200000.00", "2019-06-01"))
    reverse(service, token, first, "r1")
    (proposed,) = proposals(service, "PR")
    status, told = decide(service, admin, proposed, "refuse")
    assert (status, told["state"], told["proposals"]) == (201, "refused", [])
    status, told = decide(service, admin, proposed, "approve")
    assert (status, codes(told)) == (409, ["S519"])
    service.settle(token, bill("R0", "PR", "3000.00", "2019-02-01"))
    (again,) = proposals(service, "PR")
    assert again["changes"]["payments"]["basic"] == "3600.00"  # 5220 of R1 gone, 1620 of R0 come
    assert holds(service)


def test_what_was_refused_stands_before_those_behind_it(service: Service) -> None:
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, first = service.settle(token, bill("S1", "PS", "9000.00", "2019-03-01"))
    service.settle(token, bill("S2", "PS", "200000.00", "2019-06-01"))
    _, third = service.settle(token, bill("S3", "PS", "50000.00", "2019-07-01"))
    assert third["payments"]["basic"] == "0.00"  # the cap is reached
    reverse(service, token, first, "s1")
    second = proposals(service, "PS")[0]
    assert second["changes"]["payments"]["basic"] == "5220.00"
    status, told = decide(service, admin, second, "refuse")
    assert (status, [p["visit_id"] for p in told["proposals"]]) == (201, ["S3"])
    assert told["proposals"][0]["changes"]["payments"]["basic"] == "5220.00"
    status, posted = decide(service, admin, told["proposals"][0], "approve")
    assert status == 201, posted
    assert posted["settlement"]["accumulators"]["basic_paid"] == {
        "before": "74780.00", "after": CAP,
    }  # fmt: skip
    assert posted["proposals"] == proposals(service, "PS") == []
    assert holds(service)


def test_more_of_a_poor_patient_waits_for_somebody_elses_approval_or_is_borne_elsewhere(
    service: Service,
) -> None:
    poor(service, "PP")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("P1", "PP", "2539.50", "2019-03-01"))
    assert first["patient"] == "253.95"
    status, told = correct(service, first, bill("P1", "PP", "3539.50", "2019-03-01"), "p1")
    assert status == 201
    assert told["patient"] == {
        "asked": "253.95", "now": "353.95", "difference": "100.00", "state": "needs_approval",
        "proposal_id": told["patient"]["proposal_id"],
    }  # fmt: skip
    (collect,) = told["proposals"]
    assert (collect["kind"], collect["amount"]) == ("collect", "100.00")
    before = balance(service, "fund:floor")
    status, wrong = decide(service, service.token("district_admin"), collect, "refuse")
    assert (status, codes(wrong)) == (422, ["F201"])
    admin = service.token("district_admin")
    status, relieved = decide(service, admin, collect, "refuse", borne_by="floor")
    assert (status, relieved["state"]) == (201, "refused")
    assert balance(service, "fund:floor") == before + 100_00
    assert balance(service, "patient:PP") == 253_95
    path = f"/api/v1/settlements/{told['settlement']['settlement_id']}"
    _, seen = service.ask("GET", path, token)
    assert (seen["patient"], seen["asked"], "collect" in seen) == ("253.95", "253.95", False)
    # corrected back, nothing is owed either way; and the relief goes with what it relieved
    _, back = correct(service, told["settlement"], bill("P1", "PP", "2539.50", "2019-03-01"), "p2")
    assert back["patient"] == {
        "asked": "253.95",
        "now": "253.95",
        "difference": "0.00",
        "state": "even",
    }
    assert balance(service, "patient:PP") == 253_95
    assert holds(service)


def test_less_of_a_patient_is_refunded(service: Service) -> None:
    poor(service, "PL")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("L1", "PL", "3539.50", "2019-03-01"))
    _, told = correct(service, first, bill("L1", "PL", "2539.50", "2019-03-01"), "l1")
    assert told["patient"] == {
        "asked": "353.95",
        "now": "253.95",
        "difference": "-100.00",
        "state": "refund",
    }
    assert told["proposals"] == []
    assert balance(service, "patient:PL") == 253_95


def test_undoing_says_what_the_patient_gets_back_and_in_which_month(service: Service) -> None:
    poor(service, "PU")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("U1", "PU", "2539.50", "2019-03-01"))
    _, told = correct(service, first, bill("U1", "PU", "3539.50", "2019-03-01"), "u1")
    (collect,) = told["proposals"]
    assert (collect["now"], collect["text"]) == (
        "353.95",
        "“漏记”，患者要多付 100.00 元；批准以前不收。",
    )
    status, undone = reverse(service, token, told["settlement"], "u2")
    assert status == 201
    # the 100.00 that waited for approval were never asked for
    assert undone["patient"] == {
        "asked": "253.95",
        "now": "0.00",
        "difference": "-253.95",
        "state": "refund",
    }
    assert [one["state"] for one in proposals(service, "PU", "all")] == ["superseded"]
    _, seen = service.ask("GET", "/api/v1/ledger/entries", service.token("fund_accountant"))
    months = {one["month"] for one in seen["entries"] if one["posting"] == undone["posting"]}
    assert {told["month"], undone["month"], *months} == {now().strftime("%Y-%m")}
    status, again = correct(service, first, bill("U1", "PU", "2539.50", "2019-03-01"), "u3")
    assert (status, codes(again)) == (409, ["S411"])


def test_a_bill_of_another_visit_or_with_faults_corrects_nothing(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("W1", "PW", "9000.00", "2019-03-01"))
    status, told = correct(service, first, bill("W2", "PX", "9000.00", "2019-03-01"), "w1")
    assert (status, codes(told)) == (422, ["S515", "S515"])
    wrong = {
        **bill("W1", "PW", "9000.00", "2019-03-01"),
        "facility": {"code": "F", "level": "9", "district": "500113"},
    }
    status, told = correct(service, first, wrong, "w2")
    assert (status, codes(told)) == (422, ["F403"])
    status, told = service.ask("GET", f"/api/v1/settlements/{first['settlement_id']}", token)
    assert (status, told["reversed"]) == (200, False)
    assert service.rows(
        "SELECT count(*) FROM settlement_posting WHERE settlement = %s", int(first["settlement_id"])
    ) == [(1,)]


def test_decisions_that_cannot_be_are_refused(service: Service) -> None:
    poor(service, "PD")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    status, told = decide(service, admin, {"proposal_id": 999_999}, "approve")
    assert (status, codes(told)) == (404, ["S518"])
    _, first = service.settle(token, bill("D1", "PD", "2539.50", "2019-03-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}/correct"
    asked = {
        "message_id": "d1",
        "bill": bill("D1", "PD", "3539.50", "2019-03-01"),
        "reason": "漏记",
    }
    status, told = service.ask("POST", path, admin, asked)
    (collect,) = told["proposals"]
    status, refused = decide(service, admin, collect, "approve")
    assert (status, codes(refused)) == (403, ["S523"])
    number = told["settlement"]["settlement_id"]
    status, seen = service.ask("GET", f"/api/v1/settlements/{number}", token)
    assert (status, seen["collect"], seen["asked"]) == (200, "100.00", "253.95")
    assert decide(service, service.token("district_admin"), collect, "approve")[0] == 201
    status, seen = service.ask("GET", f"/api/v1/settlements/{number}", token)
    assert (status, {"collect", "asked"} & set(seen)) == (200, set())
    status, seen = service.ask("GET", f"/api/v1/settlements/{first['settlement_id']}", token)
    assert (seen["reversed"], seen["replaced_by"]) == (True, number)


def test_what_changed_since_is_looked_at_again(service: Service) -> None:
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, first = service.settle(token, bill("X1", "PX2", "9000.00", "2019-03-01"))
    service.settle(token, bill("X2", "PX2", "200000.00", "2019-06-01"))
    reverse(service, token, first, "x1")
    (proposed,) = proposals(service, "PX2")
    service.rows(
        "UPDATE settlement_proposal SET digest = '\\x00' WHERE id = %s RETURNING id",
        proposed["proposal_id"],
    )
    status, told = decide(service, admin, proposed, "approve")
    assert (status, codes(told)) == (409, ["S525"])


def test_what_was_answered_of_an_erased_person_is_gone(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("E1", "PE", "9000.00", "2019-03-01"))
    service.settle(token, bill("E2", "PE", "200000.00", "2019-06-01"))
    assert reverse(service, token, first, "e1")[0] == 201
    assert len(proposals(service, "PE")) == 1
    erase("PE", "本人要求", "console:test")
    assert proposals(service, "PE", "all") == []
    status, told = reverse(service, token, first, "e1")
    assert (status, codes(told)) == (410, ["S466"])
    assert service.rows(
        "SELECT text, salt, digest FROM settlement_answered WHERE person = 'PE'"
    ) == [(None,) * 3]


def stands(service: Service, settled: Json) -> Json:
    path = f"/api/v1/settlements/{settled['settlement_id']}"
    status, told = service.ask("GET", path, service.token("district_admin"))
    assert status == 200, told
    return told


def test_who_left_as_a_poor_patient_stays_one_whatever_they_are_settled_as_later(
    service: Service,
) -> None:
    """Corrected twice, the second one replaced a settlement of somebody ordinary."""
    poor(service, "PT")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("T1", "PT", "1000.00", "2019-03-01"))
    service.rows(
        "UPDATE register_fact SET superseded = now() WHERE person_id = 'PT' AND kind = 'standing' RETURNING id"
    )
    same = bill("T1", "PT", "1000.00", "2019-03-01")
    _, once = correct(service, first, same, "t1")
    assert (once["patient"]["state"], once["settlement"]["standing"]) == (
        "needs_approval",
        "ordinary",
    )
    _, twice = correct(service, once["settlement"], same, "t2")
    assert twice["patient"] == {**once["patient"], "proposal_id": twice["patient"]["proposal_id"]}
    assert twice["patient"]["asked"] == first["patient"]


def test_what_others_bear_is_in_the_settlement_as_it_stands(service: Service) -> None:
    poor(service, "PB")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    service.facilities("F")
    _, first = service.settle(token, bill("B1", "PB", "1000.00", "2019-03-01"))
    _, told = correct(service, first, bill("B1", "PB", "4000.00", "2019-03-01"), "b1")
    seen = stands(service, told["settlement"])
    assert (seen["patient"], seen["collect"], "relief" in seen) == ("400.00", "300.00", False)
    decide(service, admin, told["proposals"][0], "refuse", borne_by="floor")
    seen = stands(service, told["settlement"])
    floor = f"{float(told['settlement']['payments']['floor']) + 300:.2f}"
    assert (seen["patient"], seen["payments"]["floor"], seen["relief"]) == (
        "100.00",
        floor,
        {"floor": "300.00"},
    )
    assert "collect" not in seen
    figure = {
        "facility": "F", "visit_id": "B1", "amounts": {"patient": "100.00", "floor": floor},
    }  # fmt: skip
    stated = {"source": "hospital", "figures": [figure]}
    status, taken = service.ask("POST", "/api/v1/figures", admin, stated)
    assert status in (200, 201), taken
    found = audited(facility="F")
    assert [one for one in found["mismatches"] if one["visit_id"] == "B1"] == []
    _, listed = service.ask("GET", "/api/v1/settlements?person=PB", admin)
    assert [(one["patient"], one.get("replaced_by")) for one in listed["settlements"]] == [
        ("100.00", seen["settlement_id"]), ("100.00", None),
    ]  # fmt: skip


def test_a_visit_that_moved_nothing_is_no_cause_and_what_says_the_same_keeps_its_number(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("K1", "PK", "9000.00", "2019-03-01"))
    outpatient = {**bill("K2", "PK", "100.00", "2019-03-02"), "kind": "outpatient"}
    _, other = service.settle(token, outpatient)
    service.settle(token, bill("K3", "PK", "200000.00", "2019-06-01"))
    reverse(service, token, first, "k1")
    (before,) = proposals(service, "PK")
    assert before["causes"] == ["K1"]
    outpatient["lines"] = bill("K2", "PK", "120.00", "2019-03-02")["lines"]
    assert correct(service, other, outpatient, "k2")[0] == 201
    (after,) = proposals(service, "PK")
    assert (after["proposal_id"], after["causes"]) == (before["proposal_id"], ["K1"])


def test_a_visit_settled_while_something_is_open_is_proposed_with_it(service: Service) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("O1", "POO", "100000.00", "2019-03-01"))
    service.settle(token, bill("O2", "POO", "80000.00", "2019-06-01"))
    reverse(service, token, first, "o1")
    assert [p["visit_id"] for p in proposals(service, "POO")] == ["O2"]
    service.settle(token, bill("O3", "POO", "90000.00", "2019-07-01"))
    assert [p["visit_id"] for p in proposals(service, "POO")] == ["O2", "O3"]


CODES = {"S515", "S518", "S519", "S523", "S525", "S526"}
"""The codes that this file makes."""
