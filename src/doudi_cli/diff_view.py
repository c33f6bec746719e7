"""What differs between two packs, as a person reads it: before and after, each with its source and mark."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.money import yuan_for_people
from doudi.packs.diff import Change, Side
from doudi.packs.model import Pack, Unit
from doudi_cli.pack_words import OPEN, SECTIONS, STATUS, facet_text

_EMPTY = "—"


def show_diff(
    console: Console,
    heads: tuple[str, str],
    packs: tuple[Pack, Pack],
    changes: Sequence[Change],
) -> None:
    """One block for each thing that differs, one row for each value or rule of it."""
    console.print(Text(f"{heads[0]} → {heads[1]}", style="bold"), soft_wrap=True)
    if not changes:
        console.print("没有不同：规则、值、依据都一样。")
        return
    console.print(f"{len(changes)} 处不同", style="dim")
    for section, whole in groupby(changes, lambda c: SECTIONS[c.section]):
        console.print(Text(f"\n{section}", style="bold"))
        for _, one in groupby(whole, lambda c: (c.section, c.name)):
            _thing(console, packs, list(one))


def _thing(console: Console, packs: tuple[Pack, Pack], changes: list[Change]) -> None:
    first = changes[0]
    head = Text(first.title.zh, style="bold")
    if first.name and first.name != first.title.zh:
        head.append(f"  {first.name}", style="dim")
    kind = _kind(changes)
    if kind:
        head.append(f"  {kind}", style="bold green" if kind == "新增" else "bold red")
    console.print(head, soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", min_width=4)
    if not kind:
        table.add_column(overflow="fold")
        table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for change in changes:
        label = Text(f"    {_label(packs, change)}")
        if kind:
            table.add_row(label, _text(change, change.after or change.before))
        else:
            before, after = _text(change, change.before), _text(change, change.after)
            table.add_row(label, before, Text("→", style="dim"), after)
    console.print(table)
    for label, sides in _sources(changes):
        for text in dict.fromkeys(map(_source, sides)):
            if text:
                line = Text(f"    {label}  ", style="dim")
                line.append(text, style="bold yellow" if text.startswith("未证实") else "dim")
                console.print(line, soft_wrap=True)


def _kind(changes: Sequence[Change]) -> str:
    """Whether all of it is new, or gone."""
    if all(c.before is None for c in changes):
        return "新增"
    return "去掉" if all(c.after is None for c in changes) else ""


def _sources(changes: Sequence[Change]) -> list[tuple[str, list[Side]]]:
    """The sources of both sides; once where they are the same."""
    before = [c.before for c in changes if c.before is not None]
    after = [c.after for c in changes if c.after is not None]
    if {*map(_source, before)} == {*map(_source, after)} or not before or not after:
        return [("依据", after or before)]
    return [("原依据", before), ("新依据", after)]


def _source(side: Side) -> str:
    if side.basis is None:
        return ""
    cite = side.basis.cite
    return f"{STATUS[side.basis.status.value]}  {cite.document} · {cite.heading}"


def _label(packs: tuple[Pack, Pack], change: Change) -> str:
    if change.section != "parameters" or change.facet not in ("value", "basis"):
        return facet_text(change.facet)
    codes = " ".join(_code(packs, *pair) for pair in change.cell)
    only = "（只换依据）" if change.facet == "basis" else ""
    return "  ".join(part for part in (*_days(change), codes + only) if part)


def _days(change: Change) -> list[str]:
    if change.since is None:
        return []
    last = "起" if change.until is None else f"至 {change.until - timedelta(days=1)}"
    return [f"{change.since} {last}"]


def _code(packs: tuple[Pack, Pack], dimension: str, code: str) -> str:
    for pack in reversed(packs):
        known = pack.dimensions.get(dimension)
        if known is not None and code in known.codes:
            return known.codes[code].zh
    return code


def _text(change: Change, side: Side | None) -> Text:
    if side is None:
        return Text(_EMPTY, style="dim")
    return Text(_value(change.unit, side.text))


def _value(unit: Unit | None, text: str) -> str:
    """A value as people read it; anything else as it is written."""
    if unit is None:
        return text
    match text:
        case "open":
            return OPEN
        case "none":
            return "不设限额"
        case "true" | "false":
            return "是" if text == "true" else "否"
        case _ if unit == Unit.YUAN:
            whole, _, part = text.partition(".")
            return f"{yuan_for_people(int(whole) * 100 + int(part.ljust(2, '0') or 0))} 元"
        case _:
            return f"{text} 岁" if unit == Unit.YEARS else text
