"""How the district's pages write shares of 10,000, counts, gaps to targets and bars; what leads to which visits."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from doudi_web.desk.district.city import is_missed
from doudi_web.indicators.asked import text_of
from doudi_web.indicators.dashboard import Town
from doudi_web.indicators.figures import Row, share_of
from doudi_web.indicators.reading import Sums

register = template.Library()
_NONE = "—"
_NEAR = 80  # of a hundred parts of what is allowed


@register.filter
def myriads(share: object, unit: str = "%") -> str:
    """9.69% of 969 parts of 10,000; a dash where there is none."""
    return f"{share // 100}.{share % 100:02d}{unit}" if isinstance(share, int) else _NONE


@register.filter
def whole(count: object) -> str:
    """11,862; a dash where there is none."""
    return f"{count:,}" if isinstance(count, int) else _NONE


@register.filter
def month(code: int) -> str:
    """2019-06 of 201906."""
    return text_of(code)


@register.filter
def pair(of: tuple[int, int]) -> str:
    """The share of two counts."""
    return myriads(share_of(*of))


@register.simple_tag
def ratio(part: int, of: int) -> SafeString:
    """A share in a cell; of nothing a grey dash."""
    share = share_of(part, of)
    return format_html('<span class="z">{}</span>' if share is None else "{}", myriads(share))


@register.simple_tag
def gap(share: int, target: int) -> str:
    """How far a share is from its target, in points of a hundred."""
    away = share - target * 100
    number = f"{abs(away) // 100}.{abs(away) % 100:02d}"
    if away == 0:
        return _("，正好")
    text = _("，高 %(number)s 个百分点") if away > 0 else _("，低 %(number)s 个百分点")
    return text % {"number": number}


@register.filter
def misses(one: object, target: int) -> bool:
    """Whether patients pay more than so many of a hundred."""
    return isinstance(one, Sums) and one.patient * 100 > target * one.total


@register.filter
def misses_rate(row: Row, target: int) -> bool:
    """Whether fewer than so many of a hundred visits are within the district."""
    return row.inside * 100 < target * row.residents


@register.filter
def low_rate(line: Any, target: int) -> bool:
    """The same of a district of the city; not of one of which it is not told."""
    return bool(line.visits) and (line.inside or 0) * 100 < target * line.visits


@register.filter
def missed(line: Any) -> bool:
    """Whether a district of the city misses a target."""
    return is_missed(line)


@register.filter
def town(key: str, towns: Mapping[str, Town] | None) -> Town | None:
    """The people of a township."""
    return None if not towns else towns.get(key)


@register.simple_tag
def link_of(address: str, of: str, key: str) -> str:
    """The visits of a line: what was asked for, and the line's own."""
    asked = dict(parse_qsl(address))
    if key.startswith("away_"):
        return urlencode({**asked, "figure": key})
    if of == "standing":
        key = key or "others"
    return urlencode({**asked, of: key})


@register.simple_tag
def of_month(address: str, code: int) -> str:
    """The visits of a month."""
    return urlencode({**dict(parse_qsl(address)), "from": text_of(code), "to": text_of(code)})


@register.simple_tag
def tally(of: tuple[int, int]) -> dict[str, Any]:
    """One of the three figures of an audit: how many of how many, cut off."""
    matched, every = of
    return {
        "text": _("%(matched)s ÷ %(every)s 笔") % {"matched": f"{matched:,}", "every": f"{every:,}"},
        "share": share_of(matched, every), "missed": matched < every,
    }  # fmt: skip


@register.simple_tag
def bar(one: Sums) -> dict[str, Any]:
    """The bar of a hospital's measured share: its own scale ends at one and a half times what is allowed."""
    allowed, measured = one.allowed, one.measured
    scale = max(allowed * 3 // 2, measured, 1)
    is_over = measured > allowed
    is_near = not is_over and measured * 100 >= allowed * _NEAR and allowed > 0
    return {
        "over": is_over, "near": is_near, "fill": "f-need" if is_over else "f-near" if is_near else "f-slate",
        "width": _percent(measured, scale), "limit": _percent(allowed, scale),
    }  # fmt: skip


def _percent(part: int, of: int) -> str:
    thousandths = max(part, 0) * 100_000 // of
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"


@register.simple_tag
def over_heading(rows: Sequence[Row]) -> str:
    """How many hospitals are above what they are allowed, and how many close to it."""
    bars = [bar(row.inpatient) for row in rows]
    over, near = sum(b["over"] for b in bars), sum(b["near"] for b in bars)
    if not rows:
        return _("目录外占比：没有可算的")
    if not over and not near:
        return _("目录外占比：都在允许之内")
    return _("目录外占比：%(over)s 家超过，%(near)s 家接近") % {"over": over, "near": near}
