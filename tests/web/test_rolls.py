"""Rolls as tables: looked at, refused by row and column, written, undone; over the interface and by the command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from doudi_web.register.selectors import facts_known
from doudi_web.tenancy.clock import now
from tables import csv_of, xlsx_of
from tools.doc_runner import ROOT, blocks
from web.people import codes, number, person, standing
from web.service import Json, Service
from web.test_register import write

IMPORTS = "/api/v1/imports"
HEADER = [
    "姓名", "身份证号", "出生日期", "人员类别", "身份起", "身份止", "参保档次", "区划", "村", "户号", "家庭医生",
    "家庭医生电话", "登记号",
]  # fmt: skip
CODES = {"S438", "S439", "S441", "S442", "S443", "S444", "S445"}
"""The codes that this file makes."""


def row(key: str, order: int, **more: Any) -> list[Any]:
    """A row of a roll; named by the headings."""
    stated = {
        "姓名": "周一", "身份证号": number(order), "出生日期": "1970/1/1", "区划": "500113", "登记号": key, **more,
    }  # fmt: skip
    return [stated.get(title) for title in HEADER]


def roll(*rows: list[Any]) -> bytes:
    return csv_of([HEADER, *rows], "utf-8")


def look(service: Service, content: bytes, name: str = "roll.csv") -> tuple[int, Json]:
    return service.ask("POST", f"{IMPORTS}?name={name}", service.token("district_admin"), content)


def act(service: Service, made: Json, what: str) -> tuple[int, Json]:
    return service.ask(
        "POST", f"{IMPORTS}/{made['id']}/{what}", service.token("district_admin"), {}
    )


def told(service: Service, key: str) -> Json:
    return service.ask("GET", f"/api/v1/persons/{key}", service.token("auditor"))[1]


def held(service: Service, key: str) -> list[tuple[str, str, str | None]]:
    return [(s["code"], s["from"], s["to"]) for s in told(service, key)["standings"]]


@pytest.mark.parametrize("form", ["utf-8", "gbk", "xlsx"])
def test_rows_of_one_person_are_standings_of_one_person(service: Service, form: str) -> None:
    key = f"R{form[0]}"
    order = 300 + len(form)
    rows = [
        row(key, order, 人员类别="低保对象", 身份起="2019-01-01", 身份止="2020-01-01", 参保档次="一档",
            家庭医生="李", 家庭医生电话="66221234", 村="500113001001", 户号="H9"),
        row(key, order, 人员类别="特困人员", 身份起="2020-01-01"),
    ]  # fmt: skip
    content = xlsx_of([HEADER, *rows]) if form == "xlsx" else csv_of([HEADER, *rows], form)
    status, made = look(service, content, f"roll.{'xlsx' if form == 'xlsx' else 'csv'}")
    assert (status, made["created"], made["changed"], made["unchanged"]) == (201, 1, 0, 0)
    assert made["first"][0]["on"] == [
        {"code": "dibao", "from": "2019-01-01", "to": "2020-01-01"},
        {"code": "destitute", "from": "2020-01-01", "to": None},
        {"code": "tier_1", "from": "1970-01-01", "to": None},
    ]
    assert service.rows("SELECT 1 FROM register_person WHERE id = %s", key) == []  # looked at only
    assert act(service, made, "confirm")[0] == 200
    assert held(service, key) == [
        ("dibao", "2019-01-01", "2020-01-01"),
        ("destitute", "2020-01-01", None),
    ]
    seen = told(service, key)
    assert (seen["name"], seen["household"], seen["village"]) == ("周*", "H9", "500113001001")
    assert [(d["name"], d["phone"]) for d in seen["doctors"]] == [("李", "66221234")]
    assert look(service, content, "again.csv")[1]["unchanged"] == 1


def test_a_row_adds_a_standing_and_leaves_the_others(service: Service) -> None:
    write(service, person("A1", 311, standings=[standing("orphan"), standing("dibao")]))
    rows = [row("A1", 311, 人员类别="低保", 身份起="2018-01-01", 身份止="2021-01-01")]
    _, made = look(service, roll(*rows))
    assert act(service, made, "confirm")[1]["changed"] == 1
    assert held(service, "A1") == [
        ("orphan", "2018-01-01", None),
        ("dibao", "2018-01-01", "2021-01-01"),
    ]


def test_who_has_no_id_is_known_by_the_number(service: Service) -> None:
    _, made = look(
        service,
        roll(
            row("", 312, 登记号=None),
            row("", 312, 登记号=None, 人员类别="低保", 身份起="2018-01-01"),
        ),
    )
    assert act(service, made, "confirm")[1]["created"] == 1
    key = made["first"][0]["id"]
    assert (len(key), number(312) in key) == (21, False)
    assert held(service, key) == [("dibao", "2018-01-01", None)]


def test_faults_are_told_by_row_and_column_and_nothing_is_kept(service: Service) -> None:
    before = service.rows("SELECT count(*) FROM register_import")
    content = roll(
        row("F1", 321, 人员类别="贵族", 身份起="2018-01-01"),
        row("F2", 322),
        row("F2", 322, 姓名="周二"),
        row("", 0, 身份证号=None, 登记号=None),
    )
    status, refused = look(service, content)
    assert status == 422
    assert [(f["code"], f["where"]) for f in refused["faults"]] == [
        ("S439", "roll.csv 第 2 行 D 列（人员类别）"),
        ("S438", "roll.csv 第 4 行 A 列（姓名）"),
        ("S445", "roll.csv 第 5 行"),
    ]
    content = roll(
        row("F3", 323, 出生日期="1970-02-30"),
        row("F4", 324, 身份证号=number(324)[:-2] + "00"),
        row("F5", 325, 人员类别="低保", 身份起="2020-01-01", 身份止="2019-01-01"),
        row("F5", 325, 人员类别="特困"),
    )
    status, refused = look(service, content)
    assert status == 422
    assert [(f["code"], f["where"].rpartition(" ")[0]) for f in refused["faults"]] == [
        ("F203", "roll.csv 第 2 行 C 列（出生日期）"),
        ("F201", "roll.csv 第 5 行 E 列（身份起）"),
        ("S432", "roll.csv 第 3 行 B 列（身份证号）"),
    ]
    assert service.rows("SELECT count(*) FROM register_import") == before


def test_an_import_is_undone_by_new_facts(service: Service) -> None:
    write(service, person("U1", 331, name="原名", standings=[standing()], phone="66220000"))
    before = told(service, "U1")
    rows = [row("U1", 331, 姓名="改名", 人员类别="低保", 身份起="2018-01-01", 身份止="2019-01-01", 户号="H2"),
            row("U2", 332, 人员类别="特困", 身份起="2018-01-01")]  # fmt: skip
    _, made = look(service, roll(*rows))
    assert act(service, made, "confirm")[0] == 200
    meanwhile = now()
    count = service.rows("SELECT count(*) FROM register_fact")[0][0]
    status, undone = act(service, made, "undo")
    assert (status, undone) == (200, {"id": made["id"], "restored": 2, "withdrawn": 1})
    after = told(service, "U1")
    assert {**after, "standings": held(service, "U1")} == {
        **before,
        "standings": [("dibao", "2018-01-01", None)],
    }
    assert service.ask("GET", "/api/v1/persons/U2", service.token("auditor"))[0] == 404
    assert service.rows("SELECT count(*) FROM register_fact")[0][0] == count + 1
    assert [str(f.valid_to) for f in facts_known("U1", meanwhile)] == ["2019-01-01"]
    assert [f.code for f in facts_known("U2", meanwhile)] == ["destitute"]
    for what in ("undo", "confirm"):
        status, refused = act(service, made, what)
        assert (status, codes(refused)) == (409, ["S442"])
    _, again = look(service, roll(*rows))
    assert (again["created"], again["changed"]) == (1, 1)
    assert act(service, again, "confirm")[0] == 200
    assert held(service, "U2") == [("destitute", "2018-01-01", None)]
    listed = service.ask("GET", IMPORTS, service.token("district_admin"))[1]["imports"]
    states = [(i["kind"], i["confirmed"] is not None, i["undone"] is not None) for i in listed[:4]]
    assert states == [
        ("rows", True, False),
        ("undo", True, False),
        ("rows", True, True),
        ("persons", True, False),
    ]


def test_imports_are_undone_in_the_contrary_order(service: Service) -> None:
    made: list[Json] = []
    for end in ("2020-01-01", "2021-01-01"):
        made.append(
            look(service, roll(row("C1", 341, 人员类别="低保", 身份起="2018-01-01", 身份止=end)))[1]
        )
        assert act(service, made[-1], "confirm")[0] == 200
    status, refused = act(service, made[0], "undo")
    assert (status, codes(refused)) == (409, ["S444"])
    assert act(service, made[1], "undo")[0] == 200
    assert held(service, "C1") == [("dibao", "2018-01-01", "2020-01-01")]
    assert act(service, made[0], "undo")[0] == 200
    assert service.ask("GET", "/api/v1/persons/C1", service.token("auditor"))[0] == 404


def test_a_change_by_somebody_else_since_the_look_is_not_written_over(service: Service) -> None:
    write(service, person("P2", 352, name="甲"))
    _, made = look(service, roll(row("P2", 352, 姓名="乙")))
    write(service, person("P2", 352, name="丙"))
    status, refused = act(service, made, "confirm")
    assert (status, codes(refused)) == (409, ["S443"])
    path = "/api/v1/persons/P2?unmask=1&reason=试"
    assert service.ask("GET", path, service.token("district_admin"))[1]["name"] == "丙"
    _, again = look(service, roll(row("P2", 352, 姓名="乙")))
    assert act(service, again, "confirm")[0] == 200
    assert service.ask("GET", path, service.token("district_admin"))[1]["name"] == "乙"


def test_what_was_looked_at_is_what_is_written(service: Service) -> None:
    _, made = look(service, roll(row("P1", 351, 人员类别="低保", 身份起="2018-01-01")))
    write(service, person("P1", 351, name="先到"))
    status, refused = act(service, made, "confirm")
    assert (status, codes(refused)) == (409, ["S443"])
    assert held(service, "P1") == []
    for what in ("confirm", "undo"):
        status, refused = act(service, {"id": 999_999}, what)
        assert (status, codes(refused)) == (404, ["S441"])
    status, refused = act(service, made, "undo")
    assert (status, codes(refused)) == (409, ["S442"])


def test_only_the_district_imports(service: Service) -> None:
    write(service, person("Z1", village="500113001001"))
    officer = service.token("township_officer", township="500113001")
    others = [service.token(role) for role in ("auditor", "system_client", "system_admin")]
    for token in (officer, *others):
        for method, path in (("POST", IMPORTS), ("GET", IMPORTS), ("POST", f"{IMPORTS}/1/undo")):
            status, refused = service.ask(method, path, token, {})
            assert (status, codes(refused)) == (403, ["S403"])


def _doudi(service: Service, *arguments: str) -> tuple[int, Json]:
    done = subprocess.run(
        [Path(sys.executable).parent / "doudi", "register", *arguments, "--data", str(settings.DATA),
         "--database", service.url, "--json"],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def test_the_command_looks_writes_lists_and_undoes(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "名册.csv"
    file.write_bytes(roll(row("L1", 361, 人员类别="低保", 身份起="2018-01-01")))
    code, made = _doudi(service, "import", str(file), "--preview")
    assert (code, made["id"], made["created"]) == (0, None, 1)
    assert service.rows("SELECT 1 FROM register_person WHERE id = 'L1'") == []
    code, made = _doudi(service, "import", str(file))
    assert (code, made["created"]) == (0, 1)
    assert held(service, "L1") == [("dibao", "2018-01-01", None)]
    code, listed = _doudi(service, "imports")
    assert (code, listed["imports"][0]["id"]) == (0, made["id"])
    assert listed["imports"][0]["actor"].startswith("command:")
    code, undone = _doudi(service, "undo", str(made["id"]))
    assert (code, undone["withdrawn"]) == (0, 1)
    code, refused = _doudi(service, "undo", str(made["id"]))
    assert (code, codes(refused)) == (1, ["S442"])
    file.write_bytes(roll(row("L1", 361, 人员类别="侠客")))
    code, refused = _doudi(service, "import", str(file))
    assert (code, [f["where"] for f in refused["faults"]]) == (
        1,
        ["名册.csv 第 2 行 D 列（人员类别）"],
    )


def test_the_roll_of_the_page_is_read_and_the_key_is_changed(
    service: Service, tmp_path: Path
) -> None:
    page = ROOT / "docs" / "how-to" / "keep-the-register.md"
    files = {b.marks["file"]: b.text for b in blocks(page.read_text("utf-8")) if "file" in b.marks}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    code, made = _doudi(service, "import", str(tmp_path / "名册.csv"))
    assert (code, made["created"]) == (0, 2)
    assert held(service, "R1") == [
        ("dibao", "2018-01-01", "2020-01-01"),
        ("destitute", "2020-01-01", None),
    ]
    code, made = _doudi(service, "divisions", str(tmp_path / "区划.csv"))
    assert (code, made["changed"]) == (0, 2)
    code, made = _doudi(service, "rekey")
    assert (code, told(service, "R1")["name"]) == (0, "张*")


def test_the_command_names_and_groups_divisions(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "divisions.csv"
    rows = [["区划代码", "名称", "分组"], ["330102", "上城区", "城区"], ["330102001", "清波街道", None],
            ["330102001051", "清波门社区", None]]  # fmt: skip
    file.write_bytes(csv_of(rows, "utf-8"))
    for counts in ((3, 0, 0), (0, 0, 3)):
        code, made = _doudi(service, "divisions", str(file))
        assert code == 0
        assert (made["created"], made["changed"], made["unchanged"]) == counts
    assert service.rows(
        "SELECT v.name, t.name, d.name, d.group FROM tenancy_village v JOIN tenancy_township t ON t.code ="
        " v.township_id JOIN tenancy_district d ON d.code = t.district_id WHERE v.code = '330102001051'"
    ) == [("清波门社区", "清波街道", "上城区", "城区")]
    file.write_bytes(csv_of([*rows, ["33", "浙江", None], ["330102001", "x", "组"]], "utf-8"))
    code, refused = _doudi(service, "divisions", str(file))
    assert (code, codes(refused)) == (1, ["S436", "S436", "S434"])
