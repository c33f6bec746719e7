"""What an act would do to the ledger, before it is done: it is done for once, read, and taken back.

Nothing of it is written but who looked. So a preview is what is then done, to the fen, where nothing moved between;
numbers that were taken for it are told nobody, and taken by nobody else.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psycopg

from doudi.money import yuan
from doudi.source_text import Document
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import answering, correcting, proposing, reversing, tables, visits
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import mapping
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.selectors import as_stands
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]

PAYS = ("total", "payments", "hospital", "patient")
"""Who pays what, in an answer."""
_OURS = ("settlement_id", "sealed", "replaces", "corrects")
"""What an answer says of a settlement that has a number."""


_ACTS = {
    "settle": Act.SETTLE, "correct": Act.CORRECT, "answer": Act.ANSWER, "reverse": Act.REVERSE,
}  # fmt: skip


def settling(actor: Actor, visit: str, document: Document, facility: str | None) -> Json:
    """What settling a running visit would come to. Raises Refusal as `settle_visit`; nothing is quarantined."""
    asked = _with_message(document)
    return _previewed(
        actor, "settle", None, lambda: visits.settle_visit(actor, visit, asked, facility)
    )


def correction(actor: Actor, settlement: int, document: Document) -> Json:
    """What a correction would post and propose. Raises Refusal as `correcting.correct`."""
    asked = _with_message(document)
    return _previewed(
        actor, "correct", settlement, lambda: correcting.correct(actor, settlement, asked)
    )


def answer(actor: Actor, settlement: int, document: Document) -> Json:
    """What taking the platform's answer would post. Raises Refusal as `answering.answer`."""
    asked = _with_message(document)
    return _previewed(
        actor, "answer", settlement, lambda: answering.answer(actor, settlement, asked)
    )


def reversal(actor: Actor, settlement: int, reason: str) -> Json:
    """What undoing a settlement would post and propose. Raises Refusal as `reversing.reverse`."""
    return _previewed(
        actor, "reverse", settlement,
        lambda: reversing.reverse(actor, settlement, _message(), reason),
    )  # fmt: skip


def _message() -> str:
    """A message id that nobody else uses: what was done under one is never mistaken for what was looked at."""
    return f"preview:{uuid.uuid4().hex}"


def _with_message(document: Document) -> Document:
    stated = document.value
    if not isinstance(stated, dict):
        return document
    return replace(document, value={**mapping(stated), "message_id": _message()})


def _previewed(actor: Actor, name: str, settlement: int | None, act: Callable[[], Answer]) -> Json:
    """Do it, read what it came to, take it back; then say who looked."""
    actor.must(_ACTS[name])
    db = tables.driver()
    with db.transaction(force_rollback=True):
        before = None if settlement is None else as_stands(db, settlement)
        opened = {} if before is None else _opened(db, str(before["person"]))
        told = json.loads(act().text)
        made = told.get("settlement", told) if name != "reverse" else None
        person = str((before or made or {})["person"])
        found = {
            "before": None if before is None else _pays(before),
            "after": None if made is None else _pays(made),
            "changes": _changes(before, made),
            "patient": _patient(told, made),
            "settlement": None if made is None else _without_numbers(made),
            "proposals": _proposals(opened, proposing.open_of(db, person)),
        }
    detail = {"settlement": settlement, "visit": None if made is None else made["visit_id"]}
    record(actor, f"{name}.preview", subject_of(person), detail=detail)
    return found


def _opened(db: "psycopg.Connection[tables.Row]", person: str) -> dict[str, Json]:
    return {one["proposal_id"]: one for one in proposing.open_of(db, person)}


def _proposals(before: Mapping[str, Json], after: list[Json]) -> Json:
    """What would be proposed, without numbers; which would stay open, which would no longer be open."""
    now = {one["proposal_id"] for one in after}
    new = [one for one in after if one["proposal_id"] not in before]
    return {
        "new": [_unnumbered(one) for one in new],
        "stay": sorted(now & set(before), key=int),
        "gone": sorted(set(before) - now, key=int),
    }


def _unnumbered(proposal: Json) -> Json:
    """A proposal that nobody has made: one to collect is of a settlement that has no number either."""
    gone = {"proposal_id", "state", "made"}
    gone |= {"settlement_id"} if proposal["kind"] == "collect" else set()
    return {key: value for key, value in proposal.items() if key not in gone}


def _pays(told: Mapping[str, Any]) -> Json:
    asked = told.get("asked", told["patient"])
    return {key: told[key] for key in PAYS} | {"asked": asked}


def _changes(before: Json | None, after: Json | None) -> Json:
    """Who pays more, or less, each by name; who pays the same is not named."""
    was, now = _amounts(before), _amounts(after)
    moved = {name: now.get(name, 0) - was.get(name, 0) for name in {**was, **now}}
    return {name: yuan(amount) for name, amount in moved.items() if amount}


def _amounts(told: Json | None) -> dict[str, int]:
    if told is None:
        return {}
    payments: dict[str, str] = told["payments"]
    named = {f"fund:{layer}": fen(amount) for layer, amount in payments.items()}
    return {
        "total": fen(told["total"]), **named, "hospital": fen(told["hospital"]),
        "patient": fen(told["patient"]),
    }  # fmt: skip


def _patient(told: Json, made: Json | None) -> Json:
    """What the patient was and would be asked for."""
    if "patient" in told and isinstance(told["patient"], dict):
        return {key: value for key, value in told["patient"].items() if key != "proposal_id"}
    assert made is not None, "only a first settlement says nothing of what was asked before"
    now = made["patient"]
    state = "collect" if fen(now) else "even"
    return {"asked": "0.00", "now": now, "difference": now, "state": state}


def _without_numbers(made: Json) -> Json:
    """The settlement as one that nobody has made: a first one has no place in the order yet."""
    kept = {key: value for key, value in made.items() if key not in _OURS}
    return kept if "replaces" in made else kept | {"sequence": 0}
