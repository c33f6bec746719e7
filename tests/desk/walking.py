"""What walks have in common: somebody at the worklist after login, what it cost them, what stands afterwards."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Response, expect

from desk.browser import ROOT, Walker, walker
from desk.demo import Demo

OFFICE = "demo.insurance-office"
WALKS = ROOT / "build/walks.json"
_PATIENCE = 60_000  # a machine may be busy; nobody waits for a clock, only for what is seen


@contextmanager
def at_work(
    browser: Browser, demo: Demo, width: int = 1440, username: str = OFFICE
) -> Iterator[Walker]:
    """Somebody who has just logged in; at the end no page has complained or asked for anything elsewhere."""
    expect.set_options(timeout=_PATIENCE)
    with walker(browser, demo.base, width) as one:
        one.page.set_default_timeout(_PATIENCE)
        one.log_in(username, demo.passwords[username])
        one.page.wait_for_selector(".crumb")
        one.clicks = one.keys = 0
        yield one
        assert (one.complaints, one.outside) == ([], [])


@contextmanager
def walk(
    browser: Browser, demo: Demo, name: str, width: int = 1440, username: str = OFFICE
) -> Iterator[Walker]:
    """A walk that begins where somebody comes in: its clicks, keys and seconds are kept in build/walks.json."""
    with at_work(browser, demo, width, username) as one:
        began = time.monotonic()
        yield one
        told = {
            "clicks": one.clicks, "keys": one.keys, "seconds": round(time.monotonic() - began, 1),
        }  # fmt: skip
    kept: dict[str, Any] = json.loads(WALKS.read_text()) if WALKS.exists() else {}
    kept[f"{name}, {width}"] = told
    WALKS.parent.mkdir(exist_ok=True)
    WALKS.write_text(json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    print(f"{name}, {width}: {told}")


def heads(one: Walker, what: "str | re.Pattern[str]") -> str:
    """Wait until the answer of the page holds this; the whole answer."""
    expect(one.page.locator("h1")).to_contain_text(what)
    return one.heading()


def row_of(one: Walker, visit: str) -> Locator:
    """A visit in the worklist."""
    return one.page.locator("#list tbody tr", has=one.page.get_by_text(visit, exact=True))


def place(one: Walker, name: str) -> None:
    """Go to a place of the navigation."""
    link = f"a:has(span:text-is('{name}')):visible"
    if one.page.viewport_size["width"] < 600 and not one.page.locator(f".side > {link}").count():  # pyright: ignore
        one.click(".rest summary")
    one.click(f".side {link}")
    expect(one.page.locator(".side > a[aria-current=page] span").first).to_have_text(name)


def prints(one: Walker, button: str) -> Response:
    """Click what prints: the answer that came in a tab of its own."""
    with one.page.context.expect_event("response", lambda r: r.url.endswith(".pdf")) as found:
        one.clicks += 1
        one.page.locator(button).first.click()
    return found.value


def reach(one: Walker, what: str, most: int = 250) -> None:
    """Come to something by the Tab key alone."""
    for _ in range(most):
        one.press("Tab")
        if one.page.evaluate("(s) => document.activeElement.matches(s)", what):
            return
    raise AssertionError(f"{what}: not reached by {most} Tab keys")


def amount(text: str) -> int:
    """The last amount in a text, in fen."""
    found = re.findall(r"([0-9,]+)\.([0-9]{2})(?![0-9])", text)
    assert found, text
    whole, part = found[-1]
    return int(whole.replace(",", "")) * 100 + int(part)


def running(demo: Demo, *, over: bool) -> list[str]:
    """Visits of the office's hospital that can be settled as they are, or are over their limit, in their order."""
    told = demo.rows(
        "SELECT k.visit FROM wards_kept k JOIN tenancy_account a ON a.facility_id = k.facility"
        " WHERE a.username = %s AND k.settled IS NULL AND k.unmapped = 0 AND k.total > 0 AND k.entitled"
        " AND NOT k.needs::text LIKE '%%faults%%' AND (k.status = 'exceeded') = %s ORDER BY k.visit",
        OFFICE, over,
    )  # fmt: skip
    return [str(visit) for (visit,) in told]


def standing(demo: Demo, visit: str) -> tuple[int, dict[str, Any]]:
    """The settlement of a visit that counts: its number, and what was told of it."""
    ((number, told),) = demo.rows(
        "SELECT s.id, s.result::json FROM settlement_settlement s WHERE s.visit = %s AND NOT EXISTS"
        " (SELECT FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')",
        visit,
    )
    return int(number), dict(told)


@dataclass
class Visits:
    """Running visits, each for one walk alone."""

    within: Iterator[str]
    over: Iterator[str]


def filtered(one: Walker, tab: str) -> None:
    one.click(f"#list .tabs a:has-text('{tab}')")
    expect(one.page.locator("#list .tabs a[aria-current=page]")).to_contain_text(tab)


def looks_up(one: Walker, visit: str) -> None:
    """Somebody looks a visit up in the worklist."""
    one.type("#q1", visit)
    one.click("form.query button.btn-primary")
    expect(row_of(one, visit)).to_be_visible()


def looks_before_settling(one: Walker, visit: str, button: str = "look") -> int:
    """From the worklist to what everybody would pay; what the patient would."""
    looks_up(one, visit)
    one.click(".who a")
    expect(one.page.locator("#share h2")).to_be_visible()
    one.click("main a[href*='/discharge']")
    heads(one, "现在结算个人付")
    if one.page.locator("button[value=leave]").count():
        one.click("button[value=leave]")
        expect(one.page.locator("button[value=leave]")).to_have_count(0)
    one.click(f"button[value={button}]")
    expect(one.page.locator("#preview h2")).to_contain_text("向患者收")
    return amount(one.page.locator("#preview h2").inner_text())


def settles(one: Walker) -> int:
    """What was looked at is done; what the page says that the patient pays."""
    one.click("button[value=act]")
    return amount(heads(one, "已结算："))


def layers_asked(one: Walker) -> list[str]:
    """The layers that the platform is asked for on the page."""
    names = one.page.locator("input[name^='given-']").evaluate_all(
        "(all) => all.map((e) => e.name)"
    )
    return [str(name).removeprefix("given-") for name in names]


def lines_of(demo: Demo, visit: str) -> int:
    """How many lines of a visit's bill stand."""
    ((count,),) = demo.rows(
        "SELECT count(*) FROM settlement_feeline f JOIN settlement_visit v ON v.id = f.visit_id"
        " WHERE v.visit = %s AND f.withdrawn IS NULL",
        visit,
    )
    return int(count)


def settled_stay(demo: Demo) -> str:
    """A settled stay of the office's hospital that nobody corrected, the last settlement of its patient."""
    ((visit,),) = demo.rows(
        "SELECT s.visit FROM settlement_settlement s JOIN tenancy_account a ON a.facility_id = s.facility"
        " WHERE a.username = %s AND s.result::json ->> 'kind' = 'inpatient'"
        " AND s.result::json ->> 'standing' = 'dibao'"
        " AND json_array_length(s.result::json -> 'lines') > 3"
        " AND NOT EXISTS (SELECT FROM settlement_settlement o WHERE o.person = s.person AND o.id > s.id)"
        " AND NOT EXISTS (SELECT FROM settlement_settlement o WHERE o.visit = s.visit AND o.id < s.id)"
        " AND NOT EXISTS (SELECT FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')"
        " ORDER BY s.id LIMIT 1",
        OFFICE,
    )
    return str(visit)


def bill_of(demo: Demo, visit: str) -> list[tuple[Any, ...]]:
    return demo.rows(
        "SELECT f.id, f.line, f.content::text, f.withdrawn FROM settlement_feeline f"
        " JOIN settlement_visit v ON v.id = f.visit_id WHERE v.visit = %s ORDER BY f.id",
        visit,
    )


def enters(one: Walker, what: str) -> None:
    """Past the navigation, then to something by Tab, and Enter."""
    one.press("Tab")
    if one.page.evaluate("() => document.activeElement.matches('.skip')"):
        one.press("Enter")
    reach(one, what)
    one.press("Enter")
