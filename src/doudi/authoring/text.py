"""The texts of a skeleton: templates with places to fill, and scalars written so that YAML reads them back."""

import json
import re
from pathlib import Path
from string import Template

_folder = Path(__file__).parent / "skeleton"
_PLAIN = re.compile(r"[^\W\d_][\w\u3000-\u303f\uff00-\uffef·/.#（）-]*")
_MEANS_SOMETHING = {"true", "false", "null", "yes", "no", "on", "off", "open", "none"}


def filled(template: str, **places: str) -> str:
    """A template with every place filled."""
    return Template((_folder / template).read_text(encoding="utf-8")).substitute(places)


def scalar(text: str) -> str:
    """A text as a YAML value: plain where nobody could read it otherwise, else in quotation marks.

    >>> scalar("白石县（虚构）"), scalar("2026: a"), scalar("null"), scalar("a #b")
    ('白石县（虚构）', '"2026: a"', '"null"', '"a #b"')
    """
    words = text.split(" ")
    plain = _PLAIN.fullmatch(words[0]) and all(
        re.fullmatch(r"[\w（）·，。/.-]+", w) for w in words[1:]
    )
    if plain and text.lower() not in _MEANS_SOMETHING:
        return text
    return json.dumps(text, ensure_ascii=False)
