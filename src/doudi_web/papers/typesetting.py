"""A paper's data → the bytes of its PDF: the same data is the same bytes, wherever and whenever it is set.

Templates stand in `forms`. Data goes in as one JSON text and comes out as text: none of it is ever read as markup.
A long paper is set in a process of its own: the library keeps what it has set, and a service would keep it forever.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Protocol

import typst

from doudi.errors import Faulty, fault
from doudi_web.papers.kinds import Kind, Print

FONTS = Path(str(files("doudi_web.papers").joinpath("fonts")))
"""Where the Chinese font lies: `make setup` puts it there, the wheel brings it along."""
WANTED = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
LONG = 300
"""Rows from which on a paper is set in a process of its own."""
PATIENCE = 120  # seconds for one long paper
_FORMS = Path(str(files("doudi_web.papers").joinpath("forms")))
_UNTAGGED = {Kind.CLEARING, Kind.DAY}
"""Long tables: the tags of their cells would be most of the file, and of the time."""


class Paper(Protocol):
    """What is set: a dataclass of texts; its template is its kind's."""

    kind: ClassVar[Kind]

    @property
    def printed(self) -> Print:
        """Which print it is."""
        ...


def typeset(paper: Paper) -> bytes:
    """The PDF of a paper. Raises Faulty: there is no font; it does not fit the one page that it may have."""
    asked = {
        "kind": paper.kind.value,
        "at": paper.printed.second.isoformat(),
        "paper": data_of(paper),
    }
    _must_have_fonts()
    if len(getattr(paper, "rows", ())) >= LONG:
        return _aside(json.dumps(asked, ensure_ascii=False).encode())
    return _set(asked)


def data_of(paper: Any) -> Mapping[str, Any]:
    """A paper as its template takes it."""
    printed: Print = paper.printed
    return {**asdict(paper), "printed": {"told": printed.told, "mark": printed.mark}}


def _set(asked: Mapping[str, Any]) -> bytes:
    kind = Kind(asked["kind"])
    said = json.dumps(asked["paper"], ensure_ascii=False)
    compiler = typst.Compiler(
        root=_FORMS, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"paper": said}
    )
    try:
        made = compiler.compile(
            input=_FORMS / f"{kind}.typ", format="pdf", timestamp=datetime.fromisoformat(asked["at"]),
            pdf_tags=kind not in _UNTAGGED,
        )  # fmt: skip
    except typst.TypstError as error:
        if "one page" in error.message:
            raise Faulty([fault("S631", kind.value)]) from error
        raise
    assert isinstance(made, bytes), "a PDF is one file"
    return made


def _aside(asked: bytes) -> bytes:
    """The same in a process of its own. Raises Faulty where it does not end, or ends without a paper."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "doudi_web.papers.typesetting"],
            input=asked, capture_output=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Faulty([fault("S633", "papers", kind=type(error).__name__)]) from error
    return done.stdout


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The fonts, read once."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])


def _must_have_fonts() -> None:
    """Raises Faulty where one is missing."""
    missing = [name for name in WANTED if not (FONTS / name).is_file()]
    if missing:
        raise Faulty([fault("S630", "fonts", names="、".join(missing))])


if __name__ == "__main__":
    sys.stdout.buffer.write(_set(json.load(sys.stdin)))
