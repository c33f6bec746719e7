"""A policy in one situation as a person reads it: a table, then sentences, each with its source and mark."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.compile import Policy
from doudi.in_situation import AGE, MAJOR, Figure, Part, Row, RuleHere, Told
from doudi.ir.outline import Source
from doudi.ir.types import Kind
from doudi.packs.model import ControlRule, FloorRule, Layer, Mode, Pack, Rule
from doudi.packs.spoken import spoken
from doudi.packs.words import STATUS
from doudi.readings.working import figure
from doudi_cli.pack_view import show_approval, show_late_knowledge

_ROUND = {
    "half_up": "四舍五入到分", "half_away": "四舍五入到分", "half_even": "四舍六入五成双",
    "down": "舍去到分", "up": "进一到分",
}  # fmt: skip
_EXCESS = {
    Mode.HOSPITAL: "超出的由医院承担", Mode.APPROVAL: "超出的由医院承担，批准的除外",
    Mode.WARN: "只提示，不划转",
}  # fmt: skip
_VARIES = "（见表）"


def show_explained(console: Console, policy: Policy, told: Told, parts: Iterable[Part]) -> None:
    """The situation; the table of all layers; each layer in sentences."""
    pack, whole = policy.pack, list(parts)
    console.print(Text(f"{pack.title.zh}（{pack.id}）", style="bold"), soft_wrap=True)
    console.print(f"{_situation(pack, told)}；{policy.since} 起的规则", soft_wrap=True)
    console.print()
    console.print(_table(pack, whole))
    for part in whole:
        console.print()
        console.print(Text(part.title.zh, style="bold"))
        for sentence in _sentences(pack, part):
            console.print(f"  {sentence.replace(' （', '（')}", soft_wrap=True)
        for mark, text in _sources(part).items():
            line = Text(f"  {text}", style="bold yellow" if mark[0] else "dim")
            console.print(line, soft_wrap=True)
    if pack.control is not None and pack.control.approval is not None:
        show_approval(console, pack.control.approval)
    if pack.late_knowledge is not None:
        show_late_knowledge(console, pack.late_knowledge)


def _situation(pack: Pack, told: Told) -> str:
    words = [
        f"{pack.dimensions[d].title.zh} {pack.dimensions[d].codes[c].zh}"
        for d, c in told.codes.items()
    ]
    words += [f"{told.age} 岁"] if told.age is not None else []
    if told.major_disease is not None:
        words.append("重大疾病" if told.major_disease else "不是重大疾病")
    return " · ".join(words) or "没有指明情形"


# ------------------------------------------------------------------------------------- the table


def _table(pack: Pack, parts: Iterable[Part]) -> Table:
    """One line a row; of a part with several rows the title stands above them."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("层次、情形", "规则", "起付线", "比例", "限额", "把握"):
        table.add_column(title, overflow="fold")
    for part in parts:
        several = len(part.rows) > 1
        if several:
            table.add_row(part.title.zh)
        for row in part.rows:
            where = "  " + " ".join(_code(pack, name, code) for name, code in row.codes)
            for cells in _cells(pack, part, row):
                table.add_row(where if several else part.title.zh, *cells)
                where = ""
    return table


def _cells(pack: Pack, part: Part, row: Row) -> Iterable[tuple[str, ...]]:
    if not row.rules:
        yield (_nothing(pack, part), "", "", "", "")
    for rule in row.rules:
        f = rule.figures
        yield (
            _rule_word(part, rule), _short(f.get("deductible")), _rates(f), _short(f.get("cap")),
            _mark(rule),
        )  # fmt: skip


def _nothing(pack: Pack, part: Part) -> str:
    layer = _layer(pack, part)
    return "随账单给出" if layer is not None and not layer.rules else "没有"


def _rule_word(part: Part, rule: RuleHere) -> str:
    if part.id == "control":
        return "只提示" if rule.holds is False else "起作用" if rule.holds else "看账单"
    word = "有" if part.id == "floor" else rule.title.zh
    return word if rule.holds else f"{word}？"


def _rates(figures: Mapping[str, Figure]) -> str:
    if "limit" in figures:
        return f"至多 {_short(figures['limit'])}"
    if "share" in figures:
        return f"个人至多 {_short(figures['share'])}"
    return _short(figures["rate"]) if "rate" in figures else _bands(figures)


def _bands(figures: Mapping[str, Figure]) -> str:
    numbers = range(1, 1 + sum(key.endswith(".from") for key in figures))
    return "\n".join(
        f"{_short(figures[f'bands.{n}.from'])}起 {_short(figures[f'bands.{n}.rate'])}"
        for n in numbers
    )


def _short(one: Figure | None) -> str:
    """A figure with how it came about, where that says more."""
    if one is None:
        return ""
    if one.is_unlimited:
        return "不设限额"
    if one.is_open:
        return "待定"
    if one.worth is None:
        return "看账单"
    unit = " 元" if one.type.kind == Kind.FEN else ""
    made = "" if one.working == one.text else f"（{one.working}）"
    return f"{one.text}{unit}{made}"


def _mark(rule: RuleHere) -> str:
    used = [u for one in rule.figures.values() for u in one.used]
    marks = ["待定"] * any(u.is_open for u in used)
    sources = [rule.source, *(u.source for u in used)]
    return " ".join(marks + ["未证实"] * any(s.status == "unverified" for s in sources))


def _code(pack: Pack, name: str, code: str) -> str:
    if name == MAJOR:
        return "重大疾病" if code == "true" else "不是重大疾病"
    if name != AGE:
        return pack.dimensions[name].codes[code].zh
    first, _, last = code.partition("-")
    if not last:
        return f"{first} 岁以上"
    return f"未满 {int(last) + 1} 岁" if first == "0" else f"{first} 至 {last} 岁"


# ------------------------------------------------------------------------------------- sentences


def _sentences(pack: Pack, part: Part) -> Iterable[str]:
    """One sentence a rule that may hold; figures that differ from row to row stand in the table."""
    found: dict[str, list[RuleHere]] = {}
    for row in part.rows:
        for rule in row.rules:
            found.setdefault(rule.name, []).append(rule)
    if part.id == "control" and pack.control is not None:
        yield _control(pack, pack.control, _common(found["control"]), found["control"])
        return
    if part.id == "floor" and pack.floor is not None:
        yield _floor(pack, pack.floor, found.get("floor", []))
        return
    layer = _layer(pack, part)
    assert layer is not None, part.id
    for rule in layer.rules:
        if rule.name in found:
            here = found[rule.name]
            sure = len(here) == len(part.rows) and all(one.holds for one in here)
            yield _computed(pack, rule, here, "" if sure else _when(pack, rule))
    if not found and layer.rules:
        yield "这种情形，这一层不付。"
    if layer.given_at_most is not None:
        most = spoken(pack, layer.given_at_most.tree)
        yield f"平台已经结算的，照账单给出的金额，最多{most}。"


def _layer(pack: Pack, part: Part) -> Layer | None:
    return next((layer for layer in pack.layers if layer.id == part.id), None)


def _common(rules: Iterable[RuleHere]) -> dict[str, str]:
    """Each figure's words where they are the same in every row."""
    words: dict[str, set[str]] = {}
    for rule in rules:
        for key, one in rule.figures.items():
            words.setdefault(key, set()).add(_short(one))
    return {key: found.pop() if len(found) == 1 else _VARIES for key, found in words.items()}


def _when(pack: Pack, rule: Rule) -> str:
    return "" if rule.when is None else f"{spoken(pack, rule.when.tree)}的，"


def _computed(pack: Pack, rule: Rule, here: list[RuleHere], when: str) -> str:
    words = _common(here)
    text = f"{rule.title.zh}：{when}{spoken(pack, rule.base.tree)}"
    if rule.deductible is not None:
        met = "，以前付过的不再减" if rule.deductible.met is not None else ""
        text += f"，先减起付线 {_say(pack, words['deductible'], here, 'deductible')}{met}，余下"
    if rule.bands is not None:
        over = pack.accumulators[rule.bands.over].title.zh
        bands = "，".join(
            f"{words[f'bands.{n}.from']}以上付 {words[f'bands.{n}.rate']}"
            for n in range(1, len(rule.bands.bands) + 1)
        )
        text += f"，与{over}连着算，{bands}"
    else:
        text += f"{'' if rule.deductible else '，'}付 {_say(pack, words['rate'], here, 'rate')}"
    text += f"，{_ROUND[rule.rounding.value]}。"
    if rule.cap is not None:
        paid = pack.accumulators[rule.cap.paid].title.zh
        cap = _say(pack, words["cap"], here, "cap")
        text += "不设限额。" if cap == "不设限额" else f"限额 {cap}，减去{paid}。"
    return text


def _say(pack: Pack, words: str, here: list[RuleHere], key: str) -> str:
    """The words of a figure; where the bill decides, its expression."""
    return f"（{spoken(pack, here[0].figures[key].formula.tree)}）" if words == "看账单" else words


def _control(pack: Pack, rule: ControlRule, words: Mapping[str, str], here: list[RuleHere]) -> str:
    consented = "不计" if rule.consent == "leaves" else "照样计入"
    text = (
        f"{spoken(pack, rule.measure.tree)}，不超过{spoken(pack, rule.of.tree)}的 "
        f"{_say(pack, words['limit'], here, 'limit')}，{_ROUND[rule.rounding.value]}；"
        f"达到限额的 {words['approaching']} 为接近。患者签字同意的{consented}。"
    )
    holds = {one.holds for one in here}
    if holds == {False}:
        return f"{text}这种情形只提示，不划转。"
    end = f"{_EXCESS[rule.mode]}。"
    return text + (
        end if holds == {True} else f"{spoken(pack, rule.applies.tree)}的，{end}别的只提示。"
    )


def _floor(pack: Pack, rule: FloorRule, here: list[RuleHere]) -> str:
    if not here:
        return "这种情形没有政府兜底。"
    words = _common(here)
    when = "" if all(one.holds for one in here) else f"{spoken(pack, rule.when.tree)}的，"
    return (
        f"{when}个人最多付{spoken(pack, rule.of.tree)}的 {_say(pack, words['share'], here, 'share')}，"
        f"{_ROUND[rule.rounding.value]}，其余由{rule.payer.name.zh}付。"
    )


def _sources(part: Part) -> dict[tuple[bool, str], str]:
    """Each source once, with its mark and the values that come from it."""
    values: dict[tuple[bool, str], dict[str, set[str]]] = {}
    for rule in (rule for row in part.rows for rule in row.rules):
        values.setdefault(_key(rule.source), {})
        for used in (u for one in rule.figures.values() for u in one.used):
            text = "不设限额" if used.worth is None else figure(used.worth, used.type)
            text = "待定" if used.is_open else text
            values.setdefault(_key(used.source), {}).setdefault(used.title.zh, set()).add(text)
    told: dict[tuple[bool, str], str] = {}
    for key, found in values.items():
        words = [
            f"{title} {min(texts)}" if len(texts) == 1 else title for title, texts in found.items()
        ]
        told[key] = "  ".join((key[1], *(("用到的值 " + "；".join(words),) if words else ())))
    return told


def _key(source: Source) -> tuple[bool, str]:
    mark = STATUS[source.status]
    return source.status == "unverified", f"{mark}  {source.document} · {source.heading}"
