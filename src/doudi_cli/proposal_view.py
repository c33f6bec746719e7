"""What a correction leads to as a person reads it: who pays more, who gets back, because of which visit."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from doudi.adjudication import Adjudication
from doudi.money import yuan_for_people
from doudi.proposal import Amounts, Change, Correction, Proposal
from doudi.proposals import amounts_of
from doudi.terms import TERMS
from doudi_cli.fault_view import show_faults

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "head": "此次更正使以后 {n} 次就医应变动：", "visit": "就诊号", "settled": "结算", "who": "谁",
        "recorded": "原来", "now": "应为", "change": "补付或退回", "cause": "起因", "fund+": "补付",
        "fund-": "退回基金", "patient+": "补交", "patient-": "退给患者", "hospital+": "补担",
        "hospital-": "退还医院", "excess+": "多超", "excess-": "少超", "excess": "控费超出", "sums": "合计",
        "open": "其中 {n} 次算不出差额：", "before": "{title}：之前原为 {old}，应为 {new}",
        "corrected": "更正：原来这样结算", "same": "各方金额相抵，没有人补付或退回。", "comma": "，",
        "semicolon": "；",
        "stays": "已结算的没有改动；办理补退以后，把那次账单再结算一次存档。",
        "not_recorded": "更正：历史里的结算结果没有写清各方付了多少，不能比较。",
    },
    "en": {
        "head": "This correction changes {n} later visits:", "visit": "visit", "settled": "settled",
        "who": "who", "recorded": "was", "now": "should be", "change": "to pay or get back",
        "cause": "because of", "fund+": "pays more", "fund-": "gets back", "patient+": "pays more",
        "patient-": "gets back", "hospital+": "bears more", "hospital-": "gets back",
        "excess+": "more over", "excess-": "less over", "excess": "over the limit", "sums": "Together",
        "open": "For {n} of these the difference cannot be computed:",
        "before": "{title} before it {old} → {new}", "corrected": "Corrects: was settled as",
        "same": "Nobody pays more or gets back.", "comma": ", ", "semicolon": "; ",
        "stays": "What is settled has not been changed; once it is paid, settle those bills again and keep that.",
        "not_recorded": "Corrects: the record in the history does not say who paid what.",
    },
}  # fmt: skip

_STYLES = {"fund": "green", "patient": "bold", "hospital": "yellow", "excess": "dim"}


def show_correction(
    console: Console, correction: Correction, settled: Adjudication, language: str
) -> None:
    """What a visit that is settled anew was recorded as, beneath its settlement."""
    words = _WORDS[language]
    now = amounts_of(settled)
    if correction.recorded is None or correction.change is None or now is None:
        console.print(Text(words["not_recorded"], "yellow"))
        return
    table = _table(words, words["corrected"])
    for row in _rows(correction.recorded, now, correction.change, settled.titles, language):
        table.add_row(*row)
    console.print(table)


def show_proposals(console: Console, proposals: Sequence[Proposal], language: str) -> None:
    """Every later visit that comes out otherwise, and who pays or gets back how much in all."""
    words = _WORDS[language]
    console.print()
    console.print(Text(words["head"].format(n=len(proposals)), "bold yellow"))
    known = [p for p in proposals if p.change is not None]
    if known:
        table = _table(words, words["who"], visits=True)
        for p in known:
            _add(table, p, language)
        console.print(table)
        console.print(_sums(known, language), soft_wrap=True)
    unknown = [p for p in proposals if p.change is None]
    if unknown:
        console.print(Text(words["open"].format(n=len(unknown)), "bold red"))
    for p in unknown:
        console.print(Text(f"  {p.visit_id}  {p.settled}  {p.text}"), soft_wrap=True)
        moved = words["semicolon"].join(
            words["before"].format(
                title=m.title, old=yuan_for_people(m.recorded), new=yuan_for_people(m.amended)
            )
            for m in p.moved
        )
        console.print(Text(f"      {moved}", "dim"), soft_wrap=True)
        show_faults(console, p.faults)
    console.print(Text(words["stays"], "dim"))


def _table(words: Mapping[str, str], who: str, *, visits: bool = False) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1))
    for name in ("visit", "settled") if visits else ():
        table.add_column(words[name], no_wrap=True)
    table.add_column(who, no_wrap=True)
    for name in ("recorded", "now", "change"):
        table.add_column(words[name], justify="right", no_wrap=True)
    if visits:
        table.add_column(words["cause"], overflow="fold")
    return table


def _add(table: Table, p: Proposal, language: str) -> None:
    """A visit's rows: the visit and its causes on the first."""
    assert p.recorded is not None, "a change is from what was recorded"
    assert p.amended is not None, "a change is to what it comes to now"
    assert p.change is not None, "a visit without a change has no rows"
    comma = "、" if language == "zh" else ", "
    head, tail = (Text(p.visit_id, "bold"), Text(p.settled)), Text(comma.join(p.causes), "dim")
    for row in _rows(p.recorded, p.amended, p.change, p.titles, language):
        table.add_row(*head, *row, tail)
        head, tail = (Text(), Text()), Text()


def _rows(
    recorded: Amounts, now: Amounts, change: Change, titles: Mapping[str, str], language: str
) -> Iterator[tuple[Text, Text, Text, Text]]:
    """One row for each who pays otherwise: who, what it was, what it is, and the difference in words."""
    for layer, amount in change.payments.items():
        old, new = recorded.payments.get(layer, 0), now.payments.get(layer, 0)
        yield _row(titles.get(layer, layer), "fund", old, new, amount, language)
    for name, old, new, amount in (
        ("hospital", recorded.hospital, now.hospital, change.hospital),
        ("patient", recorded.patient, now.patient, change.patient),
    ):
        if amount:
            yield _row(_term(name, language), name, old, new, amount, language)
    if change.excess:
        title = _WORDS[language]["excess"]
        yield _row(title, "excess", recorded.excess, now.excess, change.excess, language)


def _row(
    title: str, who: str, old: int, new: int, amount: int, language: str
) -> tuple[Text, Text, Text, Text]:
    return (
        Text(title), Text(yuan_for_people(old)), Text(yuan_for_people(new)),
        Text(_said(who, amount, language), _STYLES[who]),
    )  # fmt: skip


def _said(who: str, amount: int, language: str) -> str:
    """“补付 40.00”: the difference as what has to be done."""
    word = _WORDS[language][f"{who}{'+' if amount > 0 else '-'}"]
    return f"{word} {yuan_for_people(abs(amount))}"


def _sums(proposals: Sequence[Proposal], language: str) -> Text:
    """Who pays or gets back how much over all visits."""
    words = _WORDS[language]
    funds, titles, others = Counter[str](), dict[str, str](), Counter[str]()
    for p in proposals:
        assert p.change is not None, "only visits with a change are summed"
        funds.update(p.change.payments)
        titles |= p.titles
        others.update({"hospital": p.change.hospital, "patient": p.change.patient})
    told = [
        *((titles.get(n, n), "fund", amount) for n, amount in funds.items()),
        *((_term(n, language), n, amount) for n, amount in others.items()),
    ]
    said = [f"{title} {_said(who, amount, language)}" for title, who, amount in told if amount]
    text = Text(f"{words['sums']}  ", "bold")
    text.append(words["comma"].join(said) if said else words["same"], "default")
    return text


def _term(name: str, language: str) -> str:
    return TERMS[name].en if language == "en" else TERMS[name].zh
