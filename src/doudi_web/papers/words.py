"""How papers write: amounts, shares as people say them, days, long texts cut where everybody sees it."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from doudi.money import yuan_for_people

_DIGITS = "零一二三四五六七八九"
_SHARE = re.compile(r"([0-9]+)(?:\.([0-9]+))?%")
CUT = "……（过长，没有全印）"

PAYERS: Mapping[str, str] = {
    "basic": "基本医保",
    "critical_illness": "大病保险",
    "medical_assistance": "医疗救助",
    "health_poverty_fund": "健康扶贫基金",
    "targeted_insurance": "精准脱贫保险",
    "other_aid": "其他扶贫资金",
    "tilted_aid": "倾斜救助",
    "floor": "政府兜底",
    "hospital": "医院",
    "patient": "患者",
}
"""What who pays is called where an answer does not say it; a layer of another pack has its pack's title."""


def money(amount: int) -> str:
    """Fen as papers write them.

    >>> money(1093490), money(-5), money(0)
    ('10,934.90', '−0.05', '0.00')
    """
    return yuan_for_people(amount)


def said(amount: str) -> str:
    """An amount inside a spoken sentence: whole yuan without their zeros.

    >>> said("2,239.50"), said("300.00")
    ('2,239.50', '300')
    """
    return amount.removesuffix(".00")


def spoken_share(share: str) -> str:
    """A share as people say it: tenths where there are any, else of a hundred yuan.

    >>> [spoken_share(one) for one in ("70%", "65%", "100%", "63%", "20%", "5%", "94.5%", "0%")]
    ['七成', '六成半', '全部', '六成三', '两成', '百分之五', '九成四五', '零']
    >>> spoken_share("16.25%"), spoken_share("150%")
    ('一成六二五', '150%')
    """
    found = _SHARE.fullmatch(share)
    if found is None:
        return share
    worth = Decimal(share.removesuffix("%"))
    if worth == 100:
        return "全部"
    if worth == 0:
        return "零"
    if worth > 100:
        return share
    if worth < 10:
        whole = f"{worth.normalize():f}"
        head, _, rest = whole.partition(".")
        return f"百分之{_DIGITS[int(head)]}" + (
            "点" + "".join(_DIGITS[int(d)] for d in rest) if rest else ""
        )
    tens, rest = divmod(worth, 10)
    digits = f"{rest.normalize():f}".replace(".", "").rstrip("0")
    first = "两" if tens == 2 else _DIGITS[int(tens)]
    tail = "半" if digits == "5" else "".join(_DIGITS[int(d)] for d in digits)
    return f"{first}成{tail}"


def day(of: date) -> str:
    """A day as papers write it.

    >>> day(date(2019, 6, 3))
    '2019 年 6 月 3 日'
    """
    return f"{of.year} 年 {of.month} 月 {of.day} 日"


def plain(text: str) -> str:
    """A text with nothing in it that cannot be seen or turns the line round; blanks are one blank.

    >>> plain("a\\u202eb\\x00c\\n d"), plain("  张　三 ")
    ('abc d', '张 三')
    """
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())


def cut(text: str, most: int) -> str:
    """At most so many characters of a text; that something is missing is said.

    >>> cut("巴南区人民医院", 8), cut("一二三四五六七八九十一二三四五六", 15)
    ('巴南区人民医院', '一二三四……（过长，没有全印）')
    """
    text = plain(text)
    return text if len(text) <= most else text[: max(most - len(CUT), 1)] + CUT


def phone(number: str) -> str:
    """A number in groups that can be read and dialled; one that is written otherwise stays as it is.

    >>> phone("13800001234"), phone("02300000119"), phone("07540000119"), phone("62221234"), phone("023-1 转 8")
    ('138 0000 1234', '023-0000 0119', '0754-000 0119', '6222 1234', '023-1 转 8')
    """
    if not (number.isascii() and number.isdigit()):
        return number
    if len(number) == 11 and number.startswith("1"):
        return f"{number[:3]} {number[3:7]} {number[7:]}"
    if len(number) >= 10 and number.startswith("0"):
        area = 3 if number[1] in "12" else 4
        return f"{number[:area]}-{number[area:-4]} {number[-4:]}"
    return f"{number[:-4]} {number[-4:]}" if len(number) in (7, 8) else number
