"""`python -m benchmarks.service`: the service under load, beside a bare endpoint of the same server.

Clients and server share the machine's cores. Bills have 30 lines. Rates are of answers 201 whose rows are durable
(synchronous commit). Writes build/bench-service.json.
"""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

Json = dict[str, Any]
SAMPLE = "DOUDI_BARE_SAMPLE"  # tells the bare endpoint where a real settlement's rows are
BIN = Path(sys.executable).parent
CLIENTS, WORKERS, THREADS = 8, 2, 4
LINES = 30
ROUNDS, SECONDS = 3, 8.0
PACED, PACED_SECONDS = 50, 20.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers a second, and how long the slowest hundredth took at the least (milliseconds)."""

    per_second: float
    p50: float
    p99: float


@dataclass(slots=True)
class Client:
    """Asks one server; counts and times what it is answered."""

    port: int
    token: str
    taken: list[float] = field(default_factory=list[float])

    def post(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, status: int
    ) -> bytes:
        """One request that must be answered so."""
        start = time.perf_counter()
        connection.request(
            "POST", path, body,
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )  # fmt: skip
        answer = connection.getresponse()
        content = answer.read()
        self.taken.append(time.perf_counter() - start)
        assert answer.status == status, f"{answer.status}: {content[:120]!r}"
        return content


def bill(rng: random.Random, visit: str, person: str) -> Json:
    """A 30-line inpatient bill of a person without standing."""
    lines: list[Json] = []
    for number in range(LINES):
        price = f"{rng.randint(1, 300)}.{rng.randint(0, 99):02d}"
        item_class = rng.choice("甲甲甲甲乙乙乙丙")
        lines.append(
            {
                "id": f"L{number}", "code": f"C{number}", "name": "某药品注射液", "date": "2019-06-05",
                "class": item_class, "quantity": "1", "unit_price": price, "amount": price,
                **({"first_self_pay_rate": "0.1"} if item_class == "乙" else {}),
            }
        )  # fmt: skip
    return {
        "visit_id": visit,
        "person": {
            "id": person, "birth_date": "1970-01-01", "insurance_tier": "tier_1", "district": "500113",
            "standings": [],
        },
        "facility": {"code": "H2", "level": "2", "district": "500113"},
        "kind": "inpatient", "admitted": "2019-06-01", "settled": "2019-06-13", "lines": lines,
    }  # fmt: skip


def bodies(run: str, client: int, persons: int) -> Iterator[bytes]:
    """Messages without end, of visits of some persons of this client."""
    rng = random.Random(f"{run}/{client}")
    number = 0
    while True:
        number += 1
        visit = f"{run}-{client}-{number}"
        made = bill(rng, visit, f"{run}-{client}-{number % persons}")
        yield json.dumps({"message_id": visit, "bill": made}, ensure_ascii=False).encode()


def rate(port: int, token: str, run: str, path: str, status: int, seconds: float) -> Rate:
    """As many as the clients can get answered."""
    clients = [Client(port, token) for _ in range(CLIENTS)]
    streams = [bodies(run, n, 500) for n in range(CLIENTS)]
    gate, until = threading.Barrier(CLIENTS + 1), [0.0]

    def ask(client: Client, stream: Iterator[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        gate.wait()
        while time.perf_counter() < until[0]:
            client.post(connection, path, next(stream), status)

    return _timed(clients, streams, gate, until, ask, seconds)


def _timed(
    clients: list[Client],
    streams: list[Iterator[bytes]],
    gate: threading.Barrier,
    until: list[float],
    ask: Callable[[Client, Iterator[bytes]], None],
    seconds: float,
) -> Rate:
    threads = [
        threading.Thread(target=ask, args=pair) for pair in zip(clients, streams, strict=True)
    ]
    for thread in threads:
        thread.start()
    start = time.perf_counter()
    until[0] = start + seconds
    gate.wait()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    taken = sorted(t for client in clients for t in client.taken)
    return Rate(len(taken) / spent, _at(taken, 0.50), _at(taken, 0.99))


def paced(port: int, token: str, run: str, path: str, status: int) -> Rate:
    """At a steady 50 a second, as a district's peak: how long one waits."""
    clients = [Client(port, token) for _ in range(CLIENTS)]
    streams = [bodies(run, n, 500) for n in range(CLIENTS)]
    gate, until = threading.Barrier(CLIENTS + 1), [0.0]

    def ask(client: Client, stream: Iterator[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        gate.wait()
        at = time.perf_counter() + clients.index(client) / PACED
        while at < until[0]:
            time.sleep(max(at - time.perf_counter(), 0))
            client.post(connection, path, next(stream), status)
            at += CLIENTS / PACED

    return _timed(clients, streams, gate, until, ask, PACED_SECONDS)


def _at(taken: list[float], share: float) -> float:
    return taken[min(int(len(taken) * share), len(taken) - 1)] * 1000


@contextmanager
def running(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[None]:
    """A server while the block runs."""
    log = Path(tempfile.gettempdir()) / f"bench-{port}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **(env or {})}
        )
        try:
            _wait(port)
            yield
        finally:
            process.terminate()
            process.wait(60)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(port)


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def sample(url: str) -> Json:
    """What a real settlement wrote: its answer, its evidence, its entries and sums."""
    with psycopg.connect(url, autocommit=True) as database:
        row = database.execute(
            "SELECT s.id, s.result, s.evidence, p.id FROM settlement_settlement s"
            " JOIN settlement_posting p ON p.settlement = s.id ORDER BY s.id DESC LIMIT 1"
        ).fetchone()
        assert row is not None
        entries = database.execute(
            "SELECT account, amount FROM settlement_entry WHERE posting = %s", [row[3]]
        ).fetchall()
        sums = database.execute(
            "SELECT year, name, amount FROM settlement_accumulatorentry WHERE posting = %s",
            [row[3]],
        ).fetchall()
    return {"result": row[1], "evidence": bytes(row[2]).hex(), "entries": entries, "sums": sums}


def main() -> int:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory(prefix="doudi-bench-") as folder:
        data = Path(folder) / "data"
        port, bare_port = _port(), _port()
        serve = [
            str(BIN / "doudi"), "serve", "--data", str(data), "--port", str(port),
            "--workers", str(WORKERS), "--threads", str(THREADS),
        ]  # fmt: skip
        with running(serve, port):
            token = _token(data)
            url = f"postgresql://postgres@/doudi?host={data / 'postgres'}"
            path = "/api/v1/settlements"
            rate(port, token, "warm", path, 201, 2.0)
            kept = Path(folder) / "sample.json"
            kept.write_text(json.dumps(sample(url), ensure_ascii=False), encoding="utf-8")
            bare = [
                str(BIN / "granian"), "--interface", "wsgi", "--port", str(bare_port), "--workers",
                str(WORKERS), "--blocking-threads", str(THREADS), "benchmarks.peers.bare:application",
            ]  # fmt: skip
            env = {SAMPLE: str(kept), "DOUDI_DATA": str(data), "DOUDI_DATABASE": url}
            with running(bare, bare_port, env):
                rate(bare_port, "", "warmbare", path, 201, 2.0)
                ours, theirs = list[Rate](), list[Rate]()
                for n in range(ROUNDS):
                    ours.append(rate(port, token, f"ours{n}", path, 201, SECONDS))
                    theirs.append(rate(bare_port, "", f"bare{n}", path, 201, SECONDS))
            steady = paced(port, token, "paced", path, 201)
        found = {
            "settle": asdict(max(ours, key=lambda r: r.per_second)),
            "bare": asdict(max(theirs, key=lambda r: r.per_second)),
            "share_of_bare": max(r.per_second for r in ours) / max(r.per_second for r in theirs),
            "paced_50": asdict(steady),
        }
    print(json.dumps(found, indent=1))
    out = Path("build") / "bench-service.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


def _token(data: Path) -> str:
    made = subprocess.run(
        [str(BIN / "doudi"), "token", "create", "--data", str(data), "--client", "bench", "--role",
         "system_client", "--backdate"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return made.stdout.decode().strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
