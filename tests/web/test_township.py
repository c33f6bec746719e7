"""The township keeps its people: what ends and is missing, changes by two, doctors, notices; its own alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.conf import settings
from pypdf import PdfReader

from doudi_web.contracts import selectors as contracts
from doudi_web.contracts import signing
from doudi_web.desk import sheet
from doudi_web.notices import making
from doudi_web.notices.masking import ALL, SMALL, TOGETHER
from doudi_web.papers import cards, noticed
from doudi_web.register import resealing, rotation, sealing, selectors, statements
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep import asking, deciding, people
from doudi_web.upkeep.people import Tab
from web.people import number, person, standing
from web.rights import held
from web.service import Json, Service
from web.test_settling import bill

CODES = {"S612", "S748", "S749"}
TOWN, OTHER = "500113903", "500113904"
OFFICER = Actor("account:9401", Role.TOWNSHIP_OFFICER, township=TOWN)
COLLEAGUE = Actor("account:9402", Role.TOWNSHIP_OFFICER, township=TOWN)
NEIGHBOUR = Actor("account:9403", Role.TOWNSHIP_OFFICER, township=OTHER)
ADMIN = Actor("account:9404", Role.DISTRICT_ADMIN)
TODAY = date(2019, 12, 3)
pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture(scope="module")
def in_2019() -> Iterator[None]:
    """The pack rules on 2019: the clock stands on a day of that year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DEMO", demo_clock(TODAY, None, real_now()))
        yield


def villager(key: str, order: int, village: str = f"{TOWN}201", **more: object) -> Json:
    return person(key, order, name=f"田{order}禾", village=village, insurance_tier="tier_1", **more)


@pytest.fixture(scope="module")
def town(service: Service, in_2019: None) -> Service:
    """People in each state; one of the next township."""
    assert in_2019 is None
    doctors = [{"name": "罗", "phone": "66221234", "from": "2019-01-01", "to": "2019-12-31"}]
    made = [
        villager("A1", 601, phone="13800000001", doctors=doctors,
                 standings=[standing("dibao", "2019-01-01", to="2020-01-01")]),
        villager("A2", 602, standings=[standing("registered_poor", "2018-01-01", to="2019-09-01")]),
        villager("A3", 603, standings=[standing("registered_poor")]),
        villager("A4", 604, standings=[standing("dibao", "2019-01-01", to="2020-01-01"),
                                       standing("dibao", "2020-01-01")], phone="13800000004", doctors=doctors),
        villager("A5", 605, standings=[standing("registered_poor")]),
        villager("B1", 650, village=f"{OTHER}201", standings=[standing("registered_poor")]),
    ]  # fmt: skip
    made += [
        villager(
            f"C{n}", 610 + n, village=f"{TOWN}202", standings=[standing("dibao", "2019-11-02")]
        )
        for n in range(6)
    ]
    made += [
        villager(
            f"D{n}", 620 + n, village=f"{TOWN}203", standings=[standing("dibao", "2019-11-02")]
        )
        for n in range(2)
    ]
    status, told = service.ask(
        "POST", "/api/v1/persons", service.token("district_admin"), {"persons": made}
    )
    assert status == 201, told
    service.facilities("H1")
    return service


def codes(refused: "pytest.ExceptionInfo[Refusal]") -> tuple[int, list[str]]:
    return refused.value.status, [one.code for one in refused.value.faults]


def who(tab: Tab, by: Actor = OFFICER) -> list[str]:
    return [row.person for row in people.listed(by, TOWN, tab)[0]]


def stated(person_: str, kind: str, typed: dict[str, str], by: Actor = OFFICER) -> asking.Change:
    digest = asking.look(by, person_, kind, typed).digest
    return asking.state(by, person_, kind, typed, digest, "镇里核实过", "民发〔2019〕12号")


def test_who_needs_something_is_listed() -> None:
    assert who(Tab.SOON) == ["A1"]  # A4 is renewed already
    assert who(Tab.ENDED) == ["A2"]
    rows = {row.person: row for row in people.listed(OFFICER, TOWN, Tab.MISSING)[0]}
    assert rows["A3"].missing == ["家庭医生", "电话"]
    assert "A1" not in rows
    assert people.counts(OFFICER, TOWN)[Tab.ALL] == 13
    assert rows["A3"].name == "田****"  # masked


def test_a_sheet_of_more_than_it_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[str]:
        read = sheet.all_rows(lambda most: people.listed(OFFICER, TOWN, Tab.ALL, most=most)[0])
        return [row.person for row in read]

    monkeypatch.setattr(sheet, "MOST", 13)
    assert len(set(rows())) == 13
    monkeypatch.setattr(sheet, "MOST", 12)
    with pytest.raises(Refusal) as refused:
        rows()
    assert codes(refused) == (422, ["S612"])
    assert "这张表超过 12 行" in refused.value.faults[0].what


def test_another_township_is_closed() -> None:
    for ask in (
        lambda: people.listed(NEIGHBOUR, TOWN, Tab.ALL),
        lambda: contracts.listed(NEIGHBOUR, TOWN, contracts.Tab.HAVE),
        lambda: contracts.due(NEIGHBOUR, TOWN),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            ask()
        assert codes(refused) == (403, ["S431"])
    for act in (
        lambda: asking.look(NEIGHBOUR, "A1", "died", {"day": "2019-12-01"}),
        lambda: signing.wish(NEIGHBOUR, "A1", wishes=True), lambda: contracts.one(NEIGHBOUR, "A1"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            act()
        assert codes(refused) == (404, ["S430"])


def test_a_renewal_waits_for_another_person_and_then_is_a_new_fact() -> None:
    before = statements.held("A1", "standing")
    change = stated("A1", "renew", {"code": "dibao", "from": "2020-01-01", "to": "2021-01-01"})
    assert change.state == "waiting"
    assert statements.held("A1", "standing") == before
    with pytest.raises(Refusal) as refused:
        deciding.confirm(OFFICER, change.pk, "")
    assert codes(refused) == (403, ["S403"])
    same = Actor(OFFICER.key, Role.DISTRICT_ADMIN)
    with pytest.raises(Refusal) as refused:
        deciding.confirm(same, change.pk, "")
    assert codes(refused) == (403, ["S746"])
    deciding.confirm(ADMIN, change.pk, "核对过文件")
    assert statements.held("A1", "standing") == [
        *before, {"code": "dibao", "from": "2020-01-01", "to": "2021-01-01"},
    ]  # fmt: skip
    with pytest.raises(Refusal) as refused:
        deciding.confirm(ADMIN, change.pk, "")
    assert codes(refused) == (409, ["S745"])


def test_a_standing_learned_late_makes_proposals(town: Service) -> None:
    plain = villager("L1", 640)
    admin = town.token("district_admin")
    assert town.ask("POST", "/api/v1/persons", admin, {"persons": [plain]})[0] == 201
    made = bill("LATE-1", "L1")
    made["person"] = {"id": "L1"}
    status, told = town.settle(town.token("system_client"), made)
    assert status == 201, told
    typed = {"code": "registered_poor", "from": "2019-01-01", "to": ""}
    looked = asking.look(OFFICER, "L1", "renew", typed)
    assert (looked.needs_second, looked.settled_since) == (True, 1)
    change = stated("L1", "renew", typed)
    deciding.confirm(ADMIN, change.pk, "")
    assert town.rows(
        "SELECT count(*) FROM settlement_proposal WHERE person = 'L1' AND state = 'open'"
    ) == [(1,)]


def test_who_changed_it_meanwhile_is_not_written_over() -> None:
    typed = {"code": "registered_poor", "from": "2019-12-01", "to": "2020-12-01"}
    digest = asking.look(OFFICER, "A2", "renew", typed).digest
    waiting = asking.state(OFFICER, "A2", "renew", typed, digest, "续期", "")
    stated("A2", "move", {"village": f"{TOWN}202"}, COLLEAGUE)
    with pytest.raises(Refusal) as refused:
        deciding.confirm(ADMIN, waiting.pk, "")
    assert codes(refused) == (409, ["S748"])
    with pytest.raises(Refusal) as refused:
        asking.state(OFFICER, "A2", "renew", typed, digest, "续期", "")
    assert codes(refused) == (409, ["S748"])
    deciding.withdraw(OFFICER, waiting.pk)


def test_a_death_is_written_at_once_and_takes_no_standing_away(town: Service) -> None:
    header = {k: v for k, v in bill("RUN-1", "A5").items() if k not in ("lines", "settled")}
    header |= {"person": {"id": "A5"}, "facility": {**header["facility"], "code": "H1"}}
    assert town.ask("POST", "/api/v1/visits", town.token("cashier", "H1"), header)[0] == 201
    looked = asking.look(OFFICER, "A5", "died", {"day": "2019-12-01"})
    assert (looked.running, looked.standings, looked.needs_second) == (
        [("RUN-1", "院")],
        ["建卡贫困户"],
        False,
    )
    change = stated("A5", "died", {"day": "2019-12-01"})
    assert change.state == "written"
    assert [s["code"] for s in statements.held("A5", "standing")] == ["registered_poor"]
    assert town.rows("SELECT died FROM register_person WHERE id = 'A5'") == [(date(2019, 12, 1),)]
    with pytest.raises(Refusal) as refused:
        stated("A5", "died", {"day": "2019-12-01"})
    assert codes(refused) == (422, ["S749"])


def test_a_newborn_stands_on_the_mothers_number_and_gets_her_standing_by_two(town: Service) -> None:
    looked = asking.look(
        OFFICER,
        "A3",
        "newborn",
        {"day": "2019-11-20", "name": "田小宝", "sex": "女", "standing": "1"},
    )
    typed = {
        "day": "2019-11-20",
        "name": "田小宝",
        "sex": "女",
        "standing": "1",
        "id": looked.statement["id"],
    }
    change = asking.state(OFFICER, "A3", "newborn", typed, looked.digest, "出生医学证明", "")
    assert change.state == "waiting"
    deciding.confirm(ADMIN, change.pk, "")
    born = looked.statement["id"]
    assert town.rows(
        "SELECT mother_id, village_id, birth_date FROM register_person WHERE id = %s", born
    ) == [("A3", f"{TOWN}201", date(2019, 11, 20))]
    assert statements.held(born, "standing") == [{"code": "registered_poor", "from": "2019-11-20"}]
    found = selectors.persons(ADMIN, id_number=number(603), visited=visited)
    assert sorted(one["id"] for one in found["persons"]) == ["A3", born]


def test_a_newborn_takes_nobody_elses_place() -> None:
    for own in ("A1", "n0", "nzzzzzzzzzzzzzzzz"):
        with pytest.raises(Refusal) as refused:
            asking.look(OFFICER, "A3", "newborn", {"day": "2019-11-20", "id": own})
        assert codes(refused) == (422, ["F203"])


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("renew", {"code": "king", "from": "2020-01-01"}), ("renew", {"code": "dibao", "from": "2020-13-01"}),
     ("died", {"day": "'; DROP TABLE"}), ("move", {"village": "500114001001"}), ("nothing", {}),
     ("newborn", {"day": "2019-11-20", "name": "长" * 10_000}), ("end", {"code": "destitute", "to": "2019-12-01"})],
)  # fmt: skip
def test_what_cannot_be_is_refused(kind: str, typed: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        asking.look(OFFICER, "A4", kind, typed)
    assert refused.value.status == 422


def test_a_contract_is_renewed_and_wished() -> None:
    assert [row.person for row in contracts.listed(OFFICER, TOWN, contracts.Tab.ENDS)[0]] == [
        "A1",
        "A4",
    ]
    assert "A3" in [row.person for row in contracts.listed(OFFICER, TOWN, contracts.Tab.WISH)[0]]
    signing.wish(OFFICER, "A3", wishes=False)
    assert "A3" not in [
        row.person for row in contracts.listed(OFFICER, TOWN, contracts.Tab.WISH)[0]
    ]
    typed = {"name": "罗永", "phone": "66221234", "from": "2019-12-31", "to": "2020-12-31"}
    signing.sign(OFFICER, "A1", typed)
    assert [row.person for row in contracts.listed(OFFICER, TOWN, contracts.Tab.ENDS)[0]] == [
        "A1",
        "A4",
    ]
    assert [(d["from"], d["to"]) for d in statements.held("A1", "doctor")] == [
        ("2019-01-01", "2019-12-31"), ("2019-12-31", "2020-12-31"),
    ]  # fmt: skip
    with pytest.raises(Refusal) as refused:
        signing.sign(OFFICER, "A1", {**typed, "phone": "x"})
    assert codes(refused)[0] == 422


def test_visits_of_a_plan_fall_due_and_are_done_once(town: Service) -> None:
    typed = {
        "plan": "血压一季度量一次；少盐",
        "what": "量血压",
        "from": "2019-11-30",
        "every": "3",
        "count": "3",
    }
    assert signing.plan(OFFICER, "A4", typed) == 3
    dues = town.rows("SELECT due FROM contracts_visit WHERE person = 'A4' ORDER BY due")
    assert dues == [(date(2019, 11, 30),), (date(2020, 2, 29),), (date(2020, 5, 30),)]
    (due,) = contracts.due(OFFICER, TOWN)
    assert (due.person, due.what, due.is_late) == ("A4", "量血压", True)
    assert contracts.count_due(OFFICER) == 1
    signing.done(OFFICER, due.id, "130/80，药还够")
    assert contracts.due(OFFICER, TOWN) == []
    with pytest.raises(Refusal) as refused:
        signing.done(OFFICER, due.id, "又一次")
    assert codes(refused) == (409, ["S745"])
    with pytest.raises(Refusal) as refused:
        signing.done(NEIGHBOUR, due.id, "")
    assert codes(refused) == (404, ["S744"])
    ((note,),) = town.rows("SELECT note FROM contracts_visit WHERE id = %s", due.id)
    assert b"130/80" not in bytes(note)


def test_numbers_to_call_are_shown_for_a_reason_and_recorded(town: Service) -> None:
    found = contracts.calls(OFFICER, ["A1", "B1"], "随访前打电话")
    assert [(c.person, c.phone) for c in found] == [("A1", "13800000001")]
    seen = town.rows("SELECT subject, reason FROM audit_log_record WHERE detail ->> 'by' = 'calls'")
    assert seen == [("person:A1", "随访前打电话")]
    with pytest.raises(Refusal) as refused:
        contracts.calls(OFFICER, ["A1"], " ")
    assert codes(refused) == (422, ["S483"])


def test_a_notice_is_masked_and_pools_small_villages(town: Service) -> None:
    hangs = (TODAY.isoformat(), (TODAY + timedelta(days=7)).isoformat())
    notice = making.make(OFFICER, "standing", ("2019-11-01", "2019-11-10", *hangs))
    found, said = making.one(OFFICER, notice)
    rows = making.rows_of(found)
    assert said == []
    assert len(rows) == 8 >= SMALL
    assert {row.name for row in rows} == {"田*禾"}
    assert {row.village for row in rows} == {
        TOGETHER
    }  # two alone would be known: the next smallest joins them
    kept = str(town.rows("SELECT rows FROM notices_notice WHERE id = %s", notice))
    assert all(f"田{n}" not in kept for n in range(610, 622))
    few = making.make(OFFICER, "standing", ("2019-11-20", "2019-11-20", *hangs))
    assert {(r.village, r.amount) for r in making.rows_of(making.one(OFFICER, few)[0])} == {
        (ALL, None)
    }
    with pytest.raises(Refusal) as refused:
        making.make(OFFICER, "standing", ("2017-01-01", "2017-01-02", *hangs))
    assert codes(refused) == (422, ["S749"])
    with pytest.raises(Refusal) as refused:
        making.one(NEIGHBOUR, notice)
    assert codes(refused) == (404, ["S744"])


def test_aid_that_was_paid_hangs_by_the_day_of_settlement(town: Service) -> None:
    hangs = (TODAY.isoformat(), TODAY.isoformat())
    made = bill("AID-1", "A3")
    made["person"] = {"id": "A3"}
    status, told = town.settle(town.token("system_client"), made)
    assert status == 201, told
    period = (TODAY.isoformat(), TODAY.isoformat())
    rows = making.rows_of(making.one(OFFICER, making.make(OFFICER, "aid", (*period, *hangs)))[0])
    assert [(row.village, row.name, row.amount) for row in rows] == [(ALL, "田*禾", None)]


def test_notices_and_cards_are_printed(town: Service) -> None:
    hangs = (TODAY.isoformat(), TODAY.isoformat())
    notice = making.make(OFFICER, "standing", ("2019-11-01", "2019-11-10", *hangs))
    text = (
        PdfReader(BytesIO(noticed.notice(OFFICER, notice, is_print=True))).pages[0].extract_text()
    )
    assert "困难群众身份认定公示" in text
    assert "田611禾" not in text
    with pytest.raises(Refusal) as refused:
        noticed.notice(ADMIN, notice, is_print=True)
    assert codes(refused) == (403, ["S403"])
    made = PdfReader(BytesIO(cards.printed(OFFICER, TOWN, ["A1", "A3", "B1", "A4"], "交给本人")))
    assert len(made.pages) == 2  # A3 has no doctor, B1 is the neighbour's
    seen = town.rows(
        "SELECT count(*) FROM audit_log_record WHERE action = 'papers.print' AND subject = 'person:A1'"
    )
    assert seen == [(1,)]
    with pytest.raises(Refusal) as refused:
        cards.printed(OFFICER, TOWN, ["A3", "B1"], "交给本人")
    assert codes(refused) == (409, ["S670"])


def test_an_objection_is_kept_sealed_and_replied_to_once(town: Service) -> None:
    hangs = (TODAY.isoformat(), TODAY.isoformat())
    notice = making.make(OFFICER, "standing", ("2019-11-01", "2019-11-10", *hangs))
    making.objected(OFFICER, notice, "王某说田家有车")
    ((objection, says),) = [(o.pk, s) for o, s in making.one(ADMIN, notice)[1]]
    assert says == "王某说田家有车"
    ((kept,),) = town.rows("SELECT says FROM notices_objection WHERE id = %s", objection)
    assert says.encode() not in bytes(kept)
    making.reply(OFFICER, notice, objection, "车是单位的，核实过")
    with pytest.raises(Refusal) as refused:
        making.reply(COLLEAGUE, notice, objection, "再答")
    assert codes(refused) == (409, ["S745"])


def test_a_change_of_keys_seals_notes_changes_and_objections_anew(town: Service) -> None:
    before = town.rows("SELECT note FROM contracts_visit WHERE note IS NOT NULL ORDER BY id")
    counts = rotation.rotate(ADMIN)
    assert counts["elsewhere"] >= 3
    after = town.rows("SELECT note FROM contracts_visit WHERE note IS NOT NULL ORDER BY id")
    assert {sealing.key_number(note) for (note,) in after} == {counts["key"]}
    assert [note for (note,) in before] != [note for (note,) in after]
    (_, note), *_ = [v for v in contracts.one(OFFICER, "A4").visits if v[0].done]
    assert note == "130/80，药还够"
    assert resealing.reseal(counts["key"]) == 0


@pytest.mark.parametrize("role", Role)
def test_who_may_what(role: Role) -> None:
    somebody = Actor("account:9499", role, township=TOWN if role is Role.TOWNSHIP_OFFICER else None)
    verbs = (
        (Act.UPKEEP_READ, lambda: people.counts(somebody, TOWN)),
        (Act.UPKEEP_WRITE, lambda: deciding.withdraw(somebody, 0)),
        (Act.UPKEEP_CONFIRM, lambda: deciding.confirm(somebody, 0, "")),
        (Act.CONTRACTS_READ, lambda: contracts.counts(somebody, TOWN)),
        (Act.CONTRACTS_WRITE, lambda: signing.done(somebody, 0, "")),
        (Act.NOTICES_READ, lambda: making.listed(somebody)),
        (Act.NOTICES_WRITE, lambda: making.reply(somebody, 0, 0, "x")),
    )
    held(role, verbs)
