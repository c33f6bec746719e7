"""What the audit desk of a demonstration shows: a sample half judged, two doubts, one of them overdue, a head."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from doudi.dates import CHINA

if TYPE_CHECKING:
    from doudi_web.tenancy.who import Actor

_SIZE, _JUDGED = 12, 6
_EARLIER, _GIVEN = 12, 7
"""How many days ago the overdue doubt was put, and how many were given to answer it."""


def demonstrate_audit(day: date) -> None:
    """Fix, draw and half judge a plan; put two doubts to the demonstration's hospital; hand over a head. Once, also
    where a run broke off: what is there stays."""
    from doudi_web.inquiry.models import Plan, Question
    from doudi_web.settlement.seal import seal
    from doudi_web.tenancy.models import Account
    from doudi_web.tenancy.who import actor_of_account
    from doudi_web.witness import handing
    from doudi_web.witness.models import Handed

    who = actor_of_account(Account.objects.get(username="demo.auditor"))
    home = Account.objects.get(username="demo.insurance-office").facility_id or ""
    if not Plan.objects.exists():
        _sampled(who, day)
    if not Question.objects.exists():
        _doubts(who, day, home)
    if not Handed.objects.exists():
        seal()
        handing.hand_over(who, "区审计局（虚构）", "paper", "十二月")


def _sampled(who: "Actor", day: date) -> None:
    """Last month's settlements by risk, half of the sample judged, one of it a finding."""
    from doudi_web.inquiry import planning, samples
    from doudi_web.inquiry.frame import Mark, Method, Scope, Strata

    end = day.replace(day=1)
    start = (end - timedelta(days=1)).replace(day=1)
    of = Scope(
        f"{start.month} 月按风险抽查", Method.WEIGHTED, "2019331", start, end, _SIZE,
        strata=Strata.FACILITY, floor_from=100_000,
        weights={Mark.FLOOR: 5, Mark.CORRECTED: 3, Mark.EXCEEDED: 3, Mark.EMERGENCY: 3},
    )  # fmt: skip
    number = planning.fix(who, of, samples.facilities())
    count = planning.draw(who, number)
    for place in range(1, min(_JUDGED, count) + 1):
        is_finding = place == 2
        words = "目录外费用的同意书上没有患者签字" if is_finding else ""
        planning.judge(who, number, place, 0, "finding" if is_finding else "in_order", words)


_STANDING = """
SELECT s.id, s.person, s.visit, s.facility FROM settlement_settlement s WHERE s.facility = %s AND s.settled < %s
  AND NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
ORDER BY s.settled DESC, s.id DESC LIMIT 2
"""


def _doubts(who: "Actor", day: date, home: str) -> None:
    """One put days ago that nobody answered in time, and one of today."""
    from doudi_web.audit_log.actions import record, subject_of
    from doudi_web.inquiry import asking
    from doudi_web.inquiry.models import Event, Question
    from doudi_web.settlement import tables

    put = datetime.combine(day - timedelta(days=_EARLIER), time(10, 20), CHINA)
    rows = tables.driver().execute(_STANDING, [home, put]).fetchall()
    if len(rows) < 2:
        return
    (late, person, visit, facility), (other, *_) = rows
    deadline = put.date() + timedelta(days=_GIVEN)
    made = Question.objects.create(
        settlement=late, person=person, visit=visit, facility=facility, source="hand", source_number=None,
        category="papers", amount=None, asked="office", deadline=deadline, state="waiting", at=put, actor=who.key,
    )  # fmt: skip
    says = {
        "category": "papers", "amount": None, "asked": "office", "deadline": deadline.isoformat(),
    }  # fmt: skip
    words = "病历里没有找到这次用的高值耗材的条码，请提供原件。"
    Event.objects.create(
        question=made, kind="raised", words=words, says=says, at=put, actor=who.key, role=who.role.value
    )  # fmt: skip
    record(
        who,
        "questions.raised",
        subject_of(person),
        detail={"question": made.pk, "settlement": late},
    )
    until, words = day + timedelta(days=_GIVEN), "政府兜底比上一次多，请说明身份的依据。"
    asking.raise_question(who, other, "floor", 12_000, "office", until, words)
