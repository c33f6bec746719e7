"""The lists of settlements and of what waits: every fund, sums over the whole result, names, reasons, indexes."""

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import parse_qsl

import psycopg
import pytest
from django.http import HttpResponse

from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, text_of
from desk.settling import (
    HOME,
    acted,
    at_work,
    awaited,
    fields_of,
    hospitals,
    opened,
    settled,
)
from doudi_web.desk.pages import leaving, waiting
from doudi_web.desk.templatetags.desk import yuan
from doudi_web.leaving import going
from doudi_web.settlement import summing
from web.service import Service


@pytest.fixture(scope="module", autouse=True)
def _hospital(service: Service) -> Iterator[None]:
    with hospitals(service):
        yield


@pytest.fixture(scope="module")
def office(_hospital: None) -> Screen:
    return at_work("insurance_office")


def table_of(answer: HttpResponse) -> list[list[str]]:
    """The cells of a sheet."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_settlements_are_asked_for_and_saved_as_a_sheet(service: Service, office: Screen) -> None:
    number = settled(service, office)
    ((visit,),) = service.rows("SELECT visit FROM settlement_settlement WHERE id = %s", int(number))
    page = office.get(f"/desk/settlements?visit={visit}")
    assert heading_of(page) == "查到 1 笔结算"
    assert "253.95" in text_of(page)
    assert heading_of(office.get("/desk/settlements?visit=none")) == "没有这样的结算"
    wrong = office.get("/desk/settlements?from=x")
    assert "F203" in text_of(wrong)
    head, row = table_of(office.post("/desk/settlements/table", {"visit": visit, "reason": "对账"}))
    assert head[0] == "结算号"
    assert row[5:] == [
        "2539.50", "1567.65", "0.00", "583.11", "134.79", "0.00", "253.95", "有效",
    ]  # fmt: skip
    assert at_work("cashier", "G").get(f"/desk/settlements/{number}").status_code == 403


def test_a_sheet_is_taken_for_a_reason_that_is_kept(service: Service, office: Screen) -> None:
    number = settled(service, office)
    ((visit,),) = service.rows("SELECT visit FROM settlement_settlement WHERE id = %s", int(number))
    path, asked = "/desk/settlements/table", {"visit": visit}
    for reason in ("", "  "):
        refused = office.post(path, {**asked, "reason": reason})
        assert refused.status_code == 422
        assert "S483" in text_of(refused)
        assert f'value="{visit}"' in refused.content.decode()
    assert office.get(f"{path}?visit={visit}").status_code == 303
    kept = "SELECT reason, detail ->> 'rows' FROM audit_log_record WHERE action = 'settlements.export' ORDER BY id"
    before = service.rows(kept)
    assert office.post(path, {**asked, "reason": "和区里对账"}).status_code == 200
    assert service.rows(kept) == [*before, ("和区里对账", "1")]


# Catches a fund without a column of its own, whose amount nobody can find in the table that does not close.
def test_every_fund_has_a_column_and_each_row_closes_to_the_fen(
    service: Service, office: Screen
) -> None:
    day = "from=2019-06-18&to=2019-06-19"
    number = settled(service, office)
    other = settled(service, office, **{"given-health_poverty_fund": "100.00"})
    undone = f"/desk/settlements/{settled(service, office)}/reverse"
    acted(office, undone, {**fields_of(office.get(undone)), "reason": "结给了别人"})
    waits = awaited(service, office)
    page = office.get(f"/desk/settlements?{day}")
    assert "健康扶贫医疗基金" in text_of(page)
    head, *table = table_of(
        office.post("/desk/settlements/table", {**dict(parse_qsl(day)), "reason": "对账"})
    )
    of = {row[0]: dict(zip(head, row, strict=True)) for row in table}
    assert of[other]["健康扶贫医疗基金（元）"] == "100.00"
    assert of[number]["健康扶贫医疗基金（元）"] == "0.00"
    assert of[waits]["状态"] == "临时，等平台"
    assert of[undone.split("/")[3]]["状态"] == "已撤销"
    at = head.index("总费用（元）")
    sums = [0] * (len(head) - 1 - at)
    for row in table:
        total, *paid = (round(Decimal(cell) * 100) for cell in row[at:-1])
        assert sum(paid) == total, row
        if row[-1] not in ("已撤销", "已由另一笔替换"):
            sums = [a + b for a, b in zip(sums, (total, *paid), strict=True)]
    standing = [row for row in table if row[-1] not in ("已撤销", "已由另一笔替换")]
    gone = len(table) - len(standing)
    assert gone >= 1
    foot = page.content.decode()
    foot = text_of(HttpResponse(foot[foot.index("<tfoot>") : foot.index("</tfoot>")]))
    told = f"合计，查到的 {len(table)} 笔，不含撤销、替换的 {gone} 笔"
    assert foot == " ".join([told, *(yuan(one) for one in sums)])


def test_who_was_settled_is_named_in_the_lists(service: Service, office: Screen) -> None:
    number = settled(service, office)
    ((of,),) = service.rows("SELECT person FROM settlement_settlement WHERE id = %s", int(number))
    _named(service, of, "苗禾禾")
    path = f"/desk/settlements?person={of}"
    assert "苗禾禾" in text_of(office.get(path))
    district = at_work("district_admin", None)
    _masked(district.get(path), of)
    waits = int(awaited(service, office))
    ((of,),) = service.rows("SELECT person FROM settlement_settlement WHERE id = %s", waits)
    _named(service, of, "苗禾禾")
    _whole(office.get("/desk/awaiting"), of)
    _masked(district.get("/desk/awaiting"), of)
    late = f"/desk/settlements/{settled(service, office)}/late"
    acted(office, late, {**fields_of(office.get(late)), **_LATE, "reason": "检验费晚到"})
    ((of,),) = service.rows("SELECT person FROM settlement_proposal ORDER BY id DESC LIMIT 1")
    _named(service, of, "苗禾禾")
    _whole(office.get("/desk/proposals"), of)
    _masked(district.get("/desk/proposals"), of)
    visit = opened(service)
    office.post(f"/desk/visits/{visit}/discharge", {"do": "leave", "discharged": ""})
    _named(service, f"P{visit}", "苗禾禾")
    _whole(office.get("/desk/discharges"), f"P{visit}")
    _masked(district.get("/desk/discharges"), f"P{visit}")


_LATE = {"code-new0": "C9", "class-new0": "甲", "quantity-new0": "2", "price-new0": "50.00"}


def _whole(page: HttpResponse, of: str) -> None:
    assert re.search(rf"苗禾禾 \S+ ， {of}\b", text_of(page))


def _masked(page: HttpResponse, of: str) -> None:
    told = text_of(page)
    assert re.search(rf"苗\*\* \S+ ， {of}\b", told)
    assert "苗禾禾" not in told


def _named(service: Service, of: str, name: str) -> None:
    made = {
        "id": of, "name": name, "birth_date": "1960-01-01", "insurance_tier": "tier_1", "district": "500113",
        "standings": [{"code": "registered_poor", "from": "2016-01-01", "to": None}],
    }  # fmt: skip
    token = service.token("district_admin")
    status, told = service.ask("POST", "/api/v1/persons", token, {"persons": [made]})
    assert status == 201, told


def foot_of(page: HttpResponse) -> str:
    """The sums of a page's table."""
    content = page.content.decode()
    return text_of(HttpResponse(content[content.index("<tfoot>") : content.index("</tfoot>")]))


# Catches a heading that counts the page, and sums of the rows in sight.
def test_what_waits_is_counted_and_summed_over_all_pages(
    service: Service, office: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_PAGE", 2)
    monkeypatch.setattr(leaving, "_PAGE", 2)
    for _ in range(3):
        awaited(service, office)
        late = f"/desk/settlements/{settled(service, office)}/late"
        acted(office, late, {**fields_of(office.get(late)), **_LATE, "reason": "检验费晚到"})
        office.post(f"/desk/visits/{opened(service)}/discharge", {"do": "leave", "discharged": ""})
    ((count, paid),) = service.rows(
        "SELECT count(*), sum((result::json ->> 'patient')::numeric) FROM settlement_settlement s"
        " WHERE facility = %s AND result LIKE '%%\"platform\"],%%' AND NOT EXISTS"
        " (SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')",
        HOME,
    )
    assert count >= 3
    page = office.get("/desk/awaiting")
    assert heading_of(page) == f"{count} 笔临时结算等平台答复"
    assert foot_of(page) == f"合计，等答复的全部 {count} 笔 {yuan(str(paid))}"
    ((count, more),) = service.rows(
        "SELECT count(*), sum((says ->> 'amount')::numeric) FROM settlement_proposal"
        " WHERE facility = %s AND state = 'open' AND kind = 'collect'",
        HOME,
    )
    page = office.get("/desk/proposals")
    assert heading_of(page) == f"{count} 条补退建议等区里定"
    assert foot_of(page) == f"合计，全部 {count} 条 +{yuan(str(more))}"
    ((count,),) = service.rows(
        "SELECT count(*) FROM settlement_visit WHERE facility = %s AND settled IS NULL AND discharged IS NOT NULL",
        HOME,
    )
    seen: list[str] = []
    path = "/desk/discharges"
    while path:
        page = office.get(path)
        assert heading_of(page) == f"{count} 人出了院还没有结算"
        content = page.content.decode()
        found = re.findall(r"/desk/visits/(D\d+)/discharge", content)
        assert len(found) <= 2
        seen += found
        further = re.search(r'href="(\?behind=\d+)"', content)
        path = f"/desk/discharges{further[1]}" if further else ""
    assert len(seen) == len(set(seen)) == count
    monkeypatch.setattr(going, "MOST", 1)
    assert heading_of(office.get("/desk/discharges")) == "至少 1 人出了院还没有结算"


# Catches a key of the pack where its name belongs.
def test_funds_and_sums_are_called_by_their_names(service: Service, office: Screen) -> None:
    number = awaited(service, office)
    with psycopg.connect(service.url) as db:
        db.execute("SET session_replication_role = replica")  # the ledger takes no changes
        changed = db.execute(
            """UPDATE settlement_settlement SET result = replace(result, '"days":0', '"days":3') WHERE id = %s""",
            [int(number)],
        )
        assert changed.rowcount == 1
    told = text_of(office.get("/desk/awaiting"))
    assert "慢性病门诊年度已付 0.00，3 天前的" in told
    assert "basic_paid" not in told
    late = f"/desk/settlements/{settled(service, office)}/late"
    acted(office, late, {**fields_of(office.get(late)), **_LATE, "reason": "检验费晚到"})
    sides = {
        name: {"pack": "cn/500000/500113/2019", "total": "100.00", "payments": {"health_poverty_fund": fund},
               "hospital": "0.00", "patient": own}
        for name, fund, own in (("recorded", "10.00", "90.00"), ("amounts", "15.00", "85.00"))
    }  # fmt: skip
    says = {
        **sides,
        "changes": {
            "payments": {"health_poverty_fund": "5.00"},
            "hospital": "0.00",
            "patient": "-5.00",
        },
    }
    service.rows(
        "UPDATE settlement_proposal SET kind = 'adjust', says = says || %s::jsonb"
        " WHERE id = (SELECT max(id) FROM settlement_proposal) RETURNING 1",
        json.dumps(says),
    )
    page = office.get("/desk/proposals")
    assert text_of(page).count("健康扶贫医疗基金 +5.00") == 2  # the row's, and the sum
    assert "health_poverty_fund" not in text_of(page)


def test_what_was_typed_of_the_platform_is_kept_where_it_is_refused(
    service: Service, office: Screen
) -> None:
    number = awaited(service, office)
    said = {"settlement": number, "platform_message": "P-9", "outcome": "no_answer"}
    refused = office.post("/desk/awaiting", said)  # nobody said that it was asked
    assert refused.status_code == 409
    assert "还没有记过用报文 P-9 问了平台" in text_of(refused)
    assert f"结算 {number}：记下问平台的经过" in text_of(refused)
    content = refused.content.decode()
    again = content[
        content.index('id="h-again"') : content.index("</form>", content.index('id="h-again"'))
    ]
    assert f'name="settlement" value="{number}"' in again
    assert 'name="platform_message" value="P-9"' in again
    assert re.search(r'value="no_answer" checked', again)
    dialog = content[content.index("<dialog") :]
    assert 'name="platform_message" value=""' in dialog
    assert 'value="sent" checked' in dialog
    empty = office.post(
        "/desk/awaiting", {**said, "platform_message": " ", "outcome": "not_settled"}
    )
    assert empty.status_code == 422
    assert 'value="not_settled" checked' in empty.content.decode()
    assert office.post("/desk/awaiting", {**said, "outcome": "sent"}).status_code == 303


def test_too_many_are_not_summed_and_it_says_so(
    service: Service, office: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        settled(service, office)
    assert "合计，查到的" in text_of(office.get("/desk/settlements?state=standing"))
    assert "写上结算日期，就有合计" in text_of(office.get("/desk/settlements"))
    monkeypatch.setattr(summing, "MOST", 1)
    page = office.get("/desk/settlements?state=standing")
    assert "合计，查到的" not in text_of(page)
    assert "超过 5000 笔不合计" in text_of(page).replace(",", "")


def test_the_pages_ask_by_indexes_and_no_more_for_more_rows(
    service: Service, office: Screen
) -> None:
    number = settled(service, office)
    visit = opened(service)
    office.post(f"/desk/visits/{visit}/discharge", {"do": "leave", "discharged": ""})
    paths = [
        f"/desk/settlements/{number}", "/desk/settlements", "/desk/settlements?state=reversed",
        "/desk/settlements?from=2019-06-01&to=2019-07-01",
        f"/desk/visits/{visit}/discharge", "/desk/discharges", "/desk/awaiting", "/desk/proposals",
    ]  # fmt: skip
    counts: list[int] = []
    for path in paths:
        with recorded() as asked:
            assert office.get(path).status_code == 200
        counts.append(len(asked.reading()))
        assert read_whole(service.url, asked.reading()) == [], path
    for _ in range(3):
        settled(service, office)
        other = opened(service)
        office.post(f"/desk/visits/{other}/discharge", {"do": "leave", "discharged": ""})
    for path, count in zip(paths, counts, strict=True):
        with recorded() as asked:
            office.get(path)
        assert len(asked.reading()) <= count, path
