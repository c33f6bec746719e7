"""Accounts and tokens: asked for by one administrator, confirmed by another, stopped at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import override_settings

from doudi_web.accounts.granting import ask
from doudi_web.accounts.managing import Scope, create_account
from doudi_web.tenancy import passwords, who
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import KEEPER
from web.accounts import Browser, codes, person
from web.service import Service
from web.test_settling import bill

ACCOUNTS, TOKENS, GRANTS = "/api/v1/accounts", "/api/v1/tokens", "/api/v1/grants"


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


@dataclass
class Office:
    """The administrators of a district at their screens."""

    system: Browser
    security: Browser
    system_account: Account
    security_account: Account

    def made(self, role: str = "auditor", **more: Any) -> tuple[Account, str, int]:
        """A new account, its first password, its grant."""
        number = Account.objects.count() + 1
        body = {"username": f"new{number}", "name": f"新{number}", "role": role, **more}
        status, told = self.system.ask("POST", ACCOUNTS, body)
        assert status == 200, told
        return Account.objects.get(pk=told["id"]), told["password"], told["grant"]

    def decide(self, grant: int, accept: bool = True) -> tuple[int, Any]:
        return self.security.ask(
            "POST", f"{GRANTS}/{grant}", {"accept": accept, "reason": "核对过"}
        )


@pytest.fixture(scope="module")
def office(service: Service) -> Office:
    service.rows("INSERT INTO tenancy_facility VALUES ('H1', '一院', '2', '990101') RETURNING code")
    service.rows("INSERT INTO tenancy_district VALUES ('990101', '青禾县', '') RETURNING code")
    service.rows("INSERT INTO tenancy_township VALUES ('990101001', '镇', '990101') RETURNING code")
    accounts = person("system_admin"), person("security_admin")
    browsers = Browser(address="10.9.0.1"), Browser(address="10.9.0.2")
    for browser, account in zip(browsers, accounts, strict=True):
        assert browser.log_in(account)[0] == 200
    return Office(*browsers, *accounts)


def test_an_account_works_when_the_security_administrator_has_confirmed_it(office: Office) -> None:
    account, password, grant = office.made("cashier", facility="H1")
    assert codes(Browser().log_in(account, password)[1]) == ["S487"]
    assert office.decide(grant) == (200, {"accepted": True})
    status, told = Browser().log_in(account, password)
    assert (status, told["role"], told["facility"], told["must_change_password"]) == (
        200, "cashier", "H1", True,
    )  # fmt: skip


def test_what_is_declined_never_works(office: Office) -> None:
    account, password, grant = office.made()
    assert office.decide(grant, accept=False) == (200, {"accepted": False})
    assert codes(Browser().log_in(account, password)[1]) == ["S487"]
    assert codes(office.decide(grant)[1]) == ["S482"]


def test_another_role_holds_when_it_is_confirmed_and_ends_sessions(office: Office) -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    body = {"role": "fund_accountant", "reason": "换岗"}
    status, told = office.system.ask("PATCH", f"{ACCOUNTS}/{account.pk}", body)
    assert status == 200
    assert browser.ask("GET", "/api/v1/me")[1]["role"] == "auditor"
    assert office.decide(told["grant"])[0] == 200
    assert codes(browser.ask("GET", "/api/v1/me")[1]) == ["S472"]
    assert Browser().log_in(account)[1]["role"] == "fund_accountant"


def test_a_later_request_takes_the_place_of_an_earlier_one(office: Office) -> None:
    account = person("auditor")
    grants = [
        office.system.ask("PATCH", f"{ACCOUNTS}/{account.pk}", {"role": role, "reason": "试"})[1]["grant"]
        for role in ("city_viewer", "fund_accountant")
    ]  # fmt: skip
    assert codes(office.decide(grants[0])[1]) == ["S482"]
    waiting = [g["id"] for g in office.security.ask("GET", GRANTS)[1]["grants"]]
    assert [g for g in grants if g in waiting] == grants[1:]


def test_who_is_stopped_is_out_at_once_and_may_be_let_in_again(office: Office) -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    path = f"{ACCOUNTS}/{account.pk}"
    assert office.system.ask("PATCH", path, {"active": False, "reason": "离职"})[0] == 200
    assert codes(browser.ask("GET", "/api/v1/me")[1]) == ["S472"]
    assert codes(Browser().log_in(account)[1]) == ["S488"]
    assert office.system.ask("PATCH", path, {"active": True, "reason": "返聘"})[0] == 200
    assert Browser().log_in(account)[0] == 200


def test_a_reset_password_is_told_once_ends_sessions_and_lifts_the_lock(office: Office) -> None:
    account, browser = person("auditor"), Browser()
    browser.log_in(account)
    for n in range(6):
        Browser(address=f"10.8.0.{n}").log_in(account, "wrong")
    status, reset = office.system.ask("POST", f"{ACCOUNTS}/{account.pk}/reset", {"reason": "忘了"})
    assert status == 200
    assert codes(browser.ask("GET", "/api/v1/me")[1]) == ["S472"]
    assert codes(Browser(address="10.8.1.1").log_in(account)[1]) == ["S470"]
    assert office.decide(reset["grant"])[0] == 200
    status, told = Browser(address="10.8.1.2").log_in(account, reset["password"])
    assert (status, told["role"], told["must_change_password"]) == (200, "auditor", True)


def test_a_reset_gives_the_system_administrator_nobodys_login(office: Office) -> None:
    account = person("district_admin")
    reset = office.system.ask("POST", f"{ACCOUNTS}/{account.pk}/reset", {"reason": "试"})[1]
    assert codes(Browser("10.8.2.1").log_in(account, reset["password"])[1]) == ["S487"]
    for role in ("security_admin", "audit_admin", "system_admin"):
        administrator = person(role)
        path = f"{ACCOUNTS}/{administrator.pk}/reset"
        assert codes(office.system.ask("POST", path, {"reason": "试"})[1]) == ["S505"]
        assert Browser("10.8.2.2").log_in(administrator)[0] == 200


def test_a_reset_asks_anew_for_the_role_that_the_account_has(office: Office) -> None:
    account = person("cashier", facility="H1")
    path = f"{ACCOUNTS}/{account.pk}"
    move = {"role": "district_admin", "reason": "换岗"}
    moved = office.system.ask("PATCH", path, move)[1]["grant"]
    reset = office.system.ask("POST", f"{path}/reset", {"reason": "忘了"})[1]
    assert codes(office.decide(moved)[1]) == ["S482"]
    assert office.decide(reset["grant"])[0] == 200
    told = Browser("10.8.2.3").log_in(account, reset["password"])[1]
    assert (told["role"], told["facility"]) == ("cashier", "H1")


def test_a_token_works_from_its_confirmation_to_its_revocation(
    office: Office, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "_KNOWN_SECONDS", 0.0)
    body = {"name": "一院 HIS", "role": "system_client", "facility": "H1", "expires": "2999-01-01"}
    status, told = office.system.ask("POST", TOKENS, body)
    assert status == 200
    token, path = told["token"], "/api/v1/persons/P/accumulators?year=2024&reason=x"
    assert codes(service.ask("GET", path, token)[1]) == ["S401"]
    office.decide(told["grant"])
    assert service.ask("GET", path, token) == (200, {})
    (seen,) = [t for t in office.security.ask("GET", TOKENS)[1]["tokens"] if t["id"] == told["id"]]
    assert (seen["name"], seen["facility"], seen["expires"]) == (
        "一院 HIS", "H1", "2999-01-01T00:00:00+08:00",
    )  # fmt: skip
    assert token not in str(seen)
    assert office.system.ask("DELETE", f"{TOKENS}/{told['id']}?reason=泄露") == (200, {})
    assert codes(service.ask("GET", path, token)[1]) == ["S401"]


def test_a_token_may_name_a_hospital_that_is_registered_later(
    office: Office, service: Service
) -> None:
    body = {"name": "新院 HIS", "role": "system_client", "facility": "H-new"}
    told = office.system.ask("POST", TOKENS, body)[1]
    assert office.decide(told["grant"])[0] == 200
    for code, status in (("H-new", 201), ("H1", 403)):
        made = bill(f"T-{code}")
        made["facility"]["code"] = code
        assert service.settle(told["token"], made)[0] == status
    facility = {"code": "H-new", "name": "新院", "level": 2, "district": "500113"}
    asked = service.ask(
        "POST", "/api/v1/facilities", service.token("district_admin"), {"facilities": [facility]}
    )
    assert asked == (201, {"created": 1, "changed": 0, "unchanged": 0})
    (seen,) = [t for t in office.security.ask("GET", TOKENS)[1]["tokens"] if t["id"] == told["id"]]
    assert seen["facility"] == "H-new"


def test_a_token_ends_on_its_day(
    service: Service, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "_KNOWN_SECONDS", 0.0)
    told = office.system.ask(
        "POST", TOKENS, {"name": "旧", "role": "auditor", "expires": "2020-01-01"}
    )[1]
    office.decide(told["grant"])
    assert codes(service.ask("GET", "/api/v1/ledger/entries", told["token"])[1]) == ["S401"]


@dataclass(frozen=True)
class Refused:
    """What the system administrator asks, and the refusal that it meets."""

    code: str
    status: int
    method: str
    path: str
    body: dict[str, Any]
    before: Callable[[Office], Any] = lambda _: None


def _account(**more: Any) -> dict[str, Any]:
    return {"username": "someone", "name": "某", "role": "auditor", **more}


REFUSED = [
    Refused("S405", 422, "POST", ACCOUNTS, _account(role="doctor")),
    Refused("S478", 422, "POST", ACCOUNTS, _account(role="township_officer")),
    Refused("S478", 422, "POST", ACCOUNTS, _account(facility="H1")),
    Refused("S478", 422, "POST", ACCOUNTS, _account(role="system_admin", township="990101001")),
    Refused("S485", 422, "POST", ACCOUNTS, _account(role="doctor", facility="H7")),
    Refused("S485", 422, "POST", ACCOUNTS, _account(role="township_officer", township="990101009")),
    Refused("S486", 422, "POST", ACCOUNTS, _account(role="system_client")),
    Refused("S486", 422, "POST", TOKENS, {"name": "x", "role": "security_admin"}),
    Refused("S477", 409, "POST", ACCOUNTS, _account(username="taken"),
            before=lambda _: person("auditor", username="taken")),
    Refused("S479", 409, "POST", ACCOUNTS, _account(role="security_admin", name="双面"),
            before=lambda _: person("audit_admin", name="双面")),
    Refused("S479", 409, "PATCH", f"{ACCOUNTS}/{{security}}", {"role": "auditor", "reason": "试"}),
    Refused("S480", 403, "PATCH", f"{ACCOUNTS}/{{system}}", {"active": False, "reason": "试"}),
    Refused("S480", 403, "POST", f"{ACCOUNTS}/{{system}}/reset", {"reason": "试"}),
    Refused("S505", 403, "POST", f"{ACCOUNTS}/{{security}}/reset", {"reason": "试"}),
    Refused("S481", 404, "PATCH", f"{ACCOUNTS}/999999", {"active": False, "reason": "试"}),
    Refused("S481", 404, "DELETE", f"{TOKENS}/999999", {}),
    Refused("F201", 422, "PATCH", f"{ACCOUNTS}/{{security}}", {"active": False}),
    Refused("F201", 422, "PATCH", f"{ACCOUNTS}/{{security}}", {"reason": "试"}),
    Refused("F201", 422, "PATCH", f"{ACCOUNTS}/{{security}}",
            {"active": True, "role": "auditor", "reason": "试"}),
    Refused("F202", 422, "POST", ACCOUNTS, _account(rol="doctor")),
    Refused("F203", 422, "POST", ACCOUNTS, _account(username="A B")),
    Refused("F203", 422, "POST", ACCOUNTS, _account(role="king")),
    Refused("F203", 422, "POST", TOKENS, {"name": "x", "role": "doctor", "facility": "H 1"}),
    Refused("F203", 422, "POST", TOKENS, {"name": "x", "role": "auditor", "expires": "some day"}),
    Refused("F203", 422, "POST", TOKENS, {"name": "x", "role": "auditor", "expires": "0001-01-01"}),
    Refused("F203", 422, "POST", TOKENS, {"name": "x", "role": "auditor", "expires": "9999-12-31"}),
    Refused("F203", 422, "POST", TOKENS, {"name": "x\0", "role": "auditor"}),
    Refused("F203", 422, "POST", ACCOUNTS, _account(name="x\0")),
]  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED, ids=lambda r: f"{r.code} {r.method} {r.body}")
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    service: Service, office: Office, refused: Refused
) -> None:
    refused.before(office)
    path = refused.path.format(system=office.system_account.pk, security=office.security_account.pk)
    written = (
        "SELECT (SELECT count(*) FROM tenancy_account), (SELECT count(*) FROM tenancy_token),"
        " (SELECT count(*) FROM tenancy_grant), (SELECT count(*) FROM audit_log_record)"
    )
    ((*before, records),) = service.rows(written)
    status, told = office.system.ask(refused.method, path, refused.body)
    assert (status, codes(told)) == (refused.status, [refused.code])
    assert all(f["what"] and f["why"] and f["mend"] for f in told["faults"])
    assert service.rows(written) == [(*before, records + (refused.status == 409))]


def test_nobody_confirms_a_role_of_their_own(office: Office) -> None:
    second = person("system_admin")
    grant = _asked(second, office.security_account)
    status, told = office.decide(grant)
    assert (status, codes(told)) == (403, ["S480"])


def _asked(by: Account, account: Account) -> int:
    """A grant for the security administrator, as if it had been asked for."""
    return ask(who.actor_of_account(by), account, Role.SECURITY_ADMIN, None, None)


def test_no_answer_holds_a_password_or_its_hash(office: Office) -> None:
    _, told = office.system.ask("GET", ACCOUNTS)
    assert told["accounts"]
    assert {key for one in told["accounts"] for key in one} == {
        "id", "username", "name", "role", "title", "facility", "township", "must_change_password",
        "one_time", "last_login", "active", "confirmed", "created",
    }  # fmt: skip


def test_a_name_that_is_taken_at_the_same_moment_is_taken(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service
    keep = passwords.change

    def taken_meanwhile(account: Account, password: str, *, must_change: bool) -> None:
        service.rows(
            "INSERT INTO tenancy_account (username, name, role, password, is_active, must_change, generation,"
            " one_time_step, created) VALUES ('twice', '乙', 'auditor', '', true, true, 0, 0, now()) RETURNING id"
        )
        keep(account, password, must_change=must_change)

    monkeypatch.setattr(passwords, "change", taken_meanwhile)
    with pytest.raises(Refusal) as refused:
        create_account(KEEPER, "twice", "甲", Scope(Role.AUDITOR), confirmed=True)
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (409, ["S477"])


CODES = {refused.code for refused in REFUSED} | {"S482"}
"""The codes that this file makes."""
