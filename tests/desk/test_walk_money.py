"""The month's end in a real Chromium: a payment that the bank sent back is mended, paid, and the month is closed.

Accountant and administrator take turns, each before a screen of their own; what stands afterwards is asked of the
database. Every width has a demonstration of its own: a month is closed once.
"""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WALKED, Walker
from desk.demo import Demo, demonstration
from desk.walking import at_work, heads, place, reach

pytestmark = pytest.mark.slow

MONTH = "2019-12"
_ADMIN, _ACCOUNTANT = "demo.district-admin", "demo.fund-accountant"


def states_account(one: Walker, facility: str, number: str) -> None:
    """An account is stated on the page of accounts."""
    one.page.locator("#facility").select_option(facility)
    one.type("#holder", "更正过的户名")
    one.type("#bank", "演示银行营业部")
    one.type("#number", number)
    one.type("#reason", "银行退回，户名不符")
    one.click("button[value=state]")
    heads(one, "等另一个人确认")


def batch_page(one: Walker, number: str) -> None:
    """From the list of payments to a batch."""
    place(one, "付款")
    one.click(f"a[href$='/payments/{number}']")
    heads(one, "家")


def bank_file(one: Walker) -> list[dict[str, str]]:
    """The rows of the bank's file that the page gives."""
    with one.page.expect_download() as told:
        one.click("form[action$='/file'] button.btn-primary")
    content = Path(told.value.path()).read_bytes().decode("gbk")
    return list(csv.DictReader(io.StringIO(content)))


def answer_of(rows: list[dict[str, str]]) -> bytes:
    """The bank paid every row."""
    text = io.StringIO()
    told = csv.writer(text)
    told.writerow(["序号", "收款账号", "金额", "处理结果", "银行流水号", "失败原因"])
    for row in rows:
        told.writerow([row["序号"], row["收款账号"], row["金额"], "成功", f"W{row['序号']}", ""])
    return text.getvalue().encode("gbk")


def mends(accountant: Walker, admin: Walker, demo: Demo) -> None:
    """Both hospitals get accounts that two persons stand for, and what failed is approved again."""
    ((failed, batch),) = demo.rows(
        "SELECT p.facility, b.number FROM payments_payment p JOIN payments_batch b ON b.id = p.batch_id"
        " WHERE p.state = 'failed'"
    )
    place(accountant, "付款")
    heads(accountant, "没有付成")
    accountant.click("button:has-text('做付款批次')")
    expect(accountant.page.locator(".faults")).to_contain_text("S720")
    ((missing,),) = demo.rows(
        "SELECT s.facility FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting"
        " JOIN settlement_settlement s ON s.id = p.settlement JOIN clearing_floorstate f ON f.entry = e.id"
        " WHERE NOT EXISTS (SELECT 1 FROM register_payeeaccount a WHERE a.facility_id = s.facility) LIMIT 1"
    )
    accountant.click(".doing a, .head .do a")
    states_account(accountant, missing, "6666000000009998")
    states_account(accountant, failed, "6666000000009999")
    place(admin, "付款")
    admin.click(".head .do a")
    for _ in range(2):
        form = admin.page.locator("form:has(button[value=confirm])").first
        shown = form.locator("xpath=ancestor::tr").inner_text()
        known = ("6666000000009998", "6666000000009999")
        form.locator("input[name=typed]").fill(next(n for n in known if n[-4:] in shown))
        form.locator("button[value=confirm]").click()
        expect(admin.page.locator("[role=status].strip").first).to_contain_text("确认了")
    batch_page(admin, batch)
    admin.click("button[value=again]")
    expect(admin.page.locator("[role=status].strip").first).to_contain_text("再批准了")


def pays(accountant: Walker, admin: Walker) -> str:
    """A batch of all that can be paid: made, released, sent, and answered; its number."""
    place(accountant, "付款")
    accountant.click("button:has-text('做付款批次')")
    heads(accountant, "付 2 家医院")
    number = accountant.page.url.rpartition("/")[2]
    assert accountant.page.locator("button[data-dialog=release]").count() == 0
    batch_page(admin, number)
    admin.click("button[data-dialog=release]")
    admin.click("#release button[value=release]")
    heads(admin, "等出银行文件")
    batch_page(accountant, number)
    rows = bank_file(accountant)
    batch_page(accountant, number)
    content = {"name": "回单.csv", "mimeType": "text/csv", "buffer": answer_of(rows)}
    accountant.page.set_input_files("#file", content)
    accountant.click("button:has-text('读入回单')")
    heads(accountant, "银行都答复了")
    return number


@pytest.mark.parametrize("width", WALKED)
def test_a_month_is_closed_after_a_failed_payment_was_mended(
    browser: Browser, filled: Path, folder: Path, width: int
) -> None:
    with (
        demonstration(folder, filled) as demo,
        at_work(browser, demo, width, _ACCOUNTANT) as accountant,
        at_work(browser, demo, width, _ADMIN) as admin,
    ):
        mends(accountant, admin, demo)
        number = pays(accountant, admin)
        paid = demo.rows(
            "SELECT p.state, p.reference <> '' FROM payments_payment p JOIN payments_batch b ON b.id = p.batch_id"
            " WHERE b.number = %s", number,
        )  # fmt: skip
        assert paid == [("paid", True)] * 2
        assert demo.rows("SELECT count(*) FROM clearing_hold h JOIN payments_batch b ON b.number = h.holder"
                         " WHERE b.state = 'done'") == [(0,)]  # fmt: skip
        place(admin, "月末")
        heads(admin, "样没有办完")
        admin.type("#reason", "月结")
        admin.click("form.money-close button")
        expect(admin.page.locator(".faults")).to_contain_text("S729")
        assert demo.rows("SELECT count(*) FROM settlement_monthclose") == [(0,)]
        admin.click("input[name=nevertheless]")
        admin.click("form.money-close button")
        heads(admin, f"{MONTH} 关了账")
        ((postings, reason),) = demo.rows("SELECT postings, reason FROM settlement_monthclose")
        assert reason == "月结"
        assert demo.rows("SELECT count(*) FROM settlement_posting WHERE month = %s", MONTH) == [
            (postings,)
        ]


def test_a_month_is_closed_by_keyboard_alone(browser: Browser, filled: Path, folder: Path) -> None:
    with (
        demonstration(folder, filled) as demo,
        at_work(browser, demo, 1440, _ADMIN) as admin,
    ):
        admin.open("/desk/month-end")
        reach(admin, "#reason")
        admin.page.keyboard.type("月结")
        reach(admin, "input[name=nevertheless]")
        admin.press("Space")
        reach(admin, "form.money-close button")
        admin.press("Enter")
        heads(admin, f"{MONTH} 关了账")
        assert demo.rows("SELECT reason FROM settlement_monthclose") == [("月结",)]
