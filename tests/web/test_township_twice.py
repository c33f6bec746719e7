"""The township's people, what could tell too much or lose something: who moved or died, long lists, rare names."""

from datetime import timedelta

import pytest

from doudi_web.contracts import selectors as contracts
from doudi_web.contracts import signing
from doudi_web.notices import making
from doudi_web.notices.masking import ALL, SMALL
from doudi_web.papers import cards
from doudi_web.register import statements
from doudi_web.tenancy.refusals import Refusal
from doudi_web.upkeep import deciding
from web.service import Service
from web.test_settling import bill
from web.test_township import (
    ADMIN,
    NEIGHBOUR,
    OFFICER,
    OTHER,
    TODAY,
    TOWN,
    codes,
    in_2019,
    stated,
    town,
    villager,
)  # fmt: skip

__all__ = ["in_2019", "town"]
pytestmark = pytest.mark.usefixtures("town")
HANGS = (TODAY.isoformat(), (TODAY + timedelta(days=7)).isoformat())
PLAN = {"plan": "少盐", "what": "量血压", "from": "2019-11-30", "every": "3", "count": "2"}


def registered(service: Service, *people: dict[str, object]) -> None:
    asked = {"persons": list(people)}
    status, told = service.ask("POST", "/api/v1/persons", service.token("district_admin"), asked)
    assert status == 201, told


def hung(first: str, last: str, kind: str = "standing") -> list[making.Row]:
    return making.rows_of(making.one(OFFICER, making.make(OFFICER, kind, (first, last, *HANGS)))[0])


def test_visits_go_with_who_moves_to_the_next_township() -> None:
    signing.plan(OFFICER, "C0", PLAN)
    (due,) = [one for one in contracts.due(OFFICER, TOWN) if one.person == "C0"]
    assert [one for one in contracts.due(NEIGHBOUR, OTHER) if one.person == "C0"] == []
    stated("C0", "move", {"village": f"{OTHER}201"})
    assert [one for one in contracts.due(OFFICER, TOWN) if one.person == "C0"] == []
    assert contracts.count_due(OFFICER) == 0
    with pytest.raises(Refusal) as refused:
        signing.done(OFFICER, due.id, "打过电话")
    assert codes(refused) == (404, ["S744"])
    assert [one.id for one in contracts.due(NEIGHBOUR, OTHER)] == [due.id]
    assert contracts.count_due(NEIGHBOUR) == 1
    signing.done(NEIGHBOUR, due.id, "新地方打过电话")


def test_nobody_is_reminded_of_who_is_gone() -> None:
    for person, kind in (("C1", "died"), ("C2", "moved_out")):
        signing.plan(OFFICER, person, PLAN)
        assert contracts.count_due(OFFICER) == 1
        stated(person, kind, {"day": "2019-12-02"})
        assert contracts.due(OFFICER, TOWN) == []
        assert contracts.count_due(OFFICER) == 0


def test_a_contract_that_begins_later_is_not_lost() -> None:
    later = {"name": "罗永", "phone": "66221234", "from": "2020-12-31", "to": "2021-12-31"}
    signing.sign(OFFICER, "A4", later)
    signing.sign(OFFICER, "A4", {**later, "from": "2019-12-31", "to": "2020-12-31"})
    assert [(d["from"], d["to"]) for d in statements.held("A4", "doctor")] == [
        ("2019-01-01", "2019-12-31"), ("2019-12-31", "2020-12-31"), ("2020-12-31", "2021-12-31"),
    ]  # fmt: skip


def test_a_plan_of_the_year_9999_is_a_mistyped_day() -> None:
    with pytest.raises(Refusal) as refused:
        signing.plan(OFFICER, "A4", {**PLAN, "from": "9999-12-30"})
    assert codes(refused) == (422, ["F203"])


def test_more_people_than_are_shown_at_once_are_refused_and_not_left_out() -> None:
    many = [f"X{n}" for n in range(contracts.CALLED + 1)]
    with pytest.raises(Refusal) as refused:
        contracts.calls(OFFICER, many, "随访")
    assert codes(refused) == (422, ["F203"])
    with pytest.raises(Refusal) as refused:
        cards.printed(OFFICER, TOWN, [f"X{n}" for n in range(cards.MOST + 1)], "交给本人")
    assert codes(refused) == (422, ["F203"])


def test_people_are_listed_by_village() -> None:
    have = contracts.Tab.HAVE
    assert [r.person for r in contracts.listed(OFFICER, TOWN, have, "", f"{TOWN}201")[0]] == [
        "A1",
        "A4",
    ]
    assert contracts.listed(OFFICER, TOWN, have, "", f"{TOWN}202")[0] == []
    assert contracts.counts(OFFICER, TOWN, f"{TOWN}202")[have] == 0


def test_a_word_too_long_for_its_row_is_refused() -> None:
    change = stated("A3", "renew", {"code": "dibao", "from": "2019-12-01", "to": "2020-12-01"})
    with pytest.raises(Refusal) as refused:
        deciding.confirm(ADMIN, change.pk, "核" * 401)
    assert codes(refused) == (422, ["F203"])
    deciding.withdraw(OFFICER, change.pk)


def test_whose_changes_were_listed_is_recorded(town: Service) -> None:
    change = stated("A3", "renew", {"code": "dibao", "from": "2019-12-01", "to": "2020-12-01"})
    deciding.changes(ADMIN, waiting=True)
    seen = town.rows(
        "SELECT subject FROM audit_log_record WHERE actor = %s AND action = 'persons.read'"
        " AND detail -> 'by' ->> 0 = 'changes'",
        ADMIN.key,
    )
    assert ("person:A3",) in seen
    deciding.withdraw(OFFICER, change.pk)


def test_one_person_with_many_lines_is_one_person(town: Service) -> None:
    """Five lines of one person are not five people: the village would tell who it is."""
    spans = [
        {"code": "dibao", "from": f"2016-0{n}-01", "to": f"2016-0{n}-09"}
        for n in range(1, SMALL + 2)
    ]
    registered(town, villager("M1", 660, standings=spans))
    assert {row.village for row in hung("2016-01-01", "2016-12-31")} == {ALL}


def test_a_name_that_few_bear_and_how_long_one_is_are_not_told(town: Service) -> None:
    names = ["田禾", "田小禾", "田小小禾", "欧阳小红", "买买提·艾力", "皮"]
    people = [
        villager(f"R{n}", 670 + n, standings=[{"code": "dibao", "from": "2015-03-01", "to": "2015-04-01"}])
        | {"name": name}
        for n, name in enumerate(names)
    ]  # fmt: skip
    registered(town, *people)
    shown = sorted(row.name for row in hung("2015-03-01", "2015-03-31"))
    assert shown == sorted(["田*", "田*禾", "田*禾", "*红", "*力", "*"])


def test_a_notice_that_would_leave_somebody_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST", 3)
    with pytest.raises(Refusal) as refused:
        hung("2019-11-01", "2019-11-10")
    assert codes(refused) == (422, ["F203"])


def test_aid_of_days_to_come_does_not_hang() -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    with pytest.raises(Refusal) as refused:
        hung(TODAY.isoformat(), tomorrow, "aid")
    assert codes(refused) == (422, ["F302"])


@pytest.fixture
def paid(town: Service) -> dict[str, int]:
    """What aid and floor came to for six people of a village, one of whose settlements was undone."""
    token, found = town.token("system_client"), dict[str, int]()
    for n in range(6):
        made = bill(f"PAID-{n}", f"E{n}", str(2000 + 100 * n) + ".00")
        registered(
            town, villager(f"E{n}", 680 + n, f"{TOWN}204", standings=[{"code": "dibao", "from": "2019-01-01"}])
        )  # fmt: skip
        made["person"] = {"id": f"E{n}"}
        status, told = town.settle(token, made)
        assert status == 201, told
        payments = told["payments"]
        fen = sum(
            int(payments.get(key, "0.00").replace(".", ""))
            for key in ("medical_assistance", "floor")
        )
        found[f"E{n}"] = fen
        if n == 5:
            path = f"/api/v1/settlements/{told['settlement_id']}/reverse"
            asked = {"message_id": "undo-aid", "reason": "录错了"}
            assert town.ask("POST", path, token, asked)[0] == 201
    return found


def test_aid_hangs_to_the_fen_without_what_was_undone(paid: dict[str, int]) -> None:
    day = TODAY.isoformat()
    amounts = sorted(row.amount or 0 for row in hung(day, day, "aid"))
    assert amounts == sorted(paid[f"E{n}"] for n in range(5))
    assert min(amounts) > 0
