"""CSV: the encoding and the separator found, not asked for."""

import csv
import io
import re

from doudi.errors import Faulty, fault
from doudi.wire.sheets.inert import unshielded
from doudi.wire.sheets.sheet import CELL_LIMIT, COLUMN_LIMIT, ROW_LIMIT, Cell, Sheet, within_limits

_SEPARATORS = "\t,;|"
_LOOK, _LINES = 100_000, 60  # characters and lines from the top that tell the separator
_QUOTED = re.compile(r'(?:(?<=[\t,;|\r\n])|\A)"(?:[^"]|"")*(?:"|\Z)')
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_csv(name: str, content: bytes) -> Sheet:
    """The table of a CSV in UTF-8, UTF-16 or GBK (GB 18030). Raises Faulty."""
    text = _decoded(name, content)
    if not text.strip():
        raise Faulty([fault("F108", name)])
    at = text.find("\0")
    if at >= 0:
        reason = f"第 {text.count(chr(10), 0, at) + 1} 行有空字节，不是文字"
        raise Faulty([fault("F120", name, reason=reason, mend_="重新导出。")])
    top = "\n".join(_QUOTED.sub("", text[:_LOOK]).splitlines()[:_LINES])
    separator = max(_SEPARATORS, key=top.count)
    rows: list[list[Cell]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    csv.field_size_limit(CELL_LIMIT)
    try:
        for row in reader:
            if len(row) > COLUMN_LIMIT or len(rows) >= ROW_LIMIT:
                within_limits(name, len(rows) + 1, len(row))
            rows.append([Cell(unshielded(cell)) for cell in row])
    except csv.Error as error:
        reason = f"第 {reader.line_num} 行的引号或分隔不对，或者一格超过 {CELL_LIMIT:,} 字"
        raise Faulty([fault("F120", name, reason=reason, mend_="重新导出。")]) from error
    return Sheet(name, rows)


def _decoded(name: str, content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(name, content, (encoding,))
    return _strictly(name, content, ("utf-8", "gb18030"))


def _strictly(name: str, content: bytes, encodings: tuple[str, ...]) -> str:
    position = 0
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            position = max(position, error.start + 1)
    raise Faulty([fault("F122", name, position=position)])
