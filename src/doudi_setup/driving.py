"""A release at work, driven by its own command: backing up, restoring, migrating, answering."""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from doudi.errors import Faulty, fault
from doudi_setup.layout import Home

SERVING = "serving"
"""In a data folder: who serves it holds a lock on this file."""

_START_SECONDS = 120
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.2


class Failed(Exception):
    """A command of a release did not do what it was asked; with what it said."""


def run(home: Home, version: str, *words: str) -> str:
    """What a command of a release prints. Raises Failed."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    environment["DOUDI_UPGRADING"] = "1"
    ran = subprocess.run(
        [str(home.command(version)), *words], capture_output=True, check=False, env=environment
    )
    if ran.returncode:
        said = (ran.stderr + ran.stdout).decode("utf-8", "replace").strip()
        raise Failed(f"doudi {' '.join(words[:2])}：{said[-600:]}")
    return ran.stdout.decode("utf-8", "replace")


def told(home: Home, version: str, *words: str) -> dict[str, Any]:
    """The JSON that a command of a release prints. Raises Failed."""
    return json.loads(run(home, version, *words, "--json"))


def must_be_stopped(home: Home, act: str) -> None:
    """Raises Faulty where the service runs."""
    path = home.data / SERVING
    if not path.exists():
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Faulty([fault("S763", str(home.data), act=act)]) from error


def must_answer(home: Home, version: str) -> None:
    """Start a release on the data and ask whether it is well, then stop it. Raises Failed."""
    port = _free_port()
    log = home.root / f"health-{version}.log"
    environment = {**os.environ, "DOUDI_UPGRADING": "1"}
    words = [str(home.command(version)), "serve", "--data", str(home.data), "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*words, "--workers", "1"],
            stdout=out,
            stderr=out,
            env=environment,
            start_new_session=True,
        )
        try:
            status = _asked(process, port)
        finally:
            _end(process)
    if status != 200:
        said = log.read_text(encoding="utf-8", errors="replace").strip()[-400:]
        raise Failed(f"/healthz {status or '没有回答'}；{said}")
    log.unlink()


def _asked(process: "subprocess.Popen[bytes]", port: int) -> int | None:
    """What /healthz answers once it is well, or at last; None where nobody answers."""
    status, until = None, time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", "/healthz")
            status = asked.getresponse().status
            if status == 200:
                return status
        time.sleep(_LOOK_SECONDS)
    return status


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size
    return total
