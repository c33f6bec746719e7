"""The same databases as the service's tests; a browser, and a demonstration to walk through."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from desk.browser import chromium
from desk.demo import Demo, demonstration, filled_once
from web.conftest import folder, module_folder, service, template

__all__ = ["folder", "module_folder", "service", "template"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; BROWSER=0 goes without, and says so."""
    if os.environ.get("BROWSER") == "0":
        pytest.skip("BROWSER=0: no page was walked")
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A filled demonstration to be copied: one for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    with filled_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as folder:
        yield folder


@pytest.fixture(scope="module")
def demo(browser: Browser, filled: Path, module_folder: Path) -> Iterator[Demo]:
    """A demonstration of this module's own, filled."""
    assert browser
    with demonstration(module_folder, filled) as made:
        yield made
