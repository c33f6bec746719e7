"""The command on files that nobody should bring: a coded fault, exit 1, JSON alone on standard output.

Each run has a bound on time and on memory; none writes a file, none shows a stack trace.
"""

import json
import random
import socket
from pathlib import Path

import pytest

from doudi import Bundle, settle_bundle
from doudi.compile import check_pack
from doudi.errors import printable
from doudi.fault_kinds import FAULT_KINDS
from doudi.packs.load import read_pack
from faults.bills import SOUND, WHOLE, example_shelf, mutated, yaml_of
from faults.command import as_a_user, doudi, told
from faults.packs import EXAMPLE, folder, write
from faults.told import flaws

MB = 2**20
GOOD = json.dumps(SOUND).encode()


def _bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


LARGE = [
    ("quadratic.yaml", "F106", b"a: &a " + b"x" * MB + b"\nb: [" + b"*a," * 100_000 + b"]"),
    ("spaces.json", "F102", b'{"bills": [' + b" " * (100 * MB) + b"]}"),
    ("comment.yaml", "F102", b"#" * (100 * MB)),
    ("values.yaml", "F110", b"lines: [" + b"a," * (MB + MB // 2) + b"]"),
    ("lists.yaml", "F110", b"lines: [" + b"[]," * MB + b"]"),
    ("dicts.json", "F110", b'{"lines": [' + b"{}," * (18 * MB) + b"{}]}"),
    ("bills.json", "F110", b'{"bills": [' + b"0," * (3 * MB) + b"0]}"),
    ("lines.json", "F110", b'{"visit_id": "V1", "lines": [' + b"0," * (3 * MB) + b"0]}"),
    ("keys.json", "F110", b"{" + b",".join(b'"k%d":1' % n for n in range(500_000)) + b"}"),
    ("twice.json", "F105", b'{"x":0,' + b",".join(b'"k%d":1' % n for n in range(9_000)) + b',"x":0}'),
    ("text.json", "F203", b'{"lines": [], "visit_id": "' + b"x" * (50 * MB) + b'"}'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "content"), LARGE, ids=[name for name, _, _ in LARGE])
def test_a_file_made_to_fill_time_and_memory_is_refused(
    tmp_path: Path, name: str, code: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    done = doudi("settle", name, "--json", cwd=tmp_path)
    assert code in {f.code for f in told(done)}
    assert json.loads(done.stdout)["settlements"] == []
    assert len(done.stdout) < MB


def test_a_file_that_only_says_it_is_large_is_not_read(tmp_path: Path) -> None:
    for name in ("sparse.json", "sparse.yaml"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(10**12)
    done = doudi("settle", "sparse.json", "sparse.yaml", "--json", cwd=tmp_path)
    assert [f.code for f in told(done)] == ["F102", "F102"]


SMALL = {
    "bomb.yaml": (_bomb(), "F106"),
    "deep.json": (b"[" * 100_000, "F107"),
    "deep-dicts.json": (b'{"a":' * 100_000, "F107"),
    "deep.yaml": (b"a: " + b"[" * 100_000, "F107"),
    "deep-block.yaml": (b"- " * 100_000, "F107"),
    "deep-keys.yaml": (b"? " * 10_000, "F107"),
    "garbage.json": (bytes(range(256)) * 10, "F103"),
    "garbage.yaml": (bytes(range(256)) * 10, "F103"),
    "zeros.json": (b"\x00" * 1000, "F104"),
    "zeros.yaml": (b"\x00" * 1000, "F104"),
    "picture.json": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "F103"),
    "sheet.xlsx": (b"PK\x03\x04" + b"\x14\x00" * 50, "F134"),
    "utf16.json": (GOOD.decode().encode("utf-16"), "F103"),
    "utf16.yaml": ("a: 1".encode("utf-16-le"), "F104"),
    "gb18030.json": ('{"visit_id": "就诊"}'.encode("gb18030"), "F103"),
    "mark.json": (b"\xef\xbb\xbf", "F108"),
    "empty.json": (b"", "F108"),
    "empty.yaml": (b"", "F108"),
    "cut.json": (GOOD[:-9], "F104"),
    "nan.json": (b'{"bills": [NaN]}', "F104"),
    "tag.yaml": (b"!!python/object/apply:os.system ['touch hurt']", "F109"),
    "merge.yaml": (b"visit_id: V1\n<<: {lines: []}", "F202"),
    "half.json": (b'{"visit_id": "\\ud800", "lines": []}', "F104"),
    "[red] \x1b[2J.json": (b"[]", "F109"),
}


def test_hostile_files_are_each_a_fault_and_a_good_one_beside_them_is_settled(
    tmp_path: Path,
) -> None:
    for name, (content, _) in SMALL.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.json").write_bytes(b"\xef\xbb\xbf" + GOOD)
    done = doudi("settle", *SMALL, "good.json", "--json", cwd=tmp_path)
    found = {
        (f.code, name) for f in told(done) for name in SMALL if f.where.startswith(printable(name))
    }
    missed = {name: code for name, (_, code) in SMALL.items() if (code, name) not in found}
    assert missed == {}
    assert [s["visit_id"] for s in json.loads(done.stdout)["settlements"]] == ["V1"]


def test_what_a_person_reads_of_hostile_files_steers_no_terminal(tmp_path: Path) -> None:
    name = "[red] :x: \x1b[2J.json"
    bad = {"visit_id": "[/bold]", "lines[0].name": "\x1b\u202e", "\x1b": 1, "settled": "\x1b"}
    for path, changes in ((name, bad), ("good.json", {"visit_id": "[/bold]:x:"})):
        (tmp_path / path).write_text(json.dumps(mutated(SOUND, changes)), encoding="utf-8")
    done = doudi("settle", name, "good.json", cwd=tmp_path)
    assert done.returncode == 1
    shown = (done.stdout + done.stderr).decode()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "F202" in shown
    assert "[/bold]:x:" in shown


def test_a_path_that_is_no_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "secret.json").write_bytes(GOOD)
    (tmp_path / "secret.json").chmod(0)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        paths = [
            "folder.json",
            "loop.json",
            "secret.json",
            "s",
            "file/x.json",
            "nothere.json",
            "n" * 300,
        ]
        done = doudi(
            "settle", *paths, "/dev/null", "/dev/zero", "--json", cwd=tmp_path, start=as_a_user
        )
    assert [(f.code, f.where) for f in told(done)] == [
        *(("F101", path) for path in paths),
        ("F102", "/dev/zero"),
        ("F108", "/dev/null"),
    ]


def test_a_file_name_that_is_no_utf_8_is_told_as_well_as_can_be(tmp_path: Path) -> None:
    name = "账单.json".encode("gb18030").decode("utf-8", "surrogateescape")
    (tmp_path / name).write_bytes(b"[]")
    done = doudi("settle", name, "--json", cwd=tmp_path)
    (fault,) = json.loads(done.stdout)["faults"]
    assert (done.returncode, fault["code"], fault["where"][-5:]) == (1, "F109", ".json")
    done = doudi("settle", name, cwd=tmp_path)
    assert done.returncode == 1
    assert "F109" in done.stderr.decode()


# ------------------------------------------------------------------------------------- packs


@pytest.mark.parametrize("pack_id", ["../../etc", "example/../example", "[/x]", "a" * 5000, "\\"])
def test_an_id_that_is_no_way_into_the_folder_is_no_pack(tmp_path: Path, pack_id: str) -> None:
    (tmp_path / "good.json").write_bytes(GOOD)
    done = doudi("settle", "good.json", "--pack", pack_id, "--json", cwd=tmp_path)
    (fault,) = told(done)
    assert fault.code == "F411"


def test_bad_packs_beside_a_good_one_are_told_and_the_good_one_settles(tmp_path: Path) -> None:
    root = folder(tmp_path / "packs")
    write(root, "head/pack.yaml", "valid: today")
    write(root, "bare/pack.yaml", "{}")
    write(root, "bomb/pack.yaml", _bomb().decode())
    write(root, "deep/pack.yaml", "[" * 1000)
    write(root, "many/pack.yaml", "pack: many")
    for number in range(5000):
        (root / "many" / f"{number}.yaml").touch()
    write(root, "big/pack.yaml", "pack: big")
    write(root, "big/sources/big.md", "#" * (5 * MB))
    write(root, "closed/pack.yaml", "pack: closed").chmod(0)
    (root / "folder" / "pack.yaml").mkdir(parents=True)
    write(root, "back\\slash/pack.yaml", "pack: x")
    (tmp_path / "good.json").write_bytes(GOOD)
    done = doudi("settle", "good.json", "--packs", "packs", "--json", cwd=tmp_path, start=as_a_user)
    assert {(f.code, f.where) for f in told(done)} == {
        ("P213", "head/pack.yaml:1 valid"),
        ("P213", "bare/pack.yaml:1 valid"),
        ("F106", "bomb/pack.yaml:1"),
        ("F107", "deep/pack.yaml:1"),
        ("F110", "many"),
        ("F102", "big/sources/big.md"),
        ("F101", "closed/pack.yaml"),
        ("F101", "packs/back\\slash/pack.yaml"),
    }
    assert [s["visit_id"] for s in json.loads(done.stdout)["settlements"]] == ["V1"]


# --------------------------------------------------------------------------- random changes of bytes

TOKENS = [
    b'"', b"'", b"{", b"}", b"[", b"]", b":", b",", b"-", b"#", b"&", b"*", b"!", b"|", b">", b"%", b"@", b"0",
    b"9", b".", b"e", b"\n", b"\t", b" ", b"\\", b"\x00", b"\xff", b"null", b"true", b"1e999", "。".encode(),
]  # fmt: skip


def _changed(rng: random.Random, content: bytes) -> bytes:
    """The content with one to four small changes."""
    made = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(made)), rng.choice([1, 1, 2, 5, 20])
        match rng.randrange(5):
            case 0:
                made[at] = rng.randrange(256)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = rng.choice(TOKENS)
            case 3:
                made[at : at + length] = rng.choice(TOKENS)
            case _:
                start = rng.randrange(len(made))
                made[at:at] = made[start : start + length]
    return bytes(made)


@pytest.mark.parametrize("name", ["bill.yaml", "bill.json"])
def test_a_thousand_changed_bills_are_settled_or_told(name: str) -> None:
    shelf = example_shelf()
    text = yaml_of(WHOLE)[0] if name == "bill.yaml" else json.dumps(WHOLE, ensure_ascii=False)
    rng = random.Random(name)
    outcomes: set[bool] = set()
    for _ in range(1000):
        content = _changed(rng, text.encode())
        run = settle_bundle(shelf, Bundle({name: content}))
        outcomes.add(bool(run.faults))
        assert bool(run.faults) != bool(run.settlements), content
        assert {f.code for f in run.faults} <= set(FAULT_KINDS)
        assert [flaw for f in run.faults for flaw in flaws(f)] == [], content
        for one in run.settlements:
            assert one.total == sum(one.payments.values()) + one.hospital + one.patient
    assert outcomes == {True, False}


def test_hundreds_of_changed_packs_are_sound_or_told() -> None:
    files = {p.relative_to(EXAMPLE).as_posix(): p.read_bytes() for p in EXAMPLE.rglob("*.*")}
    rng = random.Random("packs")
    found: set[str] = set()
    for _ in range(300):
        content = _changed(rng, files["pack.yaml"]).decode("utf-8", "ignore").encode()
        changed = {**files, "pack.yaml": content}
        pack, faults = read_pack("example", lambda _, packs=changed: packs)
        faults = [*faults, *([] if pack is None else check_pack(pack)[1])]
        found |= {f.code for f in faults}
        assert [flaw for f in faults for flaw in flaws(f)] == [], content
    assert found > {"F104", "P102", "P103", "P205"}
