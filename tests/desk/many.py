"""More of everything: within each thing three times what hangs on it, beside it others of the same hospital with
all that hangs on them, and others of another hospital.

Content is copied as it is; numbers, names and what refers to them are the copy's own. Nothing of it was computed:
it is for counting what pages ask of the database, not for what they say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

Driver = psycopg.Connection[tuple[Any, ...]]
_FAR = 1_000_000
_STAY = (
    "tenancy_", "policy_inforce", "policy_source", "django_", "auth_", "settlement_seal", "settlement_node",
    "audit_log_", "reimbursement_deadline",
)  # fmt: skip
"""Not multiplied: accounts and townships, what is in force, the chains and heads of the log."""
_FACILITY = "tenancy_facility"
_REFERS = {
    "alert": "review_alert", "assessment": "settlement_assessment", "drawn": "inquiry_drawn",
    "entry": "settlement_entry", "facility": _FACILITY, "feeline": "settlement_feeline",
    "handed": "witness_handed", "item": "matching_item",
    "person": "register_person", "posting": "settlement_posting", "question": "inquiry_question",
    "refused": "settlement_quarantined", "run": "exchange_exportrun", "sequence": "settlement_settlement",
    "settlement": "settlement_settlement", "trial": "rehearsal_trial", "visit": "settlement_visit",
    "visit_id": "settlement_visit",
}  # fmt: skip
"""Columns that name a row elsewhere without the database knowing it."""
_SAID = {
    "district", "disease", "kind", "level", "month", "period", "person_id", "rate", "rule", "standing",
    "township",
    "year",
}  # fmt: skip
"""Never made another to tell a copy from its original: pages read a meaning in them."""
_WITHIN = {"settlement_settlement", "inquiry_drawn", "payments_payment"}
"""Others hang on them, and they on a person, a plan or a batch: more of them come without what hangs on these."""
_COLUMNS = """
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.atttypmod - 4
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum
"""
_UNIQUE = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid, unnest(i.indkey::int[]) WITH ORDINALITY k(of, place)
JOIN LATERAL (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = k.of) a ON true
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY i.indexrelid, c.relname, i.indisprimary
ORDER BY c.relname, i.indisprimary DESC
"""
_FOREIGN = """
SELECT k.conrelid::regclass::text, a.attname::text, k.confrelid::regclass::text
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
WHERE k.contype = 'f'
"""


@dataclass
class Table:
    """A table: its columns with type and length, its keys with its own first, to what its columns refer."""

    name: str
    columns: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    keys: list[list[str]] = field(default_factory=list[list[str]])
    refers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def is_multiplied(self) -> bool:
        """Whether it grows, and has more than the one row that says how far something is."""
        return not self.name.startswith(_STAY) and self.columns[self.keys[0][0]][0] != "smallint"


def multiply(url: str) -> None:
    """Everything five times; what hangs on something, nine times, of which three on the same."""
    with psycopg.connect(url) as database:
        database.execute("SET LOCAL session_replication_role = replica")
        tables = _tables(database)
        parents = {
            to for table in tables.values() for to in table.refers.values() if to != table.name
        }
        for table in tables.values():
            hangs = set(table.refers.values()) - {table.name, _FACILITY}
            if table.is_multiplied and hangs and table.name not in parents - _WITHIN:
                _copy(database, table, (10, 20), frozenset({table.name}))
        beside = frozenset(name for name, table in tables.items() if table.is_multiplied)
        for table in tables.values():
            if table.is_multiplied:
                _copy(database, table, (1, 2), beside)
        for table in tables.values():
            if table.is_multiplied or table.name == _FACILITY:
                _copy(database, table, (100,), beside | {_FACILITY})


def _tables(database: Driver) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for name, column, kind, longest in database.execute(_COLUMNS):
        found.setdefault(name, Table(name)).columns[column] = (kind, longest)
    for name, columns in database.execute(_UNIQUE):
        found[name].keys.append(columns)
    foreign = {(name, column): to for name, column, to in database.execute(_FOREIGN)}
    for table in found.values():
        for column, (kind, _) in table.columns.items():
            to = foreign.get((table.name, column), _REFERS.get(column))
            if to and kind in ("bigint", "character varying"):
                table.refers[column] = to
    return found


def _copy(database: Driver, table: Table, copies: Sequence[int], others: frozenset[str]) -> None:
    """Copies of a table's rows that refer to the copies of other tables; a row that would be there twice is not."""
    moved = set(_moved(table, others))
    values = [
        _other(f't."{column}"', *of) if column in moved else f't."{column}"'
        for column, of in table.columns.items()
    ]
    names = ", ".join(f'"{column}"' for column in table.columns)
    sql = (
        f"INSERT INTO {table.name} ({names}) SELECT {', '.join(values)}"
        f" FROM {table.name} t, unnest(%s::int[]) c(number) ON CONFLICT DO NOTHING"
    )
    database.execute(sql, [list(copies)])  # pyright: ignore


def _moved(table: Table, others: frozenset[str]) -> Iterator[str]:
    """Columns that are another's in a copy: its own key, what refers to copies, and one of each other key."""
    found = [column for column, to in table.refers.items() if to in others]
    found += [column for column in table.keys[0] if column not in table.refers]
    for key in table.keys:
        free = [
            one for one in key
            if one not in table.refers and one not in _SAID and table.columns[one][0] != "smallint"
        ]  # fmt: skip
        free = free or [one for one in key if one == "facility"]
        if not set(key) & set(found) and free:
            found.append(free[-1])
    yield from found


def _other(column: str, kind: str, longest: int) -> str:
    match kind:
        case "bigint" | "integer":
            return f"{column} + c.number * {_FAR}"
        case "date":
            return f"{column} + c.number"
        case "bytea":
            return f"{column} || convert_to('-' || c.number, 'UTF8')"
        case "character varying":
            return f"left({column}, {longest} - 4) || '-' || c.number"
        case _:
            return column
