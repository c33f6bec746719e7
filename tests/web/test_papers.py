"""The patient's statement, to the fen and in every state, read back from the PDF; prints are counted."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import banan
from commands.test_check import EXAMPLES, called
from doudi.errors import Faulty
from doudi_web.papers import found, kinds, statement, typesetting
from doudi_web.papers.spoken import is_known, spoken
from doudi_web.settlement.titles import codes_of
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor
from web.papers_at_hand import Sheet, paper, poor_person
from web.people import codes
from web.service import Json, Service
from web.test_settling import bill

CODES = {"S630", "S631"}
_numbers = count(1)
_DIAGNOSIS = {"diagnoses": [{"code": "S56.1", "name": "右手示指屈肌腱断裂", "main": True}]}


def settled(service: Service, person: str, **more: Any) -> Json:
    number = next(_numbers)
    stated = {"discharged": "2019-06-12", **_DIAGNOSIS, **more}
    made = bill(f"PA{number}", person, **stated)
    status, told = service.settle(service.token(may_back_date=True), made)
    assert status == 201, told
    return told


def path(told: Json, paper_: str = "statement") -> str:
    return f"/api/v1/settlements/{told['settlement_id']}/{paper_}.pdf"


def seen(service: Service, told: Json) -> Sheet:
    made = paper(service, "GET", path(told), service.token("insurance_office", "F"))
    assert made.status == 200, made.told
    return made


def test_the_amount_who_paid_the_rest_and_why(service: Service) -> None:
    person = poor_person(service, "PA")
    told = settled(service, person)
    made = paper(service, "POST", path(told), service.token("cashier", "F"))
    assert (made.status, made.pages) == (200, 1)
    assert (
        made.says(
            "柳溪医院",
            "住院费用结算单",
            "田守禾",
            "柳溪镇石桥村",
            "右手示指屈肌腱断裂",
            "2019 年 6 月 1 日住院，6 月 12 日出院，住了 11 天",
            "您自己付253.95元",
            "这次一共花了2,539.50元，医保和政府替您付了2,285.55元。",
            "基本医保1,567.65先减 300 元起付线，剩下 2,239.50 元付七成。",
            "大病保险0.00今年累计 971.85 元，没到 6,804 元，这次不付。",
            "医疗救助583.11您家是建卡贫困户，剩下 971.85 元付六成。",
            "政府兜底134.79还剩 388.74 元，您最多付总费用的一成，多的政府付。",
            "您自己253.952,539.50 元的一成，最多付这么多。",
            "合计2,539.50没有自费的药和项目。医院没有垫钱。",
            "画虚线的几条，起付线和“付几成”的文件依据，区里还在确认。",
            "换药、复查、取药",
            "家庭医生 罗春霖，石桥镇卫生院",
            "023-0000 0119",
            f"结算号{told['settlement_id']}",
            "共1页",
        )
        == []
    )
    assert "%" not in made.text
    assert "补打" not in made.text
    ((code,),) = service.rows(
        "SELECT encode(commitment, 'hex') FROM settlement_posting WHERE settlement = %s AND kind = 'settle'",
        int(told["settlement_id"]),
    )
    assert made.says(code[:16].upper()) == []


def test_prints_are_counted_and_a_preview_is_none(service: Service) -> None:
    told = settled(service, poor_person(service, "PB"))
    cashier = service.token("cashier", "F")
    assert seen(service, told).says("预览，不作凭证") == []
    first = paper(service, "POST", path(told), cashier)
    second = paper(service, "POST", path(told), cashier)
    third = paper(service, "POST", path(told), service.token("insurance_office", "F"))
    assert [
        ("补打" in one.text, one.says("补打第 2 次"), one.says("补打第 3 次"))
        for one in (first, second, third)
    ] == [
        (False, ["补打第 2 次"], ["补打第 3 次"]),
        (True, [], ["补打第 3 次"]),
        (True, ["补打第 2 次"], []),
    ]
    rows = service.rows(
        "SELECT kind, of, number, facility FROM papers_printed WHERE of = %s ORDER BY number",
        told["settlement_id"],
    )
    assert rows == [("statement", told["settlement_id"], n, "F") for n in (1, 2, 3)]
    recorded = service.rows(
        "SELECT action, detail ->> 'number' FROM audit_log_record WHERE detail ->> 'of' = %s"
        " AND detail ->> 'paper' = 'statement' ORDER BY id",
        told["settlement_id"],
    )
    assert recorded == [
        ("papers.read", None),
        ("papers.print", "1"),
        ("papers.print", "2"),
        ("papers.print", "3"),
    ]


@pytest.mark.parametrize("kind", ["statement", "sheet"])
def test_who_neither_treats_nor_settles_nor_prints_sees_no_name(
    service: Service, kind: str
) -> None:
    told = settled(service, poor_person(service, f"PM{kind[0]}"))
    for role, facility in (
        ("cashier", "F"), ("insurance_office", "F"), ("district_admin", None), ("system_client", None),
    ):  # fmt: skip
        made = paper(service, "GET", path(told, kind), service.token(role, facility))
        assert made.says("田守禾", "柳溪镇石桥村") == [], role
    for role in ("auditor", "fund_accountant"):
        made = paper(service, "GET", path(told, kind), service.token(role))
        assert made.says("田**", "柳溪镇**", "右手示指屈肌腱断裂", "253.95") == [], role
        assert ("田守禾" in made.text, "石桥村" in made.text) == (False, False), role


def test_a_reversed_settlement_says_that_the_paper_is_void(service: Service) -> None:
    told = settled(service, poor_person(service, "PC"))
    asked = {"message_id": "pc", "reason": "重复录入"}
    undo = f"/api/v1/settlements/{told['settlement_id']}/reverse"
    assert service.ask("POST", undo, service.token("district_admin"), asked)[0] == 201
    ((day,),) = service.rows("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')")
    made = seen(service, told)
    assert made.pages == 1
    assert (
        made.says(
            "这次结算已经撤销，这张单子作废。原因：重复录入。",
            "已经付过的，退给您 253.95 元。",
            "撤销了，不用付0.00元",
            "撤销以前是这样算的：总费用2,539.50元。",
            f"已撤销{int(day[5:7])} 月 {int(day[8:])} 日",
        )
        == []
    )


def test_a_correction_says_what_was_and_what_is_given_back(service: Service) -> None:
    told = settled(service, poor_person(service, "PD"))
    other = {
        **bill(told["visit_id"], "PD", "2467.50", discharged="2019-06-12", **_DIAGNOSIS),
    }
    asked = {"message_id": "pd", "reason": "手术包 72 元多算了一次", "bill": other}
    correct = f"/api/v1/settlements/{told['settlement_id']}/correct"
    status, corrected = service.ask("POST", correct, service.token("district_admin"), asked)
    assert status == 201, corrected
    new = seen(service, corrected["settlement"])
    assert (
        new.says(
            "您自己付246.75元",
            f"原来那张单子（结算号 {told['settlement_id']}）您付 253.95 元。",
            "已改正，退给您 7.20 元。",
            "原因：手术包 72 元多算了一次。",
        )
        == []
    )
    old = seen(service, told)
    number = corrected["settlement"]["settlement_id"]
    assert old.says(f"已经重新结算，以新单子（结算号 {number}）为准。", "作废") == []


def test_what_is_not_final_says_so(service: Service) -> None:
    waits = settled(service, poor_person(service, "PE"), awaiting=["basic"])
    made = seen(service, waits)
    assert (
        made.says(
            "您先付253.95元",
            "这是暂时的数：医保平台还没有答复。",
            "医保平台还没有答复，先按这个数，以后多退少补。",
            "暂时结算",
        )
        == []
    )
    unknown = settled(service, "PUNKNOWN")
    made = seen(service, unknown)
    assert (
        made.says(
            f"就诊号 {unknown['visit_id']}",
            "登记里还没有您的身份，先按一般人算。",
            "您先付1,195.80元",
            "医疗救助0.00这次不由它付。",
        )
        == []
    )


def test_what_the_hospital_bears_stands_beside_what_the_patient_pays(service: Service) -> None:
    lines = [banan.line("1000.00"), banan.line("1000.00", "丙", "L2")]
    number = next(_numbers)
    poor_person(service, "PF")
    made = {**bill(f"PA{number}", "PF", **_DIAGNOSIS), "lines": lines}
    status, told = service.settle(service.token(may_back_date=True), made)
    assert (status, told["hospital"], told["patient"]) == (201, "800.00", "200.00")
    assert (
        seen(service, told).says(
            "医院800.00自费的药和项目超过限额 800 元，由医院付，不收您的。",
            "里面自费的药和项目 1,000.00 元。",
            "您自己200.00",
            "医保、政府和医院替您付了1,800.00元",
        )
        == []
    )


def test_a_patient_who_pays_nothing_reads_so_first(service: Service) -> None:
    person = poor_person(service, "PG", standings=[{"code": "destitute", "from": "2018-01-01"}])
    told = settled(service, person)
    assert seen(service, told).says("您自己付0.00元", "您自己0.00您不用付钱。") == []


HOSTILE = [
    '#import "/etc/passwd"',
    "$x^2$ *b* _i_ `c`",
    "@ref <label> \\ // /* */",
    "= 标题 [块]",
    "(\\) Tj ET %PDF-1.7",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    '{{7*7}} #eval("1")',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_markup(service: Service, name: str) -> None:
    number = next(_numbers)
    sick = {"diagnoses": [{"code": "X", "name": name, "main": True}]}
    told = settled(service, poor_person(service, f"PH{number}"), **sick)
    shown = "".join(c for c in name if c.isprintable())
    made = seen(service, told)
    assert (made.pages, made.says(shown)) == (1, [])


def test_what_is_too_long_is_cut_where_everybody_sees_it_and_one_page_stays_one(
    service: Service,
) -> None:
    sick = {"diagnoses": [{"code": "X", "name": "长" * 200, "main": True}]}
    given = {"health_poverty_fund": "10.00", "targeted_insurance": "10.00", "other_aid": "10.00"}
    lines = [banan.line("1000.00"), banan.line("1000.00", "丙", "L2")]
    number = next(_numbers)
    poor_person(service, "PI", name="很" * 60)
    made = {
        **bill(f"PA{number}", "PI", discharged="2019-06-12", **sick, given=given),
        "lines": lines,
    }
    status, told = service.settle(service.token(may_back_date=True), made)
    assert status == 201, told
    seen_ = seen(service, told)
    assert seen_.pages == 1
    assert seen_.text.count("……（过长，没有全印）") == 2
    assert seen_.says("健康扶贫基金10.00", "精准脱贫保险10.00", "其他扶贫资金10.00", "医院") == []


def test_the_same_data_is_the_same_bytes(service: Service) -> None:
    told = settled(service, poor_person(service, "PJ"))
    ((at,),) = service.rows("SELECT now()")
    one = found.settlement(
        Actor("t", Role.DISTRICT_ADMIN), Act.PAPERS_PRINT, int(told["settlement_id"])
    )
    first, again = (
        typesetting.typeset(statement.statement(one, kinds.Print(1, at))) for _ in range(2)
    )
    assert first == again
    assert first != typesetting.typeset(statement.statement(one, kinds.Print(2, at)))


def test_what_no_page_can_hold_is_refused_and_not_cut(service: Service) -> None:
    told = settled(service, poor_person(service, "PL"))
    actor = Actor("t", Role.DISTRICT_ADMIN)
    one = found.settlement(actor, Act.PAPERS_PRINT, int(told["settlement_id"]))
    made = statement.statement(one, kinds.Print(1, one.posted))
    with pytest.raises(Faulty) as refused:
        typesetting.typeset(replace(made, payers=made.payers * 20))
    assert [fault.code for fault in refused.value.faults] == ["S631"]


def test_without_the_font_nothing_is_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = settled(service, poor_person(service, "PK"))
    monkeypatch.setattr(typesetting, "FONTS", tmp_path)
    made = paper(service, "POST", path(told), service.token("cashier", "F"))
    assert (made.status, codes(made.told)) == (503, ["S630"])
    assert service.rows(
        "SELECT count(*) FROM papers_printed WHERE of = %s", told["settlement_id"]
    ) == [(0,)]


def test_every_sentence_of_the_engine_has_spoken_words() -> None:
    """All shipped bills: no sentence stays in the officer's words, none has a percent sign."""
    said = {
        (one["layer"], one["text"])
        for bills in sorted(EXAMPLES.iterdir())
        for made in json.loads(called("settle", str(bills), "--json").stdout)["settlements"]
        for one in made["explanation"]
    }
    assert len(said) > 60
    assert [text for _, text in said if not is_known(text)] == []
    assert [text for layer, text in said if "%" in spoken(layer, text, "低保")] == []


def test_a_kind_of_visit_is_called_what_its_pack_calls_it(service: Service) -> None:
    assert service
    asked = ["chronic_outpatient", "inpatient", "unheard_of"]
    assert codes_of("kind", asked, [banan.PACK_ID]) == {
        "chronic_outpatient": "慢性病门诊", "inpatient": "住院",
    }  # fmt: skip
    assert codes_of("kind", asked, ["cn/gone/1999"]) == codes_of("kind", asked)
    assert codes_of("standing", ["orphan"], [banan.PACK_ID]) == {"orphan": "孤儿"}
