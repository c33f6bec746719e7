"""Generated packs are valid, and together of every shape that the language has; so are generated claims."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from banan import PACK
from cities import JIAMUSI
from doudi.claim import LINE_SHAPES, Claim
from doudi.compile import check_pack
from doudi.dates import benefit_year
from doudi.money import Rounding
from doudi.packs.model import Pack
from doudi.settle import settle
from doudi.testing import PackFiles, claims, load_files, pack_documents, pack_files, shelf_of
from effort import FEW, PACKS
from plain import place_of
from properties.years import Year, generated_years


# Catches a generator that strays from the language; or a valid pack that is refused.
@settings(FEW, phases=PACKS.phases)
@given(pack_files())
def test_a_generated_pack_is_valid_on_every_day_of_its_span(files: PackFiles) -> None:
    policies, faults = check_pack(load_files(files))
    assert not faults
    assert policies


# Catches a given amount, a refund or a code that no bill may have; or a sound claim that is refused.
@PACKS
@given(generated_years())
def test_generated_claims_are_settled_in_their_order_without_a_fault(year: Year) -> None:
    run = settle(shelf_of(year.pack), tuple(reversed(year.claims)))
    assert not run.faults
    assert [s.visit_id for s in run.settlements] == [c.visit_id for c in year.claims]


def _rules(d: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for layer in d["layers"]:
        yield from layer["rules"]


def _cells(value: Any) -> Iterator[Any]:
    for inner in value.values():
        yield from _cells(inner) if isinstance(inner, dict) else iter([inner])


def _by(d: dict[str, Any], count: int) -> bool:
    by = (p.get("by", []) for p in d["parameters"].values())
    return any(len([names] if isinstance(names, str) else names) == count for names in by)


def _met(d: dict[str, Any], owner: str | None) -> bool:
    mets = [r["deductible"].get("met") for r in _rules(d) if "deductible" in r]
    if owner is None:
        return None in mets
    return any(d["accumulators"][met]["owner"] == owner for met in mets if met)


def _bands(d: dict[str, Any], count: int) -> bool:
    return any(len(r["bands"]["bands"]) == count for r in _rules(d) if "bands" in r)


def _mode(layer: dict[str, Any]) -> str:
    return ("given" if "given" in layer else "") + ("computed" if layer["rules"] else "")


FROM_THE_BILL = ("total", "in_scope", "in_scope + first_self_pay", "first_self_pay")
PACK_SHAPES: dict[str, Callable[[dict[str, Any]], bool]] = {
    **{f"{n} layers": lambda d, n=n: len(d["layers"]) == n for n in range(1, 7)},
    **{f"{n} rules": lambda d, n=n: any(len(la["rules"]) == n for la in d["layers"]) for n in range(4)},
    **{m: lambda d, m=m: m in map(_mode, d["layers"]) for m in ("given", "computed", "givencomputed")},
    **{f"by {n} dimensions": lambda d, n=n: _by(d, n) for n in range(3)},
    **{f"{n} bands": lambda d, n=n: _bands(d, n) for n in range(1, 5)},
    **{r.value: lambda d, r=r: any(x["round"] == r for x in _rules(d)) for r in Rounding},
    **{
        f"deductible by {o}": lambda d, o=o: _met(d, o) for o in (None, "episode", "person")
    },
    **{
        f"excess {m}, consent {v}": lambda d, m=m, v=v: "control" in d
        and (d["control"]["excess"], d["control"]["consented"]["value"]) == (m, v)
        for m in ("hospital", "approval", "warn")
        for v in ("counts", "leaves")
    },
    "places by province": lambda d: any("in_province" in x["codes"] for x in d["dimensions"].values()),
    "a city": lambda d: d["district"].endswith("00"),
    "a province": lambda d: d["district"].endswith("0000"),
    "no control": lambda d: "control" not in d,
    "a floor": lambda d: "floor" in d,
    "no floor": lambda d: "floor" not in d,
    "without limit": lambda d: any(
        "none" in _cells(p["values"]) for p in d["parameters"].values()
    ),
    "a value that changes": lambda d: any(len(p["values"]) > 1 for p in d["parameters"].values()),
    "an odd fraction": lambda d: any("33.33%" in _cells(p["values"]) for p in d["parameters"].values()),
    "another benefit year": lambda d: d["benefit_year"]["starts"] != "01-01",
    "no last day": lambda d: d["valid"]["to"] is None,
    "a named amount": lambda d: bool(d["amounts"]),
    "a group": lambda d: bool(d["groups"]),
    **{
        f"base: {word}": lambda d, word=word: any(word in r["base"] for r in _rules(d))
        for word in ("min(", "pos(", "max(", "when(", "share(", " - basic")
    },
    "base that forgets a layer": lambda d: any(
        r["base"] in FROM_THE_BILL for la in d["layers"][1:] for r in la["rules"]
    ),
    "a shared running sum": lambda d: any(
        [r["cap"]["paid"] for r in _rules(d) if "cap" in r].count(name) > 1
        for name in d["accumulators"]
    ),
}  # fmt: skip


def _missing(
    strategy: st.SearchStrategy[Any], shapes: dict[str, Callable[[Any], bool]]
) -> list[str]:
    """The shapes that none of some hundred examples has, the same examples at each run."""
    missing = dict(shapes)

    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(strategy)
    def look(example: Any) -> None:
        for name in [name for name, has in missing.items() if has(example)]:
            del missing[name]

    look()
    return list(missing)


# Catches a generator that no longer reaches what the properties are meant to try.
def test_packs_of_every_shape_are_generated() -> None:
    assert _missing(pack_documents(), PACK_SHAPES) == []


def _lines(visits: tuple[Claim, ...]) -> Iterator[Any]:
    for claim in visits:
        yield from claim.lines


def _years(visits: tuple[Claim, ...], pack: Pack) -> set[int]:
    return {benefit_year(claim.settled.day, pack.year_starts) for claim in visits}


def _places(visits: tuple[Claim, ...], pack: Pack = PACK) -> set[str]:
    by_province = "in_province" in pack.dimensions["place"].codes
    return {place_of(pack, c, by_province) for c in visits}


CLAIM_SHAPES: dict[str, Callable[[tuple[Claim, ...]], bool]] = {
    **{
        f"line shape {n}": lambda v, n=n: any(line.shape == n for line in _lines(v))
        for n in range(len(LINE_SHAPES))
    },
    **{
        f"{kind} {standing}": lambda v, kind=kind, standing=standing: any(
            c.kind == kind and any(s.code == standing for s in c.person.standings) for c in v
        )
        for kind in PACK.dimensions["kind"].codes
        for standing in PACK.dimensions["standing"].codes
    },
    **{place: lambda v, place=place: place in _places(v) for place in PACK.dimensions["place"].codes},
    **{
        f"given {layer.id}": lambda v, layer=layer: any(c.given.get(layer.id) for c in v)
        for layer in PACK.layers
    },
    "a whole refund": lambda v: any(
        one.refunds == other.id and one.amount == -other.amount != 0
        for c in v for one in c.lines for other in c.lines
    ),
    "part of a refund": lambda v: any(
        one.refunds == other.id and 0 < -one.amount < other.amount
        for c in v for one in c.lines for other in c.lines
    ),
    "consent": lambda v: any(line.consent and line.amount for line in _lines(v)),
    "approval": lambda v: any(c.excess_approved for c in v),
    "the deductible given": lambda v: any(c.given_deductible_met for c in v),
    "awaited": lambda v: any(c.awaiting for c in v),
    "one stay in parts": lambda v: len({c.episode_id for c in v}) < len(v),
    "several in a year": lambda v: len(v) > 3 and len(_years(v, PACK)) == 1,
    "two on one day": lambda v: any(a.settled.day == b.settled.day for a, b in pairwise(v)),
    "of age within the year": lambda v: len({c.settled.day.year - c.person.birth_date.year for c in v} & {18}) > 0,
    "a standing that ends": lambda v: any(s.span.end for c in v for s in c.person.standings),
    "another tier within the year": lambda v: len({c.person.insurance_tier for c in v}) > 1,
    "no lines": lambda v: any(not c.lines for c in v),
    "the cap of basic": lambda v: sum(line.amount for line in _lines(v)) > 80_000_00,
}  # fmt: skip


def test_claims_of_every_shape_are_generated() -> None:
    assert _missing(claims(PACK), CLAIM_SHAPES) == []


def test_claims_from_every_place_of_a_city_are_generated() -> None:
    shapes: dict[str, Callable[[Any], bool]] = {
        place: lambda v, place=place: place in _places(v, JIAMUSI)
        for place in JIAMUSI.dimensions["place"].codes
    }
    assert _missing(claims(JIAMUSI), shapes) == []
