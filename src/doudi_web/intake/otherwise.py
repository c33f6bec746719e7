"""What a list would do now that it would not have done when somebody looked, in words."""

from collections.abc import Iterator

from doudi.errors import Fault, fault
from doudi_web.intake import keeping
from doudi_web.intake.keeping import Came
from doudi_web.intake.seen import Seen, State
from doudi_web.intake.standing import Driver

_NAMED = 5
"""Rows that are named; of the others how many there are."""
_Fate = tuple[str, tuple[str, ...]]


def otherwise(db: Driver, came: Came, seen: Seen) -> Fault:
    """The fault that names the rows of which something else becomes than the last look said."""
    before = dict(_before(db, came))
    after = {
        row.row + 1: (row.state.value, tuple(one.fault.code for one in row.faults))
        for row in seen.rows
    }
    rows = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
    was, now = (came.counts.get(State.NEW, 0), seen.count(State.NEW))
    words = [_named(rows)] if rows else []
    if was != now:
        words.append(f"原来 {was} 行可以记，现在 {now} 行")
    return fault("S662", str(came.id), number=came.id, what="，".join(words) or "要记的内容")


def _named(rows: list[int]) -> str:
    """Rows by their numbers.

    >>> _named([3, 4]), _named([1, 2, 3, 4, 5, 6])
    ('第 3、4 行', '第 1、2、3、4、5 行等 6 行')
    """
    first = "、".join(str(row) for row in rows[:_NAMED])
    return f"第 {first} 行" + (f"等 {len(rows)} 行" if len(rows) > _NAMED else "")


def _before(db: Driver, came: Came) -> Iterator[tuple[int, _Fate]]:
    """What the last look said of each row, as its pages are kept."""
    for tab in State:
        at = 0
        while rows := keeping.page(db, came.id, tab.value, at):
            for row in rows:
                codes = tuple(str(one["code"]) for one in row.get("faults", ()))
                yield int(row["row"]), (tab.value, codes)
            at += 1
