"""PostgreSQL's own tools, which come with the database that we bring: a dump out of one, a dump into another.

They speak with any server of their version or older. The password goes by the environment: a command line is seen
by everybody on the machine.
"""

import os
import subprocess
import tempfile
from collections.abc import Generator, Iterable
from typing import IO, Any, LiteralString

import psycopg
from psycopg.conninfo import make_conninfo

from doudi.errors import Fault, Faulty, fault
from doudi_web.site.database import BINARIES

_READ = 2**18
_COMMON = ("--no-owner", "--no-privileges", "--no-password")

Connection = psycopg.Connection[tuple[Any, ...]]
"""To the database that is dumped, or loaded into."""


def dump(db: Connection, snapshot: str) -> Generator[bytes]:
    """The database as a snapshot sees it, in PostgreSQL's own custom format, compressed. Raises Faulty."""
    more = ("--format=custom", f"--snapshot={snapshot}")
    with tempfile.TemporaryFile() as said:
        tool = _started(db, "pg_dump", more, said)
        try:
            assert tool.stdout is not None
            while chunk := tool.stdout.read(_READ):
                yield chunk
            if tool.wait() != 0:
                raise Faulty([_failed(db, "pg_dump", said)])
        finally:
            _ended(tool)


def load(db: Connection, chunks: Iterable[bytes]) -> None:
    """Write a dump into an empty database, wholly or not at all. Raises Faulty."""
    more = ("--single-transaction", "--exit-on-error")
    with tempfile.TemporaryFile() as said:
        tool = _started(db, "pg_restore", more, said)
        try:
            assert tool.stdin is not None
            try:
                for chunk in chunks:
                    tool.stdin.write(chunk)
                tool.stdin.close()
            except BrokenPipeError:
                pass  # it has said why
            if tool.wait() != 0:
                raise Faulty([_failed(db, "pg_restore", said)])
        finally:
            _ended(tool)


def _started(
    db: Connection, name: LiteralString, more: Iterable[str], said: IO[bytes]
) -> "subprocess.Popen[bytes]":
    where = make_conninfo(**db.info.get_parameters())
    environment = {**os.environ, "LC_ALL": "C"}
    if db.info.password:
        environment["PGPASSWORD"] = db.info.password
    words = [str(BINARIES / name), *_COMMON, *more, f"--dbname={where}"]
    return subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment
    )


def _ended(tool: "subprocess.Popen[bytes]") -> None:
    """It does not go on behind who gave it up: what it has not been given whole it undoes."""
    if tool.poll() is None:
        tool.kill()
        tool.wait()
    for stream in (tool.stdin, tool.stdout):
        if stream is not None and not stream.closed:
            stream.close()


def _failed(db: Connection, name: str, said: IO[bytes]) -> Fault:
    said.seek(0)
    lines = said.read(2**16).decode("utf-8", "replace").strip().splitlines()
    text = " ".join(line for line in lines if line.strip())[:300] or "没有说为什么"
    return fault("S575", f"{name} {db.info.dbname}", tool=name, text=text)
