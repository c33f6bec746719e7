"""Whether the service can settle, and how much waits: for health checks and monitors."""

from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from doudi_web.settlement import tables
from doudi_web.settlement.assessing import BACKWARD
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.demonstration import demo_day

_REACH = 10_000
"""How far behind the last sealed posting one may stand that is not: numbers are taken before they are committed."""

_migrated: set[bool] = set()

_GAUGES = """
SELECT (SELECT count(*) FROM settlement_quarantined WHERE released IS NULL),
  (SELECT count(*) FROM settlement_posting p
   WHERE p.id > (SELECT coalesce(max(posting), 0) FROM settlement_node) - %s
     AND NOT EXISTS (SELECT 1 FROM settlement_node n WHERE n.posting = p.id))
"""


def health() -> tuple[bool, dict[str, Any]]:
    """Whether all is well: the database answers, its tables are this program's, the clock did not go back."""
    row = tables.driver().execute("SELECT max(posted) FROM (SELECT posted FROM settlement_posting"
                                  " ORDER BY id DESC LIMIT 1) last").fetchone()  # fmt: skip
    last, at = row[0] if row else None, now()
    found = {
        "database": True,
        "migrations": _is_migrated(),
        "clock": last is None or at >= last - BACKWARD,
    }
    is_well, day = all(found.values()), demo_day()
    said = {"status": "ok" if is_well else "degraded", "now": told(at), **found}
    return is_well, said if day is None else {**said, "demo": day.isoformat()}


def gauges() -> dict[str, tuple[str, int]]:
    """What waits, by name with what it means; of a database that is away only that it is."""
    up = "数据库可用"
    try:
        row = tables.driver().execute(_GAUGES, [_REACH]).fetchone()
    except (psycopg.Error, DatabaseError):
        connection.close()
        return {"database_up": (up, 0)}
    quarantined, unsealed = row or (0, 0)
    return {
        "quarantine": ("有错退回、还没有了结的账单", quarantined),
        "unsealed_postings": ("还没有封存的记账", unsealed),
        "database_up": (up, 1),
    }


def _is_migrated() -> bool:
    """Whether the tables are this program's; once they are, they are while it runs."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(True)
    return True
