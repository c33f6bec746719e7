"""The tables of the dashboard as sheets: the same figures as on the page, under the same names."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from doudi.dates import CHINA
from doudi.wire.sheets import Heading, Holds, Page
from doudi.wire.sheets.page import Value
from doudi_web.indicators.asked import text_of
from doudi_web.indicators.dashboard import Dashboard
from doudi_web.indicators.figures import Row, share_of
from doudi_web.indicators.naming import Names

Made = tuple[tuple[Heading, ...], Sequence[Sequence[Value]]]


def _rows(first: str, rows: Sequence[Row], names: Mapping[str, str]) -> Made:
    heads = (
        Heading(first), Heading(_("代码")), Heading(_("人次"), Holds.COUNT),
        Heading(_("总费用（元）"), Holds.AMOUNT),
        Heading(_("各基金（元）"), Holds.AMOUNT), Heading(_("政府兜底（元）"), Holds.AMOUNT),
        Heading(_("医院承担（元）"), Holds.AMOUNT), Heading(_("等批准（元）"), Holds.AMOUNT),
        Heading(_("个人自付（元）"), Holds.AMOUNT), Heading(_("住院人次"), Holds.COUNT),
        Heading(_("住院总费用（元）"), Holds.AMOUNT), Heading(_("住院个人自付（元）"), Holds.AMOUNT),
        Heading(_("住院自付比例"), Holds.SHARE), Heading(_("住院超过 10% 的人次"), Holds.COUNT),
        Heading(_("住院目录外（元）"), Holds.AMOUNT), Heading(_("住院目录外占比"), Holds.SHARE),
        Heading(_("慢病重病人次"), Holds.COUNT), Heading(_("慢病重病总费用（元）"), Holds.AMOUNT),
        Heading(_("慢病重病个人自付（元）"), Holds.AMOUNT), Heading(_("慢病重病自付比例"), Holds.SHARE),
        Heading(_("本区人就诊人次"), Holds.COUNT), Heading(_("其中区内"), Holds.COUNT),
        Heading(_("区域内就诊率"), Holds.SHARE),
    )  # fmt: skip
    return heads, [
        (
            names.get(row.key) or row.key, row.key, row.every.n, row.every.total, row.every.funds,
            row.every.floor, row.every.hospital, row.every.waits, row.every.patient, row.inpatient.n,
            row.inpatient.total, row.inpatient.patient,
            share_of(row.inpatient.patient, row.inpatient.total), row.inpatient.over, row.inpatient.measured,
            share_of(row.inpatient.measured, row.inpatient.measured_total), row.chronic.n, row.chronic.total,
            row.chronic.patient, share_of(row.chronic.patient, row.chronic.total), row.residents, row.inside,
            share_of(row.inside, row.residents),
        )
        for row in rows
    ]  # fmt: skip


def _months(one: Dashboard) -> Made:
    f = one.figures
    heads = [Heading(_("月份"))]
    for title in (_("住院"), _("慢病重病门诊")):
        heads += [
            Heading(_("%(title)s人次") % {"title": title}, Holds.COUNT),
            Heading(_("%(title)s总费用（元）") % {"title": title}, Holds.AMOUNT),
            Heading(_("%(title)s个人自付（元）") % {"title": title}, Holds.AMOUNT),
            Heading(_("%(title)s自付比例") % {"title": title}, Holds.SHARE),
        ]
    heads += [
        Heading(_("本区人就诊人次"), Holds.COUNT), Heading(_("其中区内"), Holds.COUNT),
        Heading(_("区域内就诊率"), Holds.SHARE),
    ]  # fmt: skip
    rows = [
        (
            text_of(month), a.n, a.total, a.patient, share_of(a.patient, a.total), b.n, b.total, b.patient,
            share_of(b.patient, b.total), every, inside, share_of(inside, every),
        )
        for (month, a), (_m, b), (_n, inside, every) in zip(
            f.inpatient.trend, f.chronic.trend, f.rate.trend, strict=True
        )
    ]  # fmt: skip
    return tuple(heads), rows


def _funds(one: Dashboard, names: Names) -> Made:
    """Who paid: the amounts come to the total."""
    heads = (
        Heading(_("付钱的")), Heading(_("代码")), Heading(_("付了的人次"), Holds.COUNT),
        Heading(_("金额（元）"), Holds.AMOUNT),
    )  # fmt: skip
    every = one.figures.every
    others = (
        (_("医院承担"), every.hospital), (_("等批准才收"), every.waits), (_("个人自付"), every.patient),
    )  # fmt: skip
    return heads, [
        *((names.funds.get(f.fund, f.fund), f.fund, f.n, f.amount) for f in one.figures.funds),
        *((title, "", None, amount) for title, amount in others),
    ]


def _floor(one: Dashboard) -> Made:
    heads = (Heading(_("结算日"), Holds.DAY), Heading(_("政府兜底（元）"), Holds.AMOUNT),
             Heading(_("今年到这天（元）"), Holds.AMOUNT))  # fmt: skip
    rows: list[Sequence[Value]] = []
    total = 0
    for day, amount in sorted(one.money.by_day.items()):
        total += amount
        rows.append((day, amount, total))
    return heads, rows


def _people(one: Dashboard, names: Names) -> Made:
    heads = (
        Heading(_("镇街")), Heading(_("代码")), Heading(_("登记人数"), Holds.COUNT),
        Heading(_("困难群众"), Holds.COUNT), Heading(_("签了家庭医生"), Holds.COUNT),
        Heading(_("签约率"), Holds.SHARE), Heading(_("参加长期护理保险"), Holds.COUNT),
        Heading(_("没有参加"), Holds.COUNT), Heading(_("不知道"), Holds.COUNT),
    )  # fmt: skip
    return heads, [
        (
            names.townships.get(t.township, t.township), t.township, t.persons, t.poor, t.with_doctor,
            t.coverage, t.insured, t.not_insured, t.unknown,
        )
        for t in one.towns
    ]  # fmt: skip


def _outside(one: Dashboard, names: Names) -> Made:
    """The share outside the catalogue, hospital by hospital, the highest first: as the card has it."""
    heads = (
        Heading(_("机构")), Heading(_("代码")), Heading(_("控费的住院人次"), Holds.COUNT),
        Heading(_("总费用（元）"), Holds.AMOUNT), Heading(_("目录外（元）"), Holds.AMOUNT),
        Heading(_("占比"), Holds.SHARE), Heading(_("允许的目录外（元）"), Holds.AMOUNT),
        Heading(_("允许的占比"), Holds.SHARE), Heading(_("单次超限的人次"), Holds.COUNT),
    )  # fmt: skip
    return heads, [
        (
            names.facilities.get(row.key) or row.key, row.key, of.measured_n, of.measured_total, of.measured,
            share_of(of.measured, of.measured_total), of.allowed, share_of(of.allowed, of.measured_total),
            of.exceeded,
        )
        for row in by_measured(one.figures.facilities) for of in [row.inpatient]
    ]  # fmt: skip


def by_measured(rows: Sequence[Row]) -> list[Row]:
    """Hospitals with stays under control, by their share outside the catalogue, the highest first."""
    return sorted(
        (row for row in rows if row.inpatient.measured_n),
        key=lambda row: -(share_of(row.inpatient.measured, row.inpatient.measured_total) or 0),
    )


def _accuracy(one: Dashboard) -> Made:
    """The three figures of the last audit of everything, cut off as the card has them."""
    heads = (
        Heading(_("看什么")), Heading(_("相符（笔）"), Holds.COUNT), Heading(_("看了（笔）"), Holds.COUNT),
        Heading(_("比例"), Holds.SHARE), Heading(_("审计做完"), Holds.DAY),
    )  # fmt: skip
    if one.accuracy is None:
        return heads, []
    told = one.accuracy
    figures = (
        (_("限额守住"), told.limits), (_("与平台、医院一致"), told.agreement), (_("重放一致"), told.replay),
    )  # fmt: skip
    day = told.ended.astimezone(CHINA).date()
    return heads, [
        (title, matched, every, share_of(matched, every), day)
        for title, (matched, every) in figures
    ]


TABLES: Mapping[str, tuple[str, Callable[[Dashboard, Names], Made]]] = {
    "facilities": (
        "按机构",
        lambda d, n: _rows(_("机构"), [*d.figures.facilities, *d.figures.outside], n.facilities),
    ),
    "townships": ("按镇街", lambda d, n: _rows(_("镇街"), d.figures.townships, n.townships)),
    "standings": ("按身份", lambda d, n: _rows(_("身份"), d.figures.standings, n.standings)),
    "diseases": ("按诊断", lambda d, n: _rows(_("诊断"), d.figures.diseases, n.diseases)),
    "months": ("逐月", lambda d, _n: _months(d)),
    "funds": ("按基金", _funds),
    "floor": ("兜底资金", lambda d, _n: _floor(d)),
    "people": ("人员", _people),
    "outside": ("目录外占比", _outside),
    "accuracy": ("审计", lambda d, _n: _accuracy(d)),
}
"""By the name in the address: what the sheet is called, and what is on it."""


def sheet_of(name: str, one: Dashboard, names: Names) -> Page:
    """A table of the dashboard as a sheet."""
    title, make = TABLES[name]
    heads, rows = make(one, names)
    return Page(title, heads, rows)
