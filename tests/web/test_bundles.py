"""The evidence of one settlement: verified by a script that shares no code with us; no changed byte goes unseen."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doudi_web.settlement.guards import TABLES
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.witness.bundling import Made, bundle
from doudi_web.witness.packing import packed
from web.ledger_at_hand import copied, sealed, settled, unguarded
from web.people import number
from web.service import Json, Service
from web.test_openings import registered

SCRIPT = Path(__file__).parents[2] / "examples" / "ledger" / "verify_bundle.py"
AUDITOR = Actor("account:1", Role.AUDITOR)
ADMIN = Actor("account:2", Role.DISTRICT_ADMIN)
CODES = {"S750", "S751"}
GOOD = "对：字节、承诺、位置、签名、政策、金额"


@pytest.fixture(scope="module")
def told(service: Service) -> Json:
    """A settlement of a registered person, sealed among others."""
    registered(service, "E1")
    service.facilities("F")
    made = [settled(service, f"E-{n}", "E1") for n in range(5)]
    sealed(service)
    return made[1]


@pytest.fixture(scope="module")
def made(service: Service, told: Json) -> Made:
    assert service
    return bundle(AUDITOR, int(told["settlement_id"]), "抽样复核")


def verify(content: bytes, folder: Path, kept: object = None) -> tuple[int, list[str]]:
    """What the script says, run as a third party runs it: in a Python without us."""
    (folder / "bundle.zip").write_bytes(content)
    more = []
    if kept is not None:
        (folder / "kept.json").write_text(json.dumps(kept))
        more = ["kept.json"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "bundle.zip", *more],
        cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONUTF8": "1", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_script_has_less_than_a_hundred_lines_and_imports_python_alone() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    imports = [
        line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))
    ]
    assert set(imports) <= set(sys.stdlib_module_names)


def test_a_bundle_verifies(made: Made, tmp_path: Path) -> None:
    assert verify(made.content, tmp_path) == (0, [GOOD])
    assert made.digest == hashlib.sha256(made.content).hexdigest()
    found = members_of(made.content)
    kept = json.loads(found["head.json"])
    assert verify(made.content, tmp_path, kept) == (0, [GOOD])
    other = {**kept, "public_key": "00" * 32}
    assert verify(made.content, tmp_path, other) == (1, ["不对：head.json：不是留存的那一本台账"])


def test_it_holds_all_that_is_needed(made: Made, told: Json) -> None:
    found = members_of(made.content)
    assert [name for name in found if not name.startswith("policy/")] == [
        "manifest.json", "README.txt", "answer.json", "evidence.zlib", "explanation.txt", "head.json",
        "inputs.json", "person.json", "postings.json", "seen.json", "verify_bundle.py",
    ]  # fmt: skip
    assert found["verify_bundle.py"] == SCRIPT.read_bytes()
    assert {"policy/pack", "policy/files-of-pack/pack.yaml"} <= set(found)
    assert json.loads(found["answer.json"])["patient"] == told["patient"]
    words = found["explanation.txt"].decode()
    assert f"患者自付 {told['patient']}" in words
    assert told["explanation"][0]["text"] in words
    assert {one.date_time for one in zipfile.ZipFile(io.BytesIO(made.content)).infolist()} == {
        (1980, 1, 1, 0, 0, 0)
    }
    manifest = json.loads(found["manifest.json"])
    assert (manifest["by"], manifest["reason"], manifest["identity"]) == (
        "account:1",
        "抽样复核",
        "masked",
    )


def script() -> dict[str, Any]:
    """The script's own names, in this process: a property asks it many times."""
    found: dict[str, Any] = {"__name__": "verify_bundle"}
    exec(compile(SCRIPT.read_text(encoding="utf-8"), str(SCRIPT), "exec"), found)
    return found


@pytest.fixture(scope="module")
def verifying(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path, names = tmp_path_factory.mktemp("bundle") / "b.zip", script()

    def wrong(content: bytes, kept: Json | None = None) -> list[str]:
        path.write_bytes(content)
        try:
            members = members_of(content)
            return [what for what, holds in names["checks"](content, members, kept) if not holds]
        except Exception as error:
            return [f"读不懂：{error!r}"]

    return wrong


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_changed_byte_of_the_file_is_found(
    made: Made, verifying: Any, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(made.content) - 1))
    bits = data.draw(st.integers(1, 255))
    changed = bytearray(made.content)
    changed[at] ^= bits
    assert verifying(bytes(changed)) != []


def test_every_byte_that_is_no_content_is_found_too(made: Made, verifying: Any) -> None:
    """The headers of the archive: what a tool that reads archives would pass over."""
    behind = made.content.rindex(b"PK\5\6")
    places = [*range(80), *range(behind, len(made.content))]
    for at in places:
        changed = bytearray(made.content)
        changed[at] ^= 1
        assert verifying(bytes(changed)) != [], at


@pytest.mark.parametrize("more", [b"\0", b"PK", b"x" * 64])
def test_bytes_that_are_added_or_cut_off_are_found(made: Made, verifying: Any, more: bytes) -> None:
    assert verifying(made.content + more) != []
    assert verifying(more + made.content) != []
    assert verifying(made.content[: -len(more)]) != []


def rewritten(members: dict[str, bytes]) -> bytes:
    """An archive as any tool writes it."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = bytes(64)
    return into.getvalue()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_changed_byte_of_a_member_names_the_member(
    made: Made, verifying: Any, data: st.DataObject
) -> None:
    found = members_of(made.content)
    name = data.draw(st.sampled_from([one for one in found if one != "manifest.json"]))
    at = data.draw(st.integers(0, len(found[name]) - 1))
    content = bytearray(found[name])
    content[at] ^= data.draw(st.integers(1, 255))
    wrong = verifying(rewritten({**found, name: bytes(content)}))
    readable = not wrong[0].startswith("读不懂")
    assert wrong != []
    assert not readable or f"{name}：改过、少了或多出来的" in wrong


def test_a_member_that_is_dropped_or_added_is_named(made: Made, verifying: Any) -> None:
    found = members_of(made.content)
    for name in found:
        if name in (
            "manifest.json",
            "answer.json",
            "evidence.zlib",
            "inputs.json",
            "postings.json",
            "head.json",
        ):
            assert verifying(rewritten({k: v for k, v in found.items() if k != name}))[
                0
            ].startswith("读不懂")
        else:
            less = verifying(rewritten({k: v for k, v in found.items() if k != name}))
            assert f"{name}：改过、少了或多出来的" in less
    more = verifying(rewritten({**found, "more.txt": b"x"}))
    assert more[:2] == ["more.txt：改过、少了或多出来的", "压缩包：有字节改过"]


def forged(made: Made, **changed: bytes) -> bytes:
    """What somebody makes who has the key of this installation and forges the rest."""
    found = members_of(made.content)
    told = json.loads(found.pop("manifest.json"))
    del told["members"]
    return packed({**found, **{k.replace("_", "."): v for k, v in changed.items()}}, told)


def test_the_same_members_make_the_same_bytes(made: Made) -> None:
    assert forged(made) == made.content


def test_an_answer_that_was_rewritten_with_the_key_is_not_what_was_committed_to(
    made: Made, verifying: Any, told: Json
) -> None:
    answer = members_of(made.content)["answer.json"].decode()
    less = answer.replace(f'"patient":"{told["patient"]}"', '"patient":"0.00"')
    assert less != answer
    wrong = verifying(forged(made, answer_json=less.encode()))
    assert [one.split("：")[1] for one in wrong] == [
        "kept 0 与记账时不同", "总费用不等于各方相加", "分录不是这些金额",
    ]  # fmt: skip


def _postings(made: Made, change: Any) -> bytes:
    found = json.loads(members_of(made.content)["postings.json"])
    change(found[0])
    return json.dumps(found).encode()


def test_what_a_posting_says_is_named_where_it_was_altered(made: Made, verifying: Any) -> None:
    def later(one: Json) -> None:
        head = json.loads(one["said"][0][1])
        one["said"][0][1] = json.dumps({**head, "posted": "2019-01-01T00:00:00+08:00"})

    def moved(one: Json) -> None:
        entries = [pair for pair in one["said"] if pair[0] == "entry"]
        entries[0][1] = entries[0][1].replace("-", "")

    def elsewhere(one: Json) -> None:
        one["path"][0][0] = "left" if one["path"][0][0] == "right" else "right"

    def salted(one: Json) -> None:
        one["salt"] = "00" * 16

    names = [
        [
            one.split("：")[1]
            for one in verifying(forged(made, postings_json=_postings(made, change)))
        ]
        for change in (later, moved, elsewhere, salted)
    ]
    assert names[0] == ["head 与记账时不同"]
    assert names[1] == ["entry 与记账时不同", "分录相加不是 0", "分录不是这些金额"]
    assert names[2] == ["不在封存的台账里"]
    assert "不在封存的台账里" in names[3]


def test_a_head_or_a_policy_that_was_exchanged_is_named(made: Made, verifying: Any) -> None:
    found = members_of(made.content)
    head = json.loads(found["head.json"])
    other = {**head, "root": "11" * 32}
    wrong = verifying(forged(made, head_json=json.dumps(other).encode()))
    assert wrong[0] == "head.json：封头的签名不对"
    assert wrong[1].endswith("不在封存的台账里")
    changed = packed(
        {**{k: v for k, v in found.items() if k != "manifest.json"}, "policy/pack": b"x"}, {}
    )
    assert verifying(changed) == ["policy/pack：换过"]


def test_the_person_is_masked_unless_who_asks_may_see_numbers(service: Service, told: Json) -> None:
    of = int(told["settlement_id"])
    masked = json.loads(members_of(bundle(AUDITOR, of, "看").content)["person.json"])
    assert masked["id_number"] is None or "*" in masked["id_number"]
    whole = json.loads(
        members_of(bundle(ADMIN, of, "法院调取", unmask=True).content)["person.json"]
    )
    assert (whole["identity"], masked["identity"]) == ("whole", "masked")
    with pytest.raises(Refusal) as refused:
        bundle(AUDITOR, of, "看", unmask=True)
    assert refused.value.status == 403
    rows = service.rows(
        "SELECT action, reason, actor FROM audit_log_record WHERE reason = '法院调取' ORDER BY id"
    )
    assert rows == [
        ("persons.unmask", "法院调取", "account:2"), ("evidence.export", "法院调取", "account:2"),
    ]  # fmt: skip


def test_making_one_is_recorded_and_the_next_tells_of_it(service: Service, told: Json) -> None:
    of = int(told["settlement_id"])
    first = bundle(AUDITOR, of, "甲")
    kept = service.rows(
        "SELECT settlement, actor, reason, unmasked, size, encode(digest, 'hex') FROM witness_bundle WHERE id = %s",
        first.number,
    )
    assert kept == [(of, "account:1", "甲", False, len(first.content), first.digest)]
    seen = json.loads(members_of(bundle(AUDITOR, of, "乙").content)["seen.json"])
    last = next(one for one in reversed(seen) if one["action"] == "evidence.export")
    assert (last["reason"], last["detail"]["digest"]) == ("甲", first.digest)
    assert any(one["action"] == "settle" for one in seen)
    for one in seen:  # each follows from the row before it in its chain
        content = service.rows(
            "SELECT encode(sha256(decode(%s, 'hex') || convert_to(doudi_audit_content(r), 'UTF8')), 'hex')"
            " FROM audit_log_record r WHERE id = %s", one["before"], one["id"],
        )  # fmt: skip
        assert content == [(one["digest"],)]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "F201"),
        ("   ", "F201"),
        ("x" * 401, "F203"),
        ("一\n二", "F203"),
        (number(1), "F209"),
    ],
)
def test_a_reason_is_needed_and_names_nobody(
    service: Service, told: Json, reason: str, code: str
) -> None:
    assert service
    with pytest.raises(Refusal) as refused:
        bundle(AUDITOR, int(told["settlement_id"]), reason)
    assert [one.code for one in refused.value.faults] == [code]


def test_what_is_not_there_not_sealed_or_erased_is_refused(service: Service) -> None:
    with pytest.raises(Refusal) as nothing:
        bundle(AUDITOR, 999_999, "看")
    assert (nothing.value.status, nothing.value.faults[0].code) == (404, "S406")
    fresh = settled(service, "E-fresh", "E1")
    with pytest.raises(Refusal) as early:
        bundle(AUDITOR, int(fresh["settlement_id"]), "看")
    assert (early.value.status, early.value.faults[0].code) == (409, "S465")


def test_what_was_altered_behind_our_back_is_no_evidence(service: Service, told: Json) -> None:
    of = int(told["settlement_id"])
    with copied(service) as other, unguarded(other) as database:
        database.execute(
            "UPDATE settlement_entry SET amount = amount + 1 WHERE posting ="
            " (SELECT id FROM settlement_posting WHERE settlement = %s AND kind = 'settle')", [of],
        )  # fmt: skip
        with pytest.raises(Refusal) as refused:
            bundle(AUDITOR, of, "看")
        assert [one.code for one in refused.value.faults] == ["S750"]
    with copied(service) as other, unguarded(other) as database:
        database.execute(
            "UPDATE policy_source SET files = files || '\\x00'::bytea WHERE kind = 'pack'"
        )
        with pytest.raises(Refusal) as refused:
            bundle(AUDITOR, of, "看")
        assert [one.code for one in refused.value.faults] == ["S751"]
    assert {"witness_bundle", "witness_handed", "witness_returned"} <= set(TABLES)
