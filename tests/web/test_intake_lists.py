"""Lists of visits and rolls by file, and hostile files: what they open and register, and that they do no harm."""

from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from hostile_tables import hostile
from tables import HEADER, csv_of, fee_rows, xlsx_of
from web.accounts import codes
from web.people import number, person, standing
from web.service import Json, Service
from web.test_intake import INTAKE, act, bring, office, rows
from web.test_register import write
from web.test_rolls import HEADER as ROLL
from web.test_rolls import held, row
from web.test_visits import VISITS, opened

VISIT_HEADER = [
    "住院号",
    "登记号",
    "身份证号",
    "姓名",
    "就医类别",
    "入院日期",
    "出生日期",
    "诊断编码",
    "诊断名称",
]


def visits_of(*stated: list[Any]) -> bytes:
    return csv_of([VISIT_HEADER, *stated], "gbk")


def test_visits_are_opened_for_whom_the_register_knows_by_id_or_number(service: Service) -> None:
    write(service, person("IV1", 41, tiers=[{"tier": "tier_1", "from": "1970-01-01"}]))
    token = office(service)
    content = visits_of(
        ["A-1", "IV1", None, "周", "住院", "2019-06-01", None, "J18", "肺炎"],
        ["A-2", None, number(41), "周", "住院", "2019/6/2", None, None, None],
        ["A-3", None, number(42), "吴", "普通门诊", None, "1980-01-01", None, None],
    )
    made = bring(service, token, content, "visits")[1]
    assert (made["state"], made["counts"]["new"]) == ("ready", 3), rows(
        service, token, made, "faulty"
    )
    assert [one["title"] for one in made["columns"] if one["key"] is None] == ["姓名"]
    shown = rows(service, token, made, "new")
    assert shown[1]["cells"][2] == number(41)[0] + "*" * 13 + number(41)[-4:]
    assert service.rows("SELECT 1 FROM settlement_visit WHERE visit LIKE 'A-%%'") == []
    assert act(service, token, made, "confirm")[1]["state"] == "confirmed"
    header = service.ask("GET", f"{VISITS}/A-1", token)[1]["header"]
    assert header == {
        "visit_id": "A-1", "person": {"id": "IV1"}, "kind": "inpatient", "admitted": "2019-06-01",
        "facility": {"code": "F", "level": "2", "district": "500113"},
        "diagnoses": [{"code": "J18", "name": "肺炎", "main": True}],
    }  # fmt: skip
    assert service.ask("GET", f"{VISITS}/A-2", token)[1]["person"] == "IV1"
    stored = service.rows(
        "SELECT string_agg(header::text, '') FROM settlement_visit WHERE visit LIKE 'A-%%'"
    )
    assert number(41) not in stored[0][0]
    again = bring(service, token, content, "visits")[1]
    assert again["counts"]["same"] == 3
    assert act(service, token, bring_fees(service, token, "A-1"), "confirm")[0] == 200
    taken = service.ask("GET", f"{INTAKE}/{made['id']}", token)[1]
    status, refused = act(service, token, taken, "undo")
    assert (status, codes(refused)) == (409, ["S658"])
    assert act(service, token, taken, "undo", partly=True)[1]["rows"] == 2
    left = service.rows("SELECT visit FROM settlement_visit WHERE visit LIKE 'A-%%'")
    assert left == [("A-1",)]


def bring_fees(service: Service, token: str, visit: str) -> Json:
    return bring(service, token, xlsx_of([HEADER, *fee_rows(2)]), visit=visit)[1]


# Catches a stay and what was said of a visit that stay behind when their visit is taken back.
def test_a_visit_of_which_something_was_said_is_not_taken_back(service: Service) -> None:
    token = office(service)
    names = ("B-1", "B-2", "B-3")
    content = visits_of(
        *(
            [name, None, number(43), "郑", "住院", "2019-06-01", "1980-01-01", None, None]
            for name in names
        )
    )
    made = bring(service, token, content, "visits")[1]
    taken = act(service, token, made, "confirm")[1]
    assert taken["state"] == "confirmed"
    assert service.ask("PUT", f"{VISITS}/B-1/stay", token, {"ward": "内一科"})[0] == 200
    (said,) = service.rows(
        "INSERT INTO review_event (visit, facility, kind, at, actor, role, reason, says)"
        " SELECT id, facility, 'explained', now(), 'account:1', 'doctor', '抢救', '{}' FROM settlement_visit"
        " WHERE visit = 'B-2' RETURNING visit"
    )
    assert codes(act(service, token, taken, "undo")[1]) == ["S658", "S658"]
    status, told = act(service, token, taken, "undo", partly=True)
    assert (status, told["rows"], len(told["kept"])) == (200, 1, 2)
    assert service.rows("SELECT visit FROM settlement_visit WHERE visit LIKE 'B-%%' ORDER BY visit") == [
        ("B-1",), ("B-2",),
    ]  # fmt: skip
    assert said


def test_faults_of_a_list_of_visits_name_the_cell(service: Service) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "B-9")
    wrong = number(43)[:-1] + ("1" if number(43)[-1] != "1" else "2")
    content = visits_of(
        ["B-1", "IV9", None, None, "疗养", "2019-06-01", "1980-01-01", None, None],
        ["B-2", None, wrong, None, "住院", "2019-06-01", "1980-01-01", None, None],
        ["B-3", None, None, None, "住院", "2019-06-01", "1980-01-01", None, None],
        ["B-4", "IV9", None, None, "住院", "六月", "1980-01-01", None, None],
        ["B-5", "IV9", None, None, "住院", "2019-06-01", None, None, None],
        [number(44), "IV9", None, None, "住院", "2019-06-01", "1980-01-01", None, None],
        ["B-9", "IV9", None, None, "住院", "2019-06-01", "1980-01-01", None, None],
        ["B-4", "IV9", None, None, "住院", "2019-06-01", "1980-01-01", None, None],
    )
    made = bring(service, token, content, "visits")[1]
    found = {
        one["row"]: [(f["code"], f["column"]) for f in one["faults"]]
        for tab in ("faulty", "clash")
        for one in rows(service, token, made, tab)
    }
    assert found == {
        2: [("S439", 4)], 3: [("S432", 2)], 4: [("S445", None)], 5: [("F203", 5)],
        6: [("F201", 6)], 7: [("F209", 0)], 8: [("S491", 0)], 9: [("S434", 0)],
    }  # fmt: skip
    (one,) = (x for x in rows(service, token, made, "faulty") if x["row"] == 3)
    assert wrong not in str(one)


def test_a_roll_is_mended_here_and_goes_into_the_register_as_mended(service: Service) -> None:
    token = service.token("district_admin")
    content = csv_of(
        [ROLL, row("IR1", 51, 人员类别="贵族", 身份起="2018-01-01"), row("IR2", 52)], "gbk"
    )
    made = bring(service, token, content, "persons", name="名册.csv")[1]
    assert (made["state"], made["facility"]) == ("faulty", "")
    (wrong,) = rows(service, token, made, "faulty")
    assert (wrong["row"], wrong["faults"][0]["code"], wrong["faults"][0]["column"]) == (
        2,
        "S439",
        3,
    )
    assert codes(act(service, token, made, "confirm", leave=True)[1]) == ["S654"]
    cell = {"row": 2, "key": "standing.code", "value": "低保"}
    mended = act(service, token, made, "mend", cells=[cell])[1]
    assert (mended["state"], mended["counts"]["new"]) == ("ready", 2)
    taken = act(service, token, mended, "confirm")[1]
    assert (taken["state"], taken["became"] is not None) == ("confirmed", True)
    assert held(service, "IR1") == [("dibao", "2018-01-01", None)]
    again = bring(
        service, token, content.replace("贵族".encode("gbk"), "特困".encode("gbk")), "persons"
    )[1]
    assert {k: again["counts"][k] for k in ("new", "changed", "same")} == {
        "new": 0, "changed": 1, "same": 1,
    }  # fmt: skip
    write(service, person("IR1", 51, household="H7"))
    status, refused = act(service, token, again, "confirm")
    assert (status, codes(refused)) == (409, ["S443"])
    status, refused = act(service, token, taken, "undo")
    assert (status, codes(refused)) == (409, ["S444"])


def test_a_misspelt_column_of_a_roll_is_said_by_the_register_too(service: Service) -> None:
    admin = service.token("district_admin")
    content = csv_of(
        [["登记号", "出生日期", "区划", "村代马"], ["IM1", "1970-01-01", "500113", "x"]], "utf-8"
    )
    status, made = service.ask("POST", "/api/v1/imports?name=r.csv", admin, content)
    assert (status, made["unused"]) == (201, ["村代马"])
    desk = bring(service, admin, content, "persons")[1]
    assert desk["columns"][3] == {
        "at": 3, "title": "村代马", "key": None, "means": "", "near": "村代码",
    }  # fmt: skip


# Catches what an undone import said of somebody coming back with the next one that does not say it.
def test_who_comes_again_after_an_undone_import_has_nothing_of_it(service: Service) -> None:
    admin = service.token("district_admin")
    first = csv_of(
        [
            ROLL,
            row("IW1", 61, 户号="H5", 村="500113001001", 家庭医生="李", 家庭医生电话="66221234"),
        ],
        "utf-8",
    )
    made = service.ask("POST", "/api/v1/imports?name=a.csv", admin, first)[1]
    for what in ("confirm", "undo"):
        assert service.ask("POST", f"/api/v1/imports/{made['id']}/{what}", admin, {})[0] == 200
    second = csv_of([["登记号", "出生日期", "区划"], ["IW1", "1970-01-01", "500113"]], "utf-8")
    seen = service.ask("POST", "/api/v1/imports?name=b.csv", admin, second)[1]
    assert seen["first"] == [
        {"id": "IW1", "new": True, "keys": ["birth_date", "district"], "off": [], "on": []}
    ]
    assert service.ask("POST", f"/api/v1/imports/{seen['id']}/confirm", admin, {})[0] == 200
    told = service.ask("GET", "/api/v1/persons/IW1", service.token("auditor"))[1]
    assert (told["household"], told["village"], told["name"], told["doctors"]) == (
        None,
        None,
        None,
        [],
    )
    assert standing is not None


NAMES = [
    "<script>alert(1)</script>.xlsx", "\u202excod.xlsx", "a" * 10_000 + ".xlsx", "=cmd|' /C calc'!A0.xlsx",
    "../../../etc/passwd",
    "C:\\windows\\system32\\x.csv",
    f"张三{number(7)}.xlsx", "", "a\x00b.xlsx", "五月 清单.XLSX",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_files_name_is_a_line_of_text_and_nothing_else(service: Service, name: str) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), f"H{NAMES.index(name)}x")
    content = xlsx_of([HEADER, *fee_rows(2)])
    asked = f"{INTAKE}?kind=fees&visit=H{NAMES.index(name)}x&name={quote(name)}"
    status, made = service.ask("POST", asked, token, content)
    if number(7) in name or "\x00" in name:
        assert status == 422 or (made["name"].isprintable() and number(7) not in made["name"])
        return
    assert (status, made["state"]) == (201, "ready")
    assert made["name"].isprintable()
    assert 0 < len(made["name"]) <= 121
    assert not set(made["name"]) & {"/", "\\"} or name.startswith(("<", "=", "\u202e"))


@pytest.mark.parametrize("seed", range(60))
def test_a_hostile_file_is_an_import_with_faults_or_without_and_never_a_defect(
    service: Service, seed: int
) -> None:
    token = office(service)
    if seed == 0:
        opened(service, service.token(facility="F"), "HOST")
    name, content = hostile(Random(seed))
    for kind in ("fees", "visits"):
        status, made = bring(service, token, content, kind, visit="HOST", name=quote(name))
        if not content:
            assert status == 422
            continue
        assert status == 201, made
        assert made["state"] in ("faulty", "ready", "reading")
        for tab in ("faulty", "new", "visits"):
            rows(service, token, made, tab)


def test_what_the_file_holds_is_sealed_and_its_numbers_are_nowhere_else(service: Service) -> None:
    token = office(service)
    secret = number(77)
    content = visits_of(["S-1", None, secret, "周", "住院", "2019-06-01", "1980-01-01", None, None])
    made = bring(service, token, content, "visits")[1]
    assert act(service, token, made, "confirm")[0] == 200
    cell = {"row": 2, "key": "person.id_number", "value": secret}
    lines = visits_of(
        ["S-2", None, secret[:-3] + "000", "周", "住院", "2019-06-01", "1980-01-01", None, None]
    )
    other = bring(service, token, lines, "visits")[1]
    mended = act(service, token, other, "mend", cells=[cell])
    for table in (
        "intake_import",
        "intake_page",
        "intake_mend",
        "intake_event",
        "settlement_visit",
        "audit_log_record",
    ):
        text = service.rows(f"SELECT coalesce(string_agg(x::text, ''), '') FROM {table} x")[0][0]
        assert secret not in text
        assert secret.encode().hex() not in text
    assert mended[0] == 200, mended
    assert secret not in str(mended[1])
