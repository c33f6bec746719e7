"""The command as a process of its own: bounded in time and memory, in a folder that it must leave as it was."""

import ctypes
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from doudi.errors import Fault
from doudi_cli.main import app
from faults.told import flaws

DOUDI = Path(sys.executable).parent / "doudi"
SECONDS = 30
MEMORY = 2**30
_DROP_FROM_BOUNDING_SET, _OVERRIDE_PERMISSIONS, _READ_ANYTHING = 24, 1, 2


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def as_a_user() -> None:
    """Bounded, and where the tests run as root without root's right to read every file."""
    _bounded()
    if os.geteuid() == 0:
        for right in (_OVERRIDE_PERMISSIONS, _READ_ANYTHING):
            ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, right, 0, 0, 0)


def doudi(
    *arguments: str | Path, cwd: Path, start: Callable[[], None] = _bounded, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command. It never shows a stack trace, and it never writes a file."""
    before = _tree(cwd)
    done = subprocess.run(
        [DOUDI, *arguments], cwd=cwd, capture_output=True, timeout=SECONDS, check=False, preexec_fn=start,
        env={"HOME": str(cwd), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert _tree(cwd) == before
    return done


@dataclass(frozen=True)
class Done:
    """What a call within this process came to."""

    returncode: int
    stdout: bytes
    stderr: bytes


def called(*arguments: str) -> Done:
    """The command called within this process, in the folder where it is: quicker, for what needs no bounds."""
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout_bytes, result.stderr_bytes)


def told(done: subprocess.CompletedProcess[bytes] | Done) -> list[Fault]:
    """The faults that a run told as JSON, each well worded; nothing else stands on standard output."""
    whole: dict[str, Any] = json.loads(done.stdout)
    faults = [Fault(**fault) for fault in whole["faults"]]
    assert [flaw for fault in faults for flaw in flaws(fault)] == []
    assert (done.returncode == 1) == bool(faults)
    return faults


def _tree(folder: Path) -> set[tuple[str, int]]:
    """The files below a folder with their sizes."""
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return {(str(path), path.lstat().st_size) for path in paths}
