"""The register: what is written, refused, remembered, sealed, masked, and who may see it."""

import itertools
import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from doudi_web.register import sealing
from doudi_web.register.models import Fact
from doudi_web.register.rotation import rotate
from doudi_web.register.selectors import facts_known
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import District, Token
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor, digest
from web.people import codes, number, person, standing
from web.service import Json, Service
from web.test_settling import bill

PERSONS, SEARCH = "/api/v1/persons", "/api/v1/search/persons"
CODES = {"S430", "S431", "S432", "S433", "S434", "S435", "S436", "S437", "S440", "S446"}
"""The codes that this file makes."""


def write(service: Service, *persons: Json) -> tuple[int, Json]:
    return service.ask("POST", PERSONS, service.token("district_admin"), {"persons": list(persons)})


def test_persons_are_created_changed_and_left_as_they_are(service: Service) -> None:
    one = person("W1", 1, name="张小三", standings=[standing()], phone="13800001234")
    assert write(service, one, person("W2", 2)) == (
        201,
        {"created": 2, "changed": 0, "unchanged": 0},
    )
    assert write(service, one) == (201, {"created": 0, "changed": 0, "unchanged": 1})
    changed = {**one, "phone": "138-0000-9999", "household": "H1", "village": "500113001001"}
    assert write(service, changed) == (201, {"created": 0, "changed": 1, "unchanged": 0})
    status, told = service.ask("GET", f"{PERSONS}/W1", service.token("auditor"))
    assert status == 200
    assert {k: told[k] for k in ("phone", "household", "village", "name")} == {
        "phone": "138****9999",
        "household": "H1",
        "village": "500113001001",
        "name": "张**",
    }
    assert service.rows("SELECT name, \"group\" FROM tenancy_district WHERE code = '500113'") == [
        ("巴南区", "主城都市区")
    ]


def test_every_fault_of_every_person_is_told_and_nothing_is_written(service: Service) -> None:
    good, wrong = number(11), number(12)[:-1] + ("0" if number(12)[-1] != "0" else "1")
    assert write(service, person("T0", 10))[0] == 201
    before = service.rows("SELECT count(*) FROM register_person")
    status, told = write(
        service,
        person("B1", 11),
        {**person("B2"), "id_number": wrong},
        {**person("B3", 13), "birth_date": "1970-01-02"},
        {**person("B4"), "id_number": good},
        {**person("B5"), "id_number": number(10)},
        {**person("B6"), "mother": "NOBODY"},
        {**person("B7"), "village": "500114001001"},
        {**person("B8"), "standings": [standing(to="2020-01-01"), standing(start="2019-01-01")]},
        {**person("B9"), "standings": [standing(known="2150-01-01")]},
        {**person("B10"), "died": "1969-01-01"},
        {**person("B11"), "district": "巴南"},
        {"id": number(14), "birth_date": "1970-01-01", "district": "500113"},
        {**person("B12"), "namen": "王"},
        {"id": "B13", "district": "500113"},
        {**person("B14"), "phone": "12"},
    )
    assert status == 422
    assert [(f["code"], f["where"].split()[-1]) for f in told["faults"]] == [
        ("F203", "persons[10].district"),
        ("F202", "persons[12].namen"),
        ("F201", "persons[13].birth_date"),
        ("F203", "persons[14].phone"),
        ("S432", "persons[1].id_number"),
        ("S433", "persons[2].birth_date"),
        ("S436", "persons[6].village"),
        ("S437", "persons[7].standings[1]"),
        ("S440", "persons[8].standings[0].known"),
        ("F302", "persons[9].died"),
        ("F209", "persons[11].id"),
        ("S434", "persons[3].id_number"),
        ("S434", "persons[4].id_number"),
        ("S435", "persons[5].mother"),
    ]
    assert number(14) not in json.dumps(told)
    assert wrong not in json.dumps(told)
    assert service.rows("SELECT count(*) FROM register_person") == before


@pytest.mark.parametrize(
    "wrong", ["500113197001010", "50011319700101001A", "500113197013010015", "x" * 18]
)
def test_what_is_no_identity_number_is_refused(service: Service, wrong: str) -> None:
    status, told = write(service, {**person("N1"), "id_number": wrong})
    assert (status, codes(told)) == (422, ["S432"])


def test_what_was_known_at_any_moment_can_be_read_back(service: Service) -> None:
    start = now()
    write(service, person("K1", 21, standings=[standing()]))
    first = now()
    write(service, person("K1", 21, standings=[standing(to="2020-01-01")]))
    second = now()
    learned = (first - timedelta(microseconds=1)).isoformat()
    assert [f.valid_to for f in facts_known("K1", first)] == [None]
    write(service, person("K1", 21, standings=[standing(to="2019-06-01", known=learned)]))

    def spans(at: Any) -> list[tuple[str, str]]:
        return [(str(f.valid_from), str(f.valid_to)) for f in facts_known("K1", at)]

    assert spans(start) == []
    assert spans(first) == [("2018-01-01", "2019-06-01")]  # as the register learned of it then
    assert spans(second) == [("2018-01-01", "2019-06-01")]
    write(service, person("K1", 21, standings=[]))
    assert spans(second) == [("2018-01-01", "2019-06-01")]
    assert spans(now()) == []
    assert Fact.objects.filter(person="K1", superseded=None).count() == 0
    assert Fact.objects.filter(person="K1").count() == 3
    at = second.isoformat().replace("+", "%2B")
    _, told = service.ask("GET", f"{PERSONS}/K1?known_at={at}", service.token("auditor"))
    assert [s["to"] for s in told["standings"]] == ["2019-06-01"]


def test_a_tier_of_now_ends_the_one_before_today(service: Service) -> None:
    write(service, person("I1", 22, insurance_tier="tier_1"))
    write(service, person("I1", 22, insurance_tier="tier_1"))
    write(service, person("I1", 22, insurance_tier="tier_2"))
    _, told = service.ask("GET", f"{PERSONS}/I1", service.token("auditor"))
    today = now().date().isoformat()
    assert told["insurance_tier"] == "tier_2"
    assert told["tiers"] == [
        {"tier": "tier_1", "from": "1970-01-01", "to": today},
        {"tier": "tier_2", "from": today, "to": None},
    ]


def test_doctors_diseases_and_the_plan_are_kept(service: Service) -> None:
    doctor = {"name": "李医生", "phone": "02366220001", "facility": "C1", "from": "2024-01-01"}
    stated = person(
        "D1", 23, doctors=[doctor], diseases=[{"code": "hypertension"}], plan="每月随访"
    )
    assert write(service, stated)[0] == 201
    assert write(service, stated)[1]["unchanged"] == 1
    asked = f"{PERSONS}/D1?reason=签约"
    _, told = service.ask("GET", asked, service.token("doctor", _facility(service)))
    today = now().date().isoformat()
    assert told["doctors"] == [doctor | {"to": None}]
    assert told["diseases"] == [{"code": "hypertension", "from": today, "to": None}]
    assert told["plan"] == "每月随访"


def test_no_name_number_or_phone_stands_in_any_table(service: Service) -> None:
    doctor = {"name": "欧阳签约", "phone": "02366225555"}
    write(service, person("E1", 31, name="司徒无名", phone="13911112222", doctors=[doctor]))
    secrets = ["司徒无名", number(31), "13911112222", "欧阳签约", "02366225555"]
    tables = service.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert len(tables) > 20
    for (table,) in tables:
        for (row,) in service.rows(f'SELECT row_to_json(t)::text FROM "{table}" t'):
            found = [s for s in secrets if s in row or s.encode().hex() in row]
            assert not found, (table, found)
    (name,) = service.rows("SELECT name FROM register_person WHERE id = 'E1'")[0]
    assert sealing.opened(name, "E1.name") == "司徒无名"
    with pytest.raises(InvalidTag):
        sealing.opened(name, "E2.name")  # moved to another row
    with pytest.raises(InvalidTag):
        sealing.opened(name[:-1] + bytes([name[-1] ^ 1]), "E1.name")


def test_a_new_key_seals_anew_and_the_old_one_still_opens(service: Service) -> None:
    write(service, person("Q1", 32, name="上官", doctors=[{"name": "白", "phone": "66221234"}]))
    (old,) = service.rows("SELECT name FROM register_person WHERE id = 'Q1'")[0]
    done = rotate(Actor("command:test", Role.DISTRICT_ADMIN))
    (new,) = service.rows("SELECT name FROM register_person WHERE id = 'Q1'")[0]
    assert sealing.key_number(new) == done["key"] == sealing.key_number(old) + 1
    assert sealing.opened(old, "Q1.name") == sealing.opened(new, "Q1.name") == "上官"
    _, told = service.ask("GET", f"{PERSONS}/Q1", service.token("auditor"))
    assert (told["name"], told["doctors"][0]["name"]) == ("上*", "白")


def test_what_says_who_somebody_is_stays_masked_without_a_reason(service: Service) -> None:
    write(service, person("M1", 41, name="赵钱", phone="13800001234"))
    admin, auditor = service.token("district_admin"), service.token("auditor")
    _, told = service.ask("GET", f"{PERSONS}/M1", admin)
    shown = (told["name"], told["id_number"], told["phone"], told["masked"])
    assert shown == ("赵*", f"5{'*' * 13}{number(41)[-4:]}", "138****1234", True)
    status, told = service.ask("GET", f"{PERSONS}/M1?unmask=1", admin)
    assert (status, codes(told)) == (422, ["F201"])
    status, told = service.ask("GET", f"{PERSONS}/M1?unmask=1&reason=x", auditor)
    assert (status, codes(told)) == (403, ["S403"])
    reason = "核对转账户名"
    status, told = service.ask("GET", f"{PERSONS}/M1?unmask=1&reason={reason}", admin)
    assert (status, told["name"], told["id_number"], told["phone"]) == (
        200, "赵钱", number(41), "13800001234",
    )  # fmt: skip
    logged = service.rows(
        "SELECT action, reason, role FROM audit_log_record WHERE subject = 'person:M1' ORDER BY id"
    )
    assert logged == [
        ("persons.read", "", "district_admin"),
        ("persons.unmask", reason, "district_admin"),
    ]


def test_a_township_officer_sees_the_own_township_alone(service: Service) -> None:
    write(
        service,
        person("O1", 51, name="同名", village="500113101001"),
        person("O2", 52, name="同名", village="500113102001"),
    )
    token = service.token("township_officer", township="500113101")
    assert service.ask("GET", f"{PERSONS}/O1", token)[0] == 200
    status, told = service.ask("GET", f"{PERSONS}/O2", token)
    assert (status, codes(told)) == (404, ["S430"])
    _, told = service.ask("POST", SEARCH, token, {"name": "同名"})
    assert [p["id"] for p in told["persons"]] == ["O1"]
    assert service.ask("POST", SEARCH, token, {"id_number": number(52)})[1]["persons"] == []
    status, told = service.ask("POST", SEARCH, token, {"township": "500113102"})
    assert (status, codes(told)) == (403, ["S431"])
    nowhere = service.token("township_officer", township="500113101")
    Token.objects.filter(digest=digest(nowhere)).update(township=None)
    status, told = service.ask("GET", f"{PERSONS}/O1", nowhere)
    assert (status, codes(told)) == (403, ["S431"])


def test_a_hospital_finds_by_name_whom_it_has_seen(service: Service) -> None:
    tiers = [{"tier": "tier_1", "from": "1970-01-01"}]
    write(service, person("V1", 61, name="来过", tiers=tiers), person("V2", 62, name="来过"))
    facility = _facility(service)
    cashier = service.token("cashier", facility)
    assert service.ask("POST", SEARCH, cashier, {"name": "来过"})[1]["persons"] == []
    stated = {
        **bill("VV1", "V1"),
        "facility": {"code": facility, "level": "2", "district": "500113"},
    }
    assert service.settle(service.token(may_back_date=True), stated)[0] == 201
    found = service.ask("POST", SEARCH, cashier, {"name": "来过"})[1]["persons"]
    assert [(p["id"], p["name"]) for p in found] == [("V1", "来*")]
    found = service.ask("POST", SEARCH, cashier, {"id_number": number(62).lower()})[1]["persons"]
    assert [p["id"] for p in found] == ["V2"]
    _, found = service.ask("POST", SEARCH, service.token("auditor"), {"name": "来过"})
    assert [p["id"] for p in found["persons"]] == ["V1", "V2"]


def test_a_client_of_no_hospital_finds_by_number_alone(service: Service) -> None:
    write(service, person("C1", 65, name="独一"))
    client = service.token("system_client")
    status, told = service.ask("POST", SEARCH, client, {"name": "独一"})
    assert (status, codes(told)) == (403, ["S446"])
    found = service.ask("POST", SEARCH, client, {"id_number": number(65)})[1]["persons"]
    assert [p["id"] for p in found] == ["C1"]
    assert service.ask("GET", f"{PERSONS}/C1", client)[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PERSONS}/a%00b", 404),
        (f"{PERSONS}/C1?unmask=1&reason=%00", 422),
        (f"{PERSONS}/C1?known_at=yesterday", 422),
        (f"{PERSONS}/C1?known_at=2024-01-01", 200),
    ],
)
def test_what_cannot_be_asked_is_answered_all_the_same(
    service: Service, path: str, status: int
) -> None:
    assert service.ask("GET", path, service.token("district_admin"))[0] == status


@pytest.mark.parametrize(
    ("asked", "status", "found"),
    [
        ({"name": "a\0b"}, 422, ["F203"]),
        ({"name": "a", "after": "\0"}, 422, ["F203"]),
        ({"id_number": "\0"}, 422, ["F203"]),
        ({}, 422, ["F201"]),
        ({"after": "P1"}, 422, ["F201"]),
        ({"name": "a", "surname": "b"}, 422, ["F202"]),
        ({"name": number(1)}, 422, ["F209"]),
        ({"id_number": 1}, 422, ["F203"]),
    ],
)
def test_what_cannot_be_looked_for_is_told(
    service: Service, asked: Json, status: int, found: list[str]
) -> None:
    got, told = service.ask("POST", SEARCH, service.token("district_admin"), asked)
    assert (got, codes(told) if "faults" in told else []) == (status, found)


@pytest.mark.parametrize("attributes", [{"a": "\0"}, {"\0": "a"}, {"a": "\ud800"}])
def test_what_the_database_cannot_keep_is_a_fault(service: Service, attributes: Json) -> None:
    status, told = write(service, person("NUL", attributes=attributes))
    assert status == 422
    assert told["faults"][0]["code"][0] == "F"


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin", "city_viewer"])
def test_who_has_no_business_with_persons_sees_none(service: Service, role: str) -> None:
    token = service.token(role)
    for asked in (("GET", f"{PERSONS}/W1", token), ("POST", SEARCH, token, {"name": "张"})):
        status, told = service.ask(*asked)
        assert (status, codes(told)) == (403, ["S403"])
    for path in (PERSONS, "/api/v1/facilities"):
        assert service.ask("POST", path, token, {"persons": []})[0] == 403


def test_a_newborn_is_found_by_the_mothers_number(service: Service) -> None:
    baby = {**person("BABY"), "birth_date": "2024-03-01", "mother": "MUM"}
    assert write(service, baby, person("MUM", 71))[1]["created"] == 2
    _, told = service.ask("POST", SEARCH, service.token("auditor"), {"id_number": number(71)})
    assert [(p["id"], p["mother"]) for p in told["persons"]] == [("BABY", "MUM"), ("MUM", None)]


def test_a_settlement_takes_the_standing_from_the_register(service: Service) -> None:
    tier = [{"tier": "tier_1", "from": "1970-01-01"}]
    write(service, person("S1", 81, standings=[standing()], tiers=tier))
    token = service.token(may_back_date=True)
    lies = bill("SV1", "S1", standing=None)
    status, told = service.settle(token, lies)
    assert status == 201
    assert "provisional" not in told
    assert told["warnings"][-1]["code"] == "register_differs"
    _, unknown = service.settle(token, bill("SV2", "S2", standing="dibao"))
    assert unknown["provisional"] == "eligibility"
    assert (told["patient"], unknown["patient"]) == ("253.95", "1195.80")


_numbers = itertools.count()


def differs(told: Json) -> list[str]:
    return [w["text"] for w in told["warnings"] if w["code"] == "register_differs"]


def test_a_registered_persons_tier_is_the_registers_on_the_day_or_none(service: Service) -> None:
    ended = [{"tier": "tier_1", "from": "1970-01-01", "to": "2016-01-01"}]
    write(service, person("T1", tiers=[{"tier": "tier_1", "from": "1970-01-01"}]))
    write(service, person("T2", died="2018-01-01", tiers=ended), person("T3"))
    token = service.token(may_back_date=True)

    def asked(who: str, tier: str | None) -> tuple[int, Json]:
        stated = bill(f"T-{who}-{tier}", who, standing=None)
        return service.settle(
            token, {**stated, "person": {**stated["person"], "insurance_tier": tier}}
        )

    _, same = asked("T1", "tier_1")
    _, better = asked("T1", "tier_2")
    _, silent = asked("T1", None)
    assert [told["payments"]["basic"] for told in (same, better, silent)] == ["1343.70"] * 3
    assert [differs(told) for told in (same, better, silent)] == [
        [], ["与登记不同：person.insurance_tier；以登记为准。"], [],
    ]  # fmt: skip
    for who in ("T2", "T3"):
        for tier in ("tier_2", None):
            status, told = asked(who, tier)
            assert (status, codes(told)) == (422, ["F412"])
    _, unknown = asked("T4", "tier_2")
    assert (unknown["provisional"], unknown["payments"]["basic"]) == ("eligibility", "1455.68")
    assert differs(unknown) == []


@pytest.mark.parametrize(
    ("kept", "sent", "is_otherwise"),
    [
        ({}, {"plan": "a"}, True),
        ({"plan": "a"}, {}, True),
        ({"plan": "a"}, {"plan": "b"}, True),
        ({"plan": "a"}, None, False),
        ({}, {}, False),
        ({"x": 1, "ab": True}, {"ab": True, "x": 1}, False),
        ({"x": 1, "ab": True}, {"ab": True, "x": 1, "c": None}, False),
    ],
)
def test_a_registered_persons_attributes_are_the_registers(
    service: Service, kept: Json, sent: Json | None, is_otherwise: bool
) -> None:
    who = f"AT{next(_numbers)}"
    tiers = [{"tier": "tier_1", "from": "1970-01-01"}]
    assert write(service, person(who, attributes=kept, tiers=tiers))[0] == 201
    stated = bill(who, who, standing=None)
    stated["person"]["attributes"] = sent
    status, told = service.settle(service.token(may_back_date=True), stated)
    assert status == 201, told
    assert differs(told) == (
        ["与登记不同：person.attributes；以登记为准。"] if is_otherwise else []
    )
    ((evidence,),) = service.rows(
        "SELECT evidence FROM settlement_settlement WHERE visit = %s", who
    )
    rested_on = json.loads(zlib.decompress(evidence))["register"]["person"]["attributes"]
    assert rested_on == {key: str(value).lower() for key, value in kept.items()}


def test_facilities_are_registered(service: Service) -> None:
    token = service.token("district_admin")
    one = {"code": "FX", "name": "某院", "level": "2", "district": "500113"}
    for stated, counts in (
        ([one], {"created": 1, "changed": 0, "unchanged": 0}),
        ([one], {"created": 0, "changed": 0, "unchanged": 1}),
        ([{**one, "level": "3"}], {"created": 0, "changed": 1, "unchanged": 0}),
    ):
        asked = {"facilities": stated}
        assert service.ask("POST", "/api/v1/facilities", token, asked) == (201, counts)
    status, told = service.ask(
        "POST", "/api/v1/facilities", token, {"facilities": [one, one, {"code": "FY"}]}
    )
    assert (status, codes(told)) == (422, ["F201", "F201", "F201", "S434"])


def test_a_bill_has_its_hospitals_level_of_its_day_and_former_levels_are_kept(
    service: Service,
) -> None:
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    one = {"code": "FL", "name": "某院", "level": "2", "district": "500113"}

    def state(**more: str) -> str:
        asked = {"facilities": [{**one, **more}]}
        status, counts = service.ask("POST", "/api/v1/facilities", admin, asked)
        assert status == 201, counts
        (became,) = [key for key, count in counts.items() if count]
        return became

    def paid(day: str) -> str:
        number, there = next(_numbers), {**facility, "code": "FL"}
        stated = bill(f"FL-{number}", f"FL-{number}", settled=day, facility=there)
        status, told = service.settle(token, {**stated, "admitted": "2019-01-01"})
        assert status == 201, told
        return told["payments"]["basic"]

    facility = {"level": "1", "district": "500113"}  # what a sender says is not heard
    # (2539.50 − 300) × 0.6, (2539.50 − 800) × 0.4, (2539.50 − 100) × 0.8
    second, third, first = "1343.70", "695.80", "1951.60"
    assert state() == "created"
    assert paid("2019-06-13") == second
    assert state(level="3", **{"from": "2019-06-10"}) == "changed"
    assert state(level="3", **{"from": "2019-06-10"}) == "unchanged"
    assert [paid(day) for day in ("2019-06-09", "2019-06-10")] == [second, third]
    assert state(level="1", **{"from": "2019-06-10"}) == "changed"  # it was wrong
    assert state(level="2", **{"from": "2100-01-01"}) == "changed"  # it waits for its day
    assert state(level="1") == "unchanged"
    assert [paid(day) for day in ("2019-06-09", "2019-06-10")] == [second, first]
    _, told = service.ask("GET", "/api/v1/facilities", service.token("auditor"))
    (seen,) = [f for f in told["facilities"] if f["code"] == "FL"]
    assert seen["level"] == "1"
    assert [(s["from"], s["level"], s["superseded"] is None) for s in seen["stated"]] == [
        (None, "2", True), ("2019-06-10", "3", False), ("2019-06-10", "1", True), ("2100-01-01", "2", True),
    ]  # fmt: skip
    recorded = service.rows(
        "SELECT detail FROM audit_log_record WHERE action = 'facilities.write' ORDER BY id DESC LIMIT 1"
    )
    assert recorded == [({"created": 0, "changed": 0, "unchanged": 1, "codes": []},)]


def test_the_districts_of_the_city_are_in_its_three_groups(service: Service) -> None:
    for n, place in enumerate(("500101", "500243", "500103", "110101")):
        write(service, {**person(f"G{n}"), "district": place})
    groups = dict(District.objects.values_list("code", "group"))
    assert [groups[code] for code in ("500101", "500243", "500103", "110101")] == [
        "渝东北三峡库区城镇群",
        "渝东南武陵山区城镇群",
        "主城都市区",
        "",
    ]


def _facility(service: Service) -> str:
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('HR', '院', '2', '500113')"
        " ON CONFLICT (code) DO UPDATE SET name = '院' RETURNING code"
    )
    return "HR"
