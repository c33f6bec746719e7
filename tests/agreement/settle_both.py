"""Settle the same bills by the engine and by the oracle, and say where they differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from doudi import Bundle, Shelf, settle_bundle
from doudi.source_text import Document
from doudi.wire.pack_folder import PackFolder
from doudi.wire.settlements import settlement_json
from oracle import banan_2019

PACKS = Path(__file__).parents[2] / "packs"
AMOUNTS = (
    "total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope", "deductible_met",
    "payments", "hospital", "patient", "lines", "accumulators",
)  # fmt: skip

Json = dict[str, Any]


def shelf() -> Shelf:
    """The shipped packs."""
    folder = PackFolder(PACKS)
    heads, faults = folder.heads()
    assert not faults, faults
    return Shelf(folder.find, heads)


def by_engine(
    packs: Shelf, bills: Sequence[Json], history: Json | None = None
) -> tuple[dict[str, Json], list[str]]:
    """Settlements by visit, and the codes of all faults."""
    told = None if history is None else ("history", Document("history", history))
    run = settle_bundle(packs, Bundle({"bills": Document("bills", {"bills": list(bills)})}, told))
    return {a.visit_id: settlement_json(a) for a in run.settlements}, [f.code for f in run.faults]


def differences(mine: Mapping[str, Json], wanted: Mapping[str, Json]) -> list[str]:
    """One sentence for each visit and key on which engine and oracle do not agree."""
    found = [f"{v}: settled by one only" for v in sorted(set(mine) ^ set(wanted))]
    for visit in sorted(set(mine) & set(wanted)):
        got, right = _comparable(mine[visit]), _wanted(wanted[visit])
        found += [
            f"{visit} {key}: engine {got[key]!r}, oracle {right[key]!r}"
            for key in right
            if got[key] != right[key]
        ]
    return found


def compare(packs: Shelf, bills: Sequence[Json], history: Json | None = None) -> list[str]:
    """Where engine and oracle differ on these bills."""
    right = banan_2019.settle(list(bills), history)
    return differences(by_engine(packs, bills, history)[0], right["settlements"])


def _comparable(settlement: Json) -> Json:
    warnings = settlement["warnings"]
    control = settlement["control"]
    return {
        **{key: settlement[key] for key in AMOUNTS},
        "control": {k: control[k] for k in ("applies", "share", "limit", "excess", "status")},
        "held_by": sorted(v for w in warnings if w["code"] == "held_by" for v in w["visits"]),
        "differs": sorted(w["layer"] for w in warnings if w["code"] == "given_differs"),
        "provisional": settlement.get("provisional"),
    }


def _wanted(settlement: Json) -> Json:
    return {
        **{key: settlement[key] for key in (*AMOUNTS, "control", "provisional")},
        "held_by": sorted(settlement["held_by"]),
        "differs": sorted(settlement["differs"]),
    }
