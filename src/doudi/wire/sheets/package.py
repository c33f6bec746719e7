"""An XLSX looked at from outside, before its reader opens it: how large, how far apart, whether it is whole.

The reader lays out every cell from the first to the last and keeps a copy of each text; what a few bytes ask
for there can be more than any machine has. So sizes are known first, and the reader is given exactly what was
looked at: parts of which there are two, or that are longer than they say, do not get there.
"""

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Sequence
from itertools import pairwise
from xml.parsers import expat

from doudi.errors import Faulty, fault
from doudi.wire.sheets.extent import Extent, Walk, plain_extent
from doudi.wire.sheets.sheet import AREA_LIMIT, FILLED_LIMIT, TEXT_LIMIT, within, within_limits

ENTRY_LIMIT = 2_000  # parts in the package
UNPACKED_LIMIT_MB = 96
MERGED_LIMIT = 20_000
_TEXT = re.compile(rb"<(?:[^\s<>/]*:)?si(?=[\s/>])")


def damaged(name: str) -> Faulty:
    reason = "不是完好的 XLSX 文件"
    return Faulty([fault("F120", name, reason=reason, mend_="用表格软件打开，另存一份。")])


def looked_at(name: str, content: bytes) -> bytes:
    """The package again, made of the parts that were looked at. Raises Faulty: damaged, too large, too far
    apart, a formula without a value."""
    made = io.BytesIO()
    sheets, lengths, filled = list[str](), array("l"), 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            size = sum(part.file_size for part in parts)
            within(name, "展开后的 MB", -(-size // 2**20), UNPACKED_LIMIT_MB)
            within(name, "展开后的文件", len(parts), ENTRY_LIMIT)
            if len({part.filename.casefold() for part in parts}) < len(parts):
                raise damaged(name)
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
                for part in parts:
                    xml = _unpacked(name, package, part)
                    whole.writestr(part.filename, xml)
                    if b"sheetData" in xml:
                        sheets.append(part.filename)
                        filled += _sheet(name, xml).filled
                    elif b"sst" in xml:
                        lengths += _lengths(xml)
    # zipfile raises the last two for a compression it does not know and for an encrypted part
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise damaged(name) from error
    within(name, "有内容的格", filled, FILLED_LIMIT)
    if filled * max(lengths, default=0) > TEXT_LIMIT:
        _within_text(name, made, sheets, lengths)
    return made.getvalue()


def _unpacked(name: str, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes, never more of them than it says to have."""
    try:
        with package.open(part) as stream:
            unpacked = stream.read(part.file_size + 1)
    except (EOFError, OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(name) from error
    if len(unpacked) > part.file_size:
        raise damaged(name)
    return unpacked


def _sheet(name: str, xml: bytes) -> Extent:
    """A sheet's extent, which is within every limit; each of its formulas has a value."""
    extent = plain_extent(xml)
    if extent is None:
        extent = _walked(name, xml, ()).extent
    within_limits(name, extent.rows, extent.columns)
    within(name, "格", extent.rows * extent.columns, AREA_LIMIT)
    within(name, "有内容的格", extent.filled, FILLED_LIMIT)
    within(name, "合并的格", extent.merged, MERGED_LIMIT)
    if extent.uncomputed:
        cells = "、".join(extent.uncomputed[:10]) + ("等" if len(extent.uncomputed) > 10 else "")
        raise Faulty([fault("F126", name, cells=cells)])
    return extent


def _walked(name: str, xml: bytes, lengths: Sequence[int]) -> Walk:
    """A sheet element by element, as the reader would go."""
    walk = Walk(lengths)
    try:
        walk.through(xml)
    except (expat.ExpatError, ValueError) as error:
        raise damaged(name) from error
    return walk


def _within_text(
    name: str, package: io.BytesIO, sheets: Sequence[str], lengths: Sequence[int]
) -> None:
    """A text that is kept once and shown in many cells is as long as all of them."""
    shown = 0
    with zipfile.ZipFile(package) as whole:
        for sheet in sheets:
            shown += _walked(name, whole.read(sheet), lengths).text
    within(name, "全部文字", shown, TEXT_LIMIT)


def _lengths(xml: bytes) -> "array[int]":
    """How long each shared text is, in bytes with its markup."""
    starts = array("l", (match.start() for match in _TEXT.finditer(xml)))
    starts.append(len(xml))
    return array("l", (end - start for start, end in pairwise(starts)))
