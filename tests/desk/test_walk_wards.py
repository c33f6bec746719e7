"""Walks in a real browser: who is over is found and gone to, chosen visits are looked at, a list is taken."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import Walker, walker
from desk.demo import Demo

pytestmark = pytest.mark.slow


def _office(demo: Demo, one: Walker) -> None:
    one.page.set_default_timeout(60_000)
    one.log_in("demo.insurance-office", demo.passwords["demo.insurance-office"])
    one.open("/desk/wards")


def _whole(one: Walker) -> bool:
    return (one.complaints, one.outside) == ([], [])


def test_who_is_over_is_found_in_one_click_and_gone_to_in_another(
    demo: Demo, browser: Browser
) -> None:
    with walker(browser, demo.base) as one:
        _office(demo, one)
        page, before, began = one.page, one.clicks, time.monotonic()
        count = int(page.locator("#list .tabs a:has-text('超限') b").inner_text())
        one.click("#list .tabs a:has-text('超限')")
        expect(page.locator("#list tbody tr")).to_have_count(count)
        assert "tab=over" in page.url
        one.click("#list tbody tr:first-child .act a")
        page.wait_for_url("**/review")
        assert one.clicks - before == 2
        assert time.monotonic() - began < 60
        page.go_back()
        expect(page.locator("#list .tabs a[aria-current=page]")).to_contain_text("超限")
        assert _whole(one)


def test_chosen_visits_are_looked_at_and_taken_as_a_table(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    with walker(browser, demo.base) as one:
        _office(demo, one)
        page = one.page
        expect(page.locator(".bulk button").first).to_be_disabled()
        boxes = page.locator("#list tbody input[name=visit]:enabled")
        boxes.nth(0).check()
        boxes.nth(1).check()
        expect(page.locator("[data-count]")).to_have_text("2")
        one.click(".bulk button:has-text('导出所选')")
        one.type("#why", "交班")
        with page.expect_download() as taken:
            page.locator("#export button[data-file]").click()
        taken.value.save_as(tmp_path / "wards.xlsx")
        assert (tmp_path / "wards.xlsx").read_bytes()[:2] == b"PK"
        expect(page.locator("#export")).to_be_hidden()
        one.click(".bulk button:has-text('批量预审')")
        expect(page.locator(".strip").first).to_contain_text("看了 2 人")
        assert _whole(one)


def test_the_list_is_worked_with_the_keyboard_alone(demo: Demo, browser: Browser) -> None:
    with walker(browser, demo.base) as one:
        _office(demo, one)
        page = one.page
        page.locator("#q1").focus()
        page.keyboard.type("nobody")
        page.keyboard.press("Enter")
        expect(page.locator("#list .state")).to_contain_text("没有符合条件的在院患者")
        page.locator("#list .state a").focus()
        page.keyboard.press("Enter")
        box = page.locator("#list tbody input[name=visit]:enabled").first
        box.focus()
        page.keyboard.press("Space")
        expect(page.locator("[data-count]")).to_have_text("1")
        assert _whole(one)


def test_enter_takes_the_table_and_focus_stays_where_it_was(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    with walker(browser, demo.base) as one:
        _office(demo, one)
        page = one.page
        page.locator("#tab-over").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#list .tabs a[aria-current=page]")).to_contain_text("超限")
        one.settled()
        assert page.evaluate("document.activeElement.id") == "tab-over"
        page.locator("#list tbody input[name=visit]:enabled").first.check()
        one.click(".bulk button:has-text('导出所选')")
        page.locator("#why").press("Enter")  # without a reason nothing is sent
        expect(page.locator("#export")).to_be_visible()
        one.type("#why", "交班")
        with page.expect_download() as taken:
            page.locator("#why").press("Enter")
        taken.value.save_as(tmp_path / "wards.xlsx")
        assert (tmp_path / "wards.xlsx").read_bytes()[:2] == b"PK"
        one.type("#q1", "ZY")
        one.click("form.query button.btn-primary")
        assert "tab=over" in page.url
        assert "ZY" not in page.url
        page.go_back()
        expect(page.locator("#list .tabs a[aria-current=page]")).to_contain_text("超限")
        assert _whole(one)


def test_what_a_hospital_posts_is_announced_where_it_is_open(demo: Demo, browser: Browser) -> None:
    with walker(browser, demo.base) as one:
        _office(demo, one)
        page = one.page
        first = page.locator("#list tbody tr").first.inner_text()
        demo.served.rows(
            "UPDATE settlement_visit SET moved = moved + 1, discharged = now() WHERE id ="
            " (SELECT visit_id FROM wards_kept WHERE settled IS NULL AND discharged IS NULL LIMIT 1) RETURNING 1"
        )
        page.wait_for_timeout(6_000)
        poll = page.locator("#moved").get_attribute("hx-get")
        page.evaluate("(address) => htmx.ajax('GET', address, '#moved')", poll)
        expect(page.locator("#moved")).to_contain_text("下面还是以前的")
        assert page.locator("#list tbody tr").first.inner_text() == first
        one.click("#moved a")
        expect(page.locator("#moved")).to_have_text("")
        assert _whole(one)
