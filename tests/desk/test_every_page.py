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


@pytest.fixture(
    scope="module", params=[pytest.param(w, marks=[pytest.mark.slow] * (w == 1024)) for w in WIDTHS]
)
def office(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Walker]:
    """The insurance office before a screen of this width."""
    with walker(browser, demo.base, request.param) as at:
        at.log_in(OFFICE, demo.passwords[OFFICE])
        yield at


ADDRESSES: dict[str, str] = {
    "wards": "/desk/wards",
    "wards-over": "/desk/wards?tab=over",
    "wards-nobody": "/desk/wards?query=nobody",
    "stay": "/desk/wards/stay/{over}",
    "reviews": "/desk/reviews",
    "emergencies": "/desk/reviews?tab=emergencies",
    "review-over": "/desk/visits/{over}/review",
    "review-within": "/desk/visits/{within}/review",
    "review-unmapped": "/desk/visits/{unmapped}/review",
    "discharges": "/desk/discharges",
    "discharge": "/desk/visits/{gone}/discharge",
    "discharge-not-yet": "/desk/visits/{unmapped}/discharge",
    "settlements": "/desk/settlements",
    "settlement": "/desk/settlements/{settled}",
    "settlement-corrected": "/desk/settlements/{corrected}",
    "settlement-reversed": "/desk/settlements/{reversed}",
    "correct": "/desk/settlements/{settled}/correct",
    "late": "/desk/settlements/{settled}/late",
    "return": "/desk/settlements/{settled}/return",
    "reverse": "/desk/settlements/{settled}/reverse",
    "awaiting": "/desk/awaiting",
    "answer": "/desk/settlements/{awaiting}/answer",
    "proposals": "/desk/proposals",
    "mapping": "/desk/mapping",
    "mapping-item": "/desk/mapping/{item}",
    "persons": "/desk/persons",
    "person": "/desk/persons/{person}",
    "person-why": "/desk/persons/{stranger}",
    "papers": "/desk/papers",
    "statement": "/desk/settlements/{settled}/statement",
    "clearing": "/desk/clearing/2019-11",
    "day": "/desk/days/2019-12-03",
    "imports": "/desk/imports",
    "import-new": "/desk/imports/new",
    "nothing": "/desk/nothing",
    "not-found": "/desk/visits/nobody/review",
    "password": "/desk/password",
}
"""Pages by the name of their picture; what is in braces is found in the demonstration."""


def _one(demo: Demo, sql: str, *values: object) -> str:
    rows = demo.rows(sql, *values)
    assert rows, sql
    return str(rows[0][0])


_FOUND = {
    "over": "SELECT visit FROM wards_kept WHERE facility = %s AND settled IS NULL AND needs @> '{over_limit}'",
    "within": "SELECT visit FROM wards_kept WHERE facility = %s AND settled IS NULL AND status = 'within'",
    "unmapped": "SELECT visit FROM wards_kept WHERE facility = %s AND settled IS NULL AND unmapped > 0",
    "gone": "SELECT visit FROM settlement_visit WHERE facility = %s AND settled IS NULL AND discharged IS NOT NULL",
    "person": "SELECT person FROM wards_kept WHERE facility = %s AND standing_title <> ''",
    "item": "SELECT id::text FROM matching_item WHERE facility = %s",
    "settled": "SELECT s.id::text FROM settlement_settlement s WHERE facility = %s AND NOT EXISTS"
    " (SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')"
    " AND result NOT LIKE '%%provisional%%'",
    "reversed": "SELECT s.id::text FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id"
    " WHERE s.facility = %s AND p.kind = 'reverse'",
    "corrected": "SELECT id::text FROM settlement_settlement WHERE facility = %s AND sequence <> id",
    "awaiting": "SELECT id::text FROM settlement_settlement WHERE facility = %s AND result LIKE '%%provisional%%'"
    " AND sequence = id AND NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.settlement ="
    " settlement_settlement.id AND p.kind = 'reverse')",
}
"""Things of the hospital, each of its own kind: the first in the order of their names or numbers."""


@pytest.fixture(scope="module")
def found(demo: Demo) -> dict[str, str]:
    """What addresses are filled with."""
    ((home,),) = demo.rows("SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE)
    made = {"stranger": ""}
    for name, sql in _FOUND.items():
        rows = demo.rows(f"{sql} ORDER BY 1 LIMIT 1", home)
        assert rows, name
        made[name] = rows[0][0]
    ((made["stranger"],),) = demo.rows(
        "SELECT id FROM register_person p WHERE NOT EXISTS"
        " (SELECT 1 FROM settlement_settlement s WHERE s.person = p.id) AND NOT EXISTS"
        " (SELECT 1 FROM settlement_visit v WHERE v.person = p.id) ORDER BY id LIMIT 1"
    )
    return made


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
