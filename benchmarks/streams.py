"""Gives settlements that were copied in bulk the running bills that were closed by them.

A hospital's system that sends fees one by one leaves of each visit its header, its lines, and of those that no item
of the catalogue stood for a note in the mapping queue. Each settlement without a visit gets one with two lines like
those of a visit that was settled in the demonstration, and each tenth of them such a note. Postings move to the
days on which their visits were settled, in the order of their numbers, the demonstration's own to a year before:
it posts its whole year on one day.
"""

import psycopg

_STATEMENTS = (
    """
INSERT INTO settlement_visit (visit, facility, person, header, opened, discharged, settled, moved)
SELECT DISTINCT ON (s.facility, s.visit) s.visit, s.facility, s.person, w.header, s.settled, s.settled, s.settled, 3
FROM settlement_settlement s, (SELECT header FROM settlement_visit WHERE settled IS NOT NULL ORDER BY id LIMIT 1) w
WHERE NOT EXISTS (SELECT FROM settlement_visit v WHERE v.facility = s.facility AND v.visit = s.visit)
""",
    """
INSERT INTO settlement_feeline (visit_id, line, content, added)
SELECT v.id, w.line, w.content, v.opened
FROM settlement_visit v, (
  SELECT row_number() OVER (ORDER BY f.id) AS line, f.content FROM settlement_feeline f
  JOIN settlement_visit v ON v.id = f.visit_id WHERE v.settled IS NOT NULL ORDER BY f.id LIMIT 2
) w
WHERE v.settled IS NOT NULL AND NOT EXISTS (SELECT FROM settlement_feeline f WHERE f.visit_id = v.id)
""",
    """
INSERT INTO matching_line (facility, item, what, visit, feeline, line, amount, day)
SELECT v.facility, i.id, 'unmapped', v.id, f.id, f.line, 1200, v.settled::date
FROM settlement_visit v
JOIN settlement_feeline f ON f.visit_id = v.id AND f.line = '1'
CROSS JOIN LATERAL (
  SELECT i.id FROM matching_item i WHERE i.facility = v.facility ORDER BY i.id OFFSET v.id % 10 LIMIT 1
) i
WHERE v.settled IS NOT NULL AND v.id % 10 = 0
ON CONFLICT DO NOTHING
""",
    """
UPDATE settlement_posting p
SET posted = m.at, month = to_char(m.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')
FROM settlement_settlement s,
  LATERAL (SELECT CASE WHEN s.visit LIKE '%~%' THEN s.settled ELSE '2018-12-31 08:00+08' END AS at) m
WHERE s.id = p.settlement
""",
    "VACUUM (ANALYZE) settlement_visit, settlement_feeline, matching_line, settlement_posting",
    "CHECKPOINT",
)


def stream(url: str) -> None:
    """Insert them into the database at that address; triggers rest meanwhile."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        database.execute("SET synchronous_commit = off")
        for statement in _STATEMENTS:
            database.execute(statement)
