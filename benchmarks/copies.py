"""Fills a service's database in bulk: real settlements of a lab year, copied under other persons, visits, messages.

Each copy of the year has persons of its own, so its sums and entries agree as those of the first year do. The rows
are of the real tables, in the order in which they were settled, so that a person's rows lie apart. But no copy has
a true commitment or a place of its own in the chains of the audit log: such a ledger is for measuring growth alone,
and `doudi ledger verify` refuses it.
"""

from collections.abc import Sequence

import psycopg

_AT_ONCE = 20_000  # visits in one transaction
_FILLED = (
    "settlement_settlement", "settlement_posting", "settlement_entry", "settlement_accumulatorentry",
    "settlement_node", "settlement_seal", "audit_log_record", "register_person", "register_household",
    "register_fact",
)  # fmt: skip

_TEMPLATES = """
CREATE TEMP TABLE visit AS
  SELECT row_number() OVER (ORDER BY s.settled, s.id) - 1 AS place, s.*, p.id AS posting, p.salt, p.parts,
    p.content, p.commitment, p.month, substring(s.result FROM '"episode_id":"([^"]*)"') AS episode
  FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle';
CREATE TEMP TABLE entry AS
  SELECT v.place, v.person, e.account, e.amount, e.id FROM visit v JOIN settlement_entry e USING (posting);
CREATE TEMP TABLE added AS
  SELECT v.place, v.person, v.episode, v.settled, a.owner LIKE 'p:%' AS of_year, a.year, a.name, a.amount, a.id
  FROM visit v JOIN settlement_accumulatorentry a USING (posting);
CREATE TEMP TABLE recorded AS
  SELECT v.place, v.person, v.visit, r.actor_kind, r.actor, r.role, r.action, r.request_id
  FROM visit v JOIN audit_log_record r ON r.detail ->> 'settlement' = v.id::text AND r.action = 'settle';
CREATE TEMP TABLE person AS SELECT * FROM register_person;
CREATE TEMP TABLE household AS SELECT * FROM register_household;
CREATE TEMP TABLE fact AS SELECT * FROM register_fact;
ANALYZE visit, entry, added, recorded;
"""
"""What is there before anything is copied."""

_PEOPLE = (
    """
INSERT INTO register_household (code, village_id)
SELECT code || '~' || k, village_id FROM household, generate_series(%(first)s, %(last)s) k
""",
    """
INSERT INTO register_person
  (id, name, name_digest, id_number, id_digest, phone, birth_date, sex, ethnicity, district_id, village_id,
   household_id, mother_id, died, moved_out, attributes, changed_by_id, withdrawn)
SELECT id || '~' || k, name, name_digest, id_number, sha256(id_digest || int4send(k)), phone, birth_date, sex,
  ethnicity, district_id, village_id, household_id || '~' || k, mother_id || '~' || k, died, moved_out, attributes,
  changed_by_id, withdrawn
FROM person, generate_series(%(first)s, %(last)s) k
""",
    """
INSERT INTO register_fact
  (person_id, kind, code, valid_from, valid_to, known, recorded, superseded, detail)
SELECT person_id || '~' || k, kind, code, valid_from, valid_to, known, recorded, superseded, detail
FROM fact, generate_series(%(first)s, %(last)s) k
""",
)

_COPIES = """
FROM {table} t, generate_series(%(first)s, %(last)s) k,
  LATERAL (SELECT t.place * %(copies)s + k - %(first)s AS number) n
WHERE t.place >= %(from)s AND t.place < %(to)s
"""
_VISITS = (
    """
INSERT INTO settlement_settlement
  (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result, evidence)
SELECT %(settlement)s + number, client, message || '~' || k, message_digest, visit || '~' || k, person || '~' || k,
  facility, settled, %(settlement)s + number, year,
  replace(replace(replace(replace(replace(result, '"visit_id":"' || visit, '"visit_id":"' || visit || '~' || k),
    '"episode_id":"' || episode, '"episode_id":"' || episode || '~' || k),
    '"person":"' || person, '"person":"' || person || '~' || k),
    '"sequence":' || sequence, '"sequence":' || %(settlement)s + number),
    '"settlement_id":"' || id, '"settlement_id":"' || %(settlement)s + number), evidence
"""
    + _COPIES.format(table="visit")
    + "ORDER BY number",
    """
INSERT INTO settlement_posting
  (id, kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
SELECT %(posting)s + number, 'settle', %(settlement)s + number, client, message || '~' || k, now(), month, '', salt,
  parts, content, commitment
"""
    + _COPIES.format(table="visit")
    + "ORDER BY number",
    """
INSERT INTO settlement_entry (posting, account, amount)
SELECT %(posting)s + number, CASE WHEN account LIKE 'patient:%%' THEN account || '~' || k ELSE account END, amount
"""
    + _COPIES.format(table="entry")
    + "ORDER BY number, id",
    """
INSERT INTO settlement_accumulatorentry (owner, year, name, amount, posting, settlement, settled)
SELECT CASE WHEN of_year THEN 'p:' || person || '~' || k
    ELSE 'e:' || length(person || '~' || k) || ':' || person || '~' || k || ':' || episode || '~' || k END,
  year, name, amount, %(posting)s + number, %(settlement)s + number, settled
"""
    + _COPIES.format(table="added")
    + "ORDER BY number, id",
    """
INSERT INTO audit_log_record
  (at, actor_kind, actor, role, action, subject, reason, request_id, detail, chain, number, digest)
SELECT now(), actor_kind, actor, role, action, 'person:' || person || '~' || k, '', request_id,
  jsonb_build_object('settlement', %(settlement)s + number, 'visit', visit || '~' || k), number %% 32,
  %(record)s + number / 32, sha256(int8send(number))
"""
    + _COPIES.format(table="recorded")
    + "ORDER BY number",
)


class Copying:
    """Copies of what stands in the database as this begins; nobody else writes while it copies."""

    def __init__(self, url: str) -> None:
        """Take what stands in the database at that address for the templates."""
        self._db = psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor)
        self._copied = 0
        self._db.execute(_TEMPLATES)
        self.visits = self._number("SELECT count(*) FROM visit")
        """How many visits a copy has."""

    def copy_until(self, visits: int) -> int:
        """Copy whole years until there are about so many visits; how many copies there are now, the first included.

        Triggers rest meanwhile: they would give each row a place in one of 32 chains, one after another.
        """
        copies = round(visits / self.visits) - 1 - self._copied
        first, last = self._copied + 1, self._copied + copies
        values = {"first": first, "last": last, "copies": copies, **self._take(copies)}
        self._db.execute("SET session_replication_role = replica")
        self._db.execute("SET synchronous_commit = off")
        try:
            self._insert(_PEOPLE, values)
            step = max(_AT_ONCE // copies, 1)
            for place in range(0, self.visits, step):
                self._insert(_VISITS, {**values, "from": place, "to": place + step})
        finally:
            self._db.execute("RESET session_replication_role")
            self._db.execute("RESET synchronous_commit")
        self._copied = last
        self._tidy()
        return last + 1

    def _take(self, copies: int) -> dict[str, int]:
        """The first numbers of the new rows; sequences go on behind the last."""
        rows = copies * self.visits
        found: dict[str, int] = {}
        for name in ("settlement", "posting"):
            table = f"settlement_{name}"
            found[name] = self._number(f"SELECT max(id) + 1 FROM {table}")
            self._db.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
                [table, found[name] + rows - 1],
            )
        found["record"] = self._number("SELECT max(number) + 1 FROM audit_log_record")
        return found

    def _insert(self, statements: Sequence[str], values: dict[str, int]) -> None:
        with self._db.transaction():
            for statement in statements:
                self._db.execute(statement, values)

    def _tidy(self) -> None:
        """As a database stands in which nothing was filled of late: vacuumed, analysed, on the disk."""
        self._db.execute(f"VACUUM (ANALYZE) {', '.join(_FILLED)}")
        self._db.execute("CHECKPOINT")

    def _number(self, sql: str) -> int:
        row = self._db.execute(sql).fetchone()
        assert row is not None
        return row[0]
