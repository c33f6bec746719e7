"""What may hang on a wall: names without their middle, no numbers, no village so small that a mask hides nobody."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

SMALL = 5
"""People below which a village is not told apart, and a surname is not written. No document says it: unverified."""
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


def masked(name: str, surnames: Mapping[str, int]) -> str:
    """The first character and, of three or more, the last; how many stand between is not told. A first character
    that fewer than SMALL people of the township bear is not written: it would be a name by itself.

    >>> borne = {"田": 9, "张": 5, "欧": 4}
    >>> [masked(name, borne) for name in ("田小禾", "张三", "田小小禾", "欧阳小红", "欧阳", "田", "")]
    ['田*禾', '张*', '田*禾', '*红', '*', '*', '']
    """
    if len(name) <= 1:
        return "*" * len(name)
    first = name[0] if surnames.get(name[0], 0) >= SMALL else ""
    return f"{first}*{name[-1] if len(name) > 2 else ''}"


def pooled(rows: Sequence[tuple[str, Row]]) -> list[Row]:
    """Of lines with whose each is: villages of fewer than SMALL people stand together; where those are too few
    still, with the smallest other. Where all are fewer than SMALL no village is told, and no amount.

    >>> of = lambda village, n: [(f"{village}{i}", Row(village, "张*", "低保", "", 1)) for i in range(n)]
    >>> sorted({r.village for r in pooled([*of("甲村", 6), *of("乙村", 4), *of("丙村", 1)])})
    ['其他村（居）', '甲村']
    >>> sorted({r.village for r in pooled([*of("甲村", 6), *of("乙村", 7), *of("丙村", 1)])})
    ['乙村', '其他村（居）']
    >>> {(r.village, r.amount) for r in pooled(of("甲村", 4))}
    {('全乡镇', None)}
    >>> {(r.village, r.amount) for r in pooled(of("甲村", 4) * 3)}
    {('全乡镇', None)}
    """
    people: dict[str, set[str]] = defaultdict(set)
    for person, row in rows:
        people[row.village].add(person)
    if len(set().union(*people.values())) < SMALL:
        return _sorted([replace(row, village=ALL, amount=None) for _, row in rows])
    small = {village for village, of in people.items() if len(of) < SMALL}
    for village, _ in sorted(people.items(), key=lambda one: (len(one[1]), one[0])):
        if not small or len(set().union(*(people[v] for v in small))) >= SMALL:
            break
        small.add(village)
    return _sorted(
        [replace(row, village=TOGETHER) if row.village in small else row for _, row in rows]
    )


def _sorted(rows: Sequence[Row]) -> list[Row]:
    """In an order that tells nothing that is not written."""
    return sorted(
        rows,
        key=lambda row: (
            row.village == TOGETHER, row.village, row.name, row.what, row.since, row.amount or 0,
        ),
    )  # fmt: skip
