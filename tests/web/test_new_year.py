"""One stay over New Year, settled in part in each of two benefit years: one deductible, two years of sums.

Amounts by hand, from the articles of the teaching pack, in the county, level 2 (level 3): a stay's deductible
is 300 (500), basic pays 80 % (60 %); of what basic leaves, the year's running total above 5,000, in 2025 above
6,000, is paid 60 %, above 30,000 70 %; of the rest dibao are paid 70 %, at most 10,000 a year; who is poor
bears at most 10 % of the total.
"""

from typing import Any

import pytest

from doudi_web.settlement.verify import verify
from web.people import standing
from web.service import Json, Service
from web.test_places import reverse

YEARS = (2024, 2025)


def registered(service: Service, person: str) -> None:
    """A dibao resident of the county of the teaching pack."""
    service.rows(
        "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('990101', '青禾', '')"
        " ON CONFLICT (code) DO UPDATE SET name = '青禾' RETURNING code"
    )
    stated = {
        "id": person, "birth_date": "1970-01-01", "district": "990101", "insurance_tier": "tier_1",
        "standings": [standing("dibao", "2023-01-01")],
    }  # fmt: skip
    token = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", token, {"persons": [stated]})[0] == 201


def part(visit: str, person: str, amount: str, settled: str, **more: Any) -> Json:
    """A part of the stay of that person that began on 20 December 2024, all of it 甲."""
    line = {
        "id": "1",
        "code": "A1",
        "class": "甲",
        "quantity": "1",
        "unit_price": amount,
        "amount": amount,
    }
    return {
        "visit_id": visit, "episode_id": f"E-{person}", "person": {"id": person}, "kind": "inpatient",
        "facility": {"code": "H2", "level": more.pop("level", 2), "district": "990101"},
        "admitted": "2024-12-20", "settled": settled, "lines": [line], **more,
    }  # fmt: skip


def settled(service: Service, *bills: Json) -> list[Json]:
    """The bills settled, in the order in which they are sent."""
    token, made = service.token(may_back_date=True), list[Json]()
    for one in bills:
        status, told = service.settle(token, one)
        assert (status, "provisional" in told) == (201, False), told
        made.append(told)
    return made


def shares(told: Json) -> tuple[str, ...]:
    """Deductible met; what basic, critical illness, assistance and the floor pay; what the patient bears."""
    layers = ("basic", "critical_illness", "medical_assistance", "floor")
    return told["deductible_met"], *(told["payments"][one] for one in layers), told["patient"]


def stay(told: Json) -> tuple[str, str]:
    moved = told["episode_accumulators"]["stay_deductible_met"]
    return moved["before"], moved["after"]


def sums(service: Service, person: str) -> list[Json]:
    """The person's sums of both years."""
    path = f"/api/v1/persons/{person}/accumulators?year="
    token = service.token("district_admin")
    return [service.ask("GET", f"{path}{year}", token)[1] for year in YEARS]


def holds(service: Service) -> bool:
    assert service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"))[0] == 200
    return verify().holds


def test_the_parts_of_a_stay_meet_one_deductible_together(service: Service) -> None:
    registered(service, "P1")
    first, second, third = settled(
        service,
        part("A1", "P1", "200.00", "2024-12-31"),
        part("B1", "P1", "1100.00", "2025-01-08"),
        part("C1", "P1", "500.00", "2025-01-20", discharged="2025-01-20"),
    )
    # 200 is all deductible; assistance 200 × 70 % = 140; of the 60 left 20 is borne, the floor pays 40
    assert shares(first) == ("200.00", "0.00", "0.00", "140.00", "40.00", "20.00")
    # 300 − 200 = 100 is left to meet; basic (1,100 − 100) × 80 % = 800; assistance 300 × 70 % = 210; 90 < 110
    assert shares(second) == ("100.00", "800.00", "0.00", "210.00", "0.00", "90.00")
    # nothing is left to meet; basic 500 × 80 % = 400; assistance 100 × 70 % = 70; 30 < 50
    assert shares(third) == ("0.00", "400.00", "0.00", "70.00", "0.00", "30.00")
    assert [stay(one) for one in (first, second, third)] == [
        ("0.00", "200.00"), ("200.00", "300.00"), ("300.00", "300.00"),
    ]  # fmt: skip
    assert sums(service, "P1") == [
        {"after_basic": "200.00", "assistance_paid": "140.00"},
        {"after_basic": "400.00", "assistance_paid": "280.00"},
    ]
    assert holds(service)


def test_each_part_stands_in_the_year_in_which_it_is_settled(service: Service) -> None:
    registered(service, "P2")
    summer = part("S2", "P2", "20500.00", "2024-06-05", episode_id="summer", admitted="2024-06-01")
    _, first, second = settled(
        service,
        # basic (20,500 − 300) × 80 % = 16,160; 4,340 < 5,000; assistance 4,340 × 70 % = 3,038
        summer,
        part("A2", "P2", "5000.00", "2024-12-31"),
        part("B2", "P2", "10000.00", "2025-01-08"),
    )
    # a deductible of its own; basic 4,700 × 80 % = 3,760; the year's total goes from 4,340 to 5,580:
    # 580 × 60 % = 348; assistance (1,240 − 348) × 70 % = 624.40; 267.60 < 500
    assert shares(first) == ("300.00", "3760.00", "348.00", "624.40", "0.00", "267.60")
    # met in the old year; basic 8,000; the new year's total is 2,000 < 6,000; assistance 1,400; 600 < 1,000
    assert shares(second) == ("0.00", "8000.00", "0.00", "1400.00", "0.00", "600.00")
    assert second["accumulators"]["after_basic"] == {"before": "0.00", "after": "2000.00"}
    assert [one["unverified"] for one in (first, second)] == [[], ["parameters.critical.threshold"]]
    assert sums(service, "P2") == [
        {"after_basic": "5580.00", "assistance_paid": "3662.40"},
        {"after_basic": "2000.00", "assistance_paid": "1400.00"},
    ]
    assert holds(service)


def test_a_cap_that_the_old_year_spent_is_whole_for_the_part_of_the_new(service: Service) -> None:
    registered(service, "P3")
    first, second = settled(
        service,
        part("A3", "P3", "100500.00", "2024-12-31", level=3),
        part("B3", "P3", "20000.00", "2025-01-09", level=3),
    )
    # basic 100,000 × 60 % = 60,000; of 40,500: 25,000 × 60 % + 10,500 × 70 % = 22,350; 18,150 × 70 % = 12,705, at
    # most 10,000; 8,150 < 10,050
    assert shares(first) == ("500.00", "60000.00", "22350.00", "10000.00", "0.00", "8150.00")
    # basic 12,000; of 8,000: 2,000 × 60 % = 1,200; 6,800 × 70 % = 4,760; 2,040 − 2,000 = 40 is the floor's
    assert shares(second) == ("0.00", "12000.00", "1200.00", "4760.00", "40.00", "2000.00")
    assert second["accumulators"]["assistance_paid"] == {"before": "0.00", "after": "4760.00"}
    assert holds(service)


def test_a_part_undone_leaves_the_other_year_and_gives_the_deductible_back_to_what_comes_next(
    service: Service,
) -> None:
    registered(service, "P4")
    token = service.token(may_back_date=True)
    first, _ = settled(
        service,
        part("A4", "P4", "5000.00", "2024-12-31"),
        part("B4", "P4", "10000.00", "2025-01-08"),
    )
    whole = sums(service, "P4")
    assert reverse(service, token, first, "a4")[0] == 201
    assert sums(service, "P4") == [
        {"after_basic": "0.00", "assistance_paid": "0.00"}, whole[1],
    ]  # fmt: skip
    # what is settled is not rewritten: the next part finds nothing met, and meets it:
    # basic (1,000 − 300) × 80 % = 560; assistance 440 × 70 % = 308; 132 − 100 = 32
    (third,) = settled(service, part("C4", "P4", "1000.00", "2025-01-20"))
    assert (stay(third), shares(third)) == (
        ("0.00", "300.00"), ("300.00", "560.00", "0.00", "308.00", "32.00", "100.00"),
    )  # fmt: skip
    # the first part anew, at its place: nothing is before it
    (again,) = settled(service, part("A4", "P4", "5000.00", "2024-12-31"))
    assert (shares(again), stay(again)) == (shares(first), ("0.00", "300.00"))
    assert sums(service, "P4")[0] == whole[0]
    assert holds(service)


def test_a_part_of_the_new_year_undone_leaves_the_old_year(service: Service) -> None:
    registered(service, "P5")
    token = service.token(may_back_date=True)
    _, second = settled(
        service, part("A5", "P5", "200.00", "2024-12-31"), part("B5", "P5", "1100.00", "2025-01-08")
    )
    before = sums(service, "P5")[0]
    status, undone = reverse(service, token, second, "b5")
    assert (status, undone["later"]) == (201, [])
    assert sums(service, "P5") == [
        before, {"after_basic": "0.00", "assistance_paid": "0.00"},
    ]  # fmt: skip
    (again,) = settled(service, part("B5", "P5", "1100.00", "2025-01-08"))
    assert (shares(again), stay(again)) == (shares(second), ("200.00", "300.00"))
    assert holds(service)


def test_the_part_of_the_new_year_is_named_behind_the_old_one(service: Service) -> None:
    registered(service, "P6")
    token = service.token(may_back_date=True)
    first, second = settled(
        service, part("A6", "P6", "200.00", "2024-12-31"), part("B6", "P6", "1100.00", "2025-01-08")
    )
    status, undone = reverse(service, token, first, "a6")
    assert (status, undone["later"]) == (201, [second["settlement_id"]])
    assert [one["settlement_id"] for one in undone["proposals"]] == [second["settlement_id"]]


@pytest.mark.parametrize(("settled_at", "year"), [
    ("2024-12-31T23:59:59+08:00", 2024), ("2024-12-31T16:00:00Z", 2025), ("2025-01-01", 2025),
])  # fmt: skip
def test_china_s_midnight_divides_the_years(service: Service, settled_at: str, year: int) -> None:
    person = f"P6-{settled_at[8:13]}"
    registered(service, person)
    (one,) = settled(service, part("A6" + person, person, "1000.00", settled_at))
    # basic 700 × 80 % = 560; assistance 440 × 70 % = 308
    assert one["accumulators"]["after_basic"] == {"before": "0.00", "after": "440.00"}
    assert [bool(found) for found in sums(service, person)] == [y == year for y in YEARS]
