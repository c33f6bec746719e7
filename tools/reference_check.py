"""docs/reference/check.md: what `doudi check --json` prints beside the settlement, key by key."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from doudi.service import Bundle, check_bundle
from doudi.wire.findings import finding_json
from doudi_cli.files import open_shelf
from tools.markdown import code, page, table
from tools.reference_bill import FACILITY, PERSON, paths, same
from tools.reference_words_check import CHECK, NULL

_INTRO = """\
`doudi check 文件 --json` 打印 `{"checks": [ … ], "faults": [ … ]}`。退出码同 `settle`：有错误是 1，别的账单照样看。

`checks[]` 的每一项先是一笔[结算结果](settlement.md#一笔结算-settlements)的全部键：今天结算会是多少；
没有写结算日的账单，`settled` 是看的那一天。另有下面的键。`faults[]` 同[结算](settlement.md#一处错误-faults)。

金额是元，写成两位小数的文字；数量和单价最多六位小数。以后可能加键，不会改键。
用法见[医院：第一次事前审核](../tutorial/hospital-first-check.md)，
算法见[决定 0009](../adr/0009-pre-check-by-difference.md)。"""
_DAY = date(2025, 4, 1)


def check_page() -> str:
    """Every key that a check adds, found on bills that use them all."""
    shelf = open_shelf("example", None)[0]
    found = check_bundle(
        shelf, Bundle({"b.json": _bills()}, catalogue=("c.json", _catalogue())), _DAY
    )
    assert found.faults == (), found.faults
    printed: dict[str, set[str]] = {}
    for path, type_ in (pair for one in found.findings for pair in _added(finding_json(one))):
        printed.setdefault(path, set()).add(type_)
    same("事前审核", set(printed), set(CHECK))
    rows = [(code(path), _type(path, printed[path]), text) for path, text in CHECK.items()]
    return page(
        "事前审核的结果 · The check",
        _INTRO,
        "## 一张账单 checks[]",
        table(("键", "类型", "说明"), rows),
    )


def _added(made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The paths of what stands beside the settlement; of a settlement in it only that it is there."""
    for path, type_ in paths(made, ""):
        top = path.partition(".")[0].partition("[")[0]
        if top in (
            "room",
            "marginal",
            "alternatives",
            "drafts",
            "undecided",
        ) and not path.startswith("drafts.after."):
            yield path, type_


def _type(path: str, seen: set[str]) -> str:
    (known,) = {type_.removesuffix("或 null") for type_ in seen}
    return f"{known}或 null" if path in NULL else known


def _bills() -> bytes:
    """Bills of the teaching county that between them make every key appear: one with a refund and a draft, one
    with a line that nobody has mapped."""
    person = {**PERSON, "id": "P2"}
    line = {"id": "1", "code": "C1", "quantity": "2", "unit_price": "50.00", "amount": "100.00"}
    back = {**line, "id": "2", "quantity": "-1", "amount": "-50.00", "refunds": "1"}
    unknown = {**line, "code": "H9"}

    def bill(visit: str, person: dict[str, Any], *lines: dict[str, Any]) -> dict[str, Any]:
        return {
            "visit_id": visit, "person": person, "facility": FACILITY, "kind": "inpatient",
            "admitted": _DAY.isoformat(), "lines": lines,
        }  # fmt: skip

    made = [
        bill("V1", PERSON, line, back, {**line, "id": "3", "draft": True}),
        bill("V2", person, unknown),
    ]
    return json.dumps({"bills": made}).encode()


def _catalogue() -> bytes:
    """An item that is not covered, and one that can stand in for it."""
    items = [
        {"code": "C1", "name": "进口", "class": "丙", "generic_name": "某药"},
        {
            "code": "A1",
            "name": "国产",
            "class": "甲",
            "generic_name": "某药",
            "reference_price": "20.00",
        },
    ]
    return json.dumps({"version": "1", "items": items}).encode()
