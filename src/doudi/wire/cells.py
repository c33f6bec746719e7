"""What stands in a cell → what a bill writes: numbers, rates, days, classes, as people and Excel type them."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from doudi.wire.columns import Kind

_EXCEL_FIRST = date(1899, 12, 30)
_EXCEL_DAYS = (
    20_000,
    80_000,
)  # from 1954 to 2119: what no quantity of days in a fee list can mean else
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[-+]?[0-9](?:\.[0-9]+)?[eE][-+]?[0-9]{1,2}")
_DAY = re.compile(
    r"(?P<year>[0-9]{4})(?P<sep>[-/.]|年)?(?P<month>[0-9]{1,2})(?(sep)(?:[-/.]|月))(?P<day>[0-9]{1,2})日?"
    r"(?:[ T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_CLASSES = {
    **dict.fromkeys(("甲", "甲类", "01", "1", "a"), "甲"),
    **dict.fromkeys(("乙", "乙类", "02", "2", "b"), "乙"),
    **dict.fromkeys(("丙", "丙类", "03", "3", "c", "自费", "全自费"), "丙"),
}
_FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("是", "有", "1", "y", "yes", "true", "√"), True),
    **dict.fromkeys(("否", "无", "0", "n", "no", "false"), False),
}
_KINDS = {
    **dict.fromkeys(("西药", "中成药", "药品", "101", "drug"), "drug"),
    **dict.fromkeys(("中药饮片", "饮片", "中药颗粒", "102", "106", "herbal"), "herbal"),
    **dict.fromkeys(("服务项目", "诊疗项目", "诊疗", "201", "service"), "service"),
    **dict.fromkeys(("耗材", "医用耗材", "材料", "301", "consumable"), "consumable"),
}


def value_of(text: str, kind: Kind) -> object:
    """The value as a bill writes it; None for an empty cell. What is not understood comes back as it is, for
    the bill's own form to refuse."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    return _READERS[kind](plain, text.strip())


def _number(plain: str, _: str) -> object:
    plain = plain.replace("−", "-").removeprefix("¥").strip()
    if _THOUSANDS.fullmatch(plain):
        return plain.replace(",", "")
    if _EXPONENT.fullmatch(plain):
        return _without_exponent(plain)
    return plain.removeprefix("+")


def _without_exponent(text: str) -> str:
    """A typed 1.5E-3 as a plain decimal.

    >>> _without_exponent("1.5E-3"), _without_exponent("2e2")
    ('0.0015', '200')
    """
    digits, _, power = text.lower().partition("e")
    whole, _, after = digits.partition(".")
    sign = "-" if whole.startswith("-") else ""
    figures, point = whole.lstrip("+-") + after, len(whole.lstrip("+-")) + int(power)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{figures}"
    figures = figures.ljust(point, "0")
    return f"{sign}{figures[:point]}.{figures[point:]}".rstrip(".")


def _rate(plain: str, own: str) -> object:
    number = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,6}))?%", plain)
    if number is None:
        return _number(plain, own)
    digits = f"{int(number[1]):03d}{number[2] or ''}"
    return f"{digits[: -2 - len(number[2] or '')]}.{digits[-2 - len(number[2] or '') :]}"


def _day(plain: str, own: str) -> object:
    serial = re.fullmatch(r"([0-9]{5})(?:\.[0-9]+)?", plain)
    if serial and _EXCEL_DAYS[0] <= int(serial[1]) <= _EXCEL_DAYS[1]:
        return (_EXCEL_FIRST + timedelta(days=int(serial[1]))).isoformat()
    found = _DAY.fullmatch(plain)
    if found is None or (found["sep"] is None and len(found["month"] + found["day"]) != 4):
        return own
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day"))).isoformat()
    except ValueError:
        return own


def _listed(known: Mapping[str, object]) -> Callable[[str, str], object]:
    return lambda plain, own: known.get(plain.casefold(), own)


_READERS: Mapping[Kind, Callable[[str, str], object]] = {
    "text": lambda _, own: own,
    "number": _number,
    "rate": _rate,
    "day": _day,
    "class": _listed(_CLASSES),
    "flag": _listed(_FLAGS),
    "item": _listed(_KINDS),
}
