"""What is to be looked at before a visit is settled: each point with its state, why, and what mends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from doudi.errors import Fault, Faulty
from doudi.money import percent
from doudi.source_text import Value
from doudi_web.review.held import Held, Need, held
from doudi_web.settlement import running, tables
from doudi_web.settlement.entitled import LEFT
from doudi_web.settlement.running import Visit
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]
UNMAPPED = frozenset({"F320", "F308"})
"""Faults of a line whose class nobody knows."""
_OF_REGISTER = {
    **{code: "登记已死亡或迁出" for code, _, _ in LEFT.values()},
    "register_differs": "身份与登记的不同",
}
"""What the register says against the visit, by the code of its warning."""
_SHARE = 10_000
_SHOWN = 8
_ASKED = "超限的就诊，出院以前要有医生的理由；要审批的，医保办同意。"


class State(StrEnum):
    """Whether a point stands in the way of settling, or is only to be looked at."""

    FINE = "fine"
    LOOK = "look"
    STOP = "stop"


_URGENT = (State.STOP, State.LOOK, State.FINE)
"""What stands in the way comes first."""


class Point(StrEnum):
    """What is looked at."""

    DISCHARGED = "discharged"
    BILL = "bill"
    MAPPED = "mapped"
    STANDING = "standing"
    DIAGNOSIS = "diagnosis"
    LIMIT = "limit"
    REVIEW = "review"
    EPISODE = "episode"
    PLATFORM = "platform"
    HELD = "held_by"


@dataclass(frozen=True, slots=True)
class Check:
    """A point: how it is, why that matters, and what is concerned."""

    point: Point
    state: State
    what: str
    why: str = ""
    of: Sequence[str] = ()
    """The lines, or the visits, that are concerned."""

    def json(self) -> Json:
        return {
            "point": self.point.value, "state": self.state.value, "what": self.what, "why": self.why,
            "of": list(self.of),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaving:
    """A visit before it is settled: its bill's version, what it would come to or its faults, and every check."""

    visit: Visit
    version: str
    bill: Mapping[str, Value]
    settlement: Json | None
    faults: Sequence[Fault]
    layers: Mapping[str, str]
    """The layers that the platform may say what it pays of, and what they are called."""
    computed: Sequence[str]
    """Those of them that are computed where the platform does not say: what is awaited where it is silent."""
    checks: Sequence[Check]

    @property
    def stops(self) -> bool:
        """Whether anything stands in the way."""
        return any(one.state is State.STOP for one in self.checks)

    def json(self) -> Json:
        return {
            "visit_id": self.visit.id, "facility": self.visit.facility, "person": self.visit.person,
            "opened": told(self.visit.opened), "discharged": told_or_none(self.visit.discharged),
            "version": self.version, "settlement": self.settlement,
            "checks": [one.json() for one in self.checks], "stops": self.stops,
        }  # fmt: skip


_OTHERS = """
SELECT visit FROM settlement_visit
WHERE person = %s AND facility = %s AND visit <> %s AND settled IS NULL ORDER BY id LIMIT 20
"""


def leaving(
    actor: Actor, visit_id: str, facility: str | None, said: Mapping[str, Value] | None = None
) -> Leaving:
    """Every check of a visit, and what it would come to now; `said` is what the platform has said by now.

    Only who looked is written. Raises Refusal 403, 404, 409 (the visit is settled).
    """
    actor.must(Act.PRECHECK)
    visit = running.unsettled(actor, visit_id, facility)
    bill = running.with_platform(running.bill_of(visit), said or {})
    settled: Json | None = None
    faults: Sequence[Fault] = ()
    layers: dict[str, str] = {}
    computed: list[str] = []
    try:
        made = running.ready_of(actor, bill)
        outline = made.running.policy.outline
        givable = [one for one in outline.layers if one.may_be_given]
        layers = {one.id: one.title.zh for one in givable}
        computed = [one.id for one in givable if one.rules]
        settled = made.json(made.settled())
    except (Faulty, Refusal) as refused:
        faults = refused.faults
    asked = [visit.person, visit.facility, visit.id]
    others = [row[0] for row in tables.driver().execute(_OTHERS, asked).fetchall()]
    stands = held(tables.driver(), [visit.number])[visit.number]
    checks = [*_checks(bill, settled, faults, others), *_reviewed(stands)]
    checks.sort(key=lambda one: _URGENT.index(one.state))
    return Leaving(
        visit, running.version_of(visit), bill, settled, faults, layers, computed, checks
    )


def _checks(
    bill: Mapping[str, Value],
    settled: Json | None,
    faults: Sequence[Fault],
    others: Sequence[str],
) -> Iterator[Check]:
    yield _discharged(bill)
    yield from _bill(faults)
    yield _diagnosis(bill)
    yield Check(
        Point.EPISODE,
        State.LOOK if others else State.FINE,
        "同一个人在本院还有没有结的就诊" if others else "没有别的没有结的就诊",
        "同一次住院的先后次序，影响起付线和累计。" if others else "",
        others,
    )
    if settled is not None:
        yield from _standing(settled)
        yield _limit(settled)
        yield _platform(bill, settled)
        yield _held(settled)


def _discharged(bill: Mapping[str, Value]) -> Check:
    if bill.get("discharged") is not None:
        return Check(Point.DISCHARGED, State.FINE, "已经办了出院")
    if bill.get("kind") != "inpatient":
        return Check(Point.DISCHARGED, State.FINE, "不是住院，不用办出院")
    return Check(
        Point.DISCHARGED, State.LOOK, "还没有办出院", "没有出院时间的，台账里住院天数是空的。"
    )


def _bill(faults: Sequence[Fault]) -> Iterator[Check]:
    """The faults of the bill; lines that are not mapped apart, since another office mends them."""
    unmapped = [f for f in faults if f.code in UNMAPPED]
    other = [f for f in faults if f.code not in UNMAPPED]
    if unmapped:
        why = "没有对照的项目会被当作丙类，算出假的超限。"
        of = [f.where for f in unmapped[:_SHOWN]]
        yield Check(Point.MAPPED, State.STOP, f"{len(unmapped)} 项没有对照到医保目录", why, of)
    else:
        yield Check(Point.MAPPED, State.FINE, "项目都对照了医保目录")
    if not other:
        yield Check(Point.BILL, State.FINE, "账单没有错")
    for f in other:
        yield Check(Point.BILL, State.STOP, f.what, f"{f.why} {f.mend}", [f.where])


def _diagnosis(bill: Mapping[str, Value]) -> Check:
    if bill.get("diagnoses"):
        return Check(Point.DIAGNOSIS, State.FINE, "有诊断")
    return Check(
        Point.DIAGNOSIS, State.LOOK, "没有诊断", "不影响金额；没有疾病编码的，报不上国家台账。"
    )


def _standing(settled: Json) -> Iterator[Check]:
    """Who is entitled, by the register: that it does not know the person, knows otherwise, or knows them gone."""
    if "eligibility" in settled.get("provisional_reasons", ()):
        why = "先按没有身份结；登记以后差额列成建议。"
        yield Check(Point.STANDING, State.LOOK, "登记里没有这个人，身份不知道", why)
        return
    told = [w for w in settled["warnings"] if w["code"] in _OF_REGISTER]
    for one in told:
        yield Check(Point.STANDING, State.LOOK, _OF_REGISTER[one["code"]], one["text"])
    if not told:
        yield Check(Point.STANDING, State.FINE, "身份登记里有")


def _limit(settled: Json) -> Check:
    control = settled["control"]
    if control is None or not control["applies"]:
        return Check(Point.LIMIT, State.FINE, "这次不控目录外占比")
    share = percent(int(control["share"].replace(".", "")), _SHARE)
    if control["status"] == "exceeded":
        why = f"超出的 {control['excess']} 元由医院承担，患者不多付。医生写明理由，医保办审批。"
        over = settled["warnings"]
        lines = next((w["lines"] for w in over if w["code"] == "exceeded"), [])
        return Check(Point.LIMIT, State.LOOK, f"目录外占比 {share}，超过限额", why, lines[:_SHOWN])
    if control["status"] == "approaching":
        return Check(
            Point.LIMIT, State.LOOK, f"目录外占比 {share}，接近限额", "再加目录外的费用就会超。"
        )
    return Check(Point.LIMIT, State.FINE, f"目录外占比 {share}，在限额以内")


def _reviewed(stands: Held) -> Iterator[Check]:
    """What the doctor or the insurance office has still to say of a visit above its limit."""
    late = "，已经过了期限" if stands.is_late else ""
    match stands.need:
        case Need.EXPLAIN:
            yield Check(Point.REVIEW, State.LOOK, f"医生还没有说明超限的理由{late}", _ASKED)
        case Need.APPROVE:
            yield Check(Point.REVIEW, State.LOOK, f"医保办还没有审批{late}", _ASKED)
        case Need.REVIEW:
            why = "紧急先做了，事后要复核。"
            yield Check(Point.REVIEW, State.LOOK, f"紧急放行还没有复核{late}", why)
        case Need.NOTHING:
            if stands.alert is not None:
                yield Check(Point.REVIEW, State.FINE, "超限的说明、审批都办了")


def _platform(bill: Mapping[str, Value], settled: Json) -> Check:
    if settled.get("provisional") == "platform":
        why = "先按算出来的结，病人可以走；平台答复以后多退，少的另外批准才补。"
        return Check(Point.PLATFORM, State.LOOK, "平台没有回音，临时结算", why)
    differs = [w for w in settled["warnings"] if w["code"] == "given_differs"]
    if differs:
        return Check(Point.PLATFORM, State.LOOK, "平台的数与算出来的不同", differs[0]["text"])
    if not bill.get("given"):
        why = "按规则算的数结。平台已经预结算的，先填平台的数，以平台为准。"
        return Check(Point.PLATFORM, State.LOOK, "没有填平台的预结算", why)
    return Check(Point.PLATFORM, State.FINE, "平台的数与算出来的一致")


def _held(settled: Json) -> Check:
    held = [w for w in settled["warnings"] if w["code"] == "held_by"]
    if held:
        visits = held[0].get("visits", [])
        return Check(Point.HELD, State.LOOK, "前面有账单没有结成", held[0]["text"], visits)
    return Check(Point.HELD, State.FINE, "前面没有退回的账单")
