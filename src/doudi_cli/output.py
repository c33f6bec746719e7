"""Where output goes: a console that takes text as it is, and JSON as UTF-8 alone on standard output."""

import io
import json
import sys
from typing import Any, TextIO, cast

from rich.console import Console


def prepare() -> None:
    """What a terminal cannot show is escaped, so that a file's strange name never ends a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            cast("io.TextIOWrapper[Any]", stream).reconfigure(errors="backslashreplace")


def console(*, stderr: bool = False) -> Console:
    """Square brackets and colons in ids and titles mean themselves."""
    return Console(stderr=stderr, markup=False, emoji=False)


def print_json(value: object) -> None:
    """One JSON value and nothing else."""
    stream: TextIO = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        cast("io.TextIOWrapper[Any]", stream).reconfigure(encoding="utf-8")
    print(json.dumps(value, ensure_ascii=False, indent=2))
