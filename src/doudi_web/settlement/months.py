"""Months of the ledger: a posting goes into the month of its day, or the first one that is open.

A closed month takes no posting any more. Closing waits for those that are under way: each holds the gate's lock
shared, closing alone.
"""

from datetime import datetime
from typing import LiteralString

from doudi.dates import CHINA

GATE = 0x6D6F6E74
"""The lock that every posting holds shared and closing a month holds alone; it is taken before all others."""

LAST_CLOSED: LiteralString = "SELECT max(month) FROM settlement_monthclose"


def month_of(posted: datetime, last_closed: str | None) -> str:
    """The month that a posting of this moment belongs to.

    >>> month_of(datetime(2026, 11, 30, 23, tzinfo=CHINA), None)
    '2026-11'
    >>> month_of(datetime(2026, 11, 30, 23, tzinfo=CHINA), "2026-11")
    '2026-12'
    """
    month = posted.astimezone(CHINA).strftime("%Y-%m")
    return month if last_closed is None else max(month, next_month(last_closed))


def next_month(month: str) -> str:
    """
    >>> next_month("2026-12"), next_month("2026-01")
    ('2027-01', '2026-02')
    """
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
