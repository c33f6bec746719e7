"""docs/reference/bill.md and settlement.md: what goes in and what comes out, key by key."""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from doudi import warn
from doudi.service import Bundle, settle_bundle
from doudi.wire import bill_form, catalogue_file, history, lines, mapping_file
from doudi.wire.settlements import fault_json, proposal_json, settlement_json
from doudi_cli.files import open_shelf
from tools import reference_words_bill as words
from tools.forms import NoWord, check_words, form_section, forms_of
from tools.markdown import code, page, table

_INTRO = """\
账单是 JSON 或 YAML。一个文件放一张账单，或者 `{"bills": [ … ]}`。
编辑器可以用 `doudi pack schema --bill` 打印的 JSON Schema。
例子见[示例账单](../../examples/README.md)，用法见[结算账单](../how-to/settle-bills.md)。

- 金额、单价、数量、比例写成十进制数，JSON 里最好加引号：`"2539.50"`。小数位多于下表的是错误 F204，不会舍去。
- 日期写 `2019-05-01`，时间写 `2019-05-01T08:30:00+08:00`，要带时区。
- 没有列出的键是错误 F202。写 null 等于不写。"""

_CATALOGUE = """\
## 目录文件 `--catalogue`

`version`（文字，结算结果里会写它）和 `items`。费用行自己写了类别、比例、限价的，以费用行为准，与目录不同就提示。"""

_MAPPING = """\
## 目录对照文件 `--mapping`

`items`。也可以是 CSV、XLSX，列名见[费用清单的列](columns.md)。"""

_HISTORY = """\
## 历史文件

`--history` 的文件有三个键，写其中几个都行：

| 键 | 是什么 |
| --- | --- |
| `bills` | 以前的账单：先结算它们，累计从它们来，不再打印 |
| `settlements` | 以前的结算结果，即 `doudi settle --json` 打印的：读累计加了多少、各方付了多少 |
| `accumulators` | 市中心或上级给的累计：本次运行的账单之前已有多少 |

`accumulators` 写了的那一项，同一年的历史账单和历史结算不再加进去，否则会算两遍。
见[决定 0006](../adr/0006-accumulators-from-openings-and-entries.md)。
`doudi settle --json` 打印的文件可以整个当历史文件用。

同一次就医可以既在 `bills` 又在 `settlements`：结算结果说当时是多少，账单用来重算；两处要是同一张账单。
本次运行的就医在历史里也有的，是[更正](../how-to/correct-a-visit.md)，以本次的为准。"""

_PROPOSALS = """\
更正或补报一次就医，以后的就医金额可能不同；已结算的不改，列在这里，按就医先后。没有就没有这个键。
`changes` 是应为减原来：正数是多付，负数是退回；各方相加是 0。只列有变动的层次。
用法见[更正一次就医](../how-to/correct-a-visit.md)。"""

PERSON = {
    "id": "P1",
    "birth_date": "1960-01-01",
    "insurance_tier": "tier_1",
    "district": "990101",
    "standings": [{"code": "dibao", "from": "2024-01-01"}],
}
FACILITY = {"code": "H2", "level": "2", "district": "990101"}


def bill_page() -> str:
    """Every key of a bill, then the catalogue's and the history's."""
    forms = forms_of(bill_form.Bill)
    check_words(forms, words.BILL)
    parts = [form_section(name, s, words.BILL, depth=2) for name, s in forms.items()]
    for head, form, said in (
        (_CATALOGUE, catalogue_file._Item, words.CATALOGUE),
        (_MAPPING, mapping_file.MappedForm, words.MAPPING),
        (_HISTORY, history._Accumulator, words.HISTORY),
    ):
        found = forms_of(form)
        check_words(found, said)
        parts += [head, *(form_section(name, s, said) for name, s in found.items())]
    return page("账单的写法 · The bill", _INTRO, *parts)


_OUT = """\
`doudi settle 文件 --json` 打印 `{"settlements": [ … ], "faults": [ … ]}`；有补退建议时另有 `proposals`。
金额是元，写成两位小数的文字。以后可能加键，不会改键。
要核对的等式：总费用 = 四部分之和；总费用 = 各层 + 医院承担 + 患者自付。不相等的结果不会打印。"""


def settlement_page() -> str:
    """Every key that a settlement prints, found on bills that use them all; faults; codes of warnings."""
    shelf = open_shelf("example", None)[0]
    run = settle_bundle(shelf, Bundle({"bills.json": _bills()}))
    corrected = settle_bundle(shelf, Bundle({"V4.json": _correction()}, ("history", _history())))
    printed, proposed = dict[str, str](), dict[str, str]()
    for settled in (*run.settlements, *corrected.settlements):
        correction = corrected.corrections.get(settled.visit_id)
        printed |= dict(paths(settlement_json(settled, correction), ""))
    for proposal in corrected.proposals:
        proposed = dict(paths(proposal_json(proposal), "")) | proposed
    same("结算结果", set(printed), set(words.SETTLEMENT))
    same("补退建议", set(proposed), set(words.PROPOSAL))
    same("错误", set(fault_json(run.faults[0])), set(words.FAULT))
    same("提示", set(_warning_codes()), set(words.WARNINGS))
    rows = [(code(path), printed[path], text) for path, text in words.SETTLEMENT.items()]
    return page(
        "结算结果 · The settlement",
        _OUT,
        "## 一笔结算 settlements[]",
        table(("键", "类型", "说明"), rows),
        "## 一条补退建议 proposals[]",
        _PROPOSALS,
        table(
            ("键", "类型", "说明"), ((code(k), proposed[k], t) for k, t in words.PROPOSAL.items())
        ),
        "## 一处错误 faults[]",
        table(("键", "说明"), ((code(key), text) for key, text in words.FAULT.items())),
        "## 提示的代码 warnings",
        "提示不妨碍结算。",
        table(
            ("代码", "说什么", "怎么办"),
            ((code(key), said, do) for key, (said, do) in words.WARNINGS.items()),
        ),
    )


def same(what: str, printed: set[str], told: set[str]) -> None:
    """Raise NoWord where the program prints a key without a word, or a word is of no key."""
    if printed != told:
        raise NoWord(f"{what}：程序有 {sorted(printed - told)}，说明有 {sorted(told - printed)}")


def _bills() -> bytes:
    """Bills of the teaching county that between them make every key appear: one faulty, one given, one
    awaiting, one approaching, one exceeded."""

    made = [
        _bill("V1", "2025-02-01", "1000.00", "甲", kind="dental"),
        _bill("V2", "2025-03-01", "9000.00", "甲", given={"basic": "100.00"}),
        _bill("V3", "2025-04-01", "2000.00", "丙", awaiting=["basic"]),
    ]
    return json.dumps({"bills": made}).encode()


def _bill(visit: str, day: str, price: str, item_class: str, **more: object) -> dict[str, Any]:
    line = {"id": "1", "code": "A", "class": item_class, "quantity": "1", "unit_price": price}
    return {
        "visit_id": visit, "person": PERSON, "facility": FACILITY, "kind": "inpatient",
        "admitted": day, "settled": day, "lines": [{**line, "amount": price}], **more,
    }  # fmt: skip


def _correction() -> bytes:
    """An outpatient bill that corrects one of the history's."""
    return json.dumps(_bill("V4", "2025-05-01", "300.00", "甲", kind="outpatient")).encode()


def _history() -> bytes:
    """The corrected bill as it was, one behind it, and one that has a fault once it is corrected."""
    given = {"charity_fund": "170.00"}
    made = [
        _bill("V4", "2025-05-01", "800.00", "甲", kind="outpatient"),
        _bill("V5", "2025-06-01", "600.00", "甲", kind="outpatient"),
        _bill("V6", "2025-07-01", "600.00", "甲", kind="outpatient", given=given),
    ]
    return json.dumps({"bills": made}).encode()


def paths(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every path in a printed value with its type; names of layers and accumulators become `*`."""
    if path:
        yield path, type_of(value)
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            name = "*" if path.rpartition(".")[2] in _NAMED else key
            yield from paths(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            if isinstance(item, Mapping):
                for inner, type_ in paths(item, f"{path}[]"):
                    if inner != f"{path}[]":
                        yield inner, type_


_NAMED = {"payments", "computed", "accumulators", "episode_accumulators", "moved"}


def type_of(value: object) -> str:
    match value:
        case bool():
            return "true 或 false"
        case int():
            return "整数"
        case Mapping():
            return "键值表"
        case list():
            return "列表"
        case None:
            return "文字或 null"
        case _:
            return "文字"


def _warning_codes() -> Iterator[str]:
    """The codes in the text of the rooms that warn: what `Warning_(…)` and `Remark(…)` are given first."""
    for room in (warn, lines):
        for node in ast.walk(ast.parse(inspect.getsource(room))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
            if named and node.func.id in ("Warning_", "Remark"):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)
                elif isinstance(first, ast.Name) and first.id == "code":
                    yield from ("approaching", "exceeded")
