"""A month before it is closed: what is open in it, its sums; closed as it was looked at, whole or not at all."""

import http.client
import json
import os
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from doudi_web.clearing import proposing
from doudi_web.clearing.spans import Period, month_of
from doudi_web.indicators import periods as controlled
from doudi_web.month_end import checks, hospitals
from doudi_web.settlement.months import next_month
from doudi_web.settlement.verify import verify
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from web.floor_at_hand import decide, entry_of, over, poor, settled
from web.load import Load
from web.payments_at_hand import ACCOUNTANT, ADMIN, MONTH, OTHER_ADMIN, account, made, message
from web.served import Served
from web.service import Service
from web.test_settling import bill


@pytest.fixture(scope="module")
def month(service: Service) -> str:
    """This month with two hospitals: of one an amount waits for approval, of the other nothing."""
    poor(service, "ME1", "ME2")
    service.facilities("E1", "E2")
    settled(service, "ME1", "E1")
    service.settle(service.token(may_back_date=True), {**_plain(), "visit_id": "ME-2"})
    return MONTH


def _plain() -> dict[str, object]:
    made_ = bill("ME-2", "ME2")
    return {**made_, "facility": {**made_["facility"], "code": "E2"}, "kind": "outpatient"}


def codes(refused: "pytest.ExceptionInfo[Refusal]") -> tuple[int, list[str]]:
    return refused.value.status, [one.code for one in refused.value.faults]


def test_each_hospital_closes_and_all_come_to_the_ledger(service: Service, month: str) -> None:
    found = hospitals.hospitals(ADMIN, month)
    assert [one.facility for one in found] == ["E1", "E2"]
    first = found[0]
    assert (first.total, first.funds["floor"], first.patient, first.stated) == (
        253950,
        13479,
        25395,
        0,
    )
    ledger = dict(
        service.rows(
            "SELECT split_part(e.account, ':', 1), sum(e.amount)::bigint FROM settlement_entry e"
            " JOIN settlement_posting p ON p.id = e.posting WHERE p.month = %s GROUP BY 1", month,
        )
    )  # fmt: skip
    assert -ledger["clearing"] == sum(one.total for one in found)
    assert ledger["fund"] == sum(one.of_funds for one in found)
    assert ledger["patient"] == sum(one.patient for one in found)


def test_what_the_platform_states_otherwise_is_named(service: Service, month: str) -> None:
    ((visit,),) = service.rows("SELECT visit FROM settlement_settlement WHERE facility = 'E1'")
    for basic, differs in (("1567.65", 0), ("1567.60", 1)):
        one = {"facility": "E1", "visit_id": visit, "amounts": {"basic": basic, "floor": "134.79"}}
        said = {"source": "platform", "figures": [one]}
        assert (
            service.ask("POST", "/api/v1/figures", service.token("district_admin"), said)[0] == 201
        )
        found = hospitals.hospitals(ADMIN, month)[0]
        assert (found.stated, found.differs, found.difference) == (1, differs, -5 * differs)


def test_differences_that_cancel_one_another_are_differences(service: Service, month: str) -> None:
    """The platform has five fen more of one fund and five less of another: the sum says nothing, the count does."""
    ((visit,),) = service.rows("SELECT visit FROM settlement_settlement WHERE facility = 'E1'")
    for amounts, differs, difference in (
        ({"basic": "1567.70", "floor": "134.74"}, 1, 0), ({"basic": "1567.60", "floor": "134.79"}, 1, -5),
    ):  # fmt: skip
        one = {"facility": "E1", "visit_id": visit, "amounts": amounts}
        said = {"source": "platform", "figures": [one]}
        token = service.token("district_admin")
        assert service.ask("POST", "/api/v1/figures", token, said)[0] == 201
        found = hospitals.hospitals(ADMIN, month)[0]
        assert (found.differs, found.difference) == (differs, difference)


def test_each_thing_that_is_open_is_counted(service: Service, month: str) -> None:
    found = {one.name: (one.count, one.amount) for one in checks.looked(ADMIN, month).checks}
    unsealed = service.rows("SELECT count(*) FROM settlement_posting")[0][0]
    assert found == {
        "earlier_open": (0, None), "floor_to_approve": (1, 13479), "floor_failed": (0, 0), "floor_to_pay": (0, 0),
        "batches": (0, 0), "awaiting": (0, None), "proposals": (0, None), "disputes": (0, None), "differs": (1, -5),
        "quarantined": (0, None), "unsealed": (unsealed, None),
    }  # fmt: skip
    account("E1", "622200009999")
    told = service.rows("SELECT id FROM settlement_settlement WHERE facility = 'E1'")[0][0]
    entry = entry_of(service, {"settlement_id": told})
    assert decide(service, service.token("district_admin"), "approve", [entry])[0] == 201
    made()
    found = {one.name: one.count for one in checks.looked(ADMIN, month).checks}
    assert (found["floor_to_approve"], found["floor_to_pay"], found["batches"]) == (0, 1, 1)
    service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"))
    assert {one.name: one.count for one in checks.looked(ADMIN, month).checks}["unsealed"] == 0


def test_it_is_closed_as_it_was_looked_at_and_only_knowingly(service: Service, month: str) -> None:
    seen = checks.looked(ADMIN, month)
    with pytest.raises(Refusal) as refused:
        checks.close(ADMIN, month, message(), "月结", seen.version, nevertheless=False)
    assert codes(refused) == (409, ["S729"])
    settled(service, "ME1", "E1")
    with pytest.raises(Refusal) as refused:
        checks.close(ADMIN, month, message(), "月结", seen.version, nevertheless=True)
    assert codes(refused) == (409, ["S729"])
    for by, reason, code in ((ADMIN, "", "F201"), (ACCOUNTANT, "x", "S403")):
        with pytest.raises(Refusal) as refused:
            checks.close(by, month, message(), reason, seen.version, nevertheless=True)
        assert codes(refused)[1] == [code]
    assert service.rows("SELECT count(*) FROM settlement_monthclose") == [(0,)]
    seen, used = checks.looked(ADMIN, month), message()
    status, told = checks.close(ADMIN, month, used, "月结", seen.version, nevertheless=True)
    assert (status, told["postings"]) == (201, seen.postings)
    assert checks.close(ADMIN, month, used, "月结", seen.version, nevertheless=True) == (200, told)
    with pytest.raises(Refusal) as refused:
        checks.close(OTHER_ADMIN, month, message(), "再关", seen.version, nevertheless=True)
    assert codes(refused) == (409, ["S520"])
    later = checks.looked(ADMIN, month)
    assert later.closed is not None
    assert later.open_month == next_month(month)


def test_taking_back_takes_two_and_touches_no_patient(service: Service, month: str) -> None:
    assert month
    poor(service, "ME3")
    service.facilities("E3")
    over(service, "ME3", "E3", "2019-03-05")
    period = Period(2019, 3, 1)
    (one,) = controlled.periods(ADMIN, period, "E3")["facilities"]
    due = round(float(one["difference"]) * 100)
    assert due > 0
    patients = service.rows("SELECT account, sum(amount) FROM settlement_entry WHERE account LIKE 'patient:%%'"
                            " GROUP BY 1 ORDER BY 1")  # fmt: skip
    sums = service.rows("SELECT count(*), sum(amount) FROM settlement_accumulatorentry")
    with pytest.raises(Refusal) as refused:
        proposing.propose(ACCOUNTANT, message(), {}, "E3", period, due + 1, "超了")
    assert codes(refused) == (409, ["S589"])
    told = json.loads(proposing.propose(ADMIN, message(), {}, "E3", period, due, "超了").text)
    with pytest.raises(Refusal) as refused:
        proposing.propose(ACCOUNTANT, message(), {}, "E3", period, due, "再提")
    assert codes(refused) == (409, ["S723"])
    with pytest.raises(Refusal) as refused:
        proposing.decide(ADMIN, message(), {}, told["proposal"], "", accept=True)
    assert codes(refused) == (403, ["S722"])
    with pytest.raises(Refusal) as refused:
        proposing.decide(OTHER_ADMIN, message(), {}, told["proposal"], "", accept=False)
    assert codes(refused) == (422, ["F201"])
    posted = json.loads(
        proposing.decide(OTHER_ADMIN, message(), {}, told["proposal"], "", accept=True).text
    )
    assert (posted["state"], posted["amount"]) == ("posted", one["difference"])
    assert [e["account"] for e in posted["entries"]] == ["hospital:E3", "fund:floor"]
    assert service.rows("SELECT account, sum(amount) FROM settlement_entry WHERE account LIKE 'patient:%%'"
                        " GROUP BY 1 ORDER BY 1") == patients  # fmt: skip
    assert service.rows("SELECT count(*), sum(amount) FROM settlement_accumulatorentry") == sums
    with pytest.raises(Refusal) as refused:
        proposing.decide(OTHER_ADMIN, message(), {}, told["proposal"], "", accept=True)
    assert codes(refused) == (409, ["S723"])
    with pytest.raises(Refusal) as refused:
        proposing.propose(ACCOUNTANT, message(), {}, "E3", month_of(now().date()), 0, "x")
    assert codes(refused) == (409, ["S584"])


def _closing(service: Served, token: str, told: list[int]) -> None:
    """Ask to close this month until somebody says that it is closed."""
    body = {"message_id": "close", "reason": "月结"}
    for _ in range(400):
        with suppress(OSError, http.client.HTTPException, ValueError):
            told.append(service.ask("POST", f"/api/v1/months/{MONTH}/close", token, body)[0])
            if told[-1] in (200, 201):
                return
        time.sleep(0.05)


def _of_month(service: Served) -> tuple[int, int | None]:
    """How many postings this month has, and how many it was closed with."""
    ((count, closed),) = service.rows(
        "SELECT (SELECT count(*) FROM settlement_posting WHERE month = %s),"
        " (SELECT postings FROM settlement_monthclose WHERE month = %s)", MONTH, MONTH,
    )  # fmt: skip
    return count, closed


def _closed_under_load(folder: Path, kills: int, seed: int) -> None:
    service = Served(folder / "data")
    service.start()
    chance = random.Random(seed)
    load = Load(service, service.token("system_client", "--backdate"), seed)
    admin = service.token("district_admin")
    threads = load.run()
    told: list[int] = []
    try:
        time.sleep(2)
        closing = threading.Thread(target=_closing, args=(service, admin, told))
        closing.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.0, 0.05))
            workers = service.workers()
            if workers:
                os.kill(chance.choice(workers), signal.SIGKILL)
            count, closed = _of_month(service)
            assert closed in (None, count)
        closing.join(90)
        service.wait()
        time.sleep(2)
        assert load.end(threads) > 0
        count, closed = _of_month(service)
        assert (closed, told[-1] in (200, 201)) == (count, True)
        behind = service.rows(
            "SELECT count(*) FROM settlement_posting WHERE month = %s", next_month(MONTH)
        )
        assert behind[0][0] > 1  # the closing's own, and what was settled meanwhile
    finally:
        load.stop.set()
        service.stop()


@pytest.mark.slow
def test_nothing_lands_in_a_month_that_is_closed_while_bills_are_settled(folder: Path) -> None:
    _closed_under_load(folder, kills=0, seed=3)


def test_a_close_that_is_killed_is_whole_or_not_at_all(folder: Path) -> None:
    _closed_under_load(folder, kills=6, seed=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5, 13))
def test_a_close_that_is_killed_at_more_points_is_whole_or_not_at_all(
    folder: Path, seed: int
) -> None:
    _closed_under_load(folder, kills=4, seed=seed)


def test_the_ledger_holds_after_all(service: Service, month: str) -> None:
    assert month
    assert service
    assert verify().holds
