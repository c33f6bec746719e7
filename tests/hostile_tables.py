"""Hostile tables, made from a seed: files that a hospital could send by accident or by malice."""

import io
import re
import zipfile
from collections.abc import Callable
from random import Random

from tables import HEADER, csv_of, fee_rows, sheets_of, xlsx_of

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


SHEET = "xl/worksheets/sheet1.xml"


def repacked(
    content: bytes, change: Callable[[bytes], bytes], part: str = SHEET, *, to: str = ""
) -> bytes:
    """A workbook of which one part is changed, or also stands under another name."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            xml = source.read(name)
            if to and (name.endswith(".rels") or name == "[Content_Types].xml"):
                xml = xml.replace(
                    part.removeprefix("xl/").encode(), to.removeprefix("xl/").encode()
                )
            moved = to if to and name == part else name
            made.writestr(moved, change(xml) if name == part else xml)
    return target.getvalue()


def _far(rng: Random) -> bytes:
    """A cell far away, or cells that do not say where they are, written as no program writes them."""
    far = rng.choice(
        (b"XFD1048576", b"xfd1048576", b"A1048576", b"ZZZZ9", b"XFD1", b"AAAAAA1", b"A0", b"A-1")
    )
    cell = rng.choice((
        b"<c r='%s'", b'<c r = "%s"', b'<c\tr="%s"', b"<c foo='r=\"A1\"' r=\"%s\"", b'<c foo=">" r="%s"',
        b'<c r="A2" r="%s"', b"<x:c r='%s'", b"<c s='1' r='%s'", b'<c r="&#65;1" foo="%s"',
    )) % far  # fmt: skip
    row = rng.choice((b'<row r="2"', b"<row r='1048576'", b"<row ", b"<row r='9999999999'"))
    to = rng.choice(("", "", "xl/ws/s.bin", "xl/worksheets/SHEET1.XML"))
    return repacked(
        xlsx_of(_rows(rng)[:6]),
        lambda xml: xml.replace(b'<c r="A2"', cell, 1).replace(b'<row r="2"', row, 1),
        to=to,
    )


def _formulas(rng: Random) -> bytes:
    """Formulas with and without a value, with an error, with a value that is a formula again."""
    formula = rng.choice((b"1+1", b"cmd|'/C calc'!A0", b'HYPERLINK("x")', b"", b"A1"))
    value = rng.choice((b"<v>1</v>", b"", b"<v></v>", b"<v>=1+1</v>", b"<v>#REF!</v>"))
    kind = rng.choice((b"", b' t="str"', b' t="e"', b' t="b"', b' t="array"'))
    cell = b'<c r="I3"%s><f>%s</f>%s</c>' % (kind, formula.replace(b'"', b"&quot;"), value)
    return repacked(
        xlsx_of(_rows(rng)[:8]),
        lambda xml: re.sub(rb'<c r="I3"[^>]*>.*?</c>', lambda _: cell, xml, count=1),
    )


def _headers(rng: Random) -> bytes:
    """Headers in two lines, twice, in two languages, below the look, on several sheets, with merged titles."""
    second = ["feedetl_sn", "med_list_codg", "medins_list_name", "fee_ocur_time", "chrgitm_lv", "selfpay_prop",
              "cnt", "pric", "det_item_fee_sumamt", "init_feedetl_sn"]  # fmt: skip
    rows: list[list[object]] = [list(row) for row in fee_rows(rng.randint(0, 12))]
    mixed: list[object] = [rng.choice(pair) for pair in zip(HEADER, second, strict=True)]
    heads: list[list[list[object]]] = [
        [mixed], [list(HEADER), list(second)], [[*HEADER, *second]], [list(HEADER), list(HEADER)],
        [["清单"]] * 45 + [list(HEADER)], [["一", "", "二"], [str(n) for n in range(10)], mixed],
    ]  # fmt: skip
    whole = [*rng.choice(heads), *rows]
    merged = [rng.choice(("A1:J1", "B1:C2", "A3:A9", "A2:J2"))] if rng.random() < 0.4 else []
    if rng.random() < 0.5:
        return csv_of(whole, rng.choice(("utf-8", "gbk", "utf-16")))
    content = xlsx_of(whole, merged=merged)
    return content if rng.random() < 0.5 else sheets_of([whole, rows, [list(HEADER)]])


def _long(rng: Random) -> bytes:
    """Much from little: rows without end, a text in every cell, merged ranges, a line that never ends."""
    count = rng.choice((1_000, 60_000))
    made = rng.randrange(7)
    if made < 4:
        rows = (
            b"<row><c><v>1</v></c></row>" * count, b"<row>" + b"<c/>" * count + b"</row>",
            b'<row><c t="s"><v>0</v></c></row>' * count, b"<row/>" * count,
        )[made]  # fmt: skip
        text = "长" * rng.choice((1, 30_000))
        return repacked(
            xlsx_of([[text], *_rows(rng)[:3]]),
            lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"),
        )
    if made == 4:
        ranges = b"<mergeCells>%s</mergeCells>" % (b'<mergeCell ref="A50:B60"/>' * count)
        return repacked(
            xlsx_of(_rows(rng)), lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + ranges)
        )
    return (rng.choice((b"a", b",", b'"', b",'=", b'"\n",', "长,".encode())) * count) * (made - 3)


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


MAKERS: tuple[Callable[[Random], bytes], ...] = (
    _csv, _csv, _xlsx, _xlsx, _zip, _zip, _noise, _far, _formulas, _headers, _long,
)  # fmt: skip
