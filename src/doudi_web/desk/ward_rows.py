"""A visit of the list as the page tells it: what is to be done and by whom, the bar of its share, one button."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.dates import CHINA
from doudi_web.desk.amounts import percent_of
from doudi_web.desk.templatetags.desk import moment, short_day, yuan
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.wards.figures import DEFECT
from doudi_web.wards.needs import Need, Urgency, Who
from doudi_web.wards.selectors import Row
from doudi_web.wards.words import NEEDS, WHO

Words = str | Promise
_MAIN = 100
"""A bar is full at twice the limit, which stands in its middle."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Percent of the width: what counts, in whose colour; of what may lie between, from where and how wide."""

    kind: str
    counts: str
    over: str
    open_from: str
    open_wide: str
    near: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the page."""

    row: Row
    todo: str
    tone: str  # need | near | fine | quiet
    edge: str
    details: tuple[str, ...]
    share: str
    bar: Bar | None
    leaves: str
    is_today: bool
    days: int | None
    where: str
    title: str
    address: str | None
    button: str


def shown(row: Row, actor: Actor, today: date, several: bool) -> Shown:
    """The row as the actor sees it; where `several` hospitals are listed, addresses say which."""
    tone, edge = _tone(row)
    title, address, button = _way(row, actor, several)
    planned = row.discharged or row.planned_discharge
    leaves = "" if row.leaves is None else short_day(row.leaves)
    if planned is not None and row.leaves == today:
        at = planned.astimezone(CHINA)  # at midnight the day alone was told
        leaves = moment(at) if at.time() != time() else leaves
    return Shown(
        row, _todo(row), tone, edge, tuple(_details(row, today)), _share(row), _bar(row), leaves,
        row.leaves == today, None if row.admitted is None else (today - row.admitted).days + 1,
        " ".join(part for part in (row.ward, bed_of(row.bed)) if part),
        title, address, button,
    )  # fmt: skip


def bed_of(bed: str) -> str:
    """A bed as it is called; hospitals write 21 or 21床."""
    return bed if not bed or bed.endswith("床") else _("%(bed)s 床") % {"bed": bed}


def _tone(row: Row) -> tuple[str, str]:
    """The colour of the words, and the edge of the row."""
    if row.settled is not None:
        return "quiet", ""
    if row.urgency == Urgency.READY:
        return "fine", ""
    if row.urgency < Urgency.READY:
        return "need", "m-need"
    return ("near", "m-near") if row.urgency == Urgency.NEAR else ("quiet", "")


def _todo(row: Row) -> str:
    if row.settled is not None:
        return _("已结算")
    need = row.need
    if need is None:
        return _("接近限额") if row.urgency == Urgency.NEAR else _("不用办")
    if need is Need.FAULTS and DEFECT in row.faults:
        return _("程序出错，算不出来")
    if need is Need.UNMAPPED:
        return _("%(count)s 项未对照") % {"count": row.unmapped}
    return _(NEEDS[need])


def _details(row: Row, today: date) -> list[str]:
    """One line: what it is about, who must act, what else is to be done."""
    if row.settled is not None:
        return [moment(row.settled)]
    if row.need is None:
        if row.urgency == Urgency.NEAR and row.room is not None:
            return [_("再加 %(room)s 元就超") % {"room": yuan(row.room)}]
        return []
    parts = [_about(row, row.need, today), _who(row, row.need)]
    if len(row.needs) > 1:
        parts.append(
            _("另：%(others)s")
            % {"others": "、".join(_(NEEDS[Need(one)]) for one in row.needs[1:3])}
        )
    return ["，".join(part for part in parts if part)]


def _about(row: Row, need: Need, today: date) -> str:
    match need:
        case Need.FAULTS:
            return "、".join(row.faults[:3])
        case Need.OVER_LIMIT | Need.APPROVAL | Need.REVIEW:
            if row.due is None:
                return _("超出 %(excess)s 元") % {"excess": yuan(row.excess)}
            late = _("逾期，应在 %(due)s 前") if row.due < now() else _("%(due)s 前")
            return late % {"due": moment(row.due)}
        case Need.UNMAPPED:
            return _("%(amount)s 元未分类") % {"amount": yuan(row.unmapped_amount)}
        case Need.STANDING_ENDED | Need.STANDING_ENDING:
            return _of_standing(row, need)
        case Need.NOT_REGISTERED:
            return _("暂按一般人员算")
        case Need.NO_DIAGNOSIS if row.admitted is not None:
            return _("入院第 %(day)s 天") % {"day": (today - row.admitted).days + 1}
        case Need.UNSETTLED:
            return _("%(day)s 出院") % {"day": short_day(row.leaves)}
        case Need.READY:
            return _("材料齐")
        case _:
            return ""


def _of_standing(row: Row, need: Need) -> str:
    if row.standing_to is None:
        return ""
    last = short_day(row.standing_to - timedelta(days=1))
    text = _("%(day)s 到期") % {"day": last}
    if row.otherwise is None:
        return text
    other = (
        _("续上则自付 %(amount)s") if need is Need.STANDING_ENDED else _("不续则自付 %(amount)s")
    )
    return f"{text}，{other % {'amount': yuan(row.otherwise)}}"


def _who(row: Row, need: Need) -> str:
    """Who must act: the doctor by name, others where what is to be done does not say it."""
    if row.must is None or need is Need.APPROVAL:
        return ""
    if row.must is Who.DOCTOR:
        return row.doctor or ("" if need is Need.OVER_LIMIT else _(WHO[row.must]))
    return _(WHO[row.must])


def _share(row: Row) -> str:
    if row.share_least is not None and row.share_most is not None:
        least, most = percent_of(row.share_least), percent_of(row.share_most)
        return _("%(least)s 至 %(most)s") % {"least": least.removesuffix("%"), "most": most}
    return "—" if row.share is None else percent_of(row.share)


def _bar(row: Row) -> Bar | None:
    """What counts beside the limit; None where there is no limit, or nobody can say."""
    if not row.limit or row.measured is None or row.total is None:
        return None
    near = "" if row.near is None else _width(row.near * 50 / row.limit)
    if row.share_least is not None and row.share_most is not None:
        least = min(_MAIN, row.share_least * row.total / row.limit / 200)
        most = min(_MAIN, row.share_most * row.total / row.limit / 200)
        return Bar("slate", _width(least), "", _width(least), _width(most - least), near)
    counts = min(_MAIN, row.measured * 50 / row.limit)
    if row.status == "exceeded":
        return Bar("slate", _width(50), _width(max(counts - 50, 0)), "", "", near)
    return Bar("near" if row.status == "approaching" else "slate", _width(counts), "", "", "", near)


def _width(percent: float) -> str:
    return f"{percent:.1f}%"


_REVIEW: tuple[Words, str] = (gettext_lazy("预审"), "review")
_WAYS: Mapping[Need, tuple[Words, str]] = {
    Need.FAULTS: (gettext_lazy("看错误"), "review"),
    Need.APPROVAL: (gettext_lazy("审批"), "review"),
    Need.OVER_LIMIT: (gettext_lazy("说明"), "review"),
    Need.REVIEW: (gettext_lazy("复核"), "review"),
    Need.UNMAPPED: (gettext_lazy("去对照"), "mapping"),
    Need.STANDING_ENDED: (gettext_lazy("核对身份"), "person"),
    Need.STANDING_ENDING: (gettext_lazy("核对身份"), "person"),
    Need.DIFFERS: (gettext_lazy("核对登记"), "person"),
    Need.LEFT: (gettext_lazy("核对登记"), "person"),
    Need.READY: (gettext_lazy("结算"), "discharge"),
    Need.UNSETTLED: (gettext_lazy("结算"), "discharge"),
}
"""The one button of a row: what it says, and the address where it is done."""
_ACTS = {
    "review": Act.VISITS_READ,
    "person": Act.PERSONS_READ,
    "discharge": Act.PRECHECK,
    "mapping": Act.MATCHING_READ,
    "settlement": Act.SETTLEMENTS_READ,
    "statement": Act.SETTLEMENTS_READ,
}


def _way(row: Row, actor: Actor, several: bool) -> tuple[str, str | None, str]:
    """The address of the visit itself, and the button: its words and where it leads."""
    own = address_of("review", row, actor, several)
    if row.settled is not None:
        there = address_of("settlement", row, actor, several)
        paper = address_of("statement", row, actor, several)
        return own or "", there or paper, _("看结算") if there else _("打印")
    words, name = _REVIEW if row.need is None else _WAYS.get(row.need, _REVIEW)
    if name == "discharge" and not actor.may(
        Act.SETTLE
    ):  # who treats sends home, who settles settles
        goes = row.discharged is None and actor.may(Act.VISITS_WRITE)
        words, name = (_("办出院"), name) if goes else _REVIEW
    there = address_of(name, row, actor, several)
    if there is None:
        words, there = _REVIEW[0], own
    return own or "", there, str(words)


def address_of(name: str, row: Row, actor: Actor, several: bool) -> str | None:
    """Where something of a row is done; None where there is no such page, or it is not for the actor."""
    if not actor.may(_ACTS[name]):
        return None
    of: dict[str, dict[str, Any]] = {
        "review": {"visit": row.visit},
        "discharge": {"visit": row.visit},
        "mapping": {},
        "person": {"person": row.person},
        "settlement": {"settlement": row.settlement},
        "statement": {"settlement": row.settlement},
    }
    made = reverse(f"desk:{name}", kwargs=of[name])
    query = {"visit": row.visit} if name == "mapping" else {}
    if several and ("visit" in of[name] or query):
        query["facility"] = row.facility
    return f"{made}?{urlencode(query)}" if query else made
