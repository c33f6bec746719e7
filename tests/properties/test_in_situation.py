"""A policy told for a situation is the one that a bill in that situation is settled by."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import banan
import qinghe
from doudi.compile import Policy, compile_policy
from doudi.in_situation import Figure, Part, Row, RuleHere, Told, in_situation
from doudi.packs.expression import parse
from doudi.packs.model import Pack, Rule
from doudi.packs.spoken import spoken
from effort import PACKS
from plain import PlainVisit, read_plainly
from properties.years import Year, banan_years, generated_years


def _told(visit: PlainVisit) -> Told:
    codes = {name: visit.names[name] for name in visit.pack.dimensions}
    return Told(codes, visit.names["age"], visit.claim.major_disease)


def _policy(pack: Pack, visit: PlainVisit, made: dict[Any, Policy]) -> Policy:
    day = visit.claim.settled.day
    since = pack.dated_on(day)
    if since not in made:
        made[since] = compile_policy(pack, day)
    return made[since]


def _worth(one: Figure) -> Fraction | int | None:
    if one.worth is None:
        return None
    return Fraction(one.worth, one.type.scale) if one.type.scale > 1 else one.worth


def _hold(visit: PlainVisit, rule: Rule, here: RuleHere) -> None:
    """Each figure that is known is what the rule's own expression comes to on the bill."""
    formulas = {"rate": rule.rate}
    if rule.deductible is not None:
        formulas["deductible"] = rule.deductible.limit
    for number, band in enumerate(rule.bands.bands if rule.bands else (), 1):
        formulas[f"bands.{number}.from"] = band.start
        formulas[f"bands.{number}.rate"] = band.rate
    for key, formula in formulas.items():
        if formula is None:
            continue
        found = _worth(here.figures[key])
        event("known" if found is not None else "the bill decides")
        if found is not None:
            assert found == max(visit.worth(formula.tree), 0)
    if rule.cap is not None:
        cap, limit = here.figures["cap"], visit.worth(rule.cap.limit.tree)
        assert cap.is_unlimited == (limit is None)
        assert cap.worth is None or cap.worth == max(limit, 0)


def _of_the_bill(visit: PlainVisit, part: Part, row: Row) -> None:
    pack = visit.pack
    if part.id == "control":
        assert pack.control is not None
        (here,) = row.rules
        applies = bool(visit.worth(pack.control.applies.tree))
        assert here.holds in (applies, None)
        limit = _worth(here.figures["limit"])
        assert limit is None or limit == visit.worth(pack.control.limit.tree)
        return
    if part.id == "floor":
        assert pack.floor is not None
        applies = bool(visit.worth(pack.floor.when.tree))
        assert [r.holds for r in row.rules] in ([True] if applies else [], [None])
        share = _worth(row.rules[0].figures["share"]) if row.rules else None
        assert share is None or share == visit.worth(pack.floor.share.tree)
        return
    (layer,) = [la for la in pack.layers if la.id == part.id]
    applied = visit.applied.get(layer.id)
    names = [r.name for r in row.rules]
    if applied is None:
        assert all(r.holds is None for r in row.rules)
        return
    assert applied.rule in names
    before = row.rules[: names.index(applied.rule)]
    assert all(r.holds is None for r in before)
    (rule,) = [r for r in layer.rules if r.name == applied.rule]
    _hold(visit, rule, row.rules[names.index(applied.rule)])


# Catches a rule told that is not the one applied, a rate by another table or day, a sum told for another.
@pytest.mark.parametrize(
    "years", [banan_years(), generated_years()], ids=["Banan", "generated packs"]
)
@PACKS
@given(data=st.data())
def test_what_is_told_is_what_a_bill_in_that_situation_is_settled_by(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year = data.draw(years)
    made: dict[Any, Policy] = {}
    for visit in read_plainly(year.pack, year.claims):
        for part in in_situation(_policy(year.pack, visit, made), _told(visit)):
            assert part.by == ()
            (row,) = part.rows
            _of_the_bill(visit, part, row)


def _matches(row: Row, told: Told) -> bool:
    facts = {**told.codes, "major_disease": str(told.major_disease).lower()}
    for name, code in row.codes:
        if name == "age":
            first, _, last = code.partition("-")
            assert told.age is not None
            if not int(first) <= told.age <= int(last or 200):
                return False
        elif facts[name] != code:
            return False
    return True


def _shown(row: Row) -> list[Any]:
    return [
        (r.name, r.holds, {k: (f.text, f.is_unlimited) for k, f in r.figures.items()})
        for r in row.rules
    ]


# Catches a code left out of a table although it matters, or rows that do not divide all situations.
@pytest.mark.parametrize(
    "years", [banan_years(), generated_years()], ids=["Banan", "generated packs"]
)
@PACKS
@given(data=st.data())
def test_of_what_is_not_told_one_row_is_that_of_the_bill(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year = data.draw(years)
    made: dict[Any, Policy] = {}
    for visit in read_plainly(year.pack, year.claims[:2]):
        told, policy = _told(visit), _policy(year.pack, visit, made)
        kept = {n: c for n, c in told.codes.items() if data.draw(st.booleans())}
        whole = in_situation(policy, told)
        for part, known in zip(in_situation(policy, Told(kept)), whole, strict=True):
            assert not {*part.by} & {*kept}
            (row,) = [r for r in part.rows if _matches(r, told)]
            assert _shown(row) == _shown(known.rows[0])


def test_a_sum_of_points_is_told_as_it_is_made() -> None:
    told = Told(
        {"standing": "dibao", "kind": "inpatient", "level": "2", "place": "in_district", "tier": "tier_1"},
        30, False,
    )  # fmt: skip
    parts = {p.id: p for p in in_situation(banan.POLICY, told)}
    rate = parts["basic"].rows[0].rules[0].figures["rate"]
    assert (rate.text, rate.working) == ("70%", "60% + 10%")
    child = Told({**told.codes, "place": "referred"}, 10, False)
    (basic, *_) = in_situation(banan.POLICY, child)
    rate = basic.rows[0].rules[0].figures["rate"]
    assert (rate.text, rate.working) == ("58.5%", "(60% + 5%) × 90%")
    assert [u.name for u in rate.used if u.source.status == "unverified"] == [
        "basic.rate", "basic.minor_age", "basic.minor_points", "basic.place_factor",
    ]  # fmt: skip


def test_a_bound_that_holds_a_sum_back_is_told() -> None:
    stated = banan.document()
    values = stated["parameters"]["basic.poor_points"]["values"]
    values["2019-01-01"] = "50%"
    told = Told(
        {"standing": "dibao", "kind": "inpatient", "level": "2", "place": "in_district", "tier": "tier_1"},
        30, False,
    )  # fmt: skip
    (basic, *_) = in_situation(banan.policy_of(stated), told)
    rate = basic.rows[0].rules[0].figures["rate"]
    assert (rate.text, rate.working) == ("100%", "min(60% + 50%, 100%)")


# Catches an open cell told like a value of 0, because its stand-in is 0.
def test_an_open_cell_is_never_told_like_a_value() -> None:
    stated = qinghe.document()
    stated["parameters"]["assistance.rate"]["values"] = {
        "2024-01-01": {"destitute": "0%", "dibao": "open", "monitored": "0%", "ordinary": "0%"}
    }
    day = qinghe.PACK.valid.start
    parts = in_situation(compile_policy(qinghe.pack_of(stated), day), Told({"kind": "inpatient"}))
    (aid,) = [p for p in parts if p.id == "medical_assistance"]
    assert aid.by == ("standing",)
    found = {
        row.codes[0][1]: [(r.figures["rate"].text, r.figures["rate"].is_open) for r in row.rules]
        for row in aid.rows
    }
    assert found == {
        "destitute": [("0%", False)], "dibao": [("0%", True)], "monitored": [("0%", False)], "ordinary": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("in_scope - basic - critical_illness", "政策范围内的费用减基本医保已付减大病保险已付"),
        ("in_scope - (basic + critical_illness)", "政策范围内的费用减（基本医保已付加大病保险已付）"),
        ("poor and place = in_district", "人员身份是特困、低保、监测对象，并且就医地点是县内"),
        ("level = 2 and (level = 1 or age < 18)", "医院等级是二级，并且（医院等级是一级，或者年龄不到18）"),
        ("standing not in [ordinary]", "人员身份不是一般人员"),
        ("min(basic.rate, 100%)", "（住院支付比例与100%中较小的）"),
        ("out_of_scope", "全自费加超限价"),
        ("(basic.rate + basic.outpatient_rate) * assistance.rate", "（住院支付比例加门诊支付比例）乘医疗救助比例"),
    ],
)  # fmt: skip
def test_an_expression_is_said_in_words(formula: str, words: str) -> None:
    assert spoken(qinghe.PACK, parse(formula)) == words


def test_a_figure_that_no_bill_changes_is_told_whatever_is_not_told() -> None:
    """It was left empty where the first of the codes that make no difference asks for an amount of the bill."""
    codes = {
        "standing": "dibao",
        "kind": "outpatient",
        "level": "2",
        "place": "in_district",
        "tier": "tier_1",
    }
    stated = banan.document()
    stated["amounts"]["basic_rate"] = "basic.outpatient_rate"  # nothing else asks for the age
    rule = banan.layer(stated, "basic")["rules"][3]
    plain = {p.id: p for p in in_situation(banan.policy_of(stated), Told(codes))}
    nothing = "when((age < basic.minor_age) and (out_of_catalogue > critical.threshold), 0%, 0%)"
    rule["rate"] = f"{rule['rate']} + {nothing}"
    parts = {p.id: p for p in in_situation(banan.policy_of(stated), Told(codes))}
    assert parts["basic"].by == ()
    assert _shown(parts["basic"].rows[0]) == _shown(plain["basic"].rows[0])
