"""Erasure: what settlements tell of a person goes, the books stay, and the ledger still holds all that is left."""

import hashlib
import json

import psycopg
import pytest

from doudi.source_text import read_json
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.erasing import erase
from doudi_web.settlement.ledger import part, sm3
from doudi_web.settlement.verify import verify
from doudi_web.tenancy.refusals import Refusal
from web.ledger_at_hand import sealed, settled
from web.people import number
from web.service import Json, Service
from web.test_settling import bill


@pytest.fixture(scope="module")
def erased(service: Service) -> Json:
    """PA has two settlements, one of them reversed, and a refused bill; all of it is erased. PB is another."""
    first = settled(service, "V1", "PA")
    second = settled(service, "V2", "PA", "3000.00")
    settled(service, "V3", "PB")
    wrong = {**bill("V4", "PA"), "facility": {"code": "F", "level": "9", "district": "500113"}}
    assert service.settle(service.token(may_back_date=True), wrong)[0] == 422
    path = f"/api/v1/settlements/{second['settlement_id']}/reverse"
    asked = {"message_id": "u", "reason": "重复录入"}
    assert service.ask("POST", path, service.token(), asked)[0] == 201
    sealed(service)
    before = service.rows("SELECT account, amount FROM settlement_entry ORDER BY id")
    numbers = erase("PA", "本人申请", "command:test")
    assert numbers == [int(first["settlement_id"]), int(second["settlement_id"])]
    assert service.rows("SELECT account, amount FROM settlement_entry ORDER BY id") == before
    return first


@pytest.mark.usefixtures("erased")
def test_a_list_names_what_was_erased_and_tells_nothing_of_it(service: Service) -> None:
    status, told = service.ask("GET", "/api/v1/settlements?limit=2", service.token("auditor"))
    numbers = [str(n) for (n,) in service.rows("SELECT id FROM settlement_settlement ORDER BY id")]
    assert (status, told) == (200, {"settlements": [], "erased": numbers[:2], "after": numbers[1]})


@pytest.mark.usefixtures("erased")
def test_answers_evidence_salts_and_refused_bills_are_gone(service: Service) -> None:
    rows = service.rows(
        "SELECT person, result IS NULL, evidence IS NULL FROM settlement_settlement ORDER BY id"
    )
    assert rows == [("PA", True, True), ("PA", True, True), ("PB", False, False)]
    salts = service.rows("SELECT kind, salt IS NULL FROM settlement_posting ORDER BY id")
    assert salts == [
        ("settle", True), ("settle", True), ("settle", False), ("reverse", False), ("erase", False),
        ("erase", False),
    ]  # fmt: skip
    assert service.rows("SELECT length(bill), faults FROM settlement_quarantined") == [(0, [])]


def test_the_ledger_holds_and_says_who_erased_what_and_why(service: Service, erased: Json) -> None:
    for _ in range(2):  # before and after the erasure itself is sealed
        report = verify()
        assert report.holds, report.faults
        told = [(e.settlement, e.by, e.reason) for e in report.erased]
        number = int(erased["settlement_id"])
        assert told == [
            (number, "command:test", "本人申请"),
            (number + 1, "command:test", "本人申请"),
        ]
        sealed(service)


def test_the_audit_log_has_the_erasure(service: Service, erased: Json) -> None:
    number, by = int(erased["settlement_id"]), ("command", "command:test", "ledger.erase")
    rows = service.rows(
        "SELECT actor_kind, actor, action, subject, reason, detail FROM audit_log_record"
        " WHERE action = 'ledger.erase' AND subject = 'person:PA' ORDER BY id",
    )
    assert rows == [
        (*by, "person:PA", "本人申请", {"settlement": number}),
        (*by, "person:PA", "本人申请", {"settlement": number + 1}),
        (*by, "person:PA", "本人申请", {"settlements": 2, "refused": 1}),
    ]


def test_what_was_erased_is_answered_as_gone(service: Service, erased: Json) -> None:
    token, path = service.token(), f"/api/v1/settlements/{erased['settlement_id']}"
    asked = {"message_id": "u9", "reason": "试"}
    for method, route in (("GET", path), ("POST", f"{path}/reverse")):
        status, told = service.ask(method, route, token, asked)
        assert (status, [f["code"] for f in told["faults"]]) == (410, ["S466"])


def test_the_same_message_is_answered_as_gone(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("W1", "PW"), "w")[0] == 201
    erase("PW", "试", "command:test")
    status, told = service.settle(token, bill("W1", "PW"), "w")
    assert (status, [f["code"] for f in told["faults"]]) == (410, ["S466"])
    status, told = service.settle(token, bill("W1", "PW"), "another")
    assert (status, [f["code"] for f in told["faults"]]) == (
        409,
        ["S410"],
    )  # it is settled all the same


def test_no_guess_of_a_bill_can_be_confirmed(service: Service) -> None:
    """What tells messages apart was a plain digest of the bill, and stayed when the bill was erased."""
    settled(service, "G1", "PG")
    guess = canonical(read_json("guess", json.dumps(bill("G1", "PG"))).value).encode()
    rows = (
        "SELECT * FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id"
        " WHERE person = 'PG'"
    )
    digest = "SELECT message_digest FROM settlement_settlement WHERE person = 'PG'"
    ((told,),) = service.rows(digest)

    def matches() -> bool:
        left = [value for row in service.rows(rows) for value in row if value is not None]
        salts = [
            v.encode() if isinstance(v, str) else bytes(str(v), "ascii")
            for v in left
            if not isinstance(v, bytes)
        ]
        salts += [v for v in left if isinstance(v, bytes)]
        found = {part(salt, "message", guess) for salt in (b"", *salts)}
        return bytes(told) in found | {hashlib.sha256(guess).digest(), sm3(guess)}

    assert matches()  # with the salt
    erase("PG", "试", "command:test")
    assert service.rows(digest) == [(told,)]
    assert not matches()


def test_an_identity_number_is_no_part_of_a_reason(service: Service) -> None:
    settled(service, "I1", "PI")
    before = service.rows("SELECT count(*) FROM audit_log_record")
    with pytest.raises(Refusal) as refused:
        erase("PI", f"本人 {number(3)} 申请", "command:test")
    assert [f.code for f in refused.value.faults] == ["F209"]
    assert service.rows("SELECT count(*) FROM audit_log_record") == before
    assert service.rows("SELECT result IS NULL FROM settlement_settlement WHERE person = 'PI'") == [
        (False,)
    ]


def test_sums_go_on_behind_an_erasure(service: Service) -> None:
    token = service.token(may_back_date=True)
    settled(service, "X1", "PX")
    erase("PX", "试", "command:test")
    status, told = service.settle(token, bill("X2", "PX"))
    assert status == 201
    assert told["accumulators"]["after_basic"] == {"before": "1195.80", "after": "2391.60"}
    assert verify().holds
    assert len(erase("PX", "又来", "command:test")) == 1  # only what was settled since


def test_the_proof_of_what_was_erased_shows_its_place_alone(service: Service, erased: Json) -> None:
    sealed(service)
    status, proof = service.ask(
        "GET", f"/api/v1/ledger/proof/{erased['settlement_id']}", service.token()
    )
    assert (status, proof["result"], proof["salt"], proof["erased"]["by"]) == (
        200,
        None,
        None,
        "command:test",
    )


@pytest.mark.usefixtures("erased")
@pytest.mark.parametrize("person", ["PA", "nobody"])
def test_what_is_not_there_is_not_erased(person: str) -> None:
    with pytest.raises(Refusal) as refused:
        erase(person, "试", "command:test")
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (404, ["S467"])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settlement_settlement SET result = NULL, evidence = NULL",
        "UPDATE settlement_posting SET salt = NULL",
        "SELECT doudi_erase(id) FROM settlement_settlement WHERE person = 'PB'",
        "CREATE FUNCTION mine() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE settlement_settlement SET result = NULL; END $$; SELECT mine()",
    ],
)
@pytest.mark.usefixtures("erased")
def test_nothing_but_an_erasure_erases(service: Service, change: str) -> None:
    with psycopg.connect(service.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change)


CODES = {"S466", "S467"}
"""The codes that this file makes."""
