"""Who proposes, who confirms, who keeps the queue or the ward, at one moment: nobody waits in a circle."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection

from desk.plans import recorded
from doudi_web.matching import confirming, keeping, proposing
from doudi_web.policy import actions
from doudi_web.policy.actions import install_mapping, mapping_rows
from doudi_web.settlement import tables
from doudi_web.tenancy.who import KEEPER
from doudi_web.wards import watching
from web.matching_at_hand import (
    CUTTER,
    CUTTER_CODE,
    MESH,
    MESH_CODE,
    SYRINGE,
    SYRINGE_CODE,
    charge,
    confirm,
    fee_lines,
    install,
    item_of,
    line,
    mapping_without,
    office,
    propose,
    queued,
)
from web.people import codes
from web.service import Json, Service
from web.test_intake import act, bring

ITEMS = {MESH: MESH_CODE, CUTTER: CUTTER_CODE, SYRINGE: SYRINGE_CODE}


def room(service: Service, facility: str) -> tuple[str, str, dict[str, int]]:
    """A hospital whose mapping lacks three items that are charged; two of its office; the items' numbers."""
    install(service, facility, mapping_without(*ITEMS))
    keeping.keep_up()
    one, other = office(service, facility), office(service, facility)
    charge(service, facility, fee_lines())
    return one, other, {code: item_of(service, one, code) for code in ITEMS}


def at_once(pool: ThreadPoolExecutor, what: Callable[..., Any], *given: Any) -> Future[Any]:
    """Something that another thread does, on a connection of its own."""

    def done() -> Any:
        try:
            return what(*given)
        finally:
            connection.close()

    return pool.submit(done)


# Catches an item that is locked before its proposal by one, and after it by the other: one of them gets a 503.
def test_who_proposes_while_another_confirms_is_answered_and_neither_is_stopped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, items = room(service, "K1")
    _, told = propose(service, one, {"item": items[MESH], "code": MESH_CODE})
    has_locked, may_go_on = threading.Event(), threading.Event()
    must_be_two = confirming._must_be_two

    def slow(*given: Any) -> None:
        must_be_two(*given)
        has_locked.set()
        may_go_on.wait(2)

    monkeypatch.setattr(confirming, "_must_be_two", slow)
    with ThreadPoolExecutor(2) as pool:
        deciding = at_once(pool, confirm, service, other, told["proposals"][0]["id"])
        assert has_locked.wait(20)
        asking = at_once(
            pool,
            propose,
            service,
            office(service, "K1"),
            {"item": items[MESH], "code": CUTTER_CODE},
        )
        status, refused = asking.result(10)
        may_go_on.set()
        assert (status, codes(refused)) == (409, ["S642"])
        assert deciding.result(10)[0] == 200


# Catches a proposer who waits for who keeps the queue, while that one waits for the proposer.
def test_who_proposes_does_not_wait_for_who_keeps_the_queue(service: Service) -> None:
    one, _, items = room(service, "K2")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(service.url) as keeper:
        numbers = sorted(items.values(), reverse=True)
        for number in numbers:
            keeper.execute("SELECT 1 FROM matching_item WHERE id = %s FOR UPDATE", [number])
        stated = [{"item": items[own], "code": code} for own, code in ITEMS.items()]
        assert at_once(pool, propose, service, one, *stated).result(10)[0] == 201


# Catches who confirms holding an item while waiting for who keeps the queue, and that one waiting for the item.
def test_who_confirms_waits_for_who_keeps_the_queue_before_an_item_is_written_to(
    service: Service,
) -> None:
    one, other, items = room(service, "K3")
    _, told = propose(service, one, {"item": items[MESH], "code": MESH_CODE})
    with ThreadPoolExecutor(1) as pool, psycopg.connect(service.url) as keeper:
        keeping.alone(keeper)  # pyright: ignore[reportArgumentType]
        deciding = at_once(pool, confirm, service, other, told["proposals"][0]["id"])
        _until(service, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        keeper.execute("SET lock_timeout = '4s'")
        keeper.execute("UPDATE matching_item SET suggested_for = '' WHERE id = %s", [items[MESH]])
        keeper.commit()
        assert deciding.result(10)[0] == 200


def _until(service: Service, sql: str) -> None:
    end = time.monotonic() + 20
    while not service.rows(sql):
        assert time.monotonic() < end
        time.sleep(0.05)


# Catches visits that are marked in the order in which they lie: who looks at them anew does it by their numbers.
def test_visits_are_marked_in_the_order_in_which_they_are_looked_at(service: Service) -> None:
    service.rows("DELETE FROM wards_kept RETURNING 1")
    first, second = (
        charge(service, "K4", [{**line("H00001", "10.00", "L1"), "class": "甲"}]) for _ in range(2)
    )
    _kept(service)
    numbers = [
        service.rows("SELECT id FROM settlement_visit WHERE visit = %s", v)[0][0]
        for v in (first, second)
    ]
    # the first now lies behind the second
    service.rows("UPDATE wards_kept SET person = 'PK4' WHERE visit_id = %s RETURNING 1", numbers[1])
    service.rows("UPDATE wards_kept SET person = 'PK4' WHERE visit_id = %s RETURNING 1", numbers[0])
    with ThreadPoolExecutor(1) as pool, psycopg.connect(service.url) as looking:
        looking.execute("SELECT 1 FROM wards_kept WHERE visit_id = %s FOR UPDATE", [numbers[0]])

        def marked() -> None:
            until = service.rows("SELECT now()")[0][0]
            tables.driver().execute(watching._MARK, [["PK4"], [until]])

        marking = at_once(pool, marked)
        _until(service, "SELECT 1 FROM pg_locks WHERE NOT granted")
        looking.execute(
            "SELECT 1 FROM wards_kept WHERE visit_id = %s FOR UPDATE NOWAIT", [numbers[1]]
        )
        looking.commit()
        marking.result(10)
    marks = service.rows("SELECT marks FROM wards_kept WHERE visit_id = ANY(%s)", numbers)
    assert marks == [(1,), (1,)]


def _kept(service: Service) -> None:
    from doudi_web.wards import keeping as wards  # noqa: PLC0415

    numbers = [n for (n,) in service.rows("SELECT id FROM settlement_visit WHERE facility = 'K4'")]
    wards.refresh(tables.driver(), numbers, wards.bounds())


# Catches tables of years that are read for each proposal: only what rules and what waits is asked for, once.
def test_of_a_hospitals_tables_only_the_one_that_rules_is_read_and_once_a_message(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for without in ((MESH,), (CUTTER,), (SYRINGE,), ()):
        install_mapping(KEEPER, "K5", mapping_without(*without), None)
    one, _, items = room(service, "K5")
    read: list[bytes] = []
    stored_list = actions.stored_list

    def counted(content: bytes) -> Any:
        read.append(content)
        return stored_list(content)

    monkeypatch.setattr(actions, "stored_list", counted)
    with recorded() as asked:
        assert len(mapping_rows("K5")) == 1
    with_files = [(sql, values) for sql, values in asked.statements if '"files"' in sql]
    assert [len(values) for _, values in with_files] == [1]
    read.clear()
    stated = [{"item": items[own], "code": code} for own, code in ITEMS.items()]
    assert propose(service, one, *stated)[0] == 201
    assert len(read) == 1


# Catches a line that was taken back and brought again and is counted twice, or stands after it has gone.
def test_a_line_that_comes_again_is_queued_once_and_goes_with_it(service: Service) -> None:
    install(service, "K6", mapping_without(MESH))
    token = office(service, "K6")
    visit = charge(service, "K6", [])
    made = bring(service, token, _list("6.00", "2019-06-12"), visit=visit)[1]
    taken = act(service, token, made, "confirm")[1]
    assert _of(service, token, visit) == [("AG", 1, "6.00", "2019-06-12")]
    assert act(service, token, taken, "undo")[0] == 200
    assert _of(service, token, visit) == []
    again = bring(service, token, _list("8.00", "2019-06-14"), visit=visit)[1]
    taken = act(service, token, again, "confirm")[1]
    assert taken["state"] == "confirmed"
    assert _of(service, token, visit) == [("AG", 1, "8.00", "2019-06-14")]
    item = item_of(service, token, "AG")
    day = keeping.now().date()
    assert proposing.first_day(tables.driver(), item, day).isoformat() == "2019-06-14"
    assert act(service, token, taken, "undo")[0] == 200
    assert _of(service, token, visit) == []
    assert proposing.first_day(tables.driver(), item, day) == day


def _list(price: str, day: str) -> bytes:
    titles = "明细流水号,院内编码,项目名称,费用日期,数量,单价,金额"
    return f"{titles}\nL1,AG,再来,{day},1,{price},{price}\n".encode()


def _of(service: Service, token: str, visit: str) -> list[Json]:
    return [
        (one["code"], one["lines"], one["amount"], one["since"])
        for one in queued(service, token, visit=visit)["items"]
    ]
