"""`doudi account`, `doudi token`: who keeps the machine makes the first administrators, recorded like anybody."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people") / "data"


@pytest.fixture(scope="module")
def administrator(data: Path) -> str:
    """The name of who holds an administrator's account."""
    name = "孙七"
    made = _doudi(data, "account", "create", "sunqi", "--name", name, "--role", "system_admin")
    assert made[0] == 0
    return name


def _doudi(data: Path, *arguments: str) -> tuple[int, str, str]:
    """One command in a process of its own, since each sets Django up for its data folder."""
    done = subprocess.run(
        [sys.executable, "-c", "from doudi_cli.main import run; run()", *arguments, "--data", str(data)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_first_administrators_work_at_once_and_others_wait(data: Path) -> None:
    made = [
        _doudi(data, "account", "create", user, "--name", name, "--role", role)
        for user, name, role in (
            ("guanli", "赵一", "system_admin"),
            ("kuaiji", "李四", "fund_accountant"),
        )
    ]
    assert [code for code, _, _ in made] == [0, 0]
    assert [len(out.strip()) for _, out, _ in made] == [19, 19]
    waits = "申请 1：安全管理员确认以后才能登录。"
    assert [waits in err for _, _, err in made] == [False, True]
    code, out, _ = _doudi(data, "account", "list", "--json")
    found = {a["username"]: (a["role"], a["confirmed"] is not None) for a in json.loads(out)}
    assert code == 0
    assert found["guanli"] == ("system_admin", True)
    assert found["kuaiji"] == ("fund_accountant", False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["account", "create", "x1y", "--name", "王", "--role", "king"], 2, "system_admin"),
        (["account", "reset", "nobody", "--reason", "试"], 1, "S481"),
    ],
)
def test_what_does_not_fit_is_told_with_its_code(
    data: Path, arguments: list[str], code: int, said: str
) -> None:
    found, out, err = _doudi(data, *arguments)
    assert (found, out) == (code, "")
    assert said in err


def test_one_person_does_not_hold_two_administrators(data: Path, administrator: str) -> None:
    found, out, err = _doudi(
        data, "account", "create", "x2y", "--name", administrator, "--role", "audit_admin"
    )
    assert (found, out) == (1, "")
    assert "S479" in err


def test_a_token_is_told_once_and_revoked(data: Path) -> None:
    code, out, _ = _doudi(data, "token", "create", "--client", "一院", "--role", "system_client", "--expires",
                          "2099-01-01")  # fmt: skip
    assert (code, out[:6], len(out.strip())) == (0, "doudi_", 49)
    code, out, _ = _doudi(data, "token", "create", "--client", "新院", "--role", "system_client",
                          "--facility", "not-registered")  # fmt: skip
    assert (code, out[:6]) == (0, "doudi_")
    assert _doudi(data, "token", "revoke", "1", "--reason", "换")[:2] == (0, "")
    assert _doudi(data, "token", "list")[1] == (
        "   1  一院  医院信息系统  全区  作废\n   2  新院  医院信息系统  not-registered  有效\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        ["policy", "list"],
        ["policy", "list", "--json"],
        ["policy", "install", "packs/example", "--kind", "pack"],
        ["account", "list"],
        ["account", "reset", "nobody", "--reason", "试"],
        ["token", "list"],
        ["token", "revoke", "1", "--reason", "试"],
        ["register", "imports"],
        ["register", "undo", "1"],
        ["register", "rekey"],
    ],
    ids=" ".join,
)
def test_what_needs_an_installation_begins_none_where_the_folder_is_a_wrong_one(
    tmp_path: Path, command: list[str]
) -> None:
    code, out, err = _doudi(tmp_path / "typo", *command)
    assert (code, "S511" in out + err, "Traceback" in err) == (1, True, False)
    assert list(tmp_path.iterdir()) == []


def test_policies_are_listed_where_a_service_was_never_started(data: Path) -> None:
    code, out, _ = _doudi(data, "policy", "list", "--json")
    assert code == 0
    assert {one["kind"] for one in json.loads(out)["installed"]} == {"pack"}


CODES = {"S511"}
"""The codes that this file makes."""
