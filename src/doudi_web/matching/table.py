"""The queue as a table to take along: what it is, how much waits for it, what is like it."""

from doudi.wire.sheets import Heading, Holds, Page
from doudi.wire.sheets.page import Value
from doudi.wire.sheets.writer import write
from doudi_web.matching.queue import Row, Wanted, queue
from doudi_web.tenancy.who import Actor

LIMIT = 10_000
NAMES = {
    "unmapped": "没有对照，结不了账",
    "stated": "目录里没有，按账单自带的类别",
    "class_differs": "类别不同",
    "ceiling_differs": "限价不同",
    "expired": "目录项目已失效",
    "unknown": "目录里没有这个编码",
    "name_differs": "名称不像",
}
"""Why an item is in the queue, in words."""
_HEADINGS = (
    Heading("要核对的"), Heading("院内编码"), Heading("院内名称"), Heading("单价", Holds.NUMBER),
    Heading("费用行数", Holds.COUNT), Heading("就诊数", Holds.COUNT), Heading("金额", Holds.AMOUNT),
    Heading("从哪天起", Holds.DAY), Heading("最像的医保编码"), Heading("目录名称"), Heading("类别"),
    Heading("相像程度", Holds.COUNT), Heading("为什么"), Heading("等确认的编码"), Heading("提出的人"),
)  # fmt: skip


def workbook(actor: Actor, wanted: Wanted) -> bytes:
    """The queue as an XLSX, all of it up to ten thousand items. Raises Refusal 403, 422."""
    found = queue(actor, wanted, limit=LIMIT)
    return write("mapping.xlsx", [Page("目录对照", _HEADINGS, [_row(one) for one in found.rows])])


def _row(row: Row) -> tuple[Value, ...]:
    item = row.item
    best = item.suggestions[0] if item.suggestions else None
    listed = None if best is None else best.listed
    return (
        "；".join(NAMES[cause] for cause in row.causes), item.code, item.name, item.unit_price, row.lines,
        row.visits, row.amount, row.since, None if best is None else best.code,
        None if listed is None else listed.name, None if listed is None else listed.item_class,
        None if best is None else best.score, None if best is None else "；".join(best.why), row.proposed_code,
        row.proposed_by,
    )  # fmt: skip
