"""What the register learns after a settlement becomes a proposal, where the pack says that it works backward."""

from doudi_web.settlement.learning import learn
from web.service import Json, Service
from web.test_correcting import decide, proposals
from web.test_openings import opening, registered, take
from web.test_places import bill, holds

WHO = {"birth_date": "1970-01-01", "district": "500113", "insurance_tier": "tier_1"}


def register(service: Service, person: str, *standings: Json) -> None:
    asked = {"persons": [{"id": person, **WHO, "standings": list(standings)}]}
    status, told = service.ask("POST", "/api/v1/persons", service.token("district_admin"), asked)
    assert status == 201, told


def since(day: str, code: str = "registered_poor") -> Json:
    return {"code": code, "from": day, "to": None}


def test_a_standing_known_later_reopens_the_visits_since_its_first_day(service: Service) -> None:
    register(service, "LS")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    service.settle(token, bill("LS1", "LS", "2539.50", "2019-02-01"))
    _, second = service.settle(token, bill("LS2", "LS", "2539.50", "2019-05-01"))
    assert second["patient"] == "1195.80"
    register(service, "LS", since("2019-04-01"))
    (proposed,) = proposals(service, "LS")
    assert (proposed["visit_id"], proposed["causes"]) == ("LS2", ["register"])
    assert proposed["amounts"]["patient"] == "253.95"
    assert proposed["changes"]["payments"] == {
        "basic": "223.95", "medical_assistance": "583.11", "floor": "134.79",
    }  # fmt: skip
    status, posted = decide(service, admin, proposed, "approve")
    assert status == 201, posted
    assert posted["patient"]["state"] == "refund"
    assert posted["settlement"]["standing"] == "registered_poor"
    assert posted["proposals"] == []
    assert holds(service)


def test_a_person_settled_before_they_were_registered_is_proposed_once_they_are(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("LE1", "LE", "2539.50", "2019-05-01"))
    assert (first["provisional"], first["patient"]) == ("eligibility", "1195.80")
    register(service, "LE", since("2019-01-01"))
    (proposed,) = proposals(service, "LE")
    assert proposed["changes"]["patient"] == "-941.85"
    _, posted = decide(service, service.token("district_admin"), proposed, "approve")
    assert "provisional" not in posted["settlement"]
    assert holds(service)


def test_who_is_registered_as_nobody_special_changes_no_amount_and_is_not_proposed(
    service: Service,
) -> None:
    token = service.token(may_back_date=True)
    service.settle(token, bill("LN1", "LN", "2539.50", "2019-05-01"))
    register(service, "LN")
    assert proposals(service, "LN") == []


def test_what_is_undone_in_the_register_is_proposed_back(service: Service) -> None:
    register(service, "LU", since("2019-01-01"))
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("LU1", "LU", "2539.50", "2019-05-01"))
    assert first["patient"] == "253.95"
    register(service, "LU")
    (proposed,) = proposals(service, "LU")
    assert proposed["changes"]["patient"] == "941.85"
    _, posted = decide(service, service.token("district_admin"), proposed, "approve")
    # ordinary by now, but poor when they left: nobody asks for more without a decision
    assert posted["patient"]["state"] == "needs_approval"
    register(service, "LU", since("2019-01-01"))
    (back,) = [one for one in proposals(service, "LU") if one["kind"] == "adjust"]
    assert back["changes"]["patient"] == "-941.85"


def test_where_the_pack_says_so_it_works_forward_only(service: Service) -> None:
    """The teaching pack's county."""
    token = service.token(may_back_date=True)
    admin = service.token("district_admin")
    one = {"id": "LF", "birth_date": "1958-04-02", "district": "990101", "insurance_tier": "tier_1"}

    def stated(*standings: Json) -> None:
        asked = {"persons": [{**one, "standings": list(standings)}]}
        assert service.ask("POST", "/api/v1/persons", admin, asked)[0] == 201

    line = {
        "id": "1",
        "code": "A1",
        "class": "甲",
        "quantity": "1",
        "unit_price": "800.00",
        "amount": "800.00",
    }

    def bill_of(number: str, day: str) -> Json:
        return {
            "visit_id": number, "person": {"id": "LF"}, "kind": "outpatient", "settled": day, "lines": [line],
            "facility": {"code": "H1", "level": "1", "district": "990101"},
        }  # fmt: skip

    def visit(number: str, day: str) -> Json:
        status, told = service.settle(token, bill_of(number, day))
        assert status == 201, told
        return told

    stated()
    assert visit("LF1", "2024-03-05")["standing"] == "ordinary"
    stated(since("2024-01-01", "dibao"))
    assert proposals(service, "LF") == []
    assert visit("LF2", "2024-05-06")["standing"] == "dibao"
    # nor does it come in by the back door of a correction for another reason
    ((number,),) = service.rows("SELECT id FROM settlement_settlement WHERE visit = 'LF1'")
    made = {
        **bill_of("LF1", "2024-03-05"),
        "lines": [{**line, "quantity": "2", "amount": "1600.00"}],
    }
    asked = {"message_id": "lf1", "bill": made, "reason": "漏记"}
    status, told = service.ask("POST", f"/api/v1/settlements/{number}/correct", token, asked)
    assert (status, told["settlement"]["standing"]) == (201, "ordinary")


def test_many_are_learned_of_in_the_background(service: Service) -> None:
    registered(service, "LB")
    token = service.token(may_back_date=True)
    service.settle(token, bill("LB1", "LB", "2539.50", "2019-05-01"))
    service.rows(
        "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
        " VALUES ('LB', 'standing', 'dibao', '2019-01-01', now(), now(), '{}') RETURNING id"
    )
    service.rows(
        "INSERT INTO register_learned (person) SELECT 'nobody' || n FROM generate_series(1, 450) n"
        " UNION ALL SELECT 'LB' RETURNING id"
    )
    assert proposals(service, "LB") == []
    assert learn() == 451
    assert [p["visit_id"] for p in proposals(service, "LB")] == ["LB1"]
    assert service.rows("SELECT count(*) FROM register_learned") == [(0,)]


def test_a_figure_of_the_centre_before_a_settled_visit_is_proposed_behind_it_alone(
    service: Service,
) -> None:
    registered(service, "LO")
    token = service.token(may_back_date=True)
    service.settle(token, bill("LO1", "LO", "9000.00", "2019-03-01"))
    _, later = service.settle(token, bill("LO2", "LO", "200000.00", "2019-06-01"))
    assert later["payments"]["basic"] == "74780.00"
    assert take(service, opening("LO", "5220.00", as_of="2019-03-31"))[0] == 201
    assert proposals(service, "LO") == []  # the same as ours
    assert take(service, opening("LO", "15220.00", as_of="2019-04-30"))[0] == 201
    (proposed,) = proposals(service, "LO")
    assert (proposed["visit_id"], proposed["causes"]) == ("LO2", [])
    assert proposed["changes"]["payments"]["basic"] == "-10000.00"
    _, posted = decide(service, service.token("district_admin"), proposed, "approve")
    assert posted["settlement"]["payments"]["basic"] == "64780.00"
    assert holds(service)
