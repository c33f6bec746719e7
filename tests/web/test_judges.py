"""What judges answers and looks behind them sees what it should: each is shown a planted wrong."""

import json
import random

import psycopg
import pytest

from web.ledger_at_hand import copied
from web.left import Left, the_ledger_is_whole
from web.sent import Answer, Request, Unfit, judge, operation_of, send, target
from web.service import Json, Service
from web.spoilt import spoilt
from web.test_settling import bill

_FAULT = {"code": "S406", "where": "1", "what": "没有", "why": "因为", "mend": "改"}
_ASKED = Request("GET", b"/api/v1/settlements/1")
_HEADERS = (("X-Request-Id", "0123456789abcdef"), ("X-Content-Type-Options", "nosniff"))


def _answer(status: int, told: object, kind: str = "application/json") -> Answer:
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Answer(status, (*_HEADERS, ("Content-Type", kind)), content)


_JSON = ("Content-Type", "application/json")


def _refused(**more: object) -> Json:
    return {"faults": [{**_FAULT, **more}]}


def test_a_refusal_as_it_should_be_is_fit() -> None:
    assert judge(_ASKED, _answer(404, _refused())) == ("settlement", _refused())


@pytest.mark.parametrize(
    "answer",
    [
        _answer(500, _refused()),
        _answer(503, _refused(code="S500")),
        _answer(418, _refused()),
        _answer(201, _refused()),
        _answer(200, {"visit_id": "V"}),
        _answer(404, _refused(), "text/html"),
        _answer(404, b"<h1>Not Found</h1>"),
        _answer(404, {"faults": []}),
        _answer(404, {"detail": "Not Found"}),
        _answer(404, _refused(code="X1")),
        _answer(404, _refused(mend="")),
        _answer(404, _refused(where=None)),
        _answer(404, _refused(where="a\x00")),
        _answer(404, _refused(what="a" * 2001)),
        _answer(404, _refused(what='File "a.py", line 3')),
        _answer(404, _refused(what="Traceback (most recent call last)")),
        _answer(404, _refused(what="duplicate key in settlement_posting")),
        _answer(404, b'{"faults": NaN}'),
        _answer(404, b'{"faults": [], "faults": []}'),
        Answer(404, (_HEADERS[0], _JSON), json.dumps(_refused()).encode()),
        Answer(404, (*_HEADERS, _JSON, ("X", "a\nb")), json.dumps(_refused()).encode()),
    ],
)  # fmt: skip
def test_an_answer_that_no_request_may_have_is_seen(answer: Answer) -> None:
    with pytest.raises(Unfit):
        judge(_ASKED, answer)


def test_a_key_that_is_not_described_is_seen(service: Service) -> None:
    token = service.token(may_back_date=True)
    status, told = service.settle(token, bill("J1", "J"))
    assert status == 201
    request = Request("POST", b"/api/v1/settlements")
    assert judge(request, _answer(201, told))[0] == "settle"
    for wrong in (
        {**told, "extra": 1},
        {**told, "patient": 1195.8},
        {k: told[k] for k in told if k != "total"},
    ):
        with pytest.raises(Unfit):
            judge(request, _answer(201, wrong))


def test_an_operation_is_known_by_method_and_address() -> None:
    assert operation_of(Request("POST", target("/api/v1/visits/a%20b/settle"))) == "settle_visit"
    assert operation_of(Request("get", b"/api/v1/visits?open=1")) == "running_visits"
    assert operation_of(Request("PUT", b"/api/v1/visits")) is None
    assert operation_of(Request("GET", b"/api/v1/visit")) is None


def test_what_is_written_is_seen_and_what_is_taken_back_is_not(service: Service) -> None:
    left = Left(service.url)
    kept = "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('999999', '', '')"
    with psycopg.connect(service.url, autocommit=True) as database:
        database.execute("SELECT count(*) FROM tenancy_district")
        assert left.changed() == frozenset()
        for statement in ("BEGIN", kept, "ROLLBACK"):
            database.execute(statement)
        assert left.changed() == frozenset()
        for statement in (
            kept,
            "UPDATE tenancy_district SET name = 'a' WHERE code = '999999'",
            "DELETE FROM tenancy_district WHERE code = '999999'",
        ):
            database.execute(statement)
            assert left.changed() == {"tenancy_district"}
            assert left.changed() == frozenset()
        for operation, status in (
            ("person", 404),
            ("precheck", 200),
            ("persons", 200),
            ("settle", 422),
        ):
            database.execute(kept)
            with pytest.raises(Unfit):
                left.judge(operation, "GET" if "person" in operation else "POST", status)
            database.execute("DELETE FROM tenancy_district WHERE code = '999999'")
            left.changed()
    left.close()


@pytest.mark.parametrize(
    "part",
    [
        "DELETE FROM settlement_entry WHERE posting = (SELECT max(id) FROM settlement_posting)",
        "DELETE FROM settlement_posting WHERE id = (SELECT max(id) FROM settlement_posting)",
        "DELETE FROM audit_log_record WHERE action = 'settle'",
        "UPDATE settlement_entry SET amount = amount + 1 WHERE id = (SELECT max(id) FROM settlement_entry)",
    ],
)
def test_a_settlement_without_a_part_is_seen(service: Service, part: str) -> None:
    token = service.token(may_back_date=True)
    count = len(service.rows("SELECT 1 FROM settlement_settlement"))
    assert service.settle(token, bill(f"J-{count}", "J"))[0] == 201
    assert the_ledger_is_whole(service.url) == count + 1
    with copied(service) as copy:
        with psycopg.connect(copy.url, autocommit=True) as database:
            database.execute("SET session_replication_role = replica")  # past all guards
            database.execute(part)
        with pytest.raises(AssertionError):
            the_ledger_is_whole(copy.url)


def test_the_same_seed_spoils_alike_and_spoils_something() -> None:
    right = Request("POST", b"/api/v1/settlements", b'{"message_id": "1", "bill": {}}')
    made = [spoilt(random.Random(n), right) for n in range(200)]
    assert made == [spoilt(random.Random(n), right) for n in range(200)]
    assert len({(one.method, one.target, one.body, one.headers) for one in made}) > 100


def test_what_the_application_raises_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("web.sent._application", lambda: broken)
    with pytest.raises(ZeroDivisionError):
        send(_ASKED)
