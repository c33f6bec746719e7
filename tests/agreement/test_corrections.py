"""Corrections and late visits worked by hand: what is proposed, for whom, and where nothing can be said."""

from typing import Any

import pytest

import doudi.course
from agreement.settle_both import shelf
from banan import bill, line
from doudi import Bundle, settle_bundle
from doudi.settle import Run
from doudi.source_text import Document
from doudi.wire.settlements import run_json

PACKS = shelf()

Json = dict[str, Any]


def run(bills: list[Json], history: Json | None = None) -> Run:
    told = None if history is None else ("history", Document("history", history))
    return settle_bundle(PACKS, Bundle({"bills": Document("bills", {"bills": bills})}, told))


def printed(bills: list[Json], history: Json | None = None) -> list[Json]:
    """What these bills settled to, as printed."""
    done = run(bills, history)
    assert done.faults == ()
    return run_json(done.settlements, ())["settlements"]


def visit(visit_id: str, day: str, amount: str, **more: Any) -> Json:
    """A bill of 巴南 at level 2, all of it in scope; an inpatient's of one day."""
    stay = {} if more.get("kind", "inpatient") != "inpatient" else {"admitted": day}
    return bill(
        line(amount), **{"visit_id": visit_id, "settled": day, "admitted": None, **stay, **more}
    )


def told(done: Run) -> Json:
    return run_json(done.settlements, done.faults, done.proposals, done.corrections)


def changes(done: Run) -> dict[str, Json]:
    return {p["visit_id"]: p["changes"] for p in told(done).get("proposals", [])}


def change(patient: str = "0.00", hospital: str = "0.00", **payments: str) -> Json:
    return {"payments": payments, "hospital": hospital, "patient": patient, "excess": "0.00"}


def both(bills: list[Json]) -> Json:
    return {"bills": bills, "settlements": printed(bills)}


HOW = pytest.mark.parametrize("how", ["bills", "both"])


# The deductible of the year is 300.00: February met 200.00 of it and March 100.00. With 250.00 met in January
# February meets 50.00 and is paid (200 - 50) x 70% = 105.00, March meets nothing and is paid 700.00.
@HOW
def test_a_late_visit_takes_the_deductible_of_the_year(how: str) -> None:
    major = {"kind": "major_outpatient"}
    year = [
        visit("F", "2019-02-01", "200.00", **major),
        visit("M", "2019-03-01", "1000.00", **major),
    ]
    history = both(year) if how == "both" else {"bills": year}
    done = run([visit("J", "2019-01-10", "250.00", **major)], history)
    assert done.faults == ()
    assert done.corrections == {}
    # An outpatient bears 20% at most. February: assistance (200 - 105) x 70% = 66.50 for 140.00; 28.50 is left to
    # the patient, who had borne 40.00 and the floor 20.00. March: assistance 300 x 70% = 210.00 for 259.00, and
    # 90.00 is left to the patient for 111.00.
    assert changes(done) == {
        "F": change("-11.50", basic="105.00", medical_assistance="-73.50", floor="-20.00"),
        "M": change("-21.00", basic="70.00", medical_assistance="-49.00"),
    }
    assert {p.causes for p in done.proposals} == {("J",)}


# May was paid 420.00 of the 520.00 that were left of the cap. A late visit takes 420.00: 100.00 is left for May.
def test_a_late_visit_takes_the_cap_and_the_later_one_pays_back() -> None:
    may, late = visit("May", "2019-05-06", "1300.00"), visit("March", "2019-03-06", "1300.00")
    stated = {
        "person": "P", "year": 2019, "name": "assistance_ordinary_paid", "source": "市平台",
        "as_of": "2019-06-30",
    }  # fmt: skip
    record = printed([may], {"accumulators": [{**stated, "amount": "5480.00"}]})
    assert record[0]["payments"]["medical_assistance"] == "420.00"
    now = {**stated, "amount": "5900.00"}
    done = run([late], {"bills": [may], "settlements": record, "accumulators": [now]})
    assert done.settlements[0].accumulators["assistance_ordinary_paid"] == (5480_00, 5900_00)
    assert changes(done) == {"May": change(medical_assistance="-320.00", floor="320.00")}
    # 5,480.00 was somewhere else; nothing says that it was before March.
    assert [w.code for w in done.settlements[0].warnings] == ["history_gap"]
    assert "5,480.00" in done.settlements[0].warnings[0].text


# The stay's deductible is 300.00: the first part met 200.00, the second 100.00. Corrected to 100.00, the second
# meets 200.00 and is paid (500 - 200) x 70% = 210.00 for 280.00.
@HOW
def test_a_part_of_a_stay_is_corrected_and_the_other_part_pays_back(how: str) -> None:
    stay = {"episode_id": "S", "admitted": "2019-02-01"}
    parts = [
        visit("S1", "2019-02-10", "200.00", **stay),
        visit("S2", "2019-02-20", "500.00", **stay),
    ]
    history = both(parts) if how == "both" else {"bills": parts}
    done = run([visit("S1", "2019-02-10", "100.00", **stay)], history)
    assert changes(done) == {
        "S2": change(basic="-70.00", medical_assistance="49.00", floor="21.00")
    }
    moved = told(done)["proposals"][0]["moved"]
    assert moved["stay_deductible_met"] == {"recorded": "200.00", "amended": "100.00"}
    corrects = told(done)["settlements"][0]["corrects"]
    assert corrects["recorded"]["payments"]["medical_assistance"] == "140.00"
    assert corrects["changes"] == change(
        patient="-10.00", medical_assistance="-70.00", floor="-20.00"
    )


MARCH, MAY = visit("V3", "2019-03-01", "2539.50"), visit("V5", "2019-05-01", "8000.00")
LESS = visit("V3", "2019-03-01", "1000.00")


def test_a_visit_known_by_its_settlement_alone_is_named_with_the_sums_that_moved() -> None:
    done = run([LESS], {"settlements": printed([MARCH, MAY])})
    assert done.faults == ()
    (proposal,) = told(done)["proposals"]
    assert (proposal["visit_id"], proposal["amounts"], proposal["changes"]) == ("V5", None, None)
    assert (proposal["reason"], proposal["causes"]) == ("no_bill", ["V3"])
    # basic (2,539.50 - 300) x 70% = 1,567.65, then (1,000 - 300) x 70% = 490.00
    assert proposal["moved"]["basic_paid"] == {"recorded": "1567.65", "amended": "490.00"}
    assert proposal["recorded"]["payments"]["basic"] == "5390.00"
    assert set(proposal["moved"]) == {"basic_paid", "after_basic", "assistance_ordinary_paid"}


def test_a_settlement_that_does_not_say_who_paid_cannot_be_compared() -> None:
    record = printed([MARCH, MAY])
    for one in record:
        del one["payments"]
    done = run([LESS], {"bills": [MAY], "settlements": record})
    (proposal,) = told(done)["proposals"]
    assert (proposal["reason"], proposal["recorded"], proposal["changes"]) == (
        "not_recorded", None, None,
    )  # fmt: skip
    assert proposal["amounts"]["payments"]["basic"] == "5390.00"
    assert told(done)["settlements"][0]["corrects"] == {"recorded": None, "changes": None}


def example(visit_id: str, day: str, amount: str, **more: Any) -> Json:
    person = {
        "id": "P1", "birth_date": "1958-04-02", "insurance_tier": "tier_1", "district": "990101",
        "standings": [{"code": "dibao", "from": "2024-01-01"}],
    }  # fmt: skip
    facility = {"code": "H1", "level": "1", "district": "990101"}
    return visit(visit_id, day, amount, kind="outpatient", person=person, facility=facility, **more)


# Charity paid the 150.00 that were left of May; with March at 300.00 only 90.00 are left of it.
def test_a_visit_whose_bill_has_a_fault_on_the_corrected_sums_is_named_with_it() -> None:
    year = [example("M3", "2024-03-05", "800.00"), example("M5", "2024-05-06", "600.00")]
    year[1]["given"] = {"charity_fund": "150.00"}
    year.append(example("M7", "2024-07-06", "600.00"))
    done = run([example("M3", "2024-03-05", "300.00")], {"bills": year})
    assert done.faults == ()
    first, second = told(done)["proposals"]
    assert (first["visit_id"], first["amounts"], first["reason"]) == ("M5", None, "fault")
    assert [(f["code"], f["where"]) for f in first["faults"]] == [
        ("F404", "history bills[1] given.charity_fund")
    ]
    # What May is recorded to have added stands: 150.00 in March and 100.00 in May, of 500.00.
    assert second["moved"]["outpatient_paid"] == {"recorded": "500.00", "amended": "250.00"}
    assert second["changes"]["payments"]["basic"] == "250.00"


def test_behind_a_correction_with_a_fault_nothing_is_proposed() -> None:
    done = run([{**LESS, "kind": "hospice"}], both([MARCH, MAY]))
    assert [f.code for f in done.faults] == ["F403"]
    assert (done.proposals, done.corrections) == ((), {})
    done = run([{**LESS, "lines": 5}], both([MARCH, MAY]))
    assert [f.code for f in done.faults] == ["F203"]
    assert done.proposals == ()


# What the centre states holds the record of a visit whose correction has a fault: nothing took its place.
@pytest.mark.parametrize("wrong", [{"kind": "hospice"}, {"lines": 5}])
def test_a_stated_sum_stays_whole_where_the_correction_has_a_fault(wrong: Json) -> None:
    stated = {
        "person": "P", "year": 2019, "name": "basic_paid", "amount": "1567.65", "source": "市平台",
        "as_of": "2019-03-31",
    }  # fmt: skip
    done = run([{**LESS, **wrong}, MAY], {**both([MARCH]), "accumulators": [stated]})
    assert len(done.faults) == 1
    assert done.settlements[0].accumulators["basic_paid"][0] == 1567_65


def test_a_visit_moved_to_another_person_changes_both_years() -> None:
    other = {**MARCH["person"], "id": "Q"}
    theirs = visit("W5", "2019-05-01", "8000.00", person=other)
    big = visit("V3", "2019-03-01", "22000.00")
    done = run([{**big, "person": other}], both([big, MAY, theirs]))
    # May is 8,000: basic 5,390.00; what is left above 6,804.00 of the year is critical illness at 65%.
    # 22,000: basic 15,190.00 leaves 6,810.00, so that all of May's 2,610.00 was above, 6.00 yuan in March.
    assert changes(done)["V5"]["payments"]["critical_illness"] == "-1696.50"
    assert changes(done)["W5"]["payments"]["critical_illness"] == "1696.50"
    assert {p.causes for p in done.proposals} == {("V3",)}


# V1 is moved from January to April: at V5 it adds what it did, but V3 between came out otherwise because of it.
def test_what_a_visit_moves_by_way_of_another_is_its_doing_too() -> None:
    ordinary = {**MARCH["person"], "standings": []}
    first = visit("V1", "2019-01-10", "5000.00", person=ordinary)
    year = [first, visit("V3", "2019-03-01", "16300.00"), visit("V5", "2019-05-01", "20000.00")]
    stated = {
        "person": "P", "year": 2019, "name": "assistance_ordinary_paid", "source": "市平台",
        "as_of": "2019-06-30",
    }  # fmt: skip
    record = printed(year, {"accumulators": [{**stated, "amount": "1200.00"}]})
    history = {"bills": year, "settlements": record}
    history["accumulators"] = [{**stated, "amount": "6000.00"}]
    moved = {**first, "settled": "2019-04-10", "admitted": "2019-04-10"}
    done = run([moved], history)
    # V3: critical illness (7,280 - 6,804) x 65% = 309.40 falls away; assistance is 5,100 x 70% = 3,570.00 for
    # 3,353.42.
    # V5: what V3 took more of the 6,000.00 is less for it.
    assert {v: c["payments"] for v, c in changes(done).items()} == {
        "V3": {"critical_illness": "-309.40", "medical_assistance": "216.58"},
        "V5": {"medical_assistance": "-216.58"},
    }
    assert [p.causes for p in done.proposals] == [("V1",), ("V1",)]
    assert done.settlements[0].warnings == ()


# A bill and, behind it, a settlement that tells of it: what the bill added was counted twice.
def test_a_settlement_behind_a_bill_tells_of_it_and_not_of_more() -> None:
    mixed = {"bills": [MARCH], "settlements": printed([MARCH, MAY])[1:]}
    june = visit("V6", "2019-06-01", "100.00")
    plain = run([june], mixed).settlements[0]
    assert plain.accumulators["basic_paid"][0] == 1567_65 + 5390_00
    corrected = run([LESS, june], mixed).settlements[-1]
    assert corrected.accumulators["basic_paid"][0] == 490_00 + 5390_00
    assert corrected.warnings == ()


def test_two_visits_of_a_run_are_both_the_cause() -> None:
    late = visit("V4", "2019-04-01", "20000.00")
    done = run([LESS, late], both([MARCH, MAY]))
    assert [p.causes for p in done.proposals] == [("V3", "V4")]
    assert [p.visit_id for p in done.proposals] == ["V5"]


# Bringing the later bill along makes it one of the run: it is settled anew, and says what it corrects.
def test_a_later_visit_brought_along_is_settled_and_no_longer_proposed() -> None:
    big = visit("V3", "2019-03-01", "22000.00")
    record = printed([big, MAY])
    proposed = run([LESS], {"bills": [MAY], "settlements": record})
    settled = run([LESS, MAY], {"settlements": record})
    assert settled.proposals == ()
    assert set(settled.corrections) == {"V3", "V5"}
    assert settled.corrections["V5"].change == proposed.proposals[0].change
    kept = told(settled)
    assert run([LESS], {"bills": [MAY], "settlements": kept["settlements"]}).proposals == ()


def test_a_printed_run_with_proposals_is_read_as_history() -> None:
    big = visit("V3", "2019-03-01", "22000.00")
    whole = told(run([LESS], both([big, MAY])))
    assert whole["proposals"]
    june = visit("V6", "2019-06-01", "100.00")
    done = run([june], whole)
    assert done.faults == ()
    assert done.settlements[0].accumulators["basic_paid"][0] == 490_00


def test_a_bill_that_is_not_the_one_that_was_settled_is_a_fault() -> None:
    record = printed([MARCH])
    done = run([MAY], {"bills": [LESS], "settlements": record})
    assert [(f.code, f.where) for f in done.faults] == [("F317", "history settlements[0]")]
    assert "总费用" in done.faults[0].what
    assert done.settlements == ()


# A record alone pins what was before its visit, also for the visit that takes its place.
def test_a_corrected_visit_stands_on_what_its_record_says_was_before_it() -> None:
    record = printed([MARCH, MAY])[1:]
    done = run([visit("V5", "2019-05-01", "1000.00")], {"settlements": record})
    assert done.settlements[0].accumulators["basic_paid"] == (1567_65, 1567_65 + 490_00)
    assert done.settlements[0].warnings == ()


def test_what_only_later_settlements_tell_of_may_have_been_before_a_late_visit() -> None:
    record = printed([MARCH, MAY])[1:]
    done = run([visit("V4", "2019-04-01", "1000.00")], {"settlements": record})
    assert done.settlements[0].accumulators["basic_paid"][0] == 0
    assert {w.code for w in done.settlements[0].warnings} == {"history_gap"}
    assert any("1,567.65" in w.text for w in done.settlements[0].warnings)


def test_a_stated_sum_below_what_history_s_visits_come_to_is_told() -> None:
    stated = {
        "person": "P", "year": 2019, "name": "basic_paid", "amount": "1000.00", "source": "市平台",
        "as_of": "2019-02-01",
    }  # fmt: skip
    done = run([LESS], {**both([MARCH, MAY]), "accumulators": [stated]})
    (warning,) = done.settlements[0].warnings
    assert (warning.code, "5,957.65" in warning.text) == ("history_gap", True)
    assert done.settlements[0].accumulators["basic_paid"][0] == 0


# The day's common case: nothing later is on file, so each visit is settled once.
def test_nothing_is_settled_twice_where_history_has_nothing_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    real = doudi.course.adjudicate

    def counted(running: Any, claim: Any, *rest: Any) -> Any:
        seen.append(claim.visit_id)
        return real(running, claim, *rest)

    monkeypatch.setattr(doudi.course, "adjudicate", counted)
    run([MAY], {"bills": [MARCH]})
    assert seen == ["V3", "V5"]
    seen.clear()
    run([MAY], both([MARCH]) | {"bills": [MARCH]})
    assert seen[-1:] == ["V5"]
    other = visit("W", "2019-06-01", "10.00", person={**MAY["person"], "id": "Q"})
    seen.clear()
    run([MAY], {"bills": [MARCH, other]})
    assert seen == ["V3", "V5", "W"]


# Only what stands on a moved sum is settled again.
def test_a_visit_of_another_year_is_left_alone() -> None:
    first = example("A", "2024-03-05", "800.00")
    history = [first, example("B", "2025-03-05", "800.00")]
    done = run([example("A", "2024-03-05", "300.00")], {"bills": history})
    assert done.proposals == ()
    assert set(done.corrections) == {"A"}
