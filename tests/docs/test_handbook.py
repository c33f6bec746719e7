"""The handbook names what stands on the pages, and shows pictures that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.pages import headings
from tools.doc_runner import ROOT

HANDBOOK = ROOT / "docs/handbook"
PAGES = sorted(HANDBOOK.glob("*.md"))
DESK = ROOT / "src/doudi_web/desk"
TOLD_BY_ROOMS = ("wards/words.py", "leaving/checks.py", "matching/table.py", "intake/keeping.py")
"""What pages show as the room below says it."""
LINES = 60
_QUOTED = re.compile("「([^「」]+)」")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def _texts() -> Iterator[str]:
    """Every text of templates, and of the modules of pages; a value in it is a gap."""
    for path in sorted(DESK.glob("templates/**/*.html")):
        found = path.read_text(encoding="utf-8")
        for said, block in re.findall(
            r'(?s)translate "([^"]*)"|blocktranslate[^%]*%}(.*?){% endblocktranslate', found
        ):
            yield from (said or re.sub("<[^>]*>", "", block)).split("{% plural %}")
    modules = [*DESK.rglob("*.py"), *(ROOT / "src/doudi_web" / name for name in TOLD_BY_ROOMS)]
    for path in modules:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [n.value if isinstance(n, ast.Constant) else "{{}}" for n in node.values]
                yield "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


SAID = sorted({" ".join(text.split()) for text in _texts()})


def stands(words: str) -> bool:
    """Whether a text of the pages is these words, the whole of it; … stands for values and for what is left out."""
    pattern = re.compile(".*".join(re.escape(part.strip()) for part in words.split("…")))
    return words.strip("… ") != "" and any(pattern.fullmatch(text) for text in SAID)


def _id(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_a_page_names_only_what_stands_on_the_pages(page: Path) -> None:
    named = _QUOTED.findall(page.read_text(encoding="utf-8"))
    assert named
    assert [words for words in named if not stands(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_a_page_is_short_and_shows_its_picture(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    shown = _PICTURE.findall(text)
    assert shown or page.name == "README.md"
    for words, target in shown:
        assert words
        assert (page.parent / target).is_file(), target


def test_every_page_is_in_the_index_and_every_picture_is_shown() -> None:
    index = (HANDBOOK / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in PAGES if p.name != "README.md" and f"]({p.name})" not in index] == []
    shown = {
        Path(target).name for p in PAGES for _, target in _PICTURE.findall(p.read_text("utf-8"))
    }
    assert shown == {path.name for path in (ROOT / "docs/images").glob("*.png")}


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("在院台", True),
        ("… 人要办", True),
        ("记入 … 行", True),
        ("行 … 记入", False),
        ("院台", False),
        ("全部结算掉", False),
        ("…", False),
        ("结算|撤销", False),
    ],
)
def test_words_that_do_not_stand_are_seen(words: str, there: bool) -> None:
    assert stands(words) is there


def test_both_first_pages_show_the_desk() -> None:
    for name, heading in (("README.md", "工作台"), ("README.en.md", "the-desk")):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert heading in headings(ROOT / name)
        for picture in ("wards", "review", "statement"):
            assert f"(docs/images/{picture}.png)" in text
