"""A person's year: a generated pack, the visits under it, and what they settle to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from banan import PACK, settled
from doudi.adjudication import Adjudication
from doudi.claim import Claim
from doudi.packs.model import Pack
from doudi.testing import PackFiles, claims, files_of, load_files, pack_documents
from doudi.testing.lines import refund_of

Document = dict[str, Any]


@dataclass(frozen=True)
class Year:
    """Visits in their order and their settlements; shown with the pack's text where it was generated."""

    pack: Pack = field(repr=False)
    claims: tuple[Claim, ...]
    files: PackFiles = field(default_factory=PackFiles)

    @property
    def settlements(self) -> tuple[Adjudication, ...]:
        return settled(self.pack, self.claims)

    @property
    def pairs(self) -> list[tuple[Claim, Adjudication]]:
        return list(zip(self.claims, self.settlements, strict=True))


BANAN_CLAIMS = claims(PACK)
BANAN_STEADY = claims(PACK, steady=True)


def banan_years(*, steady: bool = False) -> st.SearchStrategy[Year]:
    """Years under the Banan pack."""
    return (BANAN_STEADY if steady else BANAN_CLAIMS).map(lambda visits: Year(PACK, visits))


def years_of(pack: Pack) -> st.SearchStrategy[Year]:
    """Years under a pack that ships."""
    return claims(pack).map(lambda visits: Year(pack, visits))


@st.composite
def generated_years(draw: st.DrawFn, changes: Mapping[str, Any] | None = None) -> Year:
    """Years under generated packs; `changes` are sections that take the place of the pack's own."""
    files = files_of(draw(pack_documents()) | dict(changes or {}))
    pack = load_files(files)
    return Year(pack, draw(claims(pack)), files)


def amounts_of(settlement: Adjudication) -> dict[str, Any]:
    """Every amount of a settlement by name, but not those of its lines."""
    s = settlement
    names = ("total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
    return {
        **{name: getattr(s, name) for name in (*names, "deductible_met", "hospital", "patient")},
        **{f"payments.{name}": amount for name, amount in s.payments.items()},
        **{f"computed.{name}": amount for name, amount in s.computed.items()},
        **{f"accumulators.{name}": pair for name, pair in s.accumulators.items()},
        **{f"episode.{name}": pair for name, pair in s.episode_accumulators.items()},
        "limit": s.patient_limit,
        "control": s.control,
    }


def refunded(claim: Claim) -> Claim:
    """The claim with each of its charged lines taken back whole, and nothing given."""
    charged = [line for line in claim.lines if line.refunds is None]
    back = [refund_of(line) for line in charged if line.quantity]
    free = [line for line in charged if line.quantity or not line.amount]
    assert len(free) == len(charged), "a line of no quantity has no amount"
    return replace(claim, lines=(*charged, *back), given={}, given_deductible_met=None, awaiting=())
