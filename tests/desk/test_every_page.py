"""Every page of the demonstration's hospital, at the desk, on a small screen and on a telephone.

None is wider than its screen, complains, asks for anything elsewhere, or keeps anybody out by what it looks like.
The pictures are kept in build/pictures, to be looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.addresses import (
    ADMIN,
    AUDIT,
    AUDITOR,
    CITY,
    DISTRICT,
    OFFICE,
    PAGES,
    TOWN_OFFICER,
    TOWNSHIP,
    VIEWER,
    filled,
    things,
)
from desk.browser import ROOT, WIDTHS, Walker, walker
from desk.demo import Demo

PICTURES = ROOT / "build/pictures"


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def office(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The insurance office before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(OFFICE, demo.passwords[OFFICE])
        yield at


ADDRESSES = {**PAGES, "nothing": "/desk/nothing", "not-found": "/desk/visits/nobody/review"}


@pytest.fixture(scope="module")
def found(demo: Demo) -> dict[str, str]:
    """What addresses are filled with."""
    return things(demo.rows)


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def admin(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The district's second administrator before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(ADMIN, demo.passwords[ADMIN])
        yield at


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def viewer(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """Who looks on for the city before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(VIEWER, demo.passwords[VIEWER])
        yield at


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def officer(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The township's officer before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(TOWN_OFFICER, demo.passwords[TOWN_OFFICER])
        yield at


@pytest.mark.parametrize("name", [name for name in TOWNSHIP if not name.endswith("-scan")])
def test_a_page_of_the_township_is_whole(officer: Walker, found: dict[str, str], name: str) -> None:
    _is_whole(officer, name, filled(TOWNSHIP[name], found))


@pytest.mark.parametrize("name", CITY)
def test_a_page_of_the_city_is_whole(viewer: Walker, found: dict[str, str], name: str) -> None:
    _is_whole(viewer, name, filled(CITY[name], found))


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_is_whole(office: Walker, found: dict[str, str], name: str) -> None:
    _is_whole(office, name, filled(ADDRESSES[name], found))


@pytest.mark.parametrize("name", DISTRICT)
def test_a_page_of_the_district_is_whole(admin: Walker, found: dict[str, str], name: str) -> None:
    _is_whole(admin, name, filled(DISTRICT[name], found))


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def auditor(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The auditor before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(AUDITOR, demo.passwords[AUDITOR])
        yield at


@pytest.mark.parametrize("name", AUDIT)
def test_a_page_of_the_audit_desk_is_whole(
    auditor: Walker, found: dict[str, str], name: str
) -> None:
    _is_whole(auditor, name, filled(AUDIT[name], found))


def _is_whole(one: Walker, name: str, address: str) -> None:
    one.complaints.clear()
    one.outside.clear()
    one.open(address)
    width = one.page.viewport_size["width"]  # pyright: ignore
    one.shot(Path(PICTURES / f"{name}-{width}.png"))
    assert one.page.locator("h1").count() == 1
    assert one.heading().strip()
    assert one.axe() == []
    assert one.overflowing() == []
    assert (one.complaints, one.outside) == ([], [])


@pytest.mark.parametrize("name", ["wards", "review-over", "discharge", "settlement", "person"])
def test_large_type_keeps_everything_on_the_screen(
    office: Walker, found: dict[str, str], name: str
) -> None:
    office.open(filled(ADDRESSES[name], found))
    office.page.locator("[data-large]").click()
    office.page.reload()
    office.settled()
    try:
        assert office.overflowing() == []
    finally:
        office.page.locator("[data-large]").click()
