"""Runs a page's commands in a folder. `doudi` is loaded once and each call is a child of that process, which
takes a tenth of the time of a fresh start; anything else goes to bash."""

import atexit
import json
import os
import shlex
import subprocess
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS = "100"
_SETTINGS = {"COLUMNS": COLUMNS, "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
_SERVE = (
    "from tools.doc_commands import serve; serve()"  # not -m: it would give `doudi` another name
)
_SHELL = set("|&;<$`(*?")


class Runner:
    """The commands of one page, in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        self._environment = {**os.environ, **_SETTINGS, "PATH": path}
        self._doudi: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._doudi is not None and self._doudi.stdin is not None:
            self._doudi.stdin.close()
            self._doudi.wait(timeout=10)

    def run(self, command: str) -> tuple[tuple[str, ...], int]:
        """What a command prints, both streams in order, and how it ends."""
        words = shlex.split(command)
        if words[0] == "doudi" and not _SHELL.intersection(command):
            printed, code = self._ask(words[1:])
        else:
            done = subprocess.run(
                ["bash", "-c", command], cwd=self._folder, env=self._environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
            )  # fmt: skip
            printed, code = done.stdout, done.returncode
        return tuple(line.rstrip() for line in printed.strip("\n").splitlines()), code

    def _ask(self, arguments: list[str]) -> tuple[str, int]:
        """One call of `doudi`; `> file` takes its output alone, as in a shell."""
        target = ""
        if ">" in arguments:
            arguments, target = arguments[: arguments.index(">")], arguments[-1]
        if self._doudi is None:
            self._doudi = subprocess.Popen(
                [sys.executable, "-c", _SERVE], env=self._environment, text=True,
                cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        asked = {"arguments": arguments, "folder": str(self._folder), "target": target}
        assert self._doudi.stdin is not None
        assert self._doudi.stdout is not None
        self._doudi.stdin.write(json.dumps(asked) + "\n")
        self._doudi.stdin.flush()
        told = json.loads(self._doudi.stdout.readline())
        return told["printed"], told["exit"]


def serve() -> None:
    """Answer calls, one line of JSON each, until there are no more."""
    from doudi_cli.main import run  # noqa: PLC0415

    for line in sys.stdin:
        asked = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _call(run, asked, write)
        os.close(write)
        with open(read, encoding="utf-8") as pipe:  # noqa: PTH123
            printed = pipe.read()
        _, status = os.waitpid(child, 0)
        told = {"printed": printed, "exit": os.waitstatus_to_exitcode(status)}
        print(json.dumps(told), flush=True)


def _call(run: object, asked: dict[str, str], write: int) -> None:
    """In the child: the command as if it had been started in that folder with those arguments."""
    atexit._clear()  # what the parent does at its end
    os.chdir(asked["folder"])
    out = write
    if asked["target"]:
        out = os.open(asked["target"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(write, 2)
    sys.argv = ["doudi", *asked["arguments"]]
    code: object = 0
    try:
        assert callable(run)
        run()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()  # as a process of its own does: its database stops with it
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)
