"""Small groups are not told, nor what would tell them by subtraction from the whole.

Of a list whose sum is told: who has fewer than LEAST visits, but some, is hidden; and where what is hidden would be
one alone, or fewer than LEAST together, the next smallest are hidden too. Where the whole is that small, all is.
"""

from collections.abc import Mapping, Sequence

LEAST = 10
"""Visits of a group that is told."""


def hidden(counts: Mapping[str, int], least: int = LEAST) -> frozenset[str]:
    """Which groups of a whole are hidden; nobody's visits are no secret.

    >>> sorted(hidden({"a": 4, "b": 30, "c": 25, "d": 0}))
    ['a', 'c']
    >>> sorted(hidden({"a": 40, "b": 30})), sorted(hidden({"a": 3, "b": 2}))
    ([], ['a', 'b'])
    """
    there = {key: count for key, count in counts.items() if count}
    found = {key for key, count in there.items() if count < least}
    if not found:
        return frozenset()
    others: Sequence[str] = sorted(
        (key for key in there if key not in found), key=lambda k: (there[k], k)
    )
    for key in others:
        if len(found) > 1 and sum(there[one] for one in found) >= least:
            break
        found.add(key)
    return frozenset(found)


def is_small(count: int, least: int = LEAST) -> bool:
    """Whether a whole is too small to be told."""
    return 0 < count < least
