"""What an export would hold if it were made now: counts, and what would be held back and why. Nothing is kept."""

from collections.abc import Mapping
from typing import Any

from doudi_web.exchange.exporting import Asked, Progress
from doudi_web.exchange.judging import HELD_BACK, STATES, Judging
from doudi_web.exchange.profiles import Profile
from doudi_web.exchange.reading import AT_ONCE, Reading, Wanted
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

SHOWN = 200
"""Rows that would be held back and are named, by their settlements; all are counted by cause."""


def look(actor: Actor, profile: Profile, asked: Asked, progress: Progress) -> dict[str, Any]:
    """Counts of what an export would write, take back, hold back and leave out. Raises Refusal 403."""
    actor.must(Act.EXPORT)
    encoding = asked.encoding or profile.form.encoding
    wanted = Wanted(profile.name, f"{profile.digest} {encoding}", asked.whole, asked.rejected)
    judging = Judging(profile, encoding, whole=asked.whole, rejected=asked.rejected)
    counts: dict[str, int] = dict.fromkeys(STATES, 0)
    causes: dict[tuple[str, str], int] = {}
    held: list[Mapping[str, Any]] = []
    db = tables.driver()
    with db.transaction(force_rollback=True):
        reading = Reading(db, wanted)
        progress(0, reading.count)
        for seen, one in enumerate(reading.each(), 1):
            found = judging.judge(one)
            counts[found.state] += 1
            if found.state == HELD_BACK:
                for failed in found.failed:
                    cause = failed.check, failed.column
                    causes[cause] = causes.get(cause, 0) + 1
                if len(held) < SHOWN:
                    reasons = [failed.json() for failed in found.failed]
                    held.append({"settlement_id": str(one.facts.settlement), "visit_id": one.facts.visit,
                                 "facility": one.facts.facility, "reasons": reasons})  # fmt: skip
            if seen % AT_ONCE == 0:
                progress(seen, reading.count)
        progress(reading.count, reading.count)
    return {
        "profile": profile.name, "profile_sm3": profile.digest, "at": told(now()), "all": asked.whole,
        "rejected": asked.rejected, **counts, "held": held,
        "causes": [{"check": check, "column": column, "rows": rows}
                   for (check, column), rows in sorted(causes.items(), key=lambda item: -item[1])],
    }  # fmt: skip
