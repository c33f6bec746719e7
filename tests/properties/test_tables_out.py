"""Tables that go out: what is written is what is read again, and no spreadsheet runs any of it."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.errors import Faulty
from doudi.wire.cells import value_of
from doudi.wire.sheets import CELL_LIMIT, ROW_LIMIT, Heading, Holds, Page, read, write
from doudi.wire.sheets.inert import shielded, unshielded, visible
from faults.told import flaws

HEADINGS = tuple(Heading(f"列{holds.name}", holds) for holds in Holds)
KINDS: dict[Holds, Any] = {
    Holds.AMOUNT: "number", Holds.COUNT: "number", Holds.SHARE: "rate", Holds.NUMBER: "number", Holds.DAY: "day",
}  # fmt: skip
STARTS = "=+-@＝＋－＠﹦﹢﹣﹫"
CODES = (
    "0012",
    "500113199001010014",
    "1E5",
    "12.50",
    "2024-05-01",
    "TRUE",
    "_x000D_",
    "<r><t>1</t></r>",
    "</t>",
)
NASTY = st.one_of(
    st.text(max_size=30),
    st.text("=+-@＝＋\t\r\n,;|'\" \u3000\u200b\ufeffa1(", max_size=12),
    st.sampled_from(
        (
            *CODES,
            "=1+1",
            "@SUM(A1)",
            "\t=1",
            '"=1',
            "a,=1",
            "x\r\n=1",
            "'=1",
            "''=1",
            "\x00=1",
            "\ufeff=1",
        )
    ),
    st.sampled_from(CODES).map(lambda code: f"<r>{code}</r>"),
)
VALUES: dict[Holds, st.SearchStrategy[Any]] = {
    Holds.TEXT: NASTY,
    Holds.AMOUNT: st.integers(-(10**14), 10**14),
    Holds.COUNT: st.integers(-(10**9), 10**9),
    Holds.SHARE: st.integers(0, 10_000),
    Holds.NUMBER: st.integers(-(10**13), 10**13),
    Holds.DAY: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
}
ROWS = st.lists(st.tuples(*(st.none() | VALUES[holds] for holds in Holds)), min_size=1, max_size=6)


def _plain(holds: Holds, value: Any) -> Any:
    """What a value is when it is read again; an empty text is an empty cell."""
    if holds is Holds.TEXT:
        return visible(value or "")
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else value


def _read_again(holds: Holds, text: str) -> Any:
    if holds is Holds.TEXT:
        return text
    value = value_of(text, KINDS[holds])
    if value is None or holds is Holds.DAY:
        return value
    scale = {Holds.AMOUNT: 2, Holds.COUNT: 0, Holds.SHARE: 4, Holds.NUMBER: 6}[holds]
    whole, _, after = str(value).lstrip("-").partition(".")
    number = int(whole + after[:scale].ljust(scale, "0"))
    assert set(after[scale:]) <= {"0"}
    return -number if str(value).startswith("-") else number


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@given(rows=ROWS)
def test_a_written_table_is_read_again_as_it_was(name: str, rows: list[tuple[Any, ...]]) -> None:
    content = write(name, [Page("表", HEADINGS, rows)])
    (sheet,) = read(name, content)
    assert [cell.text for cell in sheet.rows[0]] == [h.title for h in HEADINGS]
    assert len(sheet.rows) <= len(rows) + 1
    for number, row in enumerate(rows, 1):
        wanted = [_plain(h.holds, value) for h, value in zip(HEADINGS, row, strict=True)]
        cells = [
            sheet.cell(number, n).text if number < len(sheet.rows) else ""
            for n in range(len(HEADINGS))
        ]
        assert [_read_again(h.holds, c) for h, c in zip(HEADINGS, cells, strict=True)] == wanted


# ------------------------------------------------------------------------ nothing is run


def formulas(name: str, content: bytes) -> list[str]:
    """Every cell that a spreadsheet would run, whatever it splits a CSV on."""
    if name.endswith(".xlsx"):
        return _formulas_of_xlsx(content)
    text = content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), strict=True) for cell in row]
    pieces = [
        piece
        for cell in cells
        for piece in (cell, *re.split("[\t,;|\r\n\x85\u2028\u2029]", cell)[1:])
    ]
    found = []
    for piece in pieces:
        bare = re.sub('^[\\s"`“”‘’\u200b\ufeff]+', "", piece)
        number = re.fullmatch(r"-?\d+(\.\d+)?%?", piece)
        if not number and (bare.startswith(tuple(STARTS)) or piece[:1] in set("\t\r\n")):
            found.append(piece)
    return found


def _formulas_of_xlsx(content: bytes) -> list[str]:
    """Formula elements, links, and cells that are neither shared text nor a number."""
    found: list[str] = []
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in package.namelist():
            assert not re.search("external|hyperlink|vba|activeX|embedding", part)
            tree = ElementTree.fromstring(package.read(part))
            for element in tree.iter():
                tag = element.tag.rpartition("}")[2]
                if tag in {"f", "hyperlink", "ddeLink", "oleLink", "definedNames_"}:
                    found.append(f"{part} {tag}")
                if tag == "c" and element.get("t") not in {None, "s"}:
                    found.append(f"{part} {element.get('t')}")
    return found


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@given(rows=ROWS)
def test_nothing_that_is_written_is_run(name: str, rows: list[tuple[Any, ...]]) -> None:
    assert formulas(name, write(name, [Page("表", HEADINGS, rows)])) == []


@given(NASTY)
def test_a_shield_comes_off_as_it_went_on(text: str) -> None:
    assert unshielded(shielded(text)) == text


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "before",
    ["", " ", "\u3000", '"', "'", "“", "\ufeff", "\t", "\n", "a,", "a;", "a|", "a\n ", "a\t'"],
)
def test_a_text_that_would_be_a_formula_is_shielded(start: str, before: str) -> None:
    text = f"{before}{start}1+1"
    content = write("a.csv", [Page("表", (Heading("名称"),), [[text]])])
    assert formulas("a.csv", content) == []
    assert (
        "'" in before
        or formulas("a.csv", f'"名称"\r\n"{text.replace(chr(34), chr(34) * 2)}"\r\n'.encode()) != []
    )
    assert read("a.csv", content)[0].rows[1][0].text == text


# ------------------------------------------------------------------------ what a cell is


def test_a_csv_is_utf_8_with_its_mark_and_amounts_are_plain_numbers() -> None:
    rows = [["=1", -1250, 3, 969, -1_500_000, date(2024, 5, 1)], [None] * 6]
    content = write("a.csv", [Page("表", HEADINGS, rows)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1:] == [
        '"\'=1",-12.50,3,9.69%,-1.5,2024-05-01',
        ",,,,,",
    ]


def test_an_xlsx_keeps_codes_as_text_and_amounts_as_numbers() -> None:
    rows = [
        [code, -1250, 3, 969, 1_500_000, date(2024, 5, 1)]
        for code in ("0012", "500113199001010014", "=1")
    ]
    content = write("a.xlsx", [Page("表", HEADINGS, rows)])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        styles = package.read("xl/styles.xml").decode()
        texts = package.read("xl/sharedStrings.xml").decode()
    assert re.findall(r'<c r="A\d" s="\d" t="(\w)">', sheet)[-3:] == ["s", "s", "s"]
    assert re.findall(r'<c r="([B-F])2" s="\d"><v>([^<]*)</v>', sheet) == [
        ("B", "-12.50"), ("C", "3"), ("D", "0.0969"), ("E", "1.5"), ("F", "45413"),
    ]  # fmt: skip
    assert "<t>500113199001010014</t>" in texts
    assert 'numFmtId="49"' in styles  # text, also when somebody edits the cell
    assert '<pane ySplit="1"' in sheet


def test_the_same_content_is_the_same_file() -> None:
    pages = [Page("表", HEADINGS, [["a", 1, 1, 1, 1, date(2024, 5, 1)]])]
    assert write("a.xlsx", pages) == write("a.xlsx", pages)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@pytest.mark.parametrize(
    "text", ["长" * 40_000, "😀" * 20_000, ",=" * 20_000], ids=["long", "wide", "shields"]
)
def test_a_text_that_no_cell_holds_ends_visibly(name: str, text: str) -> None:
    content = write(name, [Page("表", (Heading("a"), Heading("b")), [[text, "b"]])])
    first, second = (cell.text for cell in read(name, content)[0].rows[1])
    assert (first[-1], second) == ("…", "b")
    assert text.startswith(first[:-1].replace("'", ""))
    assert (
        CELL_LIMIT - 2 <= len(first) + sum(c > "\uffff" for c in first) <= CELL_LIMIT or "=" in text
    )


# code, a page that is refused, what the fault quotes
REFUSED = [("F136", Page("长表", (Heading("a"),), [["x"]] * ROW_LIMIT), f"{ROW_LIMIT:,}")]


@pytest.mark.parametrize(("code", "page", "quotes"), REFUSED, ids=["F136"])
def test_a_table_longer_than_any_can_be_is_refused(code: str, page: Page, quotes: str) -> None:
    with pytest.raises(Faulty) as refused:
        write("a.csv", [page])
    (fault,) = refused.value.faults
    assert (fault.code, fault.where, flaws(fault, quotes)) == (code, "a.csv", [])
    longest = write("a.csv", [replace(page, rows=page.rows[1:])])
    assert len(read("a.csv", longest)[0].rows) == ROW_LIMIT
