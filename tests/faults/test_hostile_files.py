"""The command on files that nobody should bring: a coded fault, exit 1, JSON alone on standard output."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

DOUDI = Path(sys.executable).parent / "doudi"
GIB = 2**30


def _doudi(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DOUDI, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB)),
    )  # fmt: skip


def _bomb() -> bytes:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(lines).encode()


HOSTILE = [
    ("bomb.yaml", _bomb(), "F106"),
    ("deep.json", b"[" * 100_000, "F107"),
    ("deep.yaml", b"a: " + b"[" * 5_000, "F107"),
    ("long.json", b'{"bills": [' + b" " * 105_000_000 + b"]}", "F102"),
    ("long.yaml", b"# " + b"x" * 105_000_000, "F102"),
    ("garbage.json", bytes(range(256)) * 10, "F103"),
    ("wide.json", '{"bills": []}'.encode("utf-16"), "F103"),
    ("empty.json", b"", "F108"),
    ("cut.json", b'{"bills": [', "F104"),
    ("twice.json", b'{"bills": [], "bills": []}', "F105"),
    ("nan.json", b'{"bills": [NaN]}', "F104"),
    ("neither.json", b'{"a": 1}', "F109"),
]


@pytest.mark.parametrize(("name", "content", "code"), HOSTILE, ids=[n for n, _, _ in HOSTILE])
def test_a_hostile_file_is_a_fault_and_nothing_worse(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = _doudi("settle", name, "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["settlements"] == []
    assert told["faults"][0]["code"] == code
    assert set(told["faults"][0]) == {"code", "where", "what", "why", "mend"}
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("settle", "nowhere.json", "--json"), 1),
        (("settle", ".", "--json"), 1),
        (("settle", "nowhere.json", "--pack", "../../etc", "--json"), 1),
        (("settle",), 2),
        (("settle", "x.json", "--colour"), 2),
        (("explain", "x.json", "--lang", "xx"), 2),
        (("settle", "x.json", "--history", "a", "--history", "b"), 2),
        (("pack", "nothing"), 2),
        (("pack", "check", "nowhere"), 1),
        (("pack", "list", "--packs", "."), 1),
        (("pack", "list"), 0),
        (("pack", "schema"), 0),
    ],
)
def test_the_exit_code_says_done_faults_or_misuse(
    tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    done = _doudi(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
