"""The list among many: five thousand in twenty hospitals, beside visits that were settled long ago."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from desk.plans import recorded
from doudi_web.settlement import tables
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.wards import keeping, selectors
from doudi_web.wards.wanted import Sort, Tab, Wanted
from web.service import Service

SETTLED = int(os.environ.get("DOUDI_WARDS_SETTLED", "60000"))
RUNNING, HOSPITALS, LINES = 5_000, 20, 20
GROWING = ("settlement_", "register_person", "register_import", "review_", "audit_log_")
"""Tables that grow with visits or persons; facilities and what they were are a few dozen."""

_PERSONS = """
INSERT INTO register_person (id, birth_date, sex, ethnicity, district_id, attributes, name_digest, id_number)
SELECT 'M' || n, '1960-01-01', '', '', '500113', '{}', sha256(n::text::bytea), sha512(n::text::bytea)
FROM generate_series(1, %s) n RETURNING 1
"""
_VISITS = """
INSERT INTO settlement_visit (visit, facility, person, header, opened, settled)
SELECT 'V' || n, 'M' || n %% %s, 'M' || n %% 50000 + 1,
  '{"visit_id": "V", "kind": "inpatient", "admitted": "2026-11-01"}', now() - interval '9 days',
  CASE WHEN n > %s THEN now() - interval '5 days' END
FROM generate_series(1, %s) n RETURNING 1
"""
_FEES = """
INSERT INTO settlement_feeline (visit_id, line, content, added)
SELECT id, 'L' || n, '{"id": "L1"}', now() FROM settlement_visit, generate_series(1, %s) n
WHERE settled IS NULL RETURNING 1
"""
_ALERTS = """
INSERT INTO review_alert (visit, facility, cause, status, first, last, count, closed, says)
SELECT id, facility, 'x', 'exceeded', now(), now(), 1, settled, '{}' FROM settlement_visit
WHERE settled IS NOT NULL RETURNING 1
"""
_EVENTS = """
INSERT INTO review_event (visit, facility, kind, at, actor, role, reason, says)
SELECT id, facility, 'explained', now(), 'account:1', 'doctor', '抢救用药', '{}' FROM settlement_visit
WHERE settled IS NOT NULL RETURNING 1
"""
_POSTINGS = """
INSERT INTO settlement_posting
  (kind, settlement, client, message, posted, month, reason, parts, content, commitment)
SELECT CASE WHEN n %% 20 = 0 THEN 'reverse' ELSE 'settle' END, n - (n %% 20 = 0)::int, 'token:1', 'm' || n, now(),
  '2026-11', '', '', '', '' FROM generate_series(1, %s) n RETURNING 1
"""
_STAYS = """
INSERT INTO wards_stay (visit_id, ward, bed, doctor, version, changed, changed_by)
SELECT id, '科' || id %% 9, id %% 60, '', 1, now(), 'x' FROM settlement_visit WHERE settled IS NULL RETURNING 1
"""
_KEPT = """
INSERT INTO wards_kept (visit_id, visit, facility, person, kind, standing, standing_title, entitled, status, share,
  "limit", excess, total, measured, funds, hospital, floor, patient, unmapped, unmapped_amount, faults, needs, who,
  urgency, badness, as_of, moved, facility_state, generation, day, stay, alert, event, marks, marks_known, revision)
SELECT id, visit, facility, person, 'inpatient', 'dibao', '低保', id %% 4 > 0, 'within', id %% 1000, 1000,
  0, 10000, id %% 1000, 9000, 0, 0, 1000, 0, 0, '{}',
  CASE WHEN id %% 7 = 0 THEN '{over_limit}' ELSE '{}' END::text[], '{}', id %% 7, 3, now(), 0, 0, %s, %s, 1,
  0, 0, 0, 0, id
FROM settlement_visit WHERE settled IS NULL RETURNING 1
"""


@pytest.fixture(scope="module")
def many(service: Service) -> Service:
    """A district with everything that a list reads; nothing of it is old."""
    service.rows(
        "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('500113', '区', '') RETURNING 1"
    )
    service.facilities(*(f"M{n}" for n in range(HOSPITALS)))
    service.rows(_PERSONS, 50_000)
    service.rows(_VISITS, HOSPITALS, RUNNING, SETTLED + RUNNING)
    service.rows(_FEES, LINES)
    service.rows(_STAYS)
    service.rows(_POSTINGS, SETTLED)
    service.rows(_ALERTS)
    service.rows(_EVENTS)
    asked = keeping.bounds()
    service.rows(_KEPT, asked["generation"], asked["today"])
    with psycopg.connect(service.url, autocommit=True) as database:
        database.execute("ANALYZE")
    return service


def _scans(plan: Mapping[str, Any]) -> Iterator[str]:
    """Tables that grow with visits and are read whole."""
    name = str(plan.get("Relation Name", ""))
    if plan["Node Type"] == "Seq Scan" and name.startswith(GROWING):
        yield name
    for inner in plan.get("Plans", ()):
        yield from _scans(inner)


def whole(service: Service, statements: list[tuple[str, Any]]) -> list[str]:
    """What the planner reads whole of these, as the tables are now."""
    found: list[str] = []
    with psycopg.connect(service.url) as database:
        for sql, values in statements:
            row = database.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()  # pyright: ignore
            assert row is not None
            plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
            found += [f"{name}: {sql[:120]}" for plan in plans for name in _scans(plan["Plan"])]
    return found


OFFICE = Actor("account:1", Role.INSURANCE_OFFICE, "M3")


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(), Wanted(size=100, page=3), Wanted(tab=Tab.TO_DO, sort=Sort.SHARE), Wanted(query="V1", ward="科3"),
        Wanted(query="苗秀穗", everyone=True), Wanted(sort=Sort.WARD, standing="dibao"),
    ],
)  # fmt: skip
def test_a_hospitals_list_goes_by_indexes(many: Service, wanted: Wanted) -> None:
    with recorded() as asked:
        began = time.perf_counter()
        found = selectors.listed(OFFICE, wanted)
        seconds = time.perf_counter() - began
    assert found.running == RUNNING // HOSPITALS
    assert found.stale == found.unseen == 0
    assert len(asked.statements) <= 14, [sql[:80] for sql, _ in asked.statements]
    assert whole(many, asked.reading()) == []
    print(f"{wanted.tab} {wanted.sort} {seconds * 1000:.0f} ms")


def test_a_district_sees_all_in_as_many_statements(many: Service) -> None:
    with recorded() as asked:
        began = time.perf_counter()
        found = selectors.listed(Actor("account:2", Role.DISTRICT_ADMIN), Wanted())
        seconds = time.perf_counter() - began
    assert (found.running, len(found.rows)) == (RUNNING, 20)
    assert len(asked.statements) <= 14
    found_whole = {one.partition(":")[0] for one in whole(many, asked.reading())}
    assert found_whole <= {"register_person"}  # a tenth of them all is hashed
    print(f"district {seconds * 1000:.0f} ms")


def test_a_look_at_what_moved_goes_by_indexes(many: Service) -> None:
    db = tables.driver()
    with recorded() as asked:
        began = time.perf_counter()
        assert keeping.stale(db, None, keeping.bounds(), 50) == []
        assert keeping.stale(db, "M3", keeping.bounds(), 50) == []
        assert keeping.follow(db, None, keeping.bounds()) == 0
        assert keeping.follow(db, "M3", keeping.bounds()) == 0
        seconds = time.perf_counter() - began
    found = {one.partition(":")[0] for one in whole(many, asked.reading())}
    assert found <= {"register_person"}
    many.rows("UPDATE settlement_visit SET moved = 1 WHERE visit = 'V23' RETURNING 1")
    assert len(keeping.stale(db, "M3", keeping.bounds(), 50)) == 1
    print(f"stale {seconds * 1000:.0f} ms")


def test_what_moved_is_counted_by_an_index(many: Service) -> None:
    with recorded() as asked:
        assert selectors.moved_since(OFFICE, None, 10**12) == 0
        assert selectors.waiting_in(OFFICE) > 0
    assert whole(many, asked.reading()) == []
