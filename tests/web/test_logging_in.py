"""Logging in: passwords, failures, one-time codes, sessions that end."""

import base64
import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from doudi_web.tenancy import attempts, clock, one_time, passwords, sessions
from doudi_web.tenancy.models import Account
from web.accounts import PASSWORD, Browser, codes, person
from web.service import Service

ME = "/api/v1/me"
NEW = "Blue7-harbour"


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times; no failures of an earlier test."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


@pytest.fixture(autouse=True)
def forgotten(service: Service) -> None:
    service.rows("DELETE FROM tenancy_attempts RETURNING key")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let time pass everywhere."""

    def pass_(**span: float) -> None:
        moved = datetime.now().astimezone() + timedelta(**span)
        for module in (sessions, attempts, passwords):
            monkeypatch.setattr(module, "real_now", lambda: moved)

    return pass_


def test_somebody_logs_in_is_known_and_leaves() -> None:
    account, browser = person("auditor"), Browser()
    status, told = browser.log_in(account)
    assert (status, told["role"], told["title"], told["must_change_password"]) == (
        200, "auditor", "审计员", False,
    )  # fmt: skip
    assert browser.ask("GET", ME)[1]["username"] == account.username
    assert browser.ask("GET", "/api/v1/ledger/entries")[0] == 200
    assert browser.ask("POST", "/api/v1/logout") == (200, {})
    status, told = browser.ask("GET", ME)
    assert (status, codes(told)) == (401, ["S401"])


def test_a_user_name_is_read_whatever_its_case() -> None:
    account = person("auditor")
    body = {"username": account.username.upper(), "password": PASSWORD}
    assert Browser().ask("POST", "/api/v1/login", body)[0] == 200


def test_a_session_has_another_key_after_the_login() -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    first = browser.client.cookies[settings.SESSION_COOKIE_NAME].value
    browser.log_in(account)
    assert browser.client.cookies[settings.SESSION_COOKIE_NAME].value != first


def test_a_wrong_password_and_an_unknown_name_are_told_alike() -> None:
    account = person("auditor")
    wrong = Browser().log_in(account, "wrong")
    unknown = Browser().ask("POST", "/api/v1/login", {"username": "nobody", "password": "wrong"})
    assert wrong == unknown
    assert (wrong[0], codes(wrong[1])) == (401, ["S470"])


@pytest.mark.parametrize("known", [True, False])
def test_after_five_failures_a_user_name_waits_a_quarter_of_an_hour(
    known: bool, later: Any
) -> None:
    name = person("auditor").username if known else "nobody-at-all"
    asked = {"username": name, "password": "wrong"}
    told = [
        Browser(address=f"10.1.{known:d}.{n}").ask("POST", "/api/v1/login", asked) for n in range(6)
    ]
    assert [(status, codes(t)) for status, t in told] == [(401, ["S470"])] * 5 + [(429, ["S471"])]
    right = {"username": name, "password": PASSWORD}
    assert Browser(address="10.1.2.1").ask("POST", "/api/v1/login", right)[0] == 429
    later(minutes=14)
    assert Browser(address="10.1.2.2").ask("POST", "/api/v1/login", right)[0] == 429
    later(minutes=16)
    assert Browser(address="10.1.2.3").ask("POST", "/api/v1/login", right)[0] == (
        200 if known else 401
    )


def test_after_five_failures_an_address_waits_and_others_do_not() -> None:
    for n in range(5):
        asked = {"username": f"guess{n}", "password": "wrong"}
        assert Browser(address="10.2.0.1").ask("POST", "/api/v1/login", asked)[0] == 401
    account = person("auditor")
    assert codes(Browser(address="10.2.0.1").log_in(account)[1]) == ["S471"]
    assert Browser(address="10.2.0.2").log_in(account)[0] == 200


def test_failures_are_kept_in_the_database_without_names(service: Service) -> None:
    account = person("auditor")
    Browser(address="10.3.0.1").log_in(account, "wrong")
    kept = service.rows("SELECT key, failures FROM tenancy_attempts ORDER BY key")
    assert kept == sorted(
        (attempts.key_of(kind, name), 1)
        for kind, name in (("account", account.username), ("address", "10.3.0.1"))
    )


def test_who_gets_in_has_failed_no_more(service: Service) -> None:
    account = person("auditor")
    for _ in range(4):
        assert Browser().log_in(account, "wrong")[0] == 401
    assert Browser(address="10.3.0.2").log_in(account)[0] == 200
    assert service.rows(
        "SELECT failures FROM tenancy_attempts WHERE key = %s",
        attempts.key_of("address", "10.0.0.1"),
    ) == [(4,)]
    assert Browser(address="10.3.0.2").log_in(account, "wrong")[0] == 401


def test_a_first_password_must_be_changed_before_anything_else() -> None:
    account, browser = person("auditor", must_change=True), Browser()
    assert browser.log_in(account)[1]["must_change_password"] is True
    status, told = browser.ask("GET", "/api/v1/ledger/entries")
    assert (status, codes(told)) == (403, ["S474"])
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert browser.ask("POST", "/api/v1/password", body)[1]["must_change_password"] is False
    assert browser.ask("GET", "/api/v1/ledger/entries")[0] == 200


def test_a_password_serves_ninety_days(later: Any) -> None:
    account = person("auditor")
    later(days=89)
    assert Browser().log_in(account)[1]["must_change_password"] is False
    later(days=90, seconds=1)
    assert Browser().log_in(account)[1]["must_change_password"] is True


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("Aa1-xyz", ["要 10 至 128 个字符"]),
        ("alllowercase", ["小写字母、大写字母、数字、符号，至少要有 3 种"]),
        ("Xu9999-Zname", ["不能含有用户名"]),
        ("Aa1Aa1Aa1Aa1", ["不同的字符要有 5 个"]),
        ("Password123", []),
        ("password123", ["小写字母、大写字母、数字、符号，至少要有 3 种", "太常见，猜得到"]),
        (PASSWORD, ["不能与最近 5 个密码相同"]),
        (NEW, []),
    ],
)
def test_a_password_keeps_every_rule(password: str, rules: list[str], service: Service) -> None:
    assert service
    account = Account.objects.filter(username="u9999").first() or person(
        "auditor", username="u9999"
    )
    found = passwords.faults_of(account, password)
    told = [f.what.removeprefix("新密码不合要求：") for f in found]
    if password == "Password123":  # as common as the same in small letters
        assert told == ["太常见，猜得到"]
    else:
        assert told == rules
    assert {f.code for f in found} <= {"S475"}


def test_none_of_the_last_five_passwords_is_taken_again() -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    used = [PASSWORD, *(f"Blue7-harbour-{n}" for n in range(5))]
    for old, new in itertools.pairwise(used):
        status, told = browser.ask(
            "POST", "/api/v1/password", {"old_password": old, "new_password": new}
        )
        assert status == 200, told
    for again in used[1:]:
        body = {"old_password": used[-1], "new_password": again}
        assert codes(browser.ask("POST", "/api/v1/password", body)[1]) == ["S475"]
    body = {"old_password": used[-1], "new_password": PASSWORD}
    assert browser.ask("POST", "/api/v1/password", body)[0] == 200


def test_the_old_password_is_not_guessed_at_a_forgotten_screen() -> None:
    account, browser = person("auditor"), Browser(address="10.4.0.1")
    browser.log_in(account)
    body = {"old_password": "wrong", "new_password": NEW}
    told = [codes(browser.ask("POST", "/api/v1/password", body)[1]) for _ in range(6)]
    assert told == [["S470"]] * 5 + [["S471"]]


def test_other_sessions_end_as_the_password_changes() -> None:
    account, here, there = person("auditor"), Browser(), Browser()
    here.log_in(account)
    there.log_in(account)
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert here.ask("POST", "/api/v1/password", body)[0] == 200
    assert here.ask("GET", ME)[0] == 200
    status, told = there.ask("GET", ME)
    assert (status, codes(told)) == (401, ["S472"])


def test_a_session_ends_after_half_an_hour_without_work(later: Any) -> None:
    browser = Browser()
    browser.log_in(person("auditor"))
    later(minutes=29)
    assert browser.ask("GET", ME)[0] == 200
    later(minutes=58)
    assert browser.ask("GET", ME)[0] == 200
    later(minutes=88)
    assert codes(browser.ask("GET", ME)[1]) == ["S472"]


def test_a_session_ends_after_twelve_hours_of_work(later: Any) -> None:
    browser = Browser()
    browser.log_in(person("auditor"))
    for minutes in range(25, 720, 25):
        later(minutes=minutes)
        assert browser.ask("GET", ME)[0] == 200
    later(minutes=720, seconds=1)
    assert codes(browser.ask("GET", ME)[1]) == ["S472"]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [({"is_active": False}, 403, "S488"), ({"confirmed": None}, 403, "S487")],
)
def test_who_is_stopped_or_not_confirmed_does_not_get_in(
    more: dict[str, Any], status: int, code: str
) -> None:
    account = person("auditor", **more)
    told = Browser().log_in(account)
    assert (told[0], codes(told[1])) == (status, [code])
    assert codes(Browser().log_in(account, "wrong")[1]) == [
        "S470"
    ]  # and learns nothing by guessing


def test_a_login_that_a_form_of_another_page_could_send_is_refused() -> None:
    account, browser = person("auditor"), Browser()
    answer = browser.client.post(
        "/api/v1/login", {"username": account.username, "password": PASSWORD}
    )
    assert (answer.status_code, codes(answer.json())) == (403, ["S473"])


def _enrolled(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    status, told = browser.ask("POST", "/api/v1/one-time", {"password": PASSWORD})
    assert status == 200
    secret = base64.b32decode(told["secret"])
    assert told["uri"].endswith(f"?secret={told['secret']}&issuer=%E5%85%9C%E5%BA%95%20Doudi")
    code = one_time.code_at(secret, 1_000_000_000 // 30)
    assert browser.ask("POST", "/api/v1/one-time/confirm", {"code": code})[1]["one_time"] is True
    return secret


def test_a_one_time_code_is_asked_and_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    secret = _enrolled(browser, monkeypatch)
    step = 1_000_000_000 // 30
    assert codes(Browser().log_in(account)[1]) == ["S476"]
    assert codes(Browser().log_in(account, code=one_time.code_at(secret, step))[1]) == ["S476"]
    assert codes(Browser().log_in(account, code=one_time.code_at(secret, step + 2))[1]) == ["S476"]
    right = one_time.code_at(secret, step + 1)
    assert Browser().log_in(account, code=right)[0] == 200
    assert codes(Browser().log_in(account, code=right)[1]) == ["S476"]


def test_a_one_time_secret_is_not_in_force_before_a_code_came_back() -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    assert browser.ask("POST", "/api/v1/one-time", {"password": PASSWORD})[0] == 200
    status, told = browser.ask("POST", "/api/v1/one-time/confirm", {"code": "000000x"[:6]})
    assert (status, codes(told)) == (422, ["S476"])
    assert Browser().log_in(account)[0] == 200


def test_another_telephone_takes_the_place_of_the_one_in_force_only_when_its_code_came_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, browser = person("auditor"), Browser(address="10.4.1.1")
    browser.log_in(account)
    old, step = _enrolled(browser, monkeypatch), 1_000_000_000 // 30
    begin, confirm = "/api/v1/one-time", "/api/v1/one-time/confirm"
    for code in ({}, {"code": "12345x"}, {"code": one_time.code_at(old, step)}):  # used already
        assert codes(browser.ask("POST", begin, {"password": PASSWORD, **code})[1]) == ["S476"]
    asked = {"password": PASSWORD, "code": one_time.code_at(old, step + 1)}
    status, told = browser.ask("POST", begin, asked)
    assert status == 200
    new = base64.b32decode(told["secret"])
    assert browser.ask("GET", ME)[1]["one_time"] is True
    assert codes(Browser(address="10.4.1.2").log_in(account)[1]) == ["S476"]
    monkeypatch.setattr(time, "time", lambda: 1_000_000_060.0)
    assert (
        Browser(address="10.4.1.3").log_in(account, code=one_time.code_at(old, step + 2))[0] == 200
    )
    assert browser.ask("POST", confirm, {"code": one_time.code_at(new, step + 2)})[0] == 200
    monkeypatch.setattr(time, "time", lambda: 1_000_000_090.0)
    others = [
        Browser(address="10.4.1.4").log_in(account, code=one_time.code_at(secret, step + 3))[0]
        for secret in (old, new)
    ]
    assert others == [401, 200]


def test_codes_are_not_guessed_by_asking_for_another_telephone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, browser = person("auditor"), Browser(address="10.4.2.1")
    browser.log_in(account)
    _enrolled(browser, monkeypatch)
    asked = {"password": PASSWORD, "code": "12345x"}
    told = [codes(browser.ask("POST", "/api/v1/one-time", asked)[1]) for _ in range(6)]
    assert told == [["S476"]] * 5 + [["S471"]]


def test_a_one_time_secret_lies_sealed_in_the_database(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    secret = _enrolled(browser, monkeypatch)
    ((kept,),) = service.rows(
        "SELECT one_time_secret FROM tenancy_account WHERE id = %s", account.pk
    )
    assert len(kept) == 12 + 16 + 20
    assert secret not in kept
    assert one_time.opened(kept) == secret
    with override_settings(ONE_TIME_KEY=bytes(16)), pytest.raises(one_time.InvalidTag):
        one_time.opened(kept)


def test_the_clock_of_these_tests_is_the_servers() -> None:
    assert abs(clock.now() - datetime.now().astimezone()) < timedelta(seconds=5)


def test_who_is_stopped_while_changing_a_password_stays_stopped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing takes its time; the account was then saved as it had been before."""
    assert service
    one = person("auditor")
    browser = Browser()
    assert browser.log_in(one)[0] == 200

    def stopped_meanwhile(account: Account, password: str) -> list[Any]:
        assert password == NEW
        Account.objects.filter(pk=account.pk).update(
            is_active=False, generation=account.generation + 1
        )
        return []

    monkeypatch.setattr(passwords, "faults_of", stopped_meanwhile)
    body = {"old_password": PASSWORD, "new_password": NEW}
    status, told = browser.ask("POST", "/api/v1/password", body)
    assert (status, codes(told)) == (401, ["S472"])
    held = Account.objects.get(pk=one.pk)
    assert (held.is_active, held.check_password(PASSWORD)) == (False, True)
    assert browser.ask("GET", ME)[0] == 401


CODES = {"S470", "S471", "S472", "S473", "S474", "S475", "S476", "S487", "S488"}
"""The codes that this file makes."""
