"""What may hang on a wall: names without their middle, no numbers, no village so small that a mask hides nobody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

SMALL = 5
"""People below which a village is not told apart. No document says it: unverified."""
TOGETHER = "其他村（居）"
ALL = "全乡镇"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a notice."""

    village: str
    name: str
    what: str
    since: str
    amount: int | None


def masked(name: str) -> str:
    """
    >>> masked("田小禾"), masked("张三"), masked("欧阳小红"), masked("田"), masked("")
    ('田*禾', '张*', '欧**红', '*', '')
    """
    if len(name) <= 1:
        return "*" * len(name)
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


def pooled(rows: Sequence[Row]) -> list[Row]:
    """Villages of fewer than SMALL people stand together; where those are too few still, with the smallest other.

    Where all are fewer than SMALL no village is told, and no amount.

    >>> of = lambda village, n: [Row(village, "张*", "低保", "", 1)] * n
    >>> sorted({r.village for r in pooled([*of("甲村", 6), *of("乙村", 4), *of("丙村", 1)])})
    ['其他村（居）', '甲村']
    >>> sorted({r.village for r in pooled([*of("甲村", 6), *of("乙村", 7), *of("丙村", 1)])})
    ['乙村', '其他村（居）']
    >>> {(r.village, r.amount) for r in pooled(of("甲村", 4))}
    {('全乡镇', None)}
    """
    if len(rows) < SMALL:
        return [replace(row, village=ALL, amount=None) for row in rows]
    counted = Counter(row.village for row in rows)
    small = {village for village, n in counted.items() if n < SMALL}
    for village, _ in sorted(counted.items(), key=lambda one: (one[1], one[0])):
        if not small or sum(counted[v] for v in small) >= SMALL:
            break
        small.add(village)
    made = [replace(row, village=TOGETHER) if row.village in small else row for row in rows]
    return sorted(made, key=lambda row: (row.village == TOGETHER, row.village, row.name, row.since))
