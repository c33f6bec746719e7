"""Taking an export's files away: who asked for it takes each once, saying why; every time is recorded.

People's numbers stand in the files. They leave the machine only in the answer to who asked for the export, are held
against what was written first, and are not kept by whatever stands between.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from doudi_web.audit_log.actions import record
from doudi_web.exchange.models import ExportRun, ExportTaken
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

AGAIN = timedelta(minutes=10)
"""So long the same person may ask for the same file again: a connection breaks off."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export, and who took it away when, if anybody did."""

    name: str
    rows: int
    taken_by: str
    taken: str | None


def files_of(actor: Actor, number: int) -> list[File]:
    """The files of an export. Raises Refusal 403, 404."""
    actor.must(Act.EXPORTS_READ)
    run = _run(number)
    rows = {one.name: one for one in ExportTaken.objects.filter(run=number).order_by("id")}
    names = called(one.actor for one in rows.values())
    return [
        File(
            one["name"], one["rows"],
            names.get(rows[one["name"]].actor, rows[one["name"]].actor) if one["name"] in rows else "",
            told(rows[one["name"]].at) if one["name"] in rows else None,
        )
        for one in run.files
    ]  # fmt: skip


def take(actor: Actor, number: int, name: str, reason: str) -> bytes:
    """A file's content, for who asked for the export; that it is taken is written before it goes out.

    Raises Refusal: 403 (somebody else's), 404, 409 (taken already; not what was written), 422 (no reason).
    """
    actor.must(Act.EXPORT)
    run = _run(number)
    stated = next((one for one in run.files if one["name"] == name), None)
    if stated is None:
        raise Refusal.of(404, "S547", f"{number}/{name[:80]}")
    if run.actor != actor.key:
        by = called([run.actor]).get(run.actor, run.actor)
        raise Refusal.of(403, "S739", str(number), by=by)
    content = _content(name, str(stated["sm3"]))
    with transaction.atomic():
        ExportRun.objects.select_for_update().get(pk=number)
        first = ExportTaken.objects.filter(run=number, name=name).order_by("id").first()
        if first is not None and (first.actor != actor.key or now() - first.at > AGAIN):
            by = called([first.actor]).get(first.actor, first.actor)
            raise Refusal.of(409, "S736", name, name=name, by=by, at=told(first.at))
        said = reason.strip()[:400]
        ExportTaken.objects.create(run=number, name=name, at=now(), actor=actor.key, reason=said)
        detail = {"run": number, "file": name, "rows": stated["rows"]}
        record(actor, "exports.file.export", "ledger", reason=said, detail=detail)
    return content


def _run(number: int) -> ExportRun:
    run = ExportRun.objects.filter(pk=number).first()
    if run is None:
        raise Refusal.of(404, "S547", str(number))
    return run


def _content(name: str, digest: str) -> bytes:
    """What stands in the folder of exports. Raises Refusal 409 where it is not what was written."""
    path = Path(settings.DATA) / "exports" / Path(name).name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refusal.of(409, "S737", name, name=name) from error
    if sm3(content).hex() != digest:
        raise Refusal.of(409, "S737", name, name=name)
    return content
