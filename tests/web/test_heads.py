"""Heads that are kept outside: who has one, and whether today's ledger still begins with what it sealed."""

import json

import psycopg
import pytest

from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.witness import handing
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.people import number
from web.service import Json, Service
from web.test_openings import registered

HEADS, RETURNED = "/api/v1/ledger/heads", "/api/v1/ledger/heads/returned"
AUDITOR = Actor("account:1", Role.AUDITOR)


@pytest.fixture(scope="module")
def kept(service: Service) -> Json:
    """A head that was handed over, and behind it more of the ledger."""
    registered(service, "H1")
    for n in range(3):
        settled(service, f"H-{n}", "H1")
    sealed(service)
    status, told = service.ask(
        "POST", HEADS, service.token("auditor"), {"to": "市审计局", "on": "paper", "note": "六月"}
    )
    assert status == 201, told
    for n in range(3, 8):
        settled(service, f"H-{n}", "H1")
        sealed(service)
    return told


def back(service: Service, head: str) -> Json:
    status, told = service.ask("POST", RETURNED, service.token("auditor"), {"head": head})
    assert status == 201, told
    return told


def test_a_head_that_comes_back_is_what_the_ledger_begins_with(
    service: Service, kept: Json
) -> None:
    assert kept["head"]["size"] == 3
    for head in (kept["text"], json.dumps(kept["head"]), kept["text"].replace("\n", "  \r\n")):
        came = back(service, head)
        assert (came["handed"], came["size"], came["against"], came["holds"], came["faults"]) == (
            kept["id"], 3, 8, True, [],
        )  # fmt: skip
    ((listed,),) = [service.ask("GET", HEADS, service.token("auditor"))[1].values()]
    assert [(one["id"], one["to"], one["holds"]) for one in listed] == [
        (kept["id"], "市审计局", True)
    ]
    rows = service.rows(
        "SELECT action, detail ->> 'size' FROM audit_log_record WHERE action IN ('heads.hand', 'heads.return')"
        " ORDER BY id"
    )
    assert rows == [("heads.hand", "3"), *[("heads.return", "3")] * 3]


def test_a_ledger_that_was_remade_or_cut_off_is_told(service: Service, kept: Json) -> None:
    with copied(service) as other, unguarded(other) as database:
        database.execute(
            "UPDATE settlement_node SET digest = sha256(digest) WHERE level = 0 AND place = 2"
        )
        came = back(other, kept["text"])
        assert (came["holds"], [one["code"] for one in came["faults"]]) == (False, ["S462"])
    with copied(service) as other, unguarded(other) as database:
        database.execute("DELETE FROM settlement_node WHERE level = 0 AND place = 2")
        came = back(other, kept["text"])
        assert (came["holds"], [one["code"] for one in came["faults"]]) == (False, ["S462"])
    with copied(service) as other, unguarded(other) as database:
        last = json.dumps(service.ask("GET", "/api/v1/ledger/head", service.token("auditor"))[1])
        database.execute("DELETE FROM settlement_seal WHERE size > 5")
        came = back(other, last)
        assert (came["holds"], [one["code"] for one in came["faults"]]) == (False, ["S462"])
        assert "现在只有" in came["faults"][0]["what"] + came["faults"][0]["why"]


@pytest.mark.parametrize(
    ("to", "on", "codes"),
    [
        ("", "paper", ["F201"]),
        ("x" * 121, "paper", ["F203"]),
        (number(1), "paper", ["F209"]),
        ("甲", "stone", ["F203"]),
    ],
)
def test_what_is_not_right_is_not_handed_over(
    service: Service, kept: Json, to: str, on: str, codes: list[str]
) -> None:
    assert kept
    before = service.rows("SELECT count(*) FROM witness_handed")
    with pytest.raises(Refusal) as refused:
        handing.hand_over(AUDITOR, to, on)
    assert [one.code for one in refused.value.faults] == codes
    assert service.rows("SELECT count(*) FROM witness_handed") == before


def test_what_was_handed_over_is_never_changed(service: Service, kept: Json) -> None:
    assert kept
    for table in ("witness_handed", "witness_returned", "witness_bundle"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            service.rows(f"TRUNCATE {table}")
