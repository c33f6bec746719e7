"""The receiver's report: which rows it took, which not and why. All of a report is kept, or nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import shown
from doudi.wire import sheets
from doudi.wire.columns import Column, Found, find
from doudi_web.audit_log.actions import record
from doudi_web.exchange.exporting import alone, key_of
from doudi_web.exchange.masking import masked
from doudi_web.exchange.profile_form import ReportForm
from doudi_web.exchange.profiles import Profile
from doudi_web.settlement import tables
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

FAULTS_TOLD = 1_000
_REASON = 400  # characters of a reason that are kept


@dataclass(frozen=True, slots=True)
class Said:
    """What a row of a report says of one of ours."""

    key: bytes
    answer: str
    reason: str
    where: str


_NAME = 200
"""Characters of a file's name that are kept and told."""


def take(
    actor: Actor, profile: Profile, name: str, content: bytes, run: int | None
) -> dict[str, Any]:
    """Read a report and keep what it says of each row: `{accepted, rejected, outdated}`.

    Outdated is a row that was exported anew since the named run, or is held back or left out by now: it stays as it
    is. Raises Refusal 403, 409, 422 with every fault of the report.
    """
    actor.must(Act.EXPORT)
    name = shown(name[-_NAME:], _NAME)  # the end of a long name says what kind of file it is
    try:
        said = _read(profile, name, content)
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    db = tables.driver()
    with alone(db, profile.name), db.transaction():
        counts = _keep(db, profile, said, run)
        values = [profile.name, now(), actor.key, name, sm3(content).hex()]
        db.execute(
            "INSERT INTO exchange_exportreport (profile, at, actor, name, digest, counts)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [*values, json.dumps(counts)],
        )
        detail = {"profile": profile.name, "run": run, **counts}
        record(actor, "exports.report", "ledger", detail=detail)
    return counts


def _read(profile: Profile, name: str, content: bytes) -> list[Said]:
    """The rows of a report, each once. Raises Faulty with all that is wrong."""
    form = profile.form.report
    if form is None:
        raise Faulty([fault("S546", name, profile=profile.name)])
    found = find(name, sheets.read(name, content), _map(profile, form))
    faults: list[Fault] = []
    read: dict[bytes, Said] = {}
    for one in _rows(found, form, faults):
        earlier = read.setdefault(one.key, one)
        if (earlier.answer, earlier.reason) != (one.answer, one.reason):
            faults.append(fault("S545", one.where, other=earlier.where))
        if len(faults) >= FAULTS_TOLD:
            faults.append(fault("F111", one.where))
            break
    if faults:
        raise Faulty(faults)
    return list(read.values())


def _map(profile: Profile, form: ReportForm) -> tuple[Column, ...]:
    """Where each thing stands: the columns of the key by our titles or those that the profile says."""
    titles = form.titles or {}
    keys = [
        Column(key, tuple(titles.get(key) or [profile.columns[profile.place(key)].title]), "text", True)
        for key in form.key
    ]  # fmt: skip
    result = Column(".result", tuple(form.result), "text", True)
    return (*keys, result, Column(".reason", tuple(form.reason), "text", False))


def _rows(found: Found, form: ReportForm, faults: list[Fault]) -> Iterator[Said]:
    words = dict.fromkeys(form.accepted, "accepted") | dict.fromkeys(form.rejected, "rejected")
    for number, cells in found.rows():

        def text(key: str, cells: Sequence[sheets.Cell] = cells, number: int = number) -> str:
            at = found.columns.get(key)
            cell = cells[at] if at is not None and at < len(cells) else sheets.Cell("")
            if cell.flaw is not None:
                faults.append(fault(cell.flaw, found.place(number, key), value=cell.text))
            return cell.text.strip()

        word = text(".result")
        if word not in words:
            details = {"accepted": "、".join(form.accepted), "rejected": "、".join(form.rejected)}
            where = found.place(number, ".result")
            faults.append(fault("S544", where, word=shown(word, 40), **details))
            continue
        key = key_of([text(one) for one in form.key])
        yield Said(key, words[word], text(".reason"), found.place(number, form.key[0]))


_OURS = """
SELECT key, id, state, run, person FROM exchange_exportrow WHERE profile = %s AND key = ANY(%s)
"""
_ANSWER = "UPDATE exchange_exportrow SET answer = %s, reasons = %s, changed = %s WHERE id = %s"


def _raise_unclear(
    profile: Profile, said: Sequence[Said], ours: Mapping[bytes, Sequence[tables.Row]]
) -> None:
    """Raises Refusal 422 where a row was never exported, or could be one of several."""
    form = profile.form.report
    assert form is not None
    columns = "、".join(profile.columns[profile.place(key)].title for key in form.key)
    faults = [
        fault("S548" if one.key in ours else "S543", one.where, columns=columns)
        for one in said
        if len(ours.get(one.key, ())) != 1
    ]
    if faults:
        raise Refusal(422, faults[:FAULTS_TOLD])


def _keep(
    db: "psycopg.Connection[tables.Row]", profile: Profile, said: Sequence[Said], run: int | None
) -> dict[str, int]:
    """What is said to the rows that it is said of. Raises Refusal 422: a row that was never exported."""
    ours: dict[bytes, list[tables.Row]] = {}
    for key, *row in db.execute(_OURS, [profile.name, [one.key for one in said]]):
        ours.setdefault(bytes(key), []).append(tuple(row))
    _raise_unclear(profile, said, ours)
    counts: dict[str, int] = dict.fromkeys(("accepted", "rejected", "outdated"), 0)
    answers: list[list[Any]] = []
    at = now()
    hide = masked(db, {ours[one.key][0][3] for one in said if one.reason})
    for one in said:
        number, state, of, person = ours[one.key][0]
        if state not in ("exported", "withdrawn") or (run is not None and of != run):
            counts["outdated"] += 1
            continue
        counts[one.answer] += 1
        text = hide(person, one.reason)[:_REASON]
        reasons = [{"check": "report", "column": "", "text": text}] if text else []
        answers.append([one.answer, json.dumps(reasons, ensure_ascii=False), at, number])
    db.cursor().executemany(_ANSWER, answers)
    return counts
