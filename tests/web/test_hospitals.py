"""The simulated hospitals against a real service: they agree to the fen, whatever happens to their messages; a run
that was killed goes on; a planted defect is found, and found again by the same seed."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from doudi.settle import Shelf
from doudi.wire.pack_folder import PackFolder
from doudi_cli.files import shipped_packs
from doudi_cli.main import app
from doudi_lab.hospitals import Keys, Outcome, Wanted, simulate
from doudi_lab.hospitals.acts import Kind
from doudi_lab.hospitals.journal import Journal
from doudi_lab.hospitals.mishaps import Mishap, Post, mishap_of
from doudi_lab.hospitals.running import _Hospitals
from doudi_lab.hospitals.stories import acts
from doudi_lab.hospitals.wire import Answer, Line, Request
from doudi_lab.hospitals.world import world
from web.served import DOUDI, Served, served

CODES = {"S595", "S596", "S597", "S598", "S599"}

SMALL = Wanted(seed=3, days=12, hospitals=6, persons=110, agrees=False)


@dataclass(frozen=True)
class Tried:
    """A service to be tried, with tokens for it."""

    service: Served
    keys: Keys
    folder: Path

    def run(self, wanted: Wanted, url: str | None = None, **more: Any) -> Outcome:
        return simulate(
            wanted, url or self.service.address, self.keys, shelf(), self.folder / "state", **more
        )


def shelf() -> Shelf:
    folder = PackFolder(shipped_packs())
    return Shelf(folder.find, folder.heads()[0])


@pytest.fixture(scope="module")
def tried(module_folder: Path) -> Iterator[Tried]:
    with served(module_folder) as service:
        keys = Keys(service.token("system_client", "--backdate"), service.token("district_admin"))
        (module_folder / "settle.txt").write_text(keys.settle + "\n")
        (module_folder / "district.txt").write_text(keys.district + "\n")
        yield Tried(service, keys, module_folder)


def test_the_same_wishes_give_the_same_messages_whatever_they_are_called() -> None:
    every = frozenset({Kind.CORRECT, Kind.ANSWER, Kind.DECIDE})
    one, again = (acts(world(SMALL, shelf()), every) for _ in range(2))
    assert one == again
    renamed = acts(world(replace(SMALL, name="NEW"), shelf()), every)
    assert [[(a.key, a.at, a.kind) for a in day] for day in renamed] == [
        [(a.key, a.at, a.kind) for a in day] for day in one
    ]
    assert acts(world(replace(SMALL, seed=8), shelf()), every) != one


def test_the_ledger_is_the_record_to_the_fen_whatever_happens_on_the_lines(tried: Tried) -> None:
    found = tried.run(SMALL)
    assert found.differences == ()
    assert set(found.mishaps) == set(Mishap) - {Mishap.NONE}
    assert {
        "settle", "settle_visit", "faulty", "reverse", "withdraw", "early", "correct", "answer", "decide",
    } <= set(found.events)  # fmt: skip
    assert set(found.compared) >= {
        "expected", "sums", "asked", "presettled", "ledger", "balances", "settlements",
    }  # fmt: skip
    assert min(found.compared.values()) > 1


def test_where_the_platform_agrees_all_three_figures_of_the_audit_are_whole(tried: Tried) -> None:
    wanted = replace(SMALL, seed=9, name="AGREE", agrees=True)
    found = tried.run(wanted)
    assert found.differences == ()
    assert found.events["answer"] > 0
    done = subprocess.run(
        [*DOUDI, "audit", "--data", str(tried.service.data), "--facility", f"{wanted.prefix}500113H01", "--json"],
        capture_output=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (done.returncode, told["mismatches"]) == (0, [])
    assert told["agreement"]["matched"] == told["agreement"]["all"] == told["replay"]["all"] > 0
    assert told["limits"]["matched"] == told["limits"]["all"] > 0
    made = [
        bill
        for day in acts(world(wanted, shelf()), frozenset({Kind.ANSWER}))
        for bill in [a.bill for a in day]
        if bill
    ]
    assert made
    assert not any("given" in bill for bill in made)


def test_a_run_that_is_killed_goes_on_from_its_journal(tried: Tried) -> None:
    wanted = replace(SMALL, name="KILL")
    journal = tried.folder / "state" / "KILL3.jsonl"
    command = [
        *DOUDI, "simulate-hospitals", "--server", tried.service.address, "--seed", "3", "--days", "12",
        "--hospitals", "6", "--persons", "110", "--name", "KILL", "--platform-differs",
        "--state", str(journal.parent), "--json",
        "--token-file", str(tried.folder / "settle.txt"),
        "--district-token-file", str(tried.folder / "district.txt"),
    ]  # fmt: skip
    for lines in (60, 160):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with journal.open("ab") as torn:
        torn.write(b'{"told": {"act": "KI')  # what a power cut leaves
    told = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert told.returncode == 0, told.stdout[-2000:]
    found = json.loads(told.stdout)
    assert found["differences"] == []
    whole = tried.run(wanted)
    assert whole.json() == found


def test_a_hospital_that_crashes_forgets_nothing_that_another_thread_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world(SMALL, shelf())
    day = acts(made, frozenset())[1]
    crashed = next(act for act in day if mishap_of(SMALL.seed, act) is Mishap.CRASH)
    other = next(act for act in day if act.hospital == crashed.hospital and act.kind is Kind.OPEN)
    journal = Journal(folder, SMALL)
    every = _Hospitals(made, "", Keys("", ""), 0.0, journal, None, 0)
    asked = Request("POST", "/api/v1/visits")
    threads: list[threading.Thread] = []
    snapshot = journal.of_hospital

    def meanwhile(hospital: str) -> Any:
        found = snapshot(hospital)
        told = threading.Thread(
            target=every._tell, args=(other, 0, asked, Answer(201, b"{}")), kwargs={"is_new": True}
        )
        told.start()
        told.join(0.3)
        threads.append(told)
        return found

    monkeypatch.setattr(journal, "of_hospital", meanwhile)
    post = Post(Line("http://127.0.0.1:9", "", 0.0), lambda *_: None)
    assert not every._bring(post, 0, crashed)
    for one in threads:
        one.join()
    assert other.id in every.memory[crashed.hospital]
    journal.close()


@contextmanager
def _proxy(
    service: Served,
    ask: Callable[[str, bytes], bytes] = lambda _, body: body,
    tell: Callable[[str, bytes], bytes] = lambda _, text: text,
) -> Iterator[str]:
    """A service with a defect: what is asked and told goes through the two functions, with the path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = _asked(
                service, self.command, self.path, self.headers, ask(self.path, body)
            )
            text = tell(self.path, text)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _pass

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _asked(service: Served, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
    import http.client  # noqa: PLC0415

    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        sent = {k: v for k, v in headers.items() if k in ("Authorization", "Content-Type")}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _one_fen_more(path: str, body: bytes) -> bytes:
    """A defect in settling: a single first line counts a fen more."""
    if path != "/api/v1/settlements" or b'"bill"' not in body:
        return body
    try:
        message = json.loads(body)
    except ValueError:
        return body
    line = message["bill"]["lines"][0]
    if line["quantity"] == "1":
        fen = int(line["amount"].replace(".", "")) + 1
        line["unit_price"] = line["amount"] = f"{fen // 100}.{fen % 100:02d}"
    return json.dumps(message, ensure_ascii=False).encode()


class _Forgets:
    """A defect in idempotence: a message id is not known again."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, path: str, body: bytes) -> bytes:
        if path != "/api/v1/settlements" or not body.endswith(b"}"):
            return body
        self._count += 1
        return body.replace(b'"message_id": "', f'"message_id": "{self._count}-'.encode(), 1)


def _hides_a_posting(path: str, text: bytes) -> bytes:
    """A defect in the ledger: the patient's entries of reversals are missing."""
    if not path.startswith("/api/v1/ledger/entries"):
        return text
    told = json.loads(text)
    told["entries"] = [
        e for e in told["entries"] if e["kind"] != "reverse" or "patient:" not in e["account"]
    ]
    return json.dumps(told).encode()


def _tells_more(path: str, text: bytes) -> bytes:
    """A defect in telling: the patient is told a fen more than is settled."""
    if path != "/api/v1/settlements" or b'"settlement_id"' not in text:
        return text
    told = json.loads(text)
    told["patient"] = f"{told['patient'][:-1]}{(int(told['patient'][-1]) + 1) % 10}"
    return json.dumps(told).encode()


DEFECTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("FEN", {"ask": _one_fen_more}, "expected", "total"),
    ("TWICE", {"ask": _Forgets()}, "answers", "again"),
    ("TELLS", {"tell": _tells_more}, "balances", "sum"),
    ("HIDES", {"tell": _hides_a_posting}, "ledger", "reverse"),
]


@pytest.mark.parametrize(("name", "defect", "what", "of"), DEFECTS, ids=[d[0] for d in DEFECTS])
def test_a_planted_defect_is_found_and_found_again_by_the_same_seed(
    tried: Tried, name: str, defect: dict[str, Any], what: str, of: str
) -> None:
    """What hangs on luck that no seed has, whether a cut line had carried a message yet, is left out."""
    found: list[list[tuple[str, str, str]]] = []
    for run in ("A", "B"):
        wanted = replace(SMALL, seed=26, days=8, persons=70, name=name + run)
        with _proxy(tried.service, **defect) as url:
            outcome = tried.run(wanted, url)
        told = [
            (d.what, d.visit.removeprefix(wanted.prefix), d.expected.replace(wanted.prefix, ""))
            for d in outcome.differences
            if d.what == what and of in d.expected
        ]
        found.append(sorted(told))
    assert found[0]
    assert found[0] == found[1]


def test_an_entry_altered_in_the_database_is_found(tried: Tried) -> None:
    wanted = replace(SMALL, name="ROW", days=6, persons=60)
    assert tried.run(wanted).differences == ()
    with psycopg.connect(tried.service.database, autocommit=True) as database:
        (number, account, amount) = database.execute(
            "SELECT id, account, amount FROM settlement_entry WHERE account LIKE 'patient:ROW3-%' LIMIT 1"
        ).fetchone() or (0, "", 0)
        database.execute("ALTER TABLE settlement_entry DISABLE TRIGGER USER")
        database.execute("UPDATE settlement_entry SET amount = amount + 1 WHERE id = %s", [number])
        try:
            found = tried.run(wanted)  # everything is in the journal: it is only compared again
        finally:
            database.execute(
                "UPDATE settlement_entry SET amount = %s WHERE id = %s", [amount, number]
            )
            database.execute("ALTER TABLE settlement_entry ENABLE TRIGGER USER")
    assert sorted(d.what for d in found.differences) == ["balances", "ledger"]
    assert all(account in (d.visit + d.expected) for d in found.differences)
    assert tried.run(wanted).differences == ()


def _command(tried: Tried, *more: str) -> Result:
    options = {
        "--server": tried.service.address, "--token-file": str(tried.folder / "settle.txt"),
        "--district-token-file": str(tried.folder / "district.txt"), "--days": "2", "--persons": "5",
        "--state": str(tried.folder / "command"), "--patience": "0.3",
    }  # fmt: skip
    options |= dict(zip(more[::2], more[1::2], strict=True))
    words = [word for pair in options.items() for word in pair]
    return CliRunner().invoke(app, ["simulate-hospitals", *words])


def test_what_keeps_a_simulation_from_running_is_told(tried: Tried) -> None:
    done = _command(tried, "--name", "TOLD")
    assert done.exit_code == 0, done.stderr
    assert "逐分相同" in done.stdout
    for code, *more in (
        ("S595", "--server", "http://127.0.0.1:9", "--name", "AWAY"),
        ("S596", "--name", "TOLD", "--state", str(tried.folder / "elsewhere")),
        ("S597", "--name", "TOLD", "--days", "3"),
        ("S598", "--name", "KEYS", "--district-token-file", str(tried.folder / "settle.txt")),
        ("S599", "--token-file", str(tried.folder / "none.txt")),
    ):
        done = _command(tried, *more)
        assert (done.exit_code, code in done.stderr) == (1, True), done
    assert _command(tried, "--server", "ftp://x").exit_code == 2
    assert _command(tried, "--from", "May").exit_code == 2
    assert _command(tried, "--name", "A-B").exit_code == 2


class Stop(Exception):
    """The run is stopped."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
def test_a_month_with_twenty_hospitals_agrees_to_the_fen(tried: Tried, seed: int) -> None:
    wanted = Wanted(seed=seed, days=30, hospitals=20, persons=300, name="MONTH", agrees=False)

    def stop(done: int, of: int) -> None:
        if done > of // 2:
            raise Stop

    if seed % 2:
        with pytest.raises(Stop):
            tried.run(wanted, progress=stop)
    found = tried.run(wanted)
    assert found.differences == ()
    assert found.figures > 15_000
    assert set(found.mishaps) == set(Mishap) - {Mishap.NONE}
