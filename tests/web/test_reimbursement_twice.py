"""手工报销, what could pay twice or wrongly: doubles however typed, midnight, two persons, what is undone later."""

from datetime import datetime

import pytest
from django.conf import settings

from doudi.dates import CHINA
from doudi_web.papers import reimbursed
from doudi_web.register import statements
from doudi_web.reimbursement import checking, deciding, entering, selectors
from doudi_web.reimbursement.doubles import Like
from doudi_web.reimbursement.invoice import State, bill_of
from doudi_web.reimbursement.pictures import kind_of
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import DemoClock
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.invoices_at_hand import png
from web.reimbursing import (
    ADMIN,
    COLLEAGUE,
    OFFICER,
    OTHER,
    PDF,
    approved,
    checked,
    codes,
    entered,
    in_2019,
    one,
    stated,
    town,
)  # fmt: skip
from web.service import Service

__all__ = ["in_2019", "town"]
pytestmark = pytest.mark.usefixtures("town")
ONE = {"class": ["甲"], "amount": ["3000.00"]}


@pytest.mark.parametrize("typed", ["ab 12345", "ＡＢ１２３４５", " Ab12345 ", "aB１2345"])
def test_a_number_is_one_however_it_is_typed(typed: str) -> None:
    if not any(x.stated.number == "AB12345" for x in selectors.listed(OFFICER, "all")[0]):
        entered("T1", number="AB12345", issuer="西南医院（大坪）")
    with pytest.raises(Refusal) as refused:
        entered("T2", number=typed, issuer="西南医院(大坪)")
    assert codes(refused) == (409, ["S740"])


def test_a_number_with_signs_is_like_the_one_without() -> None:
    first = entered("T1", number="77-0012/3", admitted="2019-02-01", discharged="2019-02-03")
    second = entered("T2", ONE, number="7700123", total="3000.00")
    for number, other in ((first, second), (second, first)):
        found = checking.look(OFFICER, one(number)).doubles
        assert [(d.like, d.invoice) for d in found] == [(Like.NUMBER, other)]


def test_a_code_of_the_districts_own_hospital_is_no_invoice_from_outside(town: Service) -> None:
    town.facilities("H9")
    for code in ("H9", "h9"):
        with pytest.raises(Refusal) as refused:
            entered("T1", issuer_code=code)
        assert codes(refused) == (422, ["F203"])
    number = entered("T1", admitted="2019-01-07", discharged="2019-01-08")
    with pytest.raises(Refusal) as refused:
        entering.amend(OFFICER, number, 1, stated(number="OWN", issuer_code="H9"))
    assert codes(refused) == (422, ["F203"])


@pytest.mark.parametrize(("hour", "is_late"), [((3, 31, 23, 59), False), ((4, 1, 0, 1), True)])
def test_the_last_day_ends_at_midnight_in_the_district(
    monkeypatch: pytest.MonkeyPatch, hour: tuple[int, int, int, int], is_late: bool
) -> None:
    stood = datetime(2019, *hour, tzinfo=CHINA)
    monkeypatch.setattr(settings, "DEMO", DemoClock(stood, real_now()))
    number = entered("T7", admitted="2018-05-04", discharged="2018-05-06", issued="2018-05-06")
    assert checking.look(OFFICER, one(number)).is_late is is_late


def test_a_visit_of_the_ledger_is_of_its_day_in_the_district(
    monkeypatch: pytest.MonkeyPatch, town: Service
) -> None:
    """A running visit whose header states no day was opened shortly after midnight: it is of the new day."""
    stood = datetime(2019, 12, 2, 0, 30, tzinfo=CHINA)
    with monkeypatch.context() as patch:
        patch.setattr(settings, "DEMO", DemoClock(stood, real_now()))
        header = {
            "visit_id": "OPEN-1", "person": {"id": "T3"}, "kind": "outpatient",
            "facility": {"code": "H8", "level": "2", "district": "500113"},
        }  # fmt: skip
        status, told = town.ask("POST", "/api/v1/visits", town.token("system_client"), header)
        assert status == 201, told
    before = entered("T3", admitted="2019-11-30", discharged="2019-12-01", issued="2019-12-01")
    after = entered("T3", admitted="2019-12-02", discharged="2019-12-02", issued="2019-12-02")
    assert checking.look(OFFICER, one(before)).doubles == ()
    assert [d.visit for d in checking.look(OFFICER, one(after)).doubles] == ["OPEN-1"]


def test_what_was_said_of_one_double_does_not_speak_of_the_next() -> None:
    entered("T4", number="SAID-1")
    found = checked("T5", "两个人的号码抄得像", ONE, number="SAID1", total="3000.00")
    later = entered("T6", admitted="2019-03-01", discharged="2019-03-02", issued="2019-03-02")
    scan = selectors.scan(OFFICER, found.id, found.scans[0].id)[2]
    entering.bring_scan(OFFICER, later, 1, "同一张.png", scan)
    with pytest.raises(Refusal) as refused:
        approved(found)
    assert codes(refused) == (422, ["S747"])
    deciding.give_back(ADMIN, found.id, found.version, "又来了一张一样的照片")
    checking.check(OFFICER, found.id, found.version + 1, "两张都看过，是两个人的")
    assert approved(one(found.id)) > 0


def test_whoever_had_a_hand_in_it_does_not_approve_it() -> None:
    """Somebody entered it, a colleague mended and checked it: the first is still not the second person."""
    found = checked("T8", admitted="2019-04-01", discharged="2019-04-03", issued="2019-04-03")
    deciding.give_back(ADMIN, found.id, found.version, "总费用再核对")
    said = stated(number=found.stated.number, admitted="2019-04-01", discharged="2019-04-03")
    entering.amend(COLLEAGUE, found.id, found.version + 1, said)
    checking.check(COLLEAGUE, found.id, found.version + 2, "")
    mended = one(found.id)
    assert mended.entered_by == mended.checked_by == COLLEAGUE.key
    with pytest.raises(Refusal) as refused:
        approved(mended, Actor(OFFICER.key, Role.DISTRICT_ADMIN))
    assert codes(refused) == (403, ["S746"])
    assert approved(mended) > 0


def test_who_may_not_approve_registers_no_hospital(town: Service) -> None:
    found = checked("T8", admitted="2019-05-01", discharged="2019-05-03", issuer="没有人知道的医院")
    mark = checking.look(ADMIN, found).mark
    for who, version in (
        (ADMIN, found.version + 1),
        (Actor(OFFICER.key, Role.DISTRICT_ADMIN), found.version),
    ):
        with pytest.raises(Refusal):
            deciding.approve(who, found.id, version, mark)
    sql = "SELECT count(*) FROM tenancy_facility WHERE name = '没有人知道的医院'"
    assert town.rows(sql) == [(0,)]
    deciding.approve(ADMIN, found.id, found.version, mark)
    assert town.rows(sql) == [(1,)]


def test_amounts_that_changed_since_they_were_looked_at_are_not_approved(town: Service) -> None:
    first = checked("T2", admitted="2019-06-01", discharged="2019-06-03")
    second = checked("T2", admitted="2019-07-01", discharged="2019-07-03")
    seen = checking.look(ADMIN, second).mark
    approved(first)  # what was paid of the year goes into what the next comes to
    assert checking.look(ADMIN, second).mark != seen
    with pytest.raises(Refusal) as refused:
        deciding.approve(ADMIN, second.id, second.version, seen)
    assert codes(refused) == (409, ["S745"])
    assert one(second.id).state is State.CHECKED
    sql = "SELECT count(*) FROM settlement_settlement WHERE visit = %s"
    assert town.rows(sql, second.visit) == [(0,)]
    assert approved(second) > 0


def test_an_invoice_whose_settlement_was_reversed_is_not_printed_and_comes_back(
    town: Service,
) -> None:
    found = checked("T6", admitted="2019-08-01", discharged="2019-08-03", number="UNDONE1")
    settlement = approved(found)
    path = f"/api/v1/settlements/{settlement}/reverse"
    asked = {"message_id": "undo-sg", "reason": "发票是假的，再核对"}
    assert town.ask("POST", path, town.token("district_admin"), asked)[0] == 201
    undone = one(found.id)
    assert (undone.state, undone.settlement) == (State.UNDONE, None)
    with pytest.raises(Refusal) as refused:
        reimbursed.decision(OFFICER, found.id, is_print=True)
    assert codes(refused) == (409, ["S745"])
    with pytest.raises(Refusal) as refused:
        entering.give_up(OFFICER, found.id, undone.version, "不报了")
    assert codes(refused) == (409, ["S745"])
    deciding.give_back(ADMIN, found.id, undone.version, "换真的发票来")
    checking.check(OFFICER, found.id, undone.version + 1, "")
    again = approved(one(found.id))
    assert again > settlement
    assert (one(found.id).state, one(found.id).settlement) == (State.SETTLED, again)


def test_the_decision_tells_what_stands_after_a_correction(town: Service) -> None:
    found = checked("T6", admitted="2019-09-01", discharged="2019-09-03")
    first = approved(found)
    bill = {**bill_of(found), "referred": False}
    asked = {"message_id": "correct-sg", "reason": "没有转诊单", "bill": bill}
    status, told = town.ask(
        "POST", f"/api/v1/settlements/{first}/correct", town.token("district_admin"), asked
    )
    assert status == 201, told
    assert one(found.id).settlement == int(told["settlement"]["settlement_id"]) != first


def test_an_invoice_stays_with_the_township_that_entered_it(town: Service) -> None:
    """Its person moved to the next township meanwhile: the decision is printed all the same."""
    found = checked("T3", admitted="2019-10-01", discharged="2019-10-03")
    approved(found)
    base = {"id": "T3", "birth_date": "1970-01-01", "district": "500113", "village": f"{OTHER}201"}
    ((birth,),) = town.rows("SELECT birth_date::text FROM register_person WHERE id = 'T3'")
    moved = base | {"birth_date": birth}
    statements.write(ADMIN, moved, statements.looked(moved).digest(), "搬家")
    assert reimbursed.decision(OFFICER, found.id, is_print=True)[:5] == b"%PDF-"
    assert {x.person for x in selectors.listed(OFFICER, "all")[0]} >= {"T3"}


def test_bytes_of_a_picture_are_no_script_and_a_script_in_disguise_is_one() -> None:
    picture = PDF.replace(b"endobj", b"stream\r\n\x00\x91/JS\x81\xfe\x00/JSq\r\nendstream endobj")
    assert kind_of(picture) == "pdf"
    for acting in (
        b"/J#53 (app)",
        b"/#4a#53(app)",
        b"/JS 4 0 R",
        b"/JavaScript",
        b"/Java#53cript /x",
    ):
        with pytest.raises(Refusal) as refused:
            kind_of(PDF.replace(b"/Catalog", b"/Catalog /OpenAction <<" + acting + b">>"))
        assert codes(refused) == (422, ["S741"])
    assert kind_of(png()) == "png"
