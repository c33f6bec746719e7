"""docs/reference/pack-language.md, pack-files.md and cases.md: what a pack is made of, key by key."""

from pathlib import Path

from pydantic import ValidationError

from doudi.cases import CasesForm
from doudi.money import Rounding
from doudi.packs import load
from doudi.packs.build import PLACES
from doudi.packs.document import DimensionForm, PackForm
from doudi.packs.model import Status, Unit
from tools import reference_words as words
from tools.forms import NoWord, check_words, form_section, forms_of
from tools.markdown import code, excerpt, fenced, page, table

EXAMPLE = Path(__file__).parents[1] / "packs" / "example" / "pack.yaml"

# What is shown of the teaching pack under a form.
_SHOWN = {
    "DimensionForm": "standing:",
    "ParameterForm": "critical.threshold:",
    "AccumulatorForm": "after_basic:",
    "LayerForm": "- layer: critical_illness",
    "ControlForm": "control:",
    "FloorForm": "floor:",
    "LateKnowledgeForm": "late_knowledge:",
}

_INTRO = """\
政策包是一个[文件夹](pack-files.md)，里面是文字。
`doudi pack check 文件夹` 检查它，`doudi pack test 文件夹` 试算例题。
第一次写，从[教程](../tutorial/first-pack.md)开始。完整的例子是[教学政策包](../../packs/example/pack.yaml)。
它编译成什么，见[程序的操作](operations.md)。"""

_FILES = """\
## 文件 files

| 文件 | 写什么 |
| --- | --- |
| `pack.yaml` | 必有。可以写[各节](pack-language.md)里的任何一节 |
| 同一文件夹的其他 `*.yaml` | 可有。如 `layers.yaml`、`floor.yaml`，写法相同 |
| `parameters/*.yaml` | 可有。参数多时放在这里 |
| `sources/*.md` | 出处：第一行 `# 文件名`，每条一个 `## 标题`，`cite` 指向这里的标题 |
| `cases/*.yaml` | [例题](cases.md) |

几个文件合起来是一份文档。一件事只写一处：同一个键在两个文件里出现是错误 P108。
几个文件可以分写 {by_name}，每个名称只写一次。

所有的值都是文字，读的时候才按单位变成数；`true`、`false`、`null` 是它们自己。不接受锚点和别名。"""

_EXTENDS = """\
## 继承 extends

`extends` 写另一个政策包的编号，先取它的全部内容，再按名称改：

| 写了什么 | 结果 |
| --- | --- |
| {by_name} 里同名的一项 | 整项替换；新名称加上 |
| `layers` 里同名的一层 | 整层替换，次序不变；新的层加在最后 |
| 其他的节（`valid`、`control`、`floor` 等） | 整节替换 |
| 值写 null | 去掉这一项，或这一节 |

层次只能替换和添加，不能去掉，不能换次序。去掉一节以后，继承来的参数没有用到也不要紧。
自己写的参数没有用到是错误 P212。
选政策包时只读 `pack.yaml` 里的 `title`、`district`、`valid`，自己没写的看它继承的。

`pack` 和 `extends` 不继承。被继承的值仍指向原来政策包的出处；改了的值指向自己的 `sources`。例题不继承。
`cite` 里的文件自己没有的，到继承的政策包里找：照抄原来的规则，依据不用改。自己有同名的文件，就只看自己的。
继承的政策包放在同一个文件夹里；没有的，再看程序自带的。

`doudi pack new 编号 --extends 原来的编号` 写好新的文件夹；`doudi pack diff` 比较改了什么。"""


_BASIS = """\
### 依据 cite 和 status

每个参数、累计、层次、规则都写 `cite`（{cite}）和 `status`（{status}）：

{rows}"""

_CHECK = """\
## 检查 check

`doudi pack check` 分三步：文件和出处；值和格式；表达式里的名称和单位。
三步的错误一次列全；格式读不懂的，才看不到后面的错误。
错误的意思和改法见[错误](faults.md#p1-政策包的文件和格式-a-packs-files-and-form)。"""

_CASES = """\
例题放在政策包的 `cases` 文件夹。`doudi pack test` 用这个政策包结算每一题，与答案逐项比较。
改了规则，例题不符的就列出来：不是规则错了，就是例题要改。例子见[教学政策包的例题](../../packs/example/cases/cascade.yaml)。"""


def pack_page() -> str:
    """The whole page."""
    forms = forms_of(PackForm)
    check_words(forms, words.PACK)
    sections = [_with_example(name, form_section(name, s, words.PACK)) for name, s in forms.items()]
    return page(
        "政策包的写法 · The pack language",
        _INTRO,
        "## 各节 sections",
        "“必填”是几个文件合起来、继承填好之后必须有的键。算式的写法见[表达式](expressions.md)。",
        *sections,
        "## 值 values",
        _basis_section(),
        _of_section(),
        f"### 待定 open\n\n{words.OPEN}",
        _list_section("单位 unit", Unit, {k: f"{a}。例：{b}" for k, (a, b) in words.UNITS.items()}),
        _list_section("进位 round", Rounding, words.ROUNDINGS),
    )


def files_page() -> str:
    """The files of a pack, and how one pack stands on another."""
    by_name = "、".join(code(name) for name in load.BY_NAME)
    return page(
        "政策包的文件 · A pack's files",
        _FILES.format(by_name=by_name),
        _EXTENDS.format(by_name=by_name),
        _CHECK,
    )


def cases_page() -> str:
    """Worked cases beside a pack."""
    forms = forms_of(CasesForm)
    check_words(forms, words.CASES)
    sections = [form_section(name, s, words.CASES, depth=2) for name, s in forms.items()]
    return page("例题的写法 · Worked cases", _CASES, *sections)


def _with_example(name: str, section: str) -> str:
    start = _SHOWN.get(name)
    if start is None:
        return section
    shown = excerpt(EXAMPLE.read_text(encoding="utf-8"), start)
    return f"{section}\n\n{fenced(shown, 'yaml')}"


def _basis_section() -> str:
    """What stands behind every value: its source, and how sure it is."""
    rows = _list_table("把握", Status, words.STATUSES)
    return _BASIS.format(cite=words.CITE, status=words.STATUS, rows=rows)


def _list_section(title: str, members: type[Unit | Status | Rounding], said: dict[str, str]) -> str:
    return f"### {title}\n\n{_list_table(title, members, said)}"


def _list_table(title: str, members: type[Unit | Status | Rounding], said: dict[str, str]) -> str:
    """A closed set of codes, each with its word."""
    codes = [member.value for member in members]
    if set(codes) != set(said):
        raise NoWord(f"{title}：代码是 {codes}，说明是 {sorted(said)}")
    return table(("代码", "意思"), ((code(c), said[c]) for c in codes))


def _of_section() -> str:
    """Where a dimension can stand on a bill; each is tried against the form."""
    for of in words.OF:
        stated = {"title": "t", "of": of.replace("名称", "name"), "codes": {"a": "甲"}}
        try:
            DimensionForm.model_validate(stated)
        except ValidationError as error:
            raise NoWord(f"of: {of} 已经不能写") from error
    of_table = table(("of", "是什么"), ((code(of), text) for of, text in words.OF.items()))
    return f"### 维度取自哪里 of\n\n{of_table}\n\n{_place_section()}"


def _place_section() -> str:
    """The codes of a place of care: only these sets, each with what it means."""
    if {code for codes in PLACES for code in codes} != set(words.PLACES):
        raise NoWord(f"就医地点：代码是 {PLACES}，说明是 {sorted(words.PLACES)}")
    either = "；或 ".join(
        "、".join(code(one) for one in words.PLACES if one in codes) for codes in PLACES
    )
    rows = table(("代码", "意思"), ((code(one), text) for one, text in words.PLACES.items()))
    return f"### 就医地点 place\n\n{words.PLACE.format(either=either)}\n\n{rows}"
