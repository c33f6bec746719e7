"""A mapping is proposed by one and confirmed by another; then the running bill is exact, all else as it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from doudi.source_text import Document
from doudi_web.matching import keeping
from doudi_web.matching.confirming import confirm as confirmed
from doudi_web.matching.proposing import Stated, propose_all
from doudi_web.policy.actions import install_mapping, mapping_rows
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import KEEPER, Actor
from web.matching_at_hand import (
    CUTTER,
    CUTTER_CODE,
    HELD,
    MESH,
    MESH_CODE,
    PROPOSALS,
    SYRINGE,
    SYRINGE_CODE,
    ask,
    charge,
    confirm,
    fee_lines,
    install,
    item_of,
    line,
    mapping_without,
    office,
    propose,
    queued,
)
from web.people import codes
from web.service import Json, Service
from web.test_interface import MAPPING

CODES = {"S640", "S641", "S642", "S643", "S644", "S645", "S646", "S647", "S648", "S649"}


@pytest.fixture(scope="module", autouse=True)
def catalogue(service: Service) -> None:
    install(service, "D1", mapping_without(MESH, CUTTER, SYRINGE))
    keeping.keep_up()


def room(service: Service, facility: str, *without: str) -> tuple[str, str]:
    """A hospital of its own with the sample mapping less some items, and two of its insurance office."""
    install(service, facility, mapping_without(*without))
    keeping.keep_up()
    return office(service, facility), office(service, facility)


def items_in_force(facility: str) -> list[Json]:
    stated: Any = mapping_rows(facility)[0].document.value
    return stated["items"]


def looked(service: Service, token: str, visit: str) -> Json:
    status, told = service.ask("POST", f"/api/v1/visits/{visit}/precheck", token)
    assert status == 200, told
    return told


def test_after_confirming_the_running_bill_is_exact(service: Service) -> None:
    one, other = room(service, "D2", MESH, CUTTER, SYRINGE)
    visit = charge(service, "D2", fee_lines())
    before = looked(service, one, visit)
    assert (before["provisional"], before["undecided"]["amount"]) == ("mapping", "1314.80")
    named = [(MESH, MESH_CODE), (CUTTER, CUTTER_CODE), (SYRINGE, SYRINGE_CODE)]
    of = {own: item_of(service, one, own) for own, _ in named}
    status, told = propose(service, one, *({"item": of[own], "code": c} for own, c in named))
    assert status == 201, told
    assert [
        (p["own_code"], p["code"], p["from"], p["identical"], p["state"])
        for p in told["proposals"]
    ] == [
        (own, code, "2019-06-12", own != CUTTER, "open")
        for own, code in sorted(named, key=lambda x: of[x[0]])
    ]  # fmt: skip
    numbers = {p["own_code"]: p["id"] for p in told["proposals"]}
    assert confirm(service, other, numbers[MESH], numbers[SYRINGE])[0] == 200
    status, told = confirm(service, other, numbers[CUTTER])
    assert (status, told["proposals"][0]["state"]) == (200, "confirmed")
    after = looked(service, one, visit)
    assert "undecided" not in after
    assert after["provisional"] == "eligibility"  # the person alone is not registered
    install(service, "DX", mapping_without())  # the same fee list where all was mapped before
    whole: Any = mapping_without().value
    whole["items"].append({"hospital_code": CUTTER, "code": CUTTER_CODE, "name": "皮肤吻合器"})
    install_mapping(KEEPER, "DX", Document("m", whole), None)
    twin = charge(service, "DX", fee_lines())
    expected = looked(service, service.token(may_back_date=True), twin)
    for key in (
        "total",
        "out_of_catalogue",
        "over_ceiling",
        "first_self_pay",
        "patient",
        "control",
        "payments",
    ):
        assert after[key] == expected[key], key
    assert queued(service, one, visit=visit)["items"] == []
    assert (
        service.ask("POST", f"/api/v1/visits/{visit}/settle", one, {"message_id": "d2"})[0] == 201
    )


def test_the_table_that_stood_is_kept_word_for_word(service: Service) -> None:
    one, other = room(service, "D3", MESH)
    before = items_in_force("D3")
    charge(service, "D3", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    _, told = propose(service, one, {"item": item, "code": MESH_CODE, "from": "2019-06-01"})
    status, told = confirm(service, other, told["proposals"][0]["id"])
    assert status == 200
    new = {"hospital_code": MESH, "code": MESH_CODE, "name": "疝补片（国产）", "from": "2019-06-01"}
    assert items_in_force("D3") == [*before, new]
    assert told["proposals"][0]["installed"] == mapping_rows("D3")[0].digest


def test_what_stood_for_another_code_ends_on_the_day(service: Service) -> None:
    one, other = room(service, "D4")
    install_mapping(KEEPER, "D4", mapping_without(**{MESH: {"code": CUTTER_CODE}}), None)
    keeping.keep_up()
    item = item_of(service, one, MESH, what="name_differs")
    _, told = propose(service, one, {"item": item, "code": MESH_CODE, "from": "2019-08-01"})
    assert confirm(service, other, told["proposals"][0]["id"])[0] == 200
    entries = [x for x in items_in_force("D4") if x["hospital_code"] == MESH]
    assert [(x["code"], x["from"], x.get("to")) for x in entries] == [
        (CUTTER_CODE, "2019-01-01", "2019-08-01"), (MESH_CODE, "2019-08-01", None),
    ]  # fmt: skip
    keeping.keep_up()
    assert queued(service, one, text=MESH)["items"] == []


def test_nobody_confirms_or_refuses_their_own(service: Service) -> None:
    one, other = room(service, "D5", MESH)
    charge(service, "D5", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})
    number = told["proposals"][0]["id"]
    status, told = confirm(service, one, number)
    assert (status, codes(told)) == (403, ["S644"])
    path = f"{PROPOSALS}/{number}"
    status, told = ask(service, "POST", f"{path}/refuse", one, {"reason": "算了"})
    assert (status, codes(told)) == (403, ["S644"])
    status, told = ask(service, "POST", f"{path}/withdraw", other, {"reason": "算了"})
    assert (status, codes(told)) == (403, ["S648"])
    status, told = ask(service, "POST", f"{path}/refuse", other, {"reason": "规格不对"})
    assert (status, told["state"], told["reason"]) == (200, "refused", "规格不对")
    assert ask(service, "POST", f"{path}/refuse", other, {"reason": "规格不对"})[0] == 200
    status, told = confirm(service, office(service, "D5"), number)
    assert (status, codes(told)) == (409, ["S643"])
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})  # once more
    again = told["proposals"][0]["id"]
    status, told = ask(service, "POST", f"{PROPOSALS}/{again}/withdraw", one, {"reason": "错了"})
    assert (status, told["state"]) == (200, "withdrawn")
    _, told = ask(service, "GET", f"/api/v1/mapping/items/{item}", one)
    assert [(p["id"], p["state"]) for p in told["history"]] == [
        (again, "withdrawn"), (number, "refused"),
    ]  # fmt: skip
    status, told = confirm(service, service.token("insurance_office", "D1"), again)
    assert (status, codes(told)) == (403, ["S404"])


def test_one_item_has_one_open_proposal(service: Service) -> None:
    one, other = room(service, "D6", MESH)
    charge(service, "D6", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    assert propose(service, one, {"item": item, "code": MESH_CODE})[0] == 201
    assert propose(service, one, {"item": item, "code": MESH_CODE})[0] == 200
    status, told = propose(service, other, {"item": item, "code": CUTTER_CODE})
    assert (status, codes(told)) == (409, ["S642"])
    assert MESH_CODE in told["faults"][0]["what"]
    assert len(service.rows("SELECT id FROM matching_proposal WHERE item = %s", item)) == 1


def test_what_has_no_form_is_told_at_once(service: Service) -> None:
    one, _ = room(service, "D7", MESH)
    charge(service, "D7", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    status, told = propose(service, one, {"item": item}, {"item": item, "keep": True})
    assert (status, sorted(codes(told))) == (422, ["F201", "F201", "F203"])
    status, told = propose(service, one, {"item": 999_999, "code": MESH_CODE})
    assert (status, codes(told)) == (404, ["S640"])
    status, told = propose(service, one, {"item": item, "code": "NONE"})
    assert (status, codes(told)) == (422, ["S646"])
    status, told = propose(service, one, {"item": item, "code": MESH_CODE, "from": "2018-01-01"})
    assert (status, codes(told)) == (422, ["S646"])
    assert "2018-01-01" in told["faults"][0]["what"]
    status, told = propose(service, one, {"item": item, "code": MESH_CODE, "from": "2100-01-01"})
    assert (status, codes(told)) == (422, ["F203"])
    status, told = confirm(service, one, 999_999)
    assert (status, codes(told)) == (404, ["S641"])
    status, told = ask(service, "GET", f"{PROPOSALS}?state=odd", one)
    assert (status, codes(told)) == (422, ["F203"])


def test_a_batch_is_of_identical_names_alone(service: Service) -> None:
    one, other = room(service, "D8", MESH, SYRINGE)
    charge(service, "D8", [
        line(MESH, "1.00", "L1", "疝补片（国产）"), line(SYRINGE, "1.00", "L2", "注射器 国产"),
    ])  # fmt: skip
    mesh, syringe = item_of(service, one, MESH), item_of(service, one, SYRINGE)
    _, told = propose(
        service, one, {"item": mesh, "code": MESH_CODE}, {"item": syringe, "code": SYRINGE_CODE}
    )
    numbers = [p["id"] for p in told["proposals"]]
    status, told = confirm(service, other, *numbers)
    assert (status, codes(told)) == (422, ["S647"])
    assert queued(service, one, state="proposed")["count"] == 2
    assert confirm(service, other, numbers[1])[0] == 200  # alone, after looking
    assert confirm(service, other, numbers[0])[0] == 200


def test_a_table_that_was_installed_meanwhile_is_named(service: Service) -> None:
    one, other = room(service, "D9", MESH)
    charge(service, "D9", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})
    number = told["proposals"][0]["id"]
    newer = install_mapping(KEEPER, "D9", mapping_without(**{MESH: {"code": CUTTER_CODE}}), None)
    status, told = confirm(service, other, number)
    assert (status, codes(told)) == (409, ["S645"])
    assert newer.digest[:12] in told["faults"][0]["what"]
    assert mapping_rows("D9")[0].digest == newer.digest
    # one that says nothing else of the item is built upon
    newest = install_mapping(KEEPER, "D9", mapping_without(MESH, "H00001"), None)
    assert confirm(service, other, number)[0] == 200
    own = {x["hospital_code"] for x in items_in_force("D9")}
    assert (MESH in own, "H00001" in own) == (True, False)
    assert mapping_rows("D9")[0].digest != newest.digest


def test_a_table_that_waits_for_its_moment_is_named(service: Service) -> None:
    one, other = room(service, "D10", MESH)
    charge(service, "D10", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})
    soon = real_now().replace(year=real_now().year + 1)
    install_mapping(KEEPER, "D10", mapping_without(), soon)
    status, told = confirm(service, other, told["proposals"][0]["id"])
    assert (status, codes(told)) == (409, ["S649"])


def test_a_doubted_mapping_is_kept_by_two(service: Service) -> None:
    one, other = room(service, "D11")
    item = item_of(service, one, "H90001", what="unknown")
    status, told = propose(service, one, {"item": item, "keep": True, "note": "停用了，留作历史"})
    assert (status, told["proposals"][0]["code"]) == (201, None)
    before = mapping_rows("D11")[0].digest
    assert confirm(service, other, told["proposals"][0]["id"])[0] == 200
    assert mapping_rows("D11")[0].digest == before
    assert queued(service, one, text="H90001")["items"] == []
    keeping.keep_up()
    assert queued(service, one, text="H90001")["items"] == []


def test_what_each_code_would_make_of_the_bill_is_what_it_makes(service: Service) -> None:
    one, other = room(service, "D12", MESH)
    visit = charge(service, "D12", fee_lines())
    charge(service, "D12", [line(MESH, "100.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    path = f"/api/v1/mapping/items/{item}/effects?codes={MESH_CODE},C1404300013030000247"
    status, told = ask(service, "GET", path, one)
    assert (status, told["visits"], told["from"]) == (200, 2, "2019-06-12")
    first = told["effects"][0]
    assert first["visit_id"] == visit
    wide = first["before"]["figures"]
    exact, imported = (first["after"][code]["figures"] for code in told["codes"])
    assert (wide["open_lines"], exact["open_lines"]) == (2, 1)  # the stapler is open still
    assert wide["share"]["most"] > exact["share"]["most"]
    assert imported["share"]["least"] > exact["share"]["least"]
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})
    assert confirm(service, other, told["proposals"][0]["id"])[0] == 200
    now = looked(service, one, visit)
    assert exact["share"] == now["undecided"]["share"]
    assert exact["patient"] == now["undecided"]["patient"]
    seen = service.rows(
        "SELECT count(*) FROM audit_log_record WHERE action = 'matching.effects' AND subject = %s",
        f"person:P{visit}",
    )
    assert seen == [(1,)]


def test_who_did_what_is_recorded_once(service: Service) -> None:
    one, other = room(service, "D13", MESH)
    charge(service, "D13", [line(MESH, "1.00", "L1", "疝补片（国产）")])
    item = item_of(service, one, MESH)
    _, told = propose(service, one, {"item": item, "code": MESH_CODE})
    number = told["proposals"][0]["id"]
    for _ in range(2):
        assert confirm(service, other, number)[0] == 200
    rows = service.rows(
        "SELECT action, detail FROM audit_log_record WHERE subject = %s AND action <> 'matching.read'"
        " ORDER BY id", f"item:{item}",
    )  # fmt: skip
    assert [(a, json.loads(d) if isinstance(d, str) else d) for a, d in rows] == [
        ("matching.propose", {"proposal": number, "code": MESH_CODE}),
        ("matching.confirm", {
            "proposal": number, "code": MESH_CODE,
            "by": service.rows("SELECT made_by FROM matching_proposal WHERE id = %s", number)[0][0],
        }),
    ]  # fmt: skip
    installs = "SELECT count(*) FROM audit_log_record WHERE action = 'policy.install' AND subject = 'mapping:D13'"
    assert service.rows(installs) == [(2,)]


def _at_once(*calls: Any) -> list[object]:
    """What comes of calls at the same moment: what they return, or the code that refuses them."""

    def run(call: Any) -> object:
        try:
            return call()
        except Refusal as refused:
            return refused.faults[0].code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_who_propose_at_once_make_one_proposal_and_two_who_confirm_one_table(
    service: Service,
) -> None:
    one, _ = room(service, "D14", MESH, SYRINGE)
    charge(service, "D14", [
        line(MESH, "1.00", "L1", "疝补片（国产）"),
        line(SYRINGE, "1.00", "L2", "一次性注射器（国产）"),
    ])  # fmt: skip
    mesh, syringe = item_of(service, one, MESH), item_of(service, one, SYRINGE)
    who = [Actor(f"account:{n}", Role.INSURANCE_OFFICE, "D14") for n in range(900, 908)]
    stated = [Stated(mesh, MESH_CODE), Stated(syringe, SYRINGE_CODE)]
    made = _at_once(*(lambda a=a: propose_all(a, stated) for a in who))
    assert sorted(x for x in made if isinstance(x, str)) == ["S642"] * 7
    (won,) = (x for x in made if not isinstance(x, str))
    numbers = [p.number for p, _ in won]  # type: ignore[union-attr]
    by = won[0][0].made_by  # type: ignore[index]
    others = [a for a in who if a.key != by]
    rows = service.rows("SELECT count(*) FROM policy_inforce WHERE name = 'D14'")
    done = _at_once(*(lambda a=a: confirmed(a, numbers) for a in others))
    assert sorted(x for x in done if isinstance(x, str)) == ["S643"] * 6
    assert service.rows("SELECT count(*) FROM policy_inforce WHERE name = 'D14'") == [
        (rows[0][0] + 1,)
    ]


def test_two_items_confirmed_at_once_are_both_in_the_table(service: Service) -> None:
    one, _ = room(service, "D15", MESH, SYRINGE)
    charge(service, "D15", [
        line(MESH, "1.00", "L1", "疝补片（国产）"),
        line(SYRINGE, "1.00", "L2", "一次性注射器（国产）"),
    ])  # fmt: skip
    mesh, syringe = item_of(service, one, MESH), item_of(service, one, SYRINGE)
    _, told = propose(
        service, one, {"item": mesh, "code": MESH_CODE}, {"item": syringe, "code": SYRINGE_CODE}
    )
    numbers = [p["id"] for p in told["proposals"]]
    who = [Actor(f"account:{n}", Role.INSURANCE_OFFICE, "D15") for n in (910, 911)]
    done = _at_once(*(
        lambda a=a, n=n: confirmed(a, [n]) for a, n in zip(who, numbers, strict=True)
    ))  # fmt: skip
    assert not [x for x in done if isinstance(x, str)]
    assert {MESH, SYRINGE} <= {x["hospital_code"] for x in items_in_force("D15")}


def test_every_answer_of_the_queue_has_its_shape(service: Service) -> None:
    district = service.token("district_admin")
    _, told = ask(service, "GET", "/api/v1/mapping/catalogue?text=疝补片", district)
    assert told["items"][0]["name"].startswith("疝补片")
    _, told = ask(service, "GET", "/api/v1/mapping/facilities", district)
    assert "D9" not in {one["facility"] for one in told["facilities"]}  # all of it is mapped
    _, told = ask(service, "GET", f"{PROPOSALS}?facility=D2", district)
    assert {one["state"] for one in told["proposals"]} == {"confirmed"}
    assert HELD == MAPPING
