"""A settled bill as a person reads it: who pays what as bars, the control, warnings, the reasons."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.adjudication import Adjudication, Explanation, Warning_
from doudi.money import Rounding, divide, share_for_people, yuan_for_people
from doudi.terms import TERMS

_BAR = 32
_PAYER_COLOURS = {
    "basic": "blue",
    "critical_illness": "cyan",
    "medical_assistance": "green",
    "floor": "magenta",
    "hospital": "yellow",
    "patient": "bold",
}
_SEVERITY = {"critical": "bold red", "warning": "yellow", "info": "dim"}

_SHORT = {
    "exceeded": "超限",
    "approaching": "接近",
    "given_differs": "不一致",
    "held_by": "前有未结",
    "provisional": "暂结",
}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "visit": "就医", "settled": "结算", "payers": "谁付多少（元）", "control": "控费",
        "within": "没有超过限额", "approaching": "接近限额", "exceeded": "超过限额",
        "share": "目录外占比", "limit": "限额", "over": "超出", "moved": "由医院承担",
        "why": "为什么是这些数", "cite": "依据", "unverified": "{n} 个值没有文件证实：",
        "provisional": "暂结：平台尚未返回", "total": "合计", "values": "用到的值",
    },
    "en": {
        "visit": "Visit", "settled": "settled", "payers": "Who pays what (yuan)",
        "control": "Control", "within": "within the limit", "approaching": "close to the limit",
        "exceeded": "over the limit", "share": "out-of-catalogue share", "limit": "limit",
        "over": "over by", "moved": "borne by the hospital", "why": "Why these amounts",
        "cite": "Source", "unverified": "{n} values are confirmed by no text: ",
        "provisional": "Provisional: the platform has not answered", "total": "Total",
        "values": "Values used",
    },
}  # fmt: skip


def show_settlement(console: Console, a: Adjudication, *, language: str, reasons: bool) -> None:
    """One settled visit."""
    words = _WORDS[language]
    head = Text(f"{words['visit']} {a.visit_id}", style="bold")
    codes = [title for name, title in a.titles.items() if name.startswith("code.")]
    head.append(f"  {' · '.join(c for c in codes if c)}  {a.settled} {words['settled']}", "default")
    console.print()
    console.print(head)
    console.print(Text(f"{a.pack}  {a.fingerprint[:12]}", style="dim"))
    if a.provisional == "platform":
        console.print(Text(words["provisional"], style="bold yellow"))
    console.print(_parts(a, language))
    console.print(_payers(a, language))
    _show_control(console, a, words)
    for warning in a.warnings:
        text = warning_text(warning, a.titles, language)
        console.print(Text(text, style=_SEVERITY[warning.severity]), soft_wrap=True)
    if reasons:
        console.print(Text(words["why"], style="bold"))
        console.print(_reasons(a.explanation, words))
    if a.unverified:
        text = words["unverified"].format(n=len(a.unverified))
        names = [a.titles.get(path, path) for path in a.unverified]
        shown = "、".join(names) if language == "zh" else ", ".join(names)
        console.print(Text(f"※ {text}{shown}", style="dim"), soft_wrap=True)


def warning_text(warning: Warning_, titles: Mapping[str, str], language: str) -> str:
    """A warning with the lines that it is about."""
    comma = "、" if language == "zh" else ", "
    named = comma.join(f"{line} {titles.get(f'line.{line}', '')}" for line in warning.lines)
    return f"▲ {warning.text}" + (f"  [{named}]" if named else "")


def show_table(console: Console, settled: Sequence[Adjudication]) -> None:
    """Many visits, one row each, with the sums."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1), show_footer=True)
    rows = [
        (
            a.total,
            sum(a.payments.values()) - a.payments["floor"],
            a.payments["floor"],
            a.hospital,
            a.patient,
        )
        for a in settled
    ]
    sums = [yuan_for_people(sum(column)) for column in zip(*rows, strict=True)]
    table.add_column("就诊号", no_wrap=True, footer=f"{len(settled)} 笔")
    for title, total in zip(
        ("总费用", "基金支付", "政府兜底", "医院承担", "患者自付"), sums, strict=True
    ):
        table.add_column(title, justify="right", no_wrap=True, footer=total)
    table.add_column("目录外", justify="right", no_wrap=True)
    table.add_column("提示", no_wrap=True)
    for a, amounts in zip(settled, rows, strict=True):
        share = "" if a.control is None else share_for_people(a.control.share)
        worst = {_SHORT.get(w.code, "核对"): _SEVERITY[w.severity] for w in reversed(a.warnings)}
        marks = Text(" ").join(Text(word, style) for word, style in reversed(worst.items()))
        table.add_row(a.visit_id, *map(yuan_for_people, amounts), share, marks)
    console.print(table)


def _parts(a: Adjudication, language: str) -> Text:
    """Total and its four parts on a line."""

    def shown(name: str) -> str:
        term = TERMS[name]
        amount = yuan_for_people(getattr(a, name))
        return f"{term.zh if language == 'zh' else term.en} {amount}"

    text = Text(shown("total"), style="bold")
    names = ("in_scope", "first_self_pay", "over_ceiling", "out_of_catalogue")
    parts = [shown(name) for name in names if getattr(a, name) or name == "in_scope"]
    text.append("  =  " + "  +  ".join(parts), style="default")
    return text


def _payers(a: Adjudication, language: str) -> Table:
    """The cascade: each payer's bar begins where the last ended."""
    words = _WORDS[language]
    rows: list[tuple[str, str, int]] = [
        (layer, _payer(a, layer, language), amount)
        for layer, amount in a.payments.items()
        if amount or layer != "floor" or any(e.layer == "floor" for e in a.explanation)
    ]
    for name in ("hospital", "patient"):
        amount = getattr(a, name)
        if amount or name == "patient":
            term = TERMS[name]
            rows.append((name, term.zh if language == "zh" else term.en, amount))
    table = Table(box=None, show_header=True, header_style="bold", pad_edge=False, show_footer=True)
    table.add_column(words["payers"], footer=words["total"])
    table.add_column("")
    table.add_column("", justify="right", no_wrap=True, footer=yuan_for_people(a.total))
    table.add_column("", justify="right", no_wrap=True)
    start = 0
    for key, title, amount in rows:
        style = _PAYER_COLOURS.get(key, "cyan")
        bar = Text(" " * _cells(start, a.total))
        bar.append("█" * (_cells(start + amount, a.total) - _cells(start, a.total)), style=style)
        start += amount
        share = share_for_people(
            divide(amount * 10_000, a.total, Rounding.HALF_UP) if a.total else 0
        )
        weight = "bold" if key == "patient" else ""
        table.add_row(
            Text(title, weight), bar, Text(yuan_for_people(amount), weight), Text(share, "dim")
        )
    return table


def _cells(amount: int, total: int) -> int:
    """How many of the bar's cells an amount fills; a whole number of halves rounds up."""
    return (2 * amount * _BAR + total) // (2 * total) if total else 0


def _payer(a: Adjudication, layer: str, language: str) -> str:
    told = {e.layer: e.title for e in a.explanation}
    if layer in told:
        return told[layer]
    return TERMS[layer].en if language == "en" and layer in TERMS else a.titles.get(layer, layer)


def _show_control(console: Console, a: Adjudication, words: Mapping[str, str]) -> None:
    c = a.control
    if c is None:
        return
    colours = {"within": "green", "approaching": "yellow", "exceeded": "bold red"}
    text = Text(f"{words['control']}  ", style="bold")
    text.append(
        f"{words['share']} {share_for_people(c.share)}，{words['limit']} {yuan_for_people(c.limit)}，"
        if words is _WORDS["zh"]
        else f"{words['share']} {share_for_people(c.share)}, {words['limit']} {yuan_for_people(c.limit)}, ",
        "default",
    )
    text.append(words[c.status], colours[c.status])
    if c.excess:
        text.append(f" {yuan_for_people(c.excess)}", colours[c.status])
    console.print(text)


def _reasons(sentences: Sequence[Explanation], words: Mapping[str, str]) -> Table:
    """A sentence a layer, the articles behind it, the values it rests on; what is unverified is marked."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for sentence in sentences:
        grid.add_row(Text(sentence.title, "bold"), sentence.text)
        cited: dict[str, dict[str, None]] = {}
        for one in (sentence, *sentence.values):
            cited.setdefault(one.document, {})[one.cite.partition("#")[2]] = None
        for document, headings in cited.items():
            shown = " · ".join((document, *headings))
            grid.add_row("", Text(f"{words['cite']}  {shown}", "dim"))
        if sentence.values:
            shown = "; ".join(
                f"{v.title} {v.value}{'※' if v.status == 'unverified' else ''}"
                for v in sentence.values
            )
            grid.add_row("", Text(f"{words['values']}  {shown}", "dim"))
    return grid
