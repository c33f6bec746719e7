"""What is proposed: standing settlements of a person that would come out otherwise now. Nothing is rewritten.

It follows from what stands: from sums that moved before a settlement, and from what the register has learned since.
Proposals of a person are worked out anew whenever one of these changed; one that says the same stays as it is.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from doudi.adjudication import Adjudication
from doudi.errors import Fault, Faulty
from doudi.proposal import Amounts, Change, MovedSum, Proposal
from doudi.proposals import amounts_of
from doudi.source_text import Value
from doudi.wire.settlements import proposal_json
from doudi_web.settlement import tables
from doudi_web.settlement.assessing import Ready
from doudi_web.settlement.entitled import with_register
from doudi_web.settlement.replaying import Stored, fen
from doudi_web.settlement.standing import Key, Later, standing, sums_now
from doudi_web.tenancy.clock import now, told

_SEVERAL = 2
LEARNED = "register"
"""The cause of a proposal that rests on what the register has learned."""


@dataclass(frozen=True, slots=True)
class Due:
    """A standing settlement that would come out otherwise: what it comes to now, or the faults of its bill."""

    later: Later
    causes: tuple[str, ...]
    sums: dict[Key, int]
    person: Mapping[str, Value] | None
    """What the register knows of the person, where it has learned something."""
    ready: Ready | None
    found: Adjudication | None
    faults: tuple[Fault, ...]

    @property
    def stored(self) -> Stored:
        return self.later.stored

    def json(self) -> dict[str, Any]:
        """The proposal as the contract's JSON, without its number and state."""
        one, found = self.stored, self.found
        recorded, amended = recorded_amounts(one), None if found is None else amounts_of(found)
        moved = [
            MovedSum(name, name, saw, self.sums[owner, year, name])
            for (owner, year, name), saw in self.later.saw.items()
            if saw != self.sums[owner, year, name]
        ]
        made = Proposal(
            one.visit, one.person, one.result["settled"], one.sequence, self.causes, recorded, amended,
            None if amended is None else Change.between(recorded, amended), tuple(moved), self._text(),
            "fault" if self.faults else None, self.faults,
        )  # fmt: skip
        return {"settlement_id": str(one.id), "facility": one.facility, **proposal_json(made)}

    def _text(self) -> str:
        visits = [cause for cause in self.causes if cause != LEARNED]
        said = ["登记以后知道的情况"] if LEARNED in self.causes else []
        said += [f"就诊 {'、'.join(visits)} "] if visits else []
        cause = "和".join(said) or "市里给的累计"
        if self.faults:
            return f"{cause}使这一次的依据变了，这次的账单现在不能结算：见 faults。"
        return f"{cause}使这一次的依据变了，重新结算后金额不同。"

    def digest(self) -> bytes:
        """What tells this proposal from another one of the same settlement: what would be posted."""
        told = self.json()
        said = {key: told.get(key) for key in ("recorded", "amounts", "changes", "faults")}
        moved = {} if self.found is None else _moved(self.stored, self.found)
        said["adds"] = sorted([*key, amount] for key, amount in moved.items())
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def recorded_amounts(one: Stored) -> Amounts:
    """Who pays what by a settlement's answer."""
    result = one.result
    control = result["control"]
    return Amounts(
        fen(result["total"]), {name: fen(amount) for name, amount in result["payments"].items()},
        fen(result["hospital"]), fen(result["patient"]), 0 if control is None else fen(control["excess"]),
        result["pack"], result["fingerprint"],
    )  # fmt: skip


def due(db: "psycopg.Connection[tables.Row]", person: str) -> list[Due]:
    """The settlements of a person that would come out otherwise, in the order; each as if those before it were
    settled anew already. What was refused stands as it is, and so it does before those behind it.

    The caller holds the person's lock."""
    found: list[Due] = []
    refused = _refused(db, person)
    pending: defaultdict[Key, int] = defaultdict(int)
    causes: dict[Key, dict[str, None]] = {}
    known = _known(db, person)
    for later in standing(db, person):
        one = later.stored
        learned = _learned(one, known)
        if not later.moved and learned is None and not any(pending[key] for key in later.saw):
            continue
        now_ = sums_now(db, one, later.saw)
        sums = {key: max(0, amount + pending[key]) for key, amount in now_.items()}
        if sums == later.saw and learned is None:
            continue
        made = _again(later, sums, learned)
        because: dict[str, None] = {}
        for key in _telling(later, sums, made):
            because |= {**later.causes.get(key, {}), **causes.get(key, {})}
        if learned is not None:
            because[LEARNED] = None
        made = replace(made, causes=tuple(because))
        moved = {} if made.found is None else _moved(one, made.found)
        if made.found is not None and not moved and not _changes(one, made.found):
            continue
        if refused.get(one.id) == made.digest():
            continue
        for key, amount in moved.items():
            pending[key] += amount
            causes.setdefault(key, {}).update(because)
        found.append(made)
    return found


def _telling(later: Later, sums: dict[Key, int], made: Due) -> list[Key]:
    """The sums that moved and change an amount, each looked at alone; all that moved where it takes several."""
    moved = [key for key, amount in sums.items() if amount != later.saw[key]]
    if made.found is None or len(moved) < _SEVERAL:
        return moved
    whole = amounts_of(made.found)
    alone = {key: _again(later, {**sums, key: later.saw[key]}, made.person).found for key in moved}
    telling = [key for key, found in alone.items() if found is None or amounts_of(found) != whole]
    return telling or moved


def _again(later: Later, sums: dict[Key, int], learned: Mapping[str, Value] | None) -> Due:
    rows = [(*key, amount) for key, amount in sums.items()]
    try:
        ready = later.stored.again(rows, person=learned)
        return Due(later, (), sums, learned, ready, ready.settled(), ())
    except Faulty as error:
        return Due(later, (), sums, learned, None, None, error.faults)


def _changes(one: Stored, found: Adjudication) -> bool:
    amended = amounts_of(found)
    return amended is not None and bool(Change.between(recorded_amounts(one), amended))


def _moved(one: Stored, found: Adjudication) -> dict[Key, int]:
    """By how much more, or less, it adds to each sum."""
    was: dict[Key, int] = {}
    for owner, year, name, before in one.sums():
        told = one.result["accumulators" if year else "episode_accumulators"][name]
        was[owner, year, name] = fen(told["after"]) - before
    person, stay = found.accumulators, found.episode_accumulators
    adds = {
        key: after - before
        for key in was
        for before, after in [(person if key[1] else stay).get(key[2], (0, 0))]
    }
    return {key: adds[key] - amount for key, amount in was.items() if adds[key] != amount}


def _known(db: "psycopg.Connection[tables.Row]", person: str) -> tables.Standing:
    asked = {"client": "", "message": "", "visit": "", "person": person, "facility": ""}
    return tables.look(db, (), asked, None)


def _learned(one: Stored, known: tables.Standing) -> Mapping[str, Value] | None:
    """What the register says of the person of a settlement by now, where that is something else than it said then.

    None where the pack lets what is learned later work forward only.
    """
    if known.person is None:
        return None
    was = one.evidence["register"]
    made = with_register(one.evidence["bill"], known.person, known.facts, None, one.settled)
    person = made.bill["person"]
    if was["known"] and (json.loads(json.dumps(person)) == was["person"] or not one.reopens()):
        return None
    return person


_OPEN = """
SELECT id, settlement, digest FROM settlement_proposal WHERE person = %s AND kind = 'adjust' AND state = 'open'
"""
_DECIDED = """
SELECT DISTINCT ON (settlement) settlement, state, digest FROM settlement_proposal
WHERE person = %s AND kind = 'adjust' AND state IN ('approved', 'refused') ORDER BY settlement, id DESC
"""
_INSERT = """
INSERT INTO settlement_proposal
  (kind, settlement, visit, person, facility, digest, says, state, made, decided_by, reason)
VALUES ('adjust', %s, %s, %s, %s, %s, %s, 'open', %s, '', '')
"""
_TELL = "UPDATE settlement_proposal SET says = %s WHERE id = %s"
_SUPERSEDE = "UPDATE settlement_proposal SET state = 'superseded', decided = %s WHERE id = ANY(%s)"


def propose(db: "psycopg.Connection[tables.Row]", person: str) -> list[Due]:
    """Bring the open proposals of a person up to what stands now; what was refused is not proposed once more.

    The caller holds the person's lock, and commits.
    """
    found, at = due(db, person), now()
    opened = {
        settlement: (n, bytes(d)) for n, settlement, d in db.execute(_OPEN, [person]).fetchall()
    }
    gone = {number for number, _ in opened.values()}
    for one in found:
        digest, stored = one.digest(), one.stored
        number, before = opened.get(stored.id, (0, b""))
        if digest == before:
            gone.discard(number)
            db.execute(_TELL, [Jsonb(one.json()), number])
        else:
            db.execute(
                _INSERT,
                [
                    stored.id,
                    stored.visit,
                    stored.person,
                    stored.facility,
                    digest,
                    Jsonb(one.json()),
                    at,
                ],
            )
    if gone:
        db.execute(_SUPERSEDE, [at, sorted(gone)])
    return found


def _refused(db: "psycopg.Connection[tables.Row]", person: str) -> dict[int, bytes]:
    """The settlements of which a proposal was refused last, with what it said."""
    rows = db.execute(_DECIDED, [person]).fetchall()
    return {settlement: bytes(d) for settlement, state, d in rows if state == "refused"}


def forget(db: "psycopg.Connection[tables.Row]", settlement: int) -> None:
    """Of a settlement that stands no more nothing is to be decided."""
    db.execute(
        "UPDATE settlement_proposal SET state = 'superseded', decided = %s"
        " WHERE settlement = %s AND state = 'open'",
        [now(), settlement],
    )


def erase(db: "psycopg.Connection[tables.Row]", person: str) -> None:
    """Take away what was proposed of a person; what was decided stays in the audit log, the rest in the ledger."""
    db.execute("DELETE FROM settlement_proposal WHERE person = %s", [person])


SHOWN = """
SELECT id, kind, state, says, made, decided, decided_by, reason, became FROM settlement_proposal
"""


def open_of(db: "psycopg.Connection[tables.Row]", person: str) -> list[dict[str, Any]]:
    """The open proposals of a person, as answers tell them."""
    rows = db.execute(f"{SHOWN} WHERE person = %s AND state = 'open' ORDER BY id", [person])
    return [said(row) for row in rows.fetchall()]


_FIRST = ("person", "visit_id", "facility", "settlement_id", "text", "causes", "changes")
"""What is told first of a proposal; the database does not keep the order of keys."""


def said(row: Sequence[Any]) -> dict[str, Any]:
    """A proposal as answers tell it."""
    number, kind, state, stored, made, decided, by, reason, became = row
    says = json.loads(stored)
    answer = {
        "proposal_id": str(number),
        "kind": kind,
        "state": state,
        **{key: says[key] for key in _FIRST if key in says},
        **says,
        "made": told(made),
    }
    if decided is not None:
        answer |= {"decided": told(decided), "decided_by": by, "decision": reason}
    return answer | ({"became": str(became)} if became is not None else {})
