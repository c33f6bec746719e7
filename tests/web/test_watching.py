"""What a monitor sees: counts of all processes, what waits, and whether the service can settle."""

import multiprocessing
import re
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from doudi_web.operation.meters import Counts, Meters, exposition, forget
from doudi_web.settlement import condition, tables
from web.service import Service
from web.test_settling import bill


def scraped(**more: str) -> dict[str, float]:
    """The samples of /metrics by name with labels; asked from this machine."""
    answer = Client().get("/metrics", **more)
    assert answer.status_code == 200
    text = answer.content.decode()
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.]+', s) for s in samples), (
        samples
    )
    return {name: float(value) for name, _, value in (s.rpartition(" ") for s in samples)}


def test_requests_settlements_and_refusals_are_counted(service: Service) -> None:
    token = service.token(may_back_date=True)
    before = scraped()
    assert service.settle(token, bill("M1", "PM"), "m1")[0] == 201
    assert (
        service.settle(token, bill("M1", "PM"), "m1")[0] == 200
    )  # the same answer again is no settlement
    assert service.settle(token, {**bill("M2", "PM"), "kind": "spa"}, "m2")[0] == 422
    after = scraped()
    moved = {name: after[name] - before.get(name, 0) for name in after}
    assert (moved["doudi_settled_total"], moved["doudi_refused_total"]) == (1, 1)
    assert (moved["doudi_quarantine"], moved["doudi_unsealed_postings"]) == (1, 1)
    assert after["doudi_database_up"] == 1
    route = 'route="api/v1/settlements"'
    assert moved[f'doudi_requests_total{{method="POST",{route},status="200"}}'] == 1
    assert moved[f"doudi_request_seconds_count{{{route}}}"] == 3
    assert moved[f'doudi_request_seconds_bucket{{{route},le="+Inf"}}'] == 3


def test_only_this_machine_and_the_system_administrator_see_the_counts(service: Service) -> None:
    for elsewhere in ({"REMOTE_ADDR": "10.0.0.9"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.9"}):
        assert Client().get("/metrics", **elsewhere).status_code == 401
        for role, status in (("system_admin", 200), ("district_admin", 403)):
            bearer = f"Bearer {service.token(role)}"
            answer = Client().get("/metrics", HTTP_AUTHORIZATION=bearer, **elsewhere)
            assert answer.status_code == status


def test_a_database_that_is_away_is_told_not_hidden(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(tables, "driver", gone)
    assert scraped()["doudi_database_up"] == 0
    status, told = service.ask("GET", "/healthz")
    assert (status, told["faults"][0]["code"]) == (503, "S504")


def test_health_tells_tables_and_clock(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.settle(service.token(may_back_date=True), bill("M3", "PM3"))
    status, told = service.ask("GET", "/healthz")
    assert (status, told["status"], told["migrations"], told["clock"]) == (200, "ok", True, True)
    real = condition.now
    with monkeypatch.context() as patch:
        patch.setattr(condition, "now", lambda: real() - timedelta(hours=1))
        status, told = service.ask("GET", "/healthz")
        assert (status, told["status"], told["clock"]) == (503, "degraded", False)
    condition._migrated.clear()
    ((last,),) = service.rows("SELECT max(name) FROM django_migrations WHERE app = 'settlement'")
    service.rows(
        "DELETE FROM django_migrations WHERE app = 'settlement' AND name = %s RETURNING id", last
    )
    status, told = service.ask("GET", "/healthz")
    assert (status, told["migrations"]) == (503, False)
    service.rows(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('settlement', %s, now()) RETURNING id",
        last,
    )
    assert service.ask("GET", "/healthz")[0] == 200


def _work(folder: Path) -> None:
    meters = Meters(folder)
    for _ in range(3):
        meters.record("GET", "a", 200, 0.002)
    time.sleep(0.3)


def test_counts_of_all_processes_are_added_and_a_start_forgets_them(tmp_path: Path) -> None:
    meters = Meters(tmp_path)
    meters.record("GET", "a", 200, 0.002)
    for _ in range(2):
        child = multiprocessing.get_context("spawn").Process(target=_work, args=(tmp_path,))
        child.start()
        child.join()
    assert meters.total().requests == {"GET a 200": 7}
    time.sleep(0.3)  # its own file is there too, and not counted twice
    assert meters.total().requests == {"GET a 200": 7}
    (tmp_path / "torn.json").write_text("[{")
    assert meters.total().requests == {"GET a 200": 7}
    forget(tmp_path)
    assert Meters(tmp_path).total() == Counts()


def test_a_bucket_holds_what_took_up_to_its_bound(tmp_path: Path) -> None:
    meters = Meters(tmp_path)
    for seconds in (0.0005, 0.003, 0.003, 60.0):
        meters.record("BREW", None, 404, seconds)
    lines = exposition(meters.total(), {}).splitlines()
    assert 'doudi_requests_total{method="other",route="-",status="404"} 4' in lines
    buckets = [line.rpartition(" ")[2] for line in lines if "_bucket{" in line]
    assert buckets == ["1", "1", "3", *["3"] * 10, "4"]
    assert 'doudi_request_seconds_sum{route="-"} 60.006500' in lines
