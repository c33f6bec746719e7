"""The township officer's walk: a paper invoice from entry with its scan to settled and printed, by two, at every
width and by keyboard; a renewal that another confirms; a notice on paper."""

from itertools import count

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WALKED, Walker
from desk.demo import Demo
from desk.walking import at_work, enters, heads, prints, reach, walk
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
    with walk(browser, demo, "a paper invoice entered", width, OFFICER) as one:
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
    with walk(browser, demo, "a paper invoice approved, the second person", width, ADMIN) as other:
        other.open(path)
        other.click("button[data-dialog=approving]")
        other.click("#approving button[value=approve]")
        heads(other, "结算了")
    with walk(browser, demo, "a settled paper invoice printed", width, OFFICER) as one:
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


def _types(one: Walker, what: str, text: str) -> None:
    reach(one, what)
    one.write(text)


def _enters_by_keyboard(one: Walker, person: str) -> None:
    """A paper invoice, from the list of invoices to the one that was entered; who it is stands in the address."""
    one.open(f"/desk/reimbursements/new?person={person}")
    _types(one, "#number", "KEYS1")
    _types(one, "#issuer", "成都市锦江区人民医院")
    _types(one, "#district", "510104")
    for what, text in (
        ("#admitted", "10082019"),
        ("#discharged", "10152019"),
        ("#issued", "10152019"),
    ):
        _types(one, what, text)
    _types(one, "#total", "800.00")
    reach(one, "[name=referred]")
    one.press("Space")
    _types(one, "[name=amount]", "800.00")
    one.press("Enter")
    heads(one, "的发票 800.00 元")


def _brings_by_keyboard(one: Walker) -> None:
    """Its scan, and over to the district."""
    with one.page.expect_file_chooser() as chosen:
        reach(one, "#file")
        one.press("Enter")
    chosen.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": png(33, 44)})  # pyright: ignore
    reach(one, "button[value=scan]")
    one.press("Enter")
    expect(one.page.locator("#h-s")).to_contain_text("1 张扫描件")
    reach(one, "button[data-dialog=checking]")
    one.press("Enter")
    reach(one, "#checking button[value=check]")
    one.press("Enter")
    expect(one.page.locator(".head .tg").first).to_have_text("核对过，等区里批")


def test_an_invoice_goes_from_entry_to_settled_with_the_keyboard_alone(
    browser: Browser, demo: Demo
) -> None:
    person = str(demo.rows(_PERSON, OFFICER)[0][0])
    with walk(browser, demo, "a paper invoice entered by keyboard", username=OFFICER) as one:
        _enters_by_keyboard(one, person)
        _brings_by_keyboard(one)
        assert one.clicks == 0
    with walk(
        browser, demo, "a paper invoice approved by keyboard, the second person", username=ADMIN
    ) as other:
        reach(other, ".side > a[href='/desk/reimbursements']")
        other.press("Enter")
        heads(other, "等区里批")
        enters(other, "tr.m-need th a")
        heads(other, "的发票 800.00 元")
        reach(other, "button[data-dialog=approving]")
        other.press("Enter")
        reach(other, "#approving button[value=approve]")
        other.press("Enter")
        heads(other, "结算了")
        assert other.clicks == 0
    ((state, total, floor),) = demo.rows(
        "SELECT i.state, s.result::json ->> 'total', s.result::json -> 'payments' ->> 'floor'"
        " FROM reimbursement_invoice i JOIN settlement_settlement s ON s.id = i.settlement"
        " WHERE i.number = 'KEYS1'"
    )
    assert (state, total) == ("settled", "800.00")
    assert floor is not None


def test_a_renewal_is_seen_stated_and_confirmed_by_another(browser: Browser, demo: Demo) -> None:
    person = str(demo.rows(_PERSON, OFFICER)[0][0])
    with walk(browser, demo, "a renewal stated", 390, OFFICER) as one:
        one.open(f"/desk/upkeep/persons/{person}")
        one.page.locator("details", has=one.page.locator("#r-from")).locator("summary").click()
        one.page.select_option("#r-code", "monitored")
        one.type("#r-from", "2019-12-01")
        one.type("#r-to", "2020-12-01")
        one.click("form:has(#r-from) button[value=look]")
        heads(one, "监测对象，2019-12-01 起，到 2020-12-01（不含）")
        expect(one.page.locator("#preview")).to_contain_text("区里另一个人确认以后才写")
        one.type("#reason", "入户核实，支出大")
        one.click("#preview button[value=state]")
        expect(one.page.locator(".log li").first).to_contain_text("等区里确认")
        one.click(".log li a")
        path = one.page.url.removeprefix(one.base)
        assert one.overflowing() == []
    with walk(browser, demo, "a renewal confirmed, the second person", 1440, ADMIN) as other:
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
