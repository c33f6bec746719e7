"""What a request left in the database: looked at behind the application's back after each one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from web.sent import Unfit
from web.whole import nothing_is_half_written

_AUDIT = frozenset({"audit_log_record"})
_TRIES = frozenset({"tenancy_attempts", "audit_log_record"})
BY_REFUSAL: Mapping[str, frozenset[str]] = {
    "settle": frozenset({"settlement_quarantined", "audit_log_record"}),
    "settle_visit": frozenset({"settlement_quarantined", "audit_log_record"}),
    "login": _TRIES,
    "password": _TRIES,
    "one_time": _TRIES,
    "one_time_confirm": _TRIES,
    "print_consent": _AUDIT,
}
"""The tables into which a refusal of these writes: the refused bill, who tried to get in, and the record of it; of
a bill that cannot be settled no form is printed, but it was looked at.
What somebody could have done, and does not fit what stands (409, 410), is recorded for every route."""
READING = frozenset({"precheck", "precheck_visit", "presettle_visit"})
"""They write nothing but who looked, though they are no GET; what cannot be settled was looked at as well."""
FIGURES = frozenset(
    f"indicators_{name}"
    for name in ("state", "seen", "fact", "cell", "share", "paid", "spent", "controlled", "people")
)
"""What is kept of the ledger for the district's figures."""
_BY_ITSELF = frozenset(
    {"settlement_node", "settlement_seal", "runs_run", "audit_log_record", "register_learned",
     "settlement_proposal", "matching_item", "matching_line", "matching_doubt", "matching_looked", "matching_mark",
     "matching_again", "matching_refused", "wards_kept", "wards_watched", "review_alert",
     "alerts_alert", "alerts_behind", "alerts_claim", "alerts_event", "alerts_looked", "alerts_state",
     *FIGURES}
)  # fmt: skip
"""What a running service writes by itself: it seals every few seconds, learns what the register learned, looks at
what was charged, and does long work that was asked for."""
_SEEN = frozenset({"django_session"})
"""That somebody at a screen is still there is written once a minute, whatever they ask."""


_LOOKED_ANEW = {
    **dict.fromkeys(("wards", "running_visits"), frozenset({"wards_kept", "review_alert"})),
    **dict.fromkeys(("indicators", "indicators_visits", "indicators_delivery", "city"), FIGURES),
}
"""Who reads the worklist, or the running visits, has what is stale of them looked at anew: kept figures, and the
alerts that follow; who reads figures has what is new in the ledger folded in."""


@dataclass
class Left:
    """Watches a database that nobody else writes, but for who seals the ledger."""

    url: str
    seals: bool = False
    _database: "psycopg.Connection[tuple[Any, ...]]" = field(init=False)
    _tables: list[str] = field(init=False)
    _next: int = field(init=False)
    _rows: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._database = psycopg.connect(self.url, autocommit=True)
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        self._tables = [name for (name,) in self._database.execute(named)]
        self._next = self._transaction()
        self._rows = {name: rows for name, rows, _ in self._counted(self._next)}

    def close(self) -> None:
        """Look no more."""
        self._database.close()

    def changed(self) -> frozenset[str]:
        """The tables that hold another content than when last asked.

        Without a number taken by a transaction since, nothing was written anywhere; else a row of such a number is
        new, and a table that has fewer or more rows than before has changed too.
        """
        since, self._next = self._next, self._transaction()
        if since == self._next:
            return frozenset()
        before = self._rows
        counted = self._counted(since)
        self._rows = {name: rows for name, rows, _ in counted}
        return frozenset(n for n, rows, new in counted if new or rows != before[n])

    def judge(self, operation: str, method: str, status: int) -> None:
        """What was refused has written nothing, what was read nothing but the record. Raises Unfit."""
        changed = self.changed()
        if status >= 400:
            may = BY_REFUSAL.get(operation, frozenset())
            may |= _AUDIT if status in (409, 410) or operation in READING else frozenset()
        elif method == "GET" or operation in READING:
            may = _AUDIT
        else:
            return
        may |= (
            _SEEN
            | _LOOKED_ANEW.get(operation, frozenset())
            | (_BY_ITSELF if self.seals else frozenset())
        )
        if changed - may:
            raise Unfit(f"{operation} {status} wrote into {sorted(changed - may)}")

    def _transaction(self) -> int:
        found = self._database.execute(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
        ).fetchone()
        return int(found[0]) if found else 0

    def _counted(self, since: int) -> list[tuple[str, int, int]]:
        asked = " UNION ALL ".join(
            f"SELECT '{name}', count(*), count(*) FILTER (WHERE xmin::text::bigint >= {since}) FROM {name}"
            for name in self._tables
        )
        return self._database.execute(asked).fetchall()  # pyright: ignore[reportReturnType]


_UNRECORDED = """
SELECT p.settlement FROM settlement_posting p WHERE p.kind IN ('settle', 'reverse') AND NOT EXISTS (
  SELECT 1 FROM audit_log_record r WHERE (r.detail->>'settlement')::bigint = p.settlement AND r.action = ANY(
    CASE p.kind WHEN 'settle' THEN ARRAY['settle', 'correct', 'answer', 'proposals.post']
    ELSE ARRAY['reverse', 'replace.undo'] END))
"""


def the_ledger_is_whole(url: str) -> int:
    """Every settlement has its posting, its entries that sum to zero and its record; how many there are."""
    nothing_is_half_written(url)
    with psycopg.connect(url, autocommit=True) as database:
        assert database.execute(_UNRECORDED).fetchall() == []
        (count,) = database.execute("SELECT count(*) FROM settlement_settlement").fetchone() or (0,)
    return int(count)
