"""What is to be looked at before a visit is settled, and a settled bill changed by hand."""

from decimal import Decimal

import pytest

import banan
from doudi_web.settlement.amending import Added, Amendment, Changed, amended, left_of
from doudi_web.tenancy.refusals import Refusal
from web.service import Json, Service
from web.test_correcting import poor
from web.test_visits import VISITS, header, opened

CODES = {"S661"}


def checked(service: Service, token: str, path: str) -> tuple[Json, dict[str, tuple[str, str]]]:
    status, told = service.ask("GET", f"{path}/checks", token)
    assert status == 200, told
    return told, {one["point"]: (one["state"], one["what"]) for one in told["checks"]}


def test_what_is_to_be_looked_at_is_listed_and_nothing_stops(service: Service) -> None:
    token = service.token(may_back_date=True)
    poor(service, "PG1")
    path = opened(service, token, "G1", banan.line("2539.50"))
    told, found = checked(service, token, path)
    assert told["stops"] is False
    assert told["settlement"]["patient"] == "253.95"
    assert found["discharged"] == ("look", "还没有办出院")
    assert found["mapped"] == ("fine", "项目都对照了医保目录")
    assert found["standing"] == ("look", "身份与登记的不同")
    assert found["diagnosis"] == ("look", "没有诊断")
    assert found["limit"] == ("fine", "目录外占比 0%，在限额以内")
    assert found["platform"] == ("look", "没有填平台的预结算")
    assert found["held_by"] == ("fine", "前面没有退回的账单")
    discharge = {"discharged": "2019-06-12"}
    assert service.ask("POST", f"{path}/discharge", token, discharge)[0] == 200
    _, found = checked(service, token, path)
    assert found["discharged"] == ("fine", "已经办了出院")


@pytest.mark.parametrize(("kind", "words"), [("died", "已死亡"), ("moved_out", "已迁出")])
def test_who_died_or_moved_out_before_the_visit_is_told(
    service: Service, kind: str, words: str
) -> None:
    token, visit = service.token(may_back_date=True), f"G7{kind}"
    poor(service, f"P{visit}")
    service.rows(
        "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
        " VALUES (%s, %s, '', '2019-06-01', '2019-06-02', now(), '{}') RETURNING id",
        f"P{visit}", kind,
    )  # fmt: skip
    stated = {"admitted": "2019-06-10", "settled": "2019-06-13"}
    told, found = checked(
        service, token, opened(service, token, visit, banan.line("9.00"), **stated)
    )
    of = [one for one in told["checks"] if one["point"] == "standing" and one["state"] == "look"]
    assert "登记已死亡或迁出" in [one["what"] for one in of]
    why = next(one["why"] for one in of if one["what"] == "登记已死亡或迁出")
    assert f"登记里这个人 2019-06-01 {words}，这次就医 2019-06-10 才开始" in why
    assert found["standing"][0] == "look"
    assert told["stops"] is False


def test_a_line_that_nobody_knows_stops_and_is_named(service: Service) -> None:
    token = service.token(may_back_date=True)
    line = {k: v for k, v in banan.line("10.00").items() if k != "class"}
    told, found = checked(service, token, opened(service, token, "G2", line))
    assert (told["stops"], told["settlement"]) == (True, None)
    assert found["mapped"] == ("stop", "1 项没有对照到医保目录")
    assert found["bill"] == ("fine", "账单没有错")


def test_who_is_over_the_limit_is_told_what_follows(service: Service) -> None:
    token = service.token(may_back_date=True)
    poor(service, "PG3")
    lines = [banan.line("8.00"), banan.line("2.00", "丙", "L2")]
    told, found = checked(service, token, opened(service, token, "G3", *lines))
    assert found["limit"] == ("look", "目录外占比 20%，超过限额")
    over = next(one for one in told["checks"] if one["point"] == "limit")
    assert over["why"].startswith("超出的 1.00 元由医院承担")
    assert over["of"] == ["L2"]


def test_another_visit_that_runs_is_named(service: Service) -> None:
    token = service.token(may_back_date=True)
    path = opened(service, token, "G4", banan.line("8.00"))
    assert service.ask("POST", VISITS, token, header("G5", "PG4"))[0] == 201
    told, found = checked(service, token, path)
    assert found["episode"] == ("look", "同一个人在本院还有没有结的就诊")
    assert next(c for c in told["checks"] if c["point"] == "episode")["of"] == ["G5"]


BILL = {"visit_id": "V", "lines": [
    {"id": "1", "code": "A", "class": "甲", "quantity": "3", "unit_price": "10.00", "amount": "30.00"},
    {"id": "2", "code": "B", "class": "甲", "quantity": "1", "unit_price": "72.00", "amount": "72.00"},
    {"id": "3", "code": "A", "refunds": "1", "quantity": "-1", "unit_price": "10.00", "amount": "-10.00"},
]}  # fmt: skip


def test_what_came_back_is_a_refund_line_of_its_line() -> None:
    made = amended(BILL, Amendment(returned={"1": "2"}))
    assert made["lines"][3:] == [  # pyright: ignore
        {
            "id": "退1",
            "code": "A",
            "refunds": "1",
            "quantity": "-2",
            "unit_price": "10.00",
            "amount": "-20.00",
        }
    ]
    assert left_of(BILL) == {"1": Decimal(2), "2": Decimal(1)}
    assert left_of(made) == {"1": Decimal(0), "2": Decimal(1)}


def test_what_was_forgotten_is_a_line_with_its_product() -> None:
    added = [
        Added("C", "换药", "2019-06-02", "甲", "3", "0.335"),
        Added("D", "", "", "", "x", "1.00"),
    ]
    made = amended(BILL, Amendment(added=added))
    assert made["lines"][3:] == [  # pyright: ignore
        {"id": "补1", "code": "C", "name": "换药", "date": "2019-06-02", "class": "甲", "quantity": "3",
         "unit_price": "0.335", "amount": "1.01"},
        {"id": "补2", "code": "D", "quantity": "x", "unit_price": "1.00", "amount": "0.00"},
    ]  # fmt: skip


def test_what_was_wrong_is_changed_and_what_goes_takes_its_refunds() -> None:
    changed = [Changed("1", "3", "10.00", removed=True), Changed("2", "2", "72.00")]
    made = amended(BILL, Amendment(changed=changed, given={"basic": "1.00"}))
    assert made["lines"] == [
        {
            "id": "2",
            "code": "B",
            "class": "甲",
            "quantity": "2",
            "unit_price": "72.00",
            "amount": "144.00",
        }
    ]
    assert made["given"] == {"basic": "1.00"}


@pytest.mark.parametrize(
    ("what", "code"),
    [(Amendment(), "S661"), (Amendment(changed=[Changed("2", "1.0", "72")]), "S661"),
     (Amendment(returned={"9": "1"}), "F310")],
)  # fmt: skip
def test_nothing_changed_or_a_line_that_is_not_there(what: Amendment, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        amended(BILL, what)
    assert [f.code for f in refused.value.faults] == [code]
