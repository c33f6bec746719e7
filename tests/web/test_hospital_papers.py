"""The hospital's papers, read back: sheet, consent, a month, a cashier's day, a card; what is genuine."""

from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

import banan
from doudi_web.papers import books, clearing, typesetting
from doudi_web.papers.kinds import Print
from web.floor_at_hand import reversed_
from web.papers_at_hand import paper, poor_person, squeezed
from web.people import codes, standing
from web.service import Json, Service
from web.test_settling import bill

CODES = {"S632", "S633"}
_numbers = count(1)
_DIAGNOSIS = {"diagnoses": [{"code": "S56.1", "name": "右手示指屈肌腱断裂", "main": True}]}


def at(facility: str) -> Json:
    return {"facility": {"code": facility, "level": "2", "district": "500113"}}


def settled(service: Service, person: str, token: str | None = None, **more: Any) -> Json:
    number = next(_numbers)
    made = bill(f"HP{number}", person, **{"discharged": "2019-06-12", **_DIAGNOSIS, **more})
    status, told = service.settle(token or service.token(may_back_date=True), made)
    assert status == 201, told
    return told


def today(service: Service) -> tuple[str, str]:
    """The day and the month of the ledger."""
    ((day,),) = service.rows("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')")
    return day, day[:7]


def test_the_sheet_has_every_column_of_its_profile_and_closes(service: Service) -> None:
    told = settled(service, poor_person(service, "SA"))
    path = f"/api/v1/settlements/{told['settlement_id']}/sheet.pdf"
    made = paper(service, "POST", path, service.token("cashier", "F"), {})
    assert (made.status, made.pages) == (200, 1)
    columns = [
        "姓名田守禾",
        "身份证号5*************",
        "身份类别建卡贫困户",
        "单位地址柳溪镇石桥村",
        "疾病诊断右手示指屈肌腱断裂",
        "入院日期2019-06-01",
        "出院日期2019-06-12",
        "总金额2,539.50",
        "进入统筹费用2,539.50",
        "起付线300.00",
        "超限价自费0.00",
        "政策范围外自费0.00",
        "统筹支付1,567.65",
        "大病支付0.00",
        "补充保险0.00",
        "民政救助583.11",
        "政府兜底134.79",
        "自付费用253.95",
        "医院垫付(目录外超10%费用)0.00",
        "总金额 2,539.50 = 统筹支付 1,567.65 + 大病支付 0.00 + 补充保险 0.00 + 民政救助 583.11 + 政府兜底 134.79"
        " + 自付费用 253.95 + 医院垫付(目录外超10%费用) 0.00",
        "患者或家属签名",
        "没有正式文件；区里还在确认",
    ]
    assert made.says(*columns) == []


def test_the_identity_number_is_printed_in_full_for_a_reason_by_who_may(service: Service) -> None:
    told = settled(service, poor_person(service, "SB"))
    path, asked = f"/api/v1/settlements/{told['settlement_id']}/sheet.pdf", {"reason": "报民政核对"}
    refused = paper(service, "POST", path, service.token("cashier", "F"), asked)
    assert (refused.status, codes(refused.told)) == (403, ["S403"])
    made = paper(service, "POST", path, service.token("insurance_office", "F"), asked)
    assert made.status == 200
    assert "*" not in made.text
    recorded = service.rows(
        "SELECT action, reason FROM audit_log_record WHERE subject = 'person:SB' AND action = 'persons.unmask'"
    )
    assert recorded == [("persons.unmask", "报民政核对")]


def _running(service: Service, *lines: Json) -> str:
    """A running visit of somebody poor, with lines."""
    visit = f"HV{next(_numbers)}"
    person = poor_person(service, f"C{visit}", standings=[standing("dibao")])
    made = bill(visit, person, **_DIAGNOSIS)
    header = {key: value for key, value in made.items() if key not in ("lines", "settled")}
    cashier = service.token("cashier", "F")
    assert service.ask("POST", "/api/v1/visits", cashier, header)[0] == 201
    path = f"/api/v1/visits/{visit}/lines"
    assert service.ask("POST", path, cashier, {"lines": list(lines)})[0] == 201
    return visit


def test_the_consent_names_what_nobody_pays_and_what_it_does_to_the_patient(
    service: Service,
) -> None:
    visit = _running(
        service,
        banan.line("1000.00"),
        banan.line("1000.00", "丙", "L2", name="防粘连液"),
        banan.line("50.00", "丙", "L3", name="镇痛泵", consent=True),
        banan.line("88.00", "丙", "L4", name="银离子敷料", draft=True),
    )
    doctor = service.token("doctor", "F")
    made = paper(service, "POST", f"/api/v1/visits/{visit}/consent.pdf", doctor, {})
    assert (made.status, made.pages) == (200, 1)
    _, seen = service.ask("POST", f"/api/v1/visits/{visit}/precheck", doctor, {})
    of = {one["line"]: one for one in seen["marginal"]}
    assert of["L2"]["patient"] == "1000.00"
    assert made.says(
        "自费知情同意书",
        "田守禾",
        "右手示指屈肌腱断裂",
        "下面3项医保不报销，一共1,138.00元。",
        f"照现在的费用，您这次一共要付{float(seen['patient']):,.2f}元。",
        "防粘连液",
        "1,000.00",
        "您多付 1,000.00 元",
        "镇痛泵",
        "已签过",
        "银离子敷料",
        "开了没有收费",
        "没有目录内可以换的",
        "患者或家属签名（可以按手印）",
        "见证人（患者不识字时）",
    ) == []  # fmt: skip


def test_a_visit_with_nothing_outside_needs_no_consent(service: Service) -> None:
    visit = _running(service, banan.line("1000.00"))
    made = paper(
        service, "GET", f"/api/v1/visits/{visit}/consent.pdf", service.token("doctor", "F")
    )
    assert (made.status, codes(made.told)) == (409, ["S632"])


def test_what_was_given_back_is_not_asked_for(service: Service) -> None:
    back = banan.line("-300.00", "丙", "L3", quantity="-1", unit_price="300.00", refunds="L2")
    visit = _running(service, banan.line("900.00"), banan.line("300.00", "丙", "L2"), back)
    made = paper(
        service, "GET", f"/api/v1/visits/{visit}/consent.pdf", service.token("doctor", "F")
    )
    assert (made.status, codes(made.told)) == (409, ["S632"])


def test_a_month_is_cleared_to_the_fen_with_what_was_undone(service: Service) -> None:
    person = poor_person(service, "MA")
    lines = [banan.line("1000.00"), banan.line("1000.00", "丙", "L2")]
    first = settled(service, person, **at("MH"))
    settled(service, person, **at("MH"), lines=lines)
    undone = settled(service, poor_person(service, "MB"), **at("MH"))
    reversed_(service, undone)
    settled(service, poor_person(service, "MC"), **at("OTHER"))
    office, (_, month) = service.token("insurance_office", "MH"), today(service)
    made = paper(service, "POST", f"/api/v1/clearing/{month}.pdf", office, {})
    assert made.status == 200
    sums = service.rows(
        "SELECT split_part(account, ':', 1), CASE WHEN account LIKE 'fund:%%' THEN account END, sum(amount)::bigint"
        " FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting"
        " JOIN settlement_settlement s ON s.id = p.settlement WHERE s.facility = %s GROUP BY 1, 2",
        "MH",
    )
    of = {fund or kind: amount for kind, fund, amount in sums}
    assert of["clearing"] == -453950
    assert made.says(
        "结算 3 笔，撤销 1 笔",
        "合计4,539.50",
        f"基本医保{of['fund:basic'] / 100:,.2f}",
        f"医疗救助{of['fund:medical_assistance'] / 100:,.2f}",
        f"政府兜底{of['fund:floor'] / 100:,.2f}",
        "医院承担800.00",
        "患者453.95",
        first["visit_id"],
        "撤销住院",
        "−2,539.50−1,567.65",
        "田**",
    ) == []  # fmt: skip
    assert "田守禾" not in made.text
    assert (made.text.count("序号"), made.pages) == (1, 2)
    assert (
        paper(service, "POST", f"/api/v1/clearing/{month}.pdf", office, {}).says("补打第 2 次")
        == []
    )


def test_what_somebody_bears_for_the_patient_is_cleared_too(service: Service) -> None:
    told = settled(service, poor_person(service, "RF"), **at("RH"))
    more = {
        **bill(told["visit_id"], "RF", "3539.50", **at("RH")),
        "discharged": "2019-06-12",
        **_DIAGNOSIS,
    }
    asked = {"message_id": "rf1", "reason": "漏收 1,000 元", "bill": more}
    path = f"/api/v1/settlements/{told['settlement_id']}/correct"
    status, corrected = service.ask("POST", path, service.token("insurance_office", "RH"), asked)
    assert (status, corrected["patient"]["difference"]) == (201, "100.00")
    new = corrected["settlement"]["settlement_id"]
    seen = paper(
        service, "GET", f"/api/v1/settlements/{new}/statement.pdf", service.token("cashier", "RH")
    )
    day, _ = today(service)
    assert seen.says(
        "您自己付253.95元", "这次一共花了3,539.50元，医保和政府替您付了3,185.55元，还有100.00元没有定。",
        "没有定的100.00还有 100.00 元要批准，没有批准不收。", "您自己253.95先付这么多，没有定的现在不收。",
        f"{int(day[:4])} 年 {int(day[5:7])} 月 {int(day[8:])} 日已改正，您付的不变",
    ) == []  # fmt: skip
    sheet = paper(
        service, "GET", f"/api/v1/settlements/{new}/sheet.pdf", service.token("cashier", "RH")
    )
    assert (
        sheet.says("自付费用353.95", "自付 353.95 元里有 100.00 元没有批准，现在只收 253.95 元。")
        == []
    )
    decided = {"message_id": "rf2", "reason": "医院的错", "borne_by": "hospital"}
    path = f"/api/v1/proposals/{corrected['patient']['proposal_id']}/refuse"
    assert service.ask("POST", path, service.token("district_admin"), decided)[0] == 201
    seen = paper(
        service, "GET", f"/api/v1/settlements/{new}/statement.pdf", service.token("cashier", "RH")
    )
    assert seen.says("您自己付253.95元", "医院100.00", "另外替您付了 100.00 元。") == []
    assert "没有定的" not in seen.text
    office, (_, month) = service.token("insurance_office", "RH"), today(service)
    made = paper(service, "GET", f"/api/v1/clearing/{month}.pdf", office)
    assert (
        made.says(
            "结算 2 笔，撤销 1 笔，免收 1 笔",
            "合计3,539.50",
            "医院承担100.00",
            "患者253.95",
            "免收住院",
        )
        == []
    )


_FUNDS = ("health_poverty_fund", "targeted_insurance", "other_aid")


def test_a_month_of_many_funds_stays_on_its_page(service: Service) -> None:
    """What does not fit beside the rest stands together in one column, and each alone on the first page."""
    lines = [banan.line("100000.00"), banan.line("1000.00", "丙", "L2")]
    given = dict.fromkeys(_FUNDS, "10.00")
    told = settled(service, poor_person(service, "CW"), **at("CW"), lines=lines, given=given)
    found = books.month("CW", today(service)[1])
    made = clearing.clearing(found, Print(1, found[0].posted), "CW", "医院", today(service)[1])
    assert made.heads == (
        "总费用", "基本医保", "大病保险", "医疗救助", "健康扶贫基金", "其他基金", "医院承担", "患者",
    )  # fmt: skip
    assert sum(made.widths) + clearing.VISIT <= clearing.ACROSS
    (row,) = made.rows
    alone = ("basic", "critical_illness", "medical_assistance", "health_poverty_fund")
    others = {key: told["payments"][key] for key in alone}
    assert row.amounts == (
        "101,000.00", *(f"{float(amount):,.2f}" for amount in others.values()), "20.00",
        f"{float(told['hospital']):,.2f}", f"{float(told['patient']):,.2f}",
    )  # fmt: skip
    assert [one.name for one in made.owed[3:6]] == [
        "健康扶贫基金",
        "精准脱贫保险",
        "其他扶贫资金",
    ]
    office = service.token("insurance_office", "CW")
    sheet = paper(service, "GET", f"/api/v1/clearing/{today(service)[1]}.pdf", office)
    assert sheet.says(
        "健康扶贫基金10.00", "精准脱贫保险10.00", "其他扶贫资金10.00",
        "“其他基金”是精准脱贫保险、其他扶贫资金合起来的",
    ) == []  # fmt: skip


def test_long_numbers_of_visits_and_long_names_take_lines_of_their_own(service: Service) -> None:
    person = poor_person(service, "LV", name="很" * 60)
    number = "ZY2019" + "0" * 14 + "0001"
    made = {**bill(number, person, **at("LV")), "discharged": "2019-06-12"}
    assert service.settle(service.token(may_back_date=True), made)[0] == 201
    day, month = today(service)
    office = service.token("insurance_office", "LV")
    for path in (f"/api/v1/clearing/{month}.pdf", f"/api/v1/days/{day}.pdf"):
        seen = paper(service, "GET", path, office)
        assert seen.says(number, "很***") == [], path
        assert "很****" not in seen.text


def test_a_long_month_comes_in_parts_that_all_close(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = poor_person(service, "LA")
    for _ in range(5):
        settled(service, person, **at("LH"))
    monkeypatch.setattr(clearing, "PART", 3)
    monkeypatch.setattr(typesetting, "LONG", 2)  # and in a process of its own
    office, (_, month) = service.token("insurance_office", "LH"), today(service)
    path = f"/api/v1/clearing/{month}.pdf"
    one, two = (paper(service, "GET", f"{path}?part={n}", office) for n in (1, 2))
    for made, part in ((one, "第 1 份，共 2 份"), (two, "第 2 份，共 2 份")):
        assert made.says(part, "合计12,697.50") == []
    seen = [n for made in (one, two) for n in range(1, 6) if f"HP{n}" in made.text]
    assert len([line for made in (one, two) for line in made.text.split("住院")[1:]]) == 5, seen
    refused = paper(service, "GET", f"{path}?part=3", office)
    assert (refused.status, codes(refused.told)) == (422, ["F203"])


def test_an_empty_month_and_a_wrong_one(service: Service) -> None:
    office = service.token("insurance_office", "EH")
    assert (
        paper(service, "GET", "/api/v1/clearing/1999-12.pdf", office).says("这个月没有记账") == []
    )
    refused = paper(service, "GET", "/api/v1/clearing/1999-13.pdf", office)
    assert (refused.status, codes(refused.told)) == (422, ["F203"])


def test_a_long_paper_that_does_not_end_is_refused_and_not_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(service, poor_person(service, "TA"), **at("TH"))
    monkeypatch.setattr(typesetting, "LONG", 1)
    monkeypatch.setattr(typesetting, "PATIENCE", 0)
    office, (_, month) = service.token("insurance_office", "TH"), today(service)
    made = paper(service, "POST", f"/api/v1/clearing/{month}.pdf", office, {})
    assert (made.status, codes(made.told)) == (503, ["S633"])
    assert service.rows("SELECT count(*) FROM papers_printed WHERE facility = 'TH'") == [(0,)]


def test_a_cashier_sees_what_went_through_her_own_hands(service: Service) -> None:
    person = poor_person(service, "DA", standings=[standing("dibao")])
    cashier, other = (service.token("cashier", "DH") for _ in range(2))
    mine, hers = (_of_today(service, person, token) for token in (cashier, other))
    reversed_(service, hers)
    day, _ = today(service)
    made = paper(service, "POST", f"/api/v1/days/{day}.pdf", cashier, {})
    assert made.says(f"应收{mine['patient']}", "应退0.00", "结算 1 笔", mine["visit_id"]) == []
    assert hers["visit_id"] not in made.text
    whole = paper(service, "GET", f"/api/v1/days/{day}.pdf?by=all", cashier)
    assert whole.says("结算 2 笔，撤销 1 笔", "收费员全院", f"收退相抵{mine['patient']}元") == []
    refused = paper(service, "GET", "/api/v1/days/2026-02-30.pdf", cashier)
    assert (refused.status, codes(refused.told)) == (422, ["F203"])


def test_the_card_has_the_doctor_the_number_and_a_code_that_dials(service: Service) -> None:
    person = poor_person(service, "KA")
    settled(service, person)
    admin = service.token("district_admin")
    stated = {"place": "区医保局", "phone": "02300000121"}
    assert service.ask("POST", "/api/v1/contacts", admin, stated)[0] == 200
    card = f"/api/v1/persons/{person}/card.pdf"
    made = paper(service, "POST", f"{card}?reason={quote('给患者本人')}", admin, {})
    assert (made.status, made.pages) == (200, 1)
    assert (
        made.says(
            "田守禾",
            "柳溪镇石桥村",
            "罗春霖家庭医生",
            "石桥镇卫生院",
            "023-0000 0119",
            "区医保局023-0000 0121",
        )
        == []
    )
    alone = poor_person(service, "KB", doctors=[])
    refused = paper(service, "GET", f"/api/v1/persons/{alone}/card.pdf?reason=x", admin)
    assert (refused.status, codes(refused.told)) == (409, ["S670"])


def test_the_numbers_to_ring_stand_on_the_statement(service: Service) -> None:
    office = service.token("insurance_office", "F")
    for place, phone in (("门诊楼", "1"), ("柳溪医院医保窗口，一楼 3 号", "02300000120")):
        told = service.ask("POST", "/api/v1/contacts", office, {"place": place, "phone": phone})
        assert told[0] == 200, told
    refused = service.ask(
        "POST", "/api/v1/contacts", office, {"facility": "X", "place": "x", "phone": "1"}
    )
    assert (refused[0], codes(refused[1])) == (403, ["S404"])
    told = settled(service, poor_person(service, "RA"))
    path = f"/api/v1/settlements/{told['settlement_id']}/statement.pdf"
    assert paper(service, "GET", path, office).says(
        "这张单子看不懂柳溪医院医保窗口，一楼 3 号023-0000 0120"
    ) == []  # fmt: skip


def test_a_paper_is_told_from_a_forged_one(service: Service) -> None:
    told = settled(service, poor_person(service, "GA"))
    cashier = service.token("cashier", "F")
    base = f"/api/v1/settlements/{told['settlement_id']}"
    made = paper(service, "POST", f"{base}/statement.pdf", cashier)
    ((code,),) = service.rows(
        "SELECT encode(commitment, 'hex') FROM settlement_posting WHERE settlement = %s AND kind = 'settle'",
        int(told["settlement_id"]),
    )
    shown = " ".join(code[at : at + 4].upper() for at in range(0, 16, 4))
    assert squeezed(shown) in made.text
    status, genuine = service.ask(
        "GET", f"{base}/genuine?code={shown.replace(' ', '%20')}", cashier
    )
    assert (status, genuine) == (200, {
        "settlement_id": told["settlement_id"], "genuine": True, "total": "2539.50", "patient": "253.95",
        "reversed": False, "sealed": False, "replaced_by": None,
    })  # fmt: skip
    forged = ("0" if code[0] != "0" else "1") + code[1:16]
    assert service.ask("GET", f"{base}/genuine?code={forged}", cashier)[1] == {
        "settlement_id": told["settlement_id"], "genuine": False,
    }  # fmt: skip


def _of_today(service: Service, person: str, token: str) -> Json:
    """A settlement of today by a cashier, who cannot date it back: under the pack of the day."""
    number = next(_numbers)
    made = {**bill(f"HP{number}", person, **at("DH"))}
    del made["settled"]
    status, told = service.settle(token, made)
    assert status == 201, told
    return told
