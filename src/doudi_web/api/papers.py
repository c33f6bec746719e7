"""Routes: papers as PDF. GET shows a preview that says so; POST prints, counts and records."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from doudi_web.api.fields import REASON_LIMIT, Fields, Text, read, reason_of, shape
from doudi_web.api.interface import actor, api, body
from doudi_web.api.shapes import FLAG, TEXT, WHEN, WHOLE, YUAN, Shape, described, keys, many, maybe
from doudi_web.papers import card, clearing, consent, contacts, days, printed, settled
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

View = TypeVar("View", bound=Callable[..., HttpResponse])
_PDF: Shape = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
_REASON: Fields = {"reason": Text(REASON_LIMIT, "为什么，至多 400 字", required=False)}
_CONTACT: Fields = {
    "facility": Text(40, "医疗机构编码；不写就是全区的", required=False),
    "place": Text(60, "在哪里，1 至 60 字"),
    "phone": Text(40, "电话，1 至 40 字"),
}
_STATED = keys({"facility": TEXT, "place": TEXT, "phone": TEXT})
_RING = maybe(keys({"place": TEXT, "phone": TEXT}))
_PRINTED = keys(
    {"id": WHOLE, "paper": TEXT, "title": TEXT, "of": TEXT, "number": WHOLE, "at": WHEN, "actor": TEXT,
     "facility": TEXT}
)  # fmt: skip
_CHECKED = keys(
    {"settlement_id": TEXT, "genuine": FLAG},
    {"total": YUAN, "patient": YUAN, "reversed": FLAG, "sealed": FLAG, "replaced_by": maybe(TEXT)},
)


def _paper(*faults: int, asked: Shape | None = None) -> Shape:
    """What a route of a paper takes and answers."""
    made = described({}, asked, faults=faults)
    made["responses"][200] = {"description": "好", "content": _PDF}
    return made


def _pdf(name: str, content: bytes) -> HttpResponse:
    """A paper as browsers show it; nothing keeps a copy of it on the way."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _routes(
    address: str, name: str, printing: str, *faults: int, asked: Shape | None = None
) -> Callable[[View], View]:
    """The two routes of a paper under one address: GET, as the view says of itself, and POST, which prints."""

    def register(view: View) -> View:
        seen, printed_ = _paper(*faults), _paper(*faults, asked=asked)
        api.get(address, operation_id=f"see_{name}", summary=f"See {name}", openapi_extra=seen)(
            view
        )
        api.post(
            address, operation_id=f"print_{name}", summary=f"Print {name}", description=printing,
            openapi_extra=printed_,
        )(view)  # fmt: skip
        return view

    return register


def _prints(request: HttpRequest) -> bool:
    """Whether a paper is printed and counted, or only looked at."""
    return request.method == "POST"


@_routes(
    "/api/v1/settlements/{settlement}/statement.pdf",
    "statement",
    "打印患者的结算单：记下谁、什么时候、第几次；第二次起单子上写“补打第 n 次”。",
    404,
    410,
)
def statement(request: HttpRequest, settlement: int) -> HttpResponse:
    """看患者的结算单：一张 A4 的 PDF，上面写着“预览，不作凭证”。不打印的角色，姓名遮住，住处只到乡镇。"""
    made = settled.statement(actor(request), settlement, is_print=_prints(request))
    return _pdf(f"statement-{settlement}", made)


@_routes(
    "/api/v1/settlements/{settlement}/sheet.pdf",
    "sheet",
    "打印一站式结算单：{}；要印完整的身份证号，写 reason，记入日志，只有能看证件号的角色可以。",
    404,
    410,
    asked=shape(_REASON),
)
def sheet(request: HttpRequest, settlement: int) -> HttpResponse:
    """看一站式结算单：列和导出模板 one_stop 一样，身份证号遮住；姓名、住处同结算单。"""
    who, is_print = actor(request), _prints(request)
    stated = read(body(request), _REASON) if is_print else {}
    reason = str(stated.get("reason", "")).strip()
    made = settled.one_stop(who, settlement, is_print=is_print, reason=reason)
    return _pdf(f"sheet-{settlement}", made)


@_routes(
    "/api/v1/visits/{visit}/consent.pdf", "consent", "打印自费知情同意书，记下第几次。", 404, 409
)
def consent_form(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """看自费知情同意书：在院的就诊现在有哪些目录外的项目，多少钱，对患者的影响，可以换的。没有就 409。"""
    made = consent.consent(actor(request), visit, facility, is_print=_prints(request))
    return _pdf("consent", made)


@_routes("/api/v1/clearing/{month}.pdf", "clearing", "打印清算单，记下第几次。")
def month_cleared(
    request: HttpRequest, month: str, facility: str = "", part: int = 1
) -> HttpResponse:
    """看一家医院一个月的清算单：每个基金应付多少，医院承担多少，逐笔。一份最多 5,000 笔，part 是第几份。"""
    who = actor(request)
    of = _facility(who, facility)
    made = clearing.printed(who, of, month, part, is_print=_prints(request))
    return _pdf(f"clearing-{month}", made)


@_routes("/api/v1/days/{day}.pdf", "day", "打印一天的收费清单，记下第几次。")
def day_listed(request: HttpRequest, day: str, facility: str = "", by: str = "") -> HttpResponse:
    """看一天的收费清单：收费员看自己的，by=all 看全院的；别的角色看全院的，by 是谁就看谁的。"""
    who = actor(request)
    made = days.printed(who, _facility(who, facility), day, by, is_print=_prints(request))
    return _pdf(f"day-{day}", made)


@_routes(
    "/api/v1/persons/{person}/card.pdf",
    "card",
    "打印联系卡，记下第几次；reason 写给谁，记入日志。",
    404,
    409,
)
def contact_card(request: HttpRequest, person: str, reason: str = "") -> HttpResponse:
    """看一个人的联系卡：家庭医生、电话、一扫就拨的码；reason 写为什么，记入日志。没有家庭医生的电话 409。"""
    made = card.printed(actor(request), person, reason_of(reason), is_print=_prints(request))
    return _pdf("card", made)


@api.get(
    "/api/v1/papers",
    operation_id="papers",
    openapi_extra=described({200: keys({"papers": many(_PRINTED), "after": maybe(WHOLE)})}),
)
def papers(
    request: HttpRequest, facility: str = "", after: int = 0, limit: int = printed.LISTED
) -> dict[str, Any]:
    """打印过什么：哪种单子、谁的、第几次、谁、什么时候；后打的在前，after 接着看。一家医院只看自己的。"""
    most = min(max(limit, 1), printed.LISTED)
    return printed.log(actor(request), facility, max(after, 0), most)


@api.get(
    "/api/v1/settlements/{settlement}/genuine",
    operation_id="genuine",
    openapi_extra=described({200: _CHECKED}, faults=(404, 410)),
)
def genuine(request: HttpRequest, settlement: int, code: str) -> dict[str, Any]:
    """核对一张单子：code 是单子上的核对码。是真的，就告诉现在的金额、有没有撤销。"""
    return printed.check(actor(request), settlement, code)


@api.get(
    "/api/v1/contacts",
    operation_id="contacts",
    openapi_extra=described({200: keys({"hospital": _RING, "district": _RING})}),
)
def contacts_of(request: HttpRequest, facility: str = "") -> dict[str, Any]:
    """单子上印的电话：医院的，区里的。"""
    return contacts.stated(actor(request), facility)


@api.post(
    "/api/v1/contacts",
    operation_id="state_contact",
    openapi_extra=described({200: _STATED}, shape(_CONTACT)),
)
def state_contact(request: HttpRequest) -> dict[str, Any]:
    """写单子上印的电话：{facility, place, phone}；医院写自己的，区医保管理员不写 facility 就是全区的。"""
    who, stated = actor(request), read(body(request), _CONTACT)
    return contacts.state(who, stated.get("facility", ""), stated["place"], stated["phone"])


def _facility(who: Actor, stated: str) -> str:
    """The hospital that is meant: the actor's own, or the one that is named. Raises Refusal 422."""
    found = stated or who.facility or ""
    if not found:
        raise Refusal.of(422, "F201", "facility", key="facility", expected="医疗机构编码")
    return found
