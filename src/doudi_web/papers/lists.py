"""Lists on paper: how wide a column of amounts is, how many lines a row takes, how many rows stand on a page."""

from collections.abc import Iterable, Sequence

from doudi_web.papers.words import money

_MARGINS = 2.6
_DIGIT, _CHARACTER, _LETTER = 2.1, 3.75, 2.3
"""Millimetres at 10.5 pt of a digit, of a Chinese character, of the widest letters of a number."""
WHAT = 24
"""Millimetres of the column that says what a row is: five characters."""
_WHAT_FITS = 5


def width(head: str, amounts: Iterable[int]) -> float:
    """Millimetres that a column of amounts takes; a long head stands in two lines.

    >>> width("患者", [1095]), width("健康扶贫基金", [1000]), width("总费用", [123456789])
    (13.1, 13.85, 27.8)
    """
    parts = len(head) if len(head) <= 4 else -(-len(head) // 2)
    widest = max((len(money(one)) for one in amounts), default=0)
    return round(max(_CHARACTER * parts, _DIGIT * widest) + _MARGINS, 2)


def fits(room: float) -> int:
    """How many signs of a visit's number stand in a line of a column.

    >>> fits(30), fits(0)
    (11, 8)
    """
    return max(int((room - _MARGINS) / _LETTER), 8)


def lines(visit: str, what: str, most: int) -> int:
    """How many lines a row takes whose visit's number breaks after so many signs.

    >>> lines("HP1", "住院", 11), lines("ZY20190603000012345678", "住院", 11), lines("HP1", "撤销慢性病门诊", 11)
    (1, 2, 2)
    """
    return max(-(-len(visit) // most), -(-len(what) // _WHAT_FITS), 1)


def runs(of: Sequence[int], first: int, rest: int) -> tuple[int, ...]:
    """How many rows stand on each page, by the lines that each takes and those that a page has.

    >>> runs([1] * 7, 3, 5), runs([2, 2, 1], 3, 3), runs([], 3, 3)
    ((3, 4), (1, 2), (0,))
    """
    pages, taken, room = [0], 0, first
    for one in of:
        if taken + one > room and pages[-1]:
            pages.append(0)
            taken, room = 0, rest
        pages[-1] += 1
        taken += one
    return tuple(pages)
