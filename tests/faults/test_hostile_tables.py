"""Hostile tables: each is a coded fault or a right result; never a stack trace, never much memory."""

import io
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random

import pytest

from doudi import Bundle, Run, settle_bundle
from faults.bills import example_shelf
from faults.told import flaws
from hostile_tables import hostile
from tables import HEADER, VISIT, fee_rows, xlsx_of

SHELF = example_shelf()
ROOT = Path(__file__).parents[2]
MEMORY_MB = 500


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
        "for seed in range(10_000): _holds(seed)\n"
        "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
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
    assert int(done.stdout) < MEMORY_MB


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


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "codes"),
    [(_bomb, ["F121"]), (_many_rows, ["F121"]), (_full, [])],
    ids=["bomb", "a million rows", "20,000 rows"],
)
def test_large_tables_take_little_memory(make, codes: list[str], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "fees.xlsx").write_bytes(make())
    (tmp_path / "visit.json").write_text(json.dumps(VISIT))
    script = (
        "import resource, sys\nfrom doudi_cli.main import app\n"
        "try: app(['settle', 'fees.xlsx', '--visit', 'visit.json', '--json'])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, timeout=120, check=False,
        preexec_fn=_bounded, text=True,
    )  # fmt: skip
    assert [f["code"] for f in json.loads(done.stdout)["faults"]] == codes
    assert int(done.stderr.split()[-1]) < MEMORY_MB
