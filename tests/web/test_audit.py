"""The audit log: with what it records, in one chain or another, no row lost or altered unseen."""

import json
import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from doudi_web.audit_log.actions import record
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.accounts import Browser, person
from web.service import Service
from web.test_interface import hold
from web.test_settling import bill

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
    of = f"settlement:{number}"
    assert [(r["action"], r["subject"], r["reason"], r["detail"]) for r in told["records"]] == [
        ("settle", of, "", {"person": "PA", "visit": "A1"}),
        ("settle.again", of, "", {}),
        ("settlements.read", of, "", {}),
        ("accumulators.read", "person:PA", "", {"year": 2019}),
        ("reverse", of, "重复录入", {"person": "PA"}),
        ("settle.quarantined", "visit:A2", "", {"person": "PA", "faults": ["F403"]}),
    ]
    assert {(r["actor"], r["role"]) for r in told["records"]} == {(key, "system_client")}
    assert all(len(r["request_id"]) == 16 for r in told["records"])
    _, one = service.ask("GET", f"/api/v1/audit?subject={of}", service.token("auditor"))
    assert [r["action"] for r in one["records"]] == [
        "settle", "settle.again", "settlements.read", "reverse",
    ]  # fmt: skip
    after = one["records"][1]["id"]
    _, rest = service.ask(
        "GET", f"/api/v1/audit?subject={of}&after={after}", service.token("auditor")
    )
    assert [r["action"] for r in rest["records"]] == ["settlements.read", "reverse"]


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
