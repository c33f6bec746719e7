"""Fee lists by file: looked at by row and cell, mended, taken in all or none, taken back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

import banan
from doudi_web.intake import importing
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from faults.test_tables import PLANTED
from tables import HEADER, Row, csv_of, fee_rows, total_of, xlsx_of
from web.accounts import codes
from web.service import Json, Service
from web.test_settling import bill
from web.test_visits import VISITS, opened

INTAKE = "/api/v1/intake"
CODES = {f"S65{n}" for n in range(10)}
"""The codes that this file makes."""
OF_VISIT = ("就诊号", *HEADER)


def bring(
    service: Service, token: str, content: bytes, kind: str = "fees", **query: str
) -> tuple[int, Json]:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return service.ask("POST", f"{INTAKE}?kind={kind}&{asked}", token, content)


def act(service: Service, token: str, made: Json, what: str, **more: Any) -> tuple[int, Json]:
    asked = {"revision": made["revision"], **more}
    return service.ask("POST", f"{INTAKE}/{made['id']}/{what}", token, asked)


def rows(service: Service, token: str, made: Json, tab: str, page: int = 0) -> list[Json]:
    path = f"{INTAKE}/{made['id']}/rows?tab={tab}&page={page}"
    status, told = service.ask("GET", path, token)
    assert status == 200, told
    return told["rows"]


def standing(service: Service, visit: str) -> list[tuple[str, bool]]:
    return service.rows(
        "SELECT line, withdrawn IS NULL FROM settlement_feeline l JOIN settlement_visit v ON v.id = l.visit_id"
        " WHERE v.visit = %s ORDER BY l.id",
        visit,
    )


def fees(count: int, visit: str = "", *, start: int = 0) -> list[list[object]]:
    """Rows of a fee list, with a visit in front where one is named."""
    made = fee_rows(count)[start:]
    return [[visit, *row] for row in made] if visit else made


def office(service: Service, code: str = "F") -> str:
    service.facilities(code)
    return service.token("insurance_office", code)


def planted(*, mended: bool = False) -> list[Row]:
    lines = fee_rows(300)
    total = total_of(lines)
    if not mended:
        for row, column, value, *_ in PLANTED:
            lines[row][column] = value
    return [["示例医院 住院费用清单"], HEADER, *lines, ["合计", *[None] * 7, total, None]]


# Catches a fault that is missed, is told of another cell, or stays when its cell is mended.
@pytest.mark.parametrize("form", ["xlsx", "gbk"])
def test_ten_planted_faults_are_mended_on_the_spot_and_three_hundred_lines_stand(
    service: Service, form: str
) -> None:
    visit, token = f"T{form}", office(service)
    opened(service, service.token(facility="F"), visit)
    content = xlsx_of(planted()) if form == "xlsx" else csv_of(planted(), "gbk")
    status, made = bring(service, token, content, visit=visit, name="清单")
    assert (status, made["state"]) == (201, "faulty")
    assert {k: made["counts"][k] for k in ("rows", "faulty", "new", "clash", "file_faults")} == {
        "rows": 300, "faulty": 10, "new": 290, "clash": 0, "file_faults": 0,
    }  # fmt: skip
    wrong = rows(service, token, made, "faulty")
    assert [
        (one["row"], one["faults"][0]["code"], one["faults"][0]["column"]) for one in wrong
    ] == [(row + 3, code, column) for row, column, _, code, _ in PLANTED]
    assert standing(service, visit) == []
    sound = fee_rows(300)
    keys = [one["key"] for one in made["columns"]]
    cells = [
        {"row": row + 3, "key": keys[column], "value": str(sound[row][column] or "")}
        for row, column, *_ in PLANTED
    ]
    status, mended = act(service, token, made, "mend", cells=cells)
    assert (status, mended["state"], mended["counts"]["new"]) == (200, "ready", 300)
    assert mended["revision"] == made["revision"] + 1
    assert len(mended["mended"]) == 10
    assert standing(service, visit) == []
    status, taken = act(service, token, mended, "confirm")
    assert (status, taken["state"]) == (200, "confirmed")
    assert standing(service, visit) == [(str(row[0]), True) for row in fee_rows(300)]
    seen = service.ask("GET", f"{VISITS}/{visit}", token)[1]
    assert seen["finding"]["total"] == total_of(fee_rows(300))
    assert codes(act(service, token, taken, "confirm")[1]) == ["S652"]


def test_sound_rows_alone_where_somebody_says_so_and_the_others_when_they_are_mended(
    service: Service,
) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "P1")
    lines = fee_rows(6)
    lines[2][7] = "-3.00"
    lines.append(["T9", *lines[2][1:6], -1, "1.00", "-1.00", lines[2][0]])
    made = bring(service, token, xlsx_of([HEADER, *lines]), visit="P1")[1]
    wrong = rows(service, token, made, "faulty")
    assert [(one["row"], one["faults"][0]["code"]) for one in wrong] == [(4, "F207"), (8, "S657")]
    assert (made["causes"][0]["title"], made["causes"][0]["what"]) == ("单价", "“-3.00”不能小于 0")
    status, refused = act(service, token, made, "confirm")
    assert (status, codes(refused)) == (409, ["S654"])
    status, partly = act(service, token, made, "confirm", leave=True)
    assert (status, partly["state"]) == (200, "partly")
    assert [line for line, _ in standing(service, "P1")] == [
        "F0001", "F0002", "F0004", "F0005", "F0006",
    ]  # fmt: skip
    price = str(fee_rows(6)[2][7])
    cells = [
        {"row": 4, "key": "unit_price", "value": price},
        {"row": 8, "key": "unit_price", "value": price},
        {"row": 8, "key": "amount", "value": f"-{price}"},
    ]
    status, mended = act(service, token, partly, "mend", cells=cells)
    assert (mended["state"], mended["counts"]["new"], mended["counts"]["same"]) == ("ready", 2, 5)
    status, whole = act(service, token, mended, "confirm")
    assert (status, whole["state"]) == (200, "confirmed")
    assert [line for line, _ in standing(service, "P1")][-2:] == ["F0003", "T9"]
    status, told = act(service, token, whole, "undo")
    assert (status, told) == (200, {"rows": 7, "kept": []})
    assert not any(stands for _, stands in standing(service, "P1"))


def test_a_list_of_several_visits_says_of_each_row_whose_it_is(service: Service) -> None:
    token, system = office(service), service.token(facility="F")
    opened(service, system, "M1", banan.line("5.00", line_id="OLD"))
    opened(service, system, "M2")
    opened(service, system, "M3")
    assert service.ask("POST", f"{VISITS}/M3/settle", system, {"message_id": "m3"})[0] == 201
    content = csv_of(
        [OF_VISIT, *fees(3, "M1"), *fees(4, "M2", start=2), *fees(1, "M3"), *fees(1, "M9"),
         ["", *fee_rows(1)[0]]], "utf-8",
    )  # fmt: skip
    made = bring(service, token, content)[1]
    wrong = rows(service, token, made, "faulty")
    assert [(one["row"], one["of"], one["faults"][0]["code"]) for one in wrong] == [
        (7, "M3", "S493"), (8, "M9", "S653"), (9, "", "S656"),
    ]  # fmt: skip
    sums = {one["visit"]: one for one in rows(service, token, made, "visits")}
    coming = sum(round(float(str(row[8])) * 100) for row in fee_rows(3))
    assert sums["M1"] == {
        "visit": "M1", "lines": 1, "standing": 500, "new": 3, "coming": coming, "held": 0,
    }  # fmt: skip
    other = bring(service, token, content, visit="M1")[1]
    found = rows(service, token, other, "faulty")
    assert [one["faults"][0]["code"] for one in found] == [*["S656"] * 4, "F303"]
    assert "选的是 M1" in found[0]["faults"][0]["what"]


def test_the_same_again_is_no_line_more_and_another_figure_is_a_clash(service: Service) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "C1")
    content = xlsx_of([HEADER, *fee_rows(5)])
    made = bring(service, token, content, visit="C1")[1]
    assert act(service, token, made, "confirm")[0] == 200
    again = bring(service, token, content, visit="C1")[1]
    assert (again["state"], again["counts"]["same"], again["counts"]["new"]) == ("ready", 5, 0)
    assert again["same_as"] == {"id": made["id"], "state": "confirmed"}
    assert codes(act(service, token, again, "confirm")[1]) == ["S652"]
    lines = fee_rows(6)
    lines[1][6:9] = [1, "9.00", "9.00"]
    clash = bring(service, token, xlsx_of([HEADER, *lines]), visit="C1")[1]
    assert {k: clash["counts"][k] for k in ("same", "clash", "new")} == {
        "same": 4, "clash": 1, "new": 1,
    }  # fmt: skip
    (one,) = rows(service, token, clash, "clash")
    old = fee_rows(2)[1]
    assert [(f["code"], f["what"]) for f in one["faults"]] == [
        ("S655", f"费用行 F0002 已经记过，数量是 {old[6]}，这里是 1"),
        ("S655", f"费用行 F0002 已经记过，单价是 {old[7]}，这里是 9"),
        ("S655", f"费用行 F0002 已经记过，金额是 {old[8]}，这里是 9.00"),
    ]
    assert codes(act(service, token, clash, "confirm")[1]) == ["S654"]
    assert act(service, token, clash, "confirm", leave=True)[1]["state"] == "partly"
    assert len(standing(service, "C1")) == 6


def test_what_the_hospital_posts_after_the_preview_is_told_and_nothing_is_written(
    service: Service,
) -> None:
    token, system = office(service), service.token(facility="F")
    path = opened(service, system, "V1x")
    made = bring(service, token, xlsx_of([HEADER, *fee_rows(5)]), visit="V1x")[1]
    line = {"lines": [banan.line("7.00", line_id="HIS")]}
    assert service.ask("POST", f"{path}/lines", system, line)[0] == 201
    status, refused = act(service, token, made, "confirm")
    assert (status, codes(refused)) == (409, ["S651"])
    assert refused["faults"][0]["what"].startswith("就诊 V1x：test ")
    assert refused["faults"][0]["what"].endswith(" 多了 1 行")
    assert standing(service, "V1x") == [("HIS", True)]
    status, seen = service.ask("POST", f"{INTAKE}/{made['id']}/look", token, {})
    assert (status, seen["revision"]) == (200, made["revision"] + 1)
    status, refused = act(service, token, made, "confirm")  # on the preview before
    assert (status, codes(refused)) == (409, ["S650"])
    assert act(service, token, seen, "confirm")[1]["state"] == "confirmed"
    assert len(standing(service, "V1x")) == 6


# Catches half of an import written, or a line twice, where the hospital posts at the same moment.
def test_an_import_and_the_hospital_at_the_same_moment_are_one_after_the_other(
    service: Service,
) -> None:
    token, system = office(service), service.token(facility="F")
    for visit in ("W1x", "W2x"):
        opened(service, system, visit)
    content = csv_of([OF_VISIT, *fees(40, "W1x"), *fees(40, "W2x")], "utf-8")
    made = [bring(service, token, content)[1] for _ in range(2)]

    def post(number: int) -> int:
        try:
            line = {"lines": [banan.line("1.00", line_id=f"H{number}")]}
            visit = f"W{number % 2 + 1}x"
            return service.ask("POST", f"{VISITS}/{visit}/lines", system, line)[0]
        finally:
            connection.close()

    def take(one: Json) -> int:
        try:
            return act(service, token, one, "confirm")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = [pool.submit(take, one) for one in made]
        posted = [pool.submit(post, n) for n in range(6)]
        statuses = sorted(one.result() for one in taken)
        assert {one.result() for one in posted} == {201}
    assert statuses in ([200, 409], [409, 409])
    lines = [line for visit in ("W1x", "W2x") for line, _ in standing(service, visit)]
    assert len(lines) == 6 + (80 if 200 in statuses else 0)


def test_undoing_takes_back_exactly_what_came_and_tells_what_it_cannot(service: Service) -> None:
    token, system = office(service), service.token(facility="F")
    for visit in ("U1x", "U2x"):
        opened(service, system, visit, banan.line("3.00", line_id="HIS"))
    content = csv_of([OF_VISIT, *fees(3, "U1x"), *fees(3, "U2x")], "utf-8")
    made = bring(service, token, content)[1]
    taken = act(service, token, made, "confirm")[1]
    status, settled = service.ask("POST", f"{VISITS}/U2x/settle", system, {"message_id": "u2x"})
    assert status == 201, settled
    status, refused = act(service, token, taken, "undo")
    assert (status, codes(refused)) == (409, ["S658"])
    assert "U2x" in refused["faults"][0]["what"]
    assert all(stands for _, stands in standing(service, "U1x"))
    status, told = act(service, token, taken, "undo", partly=True)
    assert (status, told["rows"], len(told["kept"])) == (200, 3, 1)
    assert standing(service, "U1x") == [
        ("HIS", True), ("F0001", False), ("F0002", False), ("F0003", False),
    ]  # fmt: skip
    assert all(stands for _, stands in standing(service, "U2x"))


def test_what_was_taken_back_may_come_again_mended_and_what_was_taken_out_by_hand_may_not(
    service: Service,
) -> None:
    token, system = office(service), service.token(facility="F")
    path = opened(service, system, "G1")
    made = bring(service, token, xlsx_of([HEADER, *fee_rows(3)]), visit="G1")[1]
    taken = act(service, token, made, "confirm")[1]
    assert service.ask("DELETE", f"{path}/lines/F0002", system)[0] == 200
    undone = service.ask("GET", f"{INTAKE}/{made['id']}", token)[1]
    assert act(service, token, undone, "undo")[0] == 200
    lines = fee_rows(3)
    lines[0][6:9] = [2, "10.00", "20.00"]
    again = bring(service, token, xlsx_of([HEADER, *lines]), visit="G1")[1]
    assert {k: again["counts"][k] for k in ("new", "gone", "clash")} == {
        "new": 2, "gone": 1, "clash": 0,
    }  # fmt: skip
    assert act(service, token, again, "confirm")[1]["state"] == "confirmed"
    assert sorted(standing(service, "G1")) == [("F0001", True), ("F0002", False), ("F0003", True)]
    assert taken["state"] == "confirmed"
    (amount,) = service.rows(
        "SELECT content ->> 'amount' FROM settlement_feeline l JOIN settlement_visit v ON v.id = l.visit_id"
        " WHERE v.visit = 'G1' AND line = 'F0001'"
    )
    assert amount == ("20.00",)


def test_two_people_mend_and_the_second_is_told(service: Service) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "T2x")
    lines = fee_rows(3)
    lines[1][6] = "两"
    made = bring(service, token, xlsx_of([HEADER, *lines]), visit="T2x")[1]
    cell = {"row": 3, "key": "quantity", "value": "1"}
    assert act(service, token, made, "mend", cells=[cell])[0] == 200
    status, refused = act(service, token, made, "mend", cells=[{**cell, "value": "9"}])
    assert (status, codes(refused)) == (409, ["S650"])
    told = service.ask("GET", f"{INTAKE}/{made['id']}", token)[1]
    assert [(one["before"], one["after"]) for one in told["mended"]] == [("两", "1")]
    for cells in ([{**cell, "row": 1}], [{**cell, "row": 99}], [{**cell, "key": "x"}]):
        status, refused = act(service, token, told, "mend", cells=cells)
        assert (status, codes(refused)) == (422, ["S659"])
    status, refused = act(service, token, told, "mend", cells=[1])
    assert (status, codes(refused)) == (422, ["F203"])


def test_a_column_that_nobody_knows_is_said_and_may_be_named(service: Service) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "N1x")
    titles = [*HEADER[:8], "实收钱", HEADER[9], "数 量（盒）2"]
    made = bring(service, token, xlsx_of([titles, *fee_rows(2)]), visit="N1x")[1]
    assert (made["state"], codes(made), made["columns"]) == ("faulty", ["F123"], [])
    assert "哪一列是什么" in made["faults"][0]["mend"]
    status, named = act(service, token, made, "mend", columns={"amount": "实收钱"})
    assert (status, named["state"], named["counts"]["new"]) == (200, "ready", 2)
    assert [(one["title"], one["key"]) for one in named["columns"][-2:]] == [
        ("退费原流水号", "refunds"), ("数 量（盒）2", None),
    ]  # fmt: skip


def test_a_large_file_is_looked_at_and_taken_in_as_long_work(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 100)
    token = office(service)
    opened(service, service.token(facility="F"), "L1x")
    made = bring(service, token, xlsx_of([HEADER, *fee_rows(120)]), visit="L1x")[1]
    assert (made["state"], made["progress"]["state"], made["revision"]) == ("reading", "queued", 0)
    assert run_next(threading.Event(), WORKS)
    seen = service.ask("GET", f"{INTAKE}/{made['id']}", token)[1]
    assert (seen["state"], seen["counts"]["new"], seen["progress"]) == ("ready", 120, None)
    assert len(rows(service, token, seen, "new", 2)) == 20
    waiting = act(service, token, seen, "confirm")[1]
    assert (waiting["state"], waiting["progress"]["state"]) == ("confirming", "queued")
    assert codes(act(service, token, waiting, "confirm")[1]) == ["S652"]
    assert standing(service, "L1x") == []
    assert run_next(threading.Event(), WORKS)
    assert service.ask("GET", f"{INTAKE}/{made['id']}", token)[1]["state"] == "confirmed"
    assert len(standing(service, "L1x")) == 120
    by = service.rows("SELECT DISTINCT actor FROM audit_log_record WHERE action = 'intake.confirm'")
    assert all(actor.startswith("token:") for (actor,) in by)


def test_an_import_of_another_hospital_is_not_there(service: Service) -> None:
    token, other = office(service), office(service, "G")
    opened(service, service.token(facility="F"), "O1x")
    made = bring(service, token, xlsx_of([HEADER, *fee_rows(2)]), visit="O1x")[1]
    for method, what in (("GET", ""), ("GET", "/rows"), ("POST", "/look")):
        status, refused = service.ask(method, f"{INTAKE}/{made['id']}{what}", other, {})
        assert (status, codes(refused)) == (404, ["S481"])
    assert codes(act(service, other, made, "confirm")[1]) == ["S481"]
    assert made["id"] not in [one["id"] for one in service.ask("GET", INTAKE, other)[1]["imports"]]
    assert made["id"] in [one["id"] for one in service.ask("GET", INTAKE, token)[1]["imports"]]
    admin = service.token("district_admin")
    status, refused = bring(service, admin, b"x", facility="F")
    assert (status, codes(refused)) == (403, ["S403"])
    status, refused = bring(service, service.token("doctor", "F"), b"x")
    assert (status, codes(refused)) == (403, ["S403"])


def test_a_settled_bill_is_not_touched(service: Service) -> None:
    token = office(service)
    made = bill("Z1x", "PZ1x")
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    seen = bring(service, token, xlsx_of([HEADER, *fee_rows(2)]), visit="Z1x")[1]
    assert {f["code"] for one in rows(service, token, seen, "faulty") for f in one["faults"]} == {
        "S653"
    }
