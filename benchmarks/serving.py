"""Servers that run while they are measured, in processes and folders of their own, and the CPU that they spend."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

WORKERS, THREADS = 2, 4
KINDS = ("client", "workers", "main process", "database sessions", "rest of the database")
"""Who spends CPU. The service seals in its main process; a session that has ended counts to the rest."""
_BIN = Path(sys.executable).parent
_START_SECONDS, _STOP_SECONDS, _FILL_SECONDS = 60, 300, 600
_FILLED = "演示数据装好"


@dataclass(frozen=True, slots=True)
class Service:
    """A running `doudi serve` with a data folder of its own."""

    data: Path
    port: int
    pid: int

    @property
    def database(self) -> str:
        """The address of its own PostgreSQL."""
        return f"postgresql://postgres@/doudi?host={self.data / 'postgres'}"

    def token(self, role: str, *options: str) -> str:
        """A new client's token for the whole district."""
        made = subprocess.run(
            [_BIN / "doudi", "token", "create", "--data", self.data, "--client", role, "--role", role, *options],
            capture_output=True, check=True, timeout=60, env=_environment(),
        )  # fmt: skip
        return made.stdout.decode().strip().splitlines()[-1]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows read beside the service."""
        with psycopg.connect(self.database, autocommit=True) as database:
            return database.execute(sql, values).fetchall()

    def analyse(self) -> None:
        """What autovacuum does within its first minutes: sessions that planned on empty tables plan anew."""
        with psycopg.connect(self.database, autocommit=True) as database:
            database.execute("ANALYZE")


@contextmanager
def service(data: Path, *options: str) -> Iterator[Service]:
    """`doudi serve` with its own PostgreSQL while the block runs."""
    port = _free_port()
    command = [
        "doudi", "serve", "--data", data, "--port", port, "--workers", WORKERS, "--threads", THREADS,
        *options,
    ]  # fmt: skip
    try:
        with _running(command, port, data.with_name("service.log"), {}) as pid:
            yield Service(data, port, pid)
    finally:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):  # it ended with the service
            database = psutil.Process(_postmaster(data))
            database.send_signal(signal.SIGINT)
            database.wait(_STOP_SECONDS)


@contextmanager
def demonstration(data: Path) -> Iterator[tuple[Service, dict[str, str]]]:
    """`doudi serve --demo`, filled, while the block runs; and the passwords of its accounts."""
    with service(data, "--demo") as running:
        log, until = data.with_name("service.log"), time.monotonic() + _FILL_SECONDS
        while _FILLED not in (told := log.read_text(errors="replace")):
            if time.monotonic() > until:
                raise TimeoutError(told[-3000:])
            time.sleep(0.5)
        yield running, dict(re.findall(r"(demo\.[a-z-]+)\s+(\S+)", told))


@contextmanager
def bare(beside: Service, sample: Path) -> Iterator[tuple[int, int]]:
    """The bare endpoint on the same server and the same database while the block runs: its port and process."""
    port = _free_port()
    command = [
        "granian", "--interface", "wsgi", "--port", port, "--workers", WORKERS, "--blocking-threads", THREADS,
        "benchmarks.peers.bare:application",
    ]  # fmt: skip
    env = {
        "DOUDI_BARE_SAMPLE": str(sample), "DOUDI_DATA": str(beside.data), "DOUDI_DATABASE": beside.database
    }  # fmt: skip
    with _running(command, port, beside.data.with_name("bare.log"), env) as pid:
        yield port, pid


def cpu_seconds(server: int, data: Path) -> dict[str, float]:
    """CPU seconds spent until now by each of KINDS: this process, a server, the PostgreSQL of a data folder."""
    above, below = _tree(server)
    rest, processes = _tree(_postmaster(data))
    sessions = [p for p in processes if " doudi " in _title(p)]
    return {
        "client": time.process_time(),
        "workers": sum(map(_own, below)),
        "main process": _own(above),
        "database sessions": sum(map(_own, sessions)),
        "rest of the database": _with_ended(rest)
        + sum(_own(p) for p in processes if p not in sessions),
    }


def _tree(pid: int) -> tuple[psutil.Process, list[psutil.Process]]:
    top = psutil.Process(pid)
    return top, top.children(recursive=True)


def _title(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def _own(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


def _with_ended(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


@contextmanager
def _running(
    command: Sequence[object], port: int, log: Path, env: Mapping[str, str]
) -> Iterator[int]:
    name, *words = map(str, command)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [_BIN / name, *words], stdout=out, stderr=out, env={**_environment(), **env}
        )
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise TimeoutError(log.read_text(errors="replace")[-3000:])


def _environment() -> dict[str, str]:
    """Without what names another installation."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("DOUDI_", "DJANGO_"))}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
