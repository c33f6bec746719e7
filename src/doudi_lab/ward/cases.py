"""What is the matter with each bed of the ward: the mix of a day on which somebody has to look."""

from dataclasses import dataclass
from enum import StrEnum


class Trait(StrEnum):
    """What makes a stay need somebody, or say something."""

    FAMILY = "family"
    ORDINARY = "ordinary"
    UNMAPPED = "unmapped"
    EXPIRED = "expired"
    UNDIAGNOSED = "undiagnosed"
    UNKNOWN = "unknown"
    GIVEN = "given"
    DIFFERS = "differs"
    SILENT = "silent"
    REFUND = "refund"
    SIGNED = "signed"
    OPENING = "opening"
    LEFT_TODAY = "left_today"
    LEFT_YESTERDAY = "left_yesterday"
    LEAVES_TODAY = "leaves_today"
    LEAVES_TOMORROW = "leaves_tomorrow"
    SETTLED_TODAY = "settled_today"


T = Trait


@dataclass(frozen=True, slots=True)
class Case:
    """So many stays of which the share out of the catalogue is to lie in a span, in thousandths of the total."""

    outside: tuple[int, int]
    traits: frozenset[Trait] = frozenset()

    def has(self, *any_of: Trait) -> bool:
        """Whether one of these is so."""
        return not self.traits.isdisjoint(any_of)


WITHIN, NEAR, OVER = (0, 45), (86, 95), (118, 210)
NOTHING = (0, 0)


def _case(outside: tuple[int, int], *traits: Trait) -> Case:
    return Case(outside, frozenset(traits))


RUNNING: tuple[Case, ...] = (
    _case(OVER, T.FAMILY),
    _case(WITHIN, T.FAMILY),
    _case(OVER, T.LEAVES_TODAY),
    _case(OVER, T.LEAVES_TODAY, T.SIGNED),
    _case(OVER, T.REFUND),
    _case(OVER, T.LEAVES_TOMORROW),
    _case(OVER, T.OPENING),
    _case(OVER),
    _case(OVER, T.LEFT_TODAY),
    _case(NEAR, T.LEAVES_TODAY),
    *[_case(NEAR)] * 3,
    _case(NEAR, T.LEAVES_TOMORROW, T.SIGNED),
    _case(NOTHING, T.UNMAPPED, T.LEAVES_TODAY),
    *[_case(NOTHING, T.UNMAPPED)] * 3,
    _case(WITHIN, T.EXPIRED),
    _case(WITHIN, T.UNDIAGNOSED, T.LEAVES_TODAY),
    _case(WITHIN, T.UNKNOWN),
    _case(WITHIN, T.LEFT_TODAY),
    _case(WITHIN, T.LEFT_TODAY, T.REFUND),
    _case(WITHIN, T.LEFT_TODAY, T.GIVEN),
    _case(WITHIN, T.LEFT_TODAY, T.GIVEN, T.DIFFERS),
    _case(WITHIN, T.LEFT_TODAY, T.SILENT),
    _case(WITHIN, T.LEFT_YESTERDAY),
    *[_case(WITHIN, T.LEAVES_TOMORROW)] * 2,
    *[_case(WITHIN, T.OPENING)] * 2,
    *[_case(WITHIN)] * 9,
    *[_case((0, 160), T.ORDINARY)] * 6,
)
"""The beds of the day: 46 stays, 40 of entitled patients."""

SETTLED: tuple[Case, ...] = (
    *[_case(WITHIN)] * 16,
    *[_case(NEAR)] * 3,
    *[_case(OVER)] * 4,
    *[_case(WITHIN, T.GIVEN)] * 4,
    *[_case(WITHIN, T.SILENT)] * 4,
    *[_case((0, 120), T.ORDINARY)] * 3,
    *[_case(WITHIN, T.SETTLED_TODAY)] * 3,
)
"""The stays of the month that have been settled: some by the platform's amounts, some while it was silent."""
