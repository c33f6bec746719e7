"""What a running visit would come to if an item stood for another code: its share, what the patient and others pay.

Computed by the engine on what the database knows now, as a pre-check is; nothing is written but who looked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from doudi.dates import CHINA, Span
from doudi.errors import Fault, Faulty
from doudi.mapping import NOTHING_MAPPED, CodeMap, Mapped
from doudi.money import share_text, yuan
from doudi.precheck.check import left_open
from doudi.precheck.what_if import WhatIf
from doudi.source_text import Document
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record_each, subject_of
from doudi_web.matching.queue import Item, found_item, in_catalogue
from doudi_web.policy.rules import Rules, generation, rules
from doudi_web.settlement import looking, running, tables
from doudi_web.settlement.asked import keys_of
from doudi_web.settlement.assessing import Ready, ready
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

SHOWN = 5
"""Visits that are computed; of all only how many there are is told."""
CODES = 6
"""Codes that are tried at a time."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a visit comes to; shares in parts of 10,000, amounts in fen. A range where lines are still open."""

    status: str | None
    share: tuple[int, int] | None
    patient: tuple[int, int] | None
    hospital: int
    floor: int
    total: int
    open_lines: int

    def json(self) -> dict[str, Any]:
        """The figures as answers tell them."""
        return {
            "status": self.status,
            "share": _range(self.share, share_text),
            "patient": _range(self.patient, yuan),
            "hospital": yuan(self.hospital),
            "floor": yuan(self.floor),
            "total": yuan(self.total),
            "open_lines": self.open_lines,
        }


@dataclass(frozen=True, slots=True)
class Effect:
    """A running visit as it stands and with each code; faults where it cannot be settled so."""

    visit: str
    person: str
    before: Figures | tuple[Fault, ...]
    after: Mapping[str, Figures | tuple[Fault, ...]]

    def json(self) -> dict[str, Any]:
        """The effect as answers tell it."""
        return {
            "visit_id": self.visit,
            "person": self.person,
            "before": _told(self.before),
            "after": {code: _told(one) for code, one in self.after.items()},
        }


@dataclass(frozen=True, slots=True)
class Effects:
    """An item's effects: of how many visits, and on the first of them."""

    item: Item
    since: date
    codes: tuple[str, ...]
    visits: int
    shown: tuple[Effect, ...]

    def json(self) -> dict[str, Any]:
        """The effects as answers tell them."""
        return {
            "item": self.item.number, "from": self.since.isoformat(), "codes": list(self.codes),
            "visits": self.visits, "effects": [one.json() for one in self.shown],
        }  # fmt: skip


_VISITS = """
SELECT v.visit, min(l.day), sum(l.amount), count(*) OVER ()
FROM matching_line l JOIN settlement_feeline f ON f.id = l.feeline AND f.withdrawn IS NULL
JOIN settlement_visit v ON v.id = l.visit AND v.settled IS NULL
WHERE l.item = %s GROUP BY v.id, v.visit ORDER BY sum(l.amount) DESC, v.id LIMIT %s
"""


def effects(
    actor: Actor, number: int, codes: Sequence[str] = (), since: date | None = None
) -> Effects:
    """What each code would make of the running visits that the item stands in, those with most of it first.

    Without codes, of what is most like the item. `since` is the day from which it would stand for the code; the
    first day on which it was charged where none is told. Raises Refusal 403, 404, 422.
    """
    for act in (Act.MATCHING_READ, Act.PRECHECK):
        actor.must(act)
    db = tables.driver()
    item = found_item(db, actor, Act.PRECHECK, number)
    rows = db.execute(_VISITS, [number, SHOWN]).fetchall()
    ruling, today = rules(generation()), now().astimezone(CHINA).date()
    first = since or min((day for _, day, *_ in rows if day is not None), default=today)
    tried = tuple(dict.fromkeys(codes))[:CODES] or tuple(one.code for one in item.suggestions[:3])
    for code in tried:
        in_catalogue(ruling.catalogue, code, {first, max(first, today)})
    ways = {code: with_code(ruling, item, code, first) for code in tried}
    shown = tuple(_effect(actor, item, visit, ruling, ways) for visit, *_ in rows)
    with db.transaction():
        each = ((subject_of(one.person), {"visit": one.visit, "item": number}) for one in shown)
        record_each(actor, "matching.effects", each)
    return Effects(item, first, tried, rows[0][3] if rows else 0, shown)


def with_code(ruling: Rules, item: Item, code: str, since: date) -> Rules:
    """The rules if the hospital's item stood for a code from a day on."""
    mapping = ruling.mappings.get(item.facility, NOTHING_MAPPED)
    before = (
        one if one.span.end is not None and one.span.end <= since else
        replace(one, span=Span(one.span.start, since))
        for one in mapping.by_code.get(item.code, ())
        if one.span.start < since
    )  # fmt: skip
    entries = (*before, Mapped(item.code, code, Span(since, None), item.name))
    amended = CodeMap({**mapping.by_code, item.code: entries})
    return replace(ruling, mappings={**ruling.mappings, item.facility: amended})


def _effect(
    actor: Actor, item: Item, visit_id: str, ruling: Rules, ways: Mapping[str, Rules]
) -> Effect:
    visit = running.found(tables.driver(), actor, Act.PRECHECK, visit_id, item.facility)
    bill = running.bill_of(visit)
    document, keys = Document("visit", bill), keys_of(bill)
    stood, place = looking.stands(actor, bill, keys, action=None)

    def settled(by: Rules) -> Figures | tuple[Fault, ...]:
        try:
            return _figures(ready(document, bill, keys, stood, place, running_bill=True, ruling=by))
        except (Faulty, Refusal) as refused:
            return tuple(refused.faults)

    after = {code: settled(by) for code, by in ways.items()}
    return Effect(visit.id, visit.person, settled(ruling), after)


def _figures(made: Ready) -> Figures:
    """A bill's amounts. Raises Faulty."""
    found = made.settled(drafts=True)
    claim = replace(made.claim, drafts=())
    what_if = WhatIf(made.running, claim, made.book)
    rows = what_if.sums_of_each(claim.lines)
    left = left_open(what_if, claim.lines, rows, set(claim.undecided))
    control = found.control
    share = None if control is None else (control.share, control.share)
    patient: tuple[int, int] | None = (found.patient, found.patient)
    if left is not None:
        share = None if control is None else left.share
        patient = left.patient
    return Figures(
        None if control is None else control.status, share, patient, found.hospital,
        found.payments.get("floor", 0), found.total, len(claim.undecided),
    )  # fmt: skip


def _told(one: Figures | Iterable[Fault]) -> dict[str, Any]:
    if isinstance(one, Figures):
        return {"figures": one.json(), "faults": []}
    return {"figures": None, "faults": [fault_json(found) for found in one]}


def _range(of: tuple[int, int] | None, told: Any) -> dict[str, str] | None:
    return None if of is None else {"least": told(of[0]), "most": told(of[1])}
