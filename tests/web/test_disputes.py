"""A hospital's dispute of its month: opened, answered, accepted, said again, withdrawn; its own alone."""

import json
from datetime import timedelta

import psycopg
import pytest

from doudi_web.disputes import answering, ending, opening, selectors
from doudi_web.disputes.ending import How
from doudi_web.disputes.opening import Disputed
from doudi_web.disputes.selectors import State
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.floor_at_hand import poor, settled
from web.payments_at_hand import ACCOUNTANT, ADMIN, MONTH, message
from web.service import Json, Service

OFFICE = Actor("account:9101", Role.INSURANCE_OFFICE, "D1")
ELSEWHERE = Actor("account:9102", Role.INSURANCE_OFFICE, "D2")


@pytest.fixture(scope="module")
def posting(service: Service) -> int:
    """A settlement of D1 for which the floor pays 134.79; another hospital has one too."""
    poor(service, "DP1", "DP2")
    service.facilities("D1", "D2")
    told = settled(service, "DP1", "D1")
    settled(service, "DP2", "D2")
    ((number,),) = service.rows(
        "SELECT id FROM settlement_posting WHERE settlement = %s", int(told["settlement_id"])
    )
    return number


def opened(of: Disputed, by: Actor = OFFICE, reason: str = "我们的数是 140.00") -> Json:
    return json.loads(opening.dispute(by, message(), {}, of, reason).text)


def replied(number: int, *, upheld: bool = False, by: Actor = ADMIN) -> Json:
    return json.loads(answering.answer(by, message(), {}, number, "核对过", upheld=upheld).text)


def ended(number: int, how: How, text: str = "还不对", by: Actor = OFFICE) -> Json:
    return json.loads(ending.end(by, message(), {}, number, how, text).text)


def codes(refused: "pytest.ExceptionInfo[Refusal]") -> tuple[int, list[str]]:
    return refused.value.status, [one.code for one in refused.value.faults]


@pytest.mark.parametrize(
    ("account", "recorded"),
    [("fund:floor", "134.79"), ("total", "2539.50"), ("patient", "253.95"), ("hospital", "0.00"),
     ("fund:basic", "1567.65"), ("fund:none", "0.00")],
)  # fmt: skip
def test_a_dispute_keeps_what_the_ledger_had(posting: int, account: str, recorded: str) -> None:
    for of in (Disputed(MONTH, account, posting, 14000), Disputed(MONTH, account, None, None)):
        told = opened(of)
        assert (told["recorded"], told["stated"]) == (
            recorded,
            None if of.stated_fen is None else "140.00",
        )
        assert (told["state"], told["posting"]) == ("open", of.posting)
        assert told["due"] == (now().date() + timedelta(days=10)).isoformat()
        assert told["unverified"] == ["dispute.due"]


def test_it_is_answered_said_again_answered_and_accepted(posting: int) -> None:
    number = opened(Disputed(MONTH, "fund:floor", posting, 14000))["dispute"]
    with pytest.raises(Refusal) as refused:
        ended(number, "accept")
    assert codes(refused) == (409, ["S728"])
    assert replied(number)["state"] == "answered"
    with pytest.raises(Refusal) as refused:
        replied(number)
    assert codes(refused) == (409, ["S728"])
    assert ended(number, "again")["state"] == "open"
    replied(number, upheld=True, by=ACCOUNTANT)
    told = ended(number, "accept", "")
    assert [one["what"] for one in told["said"]] == ["open", "refuse", "again", "uphold", "accept"]
    assert [one["by"] for one in told["said"]] == [
        OFFICE.key,
        ADMIN.key,
        OFFICE.key,
        ACCOUNTANT.key,
        OFFICE.key,
    ]
    for how in ending.HOW:
        with pytest.raises(Refusal) as refused:
            ended(number, how)
        assert codes(refused) == (409, ["S728"])
    withdrawn = opened(Disputed(MONTH, "total", None, None))["dispute"]
    assert ended(withdrawn, "withdraw")["state"] == "withdrawn"


def test_a_hospital_has_its_own_alone(service: Service, posting: int) -> None:
    number = opened(Disputed(MONTH, "total", posting, None))["dispute"]
    with pytest.raises(Refusal) as refused:
        selectors.one(ELSEWHERE, number)
    assert codes(refused) == (403, ["S404"])
    with pytest.raises(Refusal) as refused:
        ended(number, "withdraw", by=ELSEWHERE)
    assert codes(refused) == (403, ["S404"])
    with pytest.raises(Refusal) as refused:
        selectors.disputes(ELSEWHERE, facility="D1")
    assert codes(refused) == (403, ["S404"])
    with pytest.raises(Refusal) as refused:
        opened(Disputed(MONTH, "total", posting, None), ELSEWHERE)
    assert codes(refused) == (404, ["S728"])
    assert selectors.disputes(ELSEWHERE) == []
    assert {one.facility for one in selectors.disputes(ADMIN)} == {"D1"}
    assert all(one.waits for one in selectors.disputes(ADMIN, waiting=True))
    for by in (ADMIN, ACCOUNTANT):
        with pytest.raises(Refusal) as refused:
            opened(Disputed(MONTH, "total", None, None), by)
        assert codes(refused) == (403, ["S403"])
    with pytest.raises(Refusal) as refused:
        replied(number, by=OFFICE)
    assert codes(refused) == (403, ["S403"])
    waiting = service.rows("SELECT count(*) FROM disputes_dispute WHERE state = 'open'")[0][0]
    assert (selectors.count_waiting(ADMIN), selectors.count_waiting(ELSEWHERE)) == (waiting, 0)


@pytest.mark.parametrize(
    ("of", "reason", "status"),
    [(Disputed(MONTH, "fund:", None, None), "x", 422), (Disputed(MONTH, "gone", None, None), "x", 422),
     (Disputed("2026-13", "total", None, None), "x", 422), (Disputed(MONTH, "total", None, None), "", 422),
     (Disputed(MONTH, "fund:\u200b", None, None), "x", 422), (Disputed("2001-01", "total", 1, None), "x", 404),
     (Disputed(MONTH, "total", 999_999_999, None), "x", 404)],
)  # fmt: skip
def test_what_is_no_dispute_is_refused(
    service: Service, of: Disputed, reason: str, status: int
) -> None:
    before = service.rows("SELECT count(*) FROM disputes_dispute")
    with pytest.raises(Refusal) as refused:
        opened(of, reason=reason)
    assert refused.value.status == status
    assert service.rows("SELECT count(*) FROM disputes_dispute") == before


def test_one_that_nobody_answers_is_late_after_its_day(service: Service, posting: int) -> None:
    number = opened(Disputed(MONTH, "total", posting, None))["dispute"]
    one = selectors.one(ADMIN, number)
    assert (one.is_late(one.due), one.is_late(one.due + timedelta(days=1))) == (False, True)
    replied(number)
    answered = selectors.one(ADMIN, number)
    assert (answered.state, answered.is_late(one.due + timedelta(days=1))) == (
        State.ANSWERED,
        False,
    )
    for change in ("UPDATE disputes_said SET text = ''", "TRUNCATE disputes_said"):
        with (
            psycopg.connect(service.url) as database,
            pytest.raises(psycopg.errors.RestrictViolation),
        ):
            database.execute(change)


CODES = {"S728"}
"""The codes that this file makes."""
