"""A pre-check as a person reads it: where the bill stands, what each line does, what would do better."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.adjudication import Adjudication
from doudi.finding import (
    Alternative,
    Drafted,
    Effect,
    Finding,
    Marginal,
    Undecided,
    worst_first,
)
from doudi.money import millionths, share_for_people, yuan_for_people
from doudi_cli.bill_view import warning_text

_TABLE_WIDTH = 100  # of a window in which names and seven amounts stand in one row
_LINES = 12  # of effects that are shown; the others are named by their number
_COLOURS = {"within": "green", "approaching": "yellow", "exceeded": "bold red"}
_SEVERITY = {"critical": "bold red", "warning": "yellow", "info": "dim"}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "visit": "就医", "now": "现在", "total": "总费用", "patient": "患者", "funds": "基金",
        "floor": "政府兜底", "hospital": "医院", "share": "目录外", "within": "没有超过限额",
        "approaching": "接近限额", "exceeded": "超过限额", "room": "目录外还可用 {room} 元",
        "room_then": "草稿都下了以后，目录外还可用 {room} 元",
        "no_limit": "没有目录外限额", "effects": "每一行的影响：有它比没有它多付（元）", "line": "行",
        "item": "项目", "amount": "金额", "rest": "其余 {n} 行", "none": "没有它账单不成立",
        "instead": "可以换成（元，省的是谁的）", "quantity": "数量", "price": "单价",
        "generic_name": "同通用名", "group": "同类", "drafts": "医嘱草稿：下了以后",
        "undecided": "{n} 行没有对照，共 {amount} 元，类别不知道：目录外占比在 {low} 到 {high} 之间",
        "undecided_patient": "，患者自付在 {least} 到 {most} 元之间。",
        "undecided_same": "，患者自付都是 {most} 元。", "day": "看",
        "undecided_open": "；患者自付还要看政策包里待定的值。", "restriction": "限",
    },
    "en": {
        "visit": "Visit", "now": "Now", "total": "total", "patient": "patient", "funds": "funds",
        "floor": "floor", "hospital": "hospital", "share": "out of catalogue",
        "within": "within the limit", "approaching": "close to the limit",
        "exceeded": "over the limit", "room": "{room} of out-of-catalogue cost still fits",
        "room_then": "with the draft orders {room} of out-of-catalogue cost still fits",
        "no_limit": "no out-of-catalogue limit", "effects": "What each line adds for whom (yuan)",
        "line": "line", "item": "item", "amount": "amount", "rest": "{n} more lines",
        "none": "the bill cannot stand without it", "instead": "Could be instead (yuan saved, for whom)",
        "quantity": "quantity", "price": "price", "generic_name": "same generic name",
        "group": "same group", "drafts": "Draft orders: once given",
        "undecided": "Lines not mapped: {n}, {amount} yuan, class unknown: the share lies between {low} and "
        "{high}", "undecided_patient": ", the patient's amount between {least} and {most}.",
        "undecided_same": "; the patient pays {most} in any case.", "day": "looked at",
        "undecided_open": "; the patient's amount needs values that are not set in the policy.",
        "restriction": "restricted:",
    },
}  # fmt: skip


def show_finding(console: Console, found: Finding, language: str) -> None:
    """One bill."""
    words, a = _WORDS[language], found.adjudication
    console.print()
    codes = [title for name, title in a.titles.items() if name.startswith("code.")]
    head = Text(f"{words['visit']} {a.visit_id}", "bold")
    head.append(f"  {' · '.join(c for c in codes if c)}  {a.settled} {words['day']}", "default")
    console.print(head)
    console.print(Text(f"{a.pack}  {a.fingerprint[:12]}", style="dim"))
    console.print(_standing(words["now"], a, words), soft_wrap=True)
    _show_room(console, found, words)
    if found.undecided is not None:
        text = Text(_undecided(found.undecided, words), "bold yellow")
        console.print(text, soft_wrap=True)
    for warning in a.warnings:
        text = warning_text(warning, a.titles, language)
        console.print(Text(text, _SEVERITY[warning.severity]), soft_wrap=True)
    names = _names(a) if found.drafted is None else _names(found.drafted.adjudication)
    console.print(Text(words["effects"], "bold"))
    console.print(_effects(found.marginal, names, words))
    if found.drafted is not None:
        _show_drafts(console, found.drafted, names, words)
    if found.alternatives:
        console.print(Text(words["instead"], "bold"))
        if console.width < _TABLE_WIDTH:
            for text in _instead_by_lines(found.alternatives, names, words):
                console.print(text, soft_wrap=True)
        else:
            console.print(_instead(found.alternatives, names, words))


def _names(a: Adjudication) -> dict[str, str]:
    """What the lines are called."""
    return {k.removeprefix("line."): t for k, t in a.titles.items() if k.startswith("line.")}


def folder_table(findings: Sequence[Finding]) -> Table:
    """Running bills, the worst first: over the limit by most, then close to it, then the largest share."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1), show_footer=True)
    rows = worst_first(findings)
    table.add_column("就诊号", no_wrap=True, footer=f"{len(rows)} 张")
    for title in ("总费用", "目录外", "限额内还可用", "患者", "兜底", "医院"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for found in rows:
        a = found.adjudication
        share, left = Text(), Text()
        if a.control is not None:
            colour = _COLOURS[a.control.status]
            share = Text(share_for_people(a.control.share), colour)
            left = Text("" if found.room is None else yuan_for_people(found.room), colour)
            if a.control.excess:
                left = Text(f"超 {yuan_for_people(a.control.excess)}", colour)
        waiting = "" if found.undecided is None else f"待对照 {len(found.undecided.lines)}"
        table.add_row(
            a.visit_id, yuan_for_people(a.total), share, left, yuan_for_people(a.patient),
            yuan_for_people(a.payments["floor"]), yuan_for_people(a.hospital), Text(waiting, "yellow"),
        )  # fmt: skip
    return table


def _standing(title: str, a: Adjudication, words: Mapping[str, str]) -> Text:
    """Total and payers on a line, and the control's status."""
    floor = a.payments["floor"]
    funds = sum(a.payments.values()) - floor
    text = Text(f"{title}  ", "bold")
    text.append(f"{words['total']} {yuan_for_people(a.total)}  ", "default")
    text.append(f"{words['patient']} {yuan_for_people(a.patient)}", "bold")
    for name, amount in (("funds", funds), ("floor", floor), ("hospital", a.hospital)):
        text.append(f"  {words[name]} {yuan_for_people(amount)}", "default")
    if a.control is not None:
        text.append(f"  {words['share']} {share_for_people(a.control.share)} ", "default")
        text.append(words[a.control.status], _COLOURS[a.control.status])
        if a.control.excess:
            text.append(f" {yuan_for_people(a.control.excess)}", _COLOURS[a.control.status])
    return text


def _show_room(console: Console, found: Finding, words: Mapping[str, str]) -> None:
    if found.adjudication.control is None:
        return
    if found.room is None:
        console.print(Text(words["no_limit"], "dim"))
    else:
        said = words["room" if found.drafted is None else "room_then"]
        text = said.format(room=yuan_for_people(found.room))
        console.print(Text(text, "green" if found.room else "bold red"))


def _undecided(undecided: Undecided, words: Mapping[str, str]) -> str:
    low, high = undecided.share
    text = words["undecided"].format(
        n=len(undecided.lines), amount=yuan_for_people(undecided.amount), low=share_for_people(low),
        high=share_for_people(high),
    )  # fmt: skip
    if undecided.patient is None:
        return text + words["undecided_open"]
    least, most = map(yuan_for_people, undecided.patient)
    said = "undecided_same" if least == most else "undecided_patient"
    return text + words[said].format(least=least, most=most)


def _effects(
    lines: Sequence[Marginal], names: Mapping[str, str], words: Mapping[str, str]
) -> Table:
    """What lines add, the dearest for patient and hospital first."""
    table = _table(words, ("line", "item"), ("amount", "patient", "funds", "floor", "hospital"))
    ranked = sorted(lines, key=_weight)
    for one in ranked[:_LINES]:
        named = Text(names.get(one.line, ""))
        if one.effect is None:
            table.add_row(one.line, named, Text(words["none"], "dim"))
        else:
            table.add_row(one.line, named, yuan_for_people(one.effect.total), *_amounts(one.effect))
    if len(ranked) > _LINES:
        table.add_row("", Text(words["rest"].format(n=len(ranked) - _LINES), "dim"))
    return table


def _weight(one: Marginal) -> tuple[int, int]:
    if one.effect is None:
        return (1, 0)
    return (0, -(one.effect.patient + one.effect.hospital + one.effect.payments["floor"]))


def _amounts(effect: Effect) -> tuple[str, str, str, str]:
    floor = effect.payments["floor"]
    funds = sum(effect.payments.values()) - floor
    return (
        yuan_for_people(effect.patient), yuan_for_people(funds), yuan_for_people(floor),
        yuan_for_people(effect.hospital),
    )  # fmt: skip


def _show_drafts(
    console: Console, drafted: Drafted, names: Mapping[str, str], words: Mapping[str, str]
) -> None:
    after = drafted.adjudication
    console.print(_standing(words["drafts"], after, words), soft_wrap=True)
    console.print(_effects(drafted.lines, names, words))


def _instead(
    found: Sequence[Alternative], names: Mapping[str, str], words: Mapping[str, str]
) -> Table:
    columns = ("quantity", "price", "amount", "patient", "funds", "floor", "hospital")
    table = _table(words, ("line", "item"), columns)
    table.add_column("", overflow="fold")
    seen = ""
    for one in found:
        if one.line != seen:
            table.add_row(one.line, Text(names.get(one.line, ""), "bold"))
            seen = one.line
        table.add_row(
            "", Text(f"→ {one.name}（{one.item_class}）"), millionths(one.quantity) + (one.unit or ""),
            millionths(one.unit_price), yuan_for_people(one.amount), *_amounts(one.saves),
            Text(_note(one, words), "dim"),
        )  # fmt: skip
    return table


def _instead_by_lines(
    found: Sequence[Alternative], names: Mapping[str, str], words: Mapping[str, str]
) -> Iterator[Text]:
    """The same for a narrow window, where a table would break every name: two lines for each."""
    titles = [words[name] for name in ("patient", "funds", "floor", "hospital")]
    seen = ""
    for one in found:
        if one.line != seen:
            yield Text(f"{one.line}  {names.get(one.line, '')}", "bold")
            seen = one.line
        yield Text(f"  → {one.name}（{one.item_class}）  {_note(one, words)}")
        saved = "  ".join(
            f"{title} {amount}" for title, amount in zip(titles, _amounts(one.saves), strict=True)
        )
        price = f"{millionths(one.quantity)}{one.unit or ''} × {millionths(one.unit_price)}"
        yield Text(f"    {price} = {yuan_for_people(one.amount)}  {saved}")


def _note(one: Alternative, words: Mapping[str, str]) -> str:
    """What it has in common with the line, and for whom it is restricted."""
    restricted = f"  {words['restriction']}{one.restriction}" if one.restriction else ""
    return words[one.same] + restricted


def _table(words: Mapping[str, str], left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1))
    for name in left:
        table.add_column(words[name], overflow="fold")
    for name in right:
        table.add_column(words[name], justify="right", no_wrap=True)
    return table
