"""How pages write money, shares, days and moments, and who sees a button.

Amounts come from the rooms as "2539.50" or as whole fen; they are written as 2,539.50 with a true minus, never
computed with.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from doudi.dates import CHINA
from doudi_web.desk.assets import address_of
from doudi_web.desk.definitions import DEFINITIONS
from doudi_web.register import words
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act

register = template.Library()
_MINUS, _NONE = "−", "—"


def _amount(value: object) -> str:
    """An amount in yuan with two decimals: of whole fen, or of yuan as text."""
    if isinstance(value, int):
        sign, fen = "-" if value < 0 else "", abs(value)
        return f"{sign}{fen // 100:,}.{fen % 100:02d}"
    exact = Decimal(str(value))
    return f"{exact:,.2f}"


@register.filter
def yuan(value: object) -> str:
    """2,539.50; a dash where there is none."""
    return _NONE if value is None or value == "" else _amount(value).replace("-", _MINUS)


@register.filter
def signed(value: object) -> str:
    """+96.81 or −96.81: where the sign is the message."""
    if value is None or value == "":
        return _NONE
    text = _amount(value)
    return text.replace("-", _MINUS) if text.startswith("-") else f"+{text}"


@register.simple_tag
def money(value: object) -> SafeString:
    """An amount in a cell: zero and unknown in grey."""
    text = yuan(value)
    return format_html('<span class="z">{}</span>' if text in ("0.00", _NONE) else "{}", text)


@register.simple_tag
def more(value: object) -> SafeString:
    """+96.81 or −96.81 in a cell; what does not change is a grey 0.00."""
    text = yuan(value)
    return (
        format_html('<span class="z">{}</span>', text)
        if text == "0.00"
        else format_html("{}", signed(value))
    )


@register.filter
def percent(value: object) -> str:
    """A share such as "0.1387" as 13.87%; a dash where there is none. Cut off, never rounded up to a limit."""
    if value is None or value == "":
        return _NONE
    hundredths = int(Decimal(str(value)) * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _moment(value: object) -> datetime | date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(CHINA)
    if isinstance(value, date):
        return value
    text = str(value)
    if len(text) == len("2019-12-03"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(CHINA)


@register.filter
def day(value: object) -> str:
    """2019-12-03."""
    found = _moment(value)
    return _NONE if found is None else found.strftime("%Y-%m-%d")


@register.filter
def short_day(value: object) -> str:
    """12-03 in this year, with the year in another; today says so."""
    found = _moment(value)
    if found is None:
        return _NONE
    today, of = now().date(), found.date() if isinstance(found, datetime) else found
    if of == today:
        return _("今天")
    return of.strftime("%m-%d" if of.year == today.year else "%Y-%m-%d")


@register.filter
def moment(value: object) -> str:
    """今天 16:40, 12-03 16:40, or with the year where it is another. A day alone, and its midnight, has no time."""
    found = _moment(value)
    if not isinstance(found, datetime) or found.time() == time.min:
        return short_day(value)
    return f"{short_day(found)} {found.strftime('%H:%M')}"


@register.filter
def masked(name: str) -> str:
    """田*禾: a name where not everybody who reads it treats or settles."""
    if len(name) <= 1:
        return name
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


@register.filter
def of_key(found: Mapping[str, Any], key: str) -> Any:
    """What a table holds under a key; nothing where it holds none."""
    return found.get(key)


@register.filter
def word(code: object, column: str) -> str:
    """What a code of the register is called: 低保 for dibao."""
    return words.word(column, str(code)) if code else _NONE


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file."""
    return address_of(name)


@register.inclusion_tag("desk/definition.html")
def definition(key: str, address: str = "") -> dict[str, str]:
    """The small ? beside a figure: how it is defined, by which article, and a link to its visits."""
    made = DEFINITIONS[key]
    return {"title": str(made.title), "text": str(made.text), "address": address}


class _May(template.Node):
    def __init__(self, acts: list[FilterExpression], inside: NodeList, other: NodeList) -> None:
        self._acts, self._inside, self._other = acts, inside, other

    def render(self, context: Context) -> SafeString:
        actor = context["actor"]
        acts = (act.resolve(context) for act in self._acts)  # pyright: ignore[reportArgumentType]  # a Context is one
        is_allowed = any(actor.may(Act(act)) for act in acts)
        return (self._inside if is_allowed else self._other).render(context)


@register.tag("may")
def may(parser: Parser, token: Token) -> _May:
    """`{% may "settle" %} … {% else %} … {% endmay %}`: what only who may do one of these acts sees."""
    acts = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    inside = parser.parse(("else", "endmay"))
    other = NodeList()
    if parser.next_token().contents == "else":
        other = parser.parse(("endmay",))
        parser.delete_first_token()
    return _May(acts, inside, other)
