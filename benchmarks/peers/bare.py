"""The limit that the service is measured against: the same server, the same rows inserted by hand.

One route. It reads the body as JSON and inserts what a settlement inserts (a settlement with an answer and evidence
of the same size, a posting, its entries, its sums) in one transaction and two journeys to the database, as the
service does: no token, no register, no locks, no engine.
"""

import json
import os
from itertools import cycle
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "doudi_web.site.settings"
django.setup()

from doudi_web.audit_log.actions import row as recorded  # noqa: E402
from doudi_web.settlement import tables  # noqa: E402
from doudi_web.settlement.ledger import Committed  # noqa: E402
from doudi_web.tenancy.clock import now  # noqa: E402
from doudi_web.tenancy.roles import Role  # noqa: E402
from doudi_web.tenancy.who import Actor  # noqa: E402

SAMPLE = "DOUDI_BARE_SAMPLE"
"""The file with what real settlements wrote: answers, evidence, entries and sums; taken in turn."""


def insert(request: HttpRequest) -> HttpResponse:
    """Insert the rows of one settlement, and answer as many bytes."""
    body = json.loads(request.body)
    message, bill = body["message_id"], body["bill"]
    stated, at = next(_samples), now()
    db = tables.driver()
    with tables.transaction(db):
        with db.pipeline():
            db.execute("BEGIN")
            numbered = db.execute("SELECT nextval('settlement_settlement_id_seq')")
        row = numbered.fetchone()
        assert row is not None
        person = f"bare-{bill['person']['id']}"  # not to burden the sums that the service reads
        entries = [(a, f) for a, f in stated["entries"]]
        sums = [(f"p:{person}", y, n, f) for y, n, f in stated["sums"]]
        tables.write(
            db,
            tables.Settled(
                row[0], "bare", message, b"\0" * 32, bill["visit_id"], person, bill["facility"]["code"],
                at, row[0], at.year, stated["result"], bytes.fromhex(stated["evidence"]),
            ),
            tables.Posted(
                "settle", row[0], "bare", message, at, "2019-06", "", _committed(len(entries) + len(sums)),
                entries, sums, at, row[0],
            ),
            recorded(
                Actor("bare:1", Role.SYSTEM_CLIENT), "settle", f"person:{person}", at,
                detail={"settlement": row[0], "visit": bill["visit_id"]},
            ),
            commit=True,
        )  # fmt: skip
    return HttpResponse(stated["result"], status=201, content_type="application/json")


def _committed(rows: int) -> Committed:
    """As many bytes as a real commitment: counts, the head, the row, entries and sums, answer and evidence."""
    return Committed(b"\0" * 16, b"\0" * (6 + 32 * (rows + 4)), b"\0" * 32, b"\0" * 32)


def _read() -> list[dict[str, Any]]:
    return json.loads(Path(os.environ[SAMPLE]).read_text(encoding="utf-8"))


_samples = cycle(_read())
urlpatterns = [path("api/v1/settlements", insert)]


settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
application = WSGIHandler()
