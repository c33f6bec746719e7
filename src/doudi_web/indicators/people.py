"""People by township, as the register has them today: who is poor, has a family doctor, is insured for care."""

from typing import LiteralString

import psycopg

from doudi.dates import CHINA
from doudi_web.indicators.facts import ordinary
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now

CARE = "long_term_care_insured"
"""The attribute of a person that says whether they are insured for long-term care (true, false)."""
AT_SIGHT = 20_000
"""Persons that somebody who opens the page waits for to be counted."""

_COUNT: LiteralString = """
INSERT INTO indicators_people (township, persons, poor, poor_with_doctor, care_insured, care_not)
SELECT left(coalesce(p.village_id, h.village_id, p.district_id || '000'), 9), count(*),
  count(*) FILTER (WHERE x.poor), count(*) FILTER (WHERE x.poor AND x.doctor),
  count(*) FILTER (WHERE p.attributes ->> %(care)s = 'true'),
  count(*) FILTER (WHERE p.attributes ->> %(care)s = 'false')
FROM register_person p LEFT JOIN register_household h ON h.code = p.household_id
LEFT JOIN (
  SELECT f.person_id, bool_or(f.kind = 'standing' AND NOT f.code = ANY(%(ordinary)s)) AS poor,
    bool_or(f.kind = 'doctor') AS doctor
  FROM register_fact f WHERE f.superseded IS NULL AND f.kind IN ('standing', 'doctor')
    AND f.valid_from <= %(day)s AND (f.valid_to IS NULL OR %(day)s < f.valid_to) GROUP BY 1) x ON x.person_id = p.id
WHERE p.withdrawn IS NULL AND (p.died IS NULL OR %(day)s < p.died)
  AND (p.moved_out IS NULL OR %(day)s < p.moved_out)
GROUP BY 1
"""
_MARK: LiteralString = """
SELECT s.people_import, s.people_day, (SELECT coalesce(max(id), 0) FROM register_import), s.people_as_of
FROM indicators_state s
"""


def count_people(db: "psycopg.Connection[tables.Row]", *, at_sight: bool = False) -> None:
    """Count anew where the register moved, or the day did; at sight only where that is soon done."""
    today = now().astimezone(CHINA).date()
    row = db.execute(_MARK).fetchone()
    if row is None or (row[0] == row[2] and row[1] == today):
        return
    if at_sight:
        few = db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM register_person LIMIT %s) p", [AT_SIGHT + 1]
        )
        if (few.fetchone() or (0,))[0] > AT_SIGHT:
            return
    asked = {"care": CARE, "ordinary": sorted(ordinary()), "day": today}
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        db.execute("DELETE FROM indicators_people")
        db.execute(_COUNT, asked)
        db.execute("UPDATE indicators_state SET people_import = %s, people_day = %s, people_as_of = %s",
                   [row[2], today, now()])  # fmt: skip


_LOCK = 0x70656F70  # one counts at a time
