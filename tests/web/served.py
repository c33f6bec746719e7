"""A real `doudi serve` in a process of its own, on a free port of the loopback and a data folder of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

Json = dict[str, Any]
DOUDI = [str(Path(sys.executable).with_name("doudi"))]


def _environment() -> dict[str, str]:
    """Without what names the database of the tests in this process."""
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("DOUDI_", "DJANGO_"))
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Served:
    """A running service: where it answers, where its data is, how to stop, kill and start it."""

    data: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, *, within: float = 60.0) -> None:
        """Start it and wait until it answers."""
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process = subprocess.Popen(
            [*DOUDI, "serve", "--data", str(self.data), "--port", str(self.port), *self.options],
            stdout=log, stderr=log, start_new_session=True,
            env={**_environment(), **self.environment},
        )  # fmt: skip
        self.wait(within)

    def wait(self, within: float = 60.0) -> None:
        """Wait until it answers that it is well."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.05)
        raise TimeoutError(self.log()[-3000:])

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        with suppress(OSError, IndexError):  # where a killed service counts as still using it
            os.kill(self.postmaster(), signal.SIGINT)
            while Path(f"/proc/{self.postmaster()}").exists():
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the service's own processes, all at once; its database goes on."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """Its own database, for looking behind its back."""
        return f"postgresql://postgres@/doudi?host={self.data / 'postgres'}"

    def workers(self) -> list[int]:
        """The processes that answer."""
        assert self.process is not None
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in told.split()]

    def postmaster(self) -> int:
        """The process of its own database."""
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def token(self, role: str = "system_client", *more: str) -> str:
        """A new client's token, by the command."""
        made = subprocess.run(
            [*DOUDI, "token", "create", "--data", str(self.data), "--client", "t", "--role", role, *more],
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        return made.stdout.decode().strip().splitlines()[-1]

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: object = None,
        *,
        within: float = 20,
    ) -> tuple[int, Json]:
        """Status and JSON of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=within)
        try:
            headers = {"Content-Type": "application/json"}
            headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else {}
        finally:
            connection.close()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows read behind the service's back."""
        with psycopg.connect(self.database, autocommit=True) as database:
            return database.execute(sql, values).fetchall()

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """A service that runs while the block does."""
    made = Served(folder / "data", options=options)
    made.start()
    try:
        yield made
    finally:
        made.stop()
