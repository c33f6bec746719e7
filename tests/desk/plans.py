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
    "tenancy_", "policy_", "django_", "auth_", "register_household", "indicators_state", "indicators_people",
    "settlement_assessment",
)  # fmt: skip
"""Tables that do not grow with visits, and stay small in a district."""


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
    with psycopg.connect(url) as database:
        database.execute("SET enable_seqscan = off")
        database.execute("SET TIME ZONE 'UTC'")
        for sql, values in statements:
            with database.transaction(force_rollback=True):
                row = database.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()  # pyright: ignore
            assert row is not None
            plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
            tables = {t for plan in plans for t in _whole(plan["Plan"])}
            found += [f"{table}: {' '.join(sql.split())[:300]}" for table in sorted(tables)]
    return found


def _whole(plan: Mapping[str, Any]) -> Iterator[str]:
    name = str(plan.get("Relation Name", ""))
    if plan["Node Type"] == "Seq Scan" and name and not name.startswith(_SMALL):
        yield name
    # an index that is read from end to end for its order finds nothing by it
    if plan["Node Type"].startswith("Index") and name and not name.startswith(_SMALL):
        is_found = plan.get("Index Cond") or plan.get("Index Name", "").startswith(
            ("running_", "open_", "refused_that_stand")
        )
        if not is_found and not plan.get("__limited"):
            yield f"{name} by all of {plan.get('Index Name')}"
    limited = plan.get("__limited") or plan["Node Type"] == "Limit"
    for inner in plan.get("Plans", ()):
        yield from _whole({**inner, "__limited": limited})
