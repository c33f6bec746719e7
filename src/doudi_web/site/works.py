"""What the kinds of long work do. The rooms that do it are known here and nowhere below."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from doudi.errors import Faulty, fault
from doudi.wire.settlements import fault_json
from doudi_web.api.fields import moment
from doudi_web.audit_log.selectors import chains
from doudi_web.exchange.exporting import Asked, export
from doudi_web.exchange.looking import look
from doudi_web.exchange.profiles import profile
from doudi_web.intake.importing import work as intake
from doudi_web.operation import backups, space
from doudi_web.oversight.audited import Range
from doudi_web.oversight.auditing import audit
from doudi_web.rehearsal.trying import work as rehearse
from doudi_web.runs.worker import Progress, Work
from doudi_web.settlement.verify import report_json, verify
from doudi_web.site import backup, kept
from doudi_web.site.trying import database_size, restore_test
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor


def _ledger_verify(_: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The whole ledger, computed again from its rows; what is broken is told, and is no failure of the run."""
    progress(0, None)
    report = verify()
    return {**report_json(report), "told": [fault_json(one) for one in report.faults]}


def _audit(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """An audit; a mismatch is told, and is no failure of the run. The mismatches are read with the audit itself."""
    who = Actor(asked["asked_by"], Role(asked["role"]))
    start, end = (moment(key, asked.get(key) or "") for key in ("from", "to"))
    told = audit(who, Range(start, end, asked.get("facility") or ""), progress)
    return {key: value for key, value in told.items() if key != "mismatches"}


def _audit_chains(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The whole audit log, computed again from its rows; what is broken is told, and is no failure of the run."""
    progress(0, None)
    told = chains(Actor(asked["asked_by"], Role(asked["role"])))
    return {**told, "broken": told["broken"][:200], "count": len(told["broken"])}


def _export(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The files stand in the data folder, under `exports`: people's numbers are in them, no route sends them."""
    folder = Path(settings.DATA) / "exports"
    wanted = Asked(
        asked["reason"], asked.get("format"), asked.get("encoding"), bool(asked.get("all")),
        bool(asked.get("rejected")),
    )  # fmt: skip
    actor = Actor(asked["asked_by"], Role(asked["role"]))
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        done = export(actor, profile(asked["profile"]), folder, wanted, progress)
    except OSError as error:
        reason = error.strerror or "原因不明"
        raise Faulty([fault("F135", "exports", reason=reason)]) from error
    told = done.json()
    return {**told, "export": told.pop("run"), "files": [one.name for one in done.files],
            "manifest": None if done.manifest is None else done.manifest.name}  # fmt: skip


def _export_look(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What an export would hold; nothing is written."""
    wanted = Asked(
        asked["reason"], None, None, bool(asked.get("all")), bool(asked.get("rejected"))
    )  # fmt: skip
    actor = Actor(asked["asked_by"], Role(asked["role"]))
    return look(actor, profile(asked["profile"]), wanted, progress)


def _backup(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """A backup into the folder of backups, under the pass-phrase in the file that the environment names."""
    named = os.environ.get(kept.PASSPHRASE_FILE, "")
    passphrase = kept.passphrase_in(Path(named) if named else None)
    folder = Path(settings.BACKUPS)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if told := space.short_for(_expected(), "备份"):
        raise Faulty([told])
    for left in folder.glob(".doudi-*.part"):
        left.unlink()  # of a run that was killed: one backup is made at a time
    out = folder / f"doudi-{real_now():%Y%m%dT%H%M%S}-{asked['run']}.backup"
    actor = Actor(asked["asked_by"], Role(asked["role"]))
    made = backup.make(
        actor, settings.DATA, os.environ["DOUDI_DATABASE"], out, passphrase, progress
    )
    return {"file": out.name, "size": made.size, "digest": made.digest, **made.told}


def _expected() -> int:
    """How large the next backup will be: as the last one and a half, or as a quarter of the database."""
    last = backups.last(backups.MADE)
    if last is not None and "size" in last.detail:
        return int(last.detail["size"]) * 3 // 2
    return database_size() // 4


WORKS: Mapping[str, Work] = {
    "audit": _audit,
    "audit_chains": _audit_chains,
    "backup": _backup,
    "restore_test": restore_test,
    "export": _export,
    "export_look": _export_look,
    "intake": intake,
    "ledger_verify": _ledger_verify,
    "rehearsal": rehearse,
}
"""Each is offered in api/runs.py under the same name, or asked for by its own room (OF_ROOMS)."""

OF_ROOMS = frozenset({"export_look", "intake", "rehearsal"})
"""Nobody asks for these by themselves: a room asks for them where its own work is long."""
