"""`doudi ledger` and the stand-alone check of a proof, as an auditor runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doudi_web.settlement import merkle
from doudi_web.settlement.heads import signed
from tools.doc_runner import blocks, matches
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.service import Json, Service

ROOT = Path(__file__).parents[2]
CHECK = ROOT / "examples" / "ledger" / "check_proof.py"


@pytest.fixture(scope="module")
def ledger(service: Service) -> Service:
    """Four settlements under two heads."""
    for n in range(3):
        settled(service, f"V{n}", f"P{n}")
    sealed(service)
    settled(service, "V3", "P3")
    sealed(service)
    return service


def _doudi(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from doudi_cli.main import run; run()"
    where = ("--data", os.environ["DOUDI_DATA"], "--database", service.url)
    return subprocess.run(
        [sys.executable, "-c", code, "ledger", *arguments, *where],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def _head(service: Service, path: Path) -> Json:
    done = _doudi(service, "head")
    assert done.returncode == 0, done.stderr
    path.write_text(done.stdout)
    return json.loads(done.stdout)


def test_a_head_is_printed_for_a_witness_and_verified_against(
    ledger: Service, tmp_path: Path
) -> None:
    head = _head(ledger, tmp_path / "head.json")
    assert head["size"] == 4
    done = _doudi(ledger, "verify", "--head", str(tmp_path / "head.json"))
    assert done.returncode == 0, done.stderr
    assert "结算 4 笔，记账 4 次" in done.stdout
    assert "台账完好，接得上留存的封头（4 次）。" in done.stdout
    done = _doudi(ledger, "verify", "--json")
    told = json.loads(done.stdout)
    assert (told["holds"], told["settlements"], told["heads"], told["unsealed"]) == (True, 4, 2, 0)
    assert (told["head"], told["kept_head"], told["faults"]) == (head["digest"], None, [])
    assert "末尾被整段删去是看不出来的" in _doudi(ledger, "verify").stdout


def test_what_is_broken_is_named_and_the_command_ends_with_1(ledger: Service) -> None:
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute("UPDATE settlement_entry SET amount = amount + 1 WHERE id = 2")
        done = _doudi(copy, "verify")
        told = json.loads(_doudi(copy, "verify", "--json").stdout)
    assert done.returncode == 1
    assert "S451" in done.stderr
    assert "settlement_entry 2" in done.stderr
    assert "台账坏了：1 处。" in done.stderr
    assert "台账完好" not in done.stdout
    assert (told["holds"], [f["where"] for f in told["faults"]]) == (False, ["settlement_entry 2"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "S464"), *(pytest.param(one, "S464", marks=pytest.mark.slow) for one in (b"[]", b"{}", "size")),
        (None, "F101"), ("altered", "S464"),
    ],
)  # fmt: skip
def test_what_is_no_head_is_refused(
    ledger: Service, tmp_path: Path, content: bytes | str | None, code: str
) -> None:
    path = tmp_path / "head.json"
    if isinstance(content, str):
        head = _head(ledger, path)
        head = {**head, "root": "00" * 32} if content == "altered" else {**head, "size": True}
        content = json.dumps(head).encode()
    if content is not None:
        path.write_bytes(content)
    else:
        path.unlink(missing_ok=True)
    done = _doudi(ledger, "verify", "--json", "--head", str(path))
    told = json.loads(done.stdout)
    assert (done.returncode, [f["code"] for f in told["faults"]]) == (1, [code])
    assert "holds" not in told  # nothing is said of the ledger
    assert "台账坏了" not in _doudi(ledger, "verify", "--head", str(path)).stderr


def test_a_person_is_erased_by_the_command(ledger: Service) -> None:
    with copied(ledger) as copy:
        done = _doudi(copy, "erase", "P1", "--reason", "本人申请")
        assert (done.returncode, done.stdout.startswith("抹去了 1 笔")) == (0, True)
        done = _doudi(copy, "verify")
        assert done.returncode == 0
        assert "的内容已经抹去：command:" in done.stdout
        assert "本人申请" in done.stdout
        again = _doudi(copy, "erase", "P1", "--reason", "本人申请")
        assert again.returncode == 1
        assert "S467" in again.stderr
        assert _doudi(copy, "erase", "P1", "--reason", " ").returncode == 2


def test_a_folder_without_a_database_is_a_misuse(tmp_path: Path) -> None:
    code = "from doudi_cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "ledger", "verify", "--data", str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())


def test_the_page_shows_what_is_printed(ledger: Service, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "verify-the-ledger.md").read_text(encoding="utf-8")
    holds, broken = [b.lines for b in blocks(page) if b.language == "text"]
    _head(ledger, tmp_path / "head.json")
    done = _doudi(ledger, "verify", "--head", str(tmp_path / "head.json"))
    assert matches(holds, done.stdout.splitlines()), done.stdout
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute("UPDATE settlement_entry SET amount = amount + 1 WHERE id = 2")
        done = _doudi(copy, "verify")
    assert matches(["…", *broken], ["before", *done.stderr.splitlines()]), done.stderr


def _checked(path: Path, *more: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(CHECK), str(path), *map(str, more)],
        capture_output=True, text=True, timeout=60, check=False, cwd=path.parent,
    )  # fmt: skip
    return done.returncode, done.stdout


def _proof(service: Service, visit: str) -> Json:
    (row,) = service.rows("SELECT id FROM settlement_settlement WHERE visit = %s", visit)
    status, proof = service.ask("GET", f"/api/v1/ledger/proof/{row[0]}", service.token("auditor"))
    assert status == 200
    return proof


@pytest.mark.parametrize("visit", ["V0", "V1", "V2", "V3"])
def test_a_proof_is_checked_without_the_service(
    ledger: Service, tmp_path: Path, visit: str
) -> None:
    _head(ledger, tmp_path / "head.json")
    path = tmp_path / "proof.json"
    proof = _proof(ledger, visit)
    path.write_text(json.dumps(proof))
    code, said = _checked(path, tmp_path / "head.json")
    assert code == 0
    assert said.startswith(f"对：结算 {proof['settlement_id']} 的结果在台账第 {visit[1]} 位，")


def _altered(proof: Json, change: str) -> Json:
    head: dict[str, Any] = proof["head"]
    match change:
        case "result":
            return {**proof, "result": proof["result"].replace("1195.80", "1195.81")}
        case "parts":
            return {**proof, "parts": proof["parts"][:-2] + "00"}
        case "salt":
            return {**proof, "salt": "00" * 16}
        case "settlement":
            return {**proof, "settlement_id": "999"}
        case "place":
            return {**proof, "place": proof["place"] ^ 1}
        case "beyond":
            return {**proof, "place": head["size"]}
        case "path":
            return {**proof, "path": [*proof["path"][:-1], "00" * 32]}
        case "longer":
            return {**proof, "path": [*proof["path"], "00" * 32]}
        case "shorter":
            return {**proof, "path": proof["path"][:-1]}
        case "time":
            return {**proof, "head": {**head, "sealed": "2020-01-01T00:00:00+08:00"}}
        case "key":
            return {**proof, "head": {**head, "public_key": "11" * 32}}
        case _:
            return {"proof": proof}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("result", "结果被改过"), ("parts", "承诺不是这些部分的"), ("salt", "承诺不是这些部分的"),
        ("settlement", "是另一笔结算的证明"), ("place", "不在封存的台账里"), ("beyond", "不在封头写的笔数里"),
        ("path", "不在封存的台账里"), ("longer", "路径太长"), ("shorter", "不在封存的台账里"),
        ("time", "封头的签名不对"), ("key", "封头的签名不对"), ("form", "不是证明或封头"),
    ],
)  # fmt: skip
def test_an_altered_proof_is_not_accepted(
    ledger: Service, tmp_path: Path, change: str, said: str
) -> None:
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(_altered(_proof(ledger, "V1"), change)))
    code, told = _checked(path)
    assert (code, told.startswith(f"不对：{said}")) == (1, True), told


def test_a_proof_under_another_key_is_not_the_witness_s(
    ledger: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _head(ledger, tmp_path / "head.json")
    path = tmp_path / "proof.json"
    proof = _proof(ledger, "V1")
    monkeypatch.setattr("django.conf.settings.LEDGER_KEY", bytes(32))
    from doudi_web.settlement.heads import head_json, kept_head  # noqa: PLC0415

    kept = kept_head(proof["head"])
    assert kept is not None
    head = kept.head
    other = signed(head.size, head.root, head.before, head.sealed)
    path.write_text(json.dumps({**proof, "head": head_json(other)}))
    assert _checked(path)[0] == 0
    assert _checked(path, tmp_path / "head.json") == (1, "不对：公钥不是留存的封头上的公钥\n")


def test_the_example_is_checked_as_the_page_says() -> None:
    proof = ROOT / "examples" / "ledger" / "proof.json"
    assert _checked(proof, ROOT / "examples" / "ledger" / "head.json")[0] == 0
    told = json.loads(proof.read_text(encoding="utf-8"))
    leaf = merkle.leaf(bytes.fromhex(told["commitment"]))
    path = [bytes.fromhex(one) for one in told["path"]]
    root = merkle.root_by_path(leaf, told["place"], told["head"]["size"], path)
    assert root == bytes.fromhex(told["head"]["root"])


CODES = {"S464"}
"""The codes that this file makes."""
