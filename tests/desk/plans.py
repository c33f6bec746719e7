"""What pages ask of the database: how many statements, and whether each goes by an index.

On the few rows of a test the planner would rather read a whole table: it is forbidden to where an index could
serve, so that what is still read whole would be read whole among a million rows too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import psycopg

_SMALL = (
    # places, accounts, what is in force; Django's own; PostgreSQL's own
    "tenancy_", "policy_", "django_", "auth_", "pg_",
    # one row that says how far something is
    "indicators_state", "alerts_state", "clearing_floormark",
    # as long as what came since the keepers looked
    "indicators_seen", "alerts_looked",
    # as long as what waits or runs: what is done leaves it
    "clearing_hold", "clearing_flooropen", "inquiry_left", "matching_line", "review_unreviewed",
    "settlement_provisional", "wards_kept",
    # a few of each hospital, township, month or rule
    "alerts_value", "clearing_floordone", "indicators_people", "register_facilitystate", "register_household",
    "indicators_controlled",
    "register_payeeaccount", "reimbursement_deadline", "settlement_assessment", "settlement_monthclose",
    # what people seldom do: defects of the program, trials of a policy
    "oversight_defect", "rehearsal_trial",
)  # fmt: skip
"""Tables that do not grow with visits, and stay small in a district."""
COUNTED = frozenset({"alert_of_end"})
"""Narrow indexes that are counted from end to end without their table: of alerts there is one in some hundred
visits."""
WAITING = frozenset({
    "claim_late", "fact_waiting", "one_account_to_confirm", "one_open_alert_of_visit", "one_open_of_item",
    "one_run_of_a_kind_and_parameters", "one_to_assess", "open_alert", "open_alert_of_owner", "open_dispute",
    "open_invoice", "open_proposal", "open_refused", "running_visit", "running_visit_of", "runs_to_do",
    "visit_due", "waiting_change",
})  # fmt: skip
"""Partial indexes of what waits for somebody: read from end to end, they are as long as the queue, not the past."""
_STREAMS = frozenset({
    "Append", "Gather", "Gather Merge", "Incremental Sort", "Limit", "LockRows", "Memoize", "Merge Append",
    "Nested Loop", "ProjectSet", "Result", "Subquery Scan", "Unique",
})  # fmt: skip
"""Steps that stop what is below them as soon as enough has come; a sort or a sum must first see everything."""


_MANY = """
UPDATE pg_class c SET relpages = pg_relation_size(c.oid) / 8192, reltuples = CASE
  WHEN t.relname LIKE ANY(%(small)s) THEN 100 WHEN i.indpred IS NULL THEN 200000
  WHEN c.relname = ANY(%(waiting)s) THEN 20 ELSE 10000 END
FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid
WHERE c.oid IN (t.oid, i.indexrelid) AND t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace
  AND pg_relation_size(t.oid) > 0
"""
"""Tells the planner that there is much in every table that grows, and has anything, and little in the others."""
_FEW_ALIKE = """
INSERT INTO pg_statistic
SELECT a.attrelid, a.attnum, false, 0, 8, -0.2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.atttypid = 'bigint'::regtype OR a.attname IN ('visit', 'person', 'person_id', 'key', 'owner'))
"""
"""And that of what names something else there are a few of each; of all other columns it assumes its usual."""


@dataclass
class Asked:
    """The statements of a page with what was filled in."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def reading(self) -> list[tuple[str, Any]]:
        """Those that read; what is written is not read by a plan of its own."""
        return [(sql, values) for sql, values in self.statements if _reads(sql)]


def _reads(sql: str) -> bool:
    return sql.lstrip(" (\n").upper().startswith(("SELECT", "WITH"))


@contextmanager
def recorded() -> Iterator[Asked]:
    """Every statement that this process sends while it lasts."""
    asked, send = Asked(), psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        text = (
            query
            if isinstance(query, str)
            else query.as_string(self)
            if hasattr(query, "as_string")
            else query.decode()
        )
        asked.statements.append((text, params))
        return send(self, query, params, **more)

    with patch.object(psycopg.Cursor, "execute", execute):
        yield asked


def read_whole(url: str, statements: Sequence[tuple[str, Any]]) -> list[str]:
    """Tables that grow and are read whole, each with the statement that does it."""
    found: list[str] = []
    with psycopg.connect(url) as database, database.transaction(force_rollback=True):
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            database.execute(f"SET LOCAL enable_{way} = off")  # pyright: ignore
        database.execute("SET LOCAL TIME ZONE 'UTC'")
        database.execute("DELETE FROM pg_statistic")
        database.execute(_FEW_ALIKE)
        database.execute(
            _MANY, {"small": [f"{name}%" for name in _SMALL], "waiting": sorted(WAITING)}
        )
        for sql, values in statements:
            with database.transaction(force_rollback=True):
                row = database.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()  # pyright: ignore
            assert row is not None
            plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
            tables = {t for plan in plans for t in _whole(plan["Plan"])}
            found += [f"{table}: {' '.join(sql.split())[:300]}" for table in sorted(tables)]
    return found


def _whole(plan: Mapping[str, Any], table: str = "", *, is_limited: bool = False) -> Iterator[str]:
    kind, index = plan["Node Type"], plan.get("Index Name", "")
    name = str(plan.get("Relation Name", table))
    grows = bool(name) and not name.startswith(_SMALL)
    if kind == "Seq Scan" and grows:
        yield name
    # an index that is read from end to end for its order finds nothing by it
    if (
        index
        and grows
        and not plan.get("Index Cond")
        and not (is_limited and "Filter" not in plan)
        and index not in WAITING | COUNTED
    ):
        yield f"{name} by all of {index}"
    is_picky = plan.get("Join Type") == "Anti" or "Filter" in plan
    below = kind == "Limit" or (is_limited and kind in _STREAMS and not is_picky)
    for inner in plan.get("Plans", ()):
        yield from _whole(inner, name if kind.startswith("Bitmap") else "", is_limited=below)
