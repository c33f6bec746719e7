"""The pictures of the handbook: screens of the demonstration's hospital, as its insurance office sees them.

They are kept in build/pictures/handbook; `make screenshots` has them in docs/images. A picture is made
only of a page that is whole: it says what the handbook says of it, and its characters have their font.
"""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.addresses import ADMIN, AUDITOR, TOWN_OFFICER
from desk.browser import ROOT, Walker, walker
from desk.demo import Demo
from desk.palette import small
from tables import HEADER, csv_of, fee_rows

pytestmark = pytest.mark.slow
OFFICE = "demo.insurance-office"
IMAGES = ROOT / "docs/images"
TO = ROOT / (os.environ.get("SCREENSHOTS") or "build/pictures/handbook")
MOST = 200_000
"""Bytes of a picture: it is kept in the repository."""
_OURS = "(SELECT facility_id FROM tenancy_account WHERE username = 'demo.insurance-office')"
_OVER = f"""SELECT visit FROM wards_kept WHERE facility = {_OURS} AND settled IS NULL AND status = 'exceeded'
AND unmapped = 0 AND faults = '{{}}' ORDER BY excess DESC, visit"""
_LEFT = f"""SELECT visit FROM wards_kept WHERE facility = {_OURS} AND settled IS NULL AND status = 'within'
AND faults = '{{}}' AND unmapped = 0 AND entitled ORDER BY discharged NULLS LAST, leaves, visit"""
_SETTLED = f"""SELECT s.id FROM settlement_settlement s
WHERE s.facility = {_OURS} AND s.visit LIKE 'ZY%%'
AND (s.result::text::json -> 'payments' ->> 'floor')::numeric > 0
AND NOT EXISTS (SELECT FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
ORDER BY s.settled DESC, s.id"""


def _first(demo: Demo, sql: str) -> str:
    return str(demo.rows(sql)[0][0])


def _review(at: Walker, demo: Demo) -> None:
    at.open(f"/desk/visits/{_first(demo, _OVER)}/review")


def _trial(at: Walker, demo: Demo) -> None:
    _review(at, demo)
    for box in at.page.locator('#pushes input[name="line"]').all()[:2]:
        box.check()
    at.click('button:has-text("试算选中的")')


def _discharge(at: Walker, demo: Demo) -> None:
    at.open(f"/desk/visits/{_first(demo, _LEFT)}/discharge")


def _preview(at: Walker, demo: Demo) -> None:
    _discharge(at, demo)
    at.click('button:has-text("看各方付多少")')


def _silent(at: Walker, demo: Demo) -> None:
    _discharge(at, demo)
    at.click('button:has-text("平台没有回音，看临时结算")')


def _correct(at: Walker, demo: Demo) -> None:
    at.open(f"/desk/settlements/{_first(demo, _SETTLED)}")
    at.click('a:has-text("更正")')


def _import(at: Walker, demo: Demo) -> None:
    """A list with three cells that are wrong, of a visit that runs."""
    rows = [HEADER, *fee_rows(40)]
    for row, column, wrong in ((2, 6, "两盒"), (4, 3, "2019-13-01"), (6, 8, "1O.00")):
        rows[row] = [*rows[row][:column], wrong, *rows[row][column + 1 :]]
    at.open("/desk/imports/new")
    at.page.locator("#visit").fill(_first(demo, _LEFT))
    file = {"name": "费用清单.csv", "mimeType": "text/csv", "buffer": csv_of(rows, "gbk")}
    at.page.locator('input[type="file"]').set_input_files(file)  # pyright: ignore[reportArgumentType]
    at.click('button:has-text("看一看")')
    expect(at.page.locator("h1")).to_contain_text("行有错", timeout=60_000)
    at.settled()


def _person(at: Walker, demo: Demo) -> None:
    """Somebody who has a family doctor to ring."""
    sql = "SELECT person FROM settlement_settlement WHERE id = %s"
    ((person,),) = demo.rows(sql, int(_first(demo, _SETTLED)))
    at.open(f"/desk/persons/{person}")


def _statement(at: Walker, demo: Demo) -> None:
    at.open(f"/desk/settlements/{_first(demo, _SETTLED)}/statement")


def _clearing(at: Walker, _demo: Demo) -> None:
    at.open("/desk/papers")
    at.click('a:has-text("本月清算单")')


PICTURES: dict[str, tuple[Callable[[Walker, Demo], None], str]] = {
    "wards": (lambda at, _: at.open("/desk/wards"), r"人要办"),
    "review": (_review, r"目录外占比超过限额 [\d,.]+ 元"),
    "trial": (_trial, r"占比从 \S+ 到 \S+，患者"),
    "discharge": (_discharge, r"总费用 .* 元，现在结算个人付"),
    "preview": (_preview, r"向患者收 [\d,.]+ 元"),
    "silent": (_silent, r"平台没有回音，临时结算"),
    "correct": (_correct, r"更正.*的账单"),
    "mapping": (
        lambda at, _: at.open("/desk/mapping"),
        r"项没有对照，账单结不了|项要核对，不挡结算",
    ),
    "import": (_import, r"3 行有错，37 行可以记入"),
    "person": (_person, r"拨打"),
    "statement": (_statement, r"住院费用结算单"),
    "clearing": (_clearing, r"各基金应付医院 .* 元"),
}
"""By name: the way there, and what the page says then."""


BESIDE = ("operation",)
"""Taken by the walks of other desks."""

OF_DISTRICT: dict[str, tuple[str, str]] = {
    "district": ("/desk/district", r"兜底资金预计 \d\d-\d\d 用完"),
    "approvals": ("/desk/approvals", r"件等区里定"),
    "alerts": ("/desk/alerts", r"条预警归我办"),
    "policy": ("/desk/policies/1", r"人次里 \d+ 人次不同，患者共少付"),
    "payment": ("/desk/payments/2019-12-001", r"1 家没有付成"),
    "month-end": ("/desk/month-end", r"关账以前还有 \d+ 样没有办完"),
    "exports": ("/desk/exports/national/rows?state=rejected", r"3 行被退回"),
}
"""By name: the address of a page of the district's second administrator, and what it says."""


OF_AUDITOR: dict[str, tuple[str, str]] = {
    "audit": ("/desk/samples/1", r"抽了 12 笔，6 笔没有评，有问题的 1 笔"),
}
"""By name: the address of a page of the auditor, and what it says."""


OF_TOWNSHIP: dict[str, tuple[str, str]] = {
    "township": ("/desk/reimbursements?state=all", r"张发票等您核对或补"),
}
"""By name: the address of a page of the township's officer, and what it says."""


@pytest.mark.parametrize("name", OF_TOWNSHIP)
def test_a_picture_of_the_township_shows_what_the_handbook_says(
    browser: Browser, demo: Demo, name: str
) -> None:
    address, says = OF_TOWNSHIP[name]
    with walker(browser, demo.base, 1440, 900) as at:
        at.page.set_default_timeout(60_000)
        at.log_in(TOWN_OFFICER, demo.passwords[TOWN_OFFICER])
        at.open(address)
        _pictured(at, name, says)


@pytest.mark.parametrize("name", OF_AUDITOR)
def test_a_picture_of_the_audit_desk_shows_what_the_handbook_says(
    browser: Browser, demo: Demo, name: str
) -> None:
    address, says = OF_AUDITOR[name]
    with walker(browser, demo.base, 1440, 900) as at:
        at.page.set_default_timeout(60_000)
        at.log_in(AUDITOR, demo.passwords[AUDITOR])
        at.open(address)
        _pictured(at, name, says)


@pytest.fixture(scope="module")
def admin(browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The district's second administrator before the same screen."""
    with walker(browser, demo.base, 1440, 900) as at:
        at.page.set_default_timeout(60_000)
        at.log_in(ADMIN, demo.passwords[ADMIN])
        yield at


@pytest.fixture(scope="module")
def office(browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The insurance office before a screen of the hospital."""
    with walker(browser, demo.base, 1440, 900) as at:
        at.page.set_default_timeout(60_000)
        at.log_in(OFFICE, demo.passwords[OFFICE])
        yield at


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_the_handbook_says(office: Walker, demo: Demo, name: str) -> None:
    way, says = PICTURES[name]
    office.complaints.clear()
    way(office, demo)
    _pictured(office, name, says)


@pytest.mark.parametrize("name", OF_DISTRICT)
def test_a_picture_of_the_district_shows_what_the_handbook_says(admin: Walker, name: str) -> None:
    address, says = OF_DISTRICT[name]
    admin.complaints.clear()
    admin.open(address)
    expect(admin.page.locator("#trial")).to_have_count(0, timeout=60_000)  # what is tried is tried
    _pictured(admin, name, says)


def _pictured(office: Walker, name: str, says: str) -> None:
    """Take the picture of a page that says what it should."""
    expect(office.page.locator("main")).to_contain_text(re.compile(says))
    assert (
        office.page.evaluate("[...document.fonts].filter((f) => f.status === 'loading').length")
        == 0
    )
    TO.mkdir(parents=True, exist_ok=True)
    picture = small(
        office.page.context, office.page.screenshot(timeout=60_000, animations="disabled")
    )
    (TO / f"{name}.png").write_bytes(picture)
    assert len(picture) < MOST
    assert office.complaints == []


def test_the_pictures_that_are_kept_are_these() -> None:
    assert {path.stem for path in IMAGES.glob("*.png")} == {
        *PICTURES,
        *OF_DISTRICT,
        *OF_AUDITOR,
        *OF_TOWNSHIP,
        *BESIDE,
    }
