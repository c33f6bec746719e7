"""A pack that compiles settles every claim: an odd formula is refused with a fault, or does no harm.

Each is a rule that a pack author could write by mistake. Whether it is refused when it is compiled or held
within bounds when it runs is the engine's choice; to stop on a bill, or to pay what is not there, is not.
"""

from collections.abc import Callable
from typing import Any

import pytest

from banan import Bill, Document, bill, claims_of, document, layer, line, pack_of, settle_one
from banan import settled as settle_all
from doudi.compile import compile_policy
from doudi.dates import date
from doudi.errors import Faulty
from doudi.packs.model import Pack

BASIC, CRITICAL = "basic", "critical_illness"
SMALL = bill(line("100.00"), line("900.00", "丙", "L2"))
LARGE = bill(line("60000.00"), standing=None)
PARAMETER = {
    "title": "x",
    "unit": "yuan",
    "cite": "sources/rules.md#费用分解",
    "status": "declared",
}


def _yuan(stated: Document, **amounts: str) -> None:
    for name, amount in amounts.items():
        stated["parameters"][name] = {**PARAMETER, "values": {"2019-01-01": amount}}


def _base_beside_a_clamp(stated: Document) -> None:
    base = "pos(in_scope - out_of_catalogue) + out_of_catalogue"
    layer(stated, BASIC)["rules"][0]["base"] = base


def _negative_deductible(stated: Document) -> None:
    limit = "basic.chronic_cap - basic.cap"
    layer(stated, BASIC)["rules"][0]["deductible"] = {"limit": limit}


def _negative_limit_of_the_patient(stated: Document) -> None:
    stated["floor"]["patient_at_most"]["of"] = "in_scope - out_of_catalogue"


def _negative_limit_of_control(stated: Document) -> None:
    stated["control"]["of"] = "in_scope - out_of_catalogue"


def _negative_measure(stated: Document) -> None:
    stated["control"]["measure"] = "out_of_catalogue - total"


def _negative_cap(stated: Document) -> None:
    layer(stated, BASIC)["rules"][0]["cap"]["limit"] = "basic.chronic_cap - basic.cap"


def _bands_from_the_bill(stated: Document) -> None:
    layer(stated, CRITICAL)["rules"][0]["bands"]["bands"] = [
        {"from": "in_scope", "rate": "critical.rate"},
        {"from": "critical.threshold", "rate": "100%"},
    ]


def _bands_from_a_running_sum(stated: Document) -> None:
    layer(stated, CRITICAL)["rules"][0]["bands"]["bands"] = [
        {"from": "critical.threshold", "rate": "critical.rate"},
        {"from": "critical_illness_paid", "rate": "100%"},
    ]


def _bands_from_a_share(stated: Document) -> None:
    layer(stated, CRITICAL)["rules"][0]["bands"]["bands"] = [
        {"from": "share(critical.threshold, 100%, down)", "rate": "critical.rate"},
        {"from": "basic.chronic_cap", "rate": "100%"},
    ]


def _ties_to_even_below_a_full_rate(stated: Document) -> None:
    _yuan(stated, first="0", second="0.01")
    layer(stated, BASIC)["rules"][0]["rate"] = "0%"
    rule = layer(stated, CRITICAL)["rules"][0]
    rule["bands"]["bands"] = [
        {"from": "first", "rate": "floor.share"},
        {"from": "second", "rate": "100%"},
    ]
    stated["parameters"]["floor.share"]["values"]["2019-01-01"] = dict.fromkeys(
        ("inpatient", "chronic_outpatient", "major_outpatient", "outpatient"), "50%"
    )
    rule["round"] = "half_even"


FENS = [bill(line("0.01"), visit_id=f"V{n}", sequence=n) for n in range(3)]
ODD: list[tuple[Callable[[Document], None], list[Bill]]] = [
    (_base_beside_a_clamp, [SMALL]),
    (_negative_deductible, [SMALL]),
    (_negative_limit_of_the_patient, [SMALL]),
    (_negative_limit_of_control, [SMALL]),
    (_negative_measure, [SMALL]),
    (_negative_cap, [SMALL]),
    (_bands_from_the_bill, [LARGE]),
    (_bands_from_a_running_sum, [LARGE, {**LARGE, "visit_id": "W", "sequence": 1}]),
    (_bands_from_a_share, [LARGE]),
    (_ties_to_even_below_a_full_rate, FENS),
]


def _compiled(change: Callable[[Document], None]) -> Pack | None:
    """The changed pack; None where it is refused."""
    stated = document()
    change(stated)
    try:
        pack = pack_of(stated)
        compile_policy(pack, date(2019, 6, 13))
    except Faulty:
        return None
    return pack


@pytest.mark.parametrize(("change", "bills"), ODD, ids=[change.__name__[1:] for change, _ in ODD])
def test_an_odd_formula_is_refused_or_does_no_harm(
    change: Callable[[Document], None], bills: list[Bill]
) -> None:
    pack = _compiled(change)
    if pack is None:
        return
    for s in settle_all(pack, claims_of(*bills)):
        assert min(*s.payments.values(), s.hospital, s.patient) >= 0
        assert s.total == sum(s.payments.values()) + s.hospital + s.patient
        assert s.patient_limit is None or 0 <= s.patient <= s.patient_limit
        assert s.control is not None
        assert s.hospital <= s.control.excess <= max(s.control.measured, 0)


# ------------------------------------------------------------------------------ size and depth


def _written(text: str, section: str, name: str, **more: str) -> Callable[[Document], None]:
    def change(stated: Document) -> None:
        stated[section] |= {**more, name: text}

    return change


def _doubled(operator: str, count: int) -> Callable[[Document], None]:
    """A rate of a rate of a rate: each short, all together 2^count long."""

    def change(stated: Document) -> None:
        stated["amounts"]["r0"] = "basic.rate"
        for n in range(count):
            stated["amounts"][f"r{n + 1}"] = operator.format(f"r{n}")
        layer(stated, BASIC)["rules"][0]["rate"] = f"r{count}"

    return change


# Catches a compiler that runs out of stack, time or memory on a pack that anyone may bring.
@pytest.mark.parametrize(
    "change",
    [
        _written("not " * 400 + "standing = dibao", "groups", "poor"),
        _written(" + ".join(["z"] * 450), "amounts", "out_of_scope", z="out_of_catalogue"),
        _written("+".join(["z"] * 1000), "amounts", "out_of_scope", z="out_of_catalogue"),
        _doubled("max({0}, {0})", 24),
        _doubled("{0} * {0}", 22),
        _doubled("min({0} + {0}, 100%)", 24),
    ],
    ids=["400 nots", "450 terms", "1000 terms", "2^24 by max", "2^22 by product", "2^24 by sum"],
)
def test_a_pack_of_any_size_is_compiled_or_refused_in_time(
    change: Callable[[Document], None], in_time: Callable[[int], Any]
) -> None:
    with in_time(3):
        _compiled(change)


# ------------------------------------------------------------------------------------- consent


def _leaves(measure: str) -> Pack:
    stated = document()
    stated["control"]["consented"]["value"] = "leaves"
    stated["control"]["measure"] = measure
    return pack_of(stated)


# Catches a measure of which only some names leave: the same amount may be written in several ways.
@pytest.mark.parametrize(
    "measure",
    ["out_of_scope", "out_of_catalogue + over_ceiling", "total - in_scope - first_self_pay"],
)
def test_what_the_patient_signed_for_leaves_the_measure_however_it_is_written(measure: str) -> None:
    lines = (
        line("900.00"),
        line("500.00", "丙", "L2"),
        line("100.00", "丙", "L3", consent=True),
    )
    control = settle_one(_leaves(measure), bill(*lines)).control
    assert control is not None
    assert control.measured == 500_00


# Catches a refund that is not tied to what it takes back: the measure would fall twice.
def test_a_refund_of_what_the_patient_signed_for_leaves_the_measure_too() -> None:
    back = {"id": "R", "code": "C1", "quantity": "-1", "unit_price": "100.00", "amount": "-100.00"}
    lines = (
        line("900.00"),
        line("500.00", "丙", "L2"),
        line("100.00", "丙", "L3", consent=True),
        {**back, "refunds": "L3"},
    )
    control = settle_one(_leaves("out_of_scope"), bill(*lines)).control
    assert control is not None
    assert control.measured == 500_00


# --------------------------------------------------------------------------------------- names


def _level_code(code: str, used: str) -> Callable[[Document], None]:
    """Level 1 is called something else."""

    def renamed(table: dict[str, Any]) -> dict[str, Any]:
        return {code if key == "1" else key: cell for key, cell in table.items()}

    def change(stated: Document) -> None:
        level = stated["dimensions"]["level"]
        level["codes"] = renamed(level["codes"])
        for name in ("basic.deductible", "basic.outpatient_rate", "control.limit"):
            values = stated["parameters"][name]["values"]
            values["2019-01-01"] = renamed(values["2019-01-01"])
        tiers = stated["parameters"]["basic.rate"]["values"]["2019-01-01"]
        for tier in tiers:
            tiers[tier] = renamed(tiers[tier])
        stated["amounts"]["basic_rate"] = stated["amounts"]["basic_rate"].replace(
            "level in [1, 2]", used
        )

    return change


# Catches a code that the language takes for a word of its own, or for a number.
@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("value", "level in [value, 2]"),
        ("001", "level in [001, 2]"),
        ("001", "(level = 001 or level = 2)"),
        ("min", "level in [min, 2]"),
        ("A1", "level in [A1, 2]"),
    ],
)
def test_a_code_may_be_any_word_or_number(code: str, used: str) -> None:
    pack = _compiled(_level_code(code, used))
    assert pack is not None
    settled = settle_one(pack, bill(line("1000.00"), level=code))
    assert settled.payments["basic"] == 810_00


# Catches a name of a pack's own that is taken for one of the engine's facts.
@pytest.mark.parametrize("name", ["excess_approved", "ward"])
def test_a_dimension_may_have_any_name(name: str) -> None:
    def change(stated: Document) -> None:
        stated["dimensions"][name] = {
            "title": "病区",
            "of": "bill.attributes.ward",
            "codes": {"a": "甲", "b": "乙", "c": "丙"},
            "otherwise": "a",
        }
        stated["control"] |= {"excess": "approval", "applies": f"{name} = c"}

    pack = _compiled(change)
    if pack is None:
        return
    settled = settle_one(pack, {**SMALL, "attributes": {"ward": "c"}})
    assert settled.control is not None
    assert settled.control.applies
