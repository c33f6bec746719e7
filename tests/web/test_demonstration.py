"""A demonstration: its clock stays on its day and never goes back, its data is its own, its filling goes on."""

import subprocess
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client, override_settings

from doudi.dates import CHINA
from doudi_web.accounts import demonstration
from doudi_web.site.found import look
from doudi_web.tenancy.demo_clock import DemoClock, demo_clock, of_text
from doudi_web.tenancy.demonstration import is_filled, keep_day
from doudi_web.tenancy.models import Demonstration, Token
from doudi_web.tenancy.roles import Role
from web.served import DOUDI, Served
from web.service import Service
from web.test_settling import bill

DAY = date(2019, 12, 3)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


EVENING, MORNING = _at("2026-05-01T20:00:00"), _at("2026-05-02T09:00:00")


def test_a_demonstration_begins_at_this_time_of_its_day() -> None:
    clock = demo_clock(DAY, None, EVENING.astimezone(datetime.now().astimezone().tzinfo))
    assert clock.at(EVENING + timedelta(seconds=90)) == _at("2019-12-03T20:01:30")
    assert of_text(clock.text()) == clock


def test_a_second_start_earlier_in_the_day_goes_on_from_the_last_moment() -> None:
    last = _at("2019-12-03T20:10:00")
    clock = demo_clock(DAY, last, MORNING)
    assert clock.at(MORNING) == last
    assert clock.at(MORNING + timedelta(hours=1)) == _at("2019-12-03T21:10:00")
    later = demo_clock(DAY, _at("2019-12-03T08:00:00"), MORNING)
    assert later.at(MORNING) == _at("2019-12-03T09:00:00")


def test_the_day_does_not_end_and_the_clock_does_not_go_back_at_midnight() -> None:
    clock = demo_clock(DAY, None, EVENING)
    told = [clock.at(EVENING + timedelta(hours=hours)) for hours in range(40)]
    assert told == sorted(told)
    assert {moment.date() for moment in told} == {DAY}
    assert told[-1] == _at("2019-12-03T23:59:59.999999")
    assert clock.at(EVENING - timedelta(hours=1)) == told[0]


def test_a_second_start_settles_where_the_first_one_posted_later_in_the_day(
    service: Service,
) -> None:
    first = demo_clock(DAY, None, datetime.now(CHINA).replace(hour=20))
    with override_settings(DEMO=DemoClock(first.stood, datetime.now(CHINA))):
        assert service.settle(service.token(), bill("D1", "PD", settled=None))[0] == 201
    last = look(service.url).last
    assert last is not None
    assert last.astimezone(CHINA).replace(minute=0, second=0, microsecond=0) == _at(
        "2019-12-03T20:00:00"
    )
    with override_settings(DEMO=demo_clock(DAY, last, MORNING)):
        status, told = service.settle(service.token(), bill("D2", "PD", settled=None))
        assert status == 201, told
        assert service.ask("GET", "/healthz")[0] == 200


def test_every_answer_of_a_demonstration_says_its_day(service: Service) -> None:
    assert service
    assert "X-Doudi-Demo" not in Client().get("/")
    with override_settings(DEMO=demo_clock(DAY, look(service.url).last, EVENING)):
        for path in ("/", "/healthz", "/api/v1/me", "/nothing"):
            assert Client().get(path)["X-Doudi-Demo"] == "2019-12-03"
        assert service.ask("GET", "/healthz")[1]["demo"] == "2019-12-03"
        assert "演示：时间停在 2019-12-03。" in Client().get("/").content.decode()


def test_the_day_is_kept_with_the_data(service: Service) -> None:
    keep_day()
    assert look(service.url).demo_day is None
    for day in (DAY, date(2020, 1, 1)):
        with override_settings(DEMO=demo_clock(day, None, EVENING)):
            keep_day()
    assert look(service.url).demo_day == DAY


def test_who_fills_is_the_same_client_until_the_district_is_filled(service: Service) -> None:
    Demonstration.objects.get_or_create(pk=1, defaults={"day": DAY})
    first, second = (demonstration.demonstration_token(Role.SYSTEM_CLIENT) for _ in range(2))
    assert service.settle(first, bill("D3", "PD"))[0] == 401
    assert service.settle(second, bill("D4", "PD"))[0] == 201
    assert Token.objects.filter(name="demo").count() == 1
    assert not is_filled()
    demonstration.filled()
    assert is_filled()
    assert Token.objects.filter(name="demo", revoked=None).count() == 0


def _until(done: Any, what: str, within: float = 150) -> None:
    until = time.monotonic() + within
    while not done():
        assert time.monotonic() < until, what
        time.sleep(0.1)


CORRECTED = 3  # settlements that took another's place
COUNT = "SELECT count(*), count(DISTINCT visit) FROM settlement_settlement"


@pytest.fixture
def demo(folder: Path) -> Iterator[Served]:
    """A demonstration that broke off in the middle of its filling."""
    made = Served(folder / "data", options=("--demo",))
    made.start()
    try:
        _until(lambda: made.rows(COUNT)[0][0] > 20, "the filling begins")
        made.kill()
        yield made
    finally:
        made.stop()


@pytest.mark.slow
def test_the_accounts_of_a_demonstration_stay_in_sight_while_it_is_filled(demo: Served) -> None:
    """A line a request, some fifteen hundred of them, had pushed the passwords out of the terminal."""
    assert "demo.cashier" in demo.log()
    assert "演示：虚构的区县" in demo.log()
    assert "doudi.requests" not in demo.log()


def test_the_worklist_is_not_shown_before_anybody_is_in_the_hospital(demo: Served) -> None:
    """The fixture's demonstration broke off while it was filled: who opened the address saw an empty hospital."""
    assert demo.rows("SELECT filled IS NULL FROM tenancy_demonstration") == [(True,)]
    assert ("装好以后给出在院台的地址" in demo.log(), "/desk/enter/" in demo.log()) == (True, False)


@pytest.mark.slow
def test_a_demonstration_opened_earlier_in_the_day_goes_on_whoever_opens_it(demo: Served) -> None:
    with psycopg.connect(demo.database, autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        database.execute("DELETE FROM settlement_node")
        database.execute("DELETE FROM settlement_seal")
        database.execute(  # as if it had run late in the evening
            "UPDATE settlement_posting SET posted = '2019-12-03 23:50:00+08'"
            " WHERE id = (SELECT max(id) FROM settlement_posting)"
        )
    demo.options = ()
    demo.start()
    status, told = demo.ask("GET", "/healthz")
    assert (status, told["demo"], told["now"][:13]) == (200, "2019-12-03", "2019-12-03T23")
    body = {"message_id": "again", "bill": bill("D9", "PD9", settled=None)}
    status, told = demo.ask("POST", "/api/v1/settlements", demo.token(), body)
    assert status == 201, told
    ran = subprocess.run(
        [*DOUDI, "ledger", "erase", "PD9", "--reason", "试", "--data", str(demo.data)],
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0
    kinds = demo.rows("SELECT kind, posted FROM settlement_posting ORDER BY id DESC LIMIT 2")
    assert [kind for kind, _ in kinds] == ["erase", "settle"]
    assert {posted.astimezone(CHINA).date() for _, posted in kinds} == {DAY}


def _lives(demo: Served) -> None:
    """The hospital at work, by what the service itself says of it."""
    _until(lambda: "在院 46 人" in demo.log(), "the ward is told")
    token = demo.token()
    running = demo.ask("GET", "/api/v1/visits?facility=500113H01", token)[1]["visits"]
    assert (len(running), {one["status"] for one in running}) == (
        46, {"exceeded", "approaching", "within"},
    )  # fmt: skip
    assert len(demo.ask("GET", "/api/v1/awaiting", token)[1]["awaiting"]) == 4
    (refused,) = demo.ask("GET", "/api/v1/quarantine", token)[1]["refused"]
    assert sorted(fault["code"] for fault in refused["faults"]) == ["F304", "F320"]
    kinds = dict(demo.rows("SELECT kind, count(*) FROM settlement_posting GROUP BY 1"))
    assert (kinds["opening"], kinds["reverse"]) == (3, 2 + CORRECTED)
    assert demo.rows("SELECT kind, name FROM policy_inforce WHERE kind <> 'pack' ORDER BY 1") == [
        ("catalogue", "catalogue"), ("mapping", "500113H01"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_filling_that_broke_off_is_done_by_the_next_start_and_no_bill_twice(
    demo: Served,
) -> None:
    broken_off = demo.rows(COUNT)[0][0]
    demo.start()
    _until(lambda: "演示数据装好" in demo.log(), "the filling ends")
    all_, visits = demo.rows(COUNT)[0]
    assert broken_off < all_ == visits + CORRECTED
    (of_month,) = demo.rows(
        "SELECT count(DISTINCT visit) FROM settlement_settlement WHERE visit ~ '^ZY'"
    )[0]
    ((of_paper,),) = demo.rows("SELECT count(*) FROM reimbursement_invoice WHERE state = 'settled'")
    ((planted,),) = demo.rows(
        "SELECT count(*) FROM settlement_settlement WHERE message LIKE 'plant-%%'"
    )
    assert (of_month, of_paper > 0, planted > 0) == (36, True, True)
    besides = of_month + of_paper + planted + CORRECTED
    assert f"600 人，{all_ - besides} 次就医，每秒" in demo.log()
    _until(lambda: demo.log().count("/desk/enter/") == 1, "the door is told")
    _lives(demo)
    told = demo.log().count("演示数据装好")
    demo.stop()
    demo.start()
    _until(lambda: demo.log().count("/desk/enter/") == 2, "the door is told again")
    assert demo.rows("SELECT filled IS NOT NULL FROM tenancy_demonstration") == [(True,)]
    assert (demo.rows(COUNT)[0][0], demo.log().count("演示数据装好")) == (all_, told)


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(("register", "import", "roll.json"), marks=pytest.mark.slow),
        ("account", "create", "first", "--name", "甲", "--role", "system_admin"),
    ],
    ids=["a person", "an account"],
)
def test_a_demonstration_does_not_begin_where_somebody_has_begun(
    folder: Path, begun: tuple[str, ...]
) -> None:
    roll = folder / "roll.json"
    roll.write_text('{"persons": [{"id": "P1", "birth_date": "1970-01-01", "district": "500113"}]}')
    where = ["--data", str(folder / "data")]
    subprocess.run([*DOUDI, *begun, *where], check=True, timeout=120, cwd=folder)
    ran = subprocess.run(
        [*DOUDI, "serve", "--demo", *where], capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 1
    assert "S506" in ran.stderr.decode()
    listed = subprocess.run(
        [*DOUDI, "account", "list", *where], capture_output=True, check=True, timeout=60
    )
    assert b"demo." not in listed.stdout


CODES = {"S506"}
"""The codes that this file makes."""
