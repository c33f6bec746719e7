"""The import contracts hold, and each still barks: a planted violation is caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = [
    ("the command stands on the engine", "doudi/service.py", "import doudi_cli.main"),
    ("the command stands on the engine", "doudi_lab/county.py", "import doudi_web.tenancy.roles"),
    ("the command stands on the engine", "doudi_web/tenancy/roles.py", "import doudi_lab.county"),
    ("the floors of the service", "doudi_web/tenancy/roles.py", "import doudi_web.settlement.ledger"),
    ("the floors of the service", "doudi_web/register/models.py", "import doudi_web.policy.models"),
    ("the floors of the service", "doudi_web/settlement/ledger.py", "import doudi_web.api.interface"),
    ("the floors of the engine", "doudi/money.py", "import doudi.claim"),
    ("the floors of the engine", "doudi/packs/lint.py", "import doudi.ir.program"),
    ("the floors of the engine", "doudi/readings/trace.py", "import doudi.compile"),
    ("the floors of the engine", "doudi/ledger/accumulators.py", "import doudi.claim"),
    ("the floors of the engine", "doudi/course.py", "import doudi.settle"),
    ("the floors of the engine", "doudi/proposal.py", "import doudi.adjudication"),
    ("the floors of the engine", "doudi/settle.py", "import doudi.proposals"),
    ("readings do not know one another; explain reads the trace", "doudi/readings/scalar.py",
     "import doudi.readings.trace"),
    ("only the wire knows the shapes of bills", "doudi/adjudicate.py", "import doudi.wire.bills"),
    ("the engine is pure", "doudi/dates.py", "import random"),
    ("the engine is pure", "doudi/settle.py", "import socket"),
    ("the test library is imported by testing alone", "doudi_cli/main.py", "import hypothesis"),
]  # fmt: skip


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder, env={"PYTHONPATH": str(folder / "src")}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED)
def test_a_planted_violation_is_caught(copy: Path, contract: str, file: str, line: str) -> None:
    target = copy / "src" / file
    target.write_text(target.read_text() + f"\n{line}\n")
    done = _lint(copy)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def test_every_contract_has_a_planted_violation() -> None:
    stated = [
        line.removeprefix("name = ").strip()
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("name = ")
    ]
    assert set(stated) == {contract for contract, _, _ in PLANTED}
