"""What an act would do is told before it is done: to the fen what is then done, and nothing of it is written."""

import json
from collections.abc import Callable

import psycopg
import pytest

import banan
from web.service import Json, Service
from web.test_correcting import poor, proposals
from web.test_openings import registered
from web.test_places import bill, holds
from web.test_platform_answers import silent
from web.test_visits import opened

CODES = {"S660"}
Rows = Callable[[], list[tuple[str, int]]]


@pytest.fixture(scope="module")
def rows(service: Service) -> Rows:
    """How many rows every table has, but the audit log, which says who looked."""
    with psycopg.connect(service.url, autocommit=True) as database:
        tables = database.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_name NOT LIKE 'audit_log%'"
        ).fetchall()
    query = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for (t,) in tables)
    said = (
        "SELECT 'proposals', md5(string_agg(x::text, '|' ORDER BY id)) FROM settlement_proposal x"
    )
    ran = "SELECT 'visits', md5(string_agg(x::text, '|' ORDER BY id)) FROM settlement_visit x"
    return lambda: sorted([*service.rows(query), *service.rows(said), *service.rows(ran)])


def codes(told: Json) -> list[str]:
    return [f["code"] for f in told["faults"]]


def looked(service: Service, token: str, path: str, body: Json) -> Json:
    status, told = service.ask("POST", f"{path}/preview", token, body)
    assert status == 200, told
    return told


def done(service: Service, token: str, path: str, message: str, body: Json) -> Json:
    status, told = service.ask("POST", path, token, {**body, "message_id": message})
    assert status == 201, told
    return told


def test_a_correction_is_what_was_previewed_to_the_fen(service: Service, rows: Rows) -> None:
    token = service.token(may_back_date=True)
    poor(service, "VC")
    _, first = service.settle(token, bill("VC1", "VC", "9000.00", "2019-03-01"))
    service.settle(token, bill("VC2", "VC", "200000.00", "2019-06-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}/correct"
    asked = {"bill": bill("VC1", "VC", "5000.00", "2019-03-01"), "reason": "退药"}
    before = rows()
    told = looked(service, token, path, asked)
    assert rows() == before
    assert told["before"]["payments"]["basic"] == "6090.00"  # (9000 - 300) x 70 %
    assert told["before"]["patient"] == "900.00"
    assert told["after"]["payments"]["basic"] == "3290.00"
    assert told["changes"]["fund:basic"] == "-2800.00"
    assert told["changes"]["total"] == "-4000.00"
    assert told["patient"] == {
        "asked": "900.00", "now": "500.00", "difference": "-400.00", "state": "refund",
    }  # fmt: skip
    (new,) = told["proposals"]["new"]
    assert (new["visit_id"], new["causes"], "proposal_id" in new) == ("VC2", ["VC1"], False)
    assert proposals(service, "VC") == []
    made = done(service, token, path, "vc", asked)
    same = ("total", "payments", "hospital", "patient", "accumulators", "explanation", "lines")
    for key in same:
        assert made["settlement"][key] == told["settlement"][key], key
    assert made["patient"] == told["patient"]
    (proposed,) = made["proposals"]
    for key in ("recorded", "amounts", "changes", "moved", "text"):
        assert proposed[key] == new[key], key
    assert holds(service)


def test_a_reversal_is_what_was_previewed(service: Service, rows: Rows) -> None:
    token = service.token(may_back_date=True)
    poor(service, "VR")
    _, first = service.settle(token, bill("VR1", "VR", "2539.50", "2019-03-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}/reverse"
    before = rows()
    told = looked(service, token, path, {"reason": "错人"})
    assert rows() == before
    assert (told["after"], told["settlement"]) == (None, None)
    assert told["before"] == {
        "total": "2539.50", "hospital": "0.00", "patient": "253.95", "asked": "253.95",
        "payments": {"basic": "1567.65", "critical_illness": "0.00", "medical_assistance": "583.11",
                     "floor": "134.79"},
    }  # fmt: skip
    assert told["changes"] == {
        "total": "-2539.50", "fund:basic": "-1567.65", "fund:medical_assistance": "-583.11",
        "fund:floor": "-134.79", "patient": "-253.95",
    }  # fmt: skip
    assert told["patient"]["difference"] == "-253.95"
    made = done(service, token, path, "vr", {"reason": "错人"})
    assert made["patient"] == told["patient"]
    status, twice = service.ask("POST", f"{path}/preview", token, {"reason": "错人"})
    assert (status, codes(twice)) == (409, ["S411"])


def test_the_answer_of_the_platform_is_what_was_previewed(service: Service, rows: Rows) -> None:
    token = service.token(may_back_date=True)
    poor(service, "VA")
    _, waiting = service.settle(token, silent("VA1", "VA"))
    path = f"/api/v1/settlements/{waiting['settlement_id']}/answer"
    asked = {
        "given": {"basic": "1700.00", "critical_illness": "0.00", "medical_assistance": "700.00"}
    }
    before = rows()
    told = looked(service, token, path, asked)
    assert rows() == before
    assert (told["before"]["patient"], told["after"]["patient"]) == ("253.95", "139.50")
    assert told["patient"]["difference"] == "-114.45"
    made = done(service, token, path, "va", asked)
    assert made["settlement"]["payments"] == told["settlement"]["payments"]
    assert made["patient"] == told["patient"]


def test_more_of_a_poor_patient_is_previewed_as_waiting_for_a_decision(service: Service) -> None:
    token = service.token(may_back_date=True)
    poor(service, "VM")
    _, first = service.settle(token, bill("VM1", "VM", "2539.50", "2019-03-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}/correct"
    asked = {"bill": bill("VM1", "VM", "3539.50", "2019-03-01"), "reason": "漏记"}
    told = looked(service, token, path, asked)
    assert told["patient"] == {
        "asked": "253.95", "now": "353.95", "difference": "100.00", "state": "needs_approval",
    }  # fmt: skip
    (new,) = told["proposals"]["new"]
    assert (new["kind"], new["amount"], "settlement_id" in new) == ("collect", "100.00", False)


def test_settling_a_visit_is_what_was_previewed_and_faults_are_not_quarantined(
    service: Service, rows: Rows
) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "VS1", banan.line("2539.50"))
    before = rows()
    told = looked(service, token, f"{path}/settle", {})
    assert rows() == before
    assert (told["before"], told["after"]["total"]) == (None, "2539.50")
    given = {"basic": "1000.00", "critical_illness": "0.00", "medical_assistance": "0.00"}
    other = looked(service, token, f"{path}/settle", {"given": given})
    assert other["after"]["payments"]["basic"] == "1000.00"
    assert [
        w["layer"] for w in other["settlement"]["warnings"] if w["code"] == "given_differs"
    ] == ["basic"]
    later = looked(service, token, f"{path}/settle", {"awaiting": ["basic"]})
    assert later["settlement"]["provisional"] == "platform"
    status, refused = service.ask(
        "POST", f"{path}/settle/preview", token, {"given": {"floor": "1.00"}}
    )
    assert (status, codes(refused)) == (422, ["F405"])
    assert rows() == before
    made = done(service, token, f"{path}/settle", "vs1", {"given": given})
    assert made["payments"] == other["settlement"]["payments"]
    assert made["patient"] == other["after"]["patient"]


def test_a_bill_that_moved_since_it_was_looked_at_is_not_settled(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "VV1", banan.line("100.00"))
    _, seen = service.ask("GET", path, token)
    more = {"lines": [banan.line("50.00", line_id="L2")]}
    assert service.ask("POST", f"{path}/lines", token, more)[0] == 201
    asked = {"message_id": "vv1", "version": seen["version"]}
    status, told = service.ask("POST", f"{path}/settle", token, asked)
    assert (status, codes(told)) == (409, ["S660"])
    _, anew = service.ask("GET", path, token)
    assert anew["settlement_id"] is None
    asked = {**asked, "version": anew["version"]}
    status, told = service.ask("POST", f"{path}/settle", token, asked)
    assert (status, told["total"]) == (201, "150.00")
    assert service.ask("POST", f"{path}/settle", token, asked)[0] == 200  # a double click


def test_a_visit_settled_without_the_platform_waits_for_it(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "VW1", banan.line("2539.50"))
    asked = {"message_id": "vw1", "awaiting": ["basic", "critical_illness", "medical_assistance"]}
    status, told = service.ask("POST", f"{path}/settle", token, asked)
    assert (status, told["provisional"]) == (201, "platform")
    _, waits = service.ask("GET", "/api/v1/awaiting", token)
    assert "VW1" in [one["visit_id"] for one in waits["awaiting"]]


def test_what_a_settlement_rests_on_can_be_seen_and_comes_out_again(service: Service) -> None:
    token = service.token(may_back_date=True)
    poor(service, "VB")
    _, first = service.settle(token, bill("VB1", "VB", "2539.50", "2019-03-01"))
    path = f"/api/v1/settlements/{first['settlement_id']}"
    asked = {"bill": bill("VB1", "VB", "2467.50", "2019-03-01"), "reason": "手术包多计一次"}
    made = done(service, token, f"{path}/correct", "vb", asked)["settlement"]
    path = f"/api/v1/settlements/{made['settlement_id']}"
    status, told = service.ask("GET", f"{path}/basis", token)
    assert status == 200
    assert [line["amount"] for line in told["bill"]["lines"]] == ["2467.50"]
    assert told["register"]["known"] is True
    assert told["register"]["person"]["standings"][0]["code"] == "registered_poor"
    assert told["versions"]["pack"] == banan.PACK_ID
    assert told["versions"]["fingerprint"] == made["fingerprint"]
    kinds = [(p["kind"], p["settlement_id"]) for p in told["postings"]]
    old, new = first["settlement_id"], made["settlement_id"]
    assert kinds == [("settle", old), ("reverse", old), ("settle", new)]
    assert told["postings"][1]["reason"] == "手术包多计一次"
    assert [one["replaced_by"] for one in told["of_visit"]] == [new, None]
    assert told["seal"] is None
    assert holds(service)
    _, sealed = service.ask("GET", f"{path}/basis", token)
    assert sealed["seal"]["size"] > sealed["seal"]["place"]
    _, proof = service.ask("GET", f"/api/v1/ledger/proof/{new}", token)
    assert proof["place"] == sealed["seal"]["place"]
    status, again = service.ask("POST", f"{path}/replay", token, {})
    assert (status, again["same"], again["differs"]) == (200, True, [])
    assert again["amounts"] > 20


def rewritten(service: Service, settlement: int, text: str) -> None:
    """The answer of a settlement altered behind the guards."""
    with psycopg.connect(service.url, autocommit=True) as database:
        for said in ("DISABLE", "ENABLE"):
            database.execute(f"ALTER TABLE settlement_settlement {said} TRIGGER ALL")
            if said == "DISABLE":
                database.execute(
                    "UPDATE settlement_settlement SET result = %s WHERE id = %s", [text, settlement]
                )


def test_a_replay_names_the_figure_that_is_not_what_was_answered(service: Service) -> None:
    token = service.token(may_back_date=True)
    registered(service, "VX")
    _, made = service.settle(token, bill("VX1", "VX", "1000.00", "2019-03-01"))
    number = int(made["settlement_id"])
    ((text,),) = service.rows("SELECT result FROM settlement_settlement WHERE id = %s", number)
    rewritten(service, number, json.dumps({**json.loads(text), "patient": "1.00"}))
    _, again = service.ask("POST", f"/api/v1/settlements/{number}/replay", token, {})
    assert again["same"] is False
    assert again["differs"] == [{"name": "patient", "recorded": "1.00", "again": made["patient"]}]
    rewritten(service, number, text)


def test_who_looked_is_recorded(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "VL1", banan.line("10.00"))
    looked(service, token, f"{path}/settle", {})
    found = service.rows(
        "SELECT action, detail ->> 'visit' FROM audit_log_record WHERE subject = 'person:PVL1' ORDER BY id"
    )
    assert found[-1] == ("settle.preview", "VL1")
    assert "settle" not in [action for action, _ in found]
