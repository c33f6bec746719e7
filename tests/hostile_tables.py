"""Hostile tables, made from a seed: files that a hospital could send by accident or by malice."""

import io
import zipfile
from collections.abc import Callable
from random import Random

from tables import HEADER, csv_of, fee_rows, xlsx_of

INJECTED = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=cmd", "\r=1", '=HYPERLINK("x")')
_ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "gbk",
    "gb18030",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "big5",
    "shift_jis",
    "latin-1",
)


def hostile(rng: Random) -> tuple[str, bytes]:
    """A file's name and content."""
    content = rng.choice(MAKERS)(rng)
    return rng.choice(("fees.csv", "fees.xlsx", "fees.xls", "fees.txt", "费用 清单.CSV")), content


def _rows(rng: Random) -> list[list[object]]:
    rows: list[list[object]] = [list(HEADER), *fee_rows(rng.randint(1, 30))]
    for _ in range(rng.randint(0, 6)):
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = rng.choice(_values(rng))
    if rng.random() < 0.3:
        rng.shuffle(rows)
    if rng.random() < 0.2:
        rows = [row[: rng.randint(0, len(row))] for row in rows]
    if rng.random() < 0.2:
        rows[0] = [
            ("" if v is None else str(v)) + rng.choice(("", "（元）", " ", "\n")) for v in rows[0]
        ]
    if rng.random() < 0.2:
        rows.insert(rng.randrange(len(rows)), list(HEADER))
    return rows


def _values(rng: Random) -> list[object]:
    return [
        *INJECTED, "", " ", "1e400", "1E5", "NaN", "inf", "-0", "0x1F", "１２３", "1,2,3", "1，000", "9" * 40,
        "a" * rng.randint(1, 40_000), "2024-02-30", "43586", "99999999", "&#x41;", "<b>", "'; drop",
        "\u202e1", "\ud7ff", 1e300, -0.0, 123456789012345680, 0.1 + 0.2, None, "合计", "共1页",
        "甲乙丙", "10%", "1000%", "-5%", "null",
    ]  # fmt: skip


def _csv(rng: Random) -> bytes:
    text = csv_of(_rows(rng), "utf-8", rng.choice(",\t;|")).decode()
    content = text.encode(rng.choice(_ENCODINGS), "replace")
    return _hurt(rng, content)


def _xlsx(rng: Random) -> bytes:
    rows = [[v for v in row if not (isinstance(v, str) and len(v) > 32_000)] for row in _rows(rng)]
    merged = [rng.choice(("A1:J1", "C3:C5", "A2:B2", "I2:I9"))] if rng.random() < 0.3 else []
    return _hurt(rng, xlsx_of(rows, merged=merged))


def _hurt(rng: Random, content: bytes) -> bytes:
    """Cut, with bytes changed, doubled, or as it is."""
    match rng.randrange(6):
        case 0:
            return content[: rng.randrange(len(content) + 1)]
        case 1:
            hurt = bytearray(content)
            for _ in range(rng.randint(1, 20)):
                if hurt:
                    hurt[rng.randrange(len(hurt))] = rng.randrange(256)
            return bytes(hurt)
        case 2:
            return content + rng.randbytes(rng.randrange(200))
        case _:
            return content


def _noise(rng: Random) -> bytes:
    start = rng.choice(
        (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf")
    )
    return start + rng.randbytes(rng.randrange(3000))


def _zip(rng: Random) -> bytes:
    """A workbook taken apart and put together wrongly: a part missing, swapped, huge, or with strange XML."""
    source, target = zipfile.ZipFile(io.BytesIO(xlsx_of(_rows(rng)[:8]))), io.BytesIO()
    sheet = "xl/worksheets/sheet1.xml"
    change = rng.randrange(8)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            content = source.read(name)
            if name == sheet:
                content = _sheet_xml(rng, content, change)
            if change == 1 and rng.random() < 0.3:
                continue
            if change == 2:
                content = _hurt(rng, content)
            made.writestr(name, content)
        if change == 3:
            made.writestr("xl/media/zeros.bin", b"\0" * rng.choice((10**6, 120 * 2**20)))
        if change == 4:
            for n in range(2500):
                made.writestr(f"x/{n}", b"")
    return target.getvalue()


def _sheet_xml(rng: Random, content: bytes, change: int) -> bytes:
    if change == 5:
        far = rng.choice((b"XFD1048576", b"A1048576", b"XFD1", b"ZZZZ99999999", b"A0"))
        return content.replace(b'r="A2"', b'r="' + far + b'"', 1)
    if change == 6:
        entities = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 500 + b'">]>'
        return content.replace(b"?>", b"?>" + entities, 1).replace(b"<v>", b"<v>&b;", 1)
    if change == 7:
        return content.replace(b"<v>", b"<f>1/0</f><v>", rng.randint(0, 3)).replace(
            b"<v>", b"<v></v><v>", 1
        )
    return content


MAKERS: tuple[Callable[[Random], bytes], ...] = (_csv, _csv, _xlsx, _xlsx, _zip, _zip, _noise)
