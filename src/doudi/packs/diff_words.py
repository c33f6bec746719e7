"""A difference between two packs in words: what it is of, on which days, from what to what, on which source."""

from collections.abc import Sequence
from datetime import timedelta

from doudi.money import yuan_for_people
from doudi.packs.diff import Change, Side
from doudi.packs.model import Pack, Unit
from doudi.packs.words import OPEN, STATUS, facet_text

_EMPTY = "—"


def kind_text(changes: Sequence[Change]) -> str:
    """Whether all that changes of a thing is new, or gone; nothing where it is another."""
    if all(c.before is None for c in changes):
        return "新增"
    return "去掉" if all(c.after is None for c in changes) else ""


def label_text(packs: tuple[Pack, Pack], change: Change) -> str:
    """What of the thing differs: of a value its days and its cell, else the facet."""
    if change.section != "parameters" or change.facet not in ("value", "basis"):
        return facet_text(change.facet)
    codes = " ".join(_code(packs, *pair) for pair in change.cell)
    only = "（只换依据）" if change.facet == "basis" else ""
    return "  ".join(part for part in (*_days(change), codes + only) if part)


def side_text(change: Change, side: Side | None) -> str:
    """What one of the two packs states, as people read it; a dash where it states nothing."""
    return _EMPTY if side is None else _value(change.unit, side.text)


def source_text(side: Side) -> str:
    """The mark, the document and the article of one side."""
    if side.basis is None:
        return ""
    cite = side.basis.cite
    return f"{STATUS[side.basis.status.value]}  {cite.document} · {cite.heading}"


def _days(change: Change) -> list[str]:
    if change.since is None:
        return []
    last = "起" if change.until is None else f"至 {change.until - timedelta(days=1)}"
    return [f"{change.since} {last}"]


def _code(packs: tuple[Pack, Pack], dimension: str, code: str) -> str:
    for pack in reversed(packs):
        known = pack.dimensions.get(dimension)
        if known is not None and code in known.codes:
            return known.codes[code].zh
    return code


def _value(unit: Unit | None, text: str) -> str:
    """A value as people read it; anything else as it is written."""
    if unit is None:
        return text
    match text:
        case "open":
            return OPEN
        case "none":
            return "不设限额"
        case "true" | "false":
            return "是" if text == "true" else "否"
        case _ if unit == Unit.YUAN:
            whole, _, part = text.partition(".")
            return f"{yuan_for_people(int(whole) * 100 + int(part.ljust(2, '0') or 0))} 元"
        case _:
            return f"{text} 岁" if unit == Unit.YEARS else text
