"""The audit: three figures over all standing settlements, in one snapshot and bounded memory; each run is kept."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import transaction

from doudi.version import VERSION
from doudi_web.audit_log.actions import record
from doudi_web.oversight.audited import ALL, COUNT, Audited, Range, audited, values_of
from doudi_web.oversight.judging import Judge
from doudi_web.oversight.mismatches import Cause, Mismatch, Of, Tally
from doudi_web.oversight.models import Audit, Finding
from doudi_web.oversight.registered import History
from doudi_web.oversight.sources import Sources
from doudi_web.settlement import tables
from doudi_web.settlement.findings import streamed
from doudi_web.settlement.verify_rows import SUMS
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]
Progress = Callable[[int, int], None]

KEPT = 10_000
"""Mismatches that an audit tells and keeps; all are counted."""


@dataclass(slots=True)
class Made:
    """The three figures, and the mismatches that are told."""

    tallies: dict[Of, Tally] = field(default_factory=lambda: {of: Tally() for of in Of})
    erased: int = 0
    done: int = 0
    count: int = 0
    mismatches: list[Mismatch] = field(default_factory=list[Mismatch])

    def add(self, judge: Judge, one: Audited) -> None:
        """One more settlement."""
        self.done += 1
        if one.is_erased:
            self.erased += 1
            return
        found = judge.judge(one)
        for of, is_matched in (
            (Of.LIMITS, found.limits), (Of.AGREEMENT, found.agreement), (Of.REPLAY, found.replay)
        ):  # fmt: skip
            if is_matched is not None:
                self.tallies[of].add(is_matched=is_matched)
        self.count += len(found.found)
        self.mismatches += found.found[: max(KEPT - len(self.mismatches), 0)]


_OFF = f"""
SELECT of, owner, year, name, stated, before FROM (
  SELECT p.settlement AS of, x.owner, x.year, x.name, x.before, s.result::json
      -> CASE WHEN left(x.owner, 2) = 'p:' THEN 'accumulators' ELSE 'episode_accumulators' END
      -> x.name ->> 'before' AS stated
  FROM ({SUMS}) x(posting, id, owner, year, name, amount, settlement, placed, before)
  JOIN settlement_posting p ON p.id = x.posting AND p.kind = 'settle'
  JOIN settlement_settlement s ON s.id = p.settlement AND s.result IS NOT NULL) seen
WHERE replace(coalesce(stated, '0.00'), '.', '')::bigint <> before
"""
"""Sums that a settlement saw before it, and that are not what openings and entries come to before its place."""


def audit(actor: Actor, of: Range, progress: Progress | None = None) -> Json:
    """Audit the standing settlements of a range, and keep the audit: as it is told. Raises Refusal 403, 422."""
    actor.must(Act.OVERSIGHT_WRITE)
    if of.start is not None and of.end is not None and of.start >= of.end:
        raise Refusal.of(
            422, "F302", "from", earlier="from", earlier_value=told(of.start), later="to",
            later_value=told(of.end),
        )  # fmt: skip
    begun, db = now(), tables.driver()
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        made = _made(db, of, progress or _quiet)
        found = _with_defects(db, made.mismatches)
    figures = {
        **{name.value: tally.json() for name, tally in made.tallies.items()},
        "settlements": made.done,
        "erased": made.erased,
        "count": made.count,
    }
    with transaction.atomic():
        kept = Audit.objects.create(
            begun=begun, ended=now(), actor=actor.key, program=VERSION, start=of.start, end=of.end,
            facility=of.facility, figures=figures,
        )  # fmt: skip
        listed = [
            Finding(audit=kept, settlement=one.settlement, content=one.json()) for one in found
        ]
        Finding.objects.bulk_create(listed, batch_size=1_000)
        answer = audit_json(kept, [one.content for one in listed])
        detail = {**figures, "digest": hashlib.sha256(_text(answer)).hexdigest()}
        record(actor, "audits.run", f"audit:{kept.pk}", detail=detail)
    return answer


def _quiet(done: int, of: int) -> None:
    """Nobody watches."""


def _text(answer: Json) -> bytes:
    return json.dumps(answer, ensure_ascii=False, sort_keys=True).encode()


def _made(db: "psycopg.Connection[tables.Row]", of: Range, progress: Progress) -> Made:
    counted = db.execute(COUNT, values_of(of)).fetchone()
    assert counted is not None
    made = Made()
    if not counted[0]:
        return made
    history = History(db)
    judge = Judge(history, Sources(db), _sums_off(db))
    for batch in audited(db, of, 0, ALL):
        history.read(one.person for one in batch)
        for one in batch:
            made.add(judge, one)
        progress(made.done, counted[0])
    return made


def _sums_off(db: "psycopg.Connection[tables.Row]") -> Mapping[int, Sequence[tables.Row]]:
    found: dict[int, list[tables.Row]] = {}
    with streamed(db, "off", _OFF) as rows:
        for settlement, *row in rows:
            found.setdefault(settlement, []).append(tuple(row))
    return found


_DEFECTS = """
SELECT t.settlement, d.name, d.engines::json FROM oversight_touched t JOIN oversight_defect d ON d.id = t.defect_id
WHERE t.settlement = ANY(%s) ORDER BY d.id
"""
_EXPLAINED = frozenset({Cause.ENGINE, Cause.LIMIT, Cause.EXCESS, Cause.CONSERVATION})
"""What a defect of the program can bring about."""


def _with_defects(
    db: "psycopg.Connection[tables.Row]", found: Iterable[Mismatch]
) -> list[Mismatch]:
    """Beside each mismatch the known defects of the version that settled it which touched the settlement."""
    listed = list(found)
    known: dict[tuple[int, str], list[str]] = {}
    asked = [[one.settlement for one in listed if one.cause in _EXPLAINED]]
    for settlement, name, engines in db.execute(_DEFECTS, asked):
        for engine in engines:
            known.setdefault((settlement, engine), []).append(name)
    return [
        one.known(tuple(known.get((one.settlement, one.engine), ())))
        if one.cause in _EXPLAINED
        else one
        for one in listed
    ]


def audit_json(audit: Audit, mismatches: Sequence[Json]) -> Json:
    """An audit as it is told: the three figures, what was looked at, and every mismatch that was kept."""
    figures = audit.figures
    return {
        **{name.value: figures[name.value] for name in Of},
        "mismatches": list(mismatches),
        "count": figures["count"],
        "settlements": figures["settlements"],
        "erased": figures["erased"],
        "id": audit.pk,
        "begun": told(audit.begun),
        "ended": told(audit.ended),
        "by": audit.actor,
        "program": audit.program,
        "from": told_or_none(audit.start),
        "to": told_or_none(audit.end),
        "facility": audit.facility or None,
    }
