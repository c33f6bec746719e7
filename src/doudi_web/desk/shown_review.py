"""A visit's pre-check as its page draws it: the gauge, who pays, the lines that push, the bill, what happened."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.adjudication import Adjudication, Control
from doudi.dates import CHINA
from doudi.errors import Fault
from doudi.finding import Undecided
from doudi.money import yuan
from doudi.wire.bill_form import moment_of
from doudi_web.desk.amounts import (
    BillLine,
    Chosen,
    Gauge,
    Group,
    Pay,
    Push,
    gauge_of,
    groups_of,
    pays_of,
    percent_of,
    pushes_of,
)
from doudi_web.review.events import Event, Kind
from doudi_web.review.held import Need
from doudi_web.review.whole import Whole
from doudi_web.tenancy.clock import now

_LINE = re.compile(r"\blines\[([0-9]{1,6})\]")
_KINDS: dict[Kind, "str | Promise"] = {
    Kind.EXPLAINED: gettext_lazy("写明理由"),
    Kind.APPROVED: gettext_lazy("同意保留"),
    Kind.REFUSED: gettext_lazy("退回医生"),
    Kind.PASSED: gettext_lazy("紧急放行"),
    Kind.REVIEWED: gettext_lazy("复核紧急放行"),
    Kind.CONSENTED: gettext_lazy("知情同意"),
    Kind.PROPOSED: gettext_lazy("建议更换"),
    Kind.CHANGED: gettext_lazy("改了费用"),
    Kind.DECLINED: gettext_lazy("不换"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """A point of the history."""

    at: datetime
    what: str
    who: str
    reason: str
    more: str
    tone: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of one visit."""

    whole: Whole
    name: str
    heading: str
    tag: str
    tone: str
    facts: Sequence[tuple[str, str]]
    standing: str
    found: Adjudication | None
    control: Control | None
    gauge: Gauge | None
    pays: Sequence[Pay]
    pushes: Sequence[Push]
    groups: Sequence[Group]
    history: Sequence[Happened]
    saying: str
    approval: Mapping[str, Any] | None
    unverified: int
    funds: int
    outside_lines: Sequence[BillLine]

    @property
    def need(self) -> str:
        """What is to be done next."""
        return self.whole.held.need.value

    @property
    def share(self) -> str:
        """The share without its sign of per cent; a range while the class of some lines is not known."""
        undecided = self.undecided
        if undecided is not None:
            low, high = (percent_of(one).rstrip("%") for one in undecided.share)
            return _("%(low)s 至 %(high)s") % {"low": low, "high": high}
        return "" if self.control is None else percent_of(self.control.share).rstrip("%")

    @property
    def gauge_words(self) -> str:
        """The gauge as it is read out."""
        gauge = self.gauge
        if gauge is None:
            return ""
        words = _("目录外占比 %(share)s%%，预警线 %(near)s，限额 %(limit)s") % {
            "share": self.share, "near": gauge.near_words, "limit": gauge.limit_words,
        }  # fmt: skip
        then = gauge.then
        return words if then is None else words + _("，改了以后 %(share)s") % {"share": then.words}

    @property
    def undecided(self) -> Undecided | None:
        """Lines of which the class is not known."""
        return None if self.whole.finding is None else self.whole.finding.undecided

    @property
    def more_total(self) -> int:
        """How much more the changed bill comes to."""
        worked = self.whole.worked
        return 0 if worked is None else worked.then.total - worked.now.total

    @property
    def without_floor(self) -> int:
        """What the patient would pay without the floor."""
        found = self.found
        return 0 if found is None else found.patient + found.payments.get("floor", 0)

    @property
    def mends(self) -> Sequence[tuple[Fault, str, str]]:
        """Each fault of the bill with the number and name of its line, where it is of one."""
        lines = [x for x in self.whole.visit.lines if x.withdrawn is None]
        made: list[tuple[Fault, str, str]] = []
        for one in self.whole.faults:
            found = _LINE.search(one.where)
            number = int(found[1]) if found else len(lines)
            line = lines[number] if number < len(lines) else None
            name = "" if line is None else str(line.content.get("name") or line.id)
            made.append((one, "" if line is None else line.id, name))
        return made

    @property
    def count_lines(self) -> int:
        """Lines that stand."""
        return sum(len(group.lines) for group in self.groups)

    @property
    def excess_yuan(self) -> str:
        """What is above the limit, as a field takes it."""
        return "" if self.control is None else yuan(self.control.excess)

    @property
    def explained_by(self) -> str:
        """Who wrote the reason."""
        return self._name(self.whole.held.explained)

    @property
    def passed_by(self) -> str:
        """Who let the emergency pass."""
        return self._name(self.whole.held.passed)

    @property
    def proposed_by(self) -> str:
        """Who proposes a change."""
        return self._name(self.whole.held.proposed)

    @property
    def proposed_words(self) -> str:
        """What is proposed: which lines, and what that does to the share."""
        one = self.whole.held.proposed
        if one is None:
            return ""
        names = {x.id: str(x.content.get("name") or x.id) for x in self.whole.visit.lines}
        change = one.says["change"]
        lines = [
            str(names.get(x["line"]) or x["line"])
            for x in (*change["replace"], *change["withdraw"])
        ]
        what = _("换或停 %(lines)s") % {"lines": "、".join(lines)}
        more = _event(one, self.whole.names).more
        return f"{what}，{more}。" if more else f"{what}。"

    def _name(self, one: Event | None) -> str:
        return "" if one is None else self.whole.names.get(one.actor, one.actor)


def drawn(it: Whole, chosen: Mapping[str, Chosen], stay: Mapping[str, Any] | None) -> Shown:
    """The page of what was found; `chosen` is what somebody tries of each line, `stay` where the patient lies."""
    found = None if it.finding is None else it.finding.adjudication
    control = None if found is None else found.control
    lines = () if it.looked is None else it.looked.ready.claim.lines
    groups = () if found is None else tuple(groups_of(lines, found))
    tag, tone = _state(it, control)
    alert = it.held.alert
    return Shown(
        whole=it,
        name=it.patient.name or it.patient.person,
        heading=_heading(it, control),
        tag=tag,
        tone=tone,
        facts=tuple(_facts(it, stay or {})),
        standing="" if found is None else found.titles.get("code.standing", found.standing),
        found=found,
        control=control,
        gauge=None
        if control is None or found is None
        else gauge_of(found, control, it.worked, it.finding.undecided if it.finding else None),
        pays=() if found is None else pays_of(found, it.worked),
        pushes=() if it.finding is None else tuple(pushes_of(lines, it.finding, chosen)),
        groups=groups,
        history=tuple(_history(it)),
        saying=_saying(it, control),
        approval=None if alert is None else alert.says["approval"],
        unverified=0 if found is None else len(found.unverified),
        funds=0 if found is None else sum(found.payments.values()),
        outside_lines=tuple(
            x for x in (groups[0].lines if groups else ()) if x.parts[0] + x.parts[1] > 0
        ),
    )


def _yuan(fen: int) -> str:
    sign = "−" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _heading(it: Whole, control: Control | None) -> str:
    """The answer: over or not, by how much."""
    if it.settlement is not None:
        return _("已经结算，只能看，不能改")
    if it.faults:
        return _("账单有 %(count)s 处错误，现在算不出来") % {"count": len(it.faults)}
    if control is None:
        return _("这个地方的政策没有目录外限额")
    undecided = None if it.finding is None else it.finding.undecided
    if undecided is not None:
        low, high = (percent_of(one) for one in undecided.share)
        return _("有 %(count)s 项没有对照，目录外占比在 %(low)s 至 %(high)s 之间") % {
            "count": len(undecided.lines), "low": low, "high": high,
        }  # fmt: skip
    match control.status:
        case "exceeded":
            return _("目录外占比超过限额 %(amount)s 元") % {"amount": _yuan(control.excess)}
        case "approaching":
            return _("目录外占比接近限额，还差 %(amount)s 元") % {
                "amount": _yuan(control.limit - control.measured)
            }
        case _:
            return _("目录外占比在限额以内，占 %(share)s") % {"share": percent_of(control.share)}


def _state(it: Whole, control: Control | None) -> tuple[str, str]:
    """The main state in a few characters, and its tone."""
    if it.settlement is not None:
        return _("已结算"), ""
    if it.faults:
        return _("有错，等改"), "need"
    match it.held.need:
        case Need.EXPLAIN:
            return _("超限，等医生说明"), "need"
        case Need.APPROVE:
            return _("超限，等审批"), "need"
        case Need.REVIEW:
            return _("紧急放行，等复核"), "near"
        case Need.NOTHING:
            pass
    if it.finding is not None and it.finding.undecided is not None and it.cause is None:
        return _("有项目等对照"), "near"
    if control is None or control.status == "within":
        return _("在限额内"), "fine"
    if control.status == "approaching":
        return _("接近限额"), "near"
    return (_("超限，已办完"), "near") if it.held.decided else (_("超限，只提示"), "near")


def _saying(it: Whole, control: Control | None) -> str:
    """What follows, for whom."""
    if control is None or it.finding is None:
        return ""
    found = it.finding.adjudication
    if it.finding.undecided is not None:
        return ""
    if control.status == "exceeded" and found.hospital > 0:
        return _("现在出院，超出的 %(amount)s 元由医院承担，患者不多付。") % {
            "amount": _yuan(found.hospital)
        }
    if control.status == "exceeded":
        return _("超出的只提示，不由医院承担，照原来的付。")
    room = it.finding.room
    if room is None:
        return ""
    return _("还可以用 %(amount)s 元目录外费用，不超过限额。") % {"amount": _yuan(room)}


def _facts(it: Whole, stay: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    header = it.visit.header
    yield _("就诊号"), it.visit.id
    if stay.get("ward"):
        bed = _("%(bed)s 床") % {"bed": stay["bed"]} if stay.get("bed") else ""
        yield _("床位"), f"{stay['ward']} {bed}".strip()
    if stay.get("doctor"):
        yield _("主管医生"), stay["doctor"]
    today = now().astimezone(CHINA).date()
    age = it.patient.age_on(today)
    if age is not None:
        yield it.patient.sex or _("年龄"), _("%(age)s 岁") % {"age": age}
    stated: Any = header.get("diagnoses") or []
    ill = next((str(one["name"]) for one in stated if one.get("name")), "")
    if ill:
        yield _("诊断"), ill
    first = _day(header.get("admitted"))
    if first is not None:
        left = it.visit.discharged
        last = today if left is None else left.astimezone(CHINA).date()
        yield (
            _("入院"),
            _("%(day)s，第 %(count)s 天") % {"day": first, "count": (last - first).days + 1},
        )
    if it.visit.discharged is not None:
        yield _("出院"), it.visit.discharged.astimezone(CHINA).strftime("%Y-%m-%d")
    last_line = max((x.added for x in it.visit.lines), default=None)
    if last_line is not None:
        yield _("费用截至"), last_line.astimezone(CHINA).strftime("%m-%d %H:%M")


def _day(stated: Any) -> date | None:
    if stated is None:
        return None
    try:
        return moment_of(stated).day
    except ValueError:
        return None


def _history(it: Whole) -> Iterator[Happened]:
    """Alerts and events together, the newest first."""
    found = [_event(one, it.names) for one in it.events]
    for alert in it.alerts:
        times = (
            _("，同一原因提示 %(count)s 次，最后 %(last)s")
            % {"count": alert.count, "last": alert.last.astimezone(CHINA).strftime("%m-%d %H:%M")}
            if alert.count > 1
            else ""
        )
        share = percent_of(int(Decimal(alert.says["share"]) * 10_000))
        what = _("首次超限") if alert.status == "exceeded" else _("接近限额")
        found.append(
            Happened(
                alert.first, what, _("巡检"), "",
                _("占比 %(share)s") % {"share": share} + times,
                "" if alert.closed else "need" if alert.is_binding else "",
            )
        )  # fmt: skip
        if alert.closed is not None:
            found.append(
                Happened(alert.closed, _("原因没有了，提示关闭"), _("巡检"), "", "", "fine")
            )
    yield from sorted(found, key=lambda one: one.at, reverse=True)


def _event(one: Event, names: Mapping[str, str]) -> Happened:
    more = ""
    says = one.says
    match one.kind:
        case Kind.APPROVED:
            more = _("同意到超出 %(amount)s 元为止") % {"amount": says["up_to"]}
        case Kind.EXPLAINED | Kind.PASSED:
            more = _("当时超出 %(amount)s 元") % {"amount": says["excess"]}
        case Kind.CONSENTED:
            signed = {"patient": _("患者签字"), "family": _("家属签字"), "nobody": _("没有签字")}
            more = _("%(who)s，%(count)s 项 %(amount)s 元，%(day)s") % {
                "who": signed[says["signed"]], "count": len(says["lines"]), "amount": says["outside"],
                "day": says["day"],
            }  # fmt: skip
        case Kind.CHANGED | Kind.PROPOSED:
            before, after = (says.get(side, {}).get("control") for side in ("now", "then"))
            if before is not None and after is not None:
                more = _("占比 %(before)s 到 %(after)s") % {
                    side: percent_of(int(Decimal(of["share"]) * 10_000))
                    for side, of in (("before", before), ("after", after))
                }
        case Kind.REFUSED | Kind.REVIEWED | Kind.DECLINED:
            pass
    tone = "fine" if one.kind in (Kind.APPROVED, Kind.REVIEWED, Kind.CHANGED) else ""
    return Happened(
        one.at, str(_KINDS[one.kind]), names.get(one.actor, one.actor), one.reason, more, tone
    )
