"""Tables as people keep them, CSV and XLSX: in as rows of text that know their place, out as pages.

`read` looks at the content, not at the ending: an XLSX that is named .csv is read as what it is. `write` goes
by the ending. Nothing that is written is run by a spreadsheet (`inert`).
"""

from doudi.errors import Faulty, fault
from doudi.wire.sheets.page import Heading, Holds, Page
from doudi.wire.sheets.sheet import CELL_LIMIT, COLUMN_LIMIT, ROW_LIMIT, Cell, Sheet
from doudi.wire.sheets.text import read_csv
from doudi.wire.sheets.workbook import read_workbook
from doudi.wire.sheets.writer import ENDINGS, write

__all__ = [
    "CELL_LIMIT",
    "COLUMN_LIMIT",
    "ENDINGS",
    "ROW_LIMIT",
    "Cell",
    "Heading",
    "Holds",
    "Page",
    "Sheet",
    "is_table",
    "read",
    "write",
]

SIZE_LIMIT_MB = 64
_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".parquet")


def is_table(name: str) -> bool:
    """Whether a file's name says that it is a table."""
    return name.lower().endswith(_TABLES)


def read(name: str, content: bytes) -> tuple[Sheet, ...]:
    """The sheets of a file; a CSV is one. Raises Faulty: too large, not a table, not to be decoded."""
    if len(content) > SIZE_LIMIT_MB * 2**20:
        raise Faulty([fault("F102", name, size=-(-len(content) // 2**20), limit=SIZE_LIMIT_MB)])
    if content.startswith(_ZIP):
        return read_workbook(name, content)
    if content.startswith(_OLE):
        reason = "是旧的 .xls 格式，或者加了密码"
        raise Faulty([fault("F120", name, reason=reason, mend_="另存为 .xlsx，不设密码。")])
    if content.startswith(_PARQUET):
        reason = "是 Parquet"
        raise Faulty([fault("F120", name, reason=reason, mend_="Parquet 只用于目录。")])
    return (read_csv(name, content),)
