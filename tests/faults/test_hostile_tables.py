"""Hostile tables: each is a coded fault or a right result; never a stack trace, never much memory."""

import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from doudi import Bundle, Run, settle_bundle
from faults.bills import example_shelf
from faults.told import flaws
from hostile_tables import hostile, repacked
from tables import HEADER, VISIT, fee_rows, xlsx_of

SHELF = example_shelf()
ROOT = Path(__file__).parents[2]
MEMORY_MB = 500
# the most that a process has had, in KB: of its own, not of the one that started it
PEAK = r"peak = re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())[1]"


def _settled(name: str, content: bytes) -> Run:
    visit = ("visit.json", json.dumps(VISIT).encode())
    return settle_bundle(SHELF, Bundle({name: content}, visit=visit))


def _holds(seed: int) -> str:
    """The first fault's code, or that the file was settled; what is told is well worded and names the file."""
    name, content = hostile(Random(seed))
    run = _settled(name, content)
    assert bool(run.faults) != bool(run.settlements), seed
    for fault in run.faults[:50]:
        assert flaws(fault) == [], (seed, fault)
        assert fault.where.startswith((name, "visit.json")), (seed, fault)
    return run.faults[0].code if run.faults else "settled"


# Catches an error of a library that gets through, an endless loop, a fault without words.
def test_hostile_tables() -> None:
    seen = {_holds(seed) for seed in range(400)}
    assert {"settled", "F120", "F123", "F122", "F127", "F125", "F121"} <= seen


@pytest.mark.slow
def test_ten_thousand_hostile_tables() -> None:
    script = (
        "import sys; sys.path[:0] = ['tests', '.']\n"
        "from faults.test_hostile_tables import _holds\n"
        "from collections import Counter\n"
        "counts = Counter(_holds(seed) for seed in range(10_000))\n"
        f"import json, re; from pathlib import Path; {PEAK}\n"
        "print(json.dumps({'counts': counts, 'memory': int(peak) // 1024}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        timeout=1500,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    print(told)  # shown with -s: counts and memory as measured
    assert sum(told["counts"].values()) == 10_000
    assert told["memory"] < MEMORY_MB


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/worksheets/sheet1.xml", b"<c>" * 60_000_000)
    return target.getvalue()


def _many_rows() -> bytes:
    """A million rows, as an export without a filter has."""
    source, target = zipfile.ZipFile(io.BytesIO(xlsx_of([HEADER, *fee_rows(1)]))), io.BytesIO()
    row = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
    rows = b"".join(row % (n, n) for n in range(3, 1_000_003))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = content.replace(b"</sheetData>", rows + b"</sheetData>")
            made.writestr(name, content)
    return target.getvalue()


def _full() -> bytes:
    """As many rows as are allowed, every one filled."""
    return xlsx_of([HEADER, *fee_rows(20_000)])


def _far(cell: bytes, to: str = "") -> Callable[[], bytes]:
    """A workbook of five kilobytes with a cell in the last corner of the sheet."""
    return lambda: repacked(
        xlsx_of([HEADER, *fee_rows(2)]), lambda xml: xml.replace(b'<c r="A2"', cell, 1), to=to
    )


def _filled_with(row: bytes, count: int, first: Sequence[object] = HEADER) -> Callable[[], bytes]:
    """A workbook that goes on with the same row."""
    return lambda: repacked(
        xlsx_of([first, *fee_rows(2)]),
        lambda xml: xml.replace(b"</sheetData>", row * count + b"</sheetData>"),
    )


def _shared(before: bytes, text: bytes, after: bytes, count: int) -> Callable[[], bytes]:
    """A workbook with more shared texts than it shows: a short one often, or one that is long."""
    texts = "xl/sharedStrings.xml"
    return lambda: repacked(
        xlsx_of([HEADER, *fee_rows(2)]),
        lambda xml: xml.replace(b"</sst>", before + text * count + after + b"</sst>"),
        texts,
    )


def _merges() -> bytes:
    more = b"</sheetData><mergeCells>" + b'<mergeCell ref="A5:B6"/>' * 2_000_000 + b"</mergeCells>"
    return repacked(xlsx_of([HEADER, *fee_rows(2)]), lambda xml: xml.replace(b"</sheetData>", more))


def _csv_of(line: bytes, count: int) -> Callable[[], bytes]:
    return lambda: line * count


LAST = b"XFD1048576"
LARGE: list[tuple[str, str, Callable[[], bytes], set[str]]] = [
    # what it is, the file's name, how it is made, the codes that it comes to
    ("bomb", "fees.xlsx", _bomb, {"F121"}),
    ("a million rows", "fees.xlsx", _many_rows, {"F121"}),
    ("20,000 rows", "fees.xlsx", _full, set()),
    ("single quotes", "fees.xlsx", _far(b"<c r='%s'" % LAST), {"F121"}),
    ("spaces", "fees.xlsx", _far(b'<c r = "%s"' % LAST), {"F121"}),
    ("a place within another", "fees.xlsx", _far(b'<c x=\'r="A1"\' r="%s"' % LAST), {"F121"}),
    ("a bracket in between", "fees.xlsx", _far(b'<c x=">" r="%s"' % LAST), {"F121"}),
    ("two places", "fees.xlsx", _far(b'<c r="A2" r="%s"' % LAST), {"F120"}),
    ("small letters", "fees.xlsx", _far(b'<c r="xfd1048576"'), {"F121"}),
    ("another folder", "fees.xlsx", _far(b'<c r="%s"' % LAST, "xl/ws/s.bin"), {"F121"}),
    (
        "rows without number",
        "fees.xlsx",
        _filled_with(b"<row><c><v>1</v></c></row>", 3_000_000),
        {"F121"},
    ),
    ("one row", "fees.xlsx", _filled_with(b"<c><v>1</v></c>", 5_000_000), {"F121"}),
    (
        "one text in every cell",
        "fees.xlsx",
        _filled_with(
            b'<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>', 20_000, ["长" * 10_000]
        ),
        {"F121"},
    ),
    ("empty texts", "fees.xlsx", _shared(b"", b"<si><t>a</t></si>", b"", 5_000_000), set()),
    ("a long text", "fees.xlsx", _shared(b"<si><t>", b"a", b"</t></si>", 90_000_000), set()),
    ("merged", "fees.xlsx", _merges, {"F121"}),
    ("a million lines", "fees.csv", _csv_of(b"1,2\n", 1_000_000), {"F121"}),
    ("one line", "fees.csv", _csv_of(b"a", 60_000_000), {"F121"}),
    ("commas", "fees.csv", _csv_of(b",", 60_000_000), {"F121"}),
    ("one record of many lines", "fees.csv", _csv_of(b'"ab\n",', 9_000_000), {"F121"}),
    ("empty cells", "fees.csv", _csv_of(b"," * 400 + b"x\n", 150_000), {"F121"}),
    (
        "filled cells",
        "fees.csv",
        _csv_of(b"12,34,56,78,90,12,34,56,78,90,11,12\n", 199_000),
        {"F121"},
    ),
    ("apostrophes", "fees.csv", _csv_of(b"'" * 30_000 + b",'=\n", 1_900), {"F123"}),
]


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))


@pytest.mark.slow
@pytest.mark.parametrize(("what", "name", "make", "codes"), LARGE, ids=[row[0] for row in LARGE])
def test_large_tables_take_little_memory(
    what: str, name: str, make: Callable[[], bytes], codes: set[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(make())
    (tmp_path / "visit.json").write_text(json.dumps(VISIT))
    script = (
        "import re, sys; from pathlib import Path; from doudi_cli.main import app\n"
        f"try: app(['settle', '{name}', '--visit', 'visit.json', '--json'])\n"
        f"finally: {PEAK}; print(peak, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, timeout=120, check=False,
        preexec_fn=_bounded, text=True,
    )  # fmt: skip
    assert {f["code"] for f in json.loads(done.stdout)["faults"]} == codes
    memory = int(done.stderr.split()[-1]) // 1024
    print(f"{what}: {memory} MB")  # shown with -s
    assert memory < MEMORY_MB
