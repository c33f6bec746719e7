"""Banan 2019 as an OpenFisca tax and benefit system (PyPI ``OpenFisca-Core``).

One ``person`` of the population is one visit; every variable is defined for a day, the day of
settlement. Figures are parameters in force from 2019-01-01 to 2020-01-01, layers are variables with
formulas. Amounts are ``value_type = float`` as in a country package, which OpenFisca keeps in
float32. They are counted in fen, not yuan: whole fen are exact in float32 up to 16,777,216 (about
167,772 yuan), hundredths of a yuan hardly anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from openfisca_core import periods
from openfisca_core.entities import build_entity
from openfisca_core.model_api import DAY, Enum, ParameterNode, Variable, max_, min_, where
from openfisca_core.periods import Period
from openfisca_core.populations import Population
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

Array = numpy.ndarray[Any, Any]
Parameters = Callable[[Period], Any]

SETTLED = periods.period("2019-06-01")
PAYERS = ("basic", "critical_illness", "medical_assistance", "hospital", "floor", "patient")
RESULT = ("deductible_met", *PAYERS)

person_entity = build_entity(
    key="person", plural="persons", label="A person on the day of one settlement", is_person=True
)


# Parameters.


def _in_force(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {name: _in_force(child) for name, child in value.items()}
    return {"values": {"2019-01-01": {"value": value}, "2020-01-01": {"value": None}}}


PARAMETERS = _in_force(
    {
        "basic": {
            "rate": {
                "tier_1": {"level_1": 0.80, "level_2": 0.60, "level_3": 0.40},
                "tier_2": {"level_1": 0.85, "level_2": 0.65, "level_3": 0.45},
            },
            "outpatient_rate": {"level_1": 0.60, "level_2": 0.40, "level_3": 0.0},
            "deductible": {"level_1": 100_00, "level_2": 300_00, "level_3": 800_00},
            "place_factor": {"in_district": 1.0, "referred": 0.9, "unreferred": 0.7},
            "minor_age": 18,
            "minor_points": 0.05,
            "poor_points": 0.10,
            "poor_points_highest_level": 2,
            "cap": {"tier_1": 80_000_00, "tier_2": 120_000_00},
            "outpatient_cap": {"tier_1": 300_00, "tier_2": 500_00},
            "chronic_cap": 1_000_00,
        },
        "critical_illness": {
            "threshold": {"ordinary": 13_608_00, "poor": 6_804_00},
            "rate": {"ordinary": 0.60, "poor": 0.65},
            "cap": 200_000_00,
        },
        "medical_assistance": {
            "rate": {"destitute": 1.0, "dibao": 0.7, "registered_poor": 0.6, "ordinary": 0.0},
            "cap": {"ordinary": 6_000_00, "major": 100_000_00},
        },
        "control": {"share": 0.10},
        "floor": {"share": {"inpatient": 0.10, "other": 0.20}},
    }
)


# What a visit brings.


class Tier(Enum):
    tier_1 = "一档"
    tier_2 = "二档"


class Kind(Enum):
    inpatient = "住院"
    chronic_outpatient = "慢性病门诊"
    major_outpatient = "重大疾病门诊"
    outpatient = "普通门诊"


class Place(Enum):
    in_district = "区内"
    referred = "转诊"
    unreferred = "未转诊"


class Standing(Enum):
    destitute = "特困"
    dibao = "低保"
    registered_poor = "建卡贫困户"
    ordinary = "普通"


def _input(name: str, value_type: type, label: str, default: Any = None) -> type[Variable]:
    """A variable without a formula; ``default`` is a member where the type is an enumeration."""
    attributes = {
        "value_type": value_type,
        "entity": person_entity,
        "definition_period": DAY,
        "label": label,
    }
    if default is not None:
        attributes |= {"possible_values": type(default), "default_value": default}
    return type(name, (Variable,), attributes)


FACTS = (
    _input("level", int, "Level of the hospital, 1 to 3"),
    _input("age", int, "Age on the day of settlement"),
    _input("tier", Enum, "Insurance tier", Tier.tier_1),
    _input("kind", Enum, "Kind of the visit", Kind.inpatient),
    _input("place", Enum, "Where the visit was", Place.in_district),
    _input("standing", Enum, "Standing of the person", Standing.ordinary),
    _input("major_disease", bool, "Listed major disease"),
    _input("out_of_catalogue", float, "Out of the catalogue, fen"),
    _input("over_ceiling", float, "Above the price ceiling, fen"),
    _input("in_scope", float, "In scope, fen"),
    _input("total", float, "Total of the bill, fen"),
)
ACCUMULATORS = (
    _input("basic_paid", float, "Basic paid this year, fen"),
    _input("chronic_paid", float, "Basic paid this year, chronic outpatient, fen"),
    _input("outpatient_paid", float, "Basic paid this year, ordinary outpatient, fen"),
    _input("major_deductible_met", float, "Deductible met this year, major outpatient, fen"),
    _input("after_basic", float, "Left after basic this year, fen"),
    _input("critical_illness_paid", float, "Critical illness paid this year, fen"),
    _input("assistance_ordinary_paid", float, "Assistance paid this year, ordinary, fen"),
    _input("assistance_major_paid", float, "Assistance paid this year, major disease, fen"),
    _input("stay_deductible_met", float, "Deductible met by this stay so far, fen"),
)


# The layers.


def half_up(amount: Array) -> Array:
    return numpy.floor(amount + 0.5)


def by_level(levels: Array, node: Any) -> Array:
    # For one visit ``where`` costs a quarter of ``switch``, a fifth of indexing with the array.
    return where(levels == 1, node.level_1, where(levels == 2, node.level_2, node.level_3))


class poor(Variable):
    value_type = bool
    entity = person_entity
    definition_period = DAY
    label = "Has a standing of the poor"

    def formula(person: Population, period: Period) -> Array:
        return person("standing", period) != Standing.ordinary


class deductible_met(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "Deductible that this visit meets, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        visit = person("kind", period)
        deductible = by_level(person("level", period), parameters(period).basic.deductible)
        left = where(
            visit == Kind.inpatient,
            deductible - person("stay_deductible_met", period),
            where(
                visit == Kind.major_outpatient,
                deductible - person("major_deductible_met", period),
                0,
            ),
        )
        return min_(max_(left, 0), person("in_scope", period))


class basic(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "1 Basic insurance, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        p = parameters(period).basic
        levels = person("level", period)
        visit = person("kind", period)
        where_to = person("place", period)
        first_tier = person("tier", period) == Tier.tier_1
        in_district = where_to == Place.in_district
        outpatient = visit == Kind.outpatient

        points = p.minor_points * (person("age", period) < p.minor_age) + p.poor_points * (
            person("poor", period) * in_district * (levels <= p.poor_points_highest_level)
        )
        usual = where(first_tier, by_level(levels, p.rate.tier_1), by_level(levels, p.rate.tier_2))
        local = where(outpatient, by_level(levels, p.outpatient_rate), usual + points)
        factor = where(
            in_district,
            p.place_factor.in_district,
            where(where_to == Place.referred, p.place_factor.referred, p.place_factor.unreferred),
        )
        rate = min_(local * factor, 1)

        left = where(
            outpatient,
            where(first_tier, p.outpatient_cap.tier_1, p.outpatient_cap.tier_2)
            - person("outpatient_paid", period),
            where(
                visit == Kind.chronic_outpatient,
                p.chronic_cap - person("chronic_paid", period),
                where(first_tier, p.cap.tier_1, p.cap.tier_2) - person("basic_paid", period),
            ),
        )
        base = person("in_scope", period) - person("deductible_met", period)
        return min_(half_up(base * rate), max_(left, 0))


class critical_illness(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "2 Critical illness insurance, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        p = parameters(period).critical_illness
        is_poor = person("poor", period)
        threshold = where(is_poor, p.threshold.poor, p.threshold.ordinary)
        rate = where(is_poor, p.rate.poor, p.rate.ordinary)
        before = person("after_basic", period)
        after = before + person("in_scope", period) - person("basic", period)
        amount = half_up(max_(after - threshold, 0) * rate) - half_up(
            max_(before - threshold, 0) * rate
        )
        left = max_(p.cap - person("critical_illness_paid", period), 0)
        covered = person("kind", period) != Kind.outpatient
        return covered * where(is_poor, amount, min_(amount, left))


class medical_assistance(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "3 Medical assistance, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        p = parameters(period).medical_assistance
        status = person("standing", period)
        visit = person("kind", period)
        base = (
            person("in_scope", period)
            - person("basic", period)
            - person("critical_illness", period)
        )
        destitute = status == Standing.destitute
        rate = where(
            destitute,
            p.rate.destitute,
            where(
                status == Standing.dibao,
                p.rate.dibao,
                where(status == Standing.registered_poor, p.rate.registered_poor, p.rate.ordinary),
            ),
        )
        amount = half_up(base * rate)
        major = (visit == Kind.major_outpatient) + (
            (visit == Kind.inpatient) * person("major_disease", period)
        )
        left = where(
            major,
            p.cap.major - person("assistance_major_paid", period),
            p.cap.ordinary - person("assistance_ordinary_paid", period),
        )
        covered = visit != Kind.outpatient
        return covered * where(destitute, amount, min_(amount, max_(left, 0)))


class left_after_funds(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "What the funds leave of the bill, fen"

    def formula(person: Population, period: Period) -> Array:
        return (
            person("total", period)
            - person("basic", period)
            - person("critical_illness", period)
            - person("medical_assistance", period)
        )


class hospital(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "5 Out-of-catalogue excess that the hospital bears, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        limit = numpy.floor(person("total", period) * parameters(period).control.share)
        excess = max_(
            person("out_of_catalogue", period) + person("over_ceiling", period) - limit, 0
        )
        moved = (
            person("poor", period)
            * (person("place", period) == Place.in_district)
            * (person("kind", period) != Kind.outpatient)
        )
        return moved * min_(excess, person("left_after_funds", period))


class floor(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "6 Government floor fund, fen"

    def formula(person: Population, period: Period, parameters: Parameters) -> Array:
        p = parameters(period).floor.share
        visit = person("kind", period)
        share = where(visit == Kind.inpatient, p.inpatient, p.other)
        limit = numpy.floor(person("total", period) * share)
        left = person("left_after_funds", period) - person("hospital", period)
        floored = (
            person("poor", period)
            * (person("place", period) != Place.unreferred)
            * (visit != Kind.outpatient)
        )
        return floored * max_(left - limit, 0)


class patient(Variable):
    value_type = float
    entity = person_entity
    definition_period = DAY
    label = "What the patient pays, fen"

    def formula(person: Population, period: Period) -> Array:
        return (
            person("left_after_funds", period)
            - person("hospital", period)
            - person("floor", period)
        )


def tax_benefit_system() -> TaxBenefitSystem:
    """The system with its parameters and variables, built once."""
    system = TaxBenefitSystem([person_entity])
    system.parameters = ParameterNode("", data=PARAMETERS)
    system.add_variables(*FACTS, *ACCUMULATORS)
    system.add_variables(poor, deductible_met, basic, critical_illness, medical_assistance)
    system.add_variables(left_after_funds, hospital, floor, patient)
    return system


class OpenFiscaPeer:
    """The system built once; a simulation for each visit, or one for many."""

    def __init__(self) -> None:
        self._system = tax_benefit_system()

    def settle(self, visit: dict[str, Any]) -> dict[str, int]:
        """Settle one visit in a simulation of its own, as a service would."""
        return self.settle_many([visit])[0]

    def settle_many(self, visits: Sequence[dict[str, Any]]) -> list[dict[str, int]]:
        """Settle many visits, of different persons, in one vectorised simulation."""
        simulation = self._simulation(visits)
        columns = [
            numpy.rint(simulation.calculate(name, SETTLED)).astype(numpy.int64).tolist()
            for name in RESULT
        ]
        return [dict(zip(RESULT, row, strict=True)) for row in zip(*columns, strict=True)]

    def _simulation(self, visits: Sequence[dict[str, Any]]) -> Simulation:
        simulation = SimulationBuilder().build_default_simulation(self._system, len(visits))
        for variable in FACTS:
            name = variable.__name__
            simulation.set_input(name, SETTLED, [visit[name] for visit in visits])
        for variable in ACCUMULATORS:
            name = variable.__name__
            values = [visit["accumulators"][name] for visit in visits]
            simulation.set_input(name, SETTLED, values)
        return simulation
