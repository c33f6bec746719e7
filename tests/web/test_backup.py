"""A backup of a running service, restored elsewhere: the same ledger, persons and tokens, or nothing at all."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from doudi.errors import Faulty
from doudi_web.site import kept, postgres_tools
from doudi_web.site.archive import Writer, opened
from doudi_web.site.backup import Made, make
from doudi_web.site.kept import check
from doudi_web.site.restore import restore
from doudi_web.tenancy.who import KEEPER
from web.accounts import codes
from web.ledger_at_hand import sealed, settled
from web.load import Load
from web.people import number, person
from web.served import DOUDI, Served
from web.service import Json, Service
from web.test_settling import bill

PASSPHRASE = "correct horse battery"


def _quiet(*_: object) -> None:
    pass


def _ran(*words: str) -> tuple[int, Json]:
    """A command's exit code and JSON."""
    ran = subprocess.run([*DOUDI, *words, "--json"], capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, json.loads(ran.stdout) if ran.stdout else {}


def _said(*words: str) -> str:
    """What a command that fails says."""
    ran = subprocess.run([*DOUDI, *words], capture_output=True, timeout=120, check=False)
    assert ran.returncode == 1
    return ran.stderr.decode()


@pytest.fixture
def passphrase(folder: Path) -> str:
    path = folder / "pass"
    path.write_text(f"{PASSPHRASE}\n")
    return str(path)


# ------------------------------------------------------------------------ under load, restored elsewhere


def _until(done: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def _people(served: Served, admin: str) -> None:
    stated = [person("PB1", 1, name="周遭", phone="13800001234"), person("PB2", 2, name="吴事")]
    status, told = served.ask("POST", "/api/v1/persons", admin, {"persons": stated})
    assert status == 201, told


def _one_under_load(served: Served, out: Path, passphrase: str) -> tuple[Json, int, int]:
    """What the command told of a backup while clients settled; how many were answered before it, and by its end."""
    load = Load(served, served.token("system_client", "--backdate"), seed=7)
    threads = load.run()
    try:
        _until(
            lambda: (
                len(load.answered) > 40
                and served.rows("SELECT count(*) FROM settlement_seal")[0][0] > 0
            )
        )
        before = len(load.answered)
        where = ("--data", str(served.data), "--out", str(out))
        code, told = _ran("backup", *where, "--passphrase-file", passphrase)
        assert code == 0, told
        done = len(load.answered)
        _until(lambda: len(load.answered) > done)  # it goes on behind it
    finally:
        assert load.end(threads) > before
    return told, before, done


@pytest.mark.slow
def test_a_backup_under_load_is_restored_elsewhere(folder: Path, passphrase: str) -> None:
    served, out, new = Served(folder / "data"), folder / "b.backup", folder / "elsewhere" / "data"
    served.start()
    try:
        admin = served.token("district_admin")
        _people(served, admin)
        told, before, done = _one_under_load(served, out, passphrase)
        assert done > before  # clients settled while it was written
        head, rows = folder / "head.json", told["rows"]
        head.write_text(json.dumps(told["head"]))
        ledger = _ran("ledger", "verify", "--data", str(served.data), "--head", str(head))
        assert (ledger[0], ledger[1]["kept_head"]["size"]) == (0, told["head"]["size"])
        original = _results(served)
    finally:
        served.stop()
    assert before <= rows["settlement_settlement"] <= done + 4

    code, again = _ran("restore", str(out), "--data", str(new), "--passphrase-file", passphrase)
    assert (code, again["rows"], again["head"]) == (0, rows, told["head"])
    code, found = _ran("ledger", "verify", "--data", str(new), "--head", str(head))
    assert (code, found["holds"], found["head"]) == (0, True, told["head"]["digest"])
    assert found["settlements"] == rows["settlement_settlement"]
    assert (found["postings"], found["entries"]) == (
        rows["settlement_posting"],
        rows["settlement_entry"],
    )
    _goes_on(Served(new), admin, original, rows["settlement_settlement"])


def _results(served: Served) -> list[tuple[Any, ...]]:
    return served.rows("SELECT id, result, evidence FROM settlement_settlement ORDER BY id")


def _goes_on(there: Served, admin: str, original: list[tuple[Any, ...]], settlements: int) -> None:
    """What was settled stands word for word; tokens, names and the service are as they were."""
    there.start()
    try:
        restored = _results(there)
        assert len(restored) == settlements
        assert set(restored) <= set(original)
        status, seen = there.ask("GET", "/api/v1/persons/PB1?unmask=1&reason=x", admin)
        assert (status, seen["name"], seen["id_number"], seen["phone"]) == (
            200,
            "周遭",
            number(1),
            "13800001234",
        )
        status, found = there.ask("POST", "/api/v1/search/persons", admin, {"id_number": number(2)})
        assert (status, [one["id"] for one in found["persons"]]) == (200, ["PB2"])
        sender = there.token("system_client", "--backdate")
        asked = {"message_id": "after", "bill": bill("after", "PK1", standing=None)}
        status, told = there.ask("POST", "/api/v1/settlements", sender, asked)
        assert (status, int(told["settlement_id"]) > restored[-1][0]) == (201, True)
        again = {
            **asked,
            "bill": {**asked["bill"], "visit_id": json.loads(restored[0][1])["visit_id"]},
        }
        assert (
            there.ask("POST", "/api/v1/settlements", sender, {**again, "message_id": "again"})[0]
            == 409
        )
    finally:
        there.stop()


# ------------------------------------------------------------------------ what is refused


@dataclass
class Kept:
    """A backup of the application in this process, to be spoilt."""

    path: Path
    made: Made
    content: bytes


@pytest.fixture(scope="module")
def backup(service: Service, module_folder: Path) -> Kept:
    for n in range(3):
        settled(service, f"BV{n}", f"BP{n}")
    sealed(service)
    path = module_folder / "b.backup"
    made = make(KEEPER, settings.DATA, service.url, path, PASSPHRASE, _quiet)
    return Kept(path, made, path.read_bytes())


def _refused(done: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as told:
        done()
    return [(one.code, one.where) for one in told.value.faults]


def _nothing(folder: Path, *but: str) -> None:
    """Whatever was refused has left nothing, under whatever name."""
    assert sorted(one.name for one in folder.iterdir()) == sorted(but)


def test_a_manifest_says_what_is_in_it_and_the_log_who_made_it(
    service: Service, backup: Kept
) -> None:
    told = check(backup.path, _quiet, PASSPHRASE)
    assert (told["bytes"], told["head"]["size"]) == (len(backup.content), 3)
    assert told["rows"]["settlement_settlement"] == 3
    assert [part["name"] for part in told["parts"]] == ["secrets", "database"]
    ((actor, detail),) = service.rows(
        "SELECT actor, detail FROM audit_log_record WHERE action = 'backup'"
    )
    assert (actor, detail) == (
        "console:machine", {"size": backup.made.size, "digest": backup.made.digest, "sealed": 3},
    )  # fmt: skip
    assert backup.path.stat().st_mode & 0o777 == 0o600
    for name in ("ledger", "persons.1"):
        key = (settings.DATA / "secrets" / name).read_bytes()
        assert key not in backup.content
        assert key.hex().encode() not in backup.content


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=[pytest.mark.slow] * (n >= 8)) for n in range(30)]
)
def test_a_flipped_byte_is_refused_with_its_place(backup: Kept, folder: Path, seed: int) -> None:
    at = random.Random(seed).randrange(len(backup.content))
    spoilt = bytearray(backup.content)
    spoilt[at] ^= 1
    path = folder / "b.backup"
    path.write_bytes(spoilt)
    ((code, place),) = _refused(lambda: restore(path, folder / "new", PASSPHRASE, _quiet))
    start, end = map(int, re.findall(r"字节 (\d+)–(\d+)", place)[0])
    assert (code, start <= at <= end) == ("S570", True)
    assert _refused(lambda: check(path, _quiet)) == [(code, place)]
    _nothing(folder, "b.backup")


def test_a_file_that_is_cut_is_refused_with_its_place(backup: Kept, folder: Path) -> None:
    path = folder / "b.backup"
    path.write_bytes(backup.content[:-1000])
    where = f"{path} 字节 {len(backup.content) - 1000} 起"
    assert _refused(lambda: restore(path, folder / "new", PASSPHRASE, _quiet)) == [("S570", where)]
    _nothing(folder, "b.backup")


def _made_over(backup: Kept, path: Path, **changed: Any) -> None:
    """A backup of right form by somebody with the pass-phrase, whose parts do not belong together."""
    with opened(backup.path) as found, path.open("wb") as file:
        key = found.unlock(PASSPHRASE)
        writer = Writer(file, PASSPHRASE)
        for part in found.parts:
            content = changed.get(part.name, found.chunks(part.name, key))
            writer.part(part.name, content, _quiet)
        told = {name: found.manifest[name] for name in ("program", "made", "head", "rows")}
        writer.finish({**told, **{k: v for k, v in changed.items() if k in told}})


def test_keys_that_are_not_the_databases_are_refused(backup: Kept, folder: Path) -> None:
    with opened(backup.path) as found:
        keys = b"".join(found.chunks("secrets", found.unlock(PASSPHRASE))).decode()
    other = re.sub(r"(?m)^ledger \w+$", f"ledger {'11' * 32}", keys)
    assert other != keys
    _made_over(backup, folder / "b", secrets=[other.encode()])
    ((code, _),) = _refused(lambda: restore(folder / "b", folder / "new", PASSPHRASE, _quiet))
    assert code == "S510"
    _nothing(folder, "b")


@pytest.mark.parametrize("what", ["rows", "head"])
def test_a_database_that_is_not_what_the_manifest_says_is_refused(
    backup: Kept, folder: Path, what: str
) -> None:
    rows = {**backup.made.told["rows"], "settlement_entry": 1}
    changed = {"rows": rows} if what == "rows" else {"head": None}
    _made_over(backup, folder / "b", **changed)
    wanted = "settlement_entry" if what == "rows" else "settlement_seal"
    told = _refused(lambda: restore(folder / "b", folder / "new", PASSPHRASE, _quiet))
    assert told == [("S579", wanted)]
    _nothing(folder, "b")


def test_a_dump_that_cannot_be_loaded_leaves_nothing(backup: Kept, folder: Path) -> None:
    _made_over(backup, folder / "b", database=[b"PGDMP"])
    ((code, where),) = _refused(lambda: restore(folder / "b", folder / "new", PASSPHRASE, _quiet))
    assert (code, where) == ("S575", "pg_restore doudi")
    _nothing(folder, "b")


def test_nothing_is_written_over(service: Service, backup: Kept, folder: Path) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "x").write_text("x")
    (folder / "file").write_text("x")
    for name in ("full", "file"):
        assert _refused(lambda n=name: restore(backup.path, folder / n, PASSPHRASE, _quiet)) == [
            ("S572", str(folder / name))
        ]
    again = lambda: make(KEEPER, settings.DATA, service.url, folder / "file", PASSPHRASE, _quiet)  # noqa: E731
    assert _refused(again) == [("S577", str(folder / "file"))]
    assert (folder / "file").read_text() == "x"
    _nothing(folder, "full", "file")


def test_another_pass_phrase_or_none_is_refused(backup: Kept, folder: Path) -> None:
    assert _refused(lambda: restore(backup.path, folder / "new", "another one here", _quiet)) == [
        ("S573", str(backup.path))
    ]
    assert [
        code for code, _ in _refused(lambda: check(backup.path, _quiet, "another one here"))
    ] == ["S573"]
    (folder / "short").write_text("short\n")
    assert _refused(lambda: kept.passphrase_in(folder / "short")) == [
        ("S576", str(folder / "short"))
    ]
    assert [code for code, _ in _refused(lambda: kept.passphrase_in(None))] == ["S576"]
    assert [code for code, _ in _refused(lambda: kept.passphrase_in(folder / "none"))] == ["F101"]
    _nothing(folder, "short")


@pytest.fixture
def broken_tools(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Tools that write a little and then fail."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (tools / name).write_text("#!/bin/sh\necho PGDMP\necho 'no space left' >&2\nexit 1\n")
        (tools / name).chmod(0o755)
    monkeypatch.setattr(postgres_tools, "BINARIES", tools)
    yield tools
    shutil.rmtree(tools)


@pytest.mark.usefixtures("broken_tools")
def test_a_dump_that_fails_leaves_no_file(service: Service, folder: Path) -> None:
    with pytest.raises(Faulty) as told:
        make(KEEPER, settings.DATA, service.url, folder / "b", PASSPHRASE, _quiet)
    ((code, what),) = [(one.code, one.what) for one in told.value.faults]
    assert (code, "no space left" in what) == ("S575", True)
    _nothing(folder, "tools")


def test_a_place_that_cannot_be_written_is_told(service: Service, folder: Path) -> None:
    out = folder / "none" / "b"
    told = _refused(lambda: make(KEEPER, settings.DATA, service.url, out, PASSPHRASE, _quiet))
    assert told == [("F135", str(out))]


def test_who_stops_a_backup_leaves_nothing(service: Service, folder: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        make(KEEPER, settings.DATA, service.url, folder / "b", PASSPHRASE, stop)
    _nothing(folder)
    with pytest.raises(AssertionError):  # nor does its dump go on
        _until(
            lambda: bool(
                service.rows("SELECT 1 FROM pg_stat_activity WHERE application_name = 'pg_dump'")
            ),
            1,
        )


# ------------------------------------------------------------------------ killed in the middle


@pytest.mark.parametrize(
    "at",
    [
        pytest.param("secrets/ledger", marks=pytest.mark.slow),
        "postgres/PG_VERSION",
        pytest.param("postgres/postmaster.pid", marks=pytest.mark.slow),
    ],
)
def test_a_restore_that_is_killed_leaves_no_half_and_the_next_one_cleans_up(
    backup: Kept, folder: Path, passphrase: str, at: str
) -> None:
    words = (
        "restore",
        str(backup.path),
        "--data",
        str(folder / "new"),
        "--passphrase-file",
        passphrase,
    )
    killed = subprocess.Popen([*DOUDI, *words], stdout=subprocess.DEVNULL, start_new_session=True)
    _until(lambda: any(folder.glob(f".new.*.part/{at}")))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (folder / "new").exists()
    (left,) = folder.glob(".new.*.part")
    assert "S574" in _said("account", "list", "--data", str(left))
    code, told = _ran(*words)
    assert (code, told["rows"]) == (0, backup.made.told["rows"])
    _nothing(folder, "new", "pass")
    assert _ran("ledger", "verify", "--data", str(folder / "new"))[1]["settlements"] == 3


# ------------------------------------------------------------------------ over HTTP


@pytest.mark.slow
def test_a_backup_is_asked_for_over_http_and_verified_and_audited_alike(
    folder: Path, passphrase: str
) -> None:
    served = Served(folder / "data", environment={kept.PASSPHRASE_FILE: passphrase})
    served.start()
    try:
        sender, keeper = served.token("system_client", "--backdate"), served.token("system_admin")
        for n in range(12):
            asked = {
                "message_id": f"m{n}",
                "bill": bill(f"V{n}", f"P{n % 3}", f"{n + 1}000.00", standing=None),
            }
            assert served.ask("POST", "/api/v1/settlements", sender, asked)[0] == 201
        assert (
            served.ask("POST", "/api/v1/ledger/seal", served.token("district_admin"), {})[0] == 200
        )
        told = _run(served, keeper)
        assert (told["state"], told["faults"]) == ("done", [])
        result = told["result"]
        path = served.data / "backups" / result["file"]
        assert path.stat().st_size == result["size"] == told["done"] == told["of"]
        assert check(path, _quiet, PASSPHRASE)["rows"] == result["rows"]
        assert (served.data / "backups").stat().st_mode & 0o777 == 0o700
    finally:
        served.stop()
    new = folder / "new"
    code, again = _ran("restore", str(path), "--data", str(new), "--passphrase-file", passphrase)
    assert (code, again["rows"], again["head"]["size"]) == (0, result["rows"], 12)
    assert _verified(new) == _verified(served.data)
    figures = _audited(new)
    assert figures == _audited(served.data)
    assert (figures["replay"]["matched"], figures["replay"]["all"]) == (12, 12)


def _verified(data: Path) -> Json:
    code, told = _ran("ledger", "verify", "--data", str(data))
    assert (code, told["settlements"], told["sealed"]) == (0, 12, 12)
    return told


def _audited(data: Path) -> Json:
    """The figures of an audit, without who made it and when."""
    code, told = _ran("audit", "--data", str(data))
    assert code == 0, told
    return {key: value for key, value in told.items() if key not in ("id", "begun", "ended", "by")}


def _run(served: Served, keeper: str) -> Json:
    status, told = served.ask("POST", "/api/v1/runs/backup", keeper, {"reason": "每日"})
    assert status == 202, told
    seen: list[Json] = []

    def ended() -> bool:
        seen.append(served.ask("GET", f"/api/v1/runs/{told['id']}", keeper)[1])
        return seen[-1]["state"] in ("done", "failed")

    _until(ended)
    return seen[-1]


@pytest.mark.slow
def test_a_service_that_was_told_no_pass_phrase_says_so(folder: Path) -> None:
    served = Served(folder / "data")
    served.start()
    try:
        told = _run(served, served.token("system_admin"))
        assert (told["state"], codes(told)) == ("failed", ["S576"])
        assert not (served.data / "backups").exists()
    finally:
        served.stop()


CODES = {"S570", "S572", "S573", "S574", "S575", "S576", "S577", "S579"}
"""The codes that this file makes."""
