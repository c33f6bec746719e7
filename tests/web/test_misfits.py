"""What no route answers, and what fails outside of the routes: one fault, never a 500, never English."""

import json

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.test import Client

from doudi_web.settlement import condition
from web.accounts import PASSWORD, Browser, codes, person
from web.service import Service

HERE = Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/api/v1/nothing", {}, 404, "S507"),
        ("POST", "/api/v1/nothing", {}, 404, "S507"),
        ("GET", "/api/", {}, 404, "S507"),
        ("GET", "/api/v1/settlements/1/2/3", {}, 404, "S507"),
        ("DELETE", "/api/v1/settlements", {}, 405, "S508"),
        ("POST", "/healthz", {}, 405, "S508"),
        ("BREW", "/api/v1/login", {}, 405, "S508"),
        ("GET", "/api/v1/me", {"Host": "a b"}, 400, "S509"),
        ("GET", "/healthz", {"Host": ""}, 400, "S509"),
    ],
)  # fmt: skip
def test_programs_are_told_one_fault_as_json(
    service: Service, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    assert service
    answer = HERE.generic(method, path, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    (told,) = json.loads(answer.content)["faults"]
    assert told["code"] == code
    assert all(told[key] for key in ("what", "why", "mend"))
    assert answer["X-Request-Id"]
    if status == 405:
        assert answer["Allow"] in told["mend"]
        assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "said"),
    [
        ("GET", "/nothing", {}, 404, "没有这个地址"),
        ("GET", "/favicon.ico", {}, 404, "没有这个地址"),
        ("GET", "/", {"Host": "a b"}, 400, "请求读不懂"),
        ("POST", "/", {}, 403, "请求没有带防伪标记"),
    ],
)
def test_browsers_are_told_by_a_plain_page(
    service: Service, method: str, path: str, headers: dict[str, str], status: int, said: str
) -> None:
    assert service
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answer = client.generic(method, path, headers=headers)
    assert answer.status_code == status
    text = answer.content.decode()
    assert text.startswith('<!doctype html>\n<html lang="zh-Hans">')
    assert said in text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("gone"), 503, "S504"),
        (psycopg.OperationalError("gone"), 503, "S504"),
        (SessionInterrupted("gone"), 401, "S472"),
        (RuntimeError("a defect"), 503, "S500"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_session_that_cannot_be_saved_is_a_fault_and_no_page(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    assert service
    account, browser = person("auditor"), Browser(address="10.5.0.1")

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(SessionStore, "save", broken)
    told = browser.log_in(account, PASSWORD)
    assert (told[0], codes(told[1])) == (status, [code])
    assert "a defect" not in str(told)


def test_what_is_no_request_is_told_as_that_wherever_it_is_noticed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange() -> None:
        raise SuspiciousOperation("strange")

    monkeypatch.setattr(condition, "health", strange)
    status, told = service.ask("GET", "/healthz")
    assert (status, codes(told)) == (400, ["S509"])


CODES = {"S507", "S508", "S509"}
"""The codes that this file makes."""
