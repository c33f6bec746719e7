"""A visit above its limit: alerts in bundles, a reason, an answer, an emergency, a change; two people at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from doudi.source_text import Document
from doudi_web.approvals import selectors as approvals
from doudi_web.desk.district.approvals import address_of
from doudi_web.settlement import visits
from doudi_web.tenancy.clock import told as told_at
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor, actor_of_account
from web.accounts import person
from web.people import codes, number
from web.review_at_hand import HELD, NEAR, OVER, PLAIN, SHEET, SILVER, SULFA, Ward, at_work, line
from web.service import Service
from web.test_interface import REVIEWED
from web.whole import queues_have_what_waits

CODES = {"S620", "S621", "S622", "S623", "S624"}


@pytest.fixture(scope="module")
def ward(service: Service) -> Iterator[Ward]:
    """The ward of this module."""
    with at_work(service) as made:
        yield made


def test_looks_that_find_the_same_cause_are_one_alert(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    status, told = ward.ask(visit, "alerts", ward.doctor)
    assert (status, told["need"], told["late"]) == (201, "explain", False)
    alert = told["alert"]
    assert (alert["status"], alert["count"], alert["share"], alert["measured"], alert["excess"]) == (
        "exceeded", 1, "0.2047", "736.00", "376.40",
    )  # fmt: skip
    assert alert["items"] == [
        {"code": SILVER, "name": "银离子敷料（进口）", "lines": ["L2"], "outside": "736.00"}
    ]
    assert told["due"] == "2019-06-14T10:00:00+08:00"
    ward.clock.goes(hours=3)
    ward.adds(visit, line("L3", SILVER, 1, "92.00"))  # more of the same is the same cause
    status, told = ward.ask(visit, "alerts", ward.office)
    assert (status, told["alert"]["alert"], told["alert"]["count"]) == (200, alert["alert"], 2)
    assert (told["alert"]["first"], told["alert"]["last"]) == (
        "2019-06-13T10:00:00+08:00", "2019-06-13T13:00:00+08:00",
    )  # fmt: skip
    assert told["alert"]["measured"] == "828.00"
    ward.adds(visit, line("L4", SHEET, 1, "10.00"))  # another item is another cause
    status, told = ward.ask(visit, "alerts", ward.office)
    assert (status, told["alert"]["count"]) == (201, 1)
    assert told["alert"]["alert"] != alert["alert"]
    _, seen = ward.ask(visit, "review", ward.doctor)
    assert [(a["count"], a["closed"] is None) for a in seen["alerts"]] == [(1, True), (2, False)]


def test_a_cause_that_is_gone_closes_its_alert(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    ward.ask(visit, "alerts", ward.doctor)
    path = f"/api/v1/visits/{visit}/lines/L2"
    assert ward.service.ask("DELETE", path, ward.cashier)[0] == 200
    status, told = ward.ask(visit, "alerts", ward.doctor)
    assert (status, told["alert"], told["need"], told["due"]) == (201, None, "nothing", None)
    _, seen = ward.ask(visit, "review", ward.doctor)
    assert [a["closed"] for a in seen["alerts"]] == ["2019-06-13T13:00:00+08:00"]


def test_close_to_the_limit_nobody_has_to_do_anything(ward: Ward) -> None:
    visit = ward.opened(*NEAR)
    status, told = ward.ask(visit, "alerts", ward.doctor)
    assert (status, told["alert"]["status"], told["need"], told["due"]) == (
        201, "approaching", "nothing", None,
    )  # fmt: skip
    status, told = ward.says(visit, "acknowledgements", ward.doctor, reason="试")
    assert (status, codes(told)) == (409, ["S621"])


def test_of_whom_control_does_not_hold_nothing_is_asked(ward: Ward) -> None:
    visit = ward.opened(*OVER, who="WELL")
    _, told = ward.ask(visit, "alerts", ward.doctor)
    assert (told["alert"]["status"], told["alert"]["applies"], told["need"]) == (
        "exceeded", False, "nothing",
    )  # fmt: skip


def test_the_doctor_explains_and_somebody_else_agrees(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    status, told = ward.says(visit, "approvals", ward.office, accept=True)
    assert (status, codes(told)) == (409, ["S621"])  # nothing is explained yet
    status, told = ward.says(visit, "acknowledgements", ward.doctor, reason="创面感染控制期")
    assert (status, told["event"]["kind"], told["need"]) == (200, "explained", "approve")
    assert told["event"]["says"]["excess"] == "376.40"
    status, told = ward.says(visit, "approvals", ward.office, accept=False)
    assert (status, codes(told)) == (422, ["F201"])  # giving it back needs a reason
    status, told = ward.says(visit, "approvals", ward.office, accept=False, reason="请先用国产的")
    assert (status, told["event"]["kind"], told["need"]) == (200, "refused", "explain")
    status, told = ward.says(
        visit, "acknowledgements", ward.office, reason="医生已说明：对磺胺过敏"
    )
    assert (status, told["need"]) == (200, "approve")
    status, told = ward.says(visit, "approvals", ward.office, accept=True)
    assert (status, codes(told)) == (403, ["S622"])  # who explained does not agree
    for wrong in ("376.39", "-1", "x", "1e3"):
        status, told = ward.says(visit, "approvals", ward.second, accept=True, up_to=wrong)
        assert (status, codes(told)) == (422, ["F203"])
    status, told = ward.says(visit, "approvals", ward.second, accept=True, up_to="500.00")
    assert (status, told["event"]["kind"], told["need"]) == (200, "approved", "nothing")
    assert told["event"]["says"]["up_to"] == "500.00"
    _, seen = ward.ask(visit, "review", ward.cashier)
    assert [e["kind"] for e in seen["events"]] == ["approved", "explained", "refused", "explained"]
    # more of the same item needs nobody up to what was agreed to; beyond it, and for another item, somebody
    ward.adds(visit, line("L3", SILVER, 1, "92.00"))
    told = ward.ask(visit, "alerts", ward.office)[1]
    assert (told["need"], told["alert"]["excess"]) == ("nothing", "459.20")
    ward.adds(visit, line("L5", SILVER, 1, "92.00"))
    told = ward.ask(visit, "alerts", ward.office)[1]
    assert (told["need"], told["alert"]["excess"]) == ("explain", "542.00")
    ward.says(visit, "acknowledgements", ward.doctor, reason="还要再用")
    assert ward.says(visit, "approvals", ward.office, accept=True)[1]["need"] == "nothing"
    ward.adds(visit, line("L4", SHEET, 1, "10.00"))
    assert ward.ask(visit, "alerts", ward.office)[1]["need"] == "explain"


def test_an_emergency_passes_and_is_reviewed_by_another_also_after_settling(
    ward: Ward, service: Service
) -> None:
    visit = ward.opened(*OVER)
    status, told = ward.says(visit, "emergencies", ward.doctor)
    assert (status, codes(told)) == (422, ["F201"])
    status, told = ward.says(visit, "emergencies", ward.office, reason="夜间大出血，先用")
    assert (status, told["need"], told["due"]) == (200, "review", "2019-06-14T13:00:00+08:00")
    listed = ward.lists("emergencies", ward.office)["emergencies"]
    assert [(e["visit_id"], e["reason"], e["reviewed"]) for e in listed] == [
        (visit, "夜间大出血，先用", None)
    ]
    district = actor_of_account(person("district_admin"))
    (one,) = [item for item in approvals.waiting(district) if item.visit == visit]
    assert (one.kind, one.text, one.facility) == (approvals.Kind.EMERGENCY, "夜间大出血，先用", "F")
    assert (told_at(one.due), one.is_late) == ("2019-06-14T13:00:00+08:00", False)
    assert approvals.count_waiting(district) == len(approvals.waiting(district))
    assert address_of(one) == f"/desk/visits/{visit}/review?facility=F"
    accountant = actor_of_account(person("fund_accountant"))  # who may see no visit
    assert [item for item in approvals.waiting(accountant) if item.visit == visit] == []
    assert approvals.count_waiting(accountant) == len(approvals.waiting(accountant))
    settle = {"message_id": f"settle {visit}"}
    assert ward.ask(visit, "settle", ward.cashier, settle)[0] == 201
    ward.clock.goes(hours=25)
    (one,) = [item for item in approvals.waiting(district) if item.visit == visit]
    assert one.is_late
    queues_have_what_waits(service.url)
    _, seen = ward.ask(visit, "review", ward.office)
    assert (seen["settlement_id"] is None, seen["need"], seen["late"]) == (False, "review", True)
    body = {"reason": "看过病程记录，属实"}
    status, told = ward.ask(visit, "emergencies/review", ward.office, body)
    assert (status, codes(told)) == (403, ["S622"])
    status, told = ward.ask(visit, "emergencies/review", ward.second, body)
    assert (status, told["event"]["kind"], told["need"]) == (200, "reviewed", "nothing")
    status, told = ward.ask(visit, "emergencies/review", ward.second, body)
    assert (status, codes(told)) == (409, ["S621"])
    assert [item for item in approvals.waiting(district) if item.visit == visit] == []
    queues_have_what_waits(service.url)
    listed = ward.lists("emergencies", ward.office)["emergencies"]
    assert listed[0]["reviewed"]["reason"] == "看过病程记录，属实"
    status, told = ward.says(visit, "acknowledgements", ward.doctor, reason="试")
    assert (status, codes(told)) == (409, ["S493"])  # it is settled
    ward.clock.goes(hours=-25)


def test_what_if_tells_what_every_payer_would_pay_and_writes_nothing(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    tables = ("review_event", "review_alert", "settlement_feeline")
    counts = [ward.service.rows(f"SELECT count(*) FROM {name}") for name in tables]
    _, now = ward.ask(visit, "precheck", ward.doctor)
    body = {"replace": [{"line": "L2", "code": SULFA}]}
    status, told = ward.ask(visit, "what-if", ward.doctor, body)
    assert status == 200, told
    for key in ("total", "patient", "hospital", "payments"):
        assert told["now"][key] == now[key]
    assert (told["now"]["control"]["share"], told["then"]["control"]["share"]) == (
        "0.2047", "0.0000",
    )  # fmt: skip
    assert told["difference"]["total"] == "-484.00"  # 8 × (92.00 − 31.50)
    saved = now["alternatives"][0]["saves"]
    assert told["difference"]["hospital"] == f"-{saved['hospital']}" == "-376.40"
    assert told["difference"]["patient"] == f"-{saved['patient']}"
    assert told["withdrawn"] == ["L2"]
    assert [(x["id"], x["code"], x["amount"]) for x in told["added"]] == [("L2-1", SULFA, "252.00")]
    part = {"replace": [{"line": "L2", "code": SULFA, "quantity": "6"}]}
    status, told = ward.ask(visit, "what-if", ward.doctor, part)
    assert (status, told["difference"]["total"]) == (200, "-363.00")
    assert [(x["code"], x["quantity"], x["amount"]) for x in told["added"]] == [
        (SILVER, "2", "184.00"), (SULFA, "6", "189.00"),
    ]  # fmt: skip
    drafts = {"drafts": [{k: v for k, v in line("x", SILVER, 2, "268.00").items() if k != "id"}]}
    status, told = ward.ask(visit, "what-if", ward.doctor, drafts)
    assert (status, told["difference"]["total"], told["withdrawn"]) == (200, "536.00", [])
    assert [m["line"] for m in told["finding"]["drafts"]["lines"]] == ["拟1"]
    assert {a["line"] for a in told["finding"]["alternatives"]} == {"L2", "拟1"}
    gone = {"withdraw": [{"line": "L2"}]}
    status, told = ward.ask(visit, "what-if", ward.doctor, gone)
    assert (status, told["then"]["control"]["status"]) == (200, "within")
    assert [ward.service.rows(f"SELECT count(*) FROM {name}") for name in tables] == counts


def test_what_cannot_be_changed_is_told(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    for body, status, code in (
        ({}, 422, "F201"),
        ({"withdraw": [{"line": "L9"}]}, 409, "S623"),
        ({"withdraw": [{"line": "L1"}], "replace": [{"line": "L1", "code": SULFA}]}, 422, "S623"),
        ({"replace": [{"line": "L2", "code": SHEET}]}, 409, "S624"),
        ({"replace": [{"line": "L2", "code": SULFA, "quantity": "9"}]}, 422, "S623"),
        ({"replace": [{"line": "L2"}]}, 422, "F201"),
        ({"drafts": [{"code": SILVER}]}, 422, "F201"),
        ({"swap": []}, 422, "F202"),
    ):
        got, told = ward.ask(visit, "what-if", ward.doctor, body)
        assert (got, code in codes(told)) == (status, True), (body, told)


def test_a_refund_goes_with_its_line_whoever_names_it_too(ward: Ward) -> None:
    back = line("R2", SILVER, -1, "92.00", amount="-92.00", refunds="L2")
    visit = ward.opened(*OVER, back)
    one, refund = {"line": "L2"}, {"line": "R2"}
    for gone in ([one, refund], [refund, one]):
        status, told = ward.ask(visit, "what-if", ward.doctor, {"withdraw": gone})
        assert (status, told["difference"]["total"]) == (200, "-644.00")
        assert sorted(told["withdrawn"]) == ["L2", "R2"]
    body = {"replace": [{"line": "L2", "code": SULFA}], "withdraw": [refund]}
    status, told = ward.ask(visit, "what-if", ward.doctor, body)
    assert (status, [x["code"] for x in told["added"]]) == (200, [SULFA])
    assert (told["withdrawn"], told["then"]["total"]) == (["L2", "R2"], "3080.50")
    status, told = ward.says(visit, "changes", ward.doctor, **body)
    assert (status, told["then"]["total"]) == (200, "3080.50")


def test_a_change_is_made_as_it_was_worked_out_and_closes_the_alert(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    ward.ask(visit, "alerts", ward.doctor)
    body = {"replace": [{"line": "L2", "code": SULFA, "quantity": "6"}]}
    _, worked = ward.ask(visit, "what-if", ward.doctor, body)
    status, told = ward.says(visit, "changes", ward.doctor, **body, note="换国产")
    assert (status, told["event"]["kind"], told["then"]) == (200, "changed", worked["then"])
    _, seen = ward.service.ask("GET", f"/api/v1/visits/{visit}", ward.doctor)
    standing = [x["content"]["id"] for x in seen["lines"] if x["withdrawn"] is None]
    assert standing == ["L1", "L2-1", "L2-3"]
    assert seen["finding"]["patient"] == worked["then"]["patient"]
    assert told["alert"] is None or told["alert"]["status"] == "approaching"
    _, review = ward.ask(visit, "review", ward.doctor)
    assert [a["status"] for a in review["alerts"]][-1] == "exceeded"
    assert review["alerts"][-1]["closed"] is not None


def test_a_proposal_waits_for_the_doctor(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    body = {"replace": [{"line": "L2", "code": SULFA}]}
    status, told = ward.says(visit, "proposals", ward.doctor, **body)
    assert (status, codes(told)) == (403, ["S403"])
    status, told = ward.says(visit, "proposals/decide", ward.doctor, accept=True)
    assert (status, codes(told)) == (409, ["S621"])
    status, told = ward.says(visit, "proposals", ward.office, **body, note="请换国产")
    assert (status, told["event"]["kind"]) == (200, "proposed")
    _, seen = ward.service.ask("GET", f"/api/v1/visits/{visit}", ward.doctor)
    assert all(x["withdrawn"] is None for x in seen["lines"])
    status, told = ward.says(visit, "proposals/decide", ward.doctor, accept=False)
    assert (status, codes(told)) == (422, ["F201"])
    status, told = ward.says(
        visit, "proposals/decide", ward.doctor, accept=False, reason="对磺胺过敏"
    )
    assert (status, told["event"]["kind"]) == (200, "declined")
    ward.says(visit, "proposals", ward.office, **body)
    status, told = ward.says(visit, "proposals/decide", ward.doctor, accept=True)
    assert (status, told["event"]["kind"], told["alert"]) == (200, "changed", None)
    assert told["then"]["control"]["measured"] == "0.00"


def test_the_second_of_two_is_told_what_the_first_did(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    version = ward.version(visit)
    ward.clock.goes(minutes=5)
    path = f"/api/v1/visits/{visit}/lines/L2"
    assert ward.service.ask("DELETE", path, ward.doctor)[0] == 200
    ward.clock.goes(minutes=1)
    ward.adds(visit, line("L3", SILVER, 6, "92.00"))
    body = {"version": version, "reason": "创面感染控制期"}
    before = ward.service.rows("SELECT count(*) FROM review_event")
    status, told = ward.ask(visit, "acknowledgements", ward.office, body)
    assert (status, codes(told)) == (409, ["S620"])
    what = told["faults"][0]["what"]
    assert (
        "test 06-13 13:05 停了 银离子敷料（进口）；test 06-13 13:06 加了 银离子敷料（进口）" in what
    )
    assert ward.service.rows("SELECT count(*) FROM review_event") == before
    for odd in ("", "1", "a.b.c.d.e", "9" * 80, "1.1.1.1.-"):
        status, told = ward.ask(visit, "acknowledgements", ward.office, {**body, "version": odd})
        assert (status, codes(told)) in ((409, ["S620"]), (422, ["F201"]))


def test_a_line_that_stands_again_with_other_content_is_another_version(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    version = ward.version(visit)
    cashier = Actor("token:1", Role.CASHIER, "F")
    ward.clock.goes(minutes=5)
    visits.withdraw_all(cashier, visit, ["L1", "L2"], "F")
    ward.clock.goes(minutes=1)
    mended = [line("L1", PLAIN, 10, "286.00"), line("L2", SILVER, 9, "92.00")]
    body = Document("lines", {"lines": [*mended]})
    visits.add_lines(cashier, visit, body, "F", again={"L1", "L2"})
    said = {"version": version, "reason": "创面感染控制期"}
    status, told = ward.ask(visit, "acknowledgements", ward.doctor, said)
    assert (status, codes(told)) == (409, ["S620"])
    at = f"{ward.clock.moment:%m-%d %H:%M}"
    assert f"{at} 加了 清创术（大）；" in told["faults"][0]["what"]
    assert f"{at} 加了 银离子敷料（进口）" in told["faults"][0]["what"]
    # of a line that stood again before somebody looked, the next withdrawal is told, and none before it
    version = ward.version(visit)
    ward.clock.goes(minutes=1)
    assert ward.service.ask("DELETE", f"/api/v1/visits/{visit}/lines/L1", ward.cashier)[0] == 200
    status, told = ward.ask(visit, "acknowledgements", ward.doctor, {**said, "version": version})
    at = f"{ward.clock.moment:%m-%d %H:%M}"
    assert (status, told["faults"][0]["what"].count("停了"), "加了" in told["faults"][0]["what"]) == (
        409, 1, False,
    )  # fmt: skip
    assert f"{at} 停了 清创术（大）" in told["faults"][0]["what"]
    ward.clock.goes(minutes=-7)


def test_of_two_at_the_same_moment_one_is_written(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    version = ward.version(visit)

    def explains(by: str) -> int:
        try:
            body = {"version": version, "reason": "创面感染控制期"}
            return ward.ask(visit, "acknowledgements", by, body)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(explains, [ward.doctor, ward.office, ward.second, ward.doctor]))
    assert found == [200, 409, 409, 409]
    rows = ward.service.rows(
        "SELECT count(*) FROM review_event e JOIN settlement_visit v ON v.id = e.visit WHERE v.visit = %s",
        visit,
    )
    assert rows == [(1,)]


@pytest.mark.parametrize(("note", "status"), [
    ("<script>alert(1)</script>", 200), ("خطر على الجرح", 200), ("第一行\n第二行", 200), ("=1+1", 200),
    ("字" * 400, 200), ("字" * 10_000, 422), ("a\u202eb", 422), ("a\x00b", 422), ("  \n ", 422),
    (f"患者 {number(2)} 同意", 422),
])  # fmt: skip
def test_a_hostile_reason_is_kept_whole_or_refused_never_cut(
    ward: Ward, note: str, status: int
) -> None:
    visit = ward.opened(*OVER)
    got, told = ward.says(visit, "acknowledgements", ward.doctor, reason=note)
    assert got == status, told
    if got == 200:
        assert told["event"]["reason"] == note
    else:
        assert set(codes(told)) <= {"F201", "F203", "F209"}


def test_a_consent_says_who_signed_for_what(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    body = {"lines": ["L2"], "signed": "family", "signed_on": "2019-06-12"}
    status, told = ward.ask(visit, "consents", ward.doctor, body)
    assert (status, told["event"]["kind"]) == (200, "consented")
    assert told["event"]["says"] == {
        "signed": "family", "day": "2019-06-12", "outside": "736.00",
        "lines": [{"id": "L2", "code": SILVER, "name": "银离子敷料（进口）", "outside": "736.00"}],
    }  # fmt: skip
    for wrong, code in (
        ({"lines": []}, "F201"), ({"lines": ["L9"]}, "S623"), ({"signed": "me"}, "F203"),
        ({"signed": []}, "F203"), ({"signed": {"by": "me"}}, "F203"), ({"signed_on": "2019-06-14"}, "F203"),
        ({"signed_on": "x"}, "F203"), ({"signed": "nobody"}, "F201"),
        ({"name": "周某"}, "F202"),
    ):  # fmt: skip
        status, told = ward.ask(visit, "consents", ward.doctor, {**body, **wrong})
        assert (status in (409, 422), codes(told)) == (True, [code]), (wrong, told)


def test_a_bill_with_faults_is_seen_and_not_decided(ward: Ward) -> None:
    visit = ward.opened(line("L1", PLAIN, 1, "100.00"))
    wrong = {**line("L2", PLAIN, 1, "100.00"), "amount": "99.00"}
    ward.adds(visit, wrong)
    _, seen = ward.ask(visit, "review", ward.office)
    assert [f["code"] for f in seen["faults"]] == ["F304"]
    status, told = ward.says(visit, "acknowledgements", ward.doctor, reason="试")
    assert (status, codes(told)) == (422, ["F304"])
    assert ward.ask(visit, "alerts", ward.doctor)[0] == 422


def test_what_waits_in_a_hospital_is_listed_for_it_alone(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    ward.ask(visit, "alerts", ward.doctor)
    told = ward.lists("reviews", ward.office)
    mine = {v["visit_id"]: v["need"] for v in told["visits"]}
    assert mine[visit] == "explain"
    elsewhere = ward.service.token("insurance_office", "G")
    assert ward.lists("reviews", elsewhere)["visits"] == []
    status, told = ward.ask(visit, "review", elsewhere)
    assert (status, codes(told)) == (404, ["S490"])


def test_every_answer_was_held_against_its_shape() -> None:
    assert HELD == REVIEWED


def test_history_only_grows(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    ward.says(visit, "acknowledgements", ward.doctor, reason="创面感染控制期")
    for sql in ("UPDATE review_event SET reason = ''", "DELETE FROM review_event"):
        with pytest.raises(Exception, match="takes inserts alone"):
            ward.service.rows(f"{sql} RETURNING id")
    rows = ward.service.rows(
        "SELECT action, reason FROM audit_log_record WHERE detail->>'visit' = %s AND action LIKE 'review.expl%%'",
        visit,
    )
    assert rows == [("review.explained", "")]  # the reason may tell of an illness
