"""Every page of the demonstration's hospital, at the desk, on a small screen and on a telephone.

None is wider than its screen, complains, asks for anything elsewhere, or keeps anybody out by what it looks like.
The pictures are kept in build/pictures, to be looked at.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from desk.browser import ROOT, WIDTHS, Walker, walker
from desk.demo import Demo

PICTURES = ROOT / "build/pictures"
OFFICE = "demo.insurance-office"


@pytest.fixture(scope="module", params=WIDTHS)
def office(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The insurance office before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(OFFICE, demo.passwords[OFFICE])
        yield at


ADDRESSES: dict[str, str] = {
    "reviews": "/desk/reviews",
    "review": "/desk/visits/{over}/review",
    "persons": "/desk/persons",
    "person": "/desk/persons/{person}",
}
"""Pages by the name of their picture; what is in braces is found in the demonstration."""


@pytest.fixture(scope="module")
def found(demo: Demo) -> dict[str, str]:
    """Things of the hospital: a visit over its limit and its person, …"""
    ((home,),) = demo.rows("SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE)
    ((over, person),) = demo.rows(
        "SELECT visit, person FROM settlement_visit WHERE facility = %s AND settled IS NULL ORDER BY id LIMIT 1",
        home,
    )
    return {"over": over, "person": person}


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_is_whole(office: Walker, found: dict[str, str], name: str) -> None:
    office.complaints.clear()
    office.outside.clear()
    office.open(re.sub(r"\{(\w+)\}", lambda m: found[m[1]], ADDRESSES[name]))
    width = office.page.viewport_size["width"]  # pyright: ignore
    office.shot(Path(PICTURES / f"{name}-{width}.png"))
    assert office.page.locator("h1").count() == 1
    assert office.heading().strip()
    assert office.axe() == []
    assert office.overflowing() == []
    assert (office.complaints, office.outside) == ([], [])
