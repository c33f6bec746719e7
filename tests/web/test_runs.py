"""Long work: asked for, watched while it runs, and ended whatever becomes of it."""

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from doudi.errors import Faulty, fault
from doudi_web.api.runs import OFFERED
from doudi_web.runs import worker
from doudi_web.runs.kinds import Kind
from doudi_web.runs.models import Run
from doudi_web.runs.worker import LOST_SECONDS, Progress, Work, run_next, take_up_lost
from doudi_web.site.works import OF_ROOMS, WORKS
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Act, Role
from web.accounts import codes
from web.ledger_at_hand import sealed, settled
from web.served import Served
from web.service import Json, Service

KIND = "ledger_verify"
PATH = f"/api/v1/runs/{KIND}"
WHY = {"reason": "月末核对"}


@pytest.fixture(autouse=True)
def none_waits(service: Service) -> Iterator[None]:  # noqa: ARG001  # whose database it is
    """No run of another test stands in the way."""
    yield
    Run.objects.filter(state__in=("queued", "running")).delete()


def _asked(service: Service) -> Json:
    status, told = service.ask("POST", PATH, service.token("auditor"), WHY)
    assert status == 202, told
    return told


def _seen(service: Service, number: int) -> Json:
    status, told = service.ask("GET", f"/api/v1/runs/{number}", service.token("auditor"))
    assert status == 200, told
    return told


def _done(service: Service, work: Work) -> Json:
    """What is told of a run that did this."""
    number = _asked(service)["id"]
    assert run_next(threading.Event(), {KIND: work})
    return _seen(service, number)


def test_what_is_asked_for_is_done_and_told(service: Service) -> None:
    settled(service, "RV1", "PR1")
    sealed(service)
    asked = _asked(service)
    assert (asked["state"], asked["done"], asked["result"], asked["reason"]) == (
        "queued",
        0,
        None,
        "月末核对",
    )
    assert asked["asked_by"].startswith("token:")
    assert run_next(threading.Event(), WORKS)
    told = _seen(service, asked["id"])
    assert (told["state"], told["faults"], told["message"]) == ("done", [], "")
    result = told["result"]
    assert (result["holds"], result["settlements"], result["sealed"], result["told"]) == (
        True,
        1,
        1,
        [],
    )
    assert told["started"] <= told["ended"]
    assert not run_next(threading.Event(), WORKS)
    rows = service.rows(
        "SELECT action, actor, reason FROM audit_log_record WHERE subject = %s ORDER BY id",
        f"run:{asked['id']}",
    )
    assert [(action, reason) for action, _, reason in rows] == [
        ("runs.ask", "月末核对"), ("runs.done", ""), ("runs.read", ""),
    ]  # fmt: skip
    assert rows[0][1] == rows[1][1] == asked["asked_by"]


def test_a_work_is_told_who_asked_and_why(service: Service) -> None:
    told: list[Mapping[str, Any]] = []

    def work(asked: Mapping[str, Any], _: Progress) -> Json:
        told.append(asked)
        return {"n": 1}

    run = _done(service, work)
    assert told == [
        {"run": run["id"], "asked_by": run["asked_by"], "role": "auditor", "reason": "月末核对"}
    ]
    assert run["result"] == {"n": 1}


def test_progress_is_seen_while_the_work_is_in_the_midst_of_a_transaction(service: Service) -> None:
    go, seen = threading.Event(), threading.Event()

    def work(_: Mapping[str, Any], progress: Progress) -> Json:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE unseen (n int)")
            progress(3, 10)
            seen.set()
            assert go.wait(20)
            progress(10, 10)
        return {}

    number = _asked(service)["id"]
    doing = threading.Thread(target=run_next, args=(threading.Event(), {KIND: work}))
    doing.start()
    assert seen.wait(10)
    until = time.monotonic() + 10
    while (told := _seen(service, number))["done"] == 0 and time.monotonic() < until:
        time.sleep(0.1)
    go.set()
    doing.join()
    assert (told["state"], told["done"], told["of"], told["ended"]) == ("running", 3, 10, None)
    assert (_seen(service, number)["done"], _seen(service, number)["state"]) == (10, "done")


def _refuses(_: Mapping[str, Any], __: Progress) -> Json:
    raise Refusal.of(409, "S465", "1", settlement=1)


def _faulty(_: Mapping[str, Any], __: Progress) -> Json:
    raise Faulty([fault("S464", "a"), fault("S464", "b")])


def _broken(_: Mapping[str, Any], __: Progress) -> Json:
    raise ValueError("周某 500113197001010014")


def _away(_: Mapping[str, Any], __: Progress) -> Json:
    raise psycopg.OperationalError("gone")


def _no_json(_: Mapping[str, Any], __: Progress) -> Json:
    return {"x": object()}


def _no_text(_: Mapping[str, Any], __: Progress) -> Json:
    return {"x": "\0"}


@pytest.mark.parametrize(
    ("work", "wanted"),
    [(_refuses, ["S465"]), (_faulty, ["S464", "S464"]), (_broken, ["S500"]), (_away, ["S504"]),
     (_no_json, ["S500"]), (_no_text, ["S500"])],
)  # fmt: skip
def test_whatever_a_run_dies_of_is_told_and_the_next_one_goes_on(
    service: Service, work: Work, wanted: list[str]
) -> None:
    told = _done(service, work)
    assert (told["state"], codes(told), told["result"]) == ("failed", wanted, None)
    assert told["message"] == told["faults"][0]["what"]
    assert "周某" not in str(told)
    assert _done(service, lambda _, __: {"after": True})["result"] == {"after": True}


def test_a_kind_that_this_version_does_not_know_fails(service: Service) -> None:
    number = _asked(service)["id"]
    assert run_next(threading.Event(), {})
    told = _seen(service, number)
    assert (told["state"], codes(told)) == ("failed", ["S565"])


def test_the_same_is_not_done_twice_at_once(service: Service) -> None:
    first = _asked(service)
    status, told = service.ask("POST", PATH, service.token("district_admin"), WHY)
    assert (status, codes(told), str(first["id"]) in told["faults"][0]["what"]) == (
        409,
        ["S566"],
        True,
    )
    assert run_next(threading.Event(), WORKS)
    assert _asked(service)["id"] > first["id"]


def test_two_workers_never_take_the_same(service: Service) -> None:
    first = Run.objects.get(pk=_asked(service)["id"])
    made = [first.pk]
    for n in range(11):
        first.pk, first.parameters = None, {"n": n}
        first.save()
        made.append(first.pk)
    done: list[int] = []

    def take() -> None:
        while run_next(threading.Event(), {KIND: lambda asked, _: done.append(asked["run"]) or {}}):
            pass

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == made
    assert set(Run.objects.filter(pk__in=made).values_list("state", flat=True)) == {"done"}


def _silent(service: Service, number: int, seconds: float) -> None:
    service.rows(
        "UPDATE runs_run SET state = 'running', heartbeat = clock_timestamp() - make_interval(secs => %s)"
        " WHERE id = %s RETURNING id", seconds, number,
    )  # fmt: skip


def test_a_run_without_a_process_is_ended(service: Service) -> None:
    number = _asked(service)["id"]
    _silent(service, number, LOST_SECONDS - 5)
    assert take_up_lost() == []
    _silent(service, number, LOST_SECONDS + 1)
    assert take_up_lost() == [number]
    told = _seen(service, number)
    assert (told["state"], codes(told)) == ("failed", ["S567"])
    assert told["ended"] is not None


def test_what_was_taken_for_dead_does_not_come_back(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept too long finds that somebody ended its run."""
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.05)
    number = _asked(service)["id"]

    def work(_: Mapping[str, Any], progress: Progress) -> Json:
        _silent(service, number, LOST_SECONDS + 1)
        service.rows("UPDATE runs_run SET state = 'failed' WHERE id = %s RETURNING id", number)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            progress(1, None)
            time.sleep(0.05)
        return {"late": True}

    assert run_next(threading.Event(), {KIND: work})
    told = _seen(service, number)
    assert (told["state"], told["result"]) == ("failed", None)


def test_a_run_ends_when_the_service_stops(service: Service) -> None:
    stop, begun = threading.Event(), threading.Event()

    def forever(_: Mapping[str, Any], progress: Progress) -> Json:
        while True:
            progress(1, None)
            begun.set()
            time.sleep(0.01)

    number = _asked(service)["id"]
    working = threading.Thread(
        target=worker.work, args=(stop, {KIND: forever}), kwargs={"look": 0.01}
    )
    working.start()
    assert begun.wait(10)
    stop.set()
    working.join(10)
    assert not working.is_alive()
    told = _seen(service, number)
    assert (told["state"], codes(told)) == ("failed", ["S568"])


def test_the_worker_outlives_a_database_that_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, asked = threading.Event(), list[int]()

    def away() -> list[int]:
        asked.append(1)
        if len(asked) < 3:
            raise psycopg.OperationalError("gone")
        return []

    monkeypatch.setattr(worker, "take_up_lost", away)
    number = _asked(service)["id"]
    working = threading.Thread(target=worker.work, args=(stop, WORKS), kwargs={"look": 0.01})
    working.start()
    until = time.monotonic() + 10
    while _seen(service, number)["state"] != "done" and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    working.join(10)
    assert _seen(service, number)["state"] == "done"


def test_there_is_no_such_kind_or_run(service: Service) -> None:
    token = service.token("auditor")
    status, told = service.ask("POST", "/api/v1/runs/dance", token, WHY)
    assert (status, codes(told)) == (404, ["S565"])
    status, told = service.ask("GET", "/api/v1/runs/999999", token)
    assert (status, codes(told)) == (404, ["S481"])
    status, told = service.ask("POST", PATH, token, {})
    assert (status, codes(told)) == (422, ["F201"])


def test_the_list_shows_each_the_runs_of_their_kinds_the_newest_first(service: Service) -> None:
    first, token = _done(service, lambda _, __: {})["id"], service.token("auditor")
    second = _done(service, lambda _, __: {})["id"]
    status, told = service.ask("GET", "/api/v1/runs?limit=1", token)
    assert (status, [one["id"] for one in told["runs"]], told["after"]) == (200, [second], second)
    assert not {"result", "faults"} & set(told["runs"][0])
    told = service.ask("GET", f"/api/v1/runs?limit=1&after={second}", token)[1]
    assert [one["id"] for one in told["runs"]] == [first]
    for role in MAY[Act.RUNS_READ]:
        told = service.ask("GET", "/api/v1/runs", service.token(role))[1]
        shown = {one["kind"] for one in told["runs"]}
        assert shown == ({KIND} if role in MAY[Act.LEDGER_READ] else set())


@pytest.mark.parametrize("name", OFFERED)
def test_only_the_roles_of_a_kind_ask_for_it(service: Service, name: str) -> None:
    kind = OFFERED[name].kind
    for role in set(Role) - OF_FACILITY - OF_TOWNSHIP:
        token = service.token(role)
        status, told = service.ask("POST", f"/api/v1/runs/{name}", token, {"unknown": 1})
        assert codes(told)[0] == ("S403" if role not in MAY[kind.act] else "F202"), (
            role,
            status,
            told,
        )
    assert MAY[kind.act] <= MAY[Act.RUNS_READ] - OF_FACILITY - OF_TOWNSHIP


def test_what_is_offered_is_what_can_be_done() -> None:
    assert set(OFFERED) == set(WORKS) - OF_ROOMS
    assert all(
        isinstance(one.kind, Kind) and one.kind.name == name for name, one in OFFERED.items()
    )


_KILLED = """
INSERT INTO runs_run
  (kind, parameters, asked_by, role, reason, asked, state, done, message, faults, heartbeat)
VALUES ('ledger_verify', '{}', 'token:1', 'auditor', 'x', now(), 'running', 0, '', '[]', now() - interval '1 hour')
RETURNING id
"""


@pytest.mark.parametrize("killed", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_running_service_does_it(folder: Path, killed: bool) -> None:
    served = Served(folder / "data")
    served.start()
    try:
        token = served.token("auditor")
        if killed:  # a run of a service that was killed is told by the one after it
            served.rows(_KILLED)
            number, wanted = 1, ("failed", ["S567"])
        else:
            status, told = served.ask("POST", PATH, token, WHY)
            assert status == 202, told
            number, wanted = told["id"], ("done", [])
        until = time.monotonic() + 30
        while time.monotonic() < until:
            told = served.ask("GET", f"/api/v1/runs/{number}", token)[1]
            if told["state"] in ("done", "failed"):
                break
            time.sleep(0.1)
        assert (told["state"], codes(told)) == wanted
    finally:
        served.stop()


CODES = {"S565", "S566", "S567", "S568"}
"""The codes that this file makes."""
