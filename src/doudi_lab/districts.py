"""Other districts of a city, as they would hand in a year's figures: invented sums, of no visits at all."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from doudi.money import yuan
from doudi_lab.streams import Stream

Json = dict[str, Any]
_STANDINGS = (("destitute", 9), ("dibao", 51), ("registered_poor", 40))
"""How many of a hundred visits each standing has."""
_LEAST = 10


def deliveries(
    districts: Iterable[tuple[str, str]], year: int, months: int, as_of: str, seed: int
) -> list[Json]:
    """What each district, by code and name, hands in of a year's first months."""
    return [
        _delivery(code, name, (year, months, as_of), Stream(seed, "districts", code))
        for code, name in districts
    ]


def _delivery(code: str, name: str, span: tuple[int, int, str], chance: Stream) -> Json:
    year, months, as_of = span
    size = chance.whole(40, 700)
    shares = {"inpatient": chance.whole(780, 1_090), "chronic": chance.whole(1_150, 2_080)}
    inside = chance.whole(8_700, 9_680)
    cells = [
        (f"{year}-{month:02d}", standing, _cell(chance, size * part // 100 + 12, shares, inside))
        for month in range(1, months + 1)
        for standing, part in _STANDINGS
    ]
    spent = sum(cell["inpatient"]["total"] for _, _, cell in cells) * 52 // 1_000
    poor = size * 30
    made: Json = {
        "form": "doudi.district-figures/1", "district": code, "name": name, "year": year,
        "from": f"{year}-01", "to": f"{year}-{months:02d}", "as_of": as_of, "least": _LEAST,
        **_told([cell for _, _, cell in cells]),
        "standings": [
            {"standing": of, **_told([cell for _, standing, cell in cells if standing == of])}
            for of, _ in _STANDINGS
        ],
        "months": [
            {"month": of, **_told([cell for month, _, cell in cells if month == of])}
            for of in sorted({month for month, _, _ in cells})
        ],
        "floor": {"spent": yuan(spent), "budget": yuan(spent * chance.whole(97, 120) // 100)},
        "people": {"poor": poor, "with_doctor": poor - chance.whole(0, poor // 60)},
    }  # fmt: skip
    text = json.dumps(made, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {**made, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _cell(chance: Stream, visits: int, shares: dict[str, int], inside: int) -> Json:
    """A month of a standing: both kinds, and the visits within the district."""
    inpatient = _kind(chance, visits, 560_000, shares["inpatient"])
    chronic = _kind(chance, visits * 4, 31_000, shares["chronic"])
    every = inpatient["visits"] + chronic["visits"]
    near = every * (inside + chance.whole(-60, 60)) // 10_000
    return {
        "inpatient": inpatient,
        "chronic": chronic,
        "residents": {"visits": every, "inside": near},
    }


def _kind(chance: Stream, visits: int, cost: int, share: int) -> Json:
    total = visits * chance.whole(cost * 8 // 10, cost * 12 // 10)
    patient = total * (share + chance.whole(-40, 40)) // 10_000
    hospital = total * chance.whole(2, 7) // 1_000
    return {
        "visits": visits, "over": visits * chance.whole(10, 45) // 1_000, "total": total,
        "funds": total - patient - hospital, "hospital": hospital, "waits": 0, "patient": patient,
    }  # fmt: skip


def _told(cells: Sequence[Json]) -> Json:
    """Cells together, as a delivery tells them."""
    made: Json = {}
    for kind in ("inpatient", "chronic"):
        sums = {key: sum(cell[kind][key] for cell in cells) for key in cells[0][kind]}
        made[kind] = {
            key: value if key in ("visits", "over") else yuan(value) for key, value in sums.items()
        }
    made["residents"] = {
        key: sum(cell["residents"][key] for cell in cells) for key in ("visits", "inside")
    }
    return made
