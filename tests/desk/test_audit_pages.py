"""The audit desk on pages: samples fixed, drawn, judged; doubts asked and answered; evidence, heads, the log."""

import io
import re
import zipfile
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from desk.auditing import asked, auditor, drawn
from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, screen, text_of
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from doudi_web.tenancy.clock import now
from web.ledger_at_hand import sealed, unguarded
from web.service import Json, Service
from web.test_openings import registered
from web.test_settling import bill

HOME = "F"
HOSTILE = "=1+1<script>alert(1)</script>\"\u202e'&"
PLAN = {
    "name": "六月", "seed": "7", "from": "2019-06-01", "to": "2019-07-01", "size": "4", "method": "random",
    "facility": "", "kind": "", "strata": "", "floor_from": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def many(service: Service) -> list[Json]:
    registered(service, "A1")
    service.facilities("F", "G")
    token, found = service.token(may_back_date=True), list[Json]()
    for n in range(12):
        made = bill(f"A-{n}", "A1", settled=f"2019-06-{n + 1:02d}")
        made["facility"] = {**made["facility"], "code": HOME}
        status, told = service.settle(token, made)
        assert status == 201, told
        found.append(told)
    sealed(service)
    return found


@pytest.fixture(scope="module")
def at(many: list[Json]) -> Screen:
    assert many
    return screen("auditor")


def fields_of(answer: Any) -> dict[str, str]:
    found = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.content.decode()
    )
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def test_a_plan_is_looked_at_fixed_drawn_and_judged_to_its_end(
    service: Service, at: Screen
) -> None:
    looked = at.post("/desk/samples/new", {**PLAN, "do": "look"})
    assert heading_of(looked) == "从 12 笔里抽 4 笔"
    assert service.rows("SELECT count(*) FROM inquiry_plan") == [(0,)]
    done = at.post("/desk/samples/new", {**PLAN, "do": "fix"})
    address = done["Location"]
    assert (done.status_code, heading_of(at.get(address))) == (303, "计划定了，还没有抽：要抽 4 笔")
    assert at.post(address, {"do": "draw"}).status_code == 303
    assert heading_of(at.get(address)) == "抽了 4 笔，4 笔没有评，有问题的 0 笔"
    assert at.post(address, {"do": "draw"}).status_code == 409
    soon = (now().date() + timedelta(days=5)).isoformat()
    typed = {
        "verdict": "finding", "raise": "1", "words": "没有签字", "category": "papers", "amount": "120.00",
        "asked": "office", "deadline": soon,
    }  # fmt: skip
    item = at.get(f"{address}/1")
    to = at.post(f"{address}/1", {**typed, **fields_of(item)})
    assert (to.status_code, to["Location"]) == (303, f"{address}/2")
    twice = at.post(f"{address}/1", {**fields_of(item), "verdict": "in_order", "words": "后写的"})
    assert twice.status_code == 409
    assert "已经写过" in text_of(twice)
    assert "后写的" in text_of(twice)
    for place in (2, 3, 4):
        to = at.post(
            f"{address}/{place}", {**fields_of(at.get(f"{address}/{place}")), "verdict": "in_order"}
        )
    assert to["Location"] == address
    shown = at.get(address)
    assert heading_of(shown) == "4 笔都评过了，有问题的 1 笔"
    assert service.rows(
        "SELECT q.source, q.source_number::text, q.amount, j.question = q.id FROM inquiry_question q"
        " JOIN inquiry_judged j ON j.question = q.id"
    ) == [("sample", address.rpartition("/")[2], 12_000, True)]
    listed = at.get(f"{address}/drawn").content.decode("utf-8-sig").splitlines()
    assert len(listed) == 5


def test_every_fault_of_a_plan_stands_on_its_form(at: Screen) -> None:
    wrong = at.post(
        "/desk/samples/new", {**PLAN, "name": HOSTILE, "from": "x", "size": "-1", "do": "fix"}
    )
    assert wrong.status_code == 422
    assert re.findall(r"F\d{3}", text_of(wrong)) == ["F203", "F203"]
    assert "<script>alert" not in wrong.content.decode()
    assert 'value="2019-07-01"' in wrong.content.decode()


def test_a_finding_with_a_question_that_is_not_right_writes_neither(
    service: Service, at: Screen
) -> None:
    number = drawn(auditor(), 1, "没有写")
    before = service.rows("SELECT count(*) FROM inquiry_question")
    wrong = at.post(
        f"/desk/samples/{number}/1",
        {
            "verdict": "finding",
            "raise": "1",
            "words": "x",
            "category": "papers",
            "asked": "office",
            "version": "0",
        },
    )
    assert wrong.status_code == 422
    assert service.rows("SELECT count(*) FROM inquiry_question") == before
    assert service.rows(
        "SELECT count(*) FROM inquiry_judged j JOIN inquiry_drawn d ON d.id = j.drawn_id WHERE plan_id = %s",
        number,
    ) == [(0,)]


def test_a_doubt_goes_back_and_forth_between_two_desks(
    service: Service, at: Screen, many: list[Json]
) -> None:
    number = asked(auditor(), int(many[0]["settlement_id"]))
    path, office = f"/desk/questions/{number}", screen("insurance_office", HOME)
    assert "审计疑点" in text_of(office.get("/desk/questions"))
    shown = office.get(path)
    assert heading_of(shown).startswith("等医院医保办答复")
    wrong = office.post(path, {**fields_of(shown), "do": "reply", "words": " "})
    assert wrong.status_code == 422
    done = office.post(
        path, {**fields_of(shown), "do": "reply", "words": HOSTILE.replace("\u202e", "")}
    )
    assert done.status_code == 303
    again = office.post(path, {**fields_of(shown), "do": "reply", "words": "又写"})
    assert again.status_code == 409
    shown = at.get(path)
    assert heading_of(shown) == "医院医保办答复了，等审计再问或销号"
    assert "<script>alert" not in shown.content.decode()
    assert (
        at.post(
            path, {**fields_of(shown), "do": "close", "words": "清楚了", "outcome": "explained"}
        ).status_code
        == 303
    )
    assert heading_of(office.get(path)) == "已经销号"
    assert screen("insurance_office", "G").get(path).status_code == 404
    service.rows(
        "UPDATE inquiry_question SET state = 'waiting', deadline = '2019-01-01' WHERE id = %s RETURNING 1",
        number,
    )
    assert heading_of(at.get(path)) == "医院医保办到 2019-01-01 该答复，过期没有答"
    assert "过了期限没有答复" in heading_of(at.get("/desk/questions"))


def test_evidence_comes_down_for_a_reason_and_is_listed(
    service: Service, at: Screen, many: list[Json]
) -> None:
    path = f"/desk/settlements/{many[1]['settlement_id']}/evidence"
    assert at.post(path, {"reason": ""}).status_code == 422
    made = at.post(path, {"reason": "复核"})
    assert (made.status_code, made["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert "manifest.json" in archive.namelist()
    assert heading_of(at.get(path)).endswith("做过 1 份证据")
    assert at.post(path, {"reason": "复核", "identity": "whole"}).status_code == 403
    fresh = bill("A-fresh", "A1", settled="2019-06-20")
    status, told = service.settle(service.token(may_back_date=True), fresh)
    assert status == 201
    early = at.post(f"/desk/settlements/{told['settlement_id']}/evidence", {"reason": "x"})
    assert early.status_code == 409
    assert "S465" in text_of(early)
    sealed(service)


def test_a_head_is_handed_over_and_comes_back(service: Service, at: Screen) -> None:
    handed = at.post("/desk/heads", {"do": "hand", "to": "市审计局", "on": "paper", "note": ""})
    page = at.get(handed["Location"])
    lines = re.findall(r'<dt>(\w+)</dt><dd class="mono">([^<]+)</dd>', page.content.decode())
    text = "\n".join(f"{key} {value}" for key, value in lines)
    came = at.post("/desk/heads", {"do": "back", "head": text})
    assert heading_of(at.get(came["Location"])).startswith("接得上：那时的 ")
    wrong = at.post("/desk/heads", {"do": "back", "head": text.replace("size 1", "size 2")})
    assert wrong.status_code == 422
    assert "S756" in text_of(wrong)
    with unguarded(service) as database:  # the end is cut off: the head is longer than the log
        kept = database.execute(
            "SELECT * FROM settlement_seal ORDER BY size DESC LIMIT 1"
        ).fetchall()
        database.execute(
            "DELETE FROM settlement_seal WHERE size = (SELECT max(size) FROM settlement_seal)"
        )
    came = at.post("/desk/heads", {"do": "back", "head": text})
    assert heading_of(at.get(came["Location"])).startswith("接不上：")
    assert "S462" in text_of(at.get(came["Location"]))
    with unguarded(service) as database:
        marks = ", ".join(["%s"] * len(kept[0]))
        database.execute(f"INSERT INTO settlement_seal VALUES ({marks})", kept[0])


def test_an_audit_is_asked_for_on_the_page_and_its_figures_are_shown(
    service: Service, at: Screen
) -> None:
    assert at.post("/desk/audits", {"from": "x"}).status_code == 422
    assert (
        at.post(
            "/desk/audits", {"from": "2019-06-01", "to": "2019-07-01", "facility": ""}
        ).status_code
        == 303
    )
    assert "正在审计" in text_of(at.get("/desk/audits"))
    assert at.post("/desk/audits", {"from": "2019-06-01", "to": "2019-07-01"}).status_code == 409
    assert run_next(Event(), WORKS)
    shown = text_of(at.get("/desk/audits"))
    assert "审计 13 笔，没有不符" in shown
    assert "13 ÷ 13" in shown
    assert at.get("/desk/audit-progress/audit?poll=1")["HX-Redirect"] == "/desk/audits"
    with unguarded(service) as database:
        database.execute(
            "UPDATE settlement_entry SET amount = amount + 1 WHERE id = (SELECT min(id) FROM settlement_entry)"
        )
    at.post("/desk/audits", {})
    assert run_next(Event(), WORKS)
    assert "不符 1 处" in heading_of(at.get("/desk/audits"))
    ((number,),) = service.rows("SELECT max(id) FROM oversight_audit")
    page = at.get(f"/desk/audits/{number}")
    assert "行被改过" in text_of(page)
    assert f"/question?audit={number}" in page.content.decode()
    assert len(at.get(f"/desk/audits/{number}?as=csv").content.decode().splitlines()) > 1
    with unguarded(service) as database:
        database.execute(
            "UPDATE settlement_entry SET amount = amount - 1 WHERE id = (SELECT min(id) FROM settlement_entry)"
        )


# Catches keys of answers in the place of the funds' names, and another's figure that is told as the right one.
def test_what_the_platform_says_otherwise_is_told_by_the_fund_and_by_who_says_it(
    service: Service, at: Screen, many: list[Json]
) -> None:
    one = many[2]
    said = {
        "facility": "F", "visit_id": one["visit_id"],
        "amounts": {"total": one["total"], "basic": "0.01"},
    }  # fmt: skip
    sent = {"source": "platform", "figures": [said]}
    told = service.ask("POST", "/api/v1/figures", service.token("district_admin"), sent)
    assert told[0] in (200, 201), told
    at.post("/desk/audits", {})
    assert run_next(Event(), WORKS)
    ((number,),) = service.rows("SELECT max(id) FROM oversight_audit")
    shown = text_of(at.get(f"/desk/audits/{number}"))
    assert f"基本医保 记下 {one['payments']['basic']}，平台 0.01" in shown
    assert "payments.basic" not in shown


def test_the_log_is_looked_through_by_each_of_its_keys(
    service: Service, at: Screen, many: list[Json]
) -> None:
    settlement = many[1]["settlement_id"]
    found = text_of(at.get(f"/desk/log?settlement={settlement}&action=evidence.export"))
    assert "evidence.export" in found
    assert "person:A1" in found
    assert "复核" in found
    assert heading_of(at.get("/desk/log?person=nobody")) == "没有这样的记录"
    name = at.account.username
    assert "没有这样的记录" not in heading_of(at.get(f"/desk/log?who={name}&visit=&person=A1"))
    assert heading_of(at.get("/desk/log?who=nobody.at.all")) == "没有这样的记录"
    assert at.get("/desk/log?from=x").status_code == 200
    table = at.post("/desk/log/table", {"settlement": settlement, "reason": "年审"})
    assert table.content.decode("utf-8-sig").splitlines()[0].startswith('"号"')
    assert at.post("/desk/log/table", {"settlement": settlement, "reason": ""}).status_code == 422
    rows = service.rows("SELECT reason FROM audit_log_record WHERE action = 'audit.export'")
    assert rows == [("年审",)]


def test_the_chains_are_computed_again_and_a_broken_row_is_named(
    service: Service, at: Screen
) -> None:
    assert at.post("/desk/log", {"do": "chains"}).status_code == 303
    assert run_next(Event(), WORKS)
    assert "一行都没有少、没有改" in text_of(at.get("/desk/log"))
    with unguarded(service) as database:
        database.execute(
            "UPDATE audit_log_record SET reason = 'x' WHERE id = (SELECT min(id) FROM audit_log_record)"
        )
    keeper = screen("audit_admin")
    keeper.post("/desk/log", {"do": "chains"})
    assert run_next(Event(), WORKS)
    assert heading_of(keeper.get("/desk/log")) == "审计记录有 1 处断了"


PATHS = {
    "/desk/samples": 12, "/desk/samples/1": 16, "/desk/samples/1/1": 18, "/desk/questions": 20,
    "/desk/questions/1": 16, "/desk/heads": 14, "/desk/audits": 18, "/desk/log": 12,
    "/desk/log?person=A1&from=2019-01-01": 12, "/desk/log?settlement=1": 12, "/desk/log?visit=A-1": 12,
    "/desk/log?action=settle&to=2030-01-01": 12, "/desk/settlements/1/evidence": 14,
}  # fmt: skip
"""Pages with as many statements as each may need, beside those of the frame."""


@pytest.mark.parametrize("path", PATHS)
def test_no_page_reads_a_table_whole(service: Service, at: Screen, path: str) -> None:
    at.get(path)
    with recorded() as sent:
        assert at.get(path).status_code == 200
    with recorded() as frame:  # what every page asks beside, for the numbers at the left edge
        assert at.get("/desk/defects").status_code == 200
    beside = {sql for sql, _ in frame.reading()}
    own = [one for one in sent.reading() if one[0] not in beside]
    assert read_whole(service.url, own) == []
    assert len(own) <= PATHS[path], len(own)
