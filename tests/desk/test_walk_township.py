"""The township officer's walk: a paper invoice from entry with its scan to settled and printed, by two, at every
width and by keyboard; a renewal that another confirms; a notice on paper."""

from itertools import count

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WALKED, Walker
from desk.demo import Demo
from desk.walking import at_work, heads, prints, reach
from web.invoices_at_hand import png

OFFICER, ADMIN = "demo.township-officer", "demo.district-admin"
_PERSON = """
SELECT p.id FROM register_person p JOIN tenancy_village v ON v.code = p.village_id
JOIN tenancy_account a ON a.township_id = v.township_id AND a.username = %s
WHERE EXISTS (SELECT 1 FROM register_fact f WHERE f.person_id = p.id AND f.kind = 'standing'
    AND f.superseded IS NULL AND f.valid_from <= '2019-01-01' AND f.valid_to IS NULL)
  AND EXISTS (SELECT 1 FROM register_fact f WHERE f.person_id = p.id AND f.kind = 'tier' AND f.superseded IS NULL)
  AND p.died IS NULL AND p.moved_out IS NULL
  AND NOT EXISTS (SELECT 1 FROM settlement_settlement s WHERE s.person = p.id)
  AND NOT EXISTS (SELECT 1 FROM settlement_visit w WHERE w.person = p.id)
  AND NOT EXISTS (SELECT 1 FROM reimbursement_invoice i WHERE i.person = p.id) ORDER BY p.id LIMIT 1
"""
_numbers = count(1)


def _typed(one: Walker, number: str) -> None:
    fields = {
        "number": number, "issuer": "成都市锦江区人民医院", "district": "510104", "admitted": "2019-10-08",
        "discharged": "2019-10-15", "issued": "2019-10-15", "total": "7000.00",
    }  # fmt: skip
    for key, value in fields.items():
        one.type(f"#{key}", value)
    one.page.locator("[name=referred]").check()
    for row, amount in enumerate(("5000.00", "1500.00", "500.00")):
        one.page.locator("[name=amount]").nth(row).fill(amount)
    one.page.locator("[name=first]").nth(1).fill("150.00")


@pytest.mark.parametrize("width", WALKED)
def test_a_paper_invoice_goes_from_entry_to_paper_by_two(
    browser: Browser, demo: Demo, width: int
) -> None:
    number, person = f"WALK{next(_numbers)}", str(demo.rows(_PERSON, OFFICER)[0][0])
    with at_work(browser, demo, width, OFFICER) as one:
        one.open(f"/desk/reimbursements/new?person={person}")
        _typed(one, number)
        one.type("#total", "7000.01")
        one.click(".foot button.btn-primary")
        expect(one.page.locator(".faults")).to_contain_text("总费用 7000.01，各行加起来 7000.00")
        one.type("#total", "7000.00")
        one.click(".foot button.btn-primary")
        assert "的发票 7,000.00 元，自己付 700.00 元" in heads(one, "自己付")
        one.click("button[data-dialog=checking]")
        one.click("#checking button[value=check]")
        expect(one.page.locator(".faults")).to_contain_text("缺扫描件")
        sent = {"name": "发票.png", "mimeType": "image/png", "buffer": png(40, 60 + width)}
        script = {
            "name": "发票.pdf",
            "mimeType": "application/pdf",
            "buffer": b"#!/bin/sh\nrm -rf /\n",
        }
        one.page.locator("#file").set_input_files(script)  # pyright: ignore[reportArgumentType]
        one.click("button[value=scan]")
        expect(one.page.locator(".faults")).to_contain_text("这个文件收不下")
        one.page.locator("#file").set_input_files(sent)  # pyright: ignore[reportArgumentType]
        one.click("button[value=scan]")
        expect(one.page.locator("#h-s")).to_contain_text("1 张扫描件")
        one.click("button[data-dialog=checking]")
        one.click("#checking button[value=check]")
        expect(one.page.locator(".head .tg").first).to_have_text("核对过，等区里批")
        assert one.page.locator("button[data-dialog=approving]").count() == 0
        path = one.page.url.removeprefix(one.base)
        assert (one.overflowing(), one.axe()) == ([], [])
    with at_work(browser, demo, width, ADMIN) as other:
        other.open(path)
        other.click("button[data-dialog=approving]")
        other.click("#approving button[value=approve]")
        heads(other, "结算了")
    with at_work(browser, demo, width, OFFICER) as one:
        one.open(path)
        answer = prints(one, "form[action$='.pdf'] button")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/pdf"
    ((visit, patient, floor, source),) = demo.rows(
        "SELECT s.visit, s.result::json ->> 'patient', s.result::json -> 'payments' ->> 'floor', i.state"
        " FROM settlement_settlement s JOIN reimbursement_invoice i ON i.settlement = s.id WHERE i.number = %s",
        number,
    )
    assert (visit[:2], patient, source) == ("SG", "700.00", "settled")
    assert float(floor) > 0


def test_an_invoice_is_entered_and_handed_over_with_the_keyboard_alone(
    browser: Browser, demo: Demo
) -> None:
    person = str(demo.rows(_PERSON, OFFICER)[0][0])
    with at_work(browser, demo, 1440, OFFICER) as one:
        one.open(f"/desk/reimbursements/new?person={person}")
        page = one.page
        reach(one, "#number")
        page.keyboard.type("KEYS1")
        for what, text in (("#issuer", "成都市锦江区人民医院"), ("#district", "510104")):
            reach(one, what)
            page.keyboard.type(text)
        for what, text in (
            ("#admitted", "10082019"),
            ("#discharged", "10152019"),
            ("#issued", "10152019"),
        ):
            reach(one, what)
            page.keyboard.type(text)
        reach(one, "#total")
        page.keyboard.type("800.00")
        reach(one, "[name=amount]")
        page.keyboard.type("800.00")
        page.keyboard.press("Enter")
        heads(one, "的发票 800.00 元")
        with page.expect_file_chooser() as chosen:
            reach(one, "#file")
            page.keyboard.press("Enter")
        chosen.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": png(33, 44)})  # pyright: ignore
        reach(one, "button[value=scan]")
        page.keyboard.press("Enter")
        expect(page.locator("#h-s")).to_contain_text("1 张扫描件")
        reach(one, "button[data-dialog=checking]")
        page.keyboard.press("Enter")
        reach(one, "#checking button[value=check]")
        page.keyboard.press("Enter")
        expect(page.locator(".head .tg").first).to_have_text("核对过，等区里批")


def test_a_renewal_is_seen_stated_and_confirmed_by_another(browser: Browser, demo: Demo) -> None:
    person = str(demo.rows(_PERSON, OFFICER)[0][0])
    with at_work(browser, demo, 390, OFFICER) as one:
        one.open(f"/desk/upkeep/persons/{person}")
        one.page.locator("details", has=one.page.locator("#r-from")).locator("summary").click()
        one.page.select_option("#r-code", "monitored")
        one.type("#r-from", "2019-12-01")
        one.type("#r-to", "2020-12-01")
        one.click("form:has(#r-from) button[value=look]")
        heads(one, "监测对象，2019-12-01 起，2020-12-01 止")
        expect(one.page.locator("#preview")).to_contain_text("区里另一个人确认以后才写")
        one.type("#reason", "入户核实，支出大")
        one.click("#preview button[value=state]")
        expect(one.page.locator(".log li").first).to_contain_text("等区里确认")
        one.click(".log li a")
        path = one.page.url.removeprefix(one.base)
        assert one.overflowing() == []
    with at_work(browser, demo, 1440, ADMIN) as other:
        other.open(path)
        other.click("button[data-dialog=confirming]")
        other.click("#confirming button[value=confirm]")
        heads(other, "身份")
    sql = "SELECT valid_from::text, valid_to::text FROM register_fact WHERE person_id = %s AND code = 'monitored'"
    assert demo.rows(sql, person) == [("2019-12-01", "2020-12-01")]


def test_a_notice_is_printed_and_an_objection_answered(browser: Browser, demo: Demo) -> None:
    with at_work(browser, demo, 1024, OFFICER) as one:
        one.open("/desk/notices")
        one.click("th[scope=row] a")
        answer = prints(one, ".do form button")
        assert answer.status == 200
        one.type("textarea[name=reply]", "入户看过，房是亲戚的")
        one.click("button[value=reply]")
        expect(one.page.locator(".say.fine")).to_contain_text("入户看过")


def test_visits_are_called_and_cards_printed_for_those_who_are_ticked(
    browser: Browser, demo: Demo
) -> None:
    with at_work(browser, demo, 390, OFFICER) as one:
        one.open("/desk/contracts?tab=have")
        boxes = one.page.locator("input[name=person]")
        assert boxes.count() > 0
        boxes.first.check()
        assert prints(one, "button[formaction$='cards.pdf']").status == 200
        one.click("form[action$='/calls'] .stepbtns button >> nth=0")
        heads(one, "按一下就拨")
        assert one.page.locator("a[href^='tel:']").count() > 0
        assert one.overflowing() == []
