"""docs/reference/faults.md, command.md and glossary.md: lists of words that the code holds already."""

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from doudi.fault_kinds import FAULT_KINDS
from doudi.terms import TERMS
from doudi_cli.main import app
from tools.forms import NoWord
from tools.markdown import code, page, table

_GROUPS = {
    "F1": ("文件", "files", "文件打不开，或者不是能读的 JSON、YAML。"),
    "F2": ("账单的格式", "the form of a bill", "键或值写得不对。改了格式，才看得到 F3 的错误。"),
    "F3": ("账单的内容", "what a bill says", "格式对，但说法自相矛盾，或缺少类别、比例。"),
    "F4": ("结算", "settling", "账单与政策包对不上。"),
    "P1": ("政策包的文件和格式", "a pack's files and form", "改了这些，才看得到 P2 的错误。"),
    "P2": ("政策包的内容", "what a pack says", "值、日期、代码、表达式、规则。"),
    "P3": ("例题", "worked cases", "`doudi pack test` 找到的。"),
    "S4": ("服务：请求", "the service: requests", "谁在问，能不能做，是不是做过了。什么都没有写。"),
    "S5": ("服务：自身", "the service itself", "时钟、数据库、程序。什么都没有写，可以再送。"),
    "S6": (
        "服务：医院工作台",
        "the service: the hospital's desk",
        "页面上办的事。什么都没有写，输入还在。",
    ),
    "S7": (
        "服务：区级工作台、运行维护",
        "the service: the district's desk",
        "审批、政策、钱、乡镇、审计；安装、升级、磁盘。什么都没有写，输入还在。",
    ),
}

_FAULTS = """\
每处错误有五项：代码、在哪里、什么错了、为什么不能放过、怎么改。代码不会改，可以拿来查。
有错误的账单不结算，别的账单照样结算；同一个人当年后面的账单会提示 held_by。有错误的政策包不能用。
下表里的 … 由程序填上具体的名称和数。"""


def fault_page() -> str:
    """Every kind of fault, in groups."""
    groups = {code_[:2] for code_ in FAULT_KINDS}
    if groups != set(_GROUPS):
        raise NoWord(f"错误的分组：代码有 {sorted(groups)}，说明有 {sorted(_GROUPS)}")
    sections: list[str] = []
    for prefix, (title, english, text) in _GROUPS.items():
        rows = [
            (code_, _shown(k.what), _shown(k.why), _shown(k.mend), k.english)
            for code_, k in FAULT_KINDS.items()
            if code_.startswith(prefix)
        ]
        sections += [
            f"## {prefix} {title} {english}",
            text,
            table(("代码", "什么", "为什么", "怎么改", "English"), rows),
        ]
    return page("错误 · Faults", _FAULTS, *sections)


def _shown(text: str) -> str:
    """The words with … where the program fills something in."""
    plain = re.sub(r"(?<!\{)\{\w+\}", "…", text).replace("{{", "{").replace("}}", "}")
    return "（看错误本身）" if plain == "…" else plain


_COMMAND = """\
装好以后，命令是 `.venv/bin/doudi`。每条命令加 `--help` 看这里的内容。

退出码：0 完成；1 带来的文件有错误，已在输出里逐条说明；2 命令写得不对；3 程序自检没有通过，什么都没有写。
加 `--json` 只往标准输出写 JSON；不加时，错误写到标准错误。"""


def command_page() -> str:
    """The help of every command."""
    return page("命令 · The command", _COMMAND, *_commands(get_command(app), "doudi"))


def _commands(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        yield f"## {code(path)}\n\n{_help(command, path)}"
        if command.invoke_without_command:
            yield _command(command, path)
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}")
        return
    yield _command(command, path)


def _command(command: Any, path: str) -> str:
    """What a command takes."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([path, *(["[选项]"] if options else []), *(_metavar(a) for a in arguments)])
    rows = [(code(_metavar(a)), _help(a, path), "是" if a.required else "") for a in arguments] + [
        (code(_option(o)), _help(o, path), "是" if o.required else "") for o in options
    ]
    parts = [f"### {code(path)}", _help(command, path), f"```text\n{usage}\n```"]
    if rows:
        parts.append(table(("参数", "说明", "必填"), rows))
    return "\n\n".join(parts)


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _option(option: Any) -> str:
    """The option with what it takes: a flag takes nothing."""
    names = ", ".join(option.opts)
    return names if option.is_flag else f"{names} …"


def _help(thing: Any, path: str) -> str:
    if not thing.help:
        raise NoWord(f"{path}：{thing.name} 没有说明")
    return str(thing.help)


def glossary_page() -> str:
    """Every word: our name, Chinese, English, the platform's field, the meaning."""
    rows = [
        (code(t.name), t.zh, t.en, code(t.platform) if t.platform else "—", t.meaning)
        for t in TERMS.values()
    ]
    return page(
        "术语 · Glossary",
        "程序、文档和输出用同一套名称。自费、先行自付、自付、个人负担是四件事，不能混用。",
        table(("名称", "中文", "English", "平台字段", "意思"), rows),
    )
