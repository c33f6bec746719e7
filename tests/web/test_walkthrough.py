"""Pages that use the interface do what they say, against a service that really runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tools.doc_commands import Runner
from tools.doc_runner import ROOT, blocks, commands, filled, is_written, named, prepared

PAGES = (
    ("http.md", 28),
    ("simulate-hospitals.md", 4),
    ("floor-payments.md", 18),
    ("period-control.md", 18),
    ("export-the-ledger.md", 14),
)
"""Each page that wants a service of its own, and how many commands it has."""
BAD_DAYS = (
    ("bad-day-late-charge.md", 24),
    ("bad-day-late-standing.md", 20),
    ("bad-day-platform-silent.md", 19),
    ("bad-day-faulty-bill.md", 16),
    ("bad-day-wrong-person.md", 12),
    ("bad-day-closed-month.md", 15),
)
"""The same of pages that share one, as the days of an office do; a month is closed last."""
PORT = "8210"  # on the page
_READY_SECONDS = 60


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _is_up(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def _served(at: Path) -> Iterator[tuple[Path, int]]:
    """A folder and the port of a service whose data is in it; it is stopped as a person would."""
    folder, port = prepared(at), _free_port()
    command = [
        str(Path(sys.executable).with_name("doudi")),
        "serve",
        "--data",
        "data",
        "--port",
        str(port),
    ]
    with (at / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until = time.monotonic() + _READY_SECONDS
        while not _is_up(port):
            assert server.poll() is None, (at / "serve.log").read_text()
            assert time.monotonic() < until, (at / "serve.log").read_text()
            time.sleep(0.2)
        yield folder, port
    finally:
        os.killpg(server.pid, signal.SIGINT)  # Ctrl-C reaches the workers as well
        try:
            assert server.wait(timeout=20) == 0, (at / "serve.log").read_text()
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            raise


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A service for one page."""
    with _served(tmp_path) as service:
        yield service


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """One service for all the bad days."""
    with _served(tmp_path_factory.mktemp("office")) as service:
        yield service


@pytest.mark.parametrize(
    ("name", "count"),
    [page if page == PAGES[0] else pytest.param(*page, marks=pytest.mark.slow) for page in PAGES],
)
def test_the_walk_does_what_it_says(running: tuple[Path, int], name: str, count: int) -> None:
    assert _walked(*running, name) == ([], count)


@pytest.mark.parametrize(("name", "count"), BAD_DAYS)
def test_a_bad_day_goes_as_its_page_says(shared: tuple[Path, int], name: str, count: int) -> None:
    assert _walked(*shared, name) == ([], count)


def test_every_page_that_shows_a_service_is_walked() -> None:
    shown = {
        page.name
        for page in (ROOT / "docs").rglob("*.md")
        if any("served" in b.marks for b in blocks(page.read_text(encoding="utf-8")))
    }
    assert shown == {name for name, _ in (*PAGES, *BAD_DAYS)}


def _walked(folder: Path, port: int, name: str) -> tuple[list[str], int]:
    """The commands of a page that did something else than it says, and how many there are."""
    page = ROOT / "docs" / "how-to" / name
    ran, different, names = 0, list[str](), dict[str, str]()
    with Runner(folder) as runner:
        for block in blocks(page.read_text(encoding="utf-8")):
            if is_written(folder, block) or "served" not in block.marks:
                continue
            for command in commands(block):
                text = filled(command.text, names).replace(f":{PORT}", f":{port}")
                printed, code = runner.run(text)
                ran += 1
                known = named(command.prints, printed, names)
                if code != 0 or known is None:
                    different.append(f"{command.line} $ {text}\nexit {code}\n" + "\n".join(printed))
                names = known or names
    return different, ran
