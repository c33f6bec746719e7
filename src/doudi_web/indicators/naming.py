"""What hospitals, townships, standings, kinds, places and diseases are called where figures name them."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString

from doudi_web.exchange.facts import main_diagnosis
from doudi_web.indicators.asked import KINDS
from doudi_web.indicators.budget import titles
from doudi_web.indicators.facts import NO_DISEASE, NO_TOWNSHIP
from doudi_web.indicators.figures import Figures
from doudi_web.indicators.reading import Driver
from doudi_web.register.words import word
from doudi_web.settlement.titles import codes_of
from doudi_web.tenancy.models import District, Facility, Township

PLACES = {"away_referred": "区外，已转诊", "away_elsewhere": "区外，未转诊"}
OTHERS = "其他人"
_EXAMPLES: LiteralString = """
SELECT d.code, s.evidence FROM unnest(%s::text[]) AS d(code)
CROSS JOIN LATERAL (SELECT settlement FROM indicators_fact f WHERE f.disease = d.code
  ORDER BY day DESC, settlement DESC LIMIT 1) f
JOIN settlement_settlement s ON s.id = f.settlement
"""


@dataclass(frozen=True, slots=True)
class Names:
    """By code; what nobody named is called by its code."""

    facilities: Mapping[str, str]
    levels: Mapping[str, str]
    townships: Mapping[str, str]
    standings: Mapping[str, str]
    kinds: Mapping[str, str]
    funds: Mapping[str, str]
    diseases: Mapping[str, str]


def names_of(db: Driver, found: Figures, most: int) -> Names:
    """What the lines of figures are called; of diseases the first so many."""
    return Names(
        facilities() | PLACES, dict(Facility.objects.values_list("pk", "level")), townships(),
        {row.key: standing(row.key) for row in found.standings}, kinds(),
        titles([fund.fund for fund in found.funds]),
        diseases(db, [row.key for row in found.diseases[:most]]),
    )  # fmt: skip


def facilities() -> dict[str, str]:
    """All hospitals."""
    return dict(Facility.objects.order_by("name").values_list("pk", "name"))


def townships() -> dict[str, str]:
    """All townships; of each district also those of whom none is known."""
    named = dict(Township.objects.order_by("pk").values_list("pk", "name"))
    return named | {
        f"{code}{NO_TOWNSHIP}": "镇街不明" for code in District.objects.values_list("pk", flat=True)
    }


def kinds() -> dict[str, str]:
    """The kinds of visits."""
    return {"": "已依法抹去", **codes_of("kind", KINDS)}


def standing(code: str) -> str:
    """A standing."""
    return word("standing", code) if code else OTHERS


def diseases(db: Driver, codes: Iterable[str]) -> dict[str, str]:
    """What the last bill of each calls it: one of what a category has."""
    found = {NO_DISEASE: "没有写诊断"}
    for code, evidence in db.execute(_EXAMPLES, [[code for code in codes if code != NO_DISEASE]]):
        if evidence is not None:
            main = main_diagnosis(json.loads(zlib.decompress(evidence)).get("bill") or {})
            found[code] = str((main or {}).get("name") or "")
    return found
