"""Settling again what was settled: from what is stored of a settlement, on the sums that it saw or on others."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, LiteralString

from doudi.packs.model import Effect
from doudi.source_text import Document, Value
from doudi_web.policy.rules import rules
from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import owners_of
from doudi_web.settlement.asked import Keys
from doudi_web.settlement.assessing import Place, Ready, on_sums
from doudi_web.settlement.entitled import Known

_FEN = 100

STANDING: LiteralString = """
SELECT s.id, p.id, s.visit, s.person, s.facility, s.settled, s.sequence, s.year, s.result, s.evidence
FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle'
WHERE s.result IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')
"""
"""The standing settlements, neither reversed nor erased, as `Stored` takes them; for further conditions."""


@dataclass(frozen=True)
class Stored:
    """A settlement as it is stored: its answer word for word, and the evidence that it was made of."""

    id: int
    posting: int
    visit: str
    person: str
    facility: str
    settled: datetime
    sequence: int
    year: int
    text: str
    packed: bytes

    @property
    def place(self) -> Place:
        """Where it stands in the order of every recomputation."""
        return Place(self.settled, self.sequence)

    @cached_property
    def result(self) -> dict[str, Any]:
        """The answer."""
        return json.loads(self.text)

    @cached_property
    def evidence(self) -> dict[str, Value]:
        """What it was made of: bill, register, policy, lists; amounts are texts."""
        return json.loads(zlib.decompress(self.packed))

    @property
    def episode(self) -> str:
        """The stay that it is of."""
        return str(self.result["episode_id"])

    def reopens(self) -> bool:
        """Whether what the register learns later of the person works backward, by the pack that ruled."""
        late = rules(self.evidence["generation"]).shelf.pack(self.result["pack"]).late_knowledge
        return late is not None and late.effect is Effect.REOPEN

    def keys(self) -> Keys:
        """Whose visit it is, and where."""
        return Keys(self.visit, self.person, self.episode, self.facility)

    def sums(self) -> list[tables.Row]:
        """(owner, year, name, fen) as it saw them: of the person's year, and of the stay."""
        person, stay = owners_of(self.person, self.episode)
        return [
            *_pairs(person, self.year, self.result["accumulators"]),
            *_pairs(stay, 0, self.result["episode_accumulators"]),
        ]

    def again(
        self,
        sums: Sequence[tables.Row],
        *,
        bill: Mapping[str, Value] | None = None,
        person: Mapping[str, Value] | None = None,
    ) -> Ready:
        """It made ready to be settled at its place on these sums, under the policy and lists that ruled then.

        `bill` and `person`, where told, take the place of its bill, and of what the register knew of its person.
        Raises Faulty.
        """
        register = self.evidence["register"]
        stated = {
            **(self.evidence["bill"] if bill is None else bill),
            "person": register["person"] if person is None else person,
            "facility": register["facility"],
        }
        known = Known(stated, register["known"] or person is not None, ())
        document = Document(f"settlement {self.id}", stated)
        ruling = rules(self.evidence["generation"])
        return on_sums(document, known, ruling, self.facility, self.place, sums)


def fen(amount: str) -> int:
    """Fen of an amount as answers write it.

    >>> fen("253.95"), fen("-0.01")
    (25395, -1)
    """
    yuan, _, rest = amount.lstrip("-").partition(".")
    whole = int(yuan) * _FEN + int(rest)
    return -whole if amount.startswith("-") else whole


def _pairs(owner: str, year: int, told: Mapping[str, Mapping[str, str]]) -> list[tables.Row]:
    return [(owner, year, name, fen(pair["before"])) for name, pair in told.items()]
