"""Running visits: looked at as `doudi check` would, lines once each, settled as a whole bill would be."""

import itertools
import json
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

import banan
from doudi.precheck.check import check
from doudi.source_text import read_json
from doudi.wire.bills import read_bills
from doudi.wire.findings import finding_json
from doudi.wire.lines import Lists
from doudi_web.settlement import running
from doudi_web.wards import worst
from web.people import person, standing
from web.service import Json, Service
from web.test_settling import bill

VISITS = "/api/v1/visits"
_numbers = itertools.count(1)


def header(visit: str, person: str, **more: Any) -> Json:
    made = bill(visit, person, **more)
    return {key: value for key, value in made.items() if key != "lines"}


def checked(stated: Mapping[str, Any]) -> Json:
    """What `doudi check --json` says of one bill whose person the register does not know."""
    person = {**stated["person"], "standings": []}
    text = json.dumps({**stated, "person": person})
    claims = read_bills(read_json("bill", text), Lists(), banan.DAY).claims
    (found,) = check(banan.SHELF, claims, Lists().catalogue).findings
    return json.loads(json.dumps(finding_json(found)))


def opened(service: Service, token: str, visit: str, *lines: Json, **more: Any) -> str:
    """A new visit with lines; its path."""
    status, told = service.ask("POST", VISITS, token, header(visit, f"P{visit}", **more))
    assert (status, told["visit_id"]) == (201, visit)
    path = f"{VISITS}/{visit}"
    if lines:
        asked = {"lines": list(lines)}
        assert service.ask("POST", f"{path}/lines", token, asked)[0] == 201
    return path


def without(told: Json, *keys: str) -> Json:
    return {key: value for key, value in told.items() if key not in keys}


def test_a_precheck_says_what_the_command_says_and_writes_nothing(service: Service) -> None:
    token = service.token(may_back_date=True)
    stated = bill("K1", "PK", "2539.50", settled="2019-06-13T00:00:00+08:00")
    stated["lines"] += [
        banan.line("500.00", "丙", "L2"),
        banan.line("80.00", "丙", "L3", draft=True),
    ]
    tables = ("settlement", "posting", "quarantined", "visit", "accumulatorentry")
    counts = [service.rows(f"SELECT count(*) FROM settlement_{name}") for name in tables]
    numbers = service.rows("SELECT last_value FROM settlement_settlement_id_seq")
    status, told = service.ask("POST", "/api/v1/precheck", token, stated)
    assert status == 200
    expected = checked(stated)
    assert without(told, "provisional", "provisional_reasons", "settled") == without(
        expected, "settled"
    )
    assert told["provisional"] == "eligibility"
    assert [m["line"] for m in told["marginal"]] == ["L1", "L2"]
    assert told["drafts"]["effect"]["patient"] == expected["drafts"]["effect"]["patient"]
    status, amounts = service.ask("POST", "/api/v1/precheck?effects=0", token, stated)
    assert status == 200
    assert amounts == without(told, "marginal", "alternatives", "drafts")
    assert [service.rows(f"SELECT count(*) FROM settlement_{name}") for name in tables] == counts
    assert service.rows("SELECT last_value FROM settlement_settlement_id_seq") == numbers


def test_a_precheck_stands_on_what_the_person_had_before(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("K2", "PK2"))[0] == 201
    _, told = service.ask("POST", "/api/v1/precheck", token, bill("K3", "PK2"))
    assert told["accumulators"]["after_basic"] == {"before": "1195.80", "after": "2391.60"}


def test_lines_are_added_once_each(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V1", banan.line("100.00"))
    two = [banan.line("100.00"), banan.line("50.00", line_id="L2")]
    status, told = service.ask("POST", f"{path}/lines", token, {"lines": two})
    assert (status, told) == (201, {"added": ["L2"], "unchanged": ["L1"], "withdrawn": []})
    status, told = service.ask("POST", f"{path}/lines", token, {"lines": two})
    assert (status, told["added"], told["unchanged"]) == (200, [], ["L1", "L2"])
    other = [banan.line("1.00", line_id="L3"), banan.line("99.00")]
    status, told = service.ask("POST", f"{path}/lines", token, {"lines": other})
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S492"])
    _, seen = service.ask("GET", path, token)
    assert [(x["content"]["id"], x["withdrawn"]) for x in seen["lines"]] == [
        ("L1", None),
        ("L2", None),
    ]
    assert seen["finding"]["total"] == "150.00"


def test_a_visit_is_opened_once(service: Service) -> None:
    token = service.token(may_back_date=True)
    opened(service, token, "V2")
    assert service.ask("POST", VISITS, token, header("V2", "PV2"))[0] == 200
    status, told = service.ask("POST", VISITS, token, header("V2", "other"))
    assert (status, told["faults"][0]["code"]) == (409, "S491")
    status, told = service.ask("POST", VISITS, token, {**bill("V2", "PV2")})
    assert (status, told["faults"][0]["code"]) == (422, "F202")
    status, told = service.ask("POST", VISITS, token, {"visit_id": "V3", "facility": 3})
    assert status == 422
    assert {f["code"] for f in told["faults"]} == {"F201", "F203"}


def test_of_whom_the_register_knows_the_id_opens_a_visit(service: Service) -> None:
    admin, token = service.token("district_admin"), service.token(may_back_date=True)
    stated = person("VR", standings=[standing()], tiers=[{"tier": "tier_1", "from": "1970-01-01"}])
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": [stated]})[0] == 201
    short = {**header("VR1", "VR"), "person": {"id": "VR"}}
    assert service.ask("POST", VISITS, token, short)[0] == 201
    assert service.ask("POST", VISITS, token, short)[0] == 200
    lines = {"lines": [banan.line("2539.50")]}
    assert service.ask("POST", f"{VISITS}/VR1/lines", token, lines)[0] == 201
    status, told = service.ask("POST", f"{VISITS}/VR1/settle", token, {"message_id": "vr"})
    assert (status, told["standing"]) == (201, standing()["code"])
    unknown = {**header("VR2", "VU"), "person": {"id": "VU"}}
    status, told = service.ask("POST", VISITS, token, unknown)
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F201"])


def test_a_withdrawn_line_is_kept_and_counts_no_more(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V4", banan.line("100.00"), banan.line("50.00", line_id="L2"))
    status, gone = service.ask("DELETE", f"{path}/lines/L2", token)
    assert status == 200
    assert service.ask("DELETE", f"{path}/lines/L2", token) == (200, gone)
    _, seen = service.ask("GET", path, token)
    assert [x["withdrawn"] for x in seen["lines"]] == [None, gone["withdrawn"]]
    assert seen["finding"]["total"] == "100.00"
    again = {
        "lines": [banan.line("50.00", line_id="L2")]
    }  # a late repetition does not bring it back
    status, told = service.ask("POST", f"{path}/lines", token, again)
    assert (status, told) == (200, {"added": [], "unchanged": [], "withdrawn": ["L2"]})
    status, told = service.ask("DELETE", f"{path}/lines/L9", token)
    assert (status, told["faults"][0]["code"]) == (404, "S495")


def test_a_visit_settles_to_what_was_told_before_and_takes_no_more_lines(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V5", banan.line("2539.50"), banan.line("9.00", line_id="L2"))
    service.ask("DELETE", f"{path}/lines/L2", token)
    status, before = service.ask("POST", f"{path}/presettle", token, {})
    assert (status, before["patient"], before["total"]) == (200, "1195.80", "2539.50")
    status, home = service.ask("POST", f"{path}/discharge", token, {"discharged": "2019-06-13"})
    assert (status, home["discharged"]) == (200, "2019-06-13T00:00:00+08:00")
    assert service.ask("POST", f"{path}/discharge", token, {}) == (200, home)
    status, told = service.ask("POST", f"{path}/discharge", token, {"discharged": "2019-06-12"})
    assert (status, told["faults"][0]["code"]) == (409, "S494")
    status, settled = service.ask("POST", f"{path}/settle", token, {"message_id": "v5"})
    assert status == 201
    assert without(settled, "settlement_id", "sealed", "sequence") == without(before, "sequence")
    assert service.ask("POST", f"{path}/settle", token, {"message_id": "v5"}) == (200, settled)
    status, told = service.ask("POST", f"{path}/settle", token, {"message_id": "v5b"})
    assert (status, told["faults"][0]["code"]) == (409, "S410")
    late = {"lines": [banan.line("1.00", line_id="L3")]}
    for method, at, asked in (
        ("POST", f"{path}/lines", late),
        ("DELETE", f"{path}/lines/L1", None),
        ("POST", f"{path}/precheck", {}),
        ("POST", f"{path}/discharge", {}),
    ):
        status, told = service.ask(method, at, token, asked)
        assert (status, told["faults"][0]["code"]) == (409, "S493"), at
    _, seen = service.ask("GET", path, token)
    assert (seen["settlement_id"], seen["finding"]) == (settled["settlement_id"], None)


def test_a_visit_that_was_opened_with_a_discharge_has_that_one(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V5d", banan.line("100.00"), discharged="2019-06-12")
    other = {"discharged": "2019-06-13"}
    status, told = service.ask("POST", f"{path}/discharge", token, other)
    assert (status, told["faults"][0]["code"]) == (409, "S494")
    assert service.ask("GET", path, token)[1]["discharged"] is None
    home = {"visit_id": "V5d", "discharged": "2019-06-12T00:00:00+08:00"}
    assert service.ask("POST", f"{path}/discharge", token, {}) == (200, home)
    assert service.ask("POST", f"{path}/discharge", token, {"discharged": "2019-06-12"}) == (
        200,
        home,
    )
    _, seen = service.ask("GET", path, token)
    assert (seen["discharged"], seen["header"]["discharged"]) == (home["discharged"], "2019-06-12")


def test_a_reversed_visit_runs_again(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V6", banan.line("100.00"))
    _, settled = service.ask("POST", f"{path}/settle", token, {"message_id": "v6"})
    undo = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
    assert service.ask("POST", undo, token, {"message_id": "u6", "reason": "漏了一行"})[0] == 201
    more = {"lines": [banan.line("20.00", line_id="L2")]}
    assert service.ask("POST", f"{path}/lines", token, more)[0] == 201
    status, anew = service.ask("POST", f"{path}/settle", token, {"message_id": "v6b"})
    assert (status, anew["total"]) == (201, "120.00")


def test_draft_orders_are_looked_at_and_keep_a_visit_from_being_settled(service: Service) -> None:
    token = service.token(may_back_date=True)
    draft = banan.line("80.00", "丙", "L2", draft=True)
    path = opened(service, token, "V7", banan.line("100.00"), draft)
    _, told = service.ask("POST", f"{path}/precheck", token, {})
    assert (told["total"], told["drafts"]["after"]["total"]) == ("100.00", "180.00")
    for at, asked in ((f"{path}/presettle", {}), (f"{path}/settle", {"message_id": "v7"})):
        status, told = service.ask("POST", at, token, asked)
        assert (status, [f["code"] for f in told["faults"]]) == (422, ["F430"])
    held = (
        "SELECT visit, message FROM settlement_quarantined WHERE visit = 'V7' AND released IS NULL"
    )
    assert service.rows(held) == [("V7", "v7")]  # the refused settlement alone is kept
    service.ask("DELETE", f"{path}/lines/L2", token)
    assert service.ask("POST", f"{path}/settle", token, {"message_id": "v7b"})[0] == 201
    assert service.rows(held) == []


def test_a_hospital_sees_its_own_running_visits_the_worst_first(service: Service) -> None:
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('HA', '甲院', '2', '500113'),"
        " ('HB', '乙院', '2', '500113') RETURNING code"
    )
    at_a = {"facility": {"code": "HA", "level": "2", "district": "500113"}, "settled": "2019-06-13"}
    at_b = {**at_a, "facility": {**at_a["facility"], "code": "HB"}}  # type: ignore[dict-item]
    token = service.token(facility="HA", may_back_date=True)
    other = service.token(facility="HB", may_back_date=True)
    opened(service, token, "W1", banan.line("1000.00"), **at_a)
    opened(service, token, "W2", banan.line("1000.00"), banan.line("900.00", "丙", "L2"), **at_a)
    opened(service, token, "W3", banan.line("1000.00"), banan.line("95.00", "丙", "L2"), **at_a)
    opened(service, token, "W4", banan.line("1000.00"), **{**at_a, "kind": "spa"})
    opened(service, other, "W5", banan.line("1000.00"), **at_b)
    status, told = service.ask("GET", VISITS, token)
    assert status == 200
    assert [(v["visit_id"], v["status"]) for v in told["visits"]] == [
        ("W4", "faulty"),
        ("W2", "exceeded"),
        ("W3", "approaching"),
        ("W1", "within"),
    ]
    assert [f["code"] for f in told["visits"][0]["faults"]] == ["F403"]
    assert (told["visits"][1]["share"], told["more"]) == ("0.4737", False)
    assert [v["visit_id"] for v in service.ask("GET", VISITS, other)[1]["visits"]] == ["W5"]
    for method, path, asked in (
        ("GET", f"{VISITS}/W1", None),
        ("GET", f"{VISITS}?facility=HA", None),
        ("POST", f"{VISITS}/W1/lines", {"lines": [banan.line("1.00", line_id="L8")]}),
        ("POST", f"{VISITS}/W1/precheck", {}),
        ("POST", f"{VISITS}/W1/presettle", {}),
        ("POST", f"{VISITS}/W1/discharge", {}),
        ("POST", f"{VISITS}/W1/settle", {"message_id": "w"}),
        ("DELETE", f"{VISITS}/W1/lines/L1", None),
        ("POST", VISITS, header("W9", "P", **at_a)),
        ("POST", "/api/v1/precheck", bill("W9", "P", **at_a)),
    ):
        status, told = service.ask(method, path, other, asked)
        told_of = (404, "S490") if "/W1" in path else (403, "S404")
        assert (status, told["faults"][0]["code"]) == told_of, path
    admin = service.token("district_admin")
    seen = service.ask("GET", f"{VISITS}?facility=HB", admin)[1]["visits"]
    assert [v["visit_id"] for v in seen] == ["W5"]


def test_the_worst_is_first_however_long_it_has_run_and_pages_follow_one_another(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('HW', '院', '2', '500113')"
        " RETURNING code"
    )
    here: Json = {
        "facility": {"code": "HW", "level": "2", "district": "500113"},
        "settled": "2019-06-13",
    }
    token = service.token(facility="HW", may_back_date=True)
    for n, over in enumerate(("900.00", "0.01", "300.00", "600.00", "200.00")):
        lines = (banan.line("1000.00"), banan.line(over, "丙", "L2"))
        opened(service, token, f"W1{n}", *lines, **here)
    monkeypatch.setattr(worst, "LISTED", 2)
    service.ask("GET", VISITS, token)  # what they come to is kept
    looked, look = list[str](), running._looked

    def counted(actor: Any, visit: running.Visit, action: str | None) -> Any:
        looked.append(visit.id)
        return look(actor, visit, action)

    monkeypatch.setattr(running, "_looked", counted)
    seen: list[list[str]] = []
    after: int | None = 0
    while after is not None:
        status, told = service.ask("GET", f"{VISITS}?after={after}", token)
        assert (status, told["more"]) == (200, told["after"] is not None)
        seen.append([v["visit_id"] for v in told["visits"]])
        after = told["after"]
    assert seen == [["W10", "W13"], ["W12", "W14"], ["W11"]]
    assert len(looked) == 5  # each once, on its own page


def test_who_may_not_is_told_so(service: Service) -> None:
    writer, auditor = service.token(may_back_date=True), service.token("auditor")
    path = opened(service, writer, "V8")
    for method, at, asked in (
        ("POST", VISITS, header("V9", "P")),
        ("POST", f"{path}/lines", {"lines": [banan.line("1.00")]}),
        ("DELETE", f"{path}/lines/L1", None),
        ("POST", f"{path}/precheck", {}),
        ("POST", f"{path}/presettle", {}),
        ("POST", f"{path}/discharge", {}),
        ("POST", f"{path}/settle", {"message_id": "x"}),
        ("POST", "/api/v1/precheck", bill("V9", "P")),
    ):
        status, told = service.ask(method, at, auditor, asked)
        assert (status, told["faults"][0]["code"]) == (403, "S403"), at
    assert service.ask("GET", path, auditor)[0] == 200
    status, told = service.ask("GET", f"{VISITS}/none", auditor)
    assert (status, told["faults"][0]["code"]) == (404, "S490")


def test_a_line_of_a_wrong_form_adds_none(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "V10")
    lines = [
        banan.line("1.00"),
        {"id": "L2", "quantity": "1", "unit_price": "1.001x", "amount": "1"},
    ]
    status, told = service.ask("POST", f"{path}/lines", token, {"lines": lines})
    assert (status, told["faults"][0]["code"]) == (422, "F203")
    assert "lines[1]" in told["faults"][0]["where"]
    for nothing in ({}, {"lines": []}, {"lines": "x"}):
        status, told = service.ask("POST", f"{path}/lines", token, nothing)
        assert (status, told["faults"][0]["code"]) == (422, "F201")
    assert service.ask("GET", path, token)[1]["lines"] == []


def test_an_identity_number_is_kept_nowhere(service: Service) -> None:
    token = service.token(may_back_date=True)
    number = "11010519491231002X"  # made up, with its check digit
    stated = bill("X1", "PX")
    stated["person"]["id_number"] = number
    assert service.settle(token, {**stated, "kind": "spa"})[0] == 422
    assert service.settle(token, stated)[0] == 201
    running = {key: value for key, value in stated.items() if key != "lines"} | {"visit_id": "X2"}
    assert service.ask("POST", VISITS, token, running)[0] == 201
    assert service.ask("POST", VISITS, token, running)[0] == 200
    kept = [
        *service.rows("SELECT bill FROM settlement_quarantined WHERE person = 'PX'"),
        *service.rows("SELECT evidence FROM settlement_settlement WHERE person = 'PX'"),
    ]
    texts = [zlib.decompress(content).decode() for (content,) in kept]
    (header_kept,) = service.rows("SELECT header::text FROM settlement_visit WHERE visit = 'X2'")
    assert len(texts) == 2
    assert [text for text in (*texts, *header_kept) if number in text] == []
    assert all('"PX"' in text for text in (*texts, *header_kept))


def test_lines_that_come_while_a_visit_is_settled_are_in_it_or_refused(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "Y1", banan.line("1.00", line_id="L0"))
    calls: list[tuple[str, str, Json]] = [
        ("POST", f"{path}/lines", {"lines": [banan.line("1.00", line_id=f"L{n}")]})
        for n in range(1, 25)
    ]
    calls[12:12] = [("POST", f"{path}/settle", {"message_id": f"y{n}"}) for n in range(3)]

    def call(asked: tuple[str, str, Json]) -> tuple[int, Json]:
        try:
            return service.ask(asked[0], asked[1], token, asked[2])
        finally:
            connection.close()

    connection.close()
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(call, calls))
    settled = [made for status, made in told[12:15] if status == 201]
    others = sorted(status for status, _ in told[12:15])
    taken = [status for status, _ in (*told[:12], *told[15:])]
    assert (len(settled), others) == (1, [201, 409, 409])
    assert set(taken) <= {201, 409}
    assert len(settled[0]["lines"]) == 1 + taken.count(201)
    assert service.rows(
        "SELECT count(*) FROM settlement_feeline f JOIN settlement_visit v ON v.id = f.visit_id"
        " WHERE v.visit = 'Y1'"
    ) == [(1 + taken.count(201),)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"discharge": "2019-06-10"}, "F202"),
        ("2019-06-10", "F203"),
        ([], "F203"),
        ({"discharged": "2019-06-10", "by": "x"}, "F202"),
    ],
)
def test_what_is_not_understood_sends_nobody_home(
    service: Service, body: object, found: str
) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, f"DX{next(_numbers)}")
    status, told = service.ask("POST", f"{path}/discharge", token, body)
    assert (status, [f["code"] for f in told["faults"]]) == (422, [found])
    assert service.ask("GET", path, token)[1]["discharged"] is None


@pytest.mark.parametrize("path", ["lines", "settle"])
def test_a_key_that_nobody_reads_is_a_fault(service: Service, path: str) -> None:
    token = service.token(may_back_date=True)
    visit = opened(service, token, f"KX{next(_numbers)}", banan.line("1.00"))
    body = {"lines": [banan.line("2.00", line_id="L9")], "message_id": "kx", "note": "x"}
    status, told = service.ask("POST", f"{visit}/{path}", token, body)
    assert status == 422
    assert {f["code"] for f in told["faults"]} == {"F202"}
    assert len(service.ask("GET", visit, token)[1]["lines"]) == 1


def test_a_visit_that_cannot_be_looked_at_hides_no_other(service: Service) -> None:
    token = service.token(may_back_date=True)
    opened(service, token, "FUT", settled="2150-01-01T00:00:00+08:00")
    opened(service, token, "NOW", banan.line("1.00"))
    status, told = service.ask("GET", VISITS, token)
    assert status == 200
    rows = {row["visit_id"]: [f["code"] for f in row["faults"]] for row in told["visits"]}
    assert (rows["FUT"], rows["NOW"]) == (["S422"], [])
    status, told = service.ask("GET", f"{VISITS}/FUT", token)
    assert (status, [f["code"] for f in told["faults"]]) == (200, ["S422"])


def test_a_visit_that_is_settled_is_not_opened(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("DONE", "PDONE"))[0] == 201
    status, told = service.ask("POST", VISITS, token, header("DONE", "PDONE"))
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S493"])
    listed = service.ask("GET", VISITS, token)[1]["visits"]
    assert "DONE" not in [row["visit_id"] for row in listed]


def test_a_whole_bill_of_a_running_visit_is_held_against_it(service: Service) -> None:
    """Its lines were passed over without a word, and it could be settled on another person."""
    token = service.token(may_back_date=True)
    lines = [banan.line("300.00", line_id=f"L{n}") for n in (1, 2, 3)]
    path = opened(service, token, "RB1", *lines)
    assert service.ask("DELETE", f"{path}/lines/L3", token)[0] == 200
    other = bill("RB1", "somebody else")
    status, told = service.settle(token, other)
    assert (status, [f["code"] for f in told["faults"]]) == (409, ["S514"])
    whole = {**header("RB1", "PRB1"), "lines": lines[:1]}
    for way in (("POST", "/api/v1/precheck", token, whole), None):
        status, told = service.ask(*way) if way else service.settle(token, whole)
        assert status == (200 if way else 201), told
        (warned,) = [w for w in told["warnings"] if w["code"] == "running_lines_left_out"]
        assert "费用行 L2 不在" in warned["text"]
    path = opened(service, token, "RB2", *lines)
    status, told = service.ask("POST", f"{path}/settle", token, {"message_id": "rb2"})
    assert (status, [w["code"] for w in told["warnings"]]) == (201, [])


CODES = {"S490", "S491", "S492", "S493", "S494", "S495", "S514"}
"""The codes that this file makes."""
