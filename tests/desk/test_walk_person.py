"""Walks in a real browser: somebody is found, called up and their number read, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WIDTHS, Walker, walker
from desk.demo import Demo


def _family(demo: Demo) -> list[tuple[str, str]]:
    """(person, visit) of two running stays of one household."""
    rows = demo.served.rows(
        "SELECT v.person, v.visit FROM settlement_visit v JOIN register_person p ON p.id = v.person"
        " WHERE v.settled IS NULL AND p.household_id = (SELECT q.household_id FROM settlement_visit w"
        " JOIN register_person q ON q.id = w.person WHERE w.settled IS NULL GROUP BY 1"
        " HAVING count(*) > 1 ORDER BY 1 LIMIT 1) ORDER BY v.visit"
    )
    return [(str(person), str(visit)) for person, visit in rows]


def _office(demo: Demo, one: Walker) -> None:
    one.page.set_default_timeout(60_000)
    one.log_in("demo.insurance-office", demo.passwords["demo.insurance-office"])


def test_a_number_is_found_shown_and_hidden_again_with_the_keyboard_alone(
    browser: Browser, demo: Demo
) -> None:
    (person, visit), *others = _family(demo)
    assert others
    with walker(browser, demo.base) as one:
        _office(demo, one)
        one.page.clock.install()
        one.open("/desk/persons")
        page = one.page
        page.locator("h1").click()
        page.keyboard.press("/")
        page.keyboard.type(visit)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/desk/persons/{person}")
        number = page.locator("#numbers dd").first
        expect(number).to_contain_text(re.compile(r"^9\*{13}\d{3}[\dX]"))
        page.locator("button[data-dialog=why-number]").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/reveal")
        expect(number).to_have_text(re.compile(r"^\s*9\d{16}[\dX]\s*$"))
        page.clock.fast_forward(61_000)
        expect(number).to_have_text(re.compile(r"^\s*9\*{13}\d{3}[\dX]\s*$"))
        assert (one.complaints, one.outside) == ([], [])
    reasons = demo.served.rows(
        "SELECT reason FROM audit_log_record WHERE action = 'persons.unmask'"
    )
    assert reasons == [("与市平台对账，姓名重复",)]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_file_stands_at_every_width_and_is_open_to_everybody(
    browser: Browser, demo: Demo, width: int
) -> None:
    person = _family(demo)[0][0]
    with walker(browser, demo.base, width) as one:
        _office(demo, one)
        for address in (f"/desk/persons/{person}", "/desk/persons"):
            one.open(address)
            assert one.overflowing() == []
            assert [
                found for found in one.axe() if found["impact"] in ("serious", "critical")
            ] == []
        assert (one.complaints, one.outside) == ([], [])
