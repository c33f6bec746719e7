"""An administrator and a township's officer go through alerts: at the desk, on a telephone, by the keyboard."""

import time

import pytest
from playwright.sync_api import Browser

from benchmarks.addresses import ADMIN
from desk.browser import walker
from desk.demo import Demo
from desk.walking import at_work, enters, heads, reach

OFFICER = "demo.township-officer"


_NOT_LOOKED_AT = """
SELECT NOT coalesce((SELECT is_whole AND looked > %s AND low >= (SELECT max(id) FROM settlement_posting)
  FROM alerts_state), false)
"""


def all_is_looked_at(demo: Demo) -> None:
    """The demonstration has just started: more alerts come until all of its ledger was looked at."""
    until = time.monotonic() + 60
    for _ in range(2):  # what the figures came to in the first look moves the district's own alerts
        ((moment,),) = demo.rows("SELECT clock_timestamp()")
        while demo.rows(_NOT_LOOKED_AT, moment)[0][0]:
            assert time.monotonic() < until, "the ledger was not looked at"
            time.sleep(0.2)


_LATER = [
    pytest.param(ADMIN, 1024, marks=pytest.mark.slow), pytest.param(ADMIN, 390, marks=pytest.mark.slow),
]  # fmt: skip


@pytest.mark.parametrize(("who", "width"), [(ADMIN, 1440), (OFFICER, 390), *_LATER])
def test_an_alert_is_taken_and_closed_with_what_it_was(
    browser: Browser, demo: Demo, who: str, width: int
) -> None:
    all_is_looked_at(demo)
    role = "district_admin" if who == ADMIN else "township_officer"
    ((number,),) = demo.rows(
        "SELECT min(id) FROM alerts_alert WHERE owner_role = %s AND state = 'open' AND owner_township = coalesce("
        "(SELECT township_id FROM tenancy_account WHERE username = %s), '')",
        role,
        who,
    )
    with walker(browser, demo.base, width) as at:
        at.log_in(who, demo.passwords[who])
        at.open("/desk/alerts")
        before = int(at.heading().split()[0])
        at.open(f"/desk/alerts/{number}")
        assert (at.axe(), at.overflowing()) == ([], [])
        at.page.get_by_role("button", name="接办预警").click()
        at.settled()
        at.page.get_by_role("button", name="办结预警").first.click()
        at.page.get_by_label("误报").check()
        at.page.fill("#why-close", "病情反复，核对过病历")
        at.page.locator("dialog[open] button[value=close]").click()
        at.settled()
        assert "办结（误报）" in at.page.locator(".log li").first.inner_text()
        assert at.page.get_by_role("button", name="接办预警").count() == 0
        at.open("/desk/alerts")
        left = before - 1
        assert at.heading() == (f"{left} 条预警归我办" if left else "没有归我办的预警")
        assert (at.complaints, at.outside) == ([], [])
    told = demo.rows("SELECT what FROM alerts_event WHERE alert_id = %s ORDER BY id DESC", number)
    assert [what for (what,) in told[:2]] == ["close", "take"]


def test_an_alert_is_found_taken_and_closed_with_the_keyboard_alone(
    browser: Browser, demo: Demo
) -> None:
    all_is_looked_at(demo)
    with at_work(browser, demo, 1440, ADMIN) as at:
        reach(at, ".side a[href='/desk/alerts']")
        at.press("Enter")
        before = int(heads(at, "条预警归我办").split()[0])
        enters(at, "main tbody a[href^='/desk/alerts/']")
        at.page.wait_for_url("**/desk/alerts/*")
        number = int(at.page.url.rpartition("/")[2])
        enters(at, "button[value=take]")
        at.page.locator("button[value=take]").wait_for(state="detached")
        enters(at, "[data-dialog=closing]")
        reach(at, "#closing input[name=ended_as]")
        at.press("Space")
        reach(at, "#why-close")
        at.write("打电话问过，属实")
        reach(at, "#closing button[value=close]")
        at.press("Enter")
        at.page.locator("[data-dialog=closing]").wait_for(state="detached")
        at.open("/desk/alerts")
        assert at.heading().split()[0] in (str(before - 1), "没有归我办的预警")
        assert at.clicks == 0
    sql = "SELECT state, ended_as <> '' FROM alerts_alert WHERE id = %s"
    assert demo.rows(sql, number) == [("closed", True)]
