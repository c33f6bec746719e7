"""What a district hands to the city: sums that close, nobody's own visits; what a city takes in, and shows."""

import random
from fractions import Fraction

import psycopg
import pytest

from doudi_web.indicators import keeping
from doudi_web.indicators.suppression import LEAST, hidden
from web.deliveries import delivery, signed, sums
from web.figures_at_hand import HOME, World
from web.service import Json, Service

CODES = {"S702", "S703", "S704", "S705", "S706", "S707", "F201", "F203"}
PATH = "/api/v1/city/deliveries"


def take(service: Service, made: Json) -> tuple[int, list[str], Json]:
    status, told = service.ask("POST", PATH, service.token("district_admin"), made)
    return status, [f["code"] for f in told.get("faults", ())], told


def city(service: Service, query: str = "?year=2019") -> Json:
    status, told = service.ask("GET", f"/api/v1/city{query}", service.token("city_viewer"))
    assert status == 200, told
    return told


def test_a_second_delivery_takes_the_place_of_the_first_which_stays(service: Service) -> None:
    first = delivery("500101")
    assert take(service, first)[:2] == (201, [])
    assert take(service, first)[:2] == (200, [])
    later = delivery(
        "500101", as_of="2019-12-04T08:00:00+08:00", people={"poor": 1, "with_doctor": 1}
    )
    assert take(service, later)[:2] == (201, [])
    assert take(service, first)[:2] == (409, ["S706"])
    (group,) = [g for g in city(service)["groups"] if g["districts"][0]["code"] == "500101"]
    assert (group["name"], group["districts"][0]["name"]) == ("渝东北三峡库区城镇群", "万州区")
    assert (group["districts"][0]["poor"], group["districts"][0]["deliveries"]) == (1, 2)
    assert service.rows("SELECT count(*) FROM indicators_delivery WHERE district = '500101'") == [
        (2,)
    ]


@pytest.mark.parametrize(
    ("made", "codes"),
    [
        ({"form": "other/2"}, ["S702"]),
        ({**delivery(), "people": {"poor": 0, "with_doctor": 0}}, ["S703"]),
        (delivery("999999"), ["S705"]),
        (delivery(inpatient={**sums(60, 6_000, 540, 2), "patient": "541.00"}), ["S704", "S704", "S704"]),
        (delivery(inpatient=sums(60, 6_000, 540, 61)), ["S704", "S704", "S704"]),
        (delivery(residents={"visits": 120, "inside": 121}), ["S704", "S704", "S704"]),
        (delivery(months=[]), ["S704"] * 11),
        (delivery(district=5, year=True, as_of="x", people=None), ["F203"] * 3 + ["F201", "F203"]),
        (delivery(inpatient={"visits": -1}, months="x", floor={"spent": "1"}), ["F203"] * 3),
        (delivery(standings=[5]), ["F201"]),
        ([], ["S702"]),
    ],
)  # fmt: skip
def test_what_does_not_close_is_not_taken(service: Service, made: Json, codes: list[str]) -> None:
    before = service.rows("SELECT count(*) FROM indicators_delivery")
    assert take(service, made)[:2] == (422, codes)
    assert service.rows("SELECT count(*) FROM indicators_delivery") == before


def test_hidden_parts_may_be_less_than_the_whole_and_never_more(service: Service) -> None:
    made = delivery("500102")
    parts = [{**part, "inpatient": None} for part in made["standings"]]
    assert take(service, signed({**made, "standings": parts}))[:2] == (201, [])
    parts[0]["inpatient"] = sums(61, 6_000, 540, 2)
    assert take(service, signed({**made, "standings": parts}))[:2] == (422, ["S704"])


def test_groups_are_sums_of_what_is_told(service: Service) -> None:
    assert take(service, delivery("500240"))[0] == 201
    few = delivery(
        "500241", inpatient=None, standings=[], months=[], chronic=sums(0, 0, 0), residents=None
    )
    assert take(service, few)[:2] == (201, [])
    (group,) = [g for g in city(service)["groups"] if g["name"] == "渝东南武陵山区城镇群"]
    assert [line["code"] for line in group["districts"]] == ["500240", "500241"]
    assert group["districts"][1]["inpatient"] is None
    whole = group["whole"]
    assert (whole["inpatient"]["visits"], whole["inpatient"]["share"], whole["lacking"]) == (
        60,
        "0.0900",
        1,
    )
    one = city(service, "?year=2019&standing=destitute")
    (group,) = [g for g in one["groups"] if g["name"] == "渝东南武陵山区城镇群"]
    assert group["districts"][0]["inpatient"]["visits"] == 20


@pytest.mark.parametrize("seed", range(200))
def test_nothing_that_is_hidden_can_be_had_from_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    counts = {
        f"g{n}": chance.choice((0, 1, 3, 9, 10, 12, 40, 500)) for n in range(chance.randint(1, 7))
    }
    gone = hidden(counts)
    small = {key for key, count in counts.items() if 0 < count < LEAST}
    assert small <= gone
    assert bool(gone) is bool(small)
    together = sum(counts[key] for key in gone)
    if gone and sum(counts.values()) >= LEAST:
        assert len(gone) >= 2  # one equation, two unknowns: neither follows
        assert Fraction(together) >= LEAST or gone == {k for k, n in counts.items() if n}
    assert all(counts[key] for key in gone)


@pytest.fixture(scope="module")
def world(service: Service) -> World:
    made = World(service, random.Random(5))
    made.people(9)
    return made


def test_what_the_district_hands_in_is_its_figures_with_small_groups_hidden(
    world: World, service: Service
) -> None:
    for number in range(14):
        made = world.settle(person="FP1", facility="F1", kind="inpatient")
        assert made["standing"] == "dibao", number
    for _ in range(3):
        world.settle(person="FP0", facility="X1", kind="inpatient")
    for _ in range(30):
        world.settle(person="FP2", facility="F2", kind="inpatient")
    told = world.told("GET", "/api/v1/indicators/delivery?year=2019")
    rows = [c for c in world.standing_rows() if c.standing]
    inpatient = [c for c in rows if c.kind == "inpatient"]
    assert told["district"] == HOME
    assert told["inpatient"]["visits"] == len(inpatient) == 47
    assert told["residents"] == {"visits": 47, "inside": 44}
    shown = {p["standing"]: p["inpatient"] and p["inpatient"]["visits"] for p in told["standings"]}
    assert shown == {"destitute": None, "dibao": None, "registered_poor": 30}
    assert "FP1" not in str(told)
    assert take(service, told)[:2] == (201, [])
    (own,) = [d for g in city(service)["groups"] for d in g["districts"] if d["own"]]
    assert (own["code"], own["inpatient"]["visits"], own["deliveries"]) == (HOME, 47, 1)


def test_a_changed_byte_is_found(world: World, service: Service) -> None:
    told = world.told("GET", "/api/v1/indicators/delivery?year=2019")
    told["floor"]["spent"] = "0.01"
    assert take(service, told)[:2] == (422, ["S703"])
    assert take(service, signed(told))[0] == 201


def test_figures_that_are_not_all_in_are_not_handed_on(world: World, service: Service) -> None:
    service.rows("UPDATE indicators_state SET is_whole = false, low = 0 RETURNING id")
    service.rows("DELETE FROM indicators_seen RETURNING posting")
    with psycopg.connect(service.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [keeping.FOLDING])
        status, told = service.ask("GET", "/api/v1/indicators/delivery?year=2019", world.admin)
        assert (status, [f["code"] for f in told["faults"]]) == (409, ["S707"])
        other.execute(
            "SELECT pg_advisory_unlock_all()"
        )  # the server ends a connection a moment later
    assert service.ask("GET", "/api/v1/indicators/delivery?year=2019", world.admin)[0] == 200
