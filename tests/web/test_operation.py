"""Keeping the service running: a disk that fills up, a clock that is set, backups that are tried, who is told."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from desk.screens import screen
from doudi_web.audit_log.models import Record
from doudi_web.desk.operation.findings import FINE, NEAR, NEED, Finding, findings
from doudi_web.operation import backups, clock, space
from doudi_web.operation.clock import Kernel
from doudi_web.operation.state import Key, state
from doudi_web.runs.models import Run
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from doudi_web.tenancy.clock import now, real_now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.accounts import codes
from web.service import Service
from web.test_settling import bill

CODES = {"S764"}

pytestmark = pytest.mark.usefixtures("service")

MB = 2**20
KEEPER = Actor("account:1", Role.SYSTEM_ADMIN)


class Disks:
    """What the disks are said to have free, by the folder that is asked for."""

    def __init__(self) -> None:
        self.free: dict[str, int] = {}
        self.all = 100_000 * MB

    def statvfs(self, path: object) -> Any:
        free = next((n for part, n in self.free.items() if part in str(path)), self.all)
        return SimpleNamespace(f_blocks=200_000 * MB, f_frsize=1, f_bavail=free)


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disks]:
    made = Disks()
    monkeypatch.setattr(os, "statvfs", made.statvfs)
    monkeypatch.setattr(space, "_KEPT_SECONDS", 0.0)
    space.forget()
    yield made
    space.forget()


# ------------------------------------------------------------------------ the disk


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (2048 * MB, "fine"),
        (2048 * MB - 1, "low"),
        (512 * MB, "low"),
        (512 * MB - 1, "full"),
        (0, "full"),
    ],
)
def test_a_disk_is_low_and_full_at_the_stated_bounds(disks: Disks, free: int, level: str) -> None:
    disks.all = free
    assert [one.level for one in space.disks()] == [level] * 3
    assert space.level() == level


def test_a_full_disk_takes_no_new_write_and_lets_everybody_read(
    service: Service, disks: Disks
) -> None:
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("D1", "PD"), "d1")
    before = service.rows("SELECT count(*) FROM settlement_posting")
    disks.all = 511 * MB
    status, told = service.settle(token, bill("D2", "PD"), "d2")
    assert (status, codes(told)) == (503, ["S764"])
    assert "数据 只剩 511 MB，低于 512 MB" in told["faults"][0]["what"]
    assert service.rows("SELECT count(*) FROM settlement_posting") == before
    assert service.ask("GET", f"/api/v1/settlements/{first['settlement_id']}", token)[0] == 200
    assert (
        service.ask("POST", "/api/v1/login", None, {"username": "x", "password": "y", "code": ""})[
            0
        ]
        == 401
    )
    status, health = service.ask("GET", "/healthz")
    assert (status, health["status"], health["space"]) == (503, "degraded", False)
    page = Client().post("/desk/awaiting", {"settlement": "1"})
    assert (page.status_code, page["X-Doudi-Fault"], page["Retry-After"]) == (503, "S764", "60")
    disks.all = 512 * MB
    assert service.settle(token, bill("D2", "PD"), "d2")[0] == 201
    status, health = service.ask("GET", "/healthz")
    assert (status, health["status"], health["space"], "space" in health["warnings"]) == (
        200,
        "ok",
        True,
        True,
    )


def test_the_log_of_writes_on_a_full_disk_of_its_own_refuses_too(
    service: Service, disks: Disks
) -> None:
    (Path(settings.DATA) / "postgres/pg_wal").mkdir(parents=True, exist_ok=True)
    disks.free = {"pg_wal": 10 * MB}
    status, told = service.settle(service.token(), bill("D3", "PD"), "d3")
    assert (status, codes(told)) == (503, ["S764"])
    assert "数据库的日志" in told["faults"][0]["what"]


def test_a_full_disk_of_backups_keeps_nobody_from_settling_but_no_backup_is_begun(
    service: Service, disks: Disks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pass").write_text("correct horse battery\n")
    monkeypatch.setattr(settings, "BACKUPS", tmp_path / "elsewhere")
    monkeypatch.setenv("DOUDI_BACKUP_PASSPHRASE_FILE", str(tmp_path / "pass"))
    disks.free = {"elsewhere": 400 * MB}
    assert service.settle(service.token(may_back_date=True), bill("D4", "PD"), "d4")[0] == 201
    status, asked = service.ask(
        "POST", "/api/v1/runs/backup", service.token("system_admin"), {"reason": "试"}
    )
    assert status == 202
    run_next(threading.Event(), WORKS)
    run = Run.objects.get(pk=asked["id"])
    assert (run.state, [one["code"] for one in run.faults]) == ("failed", ["S765"])
    assert list((tmp_path / "elsewhere").iterdir()) == []


# ------------------------------------------------------------------------ the clock


def _adjtimex(most: int, status: int) -> bytes:
    """The structure as the kernel's header has it on 64 bits: modes, offset, freq, maxerror, esterror, status."""
    long = 8
    fields = [(0, 4), (0, long), (0, long), (most, long), (0, long), (status, 4)]
    made = bytearray()
    for value, size in fields:
        made += b"\0" * (-len(made) % size) + value.to_bytes(size, "little")
    return bytes(made).ljust(208, b"\0")


@pytest.mark.parametrize(
    ("result", "most", "status", "told"),
    [
        (0, 1500, 0x2001, Kernel(True, 0.0015)),
        (5, 16_000_000, 0x40, Kernel(False, None)),
        (0, 16_000_000, 0x40, Kernel(False, None)),
        (5, 16_000_000, 0, Kernel(False, None)),
    ],
)
def test_the_kernel_says_whether_its_clock_is_disciplined(
    result: int, most: int, status: int, told: Kernel
) -> None:
    assert clock.told_by(result, _adjtimex(most, status)) == told


def test_this_kernel_answers_or_says_that_it_does_not() -> None:
    assert clock.kernel().synchronised in (True, False, None)


def test_a_clock_that_is_set_is_told_from_one_that_goes_on() -> None:
    wall, going_on = [1000.0], [50.0]
    watch = clock.Watch(lambda: wall[0], lambda: going_on[0])
    told: list[float | None] = []
    for more, of_which_set in ((3, 0), (3, 0.4), (3, 3600), (3, 0), (3, -86_400), (7200, 0)):
        wall[0] += more + of_which_set
        going_on[0] += more
        told.append(watch.look())
    assert told == [None, None, 3600.0, None, -86_400.0, None]


@pytest.fixture
def no_jumps() -> Iterator[None]:
    path = Path(settings.DATA) / "clock.json"
    path.unlink(missing_ok=True)
    yield
    path.unlink(missing_ok=True)


@pytest.mark.usefixtures("no_jumps")
def test_a_jump_is_kept_and_told_for_a_week(service: Service) -> None:
    assert "clock_set" not in service.ask("GET", "/healthz")[1]["warnings"]
    clock.note(-3600.5)
    status, health = service.ask("GET", "/healthz")
    assert (status, "clock_set" in health["warnings"]) == (200, True)
    found = state(KEEPER)
    assert [one["seconds"] for one in found.jumps] == [-3600.5]
    of_clock = next(one for one in findings(found) if one.key == "clock")
    assert of_clock.level == NEAR
    assert "拨了 -3,600 秒" in of_clock.note or "拨了 -3,601 秒" in of_clock.note
    path = Path(settings.DATA) / "clock.json"
    old = [{"at": (real_now() - timedelta(days=8)).isoformat(), "seconds": 9.0}]
    path.write_text(json.dumps(old))
    assert clock.recent() == []


@pytest.mark.usefixtures("no_jumps")
def test_of_many_jumps_the_last_twenty_are_kept() -> None:
    for n in range(25):
        clock.note(float(n))
    assert [one["seconds"] for one in clock.jumps()] == [float(n) for n in range(5, 25)]


# ------------------------------------------------------------------------ the page


def _finding(key: str, **changed: Any) -> Finding:
    """What the page says of one thing, of the state as it is but for what is changed."""
    found = state(KEEPER)
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return next(one for one in findings(type(found)(**{**values, **changed})) if one.key == key)


def test_only_the_system_administrator_is_told() -> None:
    for role in Role:
        if role is Role.SYSTEM_ADMIN:
            assert state(KEEPER).version == "0.1.0"
        else:
            with pytest.raises(Refusal) as refused:
                state(Actor("account:9", role))
            assert refused.value.status == 403


def test_a_backup_is_due_after_a_day_and_late_after_three() -> None:
    def made(hours: float) -> str:
        at = now() - timedelta(hours=hours)
        return _finding("backup", made=backups.Kept(at, "console", {"size": 3 * MB})).level

    assert [made(hours) for hours in (1, 25.9, 26.1, 71.9, 72.1)] == [FINE, FINE, NEAR, NEAR, NEED]
    assert _finding("backup", made=None).level == NEED


def test_a_clock_behind_the_ledger_is_the_first_thing_to_be_done() -> None:
    found = state(KEEPER)
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    told = findings(type(found)(**{**values, "is_forward": False}))
    assert "clock" in [one.key for one in told if one.level == NEED]
    assert all(one.do for one in told if one.level != FINE)
    levels = [one.level for one in told]
    assert levels == sorted(levels, key=(NEED, NEAR, FINE).index)


def test_certificates_end_and_keys_grow_old() -> None:
    now = real_now()
    ends = [now + timedelta(days=31), now + timedelta(days=29), now - timedelta(days=1)]
    assert [_finding("certificate", certificate=end).level for end in ends] == [FINE, NEAR, NEED]
    assert _finding("certificate", certificate=None).level == FINE
    young, old = (Key("persons.1", now - timedelta(days=days)) for days in (364, 366))
    assert [_finding("keys", keys=[one]).level for one in (young, old)] == [FINE, NEAR]


def test_faults_of_the_service_are_counted_by_code(service: Service, disks: Disks) -> None:
    before = state(KEEPER).faults.get("S764", 0)
    disks.all = 0
    for n in range(3):
        service.settle(service.token(), bill(f"F{n}", "PF"), f"f{n}")
    disks.all = 9000 * MB
    assert state(KEEPER).faults["S764"] == before + 3
    assert f"S764 {before + 3}" in _finding("faults").now


def test_the_page_begins_a_backup_for_a_reason_and_once() -> None:
    keeper = screen(Role.SYSTEM_ADMIN)
    shown = keeper.get("/desk/operation")
    assert shown.status_code == 200
    assert "磁盘：数据" in shown.content.decode()
    answers = [
        keeper.post("/desk/operation", {"run": "backup", "reason": reason})
        for reason in ("", "每日", "每日", "500113197001011234 的")
    ]
    assert [answer.status_code for answer in answers] == [422, 303, 409, 409]
    assert Run.objects.filter(kind="backup", state="queued").count() == 1
    assert Record.objects.filter(action="runs.ask").latest("id").reason == "每日"
    assert keeper.post("/desk/operation", {"run": "export", "reason": "x"}).status_code == 404
    assert "排着队" in keeper.get("/desk/operation/runs?poll=1").content.decode()
    Run.objects.filter(kind="backup").update(state="done")
