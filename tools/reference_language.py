"""docs/reference/expressions.md and operations.md: the expressions of a pack, and what they become.

Every example is read by the language itself before it is printed; every operation is run by both readings.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import get_args

from doudi.compile.expressions import FACTS, PARTS
from doudi.errors import Unsupported
from doudi.ir import ops
from doudi.ir.meaning import worth
from doudi.ir.program import Builder, Program
from doudi.ir.types import Kind
from doudi.packs import expression as e
from doudi.packs.lint import RESERVED
from doudi.readings.scalar import function
from doudi.readings.trace import Trace
from tools import reference_words_language as words
from tools.forms import NoWord
from tools.markdown import code, page, table

_INTRO = """\
表达式写在政策包里：条件、比例、金额。它由名称、数值、运算符和 {functions} 个函数组成。没有循环，不能定义函数。
一行写不下，用 YAML 的 `>-`。"""

_TYPES = """\
## 类型 types

| 类型 | 从哪里来 | 可以怎样用 |
| --- | --- | --- |
{rows}

- 金额乘比例要进位，所以写成 `share(金额, 比例, 进位)`，不能写 `*`。
- 数值 0 可以当金额或比例。别的金额写成参数，才有日期和依据。
- 0% 和 100% 可以直接写。别的比例写成参数，才有日期和依据。
- 比例不论代码怎样组合，都要在 0% 到 100% 之间，否则是错误 P202。
- `in` 的方括号里是代码，不是名称。"""

_NAMES = """\
## 名称 names

维度、条件、参数、金额、累计、层次共用一套名称，不能重复。下面的名称是内建的，不能再定义：

{reserved}

| 名称 | 类型 | 在哪里可以用 |
| --- | --- | --- |
{rows}"""


def expression_page() -> str:
    """Operators by precedence, functions, types, names; and what cannot be written."""
    kinds = "\n".join(
        "| " + " | ".join((words.KINDS[kind][0], *words.KINDS[kind][1:])) + " |"
        for kind in _kinds()
    )
    names = "\n".join(f"| {a} | {b} | {c} |" for a, b, c in _names())
    return page(
        "表达式 · Expressions",
        _INTRO.format(functions=len(e.FUNCTIONS)),
        _operators(),
        _functions(),
        _TYPES.format(rows=kinds),
        _NAMES.format(reserved="、".join(code(name) for name in RESERVED), rows=names),
        _refused(),
    )


def _operators() -> str:
    rows: list[tuple[str, str, str]] = []
    for shown, node, example, text in words.OPERATORS:
        tree = e.parse(example)
        if type(tree).__name__ != node:
            raise NoWord(f"“{example}”读成 {type(tree).__name__}，不是 {node}")
        rows.append((shown, code(example), text))
    alike: list[tuple[str, str]] = []
    for written, meant in words.PRECEDENCE:
        if e.parse(written) != e.parse(meant):
            raise NoWord(f"“{written}”与“{meant}”不是一回事")
        alike.append((code(written), code(meant)))
    return (
        "## 运算符 operators\n\n从松到紧：上面的后算。\n\n"
        + table(("写法", "例", "意思"), rows)
        + "\n\n"
        + table(("写作", "等于"), alike)
    )


def _functions() -> str:
    if set(words.FUNCTIONS) != set(e.FUNCTIONS):
        raise NoWord(f"函数是 {sorted(e.FUNCTIONS)}，说明是 {sorted(words.FUNCTIONS)}")
    rows: list[tuple[str, str, str]] = []
    for name, count in e.FUNCTIONS.items():
        form, example, text = words.FUNCTIONS[name]
        tree = e.parse(example)
        if not isinstance(tree, e.Call) or tree.function != name or form.count("，") != count - 1:
            raise NoWord(f"函数 {name} 的例子不对：{example}")
        rows.append((code(form.replace("，", ", ")), code(example), text))
    return "## 函数 functions\n\n" + table(("写法", "例", "意思"), rows)


def _refused() -> str:
    rows: list[tuple[str, str]] = []
    for text, instead in words.REFUSED:
        try:
            e.parse(text)
        except e.Unreadable:
            rows.append((code(text), instead))
        else:
            raise NoWord(f"“{text}”已经可以写")
    return "## 不能写 what cannot be written\n\n" + table(("写法", "改成"), rows)


def _kinds() -> list[Kind]:
    """The kinds that an expression of a pack can have; prices and quantities stay inside lines."""
    kinds = [kind for kind in Kind if kind not in (Kind.PRICE, Kind.QUANTITY)]
    if set(kinds) != set(words.KINDS):
        raise NoWord("类型的说明不全")
    return kinds


def _names() -> Sequence[tuple[str, str, str]]:
    built_in = set(PARTS) | set(FACTS) | {"total", "deductible_met"}
    told = {name for names, _, _ in words.NAMES for name in names if name in RESERVED}
    if told != set(RESERVED) or not built_in <= told:
        raise NoWord(f"内建名称的说明不全：{sorted(set(RESERVED) ^ told)}")
    return [("、".join(code(n) for n in names), kind, text) for names, kind, text in words.NAMES]


_OPERATIONS = """\
政策包编译成两个小程序：一个把每行费用分成四部分，一个结算整次就医。
程序由下面 {count} 种操作组成，每步的值都是整数。没有循环，没有浮点数，不看时钟。

同一个程序有两种读法：`scalar` 生成 Python 函数，快；`trace` 一步一步算，记下用到的值，说明由它而来。
表里的“有”是生成本页时实算过的：两种读法的得数与定义相同。
为什么这样做，见[决定 0001](../adr/0001-one-ir-many-readings.md)。"""


def operations_page() -> str:
    """Every operation, its meaning from its docstring, and which readings have it."""
    known = {op.__name__: op for op in get_args(ops.Op)}
    for what, names in (("说明", words.OPERATIONS), ("样例", words.SAMPLES)):
        if set(names) != set(known):
            raise NoWord(f"操作的{what}不全：{sorted(set(names) ^ set(known))}")
    rows = [
        (code(name), words.OPERATIONS[name], _first_paragraph(op), _detail(op),
         *(_has(reading, name) for reading in (_scalar, _trace)))
        for name, op in known.items()
    ]  # fmt: skip
    return page(
        "程序的操作 · Operations of the IR",
        _OPERATIONS.format(count=len(known)),
        table(("操作", "意思", "English", "编译时已知", "scalar", "trace"), rows),
    )


def _first_paragraph(op: type[object]) -> str:
    return inspect.cleandoc(op.__doc__ or "").split("\n\n")[0]


def _detail(op: type[object]) -> str:
    return "、".join(code(field.name) for field in fields(op))  # pyright: ignore


def _scalar(program: Program, facts: dict[str, int]) -> int:
    return function(program)(*(facts[name] for name in program.inputs))[0]


def _trace(program: Program, facts: dict[str, int]) -> int:
    return Trace(program, facts)["out"]


def _has(reading: Callable[[Program, dict[str, int]], int], name: str) -> str:
    """Whether a reading has an operation: it runs a sample, and must give what the definition says."""
    op, arguments, own = words.SAMPLES[name]
    builder, facts = Builder(), dict[str, int]()
    if isinstance(op, ops.Input):
        facts[op.name] = wanted = 7
    else:
        types = [type_ for type_, _ in arguments]
        wanted = worth(op, [value for _, value in arguments], types, own)
    steps: list[int] = []
    for number, (type_, value) in enumerate(arguments):
        facts[f"a{number}"] = value
        steps.append(builder.add(ops.Input(f"a{number}"), type=type_))
    out = builder.add(op, *steps, type=own)
    try:
        got = reading(Program(tuple(builder.steps), (("out", out),)), facts)
    except Unsupported:
        return "没有"
    if got != wanted:
        raise NoWord(f"{name}：读法得 {got}，定义是 {wanted}")
    return "有"
