"""What stands before every route: not too many requests of one client, headers that a browser obeys."""

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from doudi_web.site.guard import Buckets, Guard, address_of
from web.accounts import Browser, person
from web.service import Service


def test_a_bucket_gives_twice_its_rate_at_once_and_then_its_rate() -> None:
    at = [0.0]
    buckets = Buckets(10, clock=lambda: at[0])
    assert [buckets.take(b"a") for _ in range(20)] == [0.0] * 20
    assert buckets.take(b"a") == pytest.approx(0.1)
    assert buckets.take(b"b") == 0.0
    at[0] = 0.1
    assert buckets.take(b"a") == 0.0
    assert buckets.take(b"a") > 0


def test_what_is_forgotten_is_the_bucket_longest_unused() -> None:
    buckets = Buckets(1, most=2, clock=lambda: 0.0)
    for key in (b"a", b"a", b"b", b"b", b"b", b"c"):
        buckets.take(key)
    assert buckets.take(b"b") > 0
    assert buckets.take(b"a") == 0.0


def _guard(status: int = 200) -> Guard:
    with override_settings(REQUESTS_A_SECOND=5.0):
        return Guard(lambda _: HttpResponse(status=status))


def _from(address: str, **headers: str) -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def test_too_many_requests_are_told_to_wait_and_others_are_not() -> None:
    guard = _guard()
    found = [guard(_from("10.0.0.1")) for _ in range(11)]
    assert [r.status_code for r in found] == [200] * 10 + [429]
    assert found[-1]["Retry-After"] == "1"
    assert b'"S484"' in found[-1].content
    assert guard(_from("10.0.0.2")).status_code == 200
    assert guard(_from("10.0.0.1", Authorization="Bearer a")).status_code == 200


def test_inventing_tokens_costs_the_address() -> None:
    guard = _guard(401)
    found = [guard(_from("10.0.0.1", Authorization=f"Bearer {n}")) for n in range(4)]
    assert [r.status_code for r in found] == [401, 401, 429, 429]


def test_no_rate_is_no_limit() -> None:
    with override_settings(REQUESTS_A_SECOND=0.0):
        guard = Guard(lambda _: HttpResponse())
    assert {guard(_from("10.0.0.1")).status_code for _ in range(50)} == {200}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "127.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_the_proxies_that_are_ours_say_who_asks(
    proxies: int, forwarded: str, address: str
) -> None:
    with override_settings(PROXIES=proxies):
        assert address_of(_from("127.0.0.1", **{"X-Forwarded-For": forwarded})) == address


def test_the_page_says_what_a_browser_may_do_with_it(service: Service) -> None:
    assert service
    answer = Client().get("/")
    assert answer["Content-Security-Policy"] == (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    )
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer
    assert Client().get("/", secure=True)["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("host", "https", "is_secure"),
    [
        ("127.0.0.1:8210", False, False),
        ("localhost", False, False),
        ("[::1]:8210", False, False),
        ("127.0.0.1", True, True),
        ("doudi.example", False, True),
        ("doudi.example", True, True),
    ],
)
def test_cookies_are_kept_from_scripts_and_from_plain_http(
    service: Service, host: str, https: bool, is_secure: bool
) -> None:
    assert service
    account, client = person("auditor"), Client()
    answer = client.post(
        "/api/v1/login", {"username": account.username, "password": "Kc7-quiet-river"},
        content_type="application/json", headers={"Host": host}, secure=https, REMOTE_ADDR=host,
    )  # fmt: skip
    assert answer.status_code == 200
    assert sorted(answer.cookies) == ["csrftoken", settings.SESSION_COOKIE_NAME]
    for cookie in answer.cookies.values():
        assert bool(cookie["secure"]) is is_secure
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"


def test_a_host_that_is_none_is_refused_before_anything_is_done(service: Service) -> None:
    status, _ = service.ask("GET", "/healthz")
    assert status == 200
    done: list[HttpRequest] = []
    guard = Guard(lambda request: HttpResponse(str(done.append(request))))
    with pytest.raises(DisallowedHost):
        guard(_from("127.0.0.1", Host="a b"))
    assert done == []


def test_a_session_of_another_page_writes_nothing(service: Service) -> None:
    assert service
    browser = Browser(address="10.7.0.1")
    browser.log_in(person("system_admin"))
    browser.csrf = "x" * 32
    body = {"username": "evil", "name": "恶", "role": "auditor"}
    assert browser.ask("POST", "/api/v1/accounts", body)[0] == 403


CODES = {"S484"}
"""The codes that this file makes."""
