"""The running service: HTTP workers; beside them the sealer, who learns, who keeps the figures of the wards and of
the district, and the alerts, and the worker of long work; our PostgreSQL below."""

import fcntl
import logging
import os
import signal
import threading
import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from granian.constants import Interfaces, Loops
from granian.server import MPServer

from doudi_web.alerts.keeping import keep_looking as keep_alerts
from doudi_web.indicators.keeping import keep_looking as keep_figures
from doudi_web.matching.keeping import keep_keeping
from doudi_web.operation.clock import keep_watching
from doudi_web.operation.meters import forget
from doudi_web.runs.worker import work
from doudi_web.settlement.learning import keep_learning
from doudi_web.settlement.seal import keep_sealing
from doudi_web.site import database
from doudi_web.site.works import WORKS
from doudi_web.wards.keeping import keep_looking

_log = logging.getLogger("doudi.serve")
_LOOK_SECONDS = 0.5
_SEAL_SECONDS = 3.0
_CALM_SECONDS = 60.0
_CRASHES = 5  # one soon after another: then something is wrong that starting anew does not mend
_RUN_STOP_SECONDS = 3  # long work has so long to write that it was stopped
_STOP_SECONDS = (
    10  # then a worker that has not ended is killed: what it had not committed is undone
)


def serve(port: int, *, workers: int, threads: int, keep: Path | None) -> None:
    """Answer on the loopback until told to stop. `keep` is the data folder whose own database is kept running."""
    forget(settings.DATA / "meters")
    _hold(settings.DATA)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_database, args=(keep, stop), daemon=True)
    if keep is not None:
        keeper.start()
    # until a worker has handlers of its own, a signal would be lost in those of ours that it was born with
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    os.environ["DOUDI_SERVED_BY"] = str(os.getpid())  # whom workers end with
    connection.close()  # no worker inherits it
    watching = threading.Thread(target=keep_watching, args=(stop, _SEAL_SECONDS), daemon=True)
    watching.start()
    for keep_doing in (
        keep_sealing,
        keep_learning,
        keep_keeping,
        keep_looking,
        keep_figures,
        keep_alerts,
    ):
        threading.Thread(target=keep_doing, args=(stop, _SEAL_SECONDS), daemon=True).start()
    worker = threading.Thread(target=work, args=(stop, WORKS), daemon=True)
    worker.start()
    try:
        _answer(port, workers, threads)
    finally:
        stop.set()
        worker.join(_RUN_STOP_SECONDS)
        if keep is not None:  # it may be starting the database that is about to be stopped
            keeper.join(_STOP_SECONDS)


def _hold(data: Path) -> None:
    """As long as this process lives it is known that the folder is served: nobody upgrades it meanwhile."""
    handle = os.open(data / "serving", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(handle, fcntl.LOCK_SH)


def _answer(port: int, workers: int, threads: int) -> None:
    """Answer until told to stop. Workers that die one soon after another end granian: it is started anew, a few
    times over."""
    crashes = 0
    while True:
        server, began = _server(port, workers, threads), time.monotonic()
        try:
            server.serve()
        except SystemExit:
            crashes = crashes + 1 if time.monotonic() - began < _CALM_SECONDS else 1
            if server.interrupt_signal or crashes > _CRASHES:
                raise
            _log.error("workers died one soon after another: started anew")
        else:
            return


def _server(port: int, workers: int, threads: int) -> MPServer:
    return MPServer(
        "doudi_web.site.wsgi:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        loop=Loops.auto,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_access=False,
        backlog=1024,
    )


def _keep_database(data: Path, stop: threading.Event) -> None:
    """Start the database again where it has gone: it recovers what was committed by itself."""
    while not stop.wait(_LOOK_SECONDS):
        try:
            if database.revive(data):
                _log.warning("the database was gone and is running again")
        except Exception:
            _log.exception("the database could not be started")
