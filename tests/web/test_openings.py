"""Openings hold from the moment they are taken; refused bills wait until they are mended or given up."""

from typing import Any

import pytest

from web.service import Json, Service
from web.test_settling import bill

OPENINGS, QUARANTINE = "/api/v1/openings", "/api/v1/quarantine"


def registered(service: Service, *persons: str) -> None:
    service.rows(
        "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('500113', '巴南', '')"
        " ON CONFLICT (code) DO UPDATE SET name = '巴南' RETURNING code"
    )
    for person in persons:
        service.rows(
            "INSERT INTO register_person (id, birth_date, sex, ethnicity, district_id, attributes)"
            " VALUES (%s, '1970-01-01', '', '', '500113', '{}') RETURNING id",
            person,
        )
        service.rows(
            "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
            " VALUES (%s, 'tier', 'tier_1', '1970-01-01', now(), now(), '{}') RETURNING id",
            person,
        )


def opening(person: str, amount: str, **more: Any) -> Json:
    return {
        "person": person, "year": 2019, "name": "basic_paid", "amount": amount, "source": "市中心",
        "as_of": "2019-06-30", **more,
    }  # fmt: skip


def take(service: Service, *openings: Json) -> tuple[int, Json]:
    token = service.token("district_admin")
    return service.ask("POST", OPENINGS, token, {"openings": list(openings)})


def sums(service: Service, person: str) -> Json:
    token = service.token()
    return service.ask("GET", f"/api/v1/persons/{person}/accumulators?year=2019", token)[1]


def moved(told: Json, name: str = "basic_paid") -> tuple[str, str]:
    return told["accumulators"][name]["before"], told["accumulators"][name]["after"]


def test_settling_stands_on_what_the_centre_said_and_adds_to_it(service: Service) -> None:
    registered(service, "O1")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("O1a", "O1"))
    assert moved(first) == ("0.00", "1343.70")
    status, told = take(service, opening("O1", "5000.00"))
    assert (status, told["openings"][0]) == (
        201,
        {"person": "O1", "year": 2019, "name": "basic_paid", "amount": "5000.00", "taken": True,
         "ledger": "1343.70", "difference": "3656.30"},
    )  # fmt: skip
    assert sums(service, "O1")["basic_paid"] == "5000.00"
    assert sums(service, "O1")["after_basic"] == "1195.80"  # of which the centre said nothing
    _, second = service.settle(token, bill("O1b", "O1"))
    assert moved(second) == ("5000.00", "6343.70")
    # sent once more, it must not wipe out what was settled since
    status, told = take(service, opening("O1", "5000.00"))
    assert (status, told["openings"][0]["taken"]) == (200, False)
    assert sums(service, "O1")["basic_paid"] == "6343.70"
    # another statement does
    assert take(service, opening("O1", "6000.00", as_of="2019-07-31"))[0] == 201
    assert sums(service, "O1")["basic_paid"] == "6000.00"
    _, third = service.settle(token, bill("O1c", "O1"))
    assert moved(third) == ("6000.00", "7343.70")
    _, seen = service.ask("GET", "/api/v1/persons/O1/openings", token)
    told = [(o["amount"], o["ledger"], o["difference"], o["as_of"]) for o in seen["openings"]]
    assert told == [
        ("6000.00", "6343.70", "-343.70", "2019-07-31"),
        ("5000.00", "1343.70", "3656.30", "2019-06-30"),
    ]


def test_undoing_what_was_before_an_opening_takes_its_amount_off_what_the_centre_said(
    service: Service,
) -> None:
    registered(service, "O2")
    token = service.token(may_back_date=True)
    _, settled = service.settle(token, bill("O2a", "O2"))
    take(service, opening("O2", "1343.70"))
    undo = f"/api/v1/settlements/{settled['settlement_id']}/reverse"
    assert service.ask("POST", undo, token, {"message_id": "o2", "reason": "错人"})[0] == 201
    assert sums(service, "O2")["basic_paid"] == "0.00"


def test_an_opening_counts_in_what_the_layers_pay(service: Service) -> None:
    """Near its yearly cap basic insurance pays what is left of it."""
    registered(service, "O3")
    token = service.token(may_back_date=True)
    _, free = service.settle(token, bill("O3a", "O3"))
    undo = f"/api/v1/settlements/{free['settlement_id']}/reverse"
    service.ask("POST", undo, token, {"message_id": "o3", "reason": "试"})
    assert take(service, opening("O3", "79900.00"))[0] == 201
    _, near = service.settle(token, bill("O3b", "O3"))
    assert (free["payments"]["basic"], near["payments"]["basic"]) == ("1343.70", "100.00")
    assert moved(near) == ("79900.00", "80000.00")


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (opening("nobody", "1.00"), "登记里没有这个人"),
        (opening("O4", "1.00", name="basics"), "没有这项年度累计；有的是：basic_paid"),
        (opening("O4", "1.00", year=2018), "不在 2018 年度里"),
        (opening("O4", "1.00", year=1999, as_of="1999-01-01"), "没有政策包"),
        (opening("O4", "1.00", as_of="2019-01-31"), "已经有截至 2019-03-01 的数"),
    ],
    ids=["person", "name", "year", "pack", "older"],
)
def test_an_opening_that_cannot_be_is_refused_and_none_is_taken(
    service: Service, stated: Json, reason: str
) -> None:
    if not service.rows("SELECT 1 FROM register_person WHERE id = 'O4'"):
        registered(service, "O4")
        assert take(service, opening("O4", "7.00", as_of="2019-03-01"))[0] == 201
    status, told = take(service, opening("O4", "9.00", name="after_basic"), stated)
    assert (status, told["faults"][0]["code"]) == (422, "S496")
    assert reason in told["faults"][0]["what"]
    assert service.rows("SELECT amount FROM settlement_opening WHERE owner = 'p:O4'") == [(700,)]


def test_the_form_of_openings_is_told_whole(service: Service) -> None:
    status, told = take(service, {"person": "O5", "year": "x"}, opening("O5", "-1"))
    assert status == 422
    assert sorted({f["code"] for f in told["faults"]}) == ["F201", "F203", "F207"]
    status, told = service.ask("POST", OPENINGS, service.token("district_admin"), {})
    assert (status, told["faults"][0]["code"]) == (422, "F201")
    status, told = service.ask(
        "POST", OPENINGS, service.token(), {"openings": [opening("O5", "1")]}
    )
    assert (status, told["faults"][0]["code"]) == (403, "S403")


def wrong(visit: str, person: str, **more: Any) -> Json:
    return {**bill(visit, person, **more), "kind": "spa"}


def test_later_visits_name_a_refused_one_until_it_is_mended(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, wrong("Q1", "PQ", settled="2019-06-10"))[0] == 422
    assert sums(service, "PQ") == {}  # a refused bill never adds
    _, later = service.settle(token, bill("Q2", "PQ", settled="2019-06-13"))
    (warning,) = [w for w in later["warnings"] if w["code"] == "held_by"]
    assert warning["visits"] == ["Q1"]
    assert moved(later) == ("0.00", "1343.70")
    _, before = service.settle(token, bill("Q0", "PQ", settled="2019-06-09"))
    assert [w for w in before["warnings"] if w["code"] == "held_by"] == []
    status, mended = service.settle(token, bill("Q1", "PQ", settled="2019-06-10"))
    assert (status, mended["later"]) == (201, [later["settlement_id"]])
    assert (
        service.rows(
            "SELECT visit FROM settlement_quarantined WHERE person = 'PQ' AND released IS NULL"
        )
        == []
    )
    _, last = service.settle(token, bill("Q3", "PQ", settled="2019-06-14"))
    assert [w for w in last["warnings"] if w["code"] == "held_by"] == []
    assert "later" not in last


def test_another_years_refused_visit_is_not_named(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, wrong("Q10", "PY", settled="2018-12-31"))[0] == 422
    _, told = service.settle(token, bill("Q11", "PY", settled="2019-06-13"))
    assert [w for w in told["warnings"] if w["code"] == "held_by"] == []


def test_a_reversal_names_what_was_settled_behind_it(service: Service) -> None:
    token = service.token(may_back_date=True)
    ids = [
        service.settle(token, bill(f"L{n}", "PL", settled=f"2019-06-1{n}"))[1]["settlement_id"]
        for n in (1, 2, 3)
    ]
    undo = f"/api/v1/settlements/{ids[0]}/reverse"
    asked = {"message_id": "l1", "reason": "试"}
    status, told = service.ask("POST", undo, token, asked)
    assert (status, told["later"], told["proposals"]) == (201, ids[1:], [])
    assert service.ask("POST", undo, token, asked) == (200, told)


def test_a_hospital_sees_and_gives_up_its_own_refused_bills(service: Service) -> None:
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('HQ', '丙院', '2', '500113')"
        " RETURNING code"
    )
    of = {"facility": {"code": "HQ", "level": "2", "district": "500113"}}
    own = service.token(facility="HQ", may_back_date=True)
    assert service.settle(own, wrong("Q20", "PG", **of), "q20")[0] == 422
    status, told = service.ask("GET", QUARANTINE, own)
    assert status == 200
    (row,) = told["refused"]
    assert (row["visit_id"], row["message_id"], [f["code"] for f in row["faults"]]) == (
        "Q20", "q20", ["F403"],
    )  # fmt: skip
    assert [list(f) for f in row["faults"]] == [["code", "where", "what", "why", "mend"]]
    admin = service.token("district_admin")
    seen = service.ask("GET", QUARANTINE, admin)[1]["refused"]
    assert "Q20" in [one["visit_id"] for one in seen]
    release = f"{QUARANTINE}/{row['id']}/release"
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('HR', '丁院', '2', '500113')"
        " RETURNING code"
    )
    other = service.token(facility="HR")
    assert service.ask("GET", QUARANTINE, other)[1] == {"refused": []}
    status, told = service.ask("POST", release, other, {"reason": "不是我的"})
    assert (status, told["faults"][0]["code"]) == (403, "S404")
    status, told = service.ask("POST", release, own, {"reason": "  "})
    assert (status, told["faults"][0]["code"]) == (422, "F201")
    status, given_up = service.ask("POST", release, own, {"reason": "自费病人"})
    assert (status, given_up["reason"]) == (200, "自费病人")
    assert service.ask("POST", release, own, {"reason": "自费病人"}) == (200, given_up)
    status, told = service.ask("POST", release, own, {"reason": "别的"})
    assert (status, told["faults"][0]["code"]) == (409, "S498")
    assert service.ask("GET", QUARANTINE, own)[1] == {"refused": []}
    (row,) = service.ask("GET", f"{QUARANTINE}?released=1", own)[1]["refused"]
    assert (row["released"], row["reason"]) == (given_up["released"], "自费病人")
    _, told = service.settle(own, bill("Q21", "PG", **of))
    assert [w for w in told["warnings"] if w["code"] == "held_by"] == []
    status, told = service.ask("POST", f"{QUARANTINE}/999999/release", admin, {"reason": "无"})
    assert (status, told["faults"][0]["code"]) == (404, "S497")


def test_a_bill_with_exact_numbers_settles_as_one_with_texts(service: Service) -> None:
    token = service.token(may_back_date=True)
    stated = bill("N1", "PN")
    stated["lines"][0]["amount"] = stated["lines"][0]["unit_price"] = 2539.5
    status, told = service.settle(token, stated)
    assert (status, told["patient"]) == (201, "1195.80")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31", "2200-01-01"])
def test_a_day_that_no_ledger_keeps_is_a_fault(service: Service, day: str) -> None:
    registered(service, f"DAY{day}")
    status, told = take(service, opening(f"DAY{day}", "1.00", as_of=day))
    assert (status, [f["where"] for f in told["faults"]]) == (422, ["body openings[0].as_of"])


CODES = {"S496", "S497", "S498"}
"""The codes that this file makes."""
