"""Where output goes: a console that takes text as it is, and JSON as UTF-8 alone on standard output."""

import io
import json
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console


def prepare() -> None:
    """What a terminal cannot show is escaped, so that a file's strange name never ends a run."""
    for stream in (sys.stdout, sys.stderr):
        _set(stream, None, "backslashreplace")


def console(*, stderr: bool = False) -> Console:
    """Square brackets and colons in ids and titles mean themselves."""
    return Console(stderr=stderr, markup=False, emoji=False)


def print_json(value: object) -> None:
    """One JSON value and nothing else."""
    _set(sys.stdout, "utf-8", None)
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)


def _set(stream: TextIO, encoding: str | None, errors: str | None) -> None:
    """Where the stream is one of Python's own, and its file has not been changed under it."""
    if isinstance(stream, io.TextIOWrapper):
        with suppress(OSError):
            cast("io.TextIOWrapper[Any]", stream).reconfigure(
                encoding=encoding, errors=errors or stream.errors
            )
