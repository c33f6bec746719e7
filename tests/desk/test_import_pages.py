"""The import desk as somebody at a screen sees it: what is wrong in which cell, mended, taken in, taken back."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

import banan
from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, screen, text_of
from doudi.wire import sheets
from doudi_web.intake import fault_sheet, importing
from doudi_web.intake.fault_sheet import ROW
from tables import HEADER, csv_of, fee_rows, total_of, xlsx_of
from web.service import Service
from web.test_intake import planted, standing
from web.test_visits import VISITS, opened

IMPORTS = "/desk/imports"


@pytest.fixture
def office(service: Service) -> Screen:
    service.facilities("F", "G")
    return screen("insurance_office", "F")


def bring(here: Screen, content: bytes, name: str = "fees.xlsx", **more: str) -> HttpResponse:
    file = SimpleUploadedFile(name, content)
    return here.post(f"{IMPORTS}/new", {"kind": "fees", "file": file, **more})


def number_of(answer: HttpResponse) -> int:
    assert answer.status_code == 303, text_of(answer)
    return int(answer["Location"].rpartition("/")[2])


def act(here: Screen, number: int, do: str, **more: Any) -> HttpResponse:
    page = here.get(f"{IMPORTS}/{number}").content.decode()
    found = re.search(r'name="revision" value="([0-9]+)"', page)
    assert found is not None, page
    return here.post(f"{IMPORTS}/{number}", {"do": do, "revision": found[1], **more})


def test_ten_faults_are_mended_on_the_page_and_three_hundred_lines_taken_in_and_back(
    service: Service, office: Screen
) -> None:
    opened(service, service.token(facility="F"), "PG1", banan.line("5.00", line_id="HIS"))
    number = number_of(bring(office, csv_of(planted(), "gbk"), "清单.csv", visit="PG1"))
    page = office.get(f"{IMPORTS}/{number}")
    assert heading_of(page) == "10 行有错，290 行可以记入"
    content = page.content.decode()
    (crumbs,) = re.findall(r'<ol class="crumb".*?</ol>', content, re.DOTALL)
    assert re.findall(r">([^<>]+)<", crumbs) == ["导入", str(number)]
    fields = re.findall(r'<input class="form-control"[^>]* name="(r[0-9]+\.[a-z_.]+)"', content)
    assert len(fields) == 10
    assert content.count('aria-invalid="true"') == 10
    assert "style=" not in content
    sound = fee_rows(300)
    keys = ["id", "code", "name", "date", "class", "first_self_pay_rate", "quantity", "unit_price", "amount",
            "refunds"]  # fmt: skip
    cells: dict[str, str] = {}
    for field in fields:
        row, _, key = field[1:].partition(".")
        cells[field] = str(sound[int(row) - 3][keys.index(key)] or "")
    assert act(office, number, "mend", **cells).status_code == 303
    page = office.get(f"{IMPORTS}/{number}")
    total = total_of(sound)
    assert heading_of(page) == f"300 行可以记入，共 {float(total):,.2f} 元"
    assert "改了 10 格" in text_of(page)
    assert standing(service, "PG1") == [("HIS", True)]
    assert act(office, number, "confirm", leave="").status_code == 303
    page = office.get(f"{IMPORTS}/{number}")
    assert heading_of(page) == f"300 行已经记入，共 {float(total):,.2f} 元"
    assert len(standing(service, "PG1")) == 301
    assert act(office, number, "undo").status_code == 303
    page = office.get(f"{IMPORTS}/{number}")
    assert heading_of(page) == "已经撤回，一行也不算"
    assert "撤回的 300" in text_of(page)
    assert 'href="/desk/imports/new?kind=fees&amp;visit=PG1"' in page.content.decode()
    assert [line for line, stands in standing(service, "PG1") if stands] == ["HIS"]


# Catches rows that a table of faults leaves out without a word.
def test_a_table_of_faults_that_holds_not_all_says_how_many_are_left(
    service: Service, office: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(service, service.token(facility="F"), "PG9")
    lines = fee_rows(64)
    for row in lines[:60]:
        row[7] = "-3.00"
    number = number_of(bring(office, xlsx_of([HEADER, *lines]), visit="PG9"))
    monkeypatch.setattr(fault_sheet, "_PAGES", 1)
    answer = office.get(f"{IMPORTS}/{number}/faults.xlsx")
    (sheet,) = sheets.read("faults.xlsx", answer.content)
    rows = [[cell.text for cell in row] for row in sheet.rows]
    assert rows[0][0] == "还有 10 行不在这张表里：这些改好，传上来，再下载一次。"
    assert (rows[1][0], len(rows)) == (ROW, 52)
    for row, sound in zip(rows[2:], fee_rows(50), strict=True):
        row[8] = str(sound[7])
    file = SimpleUploadedFile("改好.xlsx", xlsx_of(rows))
    assert act(office, number, "upload", file=file).status_code == 303
    assert heading_of(office.get(f"{IMPORTS}/{number}")) == "10 行有错，54 行可以记入"


def test_one_fault_is_the_heading_and_the_sound_rows_may_go_first(
    service: Service, office: Screen
) -> None:
    opened(service, service.token(facility="F"), "PG2")
    lines = fee_rows(8)
    lines[5][7] = "-3.00"
    number = number_of(bring(office, xlsx_of([HEADER, *lines]), visit="PG2"))
    page = office.get(f"{IMPORTS}/{number}")
    assert heading_of(page) == "第 7 行单价“-3.00”不能小于 0，7 行可以记入"
    refused = act(office, number, "confirm")
    assert refused.status_code == 409
    assert "S654" in text_of(refused)
    assert act(office, number, "confirm", leave="1").status_code == 303
    page = office.get(f"{IMPORTS}/{number}")
    assert heading_of(page) == "第 7 行单价“-3.00”不能小于 0，7 行已经记入"


# Catches a mended table whose cells go astray, and rows that are taken in twice.
def test_the_table_of_faults_is_mended_elsewhere_and_read_back(
    service: Service, office: Screen
) -> None:
    opened(service, service.token(facility="F"), "PG3")
    lines = fee_rows(8)
    lines[5][7], lines[2][2], lines[2][6] = "-3.00", "=1+1", "两"
    number = number_of(bring(office, xlsx_of([HEADER, *lines]), visit="PG3"))
    assert act(office, number, "confirm", leave="1").status_code == 303
    answer = office.get(f"{IMPORTS}/{number}/faults.xlsx")
    assert answer["Content-Disposition"] == f'attachment; filename="faults-{number}.xlsx"'
    (sheet,) = sheets.read("faults.xlsx", answer.content)
    rows = [[cell.text for cell in row] for row in sheet.rows]
    assert rows[0] == [ROW, *HEADER, "错在哪里", "怎么改"]
    assert [(row[0], row[3], row[7], row[8]) for row in rows[1:]] == [
        ("4", "=1+1", "两", lines[2][7]), ("7", "示例项目5", str(lines[5][6]), "-3.00"),
    ]  # fmt: skip

    rows[1][7], rows[2][8] = str(fee_rows(8)[2][6]), str(fee_rows(8)[5][7])
    file = SimpleUploadedFile("改好.xlsx", xlsx_of(rows))
    assert act(office, number, "upload", file=file).status_code == 303
    page = office.get(f"{IMPORTS}/{number}")
    assert "2 行可以记入" in heading_of(page)
    assert "改了 2 格" in text_of(page)
    assert act(office, number, "confirm").status_code == 303
    assert sorted(line for line, _ in standing(service, "PG3")) == [f"F000{n}" for n in range(1, 9)]
    other = SimpleUploadedFile("x.xlsx", xlsx_of([["a", "b"], [1, 2]]))
    assert act(office, number, "upload", file=other).status_code == 422


def test_what_moved_is_told_on_the_page_and_nothing_is_written(
    service: Service, office: Screen
) -> None:
    system = service.token(facility="F")
    path = opened(service, system, "PG4")
    number = number_of(bring(office, xlsx_of([HEADER, *fee_rows(4)]), visit="PG4"))
    line = {"lines": [banan.line("7.00", line_id="HIS")]}
    assert service.ask("POST", f"{VISITS}/{path.rpartition('/')[2]}/lines", system, line)[0] == 201
    refused = act(office, number, "confirm")
    assert refused.status_code == 409
    assert re.search(r"就诊 PG4：test [0-9:]+ 多了 1 行", text_of(refused))
    assert standing(service, "PG4") == [("HIS", True)]
    assert act(office, number, "look").status_code == 303
    assert act(office, number, "confirm").status_code == 303
    assert len(standing(service, "PG4")) == 5


NAMES = [
    "<script>alert(1)</script>.xlsx",
    "\u202excod.xlsx",
    "a" * 10_000 + ".xlsx",
    "=cmd|' /C calc'!A0.xlsx",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_hostile_name_is_text_on_the_page(service: Service, office: Screen, name: str) -> None:
    opened(service, service.token(facility="F"), f"PN{NAMES.index(name)}")
    hostile = [list(row) for row in fee_rows(3)]
    hostile[1][2], hostile[2][6] = "<img src=x onerror=alert(1)>", "\u202e<script>"
    content = xlsx_of([HEADER, *hostile])
    number = number_of(bring(office, content, name, visit=f"PN{NAMES.index(name)}"))
    for path in (f"{IMPORTS}/{number}", f"{IMPORTS}/{number}?tab=new", IMPORTS):
        page = office.get(path).content.decode()
        assert "<script>" not in page.replace("<script src", "")
        assert "<img" not in page
        assert "\u202e" not in page
        assert "a" * 200 not in page


def test_a_form_without_a_file_and_one_that_is_too_large_say_so_and_keep_what_was_typed(
    service: Service, office: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service
    answer = office.post(f"{IMPORTS}/new", {"kind": "fees", "visit": "KEPT"})
    assert (answer.status_code, "F201" in text_of(answer)) == (422, True)
    assert 'value="KEPT"' in answer.content.decode()
    monkeypatch.setattr(importing, "SIZE_LIMIT_MB", 0)
    answer = bring(office, b"x" * 2000, visit="KEPT")
    assert (answer.status_code, "S413" in text_of(answer)) == (413, True)


def test_a_page_asks_by_indexes_alone_and_as_often_for_many_rows_as_for_few(
    service: Service, office: Screen
) -> None:
    counts: list[int] = []
    for n, rows in enumerate((4, 400)):
        opened(service, service.token(facility="F"), f"PP{n}")
        lines = fee_rows(rows)
        lines[1][6] = "两"
        number = number_of(bring(office, xlsx_of([HEADER, *lines]), visit=f"PP{n}"))
        with recorded() as asked:
            assert office.get(f"{IMPORTS}/{number}").status_code == 200
            assert office.get(IMPORTS).status_code == 200
        counts.append(len(asked.statements))
        assert read_whole(service.url, asked.reading()) == []
    assert counts[0] == counts[1]


def test_the_list_says_what_waits_and_another_hospital_sees_its_own(
    service: Service, office: Screen
) -> None:
    opened(service, service.token(facility="F"), "PL1")
    number = number_of(bring(office, xlsx_of([HEADER, *fee_rows(2)]), "五月.xlsx", visit="PL1"))
    page = office.get(IMPORTS)
    assert re.fullmatch(r"[0-9]+ 份清单还没有记完", heading_of(page))
    assert "五月.xlsx" in text_of(page)
    there = screen("insurance_office", "G")
    assert heading_of(there.get(IMPORTS)) == "没有等着办的清单"
    assert there.get(f"{IMPORTS}/{number}").status_code == 404
    assert screen("doctor", "F").get(IMPORTS).status_code == 403
    admin = screen("district_admin").get(f"{IMPORTS}/{number}")
    assert admin.status_code == 200
    assert 'name="do"' not in admin.content.decode()
