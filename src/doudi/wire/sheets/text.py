"""CSV: the encoding and the separator found, not asked for."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from doudi.errors import Faulty, fault
from doudi.wire.sheets.inert import unshielded
from doudi.wire.sheets.sheet import CELL_LIMIT, EMPTY, Cell, Counted, Sheet, within

_SEPARATORS = "\t,;|"
_LOOK, _LINES = (
    2**17,
    60,
)  # bytes that are decoded at once; lines from the top that tell the separator
_RECORD_LIMIT = 1_000_000  # characters in one record
_QUOTED = re.compile(r'(?:(?<=[\t,;|\r\n])|\A)"(?:[^"]|"")*(?:"|\Z)')
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_csv(name: str, content: bytes) -> Sheet:
    """The table of a CSV in UTF-8, UTF-16 or GBK (GB 18030). Raises Faulty."""
    encoding = _encoding(name, content)
    top = next(_decoded(content, encoding), "")
    separator = max(_SEPARATORS, key="\n".join(_QUOTED.sub("", top).splitlines()[:_LINES]).count)
    rows: list[list[Cell]] = []
    counted, lines = Counted(name), _Lines(name, content, encoding)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    csv.field_size_limit(CELL_LIMIT)
    try:
        for row in reader:
            counted.row(row)
            lines.record = 0
            rows.append([Cell(unshielded(cell)) if cell else EMPTY for cell in row])
    except csv.Error as error:
        reason = f"第 {reader.line_num} 行的引号或分隔不对，或者一格超过 {CELL_LIMIT:,} 字"
        raise Faulty([fault("F120", name, reason=reason, mend_="重新导出。")]) from error
    return Sheet(name, rows)


class _Lines:
    """The lines of a text, never the whole of it; no record of the table is longer than any real one."""

    def __init__(self, name: str, content: bytes, encoding: str) -> None:
        self.record = 0  # characters since the last whole record
        self._name = name
        self._text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_RECORD_LIMIT + 1):
            self.record += len(line)
            within(self._name, "一行的字", self.record, _RECORD_LIMIT)
            yield line


def _encoding(name: str, content: bytes) -> str:
    """The encoding in which all of it can be read. Raises Faulty: none, nothing to read, or no text."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    position = 0
    for encoding in ("utf-8", "gb18030") if marked is None else (marked,):
        at, lines, seen = 0, 1, False
        try:
            for text in _decoded(content, encoding):
                if "\0" in text:
                    lines += text.count("\n", 0, text.index("\0"))
                    reason = f"第 {lines} 行有空字节，不是文字"
                    raise Faulty([fault("F120", name, reason=reason, mend_="重新导出。")])
                lines, seen, at = lines + text.count("\n"), seen or bool(text.strip()), at + _LOOK
        except UnicodeDecodeError as error:
            position = max(position, at + error.start + 1)
            continue
        if not seen:
            raise Faulty([fault("F108", name)])
        return encoding
    raise Faulty([fault("F122", name, position=position)])


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    """The text in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), _LOOK):
        yield decoder.decode(content[start : start + _LOOK], final=start + _LOOK >= len(content))
