"""The district's figures are those of a full recount, for every filter; what is behind each adds up to it."""

import itertools
import random
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from doudi_web.indicators import keeping
from doudi_web.settlement.erasing import erase
from web.figures_at_hand import (
    HOME,
    KINDS,
    POOR,
    TOWNS,
    Counted,
    World,
    cut,
    fits,
    median,
    summed,
    yuan,
)
from web.service import Json, Service

CODES = {"S700", "S701", "F203", "F302"}


@pytest.fixture(scope="module")
def world(service: Service) -> World:
    """Half a hundred visits with everything that may come to them afterwards."""
    made = World(service, random.Random(7))
    made.people(12)
    visits = [made.settle() for _ in range(50)]
    for one in visits[:4]:
        made.undo(one)
    for one in visits[4:9]:
        made.correct(one, "900.00")
    poor = [made.settle(person="FP0", facility="F1", kind="inpatient") for _ in range(3)]
    asked = [made.correct(one, "500.00")["patient"] for one in poor]
    waiting = [one["proposal_id"] for one in asked if one["state"] == "needs_approval"]
    assert len(waiting) == 3
    made.decide(waiting[0], "approve")
    made.decide(waiting[1], "refuse", borne_by="floor")
    return made


def asked(world: World, query: Json) -> Json:
    return world.told("GET", f"/api/v1/indicators?{urlencode(query)}")


FILTERS: list[Json] = [
    {
        key: value
        for key, value in zip(("standing", "kind", "facility", "township"), chosen, strict=True)
        if value
    }
    for chosen in itertools.product(
        ("", "all", "others", "dibao"), ("", *KINDS), ("", "F1", "X1"), ("", TOWNS[0], f"{HOME}000")
    )
]
SPANS = (
    {"from": "2019-01", "to": "2019-12"},
    {"from": "2019-03", "to": "2019-06"},
    {"from": "2018-06", "to": "2019-09"},
    {"from": "2020-01", "to": "2020-06"},
    {"from": "2019-08", "to": "2020-12"},
)
CHOSEN = random.Random(11).sample(FILTERS, 45)


@pytest.mark.parametrize("query", CHOSEN, ids=urlencode)
def test_figures_are_those_of_a_full_recount(world: World, query: Json) -> None:
    rows = world.standing_rows()
    for span in SPANS:
        wanted = query | span
        told = asked(world, wanted)
        found = [one for one in rows if fits(one, wanted)]
        of = {
            "inpatient": [c for c in found if c.kind == "inpatient"],
            "chronic": [c for c in found if c.kind in ("chronic_outpatient", "major_outpatient")],
        }
        for name, own in of.items():
            expected = summed(own)
            assert {key: told[name][key] for key in expected} == expected, (name, wanted)
            assert told[name]["median"] == median(own)
        assert {key: told["all"][key] for key in summed(found)} == summed(found)
        residents = [c for c in found if c.district == HOME and c.place != "unknown"]
        inside = [c for c in residents if c.place == "inside"]
        assert (told["inside"]["visits"], told["inside"]["inside"]) == (len(residents), len(inside))
        assert told["inside"]["share"] == cut(len(inside), len(residents))
        _year_before(told, [one for one in rows if fits(one, wanted | _earlier(span))])
        _tables(told, found)


def _earlier(span: Json) -> Json:
    """The same months a year before."""
    return {key: f"{int(month[:4]) - 1}{month[4:]}" for key, month in span.items()}


def _year_before(told: Json, found: list[Counted]) -> None:
    kinds = {"inpatient": ("inpatient",), "chronic": ("chronic_outpatient", "major_outpatient")}
    for name, of in kinds.items():
        own = [c for c in found if c.kind in of]
        share = cut(sum(c.patient for c in own), sum(c.total for c in own))
        assert told[name]["year_before"] == share, name
    residents = [c for c in found if c.district == HOME and c.place != "unknown"]
    inside = [c for c in residents if c.place == "inside"]
    assert told["inside"]["year_before"] == cut(len(inside), len(residents))


def test_there_is_a_year_before_to_compare_with(world: World) -> None:
    """Else the comparison above would be of nothing."""
    told = asked(world, {"standing": "all", **SPANS[3]})
    for name in ("inpatient", "chronic", "inside"):
        assert told[name]["year_before"] is not None, name


def _tables(told: Json, found: list[Counted]) -> None:
    """Every line of every table is of the visits that it says, and all lines are there."""
    by: dict[str, tuple[str, Callable[[Counted], str]]] = {
        "facilities": ("facility", _hospital), "townships": ("township", lambda c: c.township),
        "standings": ("standing", lambda c: c.standing), "diseases": ("disease", lambda c: c.disease),
    }  # fmt: skip
    for table, (key, of) in by.items():
        lines = {line[key]: line for line in told[table]}
        assert set(lines) == {of(c) for c in found}, table
        for name, line in lines.items():
            own = [c for c in found if of(c) == name]
            assert {k: line[k] for k in summed(own)} == summed(own), (table, name)
            inpatient = summed(c for c in own if c.kind == "inpatient")
            assert {k: line["inpatient"][k] for k in inpatient} == inpatient
    funds: dict[str, list[int]] = {}
    for one in found:
        for fund, amount in one.payments.items():
            funds.setdefault(fund, []).append(amount)
    assert {f["fund"]: (f["visits"], f["amount"]) for f in told["funds"]} == {
        fund: (len(paid), yuan(sum(paid))) for fund, paid in funds.items()
    }


def _hospital(one: Counted) -> str:
    if one.facility != "X1":
        return one.facility
    return "away_referred" if one.place == "referred" else "away_elsewhere"


BEHIND: dict[str, Callable[[Counted], bool]] = {
    "all": lambda _: True,
    "inpatient": lambda c: c.kind == "inpatient",
    "chronic": lambda c: c.kind in ("chronic_outpatient", "major_outpatient"),
    "inpatient_over": lambda c: c.kind == "inpatient" and c.share > 10,
    "chronic_over": lambda c: c.kind in ("chronic_outpatient", "major_outpatient") and c.share > 20,
    "residents": lambda c: c.district == HOME and c.place != "unknown",
    "inside": lambda c: c.district == HOME and c.place == "inside",
    "outside": lambda c: c.district == HOME and c.place in ("referred", "elsewhere"),
    "away_referred": lambda c: _hospital(c) == "away_referred",
    "away_elsewhere": lambda c: _hospital(c) == "away_elsewhere",
    "exceeded": lambda c: c.kind == "inpatient" and (c.control or {}).get("status") == "exceeded",
    "waits": lambda c: c.waits != 0,
    "fund:floor": lambda c: "floor" in c.payments,
    "fund:basic": lambda c: "basic" in c.payments,
}


@pytest.mark.parametrize("figure", BEHIND)
def test_what_is_behind_a_figure_adds_up_to_it(world: World, figure: str) -> None:
    rows = world.standing_rows()
    chance = random.Random(figure)
    disease: list[Json] = [{}, {"disease": "I10"}, {"disease": "-"}]
    for query in chance.sample(FILTERS, 12):
        wanted = query | chance.choice(SPANS) | chance.choice(disease)
        expected = [c for c in rows if fits(c, wanted) and BEHIND[figure](c)]
        seen: list[Json] = []
        after = ""
        while True:
            path = f"/api/v1/indicators/visits?{urlencode({**wanted, 'figure': figure})}{after}"
            told = world.told("GET", path)
            seen += told["visits"]
            if told["after"] is None:
                break
            after = f"&after={told['after']}"
        assert sorted(v["settlement_id"] for v in seen) == sorted(c.settlement for c in expected)
        assert {key: told["sums"][key] for key in summed(expected)} == summed(expected)
        for key in ("total", "patient", "hospital", "waits"):
            assert sum(_fen(v[key]) for v in seen) == _fen(told["sums"][key])
        days = [(v["settled"], int(v["settlement_id"])) for v in seen]
        assert days == sorted(days, reverse=True)


def _fen(text: str) -> int:
    return int(text.replace(".", ""))


def test_a_rebuild_comes_to_the_same(world: World, service: Service) -> None:
    query = {"standing": "all", "from": "2018-01", "to": "2019-12"}
    tables = ("fact", "cell", "share", "paid", "spent", "controlled")
    before = asked(world, query)
    kept = {name: _kept(service, name) for name in tables}
    assert keeping.rebuild() == len(world.standing_rows())
    assert asked(world, query) | {"as_of": None, "people": None} == before | {
        "as_of": None,
        "people": None,
    }
    assert {name: _kept(service, name) for name in tables} == kept


def _kept(service: Service, name: str) -> list[str]:
    """Rows as texts without their own numbers; those that came to nothing are none."""
    zero = "" if name == "fact" else " WHERE n <> 0"
    rows = service.rows(f"SELECT to_jsonb(t) - 'id' FROM indicators_{name} t{zero}")
    return sorted(str(sorted(row.items())) for (row,) in rows)


def test_who_moves_is_counted_where_they_live_now(world: World) -> None:
    query = {"standing": "all", "from": "2019-01", "to": "2019-12"}
    world.told("POST", "/api/v1/persons", {"persons": [
        {"id": "FP1", "birth_date": "1970-01-01", "district": HOME, "village": f"{TOWNS[2]}201"}]})  # fmt: skip
    world.towns["FP1"] = TOWNS[2]
    found = [c for c in world.standing_rows() if fits(c, query)]
    _tables(asked(world, query), found)


def test_what_was_approved_is_paid_and_waits_no_more(world: World) -> None:
    query = {"figure": "waits", "standing": "all", "from": "2019-01", "to": "2019-12"}
    told = world.told("GET", f"/api/v1/indicators/visits?{urlencode(query)}")
    before = len(told["visits"])
    (open_,) = world.told("GET", "/api/v1/proposals?state=open&person=FP0")["proposals"]
    (waiting,) = [v for v in told["visits"] if v["settlement_id"] == open_["settlement_id"]]
    assert waiting["waits"] == open_["amount"] != "0.00"
    assert _fen(told["sums"]["waits"]) == sum(_fen(v["waits"]) for v in told["visits"])
    world.decide(open_["proposal_id"], "approve")
    after = world.told("GET", f"/api/v1/indicators/visits?{urlencode(query)}")
    assert len(after["visits"]) == before - 1
    path = {**query, "figure": "all", "facility": "F1", "township": TOWNS[0], "kind": "inpatient"}
    listed = world.told("GET", f"/api/v1/indicators/visits?{urlencode(path)}")["visits"]
    (paid,) = [v for v in listed if v["settlement_id"] == waiting["settlement_id"]]
    assert _fen(paid["patient"]) == _fen(waiting["patient"]) + _fen(waiting["waits"])


def test_what_was_erased_is_of_no_kind_but_its_money_stays(world: World, service: Service) -> None:
    query = {"standing": "all", "from": "2018-01", "to": "2019-12"}
    world.settle(person="FP2", kind="inpatient")
    before = asked(world, query)
    numbers = erase("FP2", "本人申请", "command:test")
    own = [c for c in world.standing_rows() if c.settlement in map(str, numbers)]
    assert own == []  # the listing names them apart
    after = asked(world, query)
    assert after["erased"] == len([n for n in numbers if _stands(service, n)]) > 0
    for key in ("visits", "total", "patient", "funds", "hospital"):
        assert after["all"][key] == before["all"][key]
    assert after["inpatient"]["visits"] < before["inpatient"]["visits"]


def _stands(service: Service, number: int) -> bool:
    return not service.rows(
        "SELECT 1 FROM settlement_posting WHERE settlement = %s AND kind = 'reverse'", number
    )


def test_people_are_counted_by_township(world: World) -> None:
    told = asked(world, {"township": TOWNS[0]})["people"]
    own = [who for who, town in world.towns.items() if town == TOWNS[0]]
    poor = [who for who in own if world.standings[who] in POOR]
    doctor = [who for who in poor if int(who[2:]) % 2 == 0]
    assert (told["persons"], told["poor"], told["with_doctor"]) == (
        len(own),
        len(poor),
        len(doctor),
    )
    insured = [who for who in own if int(who[2:]) % 3 == 0]
    assert (told["care_insured"], told["care_not_insured"]) == (len(insured), 0)
    assert told["care_unknown"] == len(own) - len(insured)
    assert told["coverage"] == cut(len(doctor), len(poor))


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"from": "2019-13", "to": "x"}, ["F203", "F203"]),
        ({"from": "2019-06", "to": "2019-01"}, ["F302"]),
        ({"from": "2010-01", "to": "2019-01"}, ["F203"]),
        ({"kind": "in", "facility": "NONE", "township": "1", "standing": "'; --"}, ["F203"] * 4),
        ({"facility": "\0", "township": "五"}, ["F203"] * 2),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_all_at_once(
    world: World, query: Json, codes: list[str]
) -> None:
    for path in ("/api/v1/indicators", "/api/v1/indicators/visits"):
        status, told = world.service.ask("GET", f"{path}?{urlencode(query)}", world.admin)
        assert (status, [f["code"] for f in told["faults"]]) == (422, codes)


def test_a_figure_that_there_is_not_has_nothing_behind_it(world: World) -> None:
    status, told = world.service.ask("GET", "/api/v1/indicators/visits?figure=median", world.admin)
    assert (status, [f["code"] for f in told["faults"]]) == (404, ["S700"])


def test_a_budget_is_stated_with_a_reason_and_the_last_one_holds(
    world: World, service: Service
) -> None:
    assert asked(world, {"to": "2019-12", "from": "2019-01"})["money"]["budget"] is None
    path = "/api/v1/indicators/budgets"
    first = {"year": 2019, "amount": "3600000.00", "reason": "区财政局 2019 年 1 号文"}
    assert service.ask("POST", path, world.admin, first)[0] == 201
    status, told = service.ask("POST", path, world.admin, first)
    assert (status, told["amount"], told["fund"]) == (200, "3600000.00", "floor")
    assert (
        service.ask("POST", path, world.admin, {**first, "amount": "4000000", "reason": "追加"})[0]
        == 201
    )
    money = asked(world, {"to": "2019-12", "from": "2019-01"})["money"]
    spent = sum(c.payments.get("floor", 0) for c in world.standing_rows() if c.month >= "2019-01")
    assert money["budget"]["amount"] == "4000000.00"
    assert _fen(money["left"]) == 4_000_000_00 - _fen(money["spent"])
    assert _fen(money["spent"]) >= spent  # what was erased is in the money, and not in the listing
    wrong = {"year": 1919, "amount": "-1", "reason": "试"}
    status, told = service.ask("POST", path, world.admin, wrong)
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F203", "F203"])
    status, told = service.ask("POST", path, world.admin, {**first, "fund": "wallet"})
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["S701"])
    assert len(service.rows("SELECT 1 FROM indicators_budget")) == 2
    recorded = service.rows(
        "SELECT reason FROM audit_log_record WHERE action = 'budgets.state' ORDER BY at"
    )
    assert recorded == [("区财政局 2019 年 1 号文",), ("追加",)]
