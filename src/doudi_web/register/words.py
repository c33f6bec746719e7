"""What codes of the register are called: the words of rolls, read the other way round."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from doudi.source_text import read_yaml


@cache
def stated_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each column its codes, each with the words that stand for it, the usual one first."""
    text = files("doudi_web.register").joinpath("words.yaml").read_text("utf-8")
    stated: dict[str, dict[str, list[str]]] = read_yaml("words.yaml", text).value
    return {
        key: {code: tuple(words) for code, words in listed.items()}
        for key, listed in stated.items()
    }


def word(column: str, code: str) -> str:
    """The usual word for a code; the code itself where nobody has given it one.

    >>> word("standing", "dibao"), word("insurance_tier", "tier_1"), word("standing", "other")
    ('低保', '一档', 'other')
    """
    return next(iter(stated_words().get(column, {}).get(code, ())), code)
