"""Every template, style and script of the desk: texts through gettext, nothing inline, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

import doudi_web.desk

DESK = Path(doudi_web.desk.__file__).parent
TEMPLATES = sorted((DESK / "templates").rglob("*.html"))
OWN = sorted((DESK / "static/desk").iterdir())
_TRANSLATED = re.compile(
    r"(?s)\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}"
)
_COMMENT = re.compile(r"(?s)\{%\s*comment\s*%\}.*?\{%\s*endcomment\s*%\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def _bare(text: str) -> list[str]:
    return _CHINESE.findall(_TRANSLATED.sub(" ", _COMMENT.sub(" ", text)))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_text_goes_through_gettext(path: Path) -> None:
    assert _bare(path.read_text(encoding="utf-8")) == []


def test_a_bare_text_would_be_seen() -> None:
    assert _bare(
        '<p>{% translate "好" %} 坏 {% blocktranslate %}好{{ n }}{% endblocktranslate %}</p>'
    ) == ["坏"]


_INLINE = re.compile(
    r"(?i)<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*(\ssrc=|application/json))"
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_nothing_is_inline(path: Path) -> None:
    assert _INLINE.findall(_COMMENT.sub(" ", path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *OWN], ids=lambda p: p.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8"))
    assert [address for address in found if not address.endswith("//www.w3.org")] == []


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".js"], ids=lambda p: p.name)
def test_no_script_makes_code_or_markup_out_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", text)
        == []
    )


_TOLD = re.compile(r'[\s"](data-[a-z-]+)')
_TAG = re.compile(r"(?s)\{%.*?%\}|\{\{.*?\}\}")


def _known(attribute: str, read: str) -> bool:
    """Whether a script or a style reads an attribute, by its name or as scripts write it."""
    first, *rest = attribute.removeprefix("data-").split("-")
    written = f"dataset.{first}{''.join(one.title() for one in rest)}"
    return f"[{attribute}" in read or f'"{attribute}' in read or written in read


def test_whatever_a_template_tells_a_script_is_read_by_one() -> None:
    read = "".join(
        path.read_text(encoding="utf-8") for path in OWN if path.suffix in (".js", ".css")
    )
    told = {
        one
        for path in TEMPLATES
        for one in _TOLD.findall(_TAG.sub("", path.read_text(encoding="utf-8")))
        if not one.startswith("data-fill-")  # read by what is behind it: the name of a field
    }
    assert {one for one in told if not _known(one, read)} == set()
    assert "data-file" in told
