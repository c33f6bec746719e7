"""手工报销: a paper invoice from outside is entered, checked, approved by another and settled by the engine."""

import threading
from io import BytesIO

import psycopg
import pytest
from django.db import connection
from pypdf import PdfReader

from doudi_web.papers import reimbursed
from doudi_web.reimbursement import checking, deciding, entering, lateness, selectors
from doudi_web.reimbursement.doubles import Like
from doudi_web.reimbursement.invoice import State
from doudi_web.reimbursement.pictures import kind_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor
from web.invoices_at_hand import png
from web.people import number as number_of
from web.reimbursing import (
    ADMIN,
    AUDITOR,
    COLLEAGUE,
    JPEG,
    NEIGHBOUR,
    OFFICER,
    PDF,
    TOWN,
    approved,
    checked,
    codes,
    entered,
    in_2019,
    one,
    stated,
    town,
)
from web.rights import held
from web.service import Service
from web.test_settling import bill

__all__ = ["in_2019", "town"]
CODES = {"S740", "S741", "S742", "S743", "S744", "S745", "S746", "S747"}
pytestmark = pytest.mark.usefixtures("town")


def test_pictures_are_known_by_what_they_hold() -> None:
    assert [kind_of(x) for x in (png(), JPEG, PDF)] == ["png", "jpg", "pdf"]


@pytest.mark.parametrize(
    "content",
    [
        b"#!/bin/sh\nrm -rf /\n", b"", b"<html><script>1</script>", png(4_000, 4_000, said=2), png(20, 20)[:-3],
        png(20_000, 2), JPEG[:-2], PDF[:-6], PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</JS (app)>>"),
        png(30, 30).replace(b"IEND", b"IENX"),
    ],
    ids=["script", "nothing", "page", "bomb", "cut", "wide", "cut-jpeg", "cut-pdf", "acting", "altered"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        kind_of(content)
    assert codes(refused) == (422, ["S741"])


def test_a_file_too_large_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        kind_of(PDF + b"x" * 5 * 2**20)
    assert codes(refused) == (413, ["S413"])


def test_all_that_is_wrong_with_an_invoice_is_told_at_once() -> None:
    long = "长" * 10_000
    with pytest.raises(Refusal) as refused:
        stated(
            number="发票'; DROP", issuer=long, level="9", district="500113", kind="x", admitted="2019-02-30",
            total="1e3", rows={"class": ["丁"], "amount": ["-1"]},
        )  # fmt: skip
    assert refused.value.status == 422
    assert [f.where for f in refused.value.faults] == [
        "number", "issuer", "level", "district", "kind", "admitted", "total", "lines.1.class", "lines.1.amount",
    ]  # fmt: skip


def test_lines_that_do_not_come_to_the_total_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        stated(total="10000.01")
    assert codes(refused) == (422, ["S743"])
    assert refused.value.faults[0].what == "总费用 10000.01，各行加起来 10000.00"


def test_an_invoice_becomes_a_settlement_of_the_engine(town: Service) -> None:
    found = checked("T1")
    looked = checking.look(ADMIN, found)
    assert looked.settlement is not None, looked.faults
    number = approved(found)
    done = one(found.id)
    assert (done.state, done.settlement) == (State.SETTLED, number)
    assert [step.what for step in reversed(done.steps)] == [
        "enter",
        "scan",
        "check",
        "approve",
        "settle",
    ]
    ((visit, facility, result),) = town.rows(
        "SELECT visit, facility, result::json FROM settlement_settlement WHERE id = %s", number
    )
    assert (visit, facility[:3]) == (done.visit, "OUT")
    for key in ("total", "payments", "hospital", "patient", "control"):
        assert result[key] == looked.settlement[key]
    # by hand: in scope 6000 + 2700; level 三: (8700 − 800) × 40% × 90% = 2844.00; critical 0;
    # assistance 60% × 5856.00 = 3513.60; own pay 10000 − 2844 − 3513.60 = 3642.40; referred, so at most 10%
    assert result["payments"]["basic"] == "2844.00"
    assert result["payments"]["medical_assistance"] == "3513.60"
    assert (result["payments"]["floor"], result["patient"], result["hospital"]) == (
        "2642.40",
        "1000.00",
        "0.00",
    )


def test_without_referral_there_is_no_floor_and_the_excess_is_shown_not_moved() -> None:
    rows = {"class": ["甲", "丙"], "amount": ["8000.00", "2000.00"]}
    number = entering.enter(OFFICER, "T2", stated(rows=rows, referred="", number="U1"))
    entering.bring_scan(OFFICER, number, 1, "a.pdf", PDF + b"U1")
    made = checking.look(OFFICER, one(number, OFFICER)).settlement
    assert made is not None, checking.look(OFFICER, one(number, OFFICER)).faults
    assert (made["payments"].get("floor", "0.00"), made["hospital"]) == ("0.00", "0.00")
    assert made["control"]["status"] == "exceeded"


def test_what_others_paid_is_given() -> None:
    number = entering.enter(OFFICER, "T2", stated(number="G1", given_basic="3000.00"))
    made = checking.look(OFFICER, one(number, OFFICER)).settlement
    assert made is not None
    assert made["payments"]["basic"] == "3000.00"


def test_the_decision_is_printed_and_counted(town: Service) -> None:
    found = checked("T1", admitted="2019-03-01", discharged="2019-03-04")
    with pytest.raises(Refusal) as refused:
        reimbursed.decision(OFFICER, found.id, is_print=True)
    assert codes(refused) == (409, ["S745"])
    approved(found)
    for number in (1, 2):
        made = reimbursed.decision(OFFICER, found.id, is_print=True)
        text = PdfReader(BytesIO(made)).pages[0].extract_text().replace(" ", "")
        assert "田小1" in text
        assert ("补打第2次" in text) == (number == 2)
    seen = reimbursed.decision(AUDITOR, found.id, is_print=False)
    assert "田小1" not in PdfReader(BytesIO(seen)).pages[0].extract_text().replace(" ", "")
    with pytest.raises(Refusal) as refused:
        reimbursed.decision(AUDITOR, found.id, is_print=True)
    assert codes(refused) == (403, ["S403"])
    printed = town.rows(
        "SELECT number FROM papers_printed WHERE kind = 'reimbursed' AND of = %s", str(found.id)
    )
    assert printed == [(1,), (2,)]


def test_the_same_invoice_is_entered_once() -> None:
    entered("T3", number="TWICE")
    for who in ("T3", "T4"):
        with pytest.raises(Refusal) as refused:
            entered(who, number="TWICE", issuer="西 南医院")
        assert codes(refused) == (409, ["S740"])


def test_an_invoice_that_was_given_up_may_be_entered_again() -> None:
    number = entered("T3", number="AGAIN")
    entering.give_up(OFFICER, number, 1, "录到别人名下了")
    assert entered("T4", number="AGAIN") > number


def test_what_looks_like_a_double_needs_a_word(town: Service) -> None:
    token = town.token("system_client")
    town.facilities("H1")
    inside = bill("V-IN", "T5", admitted="2019-11-10", discharged="2019-11-11")
    status, told = town.settle(token, inside)
    assert status == 201, told
    first = entered("T5", number="D1")
    entered("T6", {"class": ["甲"], "amount": ["3000.00"]}, number="D1", total="3000.00")
    likes = [d.like for d in checking.look(OFFICER, one(first, OFFICER)).doubles]
    assert likes == [Like.NUMBER, Like.LEDGER_DAYS]
    entering.bring_scan(OFFICER, first, 1, "a.png", png(3, 3))
    with pytest.raises(Refusal) as refused:
        checking.check(OFFICER, first, 2, "")
    assert codes(refused) == (422, ["S747"])
    checking.check(OFFICER, first, 2, "院内的是转院以前的")
    assert one(first).apart == "院内的是转院以前的"


def test_a_scan_of_another_invoice_is_a_double() -> None:
    first, second = entered("T6"), entered("T7")
    for number in (first, second):
        entering.bring_scan(OFFICER, number, 1, "同.pdf", PDF + b"same")
    found = checking.look(OFFICER, one(second, OFFICER)).doubles
    assert [(d.like, d.invoice) for d in found] == [(Like.SCAN, first)]


def test_no_scan_no_check() -> None:
    with pytest.raises(Refusal) as refused:
        checking.check(
            OFFICER,
            entered("T6", discharged="2019-11-05", admitted="2019-11-04", issued="2019-11-05"),
            1,
            "",
        )
    assert "S747" in codes(refused)[1]


def test_a_late_invoice_is_let_in_by_the_district_alone() -> None:
    late = {"admitted": "2018-05-04", "discharged": "2018-05-06", "issued": "2018-05-06"}
    number = entered("T7", None, **late)
    entering.bring_scan(OFFICER, number, 1, "late.png", png(5, 5))
    with pytest.raises(Refusal) as refused:
        checking.check(OFFICER, number, 2, "")
    assert codes(refused) == (422, ["S742"])
    assert "2019-03-31" in refused.value.faults[0].what
    with pytest.raises(Refusal) as refused:
        deciding.allow_late(OFFICER, number, 2, "住院很久")
    assert codes(refused) == (403, ["S403"])
    deciding.allow_late(ADMIN, number, 2, "出院以后一直卧床")
    checking.check(OFFICER, number, 3, "")
    assert one(number).late_reason == "出院以后一直卧床"


def test_the_district_states_its_deadline_with_a_source() -> None:
    assert lateness.deadline_of("500199").status == "unverified"
    lateness.state(ADMIN, "500199", "6", "某区医保发〔2019〕1号")
    assert lateness.deadline_of("500199") == lateness.Deadline(6, "stated", "某区医保发〔2019〕1号")
    for who, months in ((OFFICER, "6"), (ADMIN, "0"), (ADMIN, "61"), (ADMIN, "x")):
        with pytest.raises(Refusal):
            lateness.state(who, "500199", months, "")


def test_who_entered_does_not_approve_and_a_return_is_mended() -> None:
    rows = {"class": ["甲"], "amount": ["10000.00"]}
    found = checked("T8")
    both = Actor(OFFICER.key, Role.DISTRICT_ADMIN)  # the same person, after a change of role
    with pytest.raises(Refusal) as refused:
        approved(found, both)
    assert codes(refused) == (403, ["S746"])
    deciding.give_back(ADMIN, found.id, found.version, "第二页看不清")
    entering.amend(
        OFFICER, found.id, found.version + 1, stated(rows=rows, number=found.stated.number)
    )
    mended = one(found.id)
    assert (mended.state, mended.checked_by, mended.version) == (
        State.ENTERED,
        "",
        found.version + 2,
    )


def test_two_who_edit_do_not_write_over_one_another() -> None:
    number = entered("T8", admitted="2019-10-01", discharged="2019-10-02", issued="2019-10-02")
    entering.amend(
        OFFICER, number, 1, stated(number="MINE", admitted="2019-10-01", discharged="2019-10-02")
    )
    with pytest.raises(Refusal) as refused:
        entering.amend(COLLEAGUE, number, 1, stated(number="THEIRS"))
    assert codes(refused) == (409, ["S745"])
    assert one(number).stated.number == "MINE"


def test_two_who_approve_at_once_settle_once(town: Service) -> None:
    found = checked("T4", admitted="2019-09-01", discharged="2019-09-03")
    came: list[object] = []
    seen = checking.look(ADMIN, found).mark

    def approve(by: Actor) -> None:
        try:
            came.append(deciding.approve(by, found.id, found.version, seen))
        except Refusal as refused:
            came.append(refused.status)
        finally:
            connection.close()

    other = Actor("account:9206", Role.DISTRICT_ADMIN)
    threads = [threading.Thread(target=approve, args=(by,)) for by in (ADMIN, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(x == 409 for x in came) == [False, True], came
    settled = town.rows("SELECT count(*) FROM settlement_settlement WHERE visit = %s", found.visit)
    assert settled == [(1,)]


def test_another_township_sees_nothing_of_it() -> None:
    found = checked("T4", admitted="2019-08-01", discharged="2019-08-03")
    with pytest.raises(Refusal) as refused:
        selectors.one(NEIGHBOUR, found.id)
    assert codes(refused) == (404, ["S744"])
    with pytest.raises(Refusal) as refused:
        selectors.scan(NEIGHBOUR, found.id, found.scans[0].id)
    assert codes(refused) == (404, ["S744"])
    with pytest.raises(Refusal) as refused:
        entered("N1")
    assert codes(refused) == (404, ["S430"])
    assert found.id not in {x.id for x in selectors.listed(NEIGHBOUR, "all")[0]}
    assert found.id in {x.id for x in selectors.listed(ADMIN, "open")[0]}


def test_a_scan_is_kept_sealed_and_shown_recorded(town: Service) -> None:
    found = checked("T4", admitted="2019-07-01", discharged="2019-07-03")
    kept = found.scans[0]
    kind, name, content = selectors.scan(AUDITOR, found.id, kept.id)
    assert (kind, name, content[:4]) == ("png", "发票.png", b"\x89PNG")
    ((sealed, size),) = town.rows(
        "SELECT sealed, size FROM reimbursement_scan WHERE id = %s", kept.id
    )
    assert content not in bytes(sealed)
    assert size == len(content)
    seen = town.rows(
        "SELECT actor, subject FROM audit_log_record WHERE action = 'reimbursements.scan'"
        " AND detail ->> 'scan' = %s",
        str(kept.id),
    )  # fmt: skip
    assert seen == [(AUDITOR.key, "person:T4")]


def test_a_name_of_a_file_is_cut_and_names_nobody() -> None:
    number = entered("T3", admitted="2019-06-01", discharged="2019-06-02")
    entering.bring_scan(
        OFFICER, number, 1, "../../etc/\x00pass\u202ewd" + "长" * 300 + ".png", png(6, 6)
    )
    entering.bring_scan(OFFICER, number, 2, f"{number_of(1)}.png", png(7, 7))
    names = [s.name for s in one(number).scans]
    assert len(names[0]) == 120
    assert names[0].isprintable()
    assert "/" not in names[0]
    assert names[1] == "发票.png"


def test_what_was_done_is_not_changed(town: Service) -> None:
    entered("T3", admitted="2019-05-01", discharged="2019-05-02")
    with pytest.raises(psycopg.errors.RestrictViolation):
        town.rows("UPDATE reimbursement_step SET note = 'x' RETURNING id")


@pytest.mark.parametrize("role", Role)
def test_who_may_what(role: Role) -> None:
    who = Actor("account:9300", role, township=TOWN if role is Role.TOWNSHIP_OFFICER else None)
    verbs = (
        (Act.REIMBURSE_READ, lambda: selectors.listed(who)),
        (Act.REIMBURSE_ENTER, lambda: entering.give_up(who, 0, 0, "x")),
        (Act.REIMBURSE_APPROVE, lambda: deciding.approve(who, 0, 0, "")),
    )
    held(role, verbs)
