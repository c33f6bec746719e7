"""A pack as a person reads it: its dates, its cascade, each value with source and mark."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.compile import Policy
from doudi.money import percent, yuan_for_people
from doudi.packs.model import DatedTable, Parameter, Unit
from doudi.packs.resolve import Head

_STATUS = {
    "declared": "声明", "strong": "有原文", "medium": "有旁证", "weak": "间接来源",
    "unverified": "未证实",
}  # fmt: skip


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
    console.print(Text("\n值", style="bold"))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("名称", "参数", "从", "值", "把握", "依据"):
        table.add_column(title, overflow="fold")
    for parameter in pack.parameters.values():
        for dated in parameter.dated:
            status = dated.basis.status.value
            table.add_row(
                parameter.title.zh, parameter.name, str(dated.start), _values(parameter, dated),
                Text(_STATUS[status], "bold yellow" if status == "unverified" else ""),
                dated.basis.cite.heading,
            )  # fmt: skip
    console.print(table)


def _values(parameter: Parameter, dated: DatedTable) -> str:
    def shown(key: tuple[str, ...]) -> str:
        value = dated.table[key]
        if value is None:
            return "无限额"
        match parameter.unit:
            case Unit.YUAN:
                return yuan_for_people(int(value))
            case Unit.PERCENT:
                return percent(value.numerator, value.denominator)
            case Unit.YEARS:
                return f"{int(value)} 岁"
            case Unit.FLAG:
                return "是" if value else "否"

    return "\n".join(" ".join((*key, shown(key))) for key in dated.table)
