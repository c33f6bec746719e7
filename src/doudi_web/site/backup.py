"""A backup: the database as one moment sees it, and the keys without which it cannot be read, in one file.

The service goes on meanwhile. What is committed behind the moment is not in it; what is in it belongs together.
"""

import os
import secrets as chance
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from doudi.errors import Faulty, fault
from doudi.version import VERSION
from doudi_web.audit_log.actions import record
from doudi_web.settlement.heads import Head, head_json
from doudi_web.site import database, postgres_tools
from doudi_web.site.archive import Tick, Writer
from doudi_web.site.kept import DATABASE, LAST, SECRETS, counted, sync_folder
from doudi_web.site.postgres_tools import Connection
from doudi_web.site.secrets import Secrets
from doudi_web.tenancy.clock import real_now, told
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written: its size, its SM3, what its manifest says."""

    path: Path
    size: int
    digest: str
    told: Mapping[str, Any]


def make(actor: Actor, data: Path, url: str, out: Path, passphrase: str, tick: Tick) -> Made:
    """Write a backup of an installation; the file is there whole or not at all. Raises Faulty."""
    with _new_file(out) as (file, done):
        writer = Writer(file, passphrase)
        with _moment(url) as (db, snapshot):
            head, rows = _head(db), counted(db)
            manifest = {"program": VERSION, "made": told(real_now()), "head": head, "rows": rows}
            writer.part(SECRETS, [_keys(data)], lambda _: None)
            writer.part(DATABASE, postgres_tools.dump(db, snapshot), lambda size: tick(size, None))
        digest = writer.finish(manifest)
        made = Made(out, writer.size, digest, manifest)
        size = None if head is None else head["size"]
        record(
            actor,
            "backup",
            "installation",
            detail={"size": made.size, "digest": digest, "sealed": size},
        )
        done()
    tick(made.size, made.size)
    return made


@contextmanager
def _moment(url: str) -> Generator[tuple[Connection, str]]:
    """A connection that sees one moment, and the name under which others see the same."""
    with database.connect(url) as db:
        db.execute("SET idle_in_transaction_session_timeout = 0")
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = db.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield db, row[0]
        db.execute("COMMIT")


def _head(db: Connection) -> dict[str, Any] | None:
    """The head of the ledger that stands at the moment."""
    row = db.execute(LAST).fetchone()
    return None if row is None else head_json(Head(*row))


def _keys(data: Path) -> bytes:
    """The keys of an installation: a line each, its name and what it is."""
    kept = Secrets(data)
    return "".join(f"{name} {kept.kept(name).hex()}\n" for name in kept.names()).encode()


@contextmanager
def _new_file(out: Path) -> Generator[tuple[BinaryIO, Callable[[], None]]]:
    """A file beside the target that takes its name when all is written. Raises Faulty."""
    if out.exists() or out.is_symlink():
        raise Faulty([fault("S577", str(out))])
    begun = out.with_name(f".{out.name}.{chance.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:

            def done() -> None:
                file.flush()
                os.fsync(file.fileno())
                begun.rename(out)
                sync_folder(out.parent)

            yield file, done
    except OSError as error:
        raise Faulty([fault("F135", str(out), reason=error.strerror or "原因不明")]) from error
    finally:
        with suppress(OSError):
            begun.unlink()
