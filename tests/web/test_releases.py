"""Installing without a network, to the next release and back: what is refused, breaks off, is killed."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from doudi.errors import Faulty, fault
from doudi_setup import check, placing, rolling_back, swapping, upgrading
from doudi_setup.layout import Home, Release
from web.small_release import data_of, small, sums

CODES = {"S760", "S761", "S762", "S763", "S765", "S766", "S767", "S768", "S769"}

OLD, NEW = "1.0.0", "1.1.0"


def _quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The archives of two releases."""
    out = tmp_path_factory.mktemp("archives")
    return {version: small(out, version) for version in (OLD, NEW)}


@pytest.fixture(scope="module")
def installed(archives: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A place where the old release was installed, by what the archive brings alone."""
    root = tmp_path_factory.mktemp("place") / "doudi with space"
    ran = _install(archives[OLD], root)
    assert ran.returncode == 0, ran.stderr
    return Home(root)


def _install(archive: Path, root: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(archive / "install"), "--to", str(root), *more], check=False, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "PIP_INDEX_URL": "http://127.0.0.1:9/"},
    )  # fmt: skip


@pytest.fixture
def home(installed: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The old release in use, with three settlements."""
    monkeypatch.delenv("DOUDI_TEST_BREAKS", raising=False)
    installed.switch(OLD)
    installed.step(None)
    (installed.root / "history.json").unlink(missing_ok=True)
    installed.note("install", to=OLD)
    data_of(installed.root, OLD, 3)
    (installed.root / "pass").write_text("correct horse battery\n")
    yield installed
    shutil.rmtree(installed.backups)
    installed.backups.mkdir()


def _upgrade(home: Home, archives: dict[str, Path]) -> None:
    upgrading.upgrade(home, archives[NEW], home.root / "pass", _quiet)


def _state(home: Home) -> tuple[str | None, str, int, str]:
    """The version in use, the version of the tables, the settlements, and what a backup does not hold."""
    held = json.loads((home.data / "postgres/store.json").read_text())
    exported = (home.data / "exports/file.csv").read_text()
    return home.in_use(), held["tables"], held["rows"]["settlement_settlement"], exported


# ------------------------------------------------------------------------ the archive


@pytest.mark.parametrize(
    "name", ["wheels/doudi-1.0.0-py3-none-any.whl", "install", "setup/doudi/errors.py"]
)
def test_a_changed_byte_is_named_and_nothing_is_installed(
    archives: dict[str, Path], tmp_path: Path, name: str
) -> None:
    copy = Path(shutil.copytree(archives[OLD], tmp_path / "copy"))
    content = bytearray((copy / name).read_bytes())
    content[-2] ^= 1
    (copy / name).write_bytes(content)
    ran = _install(copy, tmp_path / "root")
    told = fault("S760", "", names=f"{name}（变了）")
    if name != "install":  # its last line is what goes on behind the check
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.split() == [
            told.code,
            *told.what.split(),
            *told.why.split(),
            *told.mend.split(),
        ]
    assert check.wrong_in(copy) == [f"{name}（变了）"]
    assert not (tmp_path / "root").exists()


def test_a_missing_and_a_foreign_file_are_named(archives: dict[str, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(archives[OLD], tmp_path / "copy"))
    (copy / "requirements.txt").unlink()
    (copy / "wheels/evil-1-py3-none-any.whl").write_text("x")
    with pytest.raises(Faulty) as refused:
        placing.fitting(copy)
    assert [one.code for one in refused.value.faults] == ["S760"]
    assert (
        "requirements.txt（没有）、wheels/evil-1-py3-none-any.whl（多出来的）"
        in refused.value.faults[0].what
    )
    (copy / "SHA256SUMS").unlink()
    assert check.wrong_in(copy) == ["SHA256SUMS（没有，或读不出）"]


@pytest.mark.parametrize(
    "other",
    [{"python": "3.9"}, {"platform": "linux-sparc"}, {"libc": "99.1"}],
    ids=lambda o: next(iter(o)),
)
def test_an_archive_for_another_machine_is_refused(tmp_path: Path, other: dict[str, str]) -> None:
    machine, python = placing.here()
    folder = small(tmp_path, OLD, release=replace(Release(OLD, machine, python, "2.17"), **other))
    ran = _install(folder, tmp_path / "root")
    assert (ran.returncode, ran.stderr[:4]) == (1, "S761")
    assert next(iter(other.values())) in ran.stderr
    assert not (tmp_path / "root").exists()


def test_a_wheel_that_does_not_fit_leaves_nothing(
    archives: dict[str, Path], tmp_path: Path
) -> None:
    """Its digest is told, but it is no wheel: pip says so."""
    copy = Path(shutil.copytree(archives[OLD], tmp_path / "copy"))
    (copy / "requirements.txt").write_text("doudi==9.9.9 --hash=sha256:" + "0" * 64 + "\n")
    sums(copy)
    ran = _install(copy, tmp_path / "root")
    assert (ran.returncode, "S768" in ran.stderr, "9.9.9" in ran.stderr) == (1, True, True)
    assert not (tmp_path / "root/releases/1.0.0").exists()
    assert not (tmp_path / "root/current").exists()


def test_no_room_is_told_before_anything_is_written(
    home: Home, archives: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(home.root)._replace(free=10 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(Faulty) as refused:
        placing.place(home, archives[NEW], placing.fitting(archives[NEW]))
    assert [one.code for one in refused.value.faults] == ["S765"]
    assert "磁盘只剩 10 MB" in refused.value.faults[0].what


# ------------------------------------------------------------------------ installing


def test_what_is_installed_runs_and_is_not_installed_over(
    home: Home, archives: dict[str, Path]
) -> None:
    ran = subprocess.run([str(home.root / "bin/doudi"), "version"], capture_output=True, check=True)
    assert ran.stdout.decode() == f"doudi {OLD}\n"
    again = _install(archives[NEW], home.root)
    assert (again.returncode, again.stderr[:4]) == (1, "S762")
    assert f"已经装了 {OLD}" in again.stderr
    assert str(home.root) in (home.root / "doudi.service").read_text()


HARDENED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "PrivateTmp": "yes",
    "PrivateDevices": "yes", "ProtectKernelModules": "yes", "RestrictNamespaces": "yes", "LockPersonality": "yes",
    "RestrictSUIDSGID": "yes", "SystemCallFilter": "@system-service adjtimex", "IPAddressDeny": "any",
    "IPAddressAllow": "localhost", "User": "doudi",
}  # fmt: skip


def test_the_unit_of_systemd_is_of_this_place_and_may_little(home: Home) -> None:
    text = (home.root / "doudi.service").read_text()
    stated = dict(
        line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#"
    )
    assert {key: stated[key] for key in HARDENED} == HARDENED
    data, backups = home.data, home.root / "backups"
    assert stated["ReadWritePaths"] == f'"{data}" "{backups}"'
    assert stated["ExecStart"] == f'"{home.root}/bin/doudi" serve --data "{data}" --port 8210'
    if shutil.which("systemd-analyze") is None:
        return  # the rest is systemd's own word
    ran = subprocess.run(
        ["systemd-analyze", "verify", str(home.root / "doudi.service")],
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr.decode().strip()) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(home.root / "doudi.service")],
        capture_output=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout.decode()[-300:]


def test_the_container_is_made_of_the_archive_and_runs_as_nobody_special() -> None:
    text = (Path(check.__file__).parent / "forms/Containerfile").read_text()
    joined = text.replace("\\\n", " ").splitlines()
    lines = [line for line in joined if line and line[0] != "#"]
    said = [line.split(None, 1) for line in lines]
    assert [one for one, _ in said if one == "FROM"] == ["FROM", "FROM"]
    assert {rest for one, rest in said if one == "FROM"} == {"${BASE} AS placed", "${BASE}"}
    assert [rest for one, rest in said if one == "COPY"] == [
        ". /archive", "--from=placed /opt/doudi /opt/doudi",
    ]  # fmt: skip
    runs = " ".join(rest for one, rest in said if one == "RUN")
    assert not [word for word in ("curl", "wget", "apt", "pip ", "http") if word in runs]
    assert "sh /archive/install --to /opt/doudi" in runs
    assert [rest for one, rest in said if one == "USER"] == ["8210:8210"]
    for one, rest in said:
        if one in ("ENTRYPOINT", "CMD", "VOLUME"):
            assert isinstance(json.loads(rest), list)


# ------------------------------------------------------------------------ upgrading


def test_an_upgrade_moves_program_and_tables_and_keeps_the_rest(
    home: Home, archives: dict[str, Path]
) -> None:
    _upgrade(home, archives)
    assert _state(home) == (NEW, NEW, 3, "kept")
    last = home.history()[-1]
    assert (last["done"], last["from"], last["to"]) == ("upgrade", OLD, NEW)
    assert last["rows"]["settlement_settlement"] == 3
    assert Path(last["backup"]).is_file()
    assert home.under_way() is None


def test_a_release_that_is_not_newer_is_refused(home: Home, archives: dict[str, Path]) -> None:
    with pytest.raises(Faulty) as refused:
        upgrading.upgrade(home, archives[OLD], home.root / "pass", _quiet)
    assert [one.code for one in refused.value.faults] == ["S762"]


def test_a_running_service_is_not_upgraded_under(home: Home, archives: dict[str, Path]) -> None:
    with (home.data / "serving").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(Faulty) as refused:
            _upgrade(home, archives)
        assert [one.code for one in refused.value.faults] == ["S763"]
    assert _state(home) == (OLD, OLD, 3, "kept")
    _upgrade(home, archives)


@pytest.mark.parametrize("where", ["backup 1.0.0", "migrate 1.1.0", "serve 1.1.0"])
def test_what_fails_goes_back_by_itself(
    home: Home, archives: dict[str, Path], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("DOUDI_TEST_BREAKS", where)
    with pytest.raises(Faulty) as refused:
        _upgrade(home, archives)
    assert [one.code for one in refused.value.faults] == ["S766"]
    assert f"已经回到 {OLD}" in refused.value.faults[0].why
    assert _state(home) == (OLD, OLD, 3, "kept")
    assert home.under_way() is None
    monkeypatch.delenv("DOUDI_TEST_BREAKS")
    _upgrade(home, archives)
    assert _state(home) == (NEW, NEW, 3, "kept")


def test_what_cannot_go_back_by_itself_says_so_and_is_recovered_later(
    home: Home, archives: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOUDI_TEST_BREAKS", "migrate 1.1.0,restore 1.0.0")
    with pytest.raises(Faulty) as refused:
        _upgrade(home, archives)
    assert [one.code for one in refused.value.faults] == ["S769"]
    ran = subprocess.run(
        [str(home.root / "bin/doudi"), "version"], capture_output=True, check=False
    )
    assert (ran.returncode, "S769" in ran.stderr.decode()) == (1, True)
    with pytest.raises(Faulty) as again:
        _upgrade(home, archives)
    assert [one.code for one in again.value.faults] == ["S769"]
    monkeypatch.delenv("DOUDI_TEST_BREAKS")
    assert upgrading.recover(home, _quiet) == OLD
    assert _state(home) == (OLD, OLD, 3, "kept")
    assert upgrading.recover(home, _quiet) is None


@pytest.mark.parametrize("where", ["backup 1.0.0", "migrate 1.1.0", "serve 1.1.0"])
def test_killed_at_a_step_it_is_recovered(
    home: Home, archives: dict[str, Path], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The driver itself is killed: by what it drives, with kill -9."""
    monkeypatch.setenv("DOUDI_TEST_BREAKS", f"kill {where}")
    words = [sys.executable, "-c", _DRIVE, str(home.root), str(archives[NEW])]
    assert subprocess.run(words, check=False, capture_output=True).returncode == -9
    monkeypatch.delenv("DOUDI_TEST_BREAKS")
    assert home.under_way() is not None
    assert upgrading.recover(home, _quiet) == OLD
    assert _state(home) == (OLD, OLD, 3, "kept")


_DRIVE = """
import sys
from pathlib import Path
from doudi_setup.layout import Home
from doudi_setup.upgrading import upgrade
home = Home(Path(sys.argv[1]))
upgrade(home, Path(sys.argv[2]), home.root / "pass", print)
"""


@pytest.mark.parametrize("at", range(6))
def test_a_swap_that_was_killed_anywhere_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    for folder, text in (("data", "old"), ("restored", "new")):
        for name in swapping.SWAPPED:
            (tmp_path / folder / name).mkdir(parents=True)
            (tmp_path / folder / name / "what").write_text(text)
    moves, rename = [0], Path.rename

    def killed(self: Path, target: Path) -> Path:
        if moves[0] == at:
            raise KeyboardInterrupt
        moves[0] += 1
        return rename(self, target)

    def swap() -> None:
        swapping.swap(tmp_path / "data", tmp_path / "restored", tmp_path / "replaced")

    with monkeypatch.context() as during:
        during.setattr(Path, "rename", killed)
        if at < 4:
            with pytest.raises(KeyboardInterrupt):
                swap()
    swap()
    for folder, text in (("data", "new"), ("replaced", "old")):
        assert [(tmp_path / folder / name / "what").read_text() for name in swapping.SWAPPED] == [
            text,
            text,
        ]


# ------------------------------------------------------------------------ and back


def _settle(home: Home, count: int) -> None:
    path = home.data / "postgres/store.json"
    held = json.loads(path.read_text())
    held["rows"]["settlement_settlement"] += count
    path.write_text(json.dumps(held))


def _back(home: Home, lose: int | None) -> list[str]:
    """The codes with which going back is refused."""
    try:
        rolling_back.rollback(home, home.root / "pass", lose, _quiet)
    except Faulty as refused:
        return [one.code for one in refused.faults]
    return []


def test_back_is_as_before_where_nothing_was_done_since(
    home: Home, archives: dict[str, Path]
) -> None:
    _upgrade(home, archives)
    assert _back(home, None) == []
    assert _state(home) == (OLD, OLD, 3, "kept")
    assert _back(home, None) == ["S762"]  # it came from nowhere by now


def test_what_would_be_lost_is_counted_and_kept(home: Home, archives: dict[str, Path]) -> None:
    _upgrade(home, archives)
    _settle(home, 2)
    with pytest.raises(Faulty) as refused:
        rolling_back.rollback(home, home.root / "pass", None, _quiet)
    assert [one.code for one in refused.value.faults] == ["S767"]
    assert "结算 2" in refused.value.faults[0].what
    assert _back(home, 1) == ["S767"]
    assert _state(home) == (NEW, NEW, 5, "kept")
    assert _back(home, 2) == []
    assert _state(home) == (OLD, OLD, 3, "kept")
    last = home.history()[-1]
    assert last["lost"] == {"settlement_settlement": 2}
    kept = json.loads(Path(last["kept"]).read_text())
    assert kept["store"]["rows"]["settlement_settlement"] == 5


@pytest.mark.parametrize(
    ("where", "codes", "state"),
    [
        ("backup 1.1.0", ["S766"], NEW),
        ("restore 1.0.0", ["S766"], NEW),
        ("serve 1.0.0", ["S769"], OLD),
    ],
)
def test_going_back_that_fails_changes_nothing_or_says_so(
    home: Home,
    archives: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    codes: list[str],
    state: str,
) -> None:
    _upgrade(home, archives)
    monkeypatch.setenv("DOUDI_TEST_BREAKS", where)
    assert _back(home, None) == codes
    assert _state(home) == (state, state, 3, "kept")


def test_an_upgrade_whose_backup_is_gone_is_not_gone_back_from(
    home: Home, archives: dict[str, Path]
) -> None:
    _upgrade(home, archives)
    Path(home.history()[-1]["backup"]).write_text("cut")
    assert _back(home, None) == ["S762"]
