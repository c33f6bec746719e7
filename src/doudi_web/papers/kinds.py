"""The papers there are, and what stands on each of a print."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doudi.dates import CHINA


class Kind(StrEnum):
    """A paper."""

    STATEMENT = "statement"
    SHEET = "sheet"
    CONSENT = "consent"
    CLEARING = "clearing"
    DAY = "day"
    CARD = "card"
    REIMBURSEMENT = "reimbursed"
    CARDS = "cards"
    NOTICE = "notice"


TITLES: dict[Kind, str] = {
    Kind.STATEMENT: "结算单",
    Kind.SHEET: "一站式结算单",
    Kind.CONSENT: "自费知情同意书",
    Kind.CLEARING: "月清算单",
    Kind.DAY: "收费日清单",
    Kind.CARD: "联系卡",
    Kind.REIMBURSEMENT: "手工报销审核单",
    Kind.CARDS: "联系卡",
    Kind.NOTICE: "公示",
}


@dataclass(frozen=True, slots=True)
class Print:
    """Which print this is: `number` 0 is a preview, 1 the first, from 2 on it says so; when; a demonstration's."""

    number: int
    at: datetime
    demo: bool = False

    @property
    def told(self) -> str:
        """What the foot of a paper says of the print.

        >>> at = datetime(2019, 12, 3, 16, 40, tzinfo=CHINA)
        >>> Print(0, at).told, Print(1, at).told, Print(2, at).told
        ('预览，没有打印', '2019-12-03 16:40 打印', '2019-12-03 16:40 打印，补打第 2 次')
        """
        if self.number == 0:
            return "预览，没有打印"
        again = f"，补打第 {self.number} 次" if self.number > 1 else ""
        return f"{self.at.astimezone(CHINA):%Y-%m-%d %H:%M} 打印{again}"

    @property
    def second(self) -> datetime:
        """The moment as a PDF says it."""
        return self.at.astimezone(CHINA).replace(microsecond=0)

    @property
    def mark(self) -> str:
        """What stands large at the head: that it is no voucher, or that it is a reprint."""
        words = ["演示数据，不作凭证"] if self.demo else []
        if self.number == 0:
            words.append("预览，不作凭证")
        elif self.number > 1:
            words.append(f"补打第 {self.number} 次")
        return "　".join(words)
