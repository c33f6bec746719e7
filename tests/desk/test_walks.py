"""The walks of a hospital's day in a real Chromium: at the desk, on smaller screens, by keyboard alone.

Each begins at the worklist after login and asserts what stands afterwards, on the page and in the database; what it
cost in clicks, keys and seconds is kept in build/walks.json.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WIDTHS, Walker
from desk.demo import Demo
from desk.walking import (
    OFFICE,
    Visits,
    amount,
    at_work,
    bill_of,
    enters,
    filtered,
    heads,
    layers_asked,
    lines_of,
    looks_before_settling,
    looks_up,
    place,
    prints,
    reach,
    row_of,
    running,
    settled_stay,
    settles,
    standing,
    walk,
)  # fmt: skip
from tables import HEADER, fee_rows, total_of, xlsx_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def visits(demo: Demo) -> Visits:
    return Visits(iter(running(demo, over=False)), iter(running(demo, over=True)))


@pytest.mark.parametrize("width", WIDTHS)
def test_who_is_over_the_limit_is_brought_under_it(
    browser: Browser, demo: Demo, visits: Visits, width: int
) -> None:
    visit = next(visits.over)
    with walk(browser, demo, "one over the limit is brought under it", width) as one:
        filtered(one, "超限")
        one.clicks += 1
        row_of(one, visit).locator(".act a").click()
        expect(one.page.locator("#share h2")).to_contain_text("超过限额")
        rows = one.page.locator("#pushes tbody tr")
        for number in range(rows.count()):
            one.clicks += 1
            rows.nth(number).locator("input[type=checkbox]").check()
            one.click("#pushes form[method=get] button.btn-primary")
            expect(one.page.locator("#worked")).to_be_visible()
            if one.page.locator("#worked .say.fine").count():
                break
        then = one.page.locator("#pays tfoot td").nth(1).inner_text()
        one.click("#worked button[value=change]")
        expect(one.page.locator("[role=status].strip").first).to_contain_text("已照试算改了")
        expect(one.page.locator("#share h2")).to_contain_text(re.compile("在限额以内|接近限额"))
        assert one.page.locator("#pays tfoot td.r").first.inner_text() == then
        place(one, "在院台")
        filtered(one, "超限")
        expect(row_of(one, visit)).to_have_count(0)
    told = demo.rows("SELECT status, patient FROM wards_kept WHERE visit = %s", visit)
    assert told in ([("within", amount(then))], [("approaching", amount(then))])
    ((withdrawn,),) = demo.rows(
        "SELECT count(*) FROM settlement_feeline f JOIN settlement_visit v ON v.id = f.visit_id"
        " WHERE v.visit = %s AND f.withdrawn IS NOT NULL",
        visit,
    )
    assert withdrawn >= 1


@pytest.mark.parametrize("width", WIDTHS)
def test_three_are_discharged_and_settled_and_each_takes_a_statement_home(
    browser: Browser, demo: Demo, visits: Visits, width: int
) -> None:
    three = [next(visits.within) for _ in range(3)]
    paid: dict[str, int] = {}
    with walk(browser, demo, "three are discharged, settled and printed", width) as one:
        for visit in three:
            asked = looks_before_settling(one, visit)
            paid[visit] = settles(one)
            assert paid[visit] == asked
            paper = prints(one, "form[action$='/statement.pdf'] button")
            assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")
            place(one, "在院台")
    for visit in three:
        number, told = standing(demo, visit)
        assert amount(told["patient"]) == paid[visit]
        assert demo.rows(
            "SELECT kind, number FROM papers_printed WHERE of = %s ORDER BY id", str(number)
        ) == [("statement", 1)]
        kept = demo.rows(
            "SELECT settlement, discharged IS NOT NULL FROM wards_kept WHERE visit = %s", visit
        )
        assert kept == [(number, True)]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_silent_platform_keeps_nobody_and_its_answer_is_entered(
    browser: Browser, demo: Demo, visits: Visits, width: int
) -> None:
    visit = next(visits.within)
    with walk(browser, demo, "settled with the platform silent, then its answer", width) as one:
        asked = looks_before_settling(one, visit, "silent")
        expect(one.page.locator("button[value=act]")).to_have_text("临时结算")
        assert settles(one) == asked
        expect(one.page.get_by_text("这是临时结算")).to_be_visible()
        number, told = standing(demo, visit)
        assert demo.rows("SELECT count(*) FROM papers_printed WHERE of = %s", str(number)) == [(0,)]
        place(one, "等平台答复")
        one.click(f"a[href$='/settlements/{number}/answer']")
        heads(one, "平台答复了")
        expect(one.page.locator("input[name^='given-']").first).to_be_visible()
        stated = {key: told["payments"][key] for key in layers_asked(one)}
        # of up to 10 yuan the platform says that the insurance pays it, not the assistance
        moved = min(1000, amount(stated["medical_assistance"]))
        for key, more in (("basic", moved), ("medical_assistance", -moved)):
            fen = amount(stated[key]) + more
            stated[key] = f"{fen // 100}.{fen % 100:02d}"
        for key, value in stated.items():
            one.type(f"input[name=given-{key}]", value)
        one.click("button[value=look]")
        expect(one.page.locator("#preview h2")).to_contain_text("患者")
        one.click("button[value=act]")
        heads(one, "个人付")
        expect(one.page.locator(".head .tg").first).to_contain_text("有效")
        shown = amount(one.heading())
    now, then = standing(demo, visit)
    assert now != number
    assert {key: then["payments"][key] for key in stated} == stated
    assert amount(then["patient"]) == shown <= asked
    paid = sum(amount(one) for one in then["payments"].values())
    assert paid + amount(then["hospital"]) + shown == amount(then["total"])


@pytest.mark.parametrize("width", WIDTHS)
def test_an_import_is_mended_taken_in_and_taken_back(
    browser: Browser, demo: Demo, visits: Visits, width: int
) -> None:
    visit = next(visits.within)
    before = lines_of(demo, visit)
    sound = fee_rows(30)
    wrong = [list(row) for row in sound]
    wrong[4][7] = "1O.50"
    content = xlsx_of([HEADER, *wrong])
    total = f"{float(total_of(sound)):,.2f}"
    with walk(browser, demo, "an import is mended, taken in and taken back", width) as one:
        place(one, "导入")
        one.click("a:has-text('导入文件')")
        one.page.set_input_files("#file", {"name": "清单.xlsx", "mimeType": "", "buffer": content})
        one.type("#visit", visit)
        one.click("button:has-text('看一看')")
        heads(one, "1O.50")
        assert one.page.locator("td.bad").count() == 1
        one.type(".lines .why input", str(sound[4][7]))
        one.click("button:has-text('保存改的，再看')")
        heads(one, f"30 行可以记入，共 {total} 元")
        assert lines_of(demo, visit) == before
        one.click("button[data-dialog=taking]")
        one.click("#taking button[value=confirm]")
        heads(one, f"30 行已经记入，共 {total} 元")
        assert lines_of(demo, visit) == before + 30
        one.click("button[data-dialog=undoing]")
        one.click("#undoing button[value=undo]")
        heads(one, "已经撤回，一行也不算")
    assert lines_of(demo, visit) == before


@pytest.mark.parametrize("width", WIDTHS)
def test_an_item_is_mapped_by_two(browser: Browser, demo: Demo, width: int) -> None:
    with walk(browser, demo, "an item is mapped: one proposes", width) as one:
        place(one, "目录对照")
        heads(one, re.compile("[0-9]+ 项没有对照"))
        waiting = int(one.heading().split()[0])
        one.click("#queue tbody a:has-text('选编码')")
        name = re.findall("“(.+)”", heads(one, "没有对照，账单结不了"))[0]
        one.click("#choose input[name=code]")
        code = one.page.locator("#choose input[name=code]:checked").get_attribute("value")
        one.click("button:has-text('提出对照')")
        heads(one, "等别人确认")
        assert one.page.get_by_text("确认对照，马上执行").count() == 0
        item = one.page.url.partition("?")[0].rpartition("/")[2]
    ((hospital,),) = demo.rows(
        "SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE
    )
    with at_work(browser, demo, username="demo.district-admin") as other:
        place(other, "目录对照")
        other.click(f"a[href$='facility={hospital}']")
        other.click("#queue .tabs a:has-text('确认')")
        other.click("#queue tbody a:has-text('确认对照')")
        heads(other, f"“{name}”的对照等确认")
        other.click("button:has-text('确认对照，马上执行')")
        heads(other, f"“{name}”对照好了")
    assert demo.rows(
        "SELECT state, code FROM matching_proposal WHERE item = %s ORDER BY id", int(item)
    ) == [("confirmed", code)]
    with at_work(browser, demo) as one:
        place(one, "目录对照")
        heads(one, f"{waiting - 1} 项没有对照")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_settled_visit_is_corrected(browser: Browser, demo: Demo, width: int) -> None:
    visit = settled_stay(demo)
    number, was = standing(demo, visit)
    with walk(browser, demo, "a settled visit is corrected", width) as one:
        place(one, "结算与台账")
        one.type("#q-visit", visit)
        one.click("form.query button.btn-primary")
        one.click(f"tbody a:text-is('{number}')")
        assert amount(heads(one, "个人付")) == amount(was["patient"])
        one.click(".do a:has-text('更正')")
        one.click("input[name^=gone] >> nth=0")
        gone = amount(
            one.page.locator("tr:has(input[name^=gone]) td:nth-child(4)").first.inner_text()
        )
        one.type("#reason", "多计 1 次")
        one.click("button[value=look]")
        sums = one.page.locator("#preview tr.sum td").all_inner_texts()
        assert len(standing(demo, visit)) == 2
        assert standing(demo, visit)[0] == number
        one.click("button[value=act]")
        heads(one, f"总费用 {(amount(was['total']) - gone) / 100:,.2f} 元")
        shown = amount(one.heading())
        expect(one.page.locator(".head .tg").first).to_have_text("有效，更正后")
    now, told = standing(demo, visit)
    assert now != number
    assert amount(told["total"]) == amount(was["total"]) - gone
    assert [amount(sums[0]), amount(sums[1])] == [amount(was["total"]), amount(told["total"])]
    assert amount(told["patient"]) == shown


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_is_read_with_a_reason(
    browser: Browser, demo: Demo, visits: Visits, width: int
) -> None:
    visit = next(visits.within)
    with walk(browser, demo, "a number is read with a reason", width) as one:
        if width < 900:  # the bar has no room to search
            place(one, "人员档案")
            one.type("main input[name=typed]", visit)
        else:
            one.type(".find", visit)
        one.press("Enter")
        number = one.page.locator("#numbers dd").first
        expect(number).to_contain_text(re.compile(r"^9\*{13}\d{3}[\dX]"))
        one.click("button[data-dialog=why-number]")
        one.click("#why-number input[value=other]")
        one.type("#why-number input[name=other]", "核对医保卡")
        one.click("#why-number button.btn-primary")
        expect(number).to_have_text(re.compile(r"^\s*9\d{16}[\dX]\s*$"))
    ((person,),) = demo.rows("SELECT person FROM settlement_visit WHERE visit = %s", visit)
    assert demo.rows(
        "SELECT reason FROM audit_log_record WHERE action = 'persons.unmask' AND subject LIKE %s",
        f"%{person}%",
    ) == [("核对医保卡",)]


def test_the_main_path_is_walked_with_the_keyboard_alone(
    browser: Browser, demo: Demo, visits: Visits
) -> None:
    visit = next(visits.within)
    with walk(browser, demo, "from the worklist to the settlement by keyboard") as one:
        reach(one, "#q1")
        one.page.keyboard.type(visit)
        one.keys += len(visit)
        one.press("Enter")
        expect(one.page.locator("#list tbody tr")).to_have_count(1)
        enters(one, f".who a[href*='{visit}']")
        expect(one.page.locator("#share h2")).to_be_visible()
        enters(one, "main a[href*='/discharge']")
        heads(one, "现在结算个人付")
        if one.page.locator("button[value=leave]").count():
            enters(one, "button[value=leave]")
            expect(one.page.locator("button[value=leave]")).to_have_count(0)
        enters(one, "button[value=look]")
        expect(one.page.locator("#preview")).to_be_focused()
        asked = amount(one.page.locator("#preview h2").inner_text())
        reach(one, "button[value=act]")
        one.press("Enter")
        assert amount(heads(one, "已结算：")) == asked
        assert one.clicks == 0
    assert amount(standing(demo, visit)[1]["patient"]) == asked


def _tries(one: Walker, visit: str) -> None:
    """Somebody stops or replaces the first line that pushes a visit over, and looks what it comes to."""
    looks_up(one, visit)
    one.click(".who a")
    one.click("#pushes tbody input[type=checkbox]")
    one.click("#pushes form[method=get] button.btn-primary")
    expect(one.page.locator("#worked")).to_be_visible()


def test_the_second_of_two_is_told_what_changed_and_overwrites_nothing(
    browser: Browser, demo: Demo, visits: Visits
) -> None:
    visit = next(visits.over)
    ((name,),) = demo.rows("SELECT name FROM tenancy_account WHERE username = 'demo.doctor'")
    with (
        walk(browser, demo, "the second of two on one visit is told") as second,
        at_work(browser, demo, username="demo.doctor") as first,
    ):
        _tries(second, visit)
        second.type("#note", "先停这一项")
        _tries(first, visit)
        first.click("#worked button[value=change]")
        expect(first.page.locator("[role=status].strip").first).to_contain_text("已照试算改了")
        before = bill_of(demo, visit)
        second.click("#worked button[value=change]")
        told = second.page.locator("[role=alert]")
        expect(told).to_contain_text("S620")
        expect(told).to_contain_text(f"{name}")
        expect(told).to_contain_text("改了费用")
        expect(second.page.get_by_text("您写的还在")).to_contain_text("先停这一项")
        assert bill_of(demo, visit) == before
        second.click("#pushes tbody input[type=checkbox]")
        second.click("#pushes form[method=get] button.btn-primary")
        expect(second.page.locator("#note")).to_have_value("先停这一项")


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    browser: Browser, demo: Demo
) -> None:
    visit = settled_stay(demo)
    number, was = standing(demo, visit)
    with walk(browser, demo, "the session ends in the middle of a form") as one:
        place(one, "结算与台账")
        one.type("#q-visit", visit)
        one.click("form.query button.btn-primary")
        one.click(f"tbody a:text-is('{number}')")
        one.click(".do a:has-text('更正')")
        one.click("input[name^=gone] >> nth=0")
        one.type("#reason", "多计 1 次")
        assert demo.rows("DELETE FROM django_session RETURNING session_key")
        one.click("button[value=look]")
        heads(one, "登录以后接着办")
        one.log_in(OFFICE, demo.passwords[OFFICE])
        expect(one.page).to_have_url(re.compile(f"/desk/settlements/{number}/correct"))
        expect(one.page.locator("#reason")).to_have_value("多计 1 次")
        expect(one.page.locator("input[name^=gone]").first).to_be_checked()
        expect(one.page.locator("[data-kept]")).to_be_visible()
        one.click("button[value=look]")
        expect(one.page.locator("#preview")).to_be_visible()
    assert standing(demo, visit) == (number, was)
