"""An import on which something moves between the look and the act: the lists, its worker, its file's size."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from doudi_web.intake import importing
from doudi_web.policy.actions import install_catalogue, install_mapping
from doudi_web.runs.models import Run
from doudi_web.runs.worker import LOST_SECONDS, run_next, take_up_lost
from doudi_web.site.works import WORKS
from doudi_web.tenancy.who import KEEPER
from tables import HEADER, fee_rows, xlsx_of
from web.accounts import codes
from web.matching_at_hand import mapping_without, sample_document
from web.service import Json, Service
from web.test_intake import INTAKE, act, bring, office, rows, standing
from web.test_visits import opened

_FREE = "SELECT 1 FROM intake_import WHERE id = %s FOR UPDATE SKIP LOCKED"
CODES = {"S662"}
"""The codes that this file makes."""


@pytest.fixture(autouse=True)
def none_waits(service: Service) -> Iterator[None]:  # noqa: ARG001  # whose database it is
    """No run of another test stands in the way."""
    yield
    Run.objects.filter(state__in=("queued", "running")).delete()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a large one."""
    monkeypatch.setattr(importing, "AT_ONCE", 100)


def done(service: Service, token: str, made: Json) -> Json:
    """The import when the run that it waits for has ended."""
    assert run_next(threading.Event(), WORKS)
    return seen(service, token, made)


def seen(service: Service, token: str, made: Json) -> Json:
    status, told = service.ask("GET", f"{INTAKE}/{made['id']}", token)
    assert status == 200, told
    return told


OWN = ("明细流水号", "院内编码", "项目名称", "费用日期", "类别", "数量", "单价", "金额")
KNOWN, PARTLY = "H00003", "H00007"
"""Items of class 乙, of which the catalogue knows the rate; the second is not mapped at all times."""


def two(service: Service, facility: str, visit: str) -> tuple[str, Json]:
    """A list of two lines, each 乙 by what it says, one of an item that the hospital's mapping may not have."""
    token = office(service, facility)
    opened(
        service, service.token(facility=facility), visit,
        facility={"code": facility, "level": "2", "district": "500113"}, admitted="2019-06-10",
    )  # fmt: skip
    lines = [
        [n, code, "项", "2019-06-12", "乙", 1, "10.00", "10.00"]
        for n, code in (("L1", KNOWN), ("L2", PARTLY))
    ]
    return token, bring(service, token, xlsx_of([OWN, *lines]), visit=visit)[1]


# Catches rows that became wrong after the look and are left out without a word.
def test_a_row_that_became_wrong_since_the_look_is_told_and_nothing_is_written(
    service: Service,
) -> None:
    install_catalogue(KEEPER, sample_document(), None)
    install_mapping(KEEPER, "M1", mapping_without(), None)
    token, made = two(service, "M1", "MV1")
    assert (made["state"], made["counts"]["new"]) == ("ready", 2)
    install_mapping(KEEPER, "M1", mapping_without(PARTLY), None)
    status, refused = act(service, token, made, "confirm")
    assert (status, codes(refused)) == (409, ["S662"])
    assert refused["faults"][0]["what"] == (
        f"导入 {made['id']} 在看过以后变了：第 3 行，原来 2 行可以记，现在 1 行"
    )
    assert standing(service, "MV1") == []
    now = seen(service, token, made)
    assert (now["state"], now["revision"], now["log"][-1]["what"]) == (
        "faulty", made["revision"] + 1, "moved",
    )  # fmt: skip
    assert [one["faults"][0]["code"] for one in rows(service, token, now, "faulty")] == ["F307"]
    assert act(service, token, now, "confirm", leave=True)[1]["state"] == "partly"
    assert standing(service, "MV1") == [("L1", True)]


# Catches rows that nobody saw as sound and that are written all the same.
def test_a_row_that_became_sound_since_the_look_is_not_written_unseen(service: Service) -> None:
    install_catalogue(KEEPER, sample_document(), None)
    install_mapping(KEEPER, "M2", mapping_without(PARTLY), None)
    token, made = two(service, "M2", "MV2")
    assert (made["state"], made["counts"]["new"], made["counts"]["faulty"]) == ("faulty", 1, 1)
    install_mapping(KEEPER, "M2", mapping_without(), None)
    status, refused = act(service, token, made, "confirm", leave=True)
    assert (status, codes(refused)) == (409, ["S662"])
    assert standing(service, "MV2") == []
    now = seen(service, token, made)
    assert (now["state"], now["counts"]["new"]) == ("ready", 2)
    assert act(service, token, now, "confirm")[1]["state"] == "confirmed"
    assert len(standing(service, "MV2")) == 2


@pytest.mark.usefixtures("large")
def test_a_large_list_that_became_another_says_so_where_its_work_failed(service: Service) -> None:
    install_catalogue(KEEPER, sample_document(), None)
    install_mapping(KEEPER, "M3", mapping_without(), None)
    token, made = two(service, "M3", "MV3")
    made = done(service, token, made)
    assert act(service, token, made, "confirm")[1]["state"] == "confirming"
    install_mapping(KEEPER, "M3", mapping_without(PARTLY), None)
    now = done(service, token, made)
    assert (now["state"], now["counts"]["new"], now["progress"]["state"]) == ("faulty", 1, "failed")
    assert [one["code"] for one in now["progress"]["faults"]] == ["S662"]
    assert standing(service, "MV3") == []


# Catches an import that is being taken in for ever.
@pytest.mark.usefixtures("large")
def test_an_import_whose_worker_died_while_it_was_taken_in_is_looked_at_again(
    service: Service,
) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "DIED")
    made = bring(service, token, xlsx_of([HEADER, *fee_rows(30)]), visit="DIED")[1]
    made = done(service, token, made)
    waiting = act(service, token, made, "confirm")[1]
    assert codes(act(service, token, waiting, "look")[1]) == ["S652"]  # its run waits
    service.rows(
        "UPDATE runs_run SET state = 'running', heartbeat = clock_timestamp() - make_interval(secs => %s)"
        " WHERE state = 'queued' RETURNING id",
        LOST_SECONDS + 1,
    )
    assert codes(act(service, token, waiting, "look")[1]) == [
        "S652"
    ]  # nobody knows yet that it died
    assert len(take_up_lost()) == 1
    status, again = act(service, token, waiting, "look")
    assert (status, again["state"]) == (200, "reading")
    sound = done(service, token, again)
    assert (sound["state"], sound["counts"]["new"]) == ("ready", 30)
    act(service, token, sound, "confirm")
    assert done(service, token, sound)["state"] == "confirmed"
    assert len(standing(service, "DIED")) == 30


# Catches a large file that is looked at while its sender waits and others wait for its lock.
@pytest.mark.usefixtures("large")
def test_a_large_import_is_mended_at_once_and_looked_at_later(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = office(service)
    opened(service, service.token(facility="F"), "LM1")
    lines = fee_rows(40)
    lines[3][7] = "-3.00"
    made = bring(service, token, xlsx_of([HEADER, *lines]), visit="LM1")[1]
    made = done(service, token, made)
    assert (made["state"], made["counts"]["faulty"]) == ("faulty", 1)
    cell = {"row": 5, "key": "unit_price", "value": str(fee_rows(4)[3][7])}
    status, mended = act(service, token, made, "mend", cells=[cell])
    assert (status, mended["state"], mended["progress"]["state"]) == (200, "reading", "queued")
    assert [(one["before"], one["after"]) for one in mended["mended"]] == [("-3.00", cell["value"])]
    assert codes(act(service, token, made, "mend", cells=[cell])[1]) == ["S652"]
    seen_of, locks = importing.seen_of, list[int]()

    def watched(*given: Any) -> Any:
        with psycopg.connect(service.url) as other:
            locks.append(len(other.execute(_FREE, [made["id"]]).fetchall()))
        return seen_of(*given)

    monkeypatch.setattr(importing, "seen_of", watched)
    sound = done(service, token, mended)
    assert (sound["state"], sound["counts"]["new"]) == ("ready", 40)
    assert locks == [1]  # while it was read, nobody had to wait for it
