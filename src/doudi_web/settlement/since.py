"""What came to a settlement since it was answered: reversed, sealed, replaced; what its patient is not asked."""

import json
from collections.abc import Sequence
from typing import Any, LiteralString

from doudi.money import yuan
from doudi_web.settlement.replaying import fen

RELIEFS: LiteralString = """
  (SELECT json_agg(json_build_array(e.account, e.amount) ORDER BY e.id) FROM settlement_entry e
   JOIN settlement_posting p ON p.id = e.posting
   WHERE p.settlement = s.id AND p.kind = 'relief' AND e.amount > 0)
"""
"""SQL: who bears how many fen of a settlement `s` in the place of its patient."""

COLLECT: LiteralString = """
  (SELECT c.says ->> 'amount' FROM settlement_proposal c
   WHERE c.settlement = s.id AND c.kind = 'collect' AND c.state = 'open')
"""
"""SQL: what the patient of a settlement `s` is asked for in addition only where somebody approves."""

IS_REVERSED: LiteralString = """
  (SELECT p.id FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') IS NOT NULL
"""
"""SQL: whether a settlement `s` was reversed, looked up for each row that is shown: an EXISTS may be answered by
reading every reversal there is."""

SINCE: LiteralString = f"""
  {IS_REVERSED},
  (SELECT p.id FROM settlement_posting p JOIN settlement_node n ON n.posting = p.id
   WHERE p.settlement = s.id AND p.kind = 'settle') IS NOT NULL,
  (SELECT min(n.id) FROM settlement_settlement n WHERE n.visit = s.visit AND n.facility = s.facility
     AND n.sequence = s.sequence AND n.id > s.id),
  {COLLECT},
  {RELIEFS}
"""
"""SQL: all that came since, as `as_it_stands` takes it."""


def as_it_stands(result: str, *since: Any) -> dict[str, Any]:
    """An answer as it stands now: who pays what after all, and what came to it.

    `asked` is what the patient is asked for, where something waits for a decision or others bear a part."""
    is_reversed, is_sealed, replaced_by, collect, reliefs = since
    told = relieved(json.loads(result), reliefs)
    told |= {"sealed": is_sealed, "reversed": is_reversed}
    told |= {} if replaced_by is None else {"replaced_by": str(replaced_by)}
    told |= {} if collect is None else {"collect": collect}
    if not is_reversed and (collect or reliefs):
        told["asked"] = _more(told["patient"], 0 if collect is None else -fen(collect))
    return told


def relieved(told: dict[str, Any], reliefs: Sequence[tuple[str, int]] | None) -> dict[str, Any]:
    """An answer with what others bear in the place of the patient.

    >>> relieved({"patient": "4.00", "hospital": "0.00", "payments": {"floor": "1.00"}}, [("fund:floor", 300)])
    {'patient': '1.00', 'hospital': '0.00', 'payments': {'floor': '4.00'}, 'relief': {'floor': '3.00'}}
    """
    if not reliefs:
        return told
    payments: dict[str, str] = dict(told["payments"])
    hospital, patient, by = told["hospital"], told["patient"], dict[str, str]()
    for account, amount in reliefs:
        kind, _, name = account.partition(":")
        if kind == "fund":
            payments[name] = _more(payments.get(name, "0.00"), amount)
        else:
            hospital = _more(hospital, amount)
        patient = _more(patient, -amount)
        bearer = name if kind == "fund" else kind
        by[bearer] = _more(by.get(bearer, "0.00"), amount)
    return {**told, "payments": payments, "hospital": hospital, "patient": patient, "relief": by}


def _more(amount: str, more: int) -> str:
    return yuan(fen(amount) + more)
