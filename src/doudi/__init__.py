"""Doudi 兜底: settles a low-income patient's bill to the fen, and says why, article by article.

The face of the engine. Texts come in through `settle_bundle`, or nouns through `settle`; packs stand on
a `Shelf`. Everything below is pure: no clock, no network, no randomness.
"""

from doudi.adjudication import Adjudication, Explanation
from doudi.claim import Claim, ClaimLine, Facility, Person, Standing
from doudi.errors import BrokenInvariant, DoudiError, Fault, Faulty
from doudi.proposal import Correction, Proposal
from doudi.service import Bundle, settle_bundle
from doudi.settle import History, Run, Shelf, settle
from doudi.version import VERSION

__version__ = VERSION

__all__ = [
    "Adjudication",
    "BrokenInvariant",
    "Bundle",
    "Claim",
    "ClaimLine",
    "Correction",
    "DoudiError",
    "Explanation",
    "Facility",
    "Fault",
    "Faulty",
    "History",
    "Person",
    "Proposal",
    "Run",
    "Shelf",
    "Standing",
    "settle",
    "settle_bundle",
]
