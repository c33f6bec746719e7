"""A ledger of many visits, filled in bulk: a settled lab year copied under other persons and visits.

The copies are rows of the real tables, persons sealed each in their own place. No copy has a true commitment: such
a ledger is for exporting alone.
"""

from dataclasses import asdict

import psycopg

from doudi_lab import county
from doudi_web.register import sealing
from web.service import Json, Service

_SETTLEMENTS = """
INSERT INTO settlement_settlement
  (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result, evidence)
SELECT %(last)s + n, client, message || '~' || k, message_digest, visit || '~' || k, person || '~' || k,
  facility, settled, %(last)s + n, year, result, evidence
FROM (SELECT s.*, k, row_number() OVER (ORDER BY s.id, k) AS n
  FROM settlement_settlement s, generate_series(1, %(copies)s) k WHERE s.id <= %(last)s) x
"""
_POSTINGS = """
INSERT INTO settlement_posting
  (kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
SELECT 'settle', id, client, message, now(), '2019-06', '', '', '', '', ''
FROM settlement_settlement WHERE id > %(last)s
"""
_PERSONS = """
INSERT INTO register_person (id, name, name_digest, id_number, id_digest, phone, birth_date, sex, ethnicity,
  district_id, village_id, household_id, attributes)
SELECT id || '~' || k, NULL, name_digest, NULL, sha256(id_digest || int4send(k)), NULL, birth_date, sex, ethnicity,
  district_id, village_id, household_id, attributes
FROM register_person, generate_series(1, %(copies)s) k
"""
_SEALED = "UPDATE register_person p SET name = n.name, id_number = n.id_number FROM new n WHERE n.id = p.id"


def settled_year(service: Service, persons: int) -> list[Json]:
    """A lab county's people and their year, settled through the service; the bills."""
    made = county(7, persons, "500113", 2019, visits_per_person=4.0)
    admin, client = service.token("district_admin"), service.token(may_back_date=True)
    for path, body in (
        ("/api/v1/facilities", {"facilities": [asdict(one) for one in made.facilities]}),
        ("/api/v1/persons", {"persons": [one.in_register() for one in made.persons]}),
    ):
        status, told = service.ask("POST", path, admin, body)
        assert status == 201, told
    bills = list(made.bills())
    for bill in bills:
        status, told = service.settle(client, bill)
        assert status == 201, told
    return bills


def copied(service: Service, copies: int) -> int:
    """Copy what is settled so many times; how many settlements there are now."""
    with psycopg.connect(service.url, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET synchronous_commit = off")
        row = db.execute("SELECT max(id) FROM settlement_settlement").fetchone()
        assert row is not None
        values = {"copies": copies, "last": row[0]}
        persons = db.execute("SELECT id, name, id_number FROM register_person").fetchall()
        cursor = psycopg.ClientCursor(db)
        for statement in (_SETTLEMENTS, _POSTINGS, _PERSONS):
            cursor.execute(statement, values)
        db.execute("CREATE TEMP TABLE new (id text PRIMARY KEY, name bytea, id_number bytea)")
        with db.cursor().copy("COPY new FROM STDIN") as copy:
            for key, *sealed in persons:
                texts = [
                    sealing.opened(one, f"{key}.{column}")
                    for one, column in zip(sealed, ("name", "id_number"), strict=True)
                ]
                for k in range(1, copies + 1):
                    made = f"{key}~{k}"
                    copy.write_row((made, *(
                        sealing.seal(text, f"{made}.{column}")
                        for text, column in zip(texts, ("name", "id_number"), strict=True)
                    )))  # fmt: skip
        db.execute(_SEALED)
        db.execute(
            "SELECT setval('settlement_settlement_id_seq', (SELECT max(id) FROM settlement_settlement))"
        )
        db.execute("ANALYZE")
    return service.rows("SELECT count(*) FROM settlement_settlement")[0][0]
