"""What verifying reads: each posting with its settlement, its entries and its sums, in the ledger's order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doudi_web.settlement import assessed, tables
from doudi_web.settlement.accumulators import STANDS, counted, person_of
from doudi_web.settlement.ledger import opening_row, posting_head, settlement_row
from doudi_web.settlement.opened import KIND

POSTINGS = """
SELECT p.id, p.kind, p.settlement, p.client, p.message, p.posted, p.month, p.reason,
  p.salt, p.parts, p.content, p.commitment, n.place IS NOT NULL,
  s.id, s.client, s.message, s.message_digest, s.visit, s.person, s.facility, s.settled, s.sequence, s.year,
  s.result, s.evidence,
  x.client, x.posted, x.reason, x.salt, x.parts,
  p.opening, o.id, o.owner, o.year, o.name, o.amount, o.source, o.as_of, o.received, o.after_entry, o.before,
  o.client,
  p.assessment, a.id, a.facility, a.period, a.amount, a.fund, a.assessed, a.client, a.figures
FROM settlement_posting p
LEFT JOIN settlement_assessment a ON a.id = p.assessment AND p.kind = 'assess'
LEFT JOIN settlement_opening o ON o.id = p.opening AND p.kind = 'opening'
LEFT JOIN settlement_settlement s ON s.id = p.settlement AND p.kind <> 'reverse'
LEFT JOIN settlement_node n ON n.posting = p.id
LEFT JOIN settlement_posting x ON x.settlement = p.settlement AND x.kind = 'erase' AND p.kind = 'settle'
ORDER BY p.id
"""
ENTRIES = "SELECT posting, id, account, amount FROM settlement_entry ORDER BY posting, id"
SUMS = f"""
SELECT e.posting, e.id, e.owner, e.year, e.name, e.amount, e.settlement,
  EXISTS (SELECT 1 FROM settlement_posting p JOIN settlement_settlement s ON s.id = p.settlement
    WHERE p.id = e.posting AND s.sequence = e.settlement AND s.settled = e.settled),
  CASE WHEN bool_or(e.is_late) OVER of_sum OR EXISTS (
      SELECT 1 FROM settlement_opening q WHERE q.owner = e.owner AND q.year = e.year AND q.name = e.name)
    THEN (
      SELECT greatest(coalesce(o.amount, 0) + coalesce(sum(
        {counted("x", "o", "e.settled, e.settlement")}), 0), 0)::bigint
      FROM (SELECT 1) always
      LEFT JOIN LATERAL (
        SELECT q.amount, q.after_entry, {STANDS} AS stands
        FROM settlement_opening q WHERE q.owner = e.owner AND q.year = e.year AND q.name = e.name
          AND q.after_entry < e.id
        ORDER BY stands DESC, q.id DESC LIMIT 1) o ON true
      LEFT JOIN settlement_accumulatorentry x
        ON x.owner = e.owner AND x.year = e.year AND x.name = e.name AND x.posting < e.posting
      GROUP BY o.amount)
    ELSE e.earlier END
FROM (
  SELECT *, (sum(amount) OVER in_order)::bigint - amount AS earlier,
    (lag(settled) OVER in_order, lag(settlement) OVER in_order) > (settled, settlement) AS is_late
  FROM settlement_accumulatorentry
  WINDOW in_order AS (PARTITION BY owner, year, name ORDER BY posting, id)) e
WINDOW of_sum AS (PARTITION BY e.owner, e.year, e.name)
ORDER BY e.posting, e.id
"""
"""Each entry, whether it stands at its settlement's place, and its owner's sum before that place as it was then:
what the centre had stated by then, and the earlier postings that stand before. Where nothing came late and the
centre said nothing that is the running sum: the long way takes a time that grows with the square of the entries."""


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A settlement's row beside its posting."""

    id: int
    client: str
    message: str
    message_digest: bytes
    visit: str
    person: str
    facility: str
    settled: datetime
    sequence: int
    year: int
    result: str | None
    evidence: bytes | None

    def row(self) -> dict[str, Any]:
        return settlement_row(
            self.client, self.message, self.message_digest, self.visit, self.person, self.facility, self.settled,
            self.sequence, self.year,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Eraser:
    """The posting that erases another."""

    client: str
    posted: datetime
    reason: str
    salt: bytes
    parts: bytes


@dataclass(frozen=True, slots=True)
class PostingRows:
    """A posting with all that belongs to it."""

    id: int
    kind: str
    settlement: int | None
    client: str
    message: str
    posted: datetime
    month: str
    reason: str
    salt: bytes | None
    parts: bytes
    content: bytes
    commitment: bytes
    is_sealed: bool
    settled: SettledRow | None
    eraser: Eraser | None
    opening: int | None
    opened: tables.Row | None
    """The row of the opening; None where there is none."""
    assessment: int | None
    assessed: tables.Row | None
    """The row of the assessment without its figures; None where there is none."""
    figures: bytes | None
    entries: Sequence[tables.Row]
    sums: Sequence[tables.Row]

    @property
    def where(self) -> str:
        return f"settlement_posting {self.id}"

    def head(self) -> dict[str, Any]:
        return posting_head(
            self.kind, self.settlement, self.client, self.message, self.posted, self.month, self.reason
        )  # fmt: skip

    def row(self) -> dict[str, Any] | None:
        """What the posting commits to beside what it says itself."""
        if self.kind == KIND:
            return None if self.opened is None else opening_row(*self.opened)
        if self.kind == assessed.KIND:
            return None if self.assessed is None else assessed.assessment_row(*self.assessed)
        return self.settled.row() if self.settled is not None and self.kind == "settle" else None

    def persons(self) -> set[str]:
        """Whom it is about, as far as the rows still tell."""
        owners = [self.message, *(() if self.opened is None else (self.opened[1],))]
        found = {person_of(owner) for owner in owners} if self.kind == KIND else set[str]()
        return found if self.settled is None else {*found, self.settled.person}

    def plain_entries(self) -> list[tuple[str, int]]:
        return [(account, amount) for _, _, account, amount in self.entries]

    def plain_sums(self) -> list[tuple[str, int, str, int]]:
        return [(owner, year, name, amount) for _, _, owner, year, name, amount, *_ in self.sums]


class Groups:
    """Rows in the order of their postings, handed out posting by posting; rows of no posting are told."""

    def __init__(self, rows: Iterator[tables.Row], stray: Callable[[tables.Row], None]) -> None:
        self._rows, self._stray = rows, stray
        self._next = next(rows, None)

    def of(self, posting: int) -> list[tables.Row]:
        """The rows of a posting."""
        found: list[tables.Row] = []
        while (row := self._next) is not None and row[0] <= posting:
            if row[0] == posting:
                found.append(row)
            else:
                self._stray(row)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> None:
        """What is left has no posting."""
        while (row := self._next) is not None:
            self._stray(row)
            self._next = next(self._rows, None)


def posting_of(
    row: tables.Row, entries: Sequence[tables.Row], sums: Sequence[tables.Row]
) -> PostingRows:
    settled = SettledRow(*row[13:25]) if row[13] is not None else None
    eraser = Eraser(*row[25:30]) if row[25] is not None else None
    opened = row[31:42] if row[31] is not None else None
    of_period = row[43:50] if row[43] is not None else None
    of_row: tuple[Any, ...] = row[:13]
    return PostingRows(
        *of_row, settled=settled, eraser=eraser, opening=row[30], opened=opened, assessment=row[42],
        assessed=of_period, figures=row[50], entries=entries, sums=sums,
    )  # fmt: skip
