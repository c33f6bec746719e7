"""The walk through the interface does what its page says, against a service that really runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tools.doc_commands import Runner
from tools.doc_runner import ROOT, Block, blocks, commands, matches, prepared

PAGES = (
    ("http.md", 28),
    ("simulate-hospitals.md", 4),
    ("floor-payments.md", 18),
    ("period-control.md", 14),
    ("export-the-ledger.md", 14),
)
"""Each page, and how many commands it has."""
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


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A folder and the port of a service whose data is in it; it is stopped as a person would."""
    folder, port = prepared(tmp_path), _free_port()
    command = [
        str(Path(sys.executable).with_name("doudi")),
        "serve",
        "--data",
        "data",
        "--port",
        str(port),
    ]
    with (tmp_path / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until = time.monotonic() + _READY_SECONDS
        while not _is_up(port):
            assert server.poll() is None, (tmp_path / "serve.log").read_text()
            assert time.monotonic() < until, (tmp_path / "serve.log").read_text()
            time.sleep(0.2)
        yield folder, port
    finally:
        os.killpg(server.pid, signal.SIGINT)  # Ctrl-C reaches the workers as well
        try:
            assert server.wait(timeout=20) == 0, (tmp_path / "serve.log").read_text()
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            raise


def _written(folder: Path, block: Block) -> bool:
    if "file" not in block.marks:
        return False
    (folder / block.marks["file"]).write_text(block.text, encoding="utf-8")
    return True


@pytest.mark.parametrize(("name", "count"), PAGES)
def test_the_walk_does_what_it_says(running: tuple[Path, int], name: str, count: int) -> None:
    folder, port = running
    page = ROOT / "docs" / "how-to" / name
    ran, different = 0, list[str]()
    with Runner(folder) as runner:
        for block in blocks(page.read_text(encoding="utf-8")):
            if _written(folder, block) or "served" not in block.marks:
                continue
            for command in commands(block):
                text = command.text.replace(f":{PORT}", f":{port}")
                printed, code = runner.run(text)
                ran += 1
                if code != 0 or not matches(command.prints, printed):
                    different.append(f"{command.line} $ {text}\nexit {code}\n" + "\n".join(printed))
    assert different == []
    assert ran == count
