"""On a machine that is cut off: install, fill, upgrade, go back; an upgrade that fails, and one that is killed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release import namespace
from release.trees import BREAKS, ROOT, WAITS, next_tree, package

Told = dict[str, Any]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """What is found on the way, from an empty machine on."""
    folder = Path(tempfile.mkdtemp(prefix="doudi-walk-"))
    folder.chmod(0o755)
    try:
        this = package(folder / "this")
        others = [
            package(folder, next_tree(folder / f"tree-{version}", version, more), folder=bool(more))
            for version, more in (("0.2.0", ""), ("0.3.0", BREAKS), ("0.4.0", WAITS))
        ]
        words = [*namespace.words(), sys.executable, "-m", "release.walk", str(folder), str(this)]
        ran = subprocess.run(
            [*words, *map(str, others)], cwd=ROOT, capture_output=True, check=False, timeout=1800,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr.decode()[-3000:]
        yield json.loads(ran.stdout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


VISITS = ["V0", "V1", "V2", "V3", "V4"]


def test_the_machine_is_cut_off_where_the_system_allows_it(told: Told) -> None:
    assert told["cut off"] is bool(namespace.words())


def test_it_is_installed_without_an_index_and_not_over_itself(told: Told) -> None:
    assert told["install"][0] == 0, told["install"]
    assert (told["again"][0], told["again"][1][:4]) == (1, "S762")
    assert [status for status, _ in told["settled"]] == [201] * 5
    assert told["settled"][0] == [201, "1195.80"]
    assert told["before"]["version"] == "doudi 0.1.0"
    assert [row[0] for row in told["before"]["rows"]] == VISITS
    assert (told["while serving"][0], "S763" in told["while serving"][1]) == (1, True)


def _same(told: Told, name: str, *, but: tuple[str, ...] = ()) -> None:
    """The settlements, the sums of every account and the head of the ledger are those of before."""
    before, after = told["before"], told[name]
    assert {k: v for k, v in after.items() if k not in but} == {
        k: v for k, v in before.items() if k not in but
    }
    assert (after["holds"], after["code"], after["health"], after["migrations"]) == (
        True,
        0,
        200,
        True,
    )


def test_an_upgrade_keeps_every_figure_and_has_the_new_tables(told: Told) -> None:
    assert told["upgrade"][0] == 0, told["upgrade"]
    _same(told, "upgraded", but=("version", "tables"))
    assert (told["upgraded"]["version"], told["upgraded"]["tables"]) == (
        "doudi 0.2.0",
        ["next_release", None],
    )
    assert (told["older"][0], "S762" in told["older"][1]) == (1, True)
    assert told["more"][0][0] == 201


def test_going_back_names_what_is_lost_and_then_loses_that_alone(told: Told) -> None:
    for name in ("unasked", "wrong number"):
        assert (told[name][0], "S767" in told[name][1], "结算 1" in told[name][1]) == (
            1,
            True,
            True,
        )
    assert told["still"] == [0, "doudi 0.2.0\n"]
    assert told["rollback"][0] == 0, told["rollback"]
    _same(told, "back")
    assert (told["twice"][0], "S762" in told["twice"][1]) == (1, True)


def test_an_upgrade_that_fails_in_its_second_migration_is_undone(told: Told) -> None:
    assert (told["broken"][0], "S766" in told["broken"][1]) == (1, True)
    assert "DivisionByZero" in told["broken"][1] or "division by zero" in told["broken"][1]
    _same(told, "after broken")


def test_an_upgrade_that_is_killed_in_the_midst_of_a_migration_is_recovered(told: Told) -> None:
    assert (told["not recovered"][0], "S769" in told["not recovered"][1]) == (1, True)
    assert told["recover"][0] == 0, told["recover"]
    _same(told, "recovered")
    assert not {"upgrade.json", "restored", "replaced", ".unpacked"} & set(told["left"])
