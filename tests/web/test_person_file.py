"""A person's file: what was known since when, the household as far as it may be seen, the card, visits and sums."""

from typing import Any
from urllib.parse import quote

import pytest

from doudi_web.audit_log.models import Record
from web.papers_at_hand import paper
from web.people import number, person, standing
from web.service import Json, Service
from web.test_settling import bill

CODES = {"S670"}
"""The codes that this file makes."""
PERSONS = "/api/v1/persons"
DOCTOR = {"name": "罗春霖", "phone": "10012345678", "facility": "HF1", "from": "2019-01-01"}


def _write(service: Service, *stated: Json) -> None:
    status, told = service.ask(
        "POST", PERSONS, service.token("district_admin"), {"persons": list(stated)}
    )
    assert status == 201, told


@pytest.fixture(scope="module")
def family(service: Service) -> list[str]:
    """A household of three, of whom two were at HF1; the first one's standing was moved once."""
    home = {"household": "HH1", "village": "500113001001", "insurance_tier": "tier_1"}
    service.rows(
        "INSERT INTO tenancy_facility VALUES ('HF1', '甲医院', '2', '500113') RETURNING code"
    )
    one = person(
        "PF1", 301, name="田守禾", phone="13800001234", sex="男", doctors=[DOCTOR],
        diseases=[{"code": "高血压", "from": "2016-05-01"}], standings=[standing()], **home,
    )  # fmt: skip
    two = person("PF2", 302, name="何麦香", standings=[standing("destitute")], **home)
    _write(service, one, two, person("PF3", 303, name="田小满", **home))
    _write(service, {**one, "standings": [standing(to="2019-07-01")]})
    for visit, who in (("FV1", "PF1"), ("FV2", "PF2")):
        made = bill(visit, who)
        made["person"] = {"id": who}
        made["facility"] = {**made["facility"], "code": "HF1"}
        assert service.settle(service.token(may_back_date=True), made)[0] == 201
    return ["PF1", "PF2", "PF3"]


def _file(service: Service, role: str, facility: str | None = None, query: str = "") -> Json:
    status, told = service.ask("GET", f"{PERSONS}/PF1/file{query}", service.token(role, facility))
    assert status == 200, told
    return told


def test_a_file_tells_every_standing_that_was_ever_known(
    service: Service, family: list[str]
) -> None:
    assert family
    told = _file(service, "district_admin")
    standings = [fact for fact in told["facts"] if fact["kind"] == "standing"]
    assert [(s["from"], s["to"], s["superseded"] is not None) for s in standings] == [
        ("2018-01-01", None, True),
        ("2018-01-01", "2019-07-01", False),
    ]
    assert told["person"]["name"] == "田**"
    assert told["place"] == {
        "village": "500113001001",
        "township": "500113001",
        "district": "巴南区",
    }
    assert told["facilities"] == {"HF1": "甲医院"}
    assert {fact["kind"] for fact in told["facts"]} == {"standing", "tier", "disease", "doctor"}


def test_a_hospital_sees_of_a_household_whom_it_has_seen(
    service: Service, family: list[str]
) -> None:
    whole = _file(service, "district_admin")["household"]
    assert [one["id"] for one in whole["members"]] == family[1:]
    seen = _file(service, "doctor", "HF1")["household"]
    assert seen == {
        "code": "HH1",
        "members": [
            {"id": "PF2", "name": "何**", "sex": None, "birth_date": "1970-01-01",
             "standings": ["destitute"], "died": None}
        ],
        "unseen": 1,
        "more": 0,
    }  # fmt: skip


def test_of_a_large_home_those_whom_the_hospital_saw_are_listed_and_the_rest_counted(
    service: Service,
) -> None:
    """120 live there; the hospital saw the one whose file it is, and 52 of the others, the youngest."""
    admin = service.token("district_admin")
    home = [
        person(f"BH{n:03}", birth_date=f"{1900 + n}-01-01", household="BIG", insurance_tier="tier_1")
        for n in range(120)
    ]  # fmt: skip
    assert service.ask("POST", PERSONS, admin, {"persons": home})[0] == 201
    for n in (0, *range(68, 120)):
        made = bill(f"BHV{n}", f"BH{n:03}")
        made["person"] = {"id": f"BH{n:03}"}
        made["facility"] = {**made["facility"], "code": "HF1"}
        assert service.settle(service.token(may_back_date=True), made)[0] == 201
    found = {}
    for role, facility in (("doctor", "HF1"), ("district_admin", None)):
        told = service.ask("GET", f"{PERSONS}/BH000/file", service.token(role, facility))[1][
            "household"
        ]
        ids = [one["id"] for one in told["members"]]
        found[role] = (ids[0], ids[-1], len(ids), told["unseen"], told["more"])
    assert found == {
        "doctor": ("BH068", "BH117", 50, 67, 2),
        "district_admin": ("BH001", "BH050", 50, 0, 69),
    }


def test_everybody_who_is_told_of_in_a_file_is_in_the_audit_log(
    service: Service, family: list[str]
) -> None:
    assert family
    before = Record.objects.count()
    _file(service, "doctor", "HF1", "?reason=试")
    rows = Record.objects.order_by("id")[before:]
    assert [(row.action, row.subject, row.reason) for row in rows] == [
        ("persons.read", "person:PF1", "试"),
        ("persons.read", "person:PF2", ""),
    ]


def test_a_hospital_that_has_not_seen_somebody_says_why(
    service: Service, family: list[str]
) -> None:
    assert family
    token = service.token("insurance_office", "ELSEWHERE")
    for path in ("file", "visits", "sums?year=2019"):
        status, told = service.ask("GET", f"{PERSONS}/PF1/{path}", token)
        assert (status, told["faults"][0]["code"]) == (403, "S447"), path
        more = "&" if "?" in path else "?"
        assert service.ask("GET", f"{PERSONS}/PF1/{path}{more}reason=转来的", token)[0] == 200


def test_a_card_dials_the_family_doctor_and_its_printing_is_an_unmasking(
    service: Service, family: list[str]
) -> None:
    assert family
    token = service.token("insurance_office", "HF1")
    status, told = service.ask("POST", f"{PERSONS}/PF1/card", token, {"reason": "给患者本人"})
    assert (status, told) == (
        200,
        {"id": "PF1", "name": "田守禾", "address": "", "standings": [], "doctor": "罗春霖", "phone": "10012345678",
         "facility": "甲医院", "dials": "tel:10012345678"},
    )  # fmt: skip
    last = Record.objects.order_by("id").last()
    assert last is not None
    assert (last.action, last.subject, last.reason) == (
        "persons.unmask", "person:PF1", "给患者本人",
    )  # fmt: skip
    status, told = service.ask("POST", f"{PERSONS}/PF2/card", token, {"reason": "给患者本人"})
    assert (status, told["faults"][0]["code"]) == (409, "S670")
    assert service.ask("POST", f"{PERSONS}/PF1/card", token, {})[0] == 422


@pytest.mark.parametrize(
    "role", ["doctor", "cashier", "insurance_office", "district_admin", "auditor"]
)
def test_a_card_has_one_rule_told_or_printed(
    service: Service, family: list[str], role: str
) -> None:
    """Who may, that they say why, and what the log has of it: the same over both ways."""
    assert family
    facility = "HF1" if role in ("doctor", "cashier", "insurance_office") else None
    token = service.token(role, facility)

    def told(reason: str) -> list[int]:
        body = {"reason": reason} if reason else {}
        paper_ = f"{PERSONS}/PF1/card.pdf{'?reason=' if reason else ''}{quote(reason)}"
        answers = [
            paper(service, "POST", paper_, token).status,
            paper(service, "GET", paper_, token).status,
        ]
        return [service.ask("POST", f"{PERSONS}/PF1/card", token, body)[0], *answers]

    before = Record.objects.count()
    if role == "auditor":
        assert told("试") == [403] * 3
        return
    assert told("") == [422] * 3
    assert told("试") == [200] * 3
    rows = Record.objects.order_by("id")[before:]
    unmasked = [(row.subject, row.reason) for row in rows if row.action == "persons.unmask"]
    assert unmasked == [("person:PF1", "试")] * 3


def test_a_number_of_a_visit_finds_whose_it_is(service: Service, family: list[str]) -> None:
    assert family

    def found(role: str, facility: str | None) -> list[str]:
        token = service.token(role, facility)
        status, told = service.ask("POST", "/api/v1/search/persons", token, {"visit": "FV1"})
        assert status == 200, told
        return [one["id"] for one in told["persons"]]

    assert found("district_admin", None) == found("cashier", "HF1") == ["PF1"]
    assert found("cashier", "ELSEWHERE") == []


def test_visits_of_a_person_are_the_hospital_s_own_and_settled_for_who_may_read(
    service: Service, family: list[str]
) -> None:
    assert family
    made = bill("FV3", "PF1", settled="2019-06-20")
    made["person"], made["facility"] = {"id": "PF1"}, {**made["facility"], "code": "HF2"}
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    header = {
        k: v for k, v in bill("FV4", "PF1").items() if k not in ("lines", "settled", "discharged")
    }
    header["facility"] = {**header["facility"], "code": "HF1"}
    assert service.ask("POST", "/api/v1/visits", service.token("cashier", "HF1"), header)[0] == 201

    def visits(role: str, facility: str | None) -> tuple[list[str], list[str] | None]:
        told = service.ask("GET", f"{PERSONS}/PF1/visits", service.token(role, facility))[1]
        settled: list[dict[str, Any]] | None = told["settled"]
        listed = None if settled is None else [one["visit_id"] for one in settled]
        return [one["visit_id"] for one in told["running"]], listed

    assert visits("district_admin", None) == (["FV4"], ["FV3", "FV1"])
    assert visits("cashier", "HF1") == (["FV4"], ["FV1"])
    assert visits("doctor", "HF1") == (["FV4"], None)


def test_sums_of_a_year_say_what_they_are_made_of(service: Service, family: list[str]) -> None:
    assert family
    opening = {
        "person": "PF2", "year": 2019, "name": "basic_paid", "amount": "1000.00", "source": "市医保中心",
        "as_of": "2019-06-30",
    }  # fmt: skip
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/openings", admin, {"openings": [opening]})[0] == 201
    told = service.ask("GET", f"{PERSONS}/PF2/sums?year=2019", admin)[1]
    assert told["sums"]["basic_paid"] == "1000.00"
    (entry,) = [one for one in told["entries"] if one["name"] == "basic_paid"]
    assert (entry["visit_id"], entry["kind"], entry["counts"]) == ("FV2", "settle", "0.00")
    assert entry["amount"] != "0.00"
    assert [(one["amount"], one["source"], one["as_of"]) for one in told["openings"]] == [
        ("1000.00", "市医保中心", "2019-06-30")
    ]
    elsewhere = service.token("insurance_office", "ELSEWHERE")
    hidden = service.ask("GET", f"{PERSONS}/PF2/sums?year=2019&reason=试", elsewhere)[1]["entries"]
    assert {(e["visit_id"], e["facility"], e["settlement_id"]) for e in hidden} == {
        (None, None, None)
    }
    assert [e["amount"] for e in hidden] == [e["amount"] for e in told["entries"]]


def test_numbers_stay_out_of_a_file(service: Service, family: list[str]) -> None:
    assert family
    told = str(_file(service, "district_admin"))
    assert number(301) not in told
    assert "13800001234" not in told
