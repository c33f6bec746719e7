"""What somebody typed comes back where it was not done, is gone where it was, and stands over nobody else's."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import Walker
from desk.demo import Demo
from desk.walking import OFFICE, at_work, running


@pytest.fixture
def office(browser: Browser, demo: Demo) -> Iterator[Walker]:
    with at_work(browser, demo) as one:
        yield one


def _lies_in(demo: Demo, visit: str, bed: str) -> None:
    """A colleague says where the patient lies."""
    changed = demo.rows(
        "UPDATE wards_stay s SET bed = %s, version = s.version + 1 FROM settlement_visit v"
        " WHERE v.id = s.visit_id AND v.visit = %s RETURNING 1",
        bed,
        visit,
    )
    assert changed == [(1,)]


def _waiting(demo: Demo, need: str) -> str:
    """A running visit of the office's hospital that waits for this, and whose reason the office did not give."""
    ((home,),) = demo.rows("SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE)
    found = demo.rows(
        "SELECT visit FROM wards_kept WHERE facility = %s AND settled IS NULL AND needs @> %s ORDER BY visit",
        home,
        [need],
    )
    assert found, need
    return str(found[0][0])


def test_boxes_that_the_server_ticked_stay_ticked_over_what_was_typed_before(
    office: Walker, demo: Demo
) -> None:
    visit = next(iter(running(demo, over=False)))
    office.open(f"/desk/visits/{visit}/discharge")
    office.page.locator("input[name=given-basic]").press_sequentially("1.00")
    office.click("button[value=silent]")
    silent = office.page.locator("input[name=awaiting]:not([value=basic])")
    assert silent.count() > 0
    for box in silent.all():
        expect(box).to_be_checked()
    office.click("button[value=act]")
    expect(office.page.get_by_text("这是临时结算")).to_be_visible()
    ((result,),) = demo.rows(
        "SELECT result::json ->> 'provisional' FROM settlement_settlement WHERE visit = %s", visit
    )
    assert result not in (None, "[]", "false")


def test_a_colleague_s_later_word_stands_over_what_was_saved_in_this_tab(
    office: Walker, demo: Demo
) -> None:
    visit = next(iter(running(demo, over=False)))
    office.open(f"/desk/wards/stay/{visit}")
    office.page.locator("[name=bed]").press_sequentially("9")
    office.click("main form button.btn-primary")
    expect(office.page.get_by_text("已记下")).to_be_visible()
    _lies_in(demo, visit, "77")
    office.open(f"/desk/wards/stay/{visit}")
    expect(office.page.locator("[name=bed]")).to_have_value("77")


def test_what_was_not_saved_comes_back_only_where_nobody_changed_the_field(
    office: Walker, demo: Demo
) -> None:
    visit = next(iter(running(demo, over=False)))
    office.open(f"/desk/wards/stay/{visit}")
    doctor = office.page.locator("[name=doctor]").input_value()
    office.page.locator("[name=bed]").fill("31")
    office.page.locator("[name=bed]").press_sequentially("2")
    office.page.locator("[name=doctor]").fill("乔山")
    office.page.locator("[name=doctor]").press_sequentially("林")
    _lies_in(demo, visit, "60")
    office.open(f"/desk/wards/stay/{visit}")
    expect(office.page.locator("[name=bed]")).to_have_value("60")
    expect(office.page.locator("[name=doctor]")).to_have_value("乔山林")
    assert doctor != "乔山林"


def test_enter_in_the_reason_of_a_refusal_refuses_and_the_reason_does_not_come_back(
    browser: Browser, office: Walker, demo: Demo
) -> None:
    visit = _waiting(demo, "over_limit")
    with at_work(browser, demo, username="demo.doctor") as doctor:
        doctor.open(f"/desk/visits/{visit}/review")
        doctor.type("#reason", "创面大，还要用三天")
        doctor.click("button[value=explain]")
    office.open(f"/desk/visits/{visit}/review")
    office.page.locator("#why").press_sequentially("理由不够，写明用到哪天")
    office.page.locator("#why").press("Enter")
    expect(office.page.get_by_text("已退回医生")).to_be_visible()
    ((kind, reason),) = demo.rows(
        "SELECT e.kind, e.reason FROM review_event e JOIN settlement_visit v ON v.id = e.visit"
        " WHERE v.visit = %s ORDER BY e.id DESC LIMIT 1",
        visit,
    )
    assert (kind, reason) == ("refused", "理由不够，写明用到哪天")
    keys = office.page.evaluate("Object.keys(sessionStorage).filter((k) => k.includes('refuse:'))")
    assert keys == []


def test_the_main_button_is_pressed_by_control_and_enter_where_there_is_one(
    office: Walker, demo: Demo
) -> None:
    visit = next(iter(running(demo, over=False)))
    office.open(f"/desk/wards/stay/{visit}")
    office.page.locator("[name=bed]").fill("18")
    office.page.locator("[name=bed]").press("Control+Enter")
    expect(office.page.get_by_text("已记下")).to_be_visible()
