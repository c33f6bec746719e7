"""Figures as a district would hand them in, made by hand."""

import hashlib
import json
from typing import Any

Json = dict[str, Any]
AS_OF = "2019-12-03T08:00:00+08:00"


def sums(visits: int, total: int, patient: int, over: int = 0) -> Json:
    """So many visits of so many whole yuan, of which the funds pay what patients do not."""
    return {
        "visits": visits, "over": over, "total": f"{total}.00", "funds": f"{total - patient}.00",
        "hospital": "0.00", "waits": "0.00", "patient": f"{patient}.00",
    }  # fmt: skip


def delivery(
    district: str = "500112",
    year: int = 2019,
    as_of: str = "2019-12-03T08:00:00+08:00",
    **more: Any,
) -> Json:
    """A right one, unless `more` changes it."""
    inpatient, chronic = sums(60, 6_000, 540, 2), sums(40, 2_000, 300)
    residents = {"visits": 120, "inside": 110}
    groups = {"inpatient": inpatient, "chronic": chronic, "residents": residents}
    made: Json = {
        "form": "doudi.district-figures/1", "district": district, "name": "某区", "year": year,
        "from": f"{year}-01", "to": f"{year}-12", "as_of": as_of, "least": 10, **groups,
        "standings": [
            {"standing": "dibao", "inpatient": sums(40, 4_000, 360, 1), "chronic": chronic,
             "residents": {"visits": 100, "inside": 95}},
            {"standing": "destitute", "inpatient": sums(20, 2_000, 180, 1), "chronic": sums(0, 0, 0),
             "residents": {"visits": 20, "inside": 15}},
        ],
        "months": [{"month": f"{year}-06", **groups}],
        "floor": {"spent": "200.00", "budget": "1000.00"},
        "people": {"poor": 300, "with_doctor": 290}, **more,
    }  # fmt: skip
    return signed(made)


def signed(made: Json) -> Json:
    """With the digest of what it says."""
    said = {key: value for key, value in made.items() if key != "digest"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {**said, "digest": hashlib.sha256(text.encode()).hexdigest()}
