"""Findings of pre-checks as tables: the running bills, the worst first; what each line does; what would do
better."""

from collections.abc import Iterator, Mapping, Sequence

from doudi.finding import Effect, Finding, Marginal, worst_first
from doudi.wire.sheets import Heading, Holds, Page
from doudi.wire.sheets.page import Value

Row = tuple[Value, ...]

_STATUS = {"within": "没有超过", "approaching": "接近", "exceeded": "超过"}
_SAME = {"generic_name": "同通用名", "group": "同类"}
_WHOSE = tuple(Heading(title, Holds.AMOUNT) for title in ("患者", "基金", "政府兜底", "医院"))
_BILLS = (
    Heading("就诊号"), Heading("登记号"), Heading("按哪天看"), Heading("总费用", Holds.AMOUNT),
    Heading("目录外占比", Holds.SHARE), Heading("控费"), Heading("目录外金额", Holds.AMOUNT),
    Heading("限额", Holds.AMOUNT), Heading("超出", Holds.AMOUNT), Heading("限额内还可用", Holds.AMOUNT), *_WHOSE,
    Heading("待对照行数", Holds.COUNT), Heading("待对照金额", Holds.AMOUNT), Heading("提示"),
)  # fmt: skip
_LINES = (
    Heading("就诊号"), Heading("登记号"), Heading("行"), Heading("项目"), Heading("是什么"),
    Heading("多付合计", Holds.AMOUNT), *_WHOSE, Heading("说明"),
)  # fmt: skip
_INSTEAD = (
    Heading("就诊号"), Heading("登记号"), Heading("行"), Heading("项目"), Heading("可以换成"),
    Heading("医保编码"), Heading("类别"), Heading("相同的是"), Heading("数量", Holds.NUMBER), Heading("单位"),
    Heading("单价", Holds.NUMBER), Heading("金额", Holds.AMOUNT), Heading("省患者", Holds.AMOUNT),
    Heading("省基金", Holds.AMOUNT), Heading("省政府兜底", Holds.AMOUNT), Heading("省医院", Holds.AMOUNT),
    Heading("限定支付范围"),
)  # fmt: skip


def finding_pages(findings: Sequence[Finding]) -> tuple[Page, ...]:
    """The bills; the effect of every line and draft order; every alternative. The worst bill first in each."""
    ranked = worst_first(findings)
    return (
        Page("账单", _BILLS, [_bill(one) for one in ranked]),
        Page("每一行的影响", _LINES, [row for one in ranked for row in _lines(one)]),
        Page("可以换成", _INSTEAD, [row for one in ranked for row in _instead(one)]),
    )


def _bill(found: Finding) -> Row:
    a, control, waiting = found.adjudication, found.adjudication.control, found.undecided
    standing: Row = (None,) * 6
    if control is not None:
        standing = (
            control.share, _STATUS[control.status], control.measured, control.limit, control.excess,
            found.room,
        )  # fmt: skip
    floor = a.payments["floor"]
    return (
        a.visit_id, a.person_id, a.settled, a.total, *standing, a.patient, sum(a.payments.values()) - floor,
        floor, a.hospital, None if waiting is None else len(waiting.lines),
        None if waiting is None else waiting.amount, "\n".join(w.text for w in a.warnings),
    )  # fmt: skip


def _lines(found: Finding) -> Iterator[Row]:
    """What the bill has with the line and has not without it; draft orders on top of all others."""
    a = found.adjudication
    names = _names(a.titles)
    yield from (_line(found, one, names, "费用") for one in found.marginal)
    if found.drafted is not None:
        known = names | _names(found.drafted.adjudication.titles)
        yield from (_line(found, one, known, "医嘱草稿") for one in found.drafted.lines)


def _line(found: Finding, one: Marginal, names: Mapping[str, str], what: str) -> Row:
    a = found.adjudication
    note = f"连同退费 {'、'.join(one.refunds)}" if one.refunds else ""
    amounts: Row = (None,) * 5
    if one.effect is None:
        note = "没有它账单不成立"
    else:
        amounts = (one.effect.total, *_whose(one.effect))
    return (a.visit_id, a.person_id, one.line, names.get(one.line, ""), what, *amounts, note)


def _instead(found: Finding) -> Iterator[Row]:
    a = found.adjudication
    names = _names(a.titles)
    if found.drafted is not None:
        names |= _names(found.drafted.adjudication.titles)
    for one in found.alternatives:
        yield (
            a.visit_id, a.person_id, one.line, names.get(one.line, ""), one.name, one.code, one.item_class,
            _SAME[one.same], one.quantity, one.unit or "", one.unit_price, one.amount, *_whose(one.saves),
            one.restriction or "",
        )  # fmt: skip


def _whose(effect: Effect) -> tuple[int, int, int, int]:
    """Patient, funds, floor, hospital: as the headings have them."""
    floor = effect.payments["floor"]
    return (effect.patient, sum(effect.payments.values()) - floor, floor, effect.hospital)


def _names(titles: Mapping[str, str]) -> dict[str, str]:
    return {k.removeprefix("line."): t for k, t in titles.items() if k.startswith("line.")}
