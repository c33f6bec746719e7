"""Names that are nearly alike: what is planted in the sample catalogue is found, at rates that are stated."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from doudi.catalogue import Catalogue
from doudi_web.matching.alike import Index, likeness_of, named
from web.matching_at_hand import sample

DAY = date(2019, 6, 15)
CATALOGUE = sample()
INDEX = Index(CATALOGUE, DAY)
LISTED = [one for spans in CATALOGUE.items.values() for one in spans if one.span.covers(DAY)]


def _milligrams(name: str) -> str:
    return re.sub(r"(0\.[0-9]+)g", lambda found: f"{round(float(found[1]) * 1000)}mg", name)


def _swapped(name: str) -> str:
    first, _, rest = name.partition(" ")
    return f"{rest} {first}" if rest else name


PLANTED: list[tuple[str, Callable[[str], str], float, float]] = [
    ("without spaces", lambda n: n.replace(" ", ""), 1.0, 1.0),
    ("a star for the sign of times", lambda n: n.replace("×", "*"), 1.0, 1.0),
    ("wide characters", lambda n: n.replace("0", "０").replace("g", "ｇ").replace("(", "（"), 1.0, 1.0),
    ("milligrams", _milligrams, 1.0, 1.0),
    ("the strength first", _swapped, 1.0, 1.0),
    ("a class before it", lambda n: f"（甲）{n}", 1.0, 1.0),
    ("a maker before it", lambda n: f"康恩{n}", 1.0, 1.0),
    ("pieces a box", lambda n: re.sub(r"×([0-9]+)", r"×\1片/盒", n), 1.0, 1.0),
    ("a character left out", lambda n: n[:1] + n[2:] if len(n) > 4 else n, 0.91, 0.91),
    ("without strength and pack", lambda n: n.partition(" ")[0], 0.58, 1.0),
]  # fmt: skip
"""How a hospital writes a name; the share found first, and among the first five, without a price."""


@pytest.mark.parametrize(("how", "write", "first", "five"), PLANTED)
def test_what_is_planted_is_found(
    how: str, write: Callable[[str], str], first: float, five: float
) -> None:
    top = among = 0
    for item in LISTED:
        found = [one.item.code for one in INDEX.like(write(item.name), most=5)]
        top += found[:1] == [item.code]
        among += item.code in found
    count = len(LISTED)
    assert (int(top / count * 100) / 100, int(among / count * 100) / 100) == (first, five), how


def test_a_price_tells_packs_of_one_name_apart() -> None:
    right = sum(
        INDEX.like(one.name.partition(" ")[0], unit_price=one.reference_price)[0].item.code == one.code
        for one in LISTED
        if one.reference_price
    )  # fmt: skip
    assert (right, len(LISTED)) == (358, 358)


def test_a_score_says_why() -> None:
    first = INDEX.like("阿莫西林胶囊0.25g*24粒")[0]
    assert (first.item.name, first.identical) == ("阿莫西林胶囊 0.25g×24", False)
    assert first.why[:2] == ("名称相同，规格另看", "规格相同，包装相同")
    exact = INDEX.like("阿莫西林胶囊 0.25g×24")[0]
    assert (exact.score, exact.identical, exact.why[0]) == (94, True, "名称完全相同")
    by_code = INDEX.like("没有人这样叫", (exact.item.code,))[0]
    assert (by_code.item.code, by_code.why[-1]) == (exact.item.code, "医院写的就是这个编码")


def test_nothing_is_like_what_is_like_nothing() -> None:
    assert INDEX.like("") == []
    assert INDEX.like("☃☃☃") == []
    assert INDEX.like("救护车费") == []


def test_an_ambiguous_name_is_never_identical() -> None:
    twin = replace(LISTED[0], code="TWIN")
    doubled = Catalogue("d", {**CATALOGUE.items, "TWIN": (twin,)})
    found = Index(doubled, DAY).like(twin.name)
    assert [one.identical for one in found[:2]] == [False, False]


def test_strengths_are_compared_by_amount() -> None:
    assert named("0.5g×24片").measures == named("500mg").measures == {("mg", 500.0)}
    assert named("2万单位").measures == {("iu", 20000.0)}
    assert likeness_of("血糖试纸", "住院诊查费") == 0
    assert likeness_of("血糖试纸", "血糖试纸（国产）") == 95


def test_fifty_thousand_items_are_asked_in_milliseconds() -> None:
    heads = "甲乙丙丁戊己庚辛壬癸"
    made = [
        replace(one, code=f"{one.code}{n}", name=f"{heads[n % 10]}{heads[n // 10 % 10]}{one.name}")
        for n in range(140)
        for one in LISTED
    ]
    index = Index(Catalogue("big", {one.code: (one,) for one in made}), DAY)
    assert len(index) == 50_120
    names = [one.name.replace(" ", "") for one in LISTED[::4]]
    began = time.process_time()
    for name in names:
        assert len(index.like(name)) == 8
    assert (time.process_time() - began) / len(names) < 0.15


def test_hostile_names_do_no_harm() -> None:
    for name in (
        "名" * 100_000,
        "9" * 10_000 + "mg",
        "(" * 5_000,
        "\u202e片",
        "1e999g",
        "0" * 500 + ".5g",
    ):
        INDEX.like(name)
