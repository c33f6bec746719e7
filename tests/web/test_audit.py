"""The audit log: with what it records, in one chain or another, no row lost or altered unseen."""

import json
import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from doudi_web.accounts.demonstration import demonstration_accounts
from doudi_web.audit_log.actions import record
from doudi_web.register import importing
from doudi_web.tenancy import one_time
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web import people
from web.accounts import PASSWORD, Browser, person
from web.service import Service, shipped
from web.test_interface import hold
from web.test_openings import registered, wrong
from web.test_settling import bill
from web.test_visits import header

ACTOR = Actor("account:7", Role.INSURANCE_OFFICE, "H1")


def _last(service: Service) -> list[tuple[Any, ...]]:
    return service.rows(
        "SELECT actor_kind, actor, role, action, subject, reason, detail FROM audit_log_record"
        " ORDER BY id DESC LIMIT 1"
    )


def test_settling_reading_and_reversing_leave_a_row_each(service: Service) -> None:
    token = service.token(may_back_date=True)
    ((key,),) = service.rows("SELECT 'token:' || max(id) FROM tenancy_token")
    _, settled = service.settle(token, bill("A1", "PA"), "m-1")
    service.settle(token, bill("A1", "PA"), "m-1")
    number = settled["settlement_id"]
    path = f"/api/v1/settlements/{number}"
    service.ask("GET", path, token)
    service.ask("GET", "/api/v1/persons/PA/accumulators?year=2019", token)
    service.ask("POST", f"{path}/reverse", token, {"message_id": "u", "reason": "重复录入"})
    wrong = {**bill("A2", "PA"), "facility": {"code": "F", "level": "9", "district": "500113"}}
    service.settle(token, wrong)
    asked = f"/api/v1/audit?actor={key}"
    status, told = service.ask("GET", asked, service.token("audit_admin"))
    assert status == 200
    one = {"settlement": int(number)}
    assert [(r["action"], r["reason"], r["detail"]) for r in told["records"]] == [
        ("settle", "", {**one, "visit": "A1"}),
        ("settle.again", "", one),
        ("settlements.read", "", one),
        ("accumulators.read", "", {"year": 2019}),
        ("reverse", "重复录入", {**one, "visit": "A1"}),
        ("settle.quarantined", "", {"visit": "A2", "faults": ["F403"]}),
    ]
    assert {r["subject"] for r in told["records"]} == {"person:PA"}
    assert {(r["actor"], r["role"]) for r in told["records"]} == {(key, "system_client")}
    assert all(len(r["request_id"]) == 16 for r in told["records"])


def test_who_saw_somebody_is_one_question(service: Service) -> None:
    registered(service, "PW")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    _, settled = service.settle(token, bill("W1", "PW"))
    service.settle(token, wrong("W2", "PW"))
    service.ask("POST", "/api/v1/visits", token, header("W3", "PW"))
    service.ask("POST", "/api/v1/ledger/seal", admin, {})
    number = settled["settlement_id"]
    asked: list[tuple[str, str, str, object]] = [
        ("settlements.read", "GET", f"settlements/{number}", None),
        ("ledger.proof", "GET", f"ledger/proof/{number}", None),
        ("accumulators.read", "GET", "persons/PW/accumulators?year=2019", None),
        ("openings.read", "GET", "persons/PW/openings", None),
        ("persons.read", "GET", "persons/PW", None),
        ("quarantine.read", "GET", "quarantine", None),
        ("visits.read", "GET", "visits/W3", None),
        ("visits.read", "GET", "visits", None),
        ("precheck", "POST", "precheck", bill("W4", "PW")),
        ("visits.precheck", "POST", "visits/W3/precheck", None),
        ("visits.presettle", "POST", "visits/W3/presettle", None),
    ]
    for _, method, path, body in asked:
        status, told = service.ask(method, f"/api/v1/{path}", token, body)
        assert status == 200, told
    wanted = ["settle", "settle.quarantined", "visits.open", *(action for action, *_ in asked)]
    auditor, question = service.token("auditor"), "/api/v1/audit?subject=person:PW"
    _, told = service.ask("GET", question, auditor)
    assert [r["action"] for r in told["records"]] == wanted
    _, rest = service.ask("GET", f"{question}&after={told['records'][5]['id']}", auditor)
    assert [r["action"] for r in rest["records"]] == wanted[6:]


def test_reading_the_log_is_recorded_too(service: Service) -> None:
    service.ask("GET", "/api/v1/audit?subject=nobody", service.token("auditor"))
    (last,) = _last(service)
    assert (*last[3:5], last[6]["subject"]) == ("audit.read", "audit", "nobody")


def test_a_login_and_a_failure_are_recorded_without_what_was_typed(service: Service) -> None:
    account = person("auditor")
    Browser(address="10.5.0.1").log_in(account, "my-dogs-name")
    kind, who, role, action, subject, reason, detail = _last(service)[0]
    assert (kind, who, role, action) == (
        "account",
        f"account:{account.pk}",
        "auditor",
        "login.refused",
    )
    assert (subject, reason, detail) == (who, "", {"address": "10.5.0.1", "why": "password"})
    assert not service.rows("SELECT 1 FROM audit_log_record r WHERE r::text LIKE '%%my-dogs%%'")


def _refused(service: Service, after: int) -> list[tuple[Any, ...]]:
    return service.rows(
        "SELECT actor, role, action, subject, detail ->> 'why' FROM audit_log_record WHERE id > %s ORDER BY id",
        after,
    )


def _last_number(service: Service) -> int:
    return service.rows("SELECT coalesce(max(id), 0) FROM audit_log_record")[0][0]


def test_every_failure_to_log_in_is_recorded_with_why(service: Service) -> None:
    after = _last_number(service)
    with_code = person("auditor")
    secret = one_time.sealed(one_time.new_secret())
    Account.objects.filter(pk=with_code.pk).update(one_time_secret=secret, one_time_since=now())
    stopped, waiting = person("auditor", is_active=False), person("auditor", confirmed=None)
    locked = person("auditor")
    tries = [
        (with_code, {}, "no_code"),
        (with_code, {"code": "000000"}, "code"),
        (stopped, {}, "stopped"),
        (waiting, {}, "unconfirmed"),
        *((locked, {"password": "wrong"}, "password") for _ in range(5)),
        (locked, {}, "too_many"),
    ]
    for number, (account, typed, _) in enumerate(tries):
        body = {"username": account.username, "password": PASSWORD, **typed}
        status, _ = Browser(address=f"10.5.1.{number}").ask("POST", "/api/v1/login", body)
        assert status in (401, 403, 429)
    assert _refused(service, after) == [
        (f"account:{a.pk}", "auditor", "login.refused", f"account:{a.pk}", why)
        for a, _, why in tries
    ]


def test_who_is_not_known_is_recorded_without_what_was_typed(service: Service) -> None:
    after = _last_number(service)
    typed = {"username": "typed-into-the-wrong-field", "password": "my-cats-name"}
    for number in range(6):
        Browser(address=f"10.5.2.{number}").ask("POST", "/api/v1/login", typed)
    nobody = ("nobody", "", "login.refused", "account:unknown")
    assert _refused(service, after) == [(*nobody, "unknown")] * 5 + [(*nobody, "too_many")]
    text = "SELECT 1 FROM audit_log_record r WHERE r::text ~ 'wrong-field|cats-name'"
    assert service.rows(text) == []


def test_a_wrong_old_password_is_recorded(service: Service) -> None:
    account, browser = person("auditor"), Browser(address="10.5.3.1")
    browser.log_in(account)
    after, me = _last_number(service), f"account:{account.pk}"
    new = {"old_password": "guessed", "new_password": "Blue7-harbour"}
    assert browser.ask("POST", "/api/v1/password", new)[0] == 401
    assert browser.ask("POST", "/api/v1/one-time", {"password": "guessed"})[0] == 401
    assert browser.ask("POST", "/api/v1/one-time/confirm", {"code": "000000"})[0] == 422
    assert _refused(service, after) == [
        (me, "auditor", "password.refused", me, "password"),
        (me, "auditor", "password.refused", me, "password"),
        (me, "auditor", "one_time.refused", me, "code"),
    ]


def test_the_accounts_and_packs_of_an_installation_are_recorded(service: Service) -> None:
    installed = service.rows(
        "SELECT actor, subject FROM audit_log_record WHERE action = 'policy.install' ORDER BY subject"
    )
    assert installed == [("console:machine", f"pack:{name}") for name in sorted(shipped())]
    after = _last_number(service)
    shown = demonstration_accounts("500113", ("RD", "院", "2"), ("500113801", "镇"))
    recorded = service.rows(
        "SELECT a.username FROM audit_log_record r JOIN tenancy_account a ON r.subject = 'account:' || a.id"
        " WHERE r.id > %s AND r.actor = 'console:machine' AND r.action = 'accounts.demonstrate'",
        after,
    )
    assert sorted(recorded) == sorted((one.username,) for one in shown)


def test_looking_at_an_import_is_recorded_with_whom_it_showed(service: Service) -> None:
    registered(service, "PL")
    after = _last_number(service)
    stated = [people.person(key, sex="女") for key in ("PL", "PN")]
    content = json.dumps({"persons": stated}).encode()
    told = importing.look(Actor("command:test", Role.DISTRICT_ADMIN), "r.json", content)
    assert (told["created"], told["changed"]) == (1, 1)
    rows = service.rows(
        "SELECT actor, action, subject FROM audit_log_record WHERE id > %s ORDER BY id", after
    )
    by = "command:test"
    assert rows == [(by, "imports.look", "imports"), (by, "persons.read", "person:PL")]


def test_a_record_goes_with_what_it_records(service: Service) -> None:
    before = service.rows("SELECT count(*) FROM audit_log_record")

    def undone() -> None:
        with transaction.atomic():
            record(ACTOR, "persons.write", "person:X")
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    assert service.rows("SELECT count(*) FROM audit_log_record") == before
    record(ACTOR, "persons.write", "person:X", detail={"facts": 2}, request_id="abc")
    assert _last(service) == [
        ("account", "account:7", "insurance_office", "persons.write", "person:X", "", {"facts": 2})
    ]


@pytest.mark.parametrize("action", ["persons.unmask", "ledger.export", "settlements.override"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_what_needs_a_reason_is_not_recorded_without_one(
    service: Service, action: str, reason: str
) -> None:
    before = service.rows("SELECT count(*) FROM audit_log_record")
    with pytest.raises(Refusal) as refused:
        record(ACTOR, action, "person:X", reason=reason)
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (422, ["S483"])
    assert service.rows("SELECT count(*) FROM audit_log_record") == before
    record(ACTOR, action, "person:X", reason="核对身份")
    assert _last(service)[0][3:6] == (action, "person:X", "核对身份")


def _verified(service: Service) -> dict[str, Any]:
    status, told = service.ask("GET", "/api/v1/audit/chains", service.token("audit_admin"))
    assert status == 200
    return told


def test_many_at_once_take_chains_of_their_own_and_wait_for_nobody(service: Service) -> None:
    def writes(name: str, hold: threading.Barrier) -> None:
        with transaction.atomic():
            record(ACTOR, "test", name)
            hold.wait(timeout=20)  # every one has written before any commits
        connection.close()

    barrier = threading.Barrier(8)
    threads = [threading.Thread(target=writes, args=(f"t{n}", barrier)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((rows, chains),) = service.rows(
        "SELECT count(*), count(DISTINCT chain) FROM audit_log_record WHERE action = 'test'"
    )
    assert (rows, chains) == (8, 8)
    assert _verified(service)["broken"] == []


def _tampered(service: Service, *statements: str) -> None:
    """What somebody with the whole database in their hands can do."""
    with psycopg.connect(service.url) as database:
        database.execute("ALTER TABLE audit_log_record DISABLE TRIGGER append_only")
        for statement in statements:
            database.execute(statement)
        database.execute("ALTER TABLE audit_log_record ENABLE TRIGGER append_only")


def test_a_missing_and_an_altered_row_are_seen(service: Service) -> None:
    for n in range(6):
        with transaction.atomic():
            record(ACTOR, "seen", f"s{n}", detail={"多": [1, "二"]})
    told = _verified(service)
    assert told["broken"] == []
    assert told["rows"] == sum(c["length"] for c in told["chains"])
    rows = service.rows(
        "SELECT id, chain, number FROM audit_log_record WHERE action = 'seen' ORDER BY id"
    )
    (_, chain, _), (gone, _, number), _, (changed, _, other) = rows[:4]
    assert {c for _, c, _ in rows} == {chain}
    _tampered(
        service,
        f"DELETE FROM audit_log_record WHERE id = {gone}",
        f"UPDATE audit_log_record SET subject = 'somebody else' WHERE id = {changed}",
    )
    told = _verified(service)
    hold("audit_chains", 200, told)
    assert told["broken"] == [
        {"id": rows[2][0], "chain": chain, "missing": [number, number]},
        {"id": changed, "chain": chain, "altered": other},
    ]


@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET reason = ''", "TRUNCATE {}"])
def test_the_database_takes_rows_of_the_log_and_gives_none_back(
    service: Service, change: str
) -> None:
    with psycopg.connect(service.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change.format("audit_log_record"))


def test_the_chain_is_not_the_senders_to_choose(service: Service) -> None:
    ((number,),) = service.rows(
        "INSERT INTO audit_log_record (at, actor_kind, actor, role, action, subject, reason, request_id,"
        " detail, chain, number, digest) VALUES (now(), '', '', '', 'x', '', '', '', %s, 77, 5, '')"
        " RETURNING chain",
        json.dumps({}),
    )
    assert number in range(32)


CODES = {"S483"}
"""The codes that this file makes."""
