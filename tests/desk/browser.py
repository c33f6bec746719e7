"""A real Chromium before a running service: pages are walked in it as their users do, and looked at."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
UNPACKED = ROOT / "build/browser"
AXE = UNPACKED / "axe.min.js"
WIDTHS = (1440, 1024, 390)
WALKED = (WIDTHS[0], *(pytest.param(width, marks=pytest.mark.slow) for width in WIDTHS[1:]))
"""Widths as a walk is asked for them: the desk's in every run, the others in the thorough one."""
_FLAGS = [
    "--headless=shell", "--no-sandbox", "--disable-gpu", "--no-zygote", "--use-gl=angle",
    "--use-angle=swiftshader", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_OVERFLOWS = """() => {
  const width = document.documentElement.clientWidth, over = [];
  document.querySelectorAll('body *').forEach((e) => {
    if (!e.checkVisibility()) return;
    const box = e.getBoundingClientRect();
    if (box.width && box.right > width + 1 && !e.closest('.tw, .tlwrap, .tabs, .visually-hidden, svg[hidden]'))
      over.push(e.tagName + '.' + (e.getAttribute('class') || ''));
  });
  return over.slice(0, 8);
}"""


def is_there() -> bool:
    """Whether there is a browser to walk in; without one the walks fail, unless BROWSER=0 asks to go without."""
    return _executable() is not None


def _executable() -> str | None:
    if (UNPACKED / "chromium").exists():
        return str(UNPACKED / "chromium")
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    executable = _executable()
    assert executable is not None, "没有浏览器：make .venv/.browser，或者用 BROWSER=0 不走页面"
    libraries = f"{UNPACKED / 'al2023/lib'}:{UNPACKED}"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=executable,
            args=_FLAGS,
            env={**os.environ, "LD_LIBRARY_PATH": libraries},
            timeout=60_000,
        )
        yield browser


@dataclass
class Walker:
    """Somebody at a screen: what they click and type is counted, what the page complained of is kept."""

    page: Page
    base: str
    clicks: int = 0
    keys: int = 0
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)
        self.page.set_default_timeout(15_000)

    def _console(self, message: Any) -> None:
        # a page that refuses answers with a status of its own, which the browser tells as an error of loading
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and not request.url.startswith(self.base):
            self.outside.append(request.url)

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.base + path)
        self.settled()

    def settled(self) -> None:
        """Wait until the page and its fonts are there, and no card is asked for any more."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        expect(self.page.locator(".htmx-request")).to_have_count(0, timeout=30_000)

    def click(self, what: str) -> None:
        """Click what somebody sees: a selector, or the text of a button or link."""
        self.clicks += 1
        self.page.locator(what).first.click()
        self.settled()

    def type(self, what: str, text: str) -> None:
        """Type into a field."""
        self.page.locator(what).first.fill(text)
        self.keys += len(text)

    def press(self, key: str) -> None:
        """Press a key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Press the keys of a text, where somebody stands."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def log_in(self, username: str, password: str) -> None:
        """Log in on whatever page is open."""
        if "/desk/login" not in self.page.url:
            self.open("/desk/login")
        self.type("#username", username)
        self.type("#password", password)
        self.click("form.entry-form button")

    def heading(self) -> str:
        """The answer of the page."""
        return self.page.locator("h1").first.inner_text()

    def shot(self, to: Path) -> None:
        """A picture of the whole page."""
        to.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=to, full_page=True, timeout=30_000)

    def overflowing(self) -> list[str]:
        """What stands beyond the right edge."""
        return list(self.page.evaluate(_OVERFLOWS))

    def axe(self) -> list[Mapping[str, Any]]:
        """What the accessibility engine finds: rule, weight, where."""
        # by the debugger's way in, which the policy of the page does not bind
        self.page.evaluate(AXE.read_text())
        found = json.loads(
            self.page.evaluate("axe.run().then((r) => JSON.stringify(r.violations))")
        )
        return [
            {
                "id": one["id"],
                "impact": one["impact"],
                "nodes": [" ".join(map(str, node["target"])) for node in one["nodes"]][:5],
            }
            for one in found
        ]


@contextmanager
def walker(
    browser: Browser, base: str, width: int = 1440, height: int = 900, **more: Any
) -> Iterator[Walker]:
    """Somebody at a screen of this width."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai",
        **more,
    )  # fmt: skip
    try:
        yield Walker(context.new_page(), base)
    finally:
        context.close()
