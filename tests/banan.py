"""The pack of 巴南 2019 at hand: as files, as one mapping that a test may change, and bills under it."""

import json
from pathlib import Path
from typing import Any

from doudi.adjudication import Adjudication
from doudi.claim import Claim
from doudi.compile import Policy, compile_policy
from doudi.dates import date
from doudi.packs.load import load
from doudi.packs.model import Pack
from doudi.settle import Run, settle
from doudi.source_text import read_yaml
from doudi.testing import files_of, load_files, shelf_of
from doudi.wire.bills import read_bills, read_document
from doudi.wire.lines import Lists
from doudi.wire.pack_folder import PackFolder

PACK_ID = "cn/500000/500113/2019"
FOLDER = Path(__file__).parents[1] / "packs"
FILES = PackFolder(FOLDER).find(PACK_ID) or {}
PACK = load(PACK_ID, PackFolder(FOLDER).find)
DAY = date(2019, 6, 13)
POLICY = compile_policy(PACK, DAY)
SHELF = shelf_of(PACK)

Document = dict[str, Any]
Bill = dict[str, Any]


def document() -> Document:
    """The pack as one mapping, new at each call."""
    whole: Document = {}
    for name, content in FILES.items():
        if name in ("pack.yaml", "layers.yaml") or name.startswith("parameters/"):
            for key, value in read_yaml(name, content.decode()).value.items():
                whole[key] = {**whole[key], **value} if key in whole else value
    return whole


def pack_of(stated: Document) -> Pack:
    """A changed document as a pack, with the sources of the original."""
    sources = {name: content for name, content in FILES.items() if name.startswith("sources/")}
    return load_files(files_of(stated, sources), PACK_ID)


def policy_of(stated: Document) -> Policy:
    return compile_policy(pack_of(stated), DAY)


def layer(stated: Document, name: str) -> dict[str, Any]:
    """A layer of a document."""
    return next(one for one in stated["layers"] if one["layer"] == name)


def line(amount: str, item_class: str = "甲", line_id: str = "L1", **more: Any) -> Bill:
    """A line of quantity 1."""
    keys = {"id": line_id, "code": "C1", "class": item_class, "quantity": "1"}
    return {**keys, "unit_price": amount, "amount": amount, **more}


def bill(*lines: Bill, standing: str | None = "dibao", level: str = "2", **more: Any) -> Bill:
    """An inpatient bill of an adult, in the district."""
    standings = [] if standing is None else [{"code": standing, "from": "2018-01-01"}]
    person = {"id": "P", "birth_date": "1970-01-01", "insurance_tier": "tier_1"}
    keys: Bill = {
        "visit_id": "V",
        "person": {**person, "standings": standings},
        "facility": {"code": "F", "level": level, "district": "500113"},
        "kind": "inpatient",
        "admitted": "2019-06-01",
        "settled": "2019-06-13",
        "lines": list(lines),
    }
    return {**keys, **more}


def claims_of(*bills: Bill) -> tuple[Claim, ...]:
    """Bills as claims; none may have a fault."""
    content = json.dumps({"bills": list(bills)}).encode()
    brought = read_bills(read_document("bills.json", content), Lists())
    assert not brought.held, brought.held
    return brought.claims


def settled(pack: Pack, claims: tuple[Claim, ...]) -> tuple[Adjudication, ...]:
    """The settlements of claims that have no fault under the pack, in the order of the claims."""
    run: Run = settle(shelf_of(pack), claims)
    assert not run.faults, run.faults
    by_id = {one.visit_id: one for one in run.settlements}
    return tuple(by_id[claim.visit_id] for claim in claims)


def settle_one(pack: Pack, *bills: Bill) -> Adjudication:
    """The settlement of the last of some bills."""
    return settled(pack, claims_of(*bills))[-1]
