"""A pack as a person reads it: its dates, its cascade, each value with source and mark."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.compile import Policy
from doudi.packs.model import Approval, Basis, DatedTable, LateKnowledge, Pack, Parameter
from doudi.packs.resolve import Head
from doudi.packs.words import (
    LATE_KNOWLEDGE,
    OPEN,
    SECTIONS,
    STATUS,
    approval_text,
    value_text,
)


def show_list(console: Console, heads: Sequence[Head]) -> None:
    """One row a pack."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("编号", "名称", "区划", "有效期"):
        table.add_column(title, overflow="fold")
    for head in heads:
        table.add_row(head.id, head.title, head.district, str(head.valid))
    console.print(table)


def show_pack(console: Console, policies: Sequence[Policy]) -> None:
    """Head, cascade, values, and the fingerprint of each span of days."""
    pack = policies[0].pack
    console.print(Text(f"{pack.title.zh}（{pack.id}）", style="bold"))
    console.print(f"区划 {pack.district}，有效期 {pack.valid}")
    for policy in policies:
        console.print(f"{policy.since} 起  {policy.fingerprint}", style="dim")
    console.print(Text("\n各层", style="bold"))
    for number, layer in enumerate(pack.layers, 1):
        fund = f"（{layer.payer.fund}）" if layer.payer.fund else ""
        console.print(f"{number}. {layer.title.zh}{fund}  {layer.payer.name.zh}")
        for rule in layer.rules:
            when = f"，当 {rule.when.text}" if rule.when else ""
            console.print(f"     {rule.title.zh}{when}", style="dim", markup=False, soft_wrap=True)
    for number, title in enumerate(
        (rule.title.zh for rule in (pack.control, pack.floor) if rule is not None),
        len(pack.layers) + 1,
    ):
        console.print(f"{number}. {title}")
    if pack.control is not None and pack.control.approval is not None:
        show_approval(console, pack.control.approval)
    if pack.late_knowledge is not None:
        show_late_knowledge(console, pack.late_knowledge)
    console.print(Text("\n值", style="bold"))
    for parameter in pack.parameters.values():
        console.print(
            Text.assemble((parameter.title.zh, "bold"), (f"  {parameter.name}", "dim")),
            soft_wrap=True,
        )
        for dated in parameter.dated:
            line = Text(f"    {dated.start} 起  ", style="dim")
            line.append("\n                 ".join(_rows(pack, parameter, dated)), style="default")
            console.print(line, soft_wrap=True)
            console.print(_mark(dated.basis, "    "), soft_wrap=True)


def show_approval(console: Console, stated: Approval) -> None:
    """Whether the insurance office must agree, with its source."""
    console.print(Text(f"\n{SECTIONS['approval']}", style="bold"))
    console.print(f"  {approval_text(stated)}", soft_wrap=True)
    console.print(_mark(stated.basis, "  "), soft_wrap=True)


def show_late_knowledge(console: Console, stated: LateKnowledge) -> None:
    """What a standing learned late does, with its source."""
    console.print(Text(f"\n{SECTIONS['late_knowledge']}", style="bold"))
    console.print(f"  {LATE_KNOWLEDGE[stated.effect]}。", soft_wrap=True)
    console.print(_mark(stated.basis, "  "), soft_wrap=True)


def _mark(basis: Basis, indent: str) -> Text:
    status = basis.status.value
    mark = Text(f"{indent}{STATUS[status]}", "bold yellow" if status == "unverified" else "dim")
    return mark.append(f"  {basis.cite.document} · {basis.cite.heading}", style="dim")


def _rows(pack: Pack, parameter: Parameter, dated: DatedTable) -> list[str]:
    """The values of a table in words, a line for each code of its first dimension."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for key, value in dated.table.items():
        words = [pack.dimensions[d].codes[c].zh for d, c in zip(parameter.by, key, strict=True)]
        head, rest = (tuple(words[:1]), words[1:]) if len(words) > 1 else ((), words)
        rows.setdefault(head, []).append(
            " ".join((*rest, OPEN if key in dated.open else value_text(parameter.unit, value)))
        )
    return ["：".join((*head, "、".join(cells))) for head, cells in rows.items()]
