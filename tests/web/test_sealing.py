"""Sealing: every committed posting gets one place, late ones too; heads are signed and chained; proofs hold."""

import threading
import time
from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from django.conf import settings

from doudi_web.settlement import merkle, seal
from doudi_web.settlement.heads import is_signed, kept_head
from doudi_web.tenancy.refusals import Refusal
from web.ledger_at_hand import sealed, settled
from web.service import Service


def test_a_settlement_is_sealed_once_under_a_signed_head(service: Service) -> None:
    token = service.token("district_admin")
    assert service.ask("GET", "/api/v1/ledger/head", token)[0] == 404
    first = settled(service, "A1", "PA")
    path = f"/api/v1/ledger/proof/{first['settlement_id']}"
    status, told = service.ask("GET", path, token)
    assert (status, told["faults"][0]["code"]) == (409, "S465")
    told = sealed(service)
    assert (told["sealed"], told["head"]["size"]) == (1, 1)
    assert sealed(service) == {"sealed": 0, "head": told["head"]}
    assert service.ask("GET", "/api/v1/ledger/head", token) == (200, told["head"])
    kept = kept_head(told["head"])
    assert kept is not None
    assert is_signed(kept.head.said, kept.head.signature, kept.key)
    status, seen = service.ask("GET", f"/api/v1/settlements/{first['settlement_id']}", token)
    assert (status, seen["sealed"]) == (200, True)
    status, proof = service.ask("GET", path, token)
    leaf = merkle.leaf(bytes.fromhex(proof["commitment"]))
    path_ = [bytes.fromhex(one) for one in proof["path"]]
    root = merkle.root_by_path(leaf, proof["place"], proof["head"]["size"], path_)
    assert (status, root) == (200, bytes.fromhex(told["head"]["root"]))


def test_heads_are_chained_and_each_extends_the_one_before(service: Service) -> None:
    token = service.token("auditor")
    heads = []
    for n in range(5):
        settled(service, f"B{n}", "PB")
        settled(service, f"BB{n}", "PBB")
        heads.append(sealed(service)["head"])
    for before, after in pairwise(heads):
        assert after["before"] == before["digest"]
        assert after["sealed"] > before["sealed"]
    for old in heads:
        status, told = service.ask("GET", f"/api/v1/ledger/extension?first={old['size']}", token)
        proof = [bytes.fromhex(one) for one in told["proof"]]
        assert status == 200
        assert merkle.extends(
            old["size"], told["head"]["size"], bytes.fromhex(old["root"]),
            bytes.fromhex(told["head"]["root"]), proof,
        )  # fmt: skip
    status, told = service.ask("GET", "/api/v1/ledger/extension?first=999", token)
    assert (status, told["faults"][0]["code"]) == (404, "S469")


# Catches a sealer that goes by the number of the last posting and loses what commits behind it.
def test_a_posting_that_commits_late_gets_a_later_place(service: Service) -> None:
    settled(service, "C0", "PC")
    sealed(service)
    copied = (
        "INSERT INTO settlement_posting (kind, settlement, client, message, posted, month, reason, salt, parts,"
        " content, commitment) SELECT 'note', 0, 'late', 'late', posted, month, '', salt, parts, content,"
        " commitment FROM settlement_posting LIMIT 1 RETURNING id"
    )
    with psycopg.connect(service.url) as slow:
        (late,) = slow.execute(copied).fetchone() or (0,)
        settled(service, "C1", "PC")
        assert seal.seal(everything=False).count == 1  # the slow one holds nobody up
        slow.commit()
    assert seal.seal(everything=False).count == 1
    ids = service.rows(
        "SELECT posting FROM settlement_node WHERE level = 0 ORDER BY place DESC LIMIT 2"
    )
    assert ids == [(late,), (late + 1,)]


def test_a_second_sealer_does_nothing_while_one_is_at_work(service: Service) -> None:
    settled(service, "D1", "PD")
    with psycopg.connect(service.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [seal._SEALER])
        assert seal.seal(everything=False).count == 0
    assert seal.seal(everything=False).count == 1


def test_many_postings_are_sealed_in_several_heads(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "_ONE_SEAL", 2)
    for n in range(5):
        settled(service, f"E{n}", "PE")
    before = service.rows("SELECT count(*) FROM settlement_seal")[0][0]
    assert seal.seal().count == 5
    assert service.rows("SELECT count(*) FROM settlement_seal")[0][0] == before + 3


def test_nothing_is_sealed_while_the_clock_is_back(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(service, "F1", "PF")
    sealed(service)
    settled(service, "F2", "PF")
    real = seal.now
    monkeypatch.setattr(seal, "now", lambda: real() - timedelta(hours=1))
    asked = ("POST", "/api/v1/ledger/seal", service.token("district_admin"), {})
    status, told = service.ask(*asked)
    assert (status, told["faults"][0]["code"]) == (503, "S459")
    monkeypatch.undo()
    assert sealed(service)["sealed"] == 1


def test_nothing_is_sealed_with_another_key(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(service, "G1", "PG")
    sealed(service)
    settled(service, "G2", "PG")
    with monkeypatch.context() as patch:
        patch.setattr(settings, "LEDGER_KEY", bytes(32))
        with pytest.raises(Refusal) as refused:
            seal.seal()
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (503, ["S468"])
    assert sealed(service)["sealed"] == 1


# Catches a sealer that dies of the first refusal, or holds a connection that a restart of the database breaks.
def test_the_timer_seals_and_outlives_what_goes_wrong(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settled(service, "I1", "PI")
    size = sealed(service)["head"]["size"]
    settled(service, "I2", "PI")
    real, wrong = seal.now, [Refusal.of(503, "S468", "", size=1), psycopg.OperationalError("gone")]

    def now_and_then() -> object:
        if wrong:
            raise wrong.pop()
        return real()

    monkeypatch.setattr(seal, "now", now_and_then)
    stop = threading.Event()
    with caplog.at_level("INFO", "doudi"):
        timer = threading.Thread(target=seal.keep_sealing, args=(stop, 0.02))
        timer.start()
        deadline = time.monotonic() + 20
        while not _sealed_up_to(service, size + 1) and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()
        timer.join(timeout=10)
    assert not timer.is_alive()
    assert _sealed_up_to(service, size + 1)
    (head,) = service.rows(
        "SELECT encode(max(digest), 'hex') FROM settlement_seal WHERE size = %s", size + 1
    )
    said = [record.getMessage() for record in caplog.records if record.name == "doudi.seal"]
    assert said[0] == "not sealed: OperationalError"
    assert said[1].startswith("not sealed: 现在的密钥不是")
    assert said[2:] == [f"sealed up to {size + 1}: {head[0]}"]


def _sealed_up_to(service: Service, size: int) -> bool:
    return service.rows("SELECT max(size) FROM settlement_seal")[0][0] == size


def test_who_may_not_seal_or_see_is_refused(service: Service) -> None:
    told = settled(service, "H1", "PH")
    sealed(service)
    proof = f"/api/v1/ledger/proof/{told['settlement_id']}"
    for method, path, role in (
        ("POST", "/api/v1/ledger/seal", "auditor"),
        ("GET", "/api/v1/ledger/head", "system_client"),
        ("GET", "/api/v1/ledger/extension?first=1", "system_admin"),
        ("GET", proof, "audit_admin"),
    ):
        status, told = service.ask(method, path, service.token(role), {})
        assert (status, told["faults"][0]["code"]) == (403, "S403")
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('H9', '九院', '2', '5') RETURNING 1"
    )
    status, told = service.ask("GET", proof, service.token("cashier", "H9"))
    assert (status, told["faults"][0]["code"]) == (403, "S404")
    status, told = service.ask("GET", "/api/v1/ledger/proof/999999", service.token("auditor"))
    assert (status, told["faults"][0]["code"]) == (404, "S406")


CODES = {"S459", "S465", "S468", "S469"}
"""The codes that this file makes."""
