"""The places of the desk, and who finds which of them at the left edge."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from doudi_web.alerts.selectors import open_of
from doudi_web.approvals.selectors import count_waiting as count_approvals
from doudi_web.contracts.selectors import count_due
from doudi_web.disputes.selectors import count_waiting as count_disputes
from doudi_web.inquiry.questions import count_waiting as count_questions
from doudi_web.inquiry.samples import count_left
from doudi_web.intake.selectors import count_imports
from doudi_web.leaving.going import count_going
from doudi_web.matching.queue import waiting
from doudi_web.payments.selectors import count_waiting as count_payments
from doudi_web.policy.selectors import count_waiting
from doudi_web.reimbursement.selectors import count_waiting as invoices
from doudi_web.settlement.rows import count_awaiting, count_proposals
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep.deciding import count_waiting as changes_waiting
from doudi_web.wards.selectors import waiting_in

_ON_BAR = 4
Count = Callable[[Actor], int]


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. `count` says how much waits there: at the cost of one indexed query."""

    name: str  # of its address, in urls.py
    title: "str | Promise"
    icon: str  # a symbol of icons.html
    act: Act
    count: Count | None = None
    needs: bool = False  # what waits there must be done by somebody: its number is red
    begins: bool = False  # a line stands above it
    on_phone: bool = (
        True  # the bottom bar of a phone has room for the first four; 更多 has the rest
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as somebody sees it."""

    place: Place
    address: str
    is_here: bool
    waiting: int | None
    on_bar: bool


_ = gettext_lazy
PLACES: tuple[Place, ...] = (
    Place("samples", _("抽样核查"), "check", Act.OVERSIGHT_WRITE, count=count_left),
    Place("questions", _("疑点"), "ask", Act.QUESTIONS_WRITE, count=count_questions, needs=True),
    Place("district", _("驾驶舱"), "board", Act.INDICATORS_READ),
    Place("city", _("全市各区"), "board", Act.CITY_READ),
    Place("month_end", _("月末"), "book", Act.LEDGER_READ),
    Place("payments", _("付款"), "coin", Act.PAYMENTS_READ, count=count_payments),
    Place("periods", _("按期追回"), "scale", Act.LEDGER_READ, on_phone=False),
    Place(
        "approvals",
        _("审批"),
        "coin",
        Act.APPROVALS_READ,
        count=count_approvals,
        needs=True,
    ),
    Place(
        "policies",
        _("政策"),
        "rule",
        Act.POLICIES_READ,
        count=count_waiting,
        needs=True,
        on_phone=False,
    ),
    Place("exports", _("上报"), "up", Act.EXPORTS_READ, on_phone=False),
    Place("upkeep", _("名册"), "person", Act.UPKEEP_READ, count=changes_waiting),
    Place("reimbursements", _("手工报销"), "coin", Act.REIMBURSE_READ, count=invoices, needs=True),
    Place("audits", _("审计"), "scale", Act.OVERSIGHT_READ, on_phone=False),
    Place("heads", _("封头"), "book", Act.HEADS_HAND, on_phone=False),
    Place("log", _("审计记录"), "list", Act.AUDIT_READ),
    Place("contracts", _("家庭医生"), "tel", Act.CONTRACTS_READ, count=count_due, needs=True),
    Place("notices", _("公示"), "list", Act.NOTICES_READ, on_phone=False),
    Place("wards", _("在院台"), "list", Act.VISITS_READ, waiting_in, needs=True),
    Place(
        "alerts", _("预警中心"), "bell", Act.ALERTS_READ, count=open_of, needs=True, on_phone=False
    ),
    Place("reviews", _("费用预审"), "scale", Act.VISITS_READ),
    Place("discharges", _("出院结算"), "out", Act.PRECHECK, count=count_going),
    Place("settlements", _("结算与台账"), "book", Act.SETTLEMENTS_READ, on_phone=False),
    Place(
        "awaiting",
        _("等平台答复"),
        "clock",
        Act.AWAITING_READ,
        count=count_awaiting,
        needs=True,
        on_phone=False,
    ),
    Place(
        "proposals",
        _("补退建议"),
        "coin",
        Act.PROPOSALS_READ,
        count=count_proposals,
        on_phone=False,
    ),
    Place(
        "mapping",
        _("目录对照"),
        "rule",
        Act.MATCHING_READ,
        count=waiting,
        needs=True,
        on_phone=False,
    ),
    Place(
        "questions",
        _("审计疑点"),
        "ask",
        Act.QUESTIONS_ANSWER,
        count=count_questions,
        needs=True,
        on_phone=False,
    ),
    Place("persons", _("人员档案"), "person", Act.PERSONS_READ, begins=True),
    Place(
        "disputes", _("对账异议"), "rule", Act.DISPUTES_READ, count=count_disputes, on_phone=False
    ),
    Place("papers", _("单据"), "print", Act.SETTLEMENTS_READ, on_phone=False),
    Place("operation", _("运行维护"), "clock", Act.OPERATION_READ),
    Place("imports", _("导入"), "up", Act.INTAKE, count=count_imports, on_phone=False),
)
"""In their order, which Alt+1 … Alt+9 follow."""


def places_of(actor: Actor, path: str) -> list[Shown]:
    """The places that somebody's role may see; the one with the longest address that `path` begins with is here."""
    found = [(place, reverse(f"desk:{place.name}")) for place in PLACES if actor.may(place.act)]
    here = max((a for _, a in found if path.startswith(a)), key=len, default=None)
    bar = [place for place, _ in found if place.on_phone][:_ON_BAR]
    return [
        Shown(
            place, address, address == here, place.count(actor) if place.count else None, place in bar
        )
        for place, address in found
    ]  # fmt: skip
