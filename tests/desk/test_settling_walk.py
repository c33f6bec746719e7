"""Discharging, settling and correcting in a real browser: clicks, widths, no complaint, nothing outside, axe."""

import pytest
from playwright.sync_api import Browser

from desk.browser import WIDTHS, walker
from desk.demo import Demo

pytestmark = pytest.mark.slow
OFFICE = "demo.insurance-office"


def test_three_patients_are_settled_one_after_another(demo: Demo, browser: Browser) -> None:
    with walker(browser, demo.base) as office:
        office.log_in(OFFICE, demo.passwords[OFFICE])
        office.clicks = 0
        office.click("nav.side a[href='/desk/discharges']")
        office.click("td a[href*='/discharge']")
        for n in range(3):
            assert "现在结算个人付" in office.heading()
            office.click("button[value=look]")
            assert "还没有办，什么都没有写" in office.page.locator("#preview").inner_text()
            office.click("button[value=act]")
            assert office.heading().startswith("已结算：")
            if n < 2:
                office.click("a:has-text('下一位')")
        assert office.clicks == 2 + 3 * 2 + 2
        office.click("button:has-text('现在重算一遍')")
        assert "逐分相同" in office.page.locator("#replayed").inner_text()
        assert (office.complaints, office.outside) == ([], [])


def test_a_settled_visit_is_corrected(demo: Demo, browser: Browser) -> None:
    with walker(browser, demo.base) as office:
        office.log_in(OFFICE, demo.passwords[OFFICE])
        office.open("/desk/settlements?state=standing")
        office.click("table.t tbody th a")
        office.click("a:has-text('退药退费')")
        office.type("input[name^=back]", "1")
        office.type("#reason", "退一份")
        office.click("button[value=look]")
        assert "什么都没有写" in office.page.locator("#preview").inner_text()
        office.click("button[value=act]")
        assert "退一份" in office.page.locator("ol.log").inner_text()
        assert (office.complaints, office.outside) == ([], [])


# the pages as they stand are in test_every_page; here after the acts
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_axe_finds_nothing(demo: Demo, browser: Browser, width: int) -> None:
    with walker(browser, demo.base, width) as office:
        office.log_in(OFFICE, demo.passwords[OFFICE])
        office.open("/desk/settlements?state=corrected")
        one = office.page.locator("table.t tbody th a").first.get_attribute("href")
        office.open("/desk/discharges")
        leaves = office.page.locator("td a[href*='/discharge']").first.get_attribute("href")
        paths = [
            "/desk/settlements", "/desk/discharges", "/desk/awaiting", "/desk/proposals?state=all", leaves, one,
            *(f"{one}/{form}" for form in ("correct", "late", "return", "reverse")),
        ]  # fmt: skip
        for path in paths:
            assert path is not None
            office.open(path)
            assert office.overflowing() == [], path
            assert office.axe() == [], path
        assert (office.complaints, office.outside) == ([], [])
