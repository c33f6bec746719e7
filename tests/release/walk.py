"""From an empty machine without a network to the next release and back, with data; run in a namespace of its own.

    python -m release.walk FOLDER THIS NEXT BROKEN WAITING

What is found is printed as JSON; the test asks whether it is right.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from release import namespace
from web import served as services
from web.served import Served
from web.test_settling import bill

_AMOUNTS = ("2539.50", "18000.01", "61234.56", "0.01", "999.99")
_ROWS = """
SELECT visit, result::jsonb->>'patient', md5(result), md5(evidence) FROM settlement_settlement ORDER BY id
"""
_ACCOUNTS = (
    "SELECT account, sum(amount)::bigint FROM settlement_entry GROUP BY account ORDER BY account"
)
_REFUSES = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_INDEX_URL": "http://127.0.0.1:9/simple",
    "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1",
}  # fmt: skip


@dataclass
class Machine:
    """What was installed where, and what is told of it."""

    root: Path
    passphrase: Path
    told: dict[str, Any]

    def run(self, *words: str) -> tuple[int, str]:
        """The exit code of a command of the release in use, and all that it says."""
        return _run(str(self.root / "bin/doudi"), *words)

    def release(self, *words: str) -> tuple[int, str]:
        return self.run("release", *words, "--passphrase-file", str(self.passphrase))

    def state(self) -> dict[str, Any]:
        """The version in use, every settlement with its amounts, and whether the ledger holds."""
        data = str(self.root / "data")
        code, said = self.run("ledger", "verify", "--data", data, "--json")
        ledger = json.loads(said.splitlines()[-1] if code else said)
        with self.serving() as running, psycopg.connect(running.database, autocommit=True) as db:
            rows = db.execute(_ROWS).fetchall()
            accounts = db.execute(_ACCOUNTS).fetchall()
            tables = db.execute(
                "SELECT to_regclass('next_release'), to_regclass('half_of_it')"
            ).fetchone()
            healthy = running.ask("GET", "/healthz")
        return {
            "version": self.run("version")[1].strip(), "rows": rows, "accounts": accounts, "tables": tables,
            "health": healthy[0],
            "migrations": healthy[1]["migrations"], "code": code, "holds": ledger["holds"],
            "settlements": ledger["settlements"], "head": ledger["head"],
        }  # fmt: skip

    def serving(self) -> "Running":
        return Running(self)


class Running:
    """The release in use, serving."""

    def __init__(self, machine: Machine) -> None:
        services.DOUDI[:] = [str(machine.root / "bin/doudi")]
        self.served = Served(machine.root / "data")

    def __enter__(self) -> Served:
        self.served.start(within=120)
        return self.served

    def __exit__(self, *_: object) -> None:
        self.served.stop()


def _run(*words: str) -> tuple[int, str]:
    ran = subprocess.run(
        words, capture_output=True, check=False, timeout=400, env={**os.environ, **_REFUSES}
    )
    return ran.returncode, (ran.stdout + ran.stderr).decode()


def _settled(running: Served, visits: dict[str, str]) -> list[Any]:
    token = running.token("system_client", "--backdate")
    found: list[Any] = []
    for visit, amount in visits.items():
        body = {"message_id": visit, "bill": bill(visit, f"P{visit}", amount)}
        status, told = running.ask("POST", "/api/v1/settlements", token, body)
        found.append([status, told.get("patient")])
    return found


def installed(machine: Machine, this: Path, next_: Path) -> None:
    """Install, settle, look; installing again is refused."""
    told = machine.told
    told["install"] = _run("sh", str(this / "install"), "--to", str(machine.root))
    told["again"] = _run("sh", str(this / "install"), "--to", str(machine.root))
    with machine.serving() as running:
        told["settled"] = _settled(running, {f"V{n}": a for n, a in enumerate(_AMOUNTS)})
        told["while serving"] = machine.release("upgrade", str(next_))
    told["before"] = machine.state()


def upgraded(machine: Machine, next_: Path) -> None:
    """To the next release: the same figures, one more table; then one settlement more."""
    told = machine.told
    told["upgrade"] = machine.release("upgrade", str(next_))
    told["upgraded"] = machine.state()
    told["older"] = machine.release("upgrade", str(next_))
    with machine.serving() as running:
        told["more"] = _settled(running, {"AFTER": "1000.00"})


def rolled_back(machine: Machine) -> None:
    """Back: not before the settlement that is lost was named."""
    told = machine.told
    told["unasked"] = machine.release("rollback")
    told["still"] = machine.run("version")
    told["wrong number"] = machine.release("rollback", "--lose", "2")
    told["rollback"] = machine.release("rollback", "--lose", "1")
    told["back"] = machine.state()
    told["twice"] = machine.release("rollback")


def broken(machine: Machine, archive: Path) -> None:
    """A release whose second migration fails: back by itself."""
    told = machine.told
    told["broken"] = machine.release("upgrade", str(archive))
    told["after broken"] = machine.state()


def killed(machine: Machine, archive: Path) -> None:
    """kill -9 of an upgrade in the midst of its migration: nothing runs before it is recovered."""
    told = machine.told
    words = [str(machine.root / "bin/doudi"), "release", "upgrade", str(archive)]
    process = subprocess.Popen(
        [*words, "--passphrase-file", str(machine.passphrase)], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    data = f"postgresql://postgres@/doudi?host={machine.root / 'data/postgres'}"

    def is_half_done() -> bool:
        try:
            with psycopg.connect(data, autocommit=True, connect_timeout=2) as db:
                row = db.execute(
                    "SELECT to_regclass('next_release') IS NOT NULL AND EXISTS"
                    " (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid())"
                ).fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0]

    _until(is_half_done)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    told["not recovered"] = machine.run("version")
    told["recover"] = machine.run("release", "recover")
    told["recovered"] = machine.state()


def _until(done: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.1)


def main() -> None:
    folder, this, next_, fails, waits = map(Path, sys.argv[1:6])
    if namespace.words():
        namespace.raise_loopback()
    os.environ |= _REFUSES
    passphrase = folder / "passphrase"
    passphrase.write_text("correct horse battery\n")
    passphrase.chmod(0o600)
    machine = Machine(folder / "doudi", passphrase, {"cut off": namespace.is_cut_off()})
    installed(machine, this, next_)
    upgraded(machine, next_)
    rolled_back(machine)
    broken(machine, fails)
    killed(machine, waits)
    machine.told["left"] = sorted(path.name for path in machine.root.iterdir())
    json.dump(machine.told, sys.stdout, ensure_ascii=False, default=str)


if __name__ == "__main__":
    main()
