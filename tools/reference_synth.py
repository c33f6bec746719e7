"""The page of an invented county's files: what each column means."""

from doudi_lab.columns import TABLES, Table
from tools.markdown import page, table

_INTRO = """\
`doudi synth` 写的文件。怎样用见[编一个县](../how-to/synthetic-county.md)。同样的选项，内容一个字节都不差；
人数加大，前面的人和他们的账单不变。人、村、医院、编码和价格都是编的。"""

_JSON = """\
## 其他文件

- `bills.jsonl`：一行一张[账单](bill.md)，按结算的先后；`doudi settle`、`doudi check` 直接读。
- `register.json`：`{"persons": […]}`，一行一个人，登记接口要的键。
- `catalogue.parquet`：账单用的[目录](columns.md)，给 `--catalogue`。"""


def synth_page() -> str:
    """Every table, column by column."""
    return page("编出来的县 · Files of an invented county", _INTRO, *map(_table, TABLES), _JSON)


def _table(one: Table) -> str:
    rows = [(f"`{c.name}`", f"`{c.type}`", c.meaning) for c in one.columns]
    return f"## {one.name}.parquet\n\n一行是{one.row}。\n\n" + table(("列", "类型", "意思"), rows)
