"""Who keeps the service running, before the operators' page: wide and narrow, a backup, a test of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.addresses import KEEPER
from desk.browser import ROOT, walker
from desk.demo import Demo, demonstration
from desk.palette import small

pytestmark = pytest.mark.slow
PICTURES = Path(ROOT / "build/pictures")
IMAGES = ROOT / (os.environ.get("SCREENSHOTS") or "build/pictures/handbook")


@pytest.fixture(scope="module")
def own(browser: Browser, filled: Path, module_folder: Path) -> Iterator[Demo]:
    """A demonstration that knows the pass-phrase of its backups."""
    assert browser
    (module_folder / "pass").write_text("correct horse battery\n")
    named = {"DOUDI_BACKUP_PASSPHRASE_FILE": str(module_folder / "pass")}
    with demonstration(module_folder, filled, named) as made:
        yield made


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_whole_for_its_role(browser: Browser, own: Demo, width: int) -> None:
    with walker(browser, own.base, width) as at:
        at.log_in(KEEPER, own.passwords[KEEPER])
        at.open("/desk/")
        assert at.page.url.endswith("/desk/operation")
        at.shot(PICTURES / f"operation-{width}.png")
        assert at.axe() == []
        assert at.overflowing() == []
        assert (at.complaints, at.outside) == ([], [])


def test_a_backup_is_made_and_tried_from_the_page(browser: Browser, own: Demo) -> None:
    with walker(browser, own.base, 1440) as at:
        at.page.set_default_timeout(120_000)
        at.log_in(KEEPER, own.passwords[KEEPER])
        at.open("/desk/operation")
        assert "还没有备份过" in at.page.locator("#is-backup td").nth(1).inner_text()
        for button, dialog, start, row in (
            ("备份", "#backup", "开始备份", "备份"),
            ("试恢复", "#try", "开始试恢复", "试恢复"),
        ):
            at.page.locator(".head .do").get_by_role("button", name=button, exact=True).click()
            shown = at.page.locator(f"dialog{dialog}")
            shown.locator("input[name=reason]").fill("每季度")
            shown.get_by_role("button", name=start).click()
            first = at.page.locator("#runs tbody tr").first
            expect(first.locator("th")).to_have_text(row)
            expect(first.locator(".tg")).to_have_text("做完了", timeout=180_000)
        at.open("/desk/operation")
        at.settled()
        assert "台账完好" in at.page.locator("#is-tried").inner_text()
        assert at.complaints == []
        at.shot(PICTURES / "operation-tried.png")
        IMAGES.mkdir(parents=True, exist_ok=True)
        picture = small(at.page.context, at.page.screenshot(animations="disabled"))
        (IMAGES / "operation.png").write_bytes(picture)
