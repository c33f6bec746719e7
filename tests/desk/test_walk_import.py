"""An import is walked as the insurance office does it: a fee list with ten faults, mended, taken in, back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from desk.browser import ROOT, WIDTHS, Walker, walker
from desk.demo import Demo
from tables import HEADER, csv_of, fee_rows
from web.test_intake import planted

PICTURES = ROOT / "build/pictures"
OFFICE = "demo.insurance-office"


@pytest.fixture(scope="module")
def visit(demo: Demo) -> str:
    """A running visit of the office's hospital."""
    ((home,),) = demo.rows("SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE)
    ((found,),) = demo.rows(
        "SELECT visit FROM settlement_visit WHERE facility = %s AND settled IS NULL ORDER BY id LIMIT 1",
        home,
    )
    return found


@pytest.fixture
def office(browser: Browser, demo: Demo) -> Iterator[Walker]:
    with walker(browser, demo.base) as at:
        at.log_in(OFFICE, demo.passwords[OFFICE])
        yield at


def upload(at: Walker, file: Path, visit: str) -> None:
    at.open("/desk/imports/new")
    at.page.locator("#file").set_input_files(file)
    at.type("#visit", visit)
    at.click("main form button.btn-primary")


def shots(at: Walker, name: str) -> None:
    """The page on three screens: whole, quiet, and open to everybody."""
    for width in WIDTHS:
        at.page.set_viewport_size({"width": width, "height": 900})
        at.settled()
        at.shot(PICTURES / f"{name}-{width}.png")
        assert at.overflowing() == [], (name, width)
        assert at.axe() == [], (name, width)
    at.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert (at.complaints, at.outside) == ([], [])


@pytest.mark.slow
def test_a_list_with_ten_faults_is_mended_taken_in_and_taken_back(
    office: Walker, visit: str, tmp_path: Path
) -> None:
    file = tmp_path / "五月费用清单.csv"
    file.write_bytes(csv_of(planted(), "gbk"))
    begun, office.clicks = time.monotonic(), 0
    office.open("/desk/imports")
    shots(office, "imports-none")
    upload(office, file, visit)
    assert office.heading() == "10 行有错，290 行可以记入"
    shots(office, "import-faults")
    sound, keys = fee_rows(300), [
        "id", "code", "name", "date", "class", "first_self_pay_rate", "quantity", "unit_price", "amount", "refunds",
    ]  # fmt: skip
    for field in office.page.locator(".lines input").all():
        name = str(field.get_attribute("name"))
        row, _, key = name[1:].partition(".")
        office.type(f'.lines input[name="{name}"]', str(sound[int(row) - 3][keys.index(key)] or ""))
    office.page.reload()  # what was typed and not saved is still there
    office.settled()
    office.click("#rows .saves button.btn-primary")
    assert office.heading().startswith("300 行可以记入，共 ")
    shots(office, "import-ready")
    office.click('button[data-dialog="taking"]')
    office.shot(PICTURES / "import-taking-1440.png")
    office.click("#taking footer button.btn-primary")
    assert office.heading().startswith("300 行已经记入，共 ")
    shots(office, "import-taken")
    office.open(f"/desk/imports/{office.page.url.rpartition('/')[2]}")
    office.click('button[data-dialog="undoing"]')
    office.click("#undoing footer button.btn-primary")
    assert office.heading() == "已经撤回，一行也不算"
    shots(office, "import-undone")
    office.open("/desk/imports")
    shots(office, "imports")
    assert office.clicks <= 8
    assert time.monotonic() - begun < 120


def test_a_file_that_is_no_list_and_one_without_a_column_say_what_to_do(
    office: Walker, visit: str, tmp_path: Path
) -> None:
    office.open("/desk/imports/new")
    shots(office, "import-new")
    file = tmp_path / "清单.csv"
    titles = [title if title != "金额" else "实收钱" for title in HEADER]
    file.write_bytes(
        csv_of([[*titles, "执行科室"], *([*row, "内科"] for row in fee_rows(4))], "utf-8")
    )
    upload(office, file, visit)
    assert office.heading() == "没有找到列：明细项目费用总额"
    shots(office, "import-column")
    office.page.locator("#key").select_option("amount")
    office.type("#title", "实收钱")
    office.click('button[value="column"]')
    assert office.heading().startswith("4 行可以记入")
    assert "执行科室" in office.page.locator(".strip").first.inner_text()
    shots(office, "import-named")
