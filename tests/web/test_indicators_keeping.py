"""Whatever order rows are committed in, whoever looks at once, wherever it breaks off: nothing is left out."""

import random
import threading
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import connection

from doudi_web.indicators import keeping
from doudi_web.settlement import tables
from web.figures_at_hand import World, fits, summed
from web.service import Json, Service

QUERY = {"standing": "all", "from": "2019-01", "to": "2019-12"}


@pytest.fixture(scope="module")
def world(service: Service) -> World:
    made = World(service, random.Random(23))
    made.people(6)
    for _ in range(8):
        made.settle()
    return made


def _holds(world: World) -> Json:
    told = world.told("GET", f"/api/v1/indicators?{urlencode(QUERY)}")["all"]
    expected = summed(c for c in world.standing_rows() if fits(c, QUERY))
    assert {key: told[key] for key in expected} == expected
    return told


def _state(service: Service) -> tuple[int, int]:
    ((low, seen),) = service.rows(
        "SELECT low, (SELECT count(*) FROM indicators_seen) FROM indicators_state"
    )
    return low, seen


def _later(service: Service) -> None:
    """As if the note had been made a minute ago."""
    service.rows("UPDATE indicators_state SET marked = marked - interval '1 minute' RETURNING id")


_REVERSE = """
INSERT INTO settlement_posting
  (id, kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
VALUES (%s, 'reverse', %s, 'token:0', %s, now(), '2026-11', '', '', '', '', '')
"""


def test_a_number_that_was_taken_earlier_and_is_committed_later_is_not_left_out(
    world: World, service: Service
) -> None:
    undone = int(world.settle()["settlement_id"])
    _holds(world)
    with psycopg.connect(service.url) as slow:
        row = slow.execute(
            "SELECT nextval('settlement_posting_id_seq'), pg_current_xact_id()"
        ).fetchone()
        assert row is not None
        for _ in range(3):  # these have higher numbers, and are committed first
            world.settle()
            _holds(world)
            _later(service)
        low, _ = _state(service)
        assert low < row[0]
        slow.execute(_REVERSE, [row[0], undone, f"late-{undone}"])
    assert world.told("GET", f"/api/v1/indicators?{urlencode(QUERY)}")["all"]["visits"] == len(
        service.rows(
            "SELECT 1 FROM settlement_settlement s WHERE NOT EXISTS (SELECT 1 FROM settlement_posting p"
            " WHERE p.settlement = s.id AND p.kind = 'reverse')"
        )
    )
    assert service.rows("SELECT 1 FROM indicators_fact WHERE settlement = %s", undone) == []


def test_what_nobody_can_add_to_any_more_is_not_looked_at_again(
    world: World, service: Service
) -> None:
    for _ in range(3):
        _holds(world)
        _later(service)
    ((top,),) = service.rows("SELECT max(id) FROM settlement_posting")
    assert _state(service) == (top, 0)


def test_several_at_once_count_everything_once(world: World, service: Service) -> None:
    for _ in range(6):
        world.settle()
    wrong: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(5):
                keeping.look(tables.driver(), 2)
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    _holds(world)
    assert service.rows("SELECT 1 FROM indicators_cell WHERE n < 0") == []


def test_a_rebuild_that_breaks_off_says_so_and_is_gone_on_with(
    world: World, service: Service
) -> None:
    def break_off(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keeping, "BATCH", 3)
        with pytest.raises(KeyboardInterrupt):
            keeping.rebuild(break_off)
    ((is_whole, as_of),) = service.rows("SELECT is_whole, as_of FROM indicators_state")
    assert (is_whole, as_of) == (False, None)
    assert 0 < len(service.rows("SELECT 1 FROM indicators_fact")) < len(world.standing_rows())
    _holds(world)


def test_looks_of_a_few_postings_each_come_to_the_same(world: World, service: Service) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keeping, "BATCH", 3)
        count = keeping.rebuild()
        for _ in range(7):
            world.settle()
        keeping.keep()
    assert count == len(world.standing_rows()) - 7
    assert len(service.rows("SELECT 1 FROM indicators_fact")) == len(world.standing_rows())
    _holds(world)


def test_a_restored_ledger_on_another_server_is_followed(world: World, service: Service) -> None:
    """What ran on the old server has numbers that the new one has not reached."""
    service.rows(
        "UPDATE indicators_state SET horizon = '999999999999', marked = now(), top = low RETURNING id"
    )
    world.settle()
    for _ in range(3):
        _holds(world)
        _later(service)
    ((top,),) = service.rows("SELECT max(id) FROM settlement_posting")
    assert _state(service) == (top, 0)
