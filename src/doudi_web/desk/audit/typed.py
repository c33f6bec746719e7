"""What somebody typed into a form of the audit desk: days, whole numbers, amounts."""

from collections.abc import Mapping
from datetime import date, datetime, time

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi_web.review.deciding import amount_of
from doudi_web.tenancy.refusals import Refusal

_DIGITS = 18


def whole(stated: str, other: int = 0) -> int:
    """A whole number, else the other."""
    text = stated.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else other


def number_or_none(stated: str) -> int | None:
    """A number of a row, where one stands."""
    return whole(stated) or None


class Reading:
    """Fields of a form, read one after another; what is wrong with any is kept, so that all is told at once."""

    def __init__(self, stated: Mapping[str, str]) -> None:
        self.stated, self.faults = stated, list[Fault]()

    def text(self, key: str, most: int = 400) -> str:
        """A text without what stands around it."""
        return str(self.stated.get(key, "")).strip()[: most + 1]

    def day(self, key: str, *, is_needed: bool = True) -> date | None:
        """A day."""
        text = self.text(key, 80)
        expected = "日期，如 2019-06-01"
        if not text:
            if is_needed:
                self.faults.append(fault("F201", key, key=key, expected=expected))
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.faults.append(fault("F203", key, value=shown(text, 80), expected=expected))
            return None

    def fen(self, key: str) -> int | None:
        """An amount in yuan, as fen, where one stands."""
        try:
            return amount_of(self.text(key, 80))
        except Refusal:
            expected = "金额（元，如 500.00）"
            self.faults.append(
                fault("F203", key, value=shown(self.text(key, 80), 80), expected=expected)
            )
            return None

    def whole(self, key: str, expected: str) -> int:
        """A whole number; 0 where nothing stands."""
        text = self.text(key, 80)
        if text and not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
            self.faults.append(fault("F203", key, value=shown(text, 80), expected=expected))
        return whole(text)

    def must_be_right(self) -> None:
        """Raises Refusal 422 with every fault that was found."""
        if self.faults:
            raise Refusal(422, self.faults)


def first_moment(day: date | None) -> datetime | None:
    """The first moment of a day in China."""
    return None if day is None else datetime.combine(day, time.min, CHINA)
