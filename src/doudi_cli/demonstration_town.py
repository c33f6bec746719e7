"""What the demonstration's township has: paper invoices in each state, with scans that say they are invented."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from doudi_web.tenancy.refusals import Refusal

if TYPE_CHECKING:
    from doudi_web.reimbursement.invoice import Stated
    from doudi_web.tenancy.who import Actor

_SCAN = """
#set page(width: 150mm, height: 100mm, margin: 9mm)
#set text(font: "Noto Sans SC", size: 10pt, lang: "zh")
#align(center, text(14pt, weight: "bold")[医疗住院收费票据（虚构，演示用）])
#v(2mm)
号码 #strong("{number}") #h(1fr) {issuer} \\
{first} 至 {last}
#v(3mm)
#table(columns: (1fr, 40mm), align: (left, right), [项目], [金额（元）], {rows} [合计], strong("{total}"))
#v(1fr)
#align(right)[收费专用章]
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """An invoice: how it came to be, how long ago, whether it was referred, and how far it is."""

    issuer: str
    days_ago: int
    stay: int
    amounts: tuple[str, str, str]
    referred: bool
    until: str


_CASES = (
    _Case("重庆市渝中第一医院", 20, 8, ("8600.00", "3200.00", "640.00"), True, "settled"),
    _Case("成都市锦江区人民医院", 12, 5, ("4300.00", "900.00", "1200.00"), False, "checked"),
    _Case("重庆市渝中第一医院", 30, 11, ("15200.00", "6100.00", "900.00"), True, "returned"),
    _Case("贵阳市南明区中心医院", 9, 3, ("2100.00", "480.00", "0.00"), True, "entered"),
    _Case("成都市锦江区人民医院", 640, 6, ("5200.00", "700.00", "300.00"), False, "late"),
)


def fill_town(day: date) -> None:
    """Fill the township of the demonstration's officer; what an earlier run filled stays as it is."""
    from doudi_web.reimbursement import selectors
    from doudi_web.tenancy.models import Account
    from doudi_web.tenancy.who import actor_of_account

    officer = actor_of_account(Account.objects.get(username="demo.township-officer"))
    admin = actor_of_account(Account.objects.get(username="demo.district-admin"))
    if not selectors.listed(officer, "all")[0]:
        _invoices(officer, admin, day)
        _keeps(officer, admin, day)


def _invoices(officer: "Actor", admin: "Actor", day: date) -> None:
    """One invoice a case, of people with a standing who were nowhere else on those days."""
    from doudi_web.register.models import Person
    from doudi_web.reimbursement import checking, deciding, entering, selectors

    town = officer.township
    of = Person.objects.filter(
        village__township=town, facts__kind="standing", facts__superseded=None, died=None
    )
    people = iter(
        of.exclude(facts__valid_to__lte=day).distinct().order_by("pk").values_list("pk", flat=True)
    )
    for number, case in enumerate(_CASES, 1):
        for person in people:
            said = _said(case, f"5000{number:08d}", day)
            invoice = entering.enter(officer, person, said)
            looked = checking.look(officer, selectors.one(officer, invoice))
            if looked.doubles or looked.faults:
                entering.give_up(officer, invoice, 1, "录到别人名下了")
                continue
            entering.bring_scan(officer, invoice, 1, "票据.png", _scan(said))
            if case.until in ("checked", "returned", "settled"):
                checking.check(officer, invoice, 2, "")
            if case.until == "returned":
                deciding.give_back(admin, invoice, 3, "看不清第二页，重新拍一张")
            if case.until == "settled":
                deciding.approve(admin, invoice, 3, looked.mark)
            break


def _keeps(officer: "Actor", admin: "Actor", day: date) -> None:
    """Standings that end soon, a renewal that waits, plans with visits, a notice with an objection."""
    from doudi_web.contracts import signing
    from doudi_web.notices import making
    from doudi_web.register import statements
    from doudi_web.register.models import Person
    from doudi_web.upkeep import asking, deciding

    def state(person: str, kind: str, typed: dict[str, str], why: str) -> int:
        digest = asking.look(officer, person, kind, typed).digest
        return asking.state(officer, person, kind, typed, digest, why, "镇民〔2019〕31号").pk

    of = Person.objects.filter(
        village__township=officer.township, died=None, facts__superseded=None
    )
    open_ended = of.filter(facts__kind="standing", facts__valid_to=None).distinct().order_by("-pk")
    people = list(open_ended.values_list("pk", flat=True)[:4])
    for n, person in enumerate(people):
        code = next(s["code"] for s in statements.held(person, "standing") if "to" not in s)
        end = (day + timedelta(days=12 + 9 * n)).isoformat()
        deciding.confirm(admin, state(person, "end", {"code": code, "to": end}, "复核到期"), "")
        if n == 0:
            later = {"code": code, "from": end, "to": (day + timedelta(days=400)).isoformat()}
            state(person, "renew", later, "入户核实，收入没有变")
    for n, person in enumerate(people):
        typed = {
            "plan": "血压一个季度量一次；药按时吃；少盐", "what": "量血压、看药够不够", "every": "3", "count": "4",
            "from": (day + timedelta(days=4 * n - 5)).isoformat(),
        }  # fmt: skip
        signing.plan(officer, person, typed)
    hangs = (day.isoformat(), (day + timedelta(days=7)).isoformat())
    first = day.replace(month=1, day=1).isoformat()
    for kind in ("standing", "aid"):
        try:
            notice = making.make(
                officer, kind, (first, (day - timedelta(days=3)).isoformat(), *hangs)
            )
        except Refusal:
            continue  # nobody to show in that period
        making.objected(officer, notice, "同村的人说有一户盖了新房")


def _said(case: _Case, number: str, day: date) -> "Stated":
    from decimal import Decimal

    from doudi_web.reimbursement.reading import read

    last = day - timedelta(days=case.days_ago)
    typed = {
        "number": number, "issuer": case.issuer, "issuer_code": "", "level": "3",
        "district": "500103" if "渝中" in case.issuer else "510104" if "成都" in case.issuer else "520102",
        "kind": "inpatient", "referred": "1" if case.referred else "",
        "admitted": (last - timedelta(days=case.stay)).isoformat(), "discharged": last.isoformat(),
        "issued": last.isoformat(), "total": f"{sum(map(Decimal, case.amounts)):.2f}",
    }  # fmt: skip
    first = f"{Decimal(case.amounts[1]) / 10:.2f}"
    rows = {"class": ["甲", "乙", "丙"], "amount": list(case.amounts), "first": ["", first, ""]}
    return read(typed, rows, home="500113", today=day)


def _scan(said: "Stated") -> bytes:
    """A picture of the invoice, as a telephone would take it."""
    import typst

    from doudi.money import yuan
    from doudi_web.papers.typesetting import FONTS

    rows = "".join(
        f'[{x.name}], ["{yuan(x.amount_fen)}"],'.replace('["', "[").replace('"]', "]")
        for x in said.lines
    )
    text = _SCAN.format(
        number=said.number, issuer=said.issuer, first=said.admitted, last=said.discharged, rows=rows,
        total=yuan(said.total_fen),
    )  # fmt: skip
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    made = typst.Compiler(font_paths=fonts, ignore_system_fonts=True).compile(
        input=text.encode(), format="png", ppi=110
    )
    assert isinstance(made, bytes), "one page"
    return made
