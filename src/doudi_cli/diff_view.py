"""What differs between two packs, as a person reads it: before and after, each with its source and mark."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.packs.diff import Change, Side
from doudi.packs.diff_words import kind_text, label_text, side_text, source_text
from doudi.packs.model import Pack
from doudi.packs.words import SECTIONS


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
    kind = kind_text(changes)
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
        label = Text(f"    {label_text(packs, change)}")
        if kind:
            table.add_row(label, _text(change, change.after or change.before))
        else:
            before, after = _text(change, change.before), _text(change, change.after)
            table.add_row(label, before, Text("→", style="dim"), after)
    console.print(table)
    for label, sides in _sources(changes):
        for text in dict.fromkeys(map(source_text, sides)):
            if text:
                line = Text(f"    {label}  ", style="dim")
                line.append(text, style="bold yellow" if text.startswith("未证实") else "dim")
                console.print(line, soft_wrap=True)


def _sources(changes: Sequence[Change]) -> list[tuple[str, list[Side]]]:
    """The sources of both sides; once where they are the same."""
    before = [c.before for c in changes if c.before is not None]
    after = [c.after for c in changes if c.after is not None]
    if {*map(source_text, before)} == {*map(source_text, after)} or not before or not after:
        return [("依据", after or before)]
    return [("原依据", before), ("新依据", after)]


def _text(change: Change, side: Side | None) -> Text:
    return Text(side_text(change, side), style="dim" if side is None else "")
