"""The service as a WSGI application; in a worker of `doudi serve` it ends with who serves."""

import os
import signal
import threading
import time

import django

from doudi_web.site.application import Application
from doudi_web.site.static_files import with_static_files

_LOOK_SECONDS = 0.5


def _end_with_parent(parent: int) -> None:
    """End this worker when the process that started it is gone: none may go on answering beside its successor."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if _served_by := os.environ.get("DOUDI_SERVED_BY"):
    # Ctrl-C in a terminal goes to all processes at once. Who started this worker ends it by a signal of its own;
    # after both of them granian's worker would wait for ever. Threads take the mask over: before any is started.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doudi_web.site.settings")
django.setup(set_prefix=False)
application = with_static_files(Application())
if _served_by:
    threading.Thread(target=_end_with_parent, args=(int(_served_by),), daemon=True).start()
