"""A hospital's month: the same from the same seed, each bed as its case says, settled without a fault."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

import pytest

from doudi.adjudicate import NOTHING_TOLD, adjudicate
from doudi.adjudication import Adjudication
from doudi.dates import Span
from doudi.errors import Faulty
from doudi.finding import Finding
from doudi.ledger.accumulators import Book
from doudi.mapping_check import check_mapping
from doudi.precheck.check import look_at
from doudi.settle import Shelf
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi.wire.mapping_file import read_mapping
from doudi_lab import Tokens
from doudi_lab.filling import NotFilled
from doudi_lab.ward import Month, live, month
from doudi_lab.ward.cases import NEAR, OVER, RUNNING, SETTLED, Trait
from doudi_lab.ward.month import UNKNOWN, Running
from lab.test_county import banan, shelf
from lab.test_filling import service_that_says

DAY = date(2019, 12, 3)


@lru_cache(maxsize=1)
def _month() -> Month:
    made = banan(600, seed=2019)
    return month(made, made.places.hospitals[0], DAY)


@lru_cache(maxsize=1)
def _shelf() -> Shelf:
    return shelf()


@lru_cache(maxsize=1)
def _lists() -> Lists:
    mapped, twice = read_mapping(Document("mapping", _month().own.mapping()))
    assert twice == ()
    return Lists(banan(1).catalogue, mapped)


def _found(one: Running) -> Finding:
    """The pre-check of a running stay by the engine alone: of a person's first visit of the year."""
    person = {**one.stay.person.on_bill(), **one.header["person"]}
    bill = {
        **one.header,
        "person": person,
        "lines": list(one.lines),
        "settled": f"{DAY}T12:00:00+08:00",
    }
    claim = read_bill(Document("bill", bill, {}), (), bill, _lists(), DAY)
    running = _shelf().running(claim)
    found = adjudicate(running, claim, Book(), NOTHING_TOLD)
    return look_at(running, claim, (), _lists().catalogue, Book(), found, NOTHING_TOLD)


@lru_cache(maxsize=1)
def _findings() -> tuple[tuple[Running, Finding], ...]:
    return tuple((one, _found(one)) for one in _month().running)


def _status(adjudication: Adjudication) -> str:
    assert adjudication.control is not None
    return adjudication.control.status


def test_the_same_seed_makes_the_same_month_and_another_seed_another() -> None:
    made, other = banan(600, seed=2019), banan(600, seed=7)
    again = month(made, made.places.hospitals[0], DAY)
    assert replace(again, own=_month().own) == _month()
    assert again.own.mapping() == _month().own.mapping()
    persons = [one.stay.person.id for one in month(other, other.places.hospitals[0], DAY).running]
    assert persons != [one.stay.person.id for one in _month().running]


def test_forty_entitled_patients_and_six_others_lie_in_beds_of_their_own() -> None:
    stays = [one.stay for one in _month().running]
    entitled = [
        s for s in stays if any(Span(x.start, x.end).covers(DAY) for x in s.person.standings)
    ]
    assert (len(stays), len(entitled)) == (46, 39)  # the register does not know the fortieth
    assert len({(s.bed.ward, s.bed.bed) for s in stays}) == 46
    assert len({s.person.id for s in stays}) == 46
    assert all(s.admitted < DAY for s in stays)


def test_nobody_lies_in_a_bed_while_they_were_elsewhere_in_the_county_s_year() -> None:
    made = banan(600, seed=2019)
    for one in _month().running:
        earlier = [v for v in made.visits_of(one.stay.person) if v.settled.date() < DAY]
        assert all(v.to_day < one.stay.admitted for v in earlier), one.stay.id


def test_each_stay_is_over_the_limit_close_to_it_or_within_as_its_case_says() -> None:
    counts: Counter[str] = Counter()
    for one, found in _findings():
        case, status = one.stay.case, _status(found.adjudication)
        counts[status] += 1
        if case.outside == OVER:
            assert status == "exceeded", one.stay.id
        elif case.outside == NEAR:
            assert status == "approaching", one.stay.id
        elif not case.has(Trait.UNMAPPED, Trait.ORDINARY):
            assert status == "within", one.stay.id
    assert counts == {"within": 27, "exceeded": 14, "approaching": 5}


def test_who_is_over_the_limit_has_several_items_of_a_group_and_others_instead_of_them() -> None:
    several = 0
    for one, found in _findings():
        if one.stay.case.outside != OVER:
            continue
        lines = {alternative.line for alternative in found.alternatives}
        assert len(lines) >= 2, one.stay.id
        names = {line["id"]: line["hospital_code"] for line in one.lines}
        outside = {
            own.code: group
            for group in one.stay.department.outside
            for own in _month().own.of(group, "丙")
        }
        groups = Counter(outside[names[line]] for line in lines if names[line] in outside)
        several += max(groups.values(), default=0) >= 2
    assert several >= 4


def test_what_is_not_mapped_is_undecided_and_nothing_else_is() -> None:
    for one, found in _findings():
        codes = {own.code for own in _month().own.unmapped}
        charged = [line["id"] for line in one.lines if line["hospital_code"] in codes]
        undecided = () if found.undecided is None else found.undecided.lines
        assert sorted(undecided) == sorted(charged), one.stay.id
        assert bool(charged) is one.stay.case.has(Trait.UNMAPPED), one.stay.id


def test_the_hospital_s_list_has_gaps_and_doubts() -> None:
    lists = _lists()
    report = check_mapping(lists.mapping, lists.catalogue, (), DAY)
    assert Counter(doubt.what for doubt in report.doubts) == {
        "class_differs": 3, "ceiling_differs": 2,
    }  # fmt: skip
    assert len(_month().own.unmapped) == 11
    assert not {own.code for own in _month().own.unmapped} & lists.mapping.by_code.keys()


def test_traits_stand_in_what_is_sent() -> None:
    for one in _month().running:
        case, header = one.stay.case, one.header
        assert ("diagnoses" in header) is not case.has(Trait.UNDIAGNOSED)
        assert ("awaiting" in header) is case.has(Trait.SILENT)
        assert ("given" in header) is case.has(Trait.GIVEN)
        assert (header["person"]["id"] == UNKNOWN) is case.has(Trait.UNKNOWN)
        assert any("refunds" in line for line in one.lines) is case.has(Trait.REFUND)
        assert any("consent" in line for line in one.lines) is case.has(Trait.SIGNED)
        left = {Trait.LEFT_TODAY: DAY, Trait.LEFT_YESTERDAY: DAY - timedelta(1)}
        assert one.stay.left == next((left[t] for t in case.traits if t in left), None)
    learned = [(p["id"], [s["to"] for s in p["standings"]]) for p in _month().learned]
    expired = [one.stay for one in _month().running if one.stay.case.has(Trait.EXPIRED)]
    assert [person for person, _ in learned] == [stay.person.id for stay in expired]
    assert all(end == "2019-12-01" for _, ends in learned for end in ends)


def test_two_of_one_household_are_in_hospital_and_more_of_it_are_registered() -> None:
    family = [one.stay.person for one in _month().running if one.stay.case.has(Trait.FAMILY)]
    persons = banan(600, seed=2019).persons
    assert len(family) == 2
    (household,) = {person.household for person in family}
    assert sum(one.household == household for one in persons) >= 4


def test_settled_bills_have_no_fault_and_the_refused_one_has_two() -> None:
    made = _month()
    assert len(made.settled) == len(SETTLED) - 1
    assert len(RUNNING) == len(made.running)
    persons = {person.id: person for person in banan(600, seed=2019).persons}

    def settled(bill: dict[str, object]) -> Adjudication:
        stated = {"settled": f"{DAY}T12:00:00+08:00", **bill}
        stated["person"] = persons[bill["person"]["id"]].on_bill()  # type: ignore[index]
        claim = read_bill(Document("bill", stated, {}), (), stated, _lists())
        return adjudicate(_shelf().running(claim), claim, Book(), NOTHING_TOLD)

    statuses = Counter(_status(settled(bill)) for bill in made.settled)
    assert statuses == {"within": 28, "exceeded": 5, "approaching": 3}
    for one in made.after:
        if one.bill is not None:
            settled(one.bill)
    with pytest.raises(Faulty) as faulty:
        settled(made.refused[0])
    assert sorted(f.code for f in faulty.value.faults) == ["F304", "F320"]


def test_a_month_is_sent_in_order_and_again_word_for_word() -> None:
    made = _month()
    said = {"/api/v1/settlements": 0}

    def says(path: str, _: int, body: dict[str, object]) -> int:
        said["/api/v1/settlements"] += path == "/api/v1/settlements"
        bill = body.get("bill")
        is_bad = path == "/api/v1/settlements" and bill == made.refused[0]
        return 422 if is_bad else 201

    with service_that_says(says, b'{"settlement_id": "7"}') as (url, got):
        lived = live(made, url, Tokens("admin", "client"))
        first = list(got)
        got.clear()
        assert live(made, url, Tokens("admin", "client")) == lived
        assert got == first
    assert (lived.running, lived.settled, lived.corrected, lived.reversed, lived.refused) == (
        46, len(SETTLED) - 1, 3, 2, 1,
    )  # fmt: skip
    assert lived.lines == sum(len(one.lines) for one in made.running)
    assert said["/api/v1/settlements"] == 2 * len(SETTLED)
    tokens = Counter((path.split("/")[3], token) for path, token, _ in first)
    assert tokens["openings", "Bearer admin"] == tokens["persons", "Bearer admin"] == 1
    ids = [body["message_id"] for _, _, body in first if "message_id" in body]
    assert len(set(ids)) == len(ids)
    beds = [body for path, _, body in first if "/stay?" in path]
    assert beds == [one.at for one in made.running]
    assert beds[0].keys() == {"ward", "bed", "doctor", "planned_discharge"}
    discharged = [body for path, _, body in first if "/discharge" in path]
    assert Counter(body["discharged"] for body in discharged) == {"2019-12-03": 6, "2019-12-02": 1}


def test_a_service_that_takes_a_faulty_bill_stops_the_filling() -> None:
    with (
        service_that_says(lambda *_: 201, b'{"settlement_id": "7"}') as (url, _),
        pytest.raises(NotFilled, match="/api/v1/settlements 201"),
    ):
        live(_month(), url, Tokens("admin", "client"))
