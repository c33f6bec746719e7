"""Discharge, settling, one settlement and what is changed in it, on pages: exact amounts, previews, two editors."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import banan
from desk.screens import Screen, heading_of, text_of
from desk.settling import (
    HOME,
    SILENT,
    acted,
    at_work,
    counts,
    fields_of,
    hospitals,
    opened,
    settled,
)
from web.service import Service
from web.test_visits import VISITS

HOSTILE = "=1+1<script>alert(1)</script>\"\u202e'&"


@pytest.fixture(scope="module", autouse=True)
def _hospital(service: Service) -> Iterator[None]:
    with hospitals(service):
        yield


@pytest.fixture(scope="module")
def office(_hospital: None) -> Screen:
    return at_work("insurance_office")


@pytest.fixture
def rows(service: Service) -> Callable[[], list[Any]]:
    return counts(service)


def test_a_visit_is_checked_looked_at_and_settled_once(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    page = office.get(path)
    assert heading_of(page).endswith("总费用 2,539.50 元，现在结算个人付 253.95 元")
    assert "还没有办出院" in text_of(page)
    before = rows()
    typed = fields_of(page)
    looked = office.post(path, {**typed, "do": "look"})
    assert looked.status_code == 200
    read = text_of(looked)
    assert "向患者收 253.95 元" in read
    assert "还没有办，什么都没有写" in read
    for amount in ("1,567.65", "583.11", "134.79"):
        assert amount in read
    assert "政府兜底 134.79" in read
    assert rows() == before
    typed = {**fields_of(looked), "do": "act"}
    first = office.post(path, typed)
    again = office.post(path, typed)  # a double click, or the way back
    assert (first.status_code, first["Location"]) == (303, again["Location"])
    assert len(service.rows("SELECT id FROM settlement_settlement WHERE visit = %s", visit)) == 1
    shown = office.get(first["Location"])
    assert heading_of(shown).startswith("已结算：")
    assert "请患者付 253.95 元" in text_of(shown)
    assert office.get(path)["Location"] == first["Location"].partition("?")[0]


def test_the_discharge_is_stated_and_the_visit_waits_in_the_list(
    service: Service, office: Screen
) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    done = office.post(path, {"do": "leave", "discharged": "2019-06-12T10:30"})
    assert done.status_code == 303
    assert "06-12 10:30" in text_of(office.get(path))
    waits = office.get("/desk/discharges")
    assert visit in text_of(waits)
    wrong = office.post(path, {"do": "leave", "discharged": "昨天"})
    assert wrong.status_code == 422
    assert "F203" in text_of(wrong)


def test_the_platform_is_held_beside_what_is_computed(service: Service, office: Screen) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    typed = {**fields_of(office.get(path)), "given-basic": "1600.00", "do": "again"}
    page = office.post(path, typed)
    read = text_of(page)
    assert "平台的数与算出来的不同" in read
    assert "+32.35" in read  # 1600.00 - 1567.65
    assert 'value="1600.00"' in page.content.decode()
    wrong = office.post(path, {**typed, "given-basic": "x", "do": "look"})
    assert wrong.status_code in (200, 422)
    assert "F203" in text_of(wrong)
    done = acted(office, path, typed)
    told = service.rows(
        "SELECT result::json -> 'payments' ->> 'basic' FROM settlement_settlement WHERE visit = %s",
        visit,
    )
    assert (done.status_code, told) == (303, [("1600.00",)])


def test_a_silent_platform_does_not_keep_the_patient_and_its_answer_gives_back(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    looked = office.post(path, {**fields_of(office.get(path)), "do": "silent"})
    assert "看好了再办：临时结算" in text_of(looked)
    awaited = re.findall(r'name="awaiting" value="(\w+)" checked', looked.content.decode())
    assert awaited == SILENT
    done = office.post(path, {**fields_of(looked), "awaiting": awaited, "do": "act"})
    number = done["Location"].split("/")[3].partition("?")[0]
    waits = office.get("/desk/awaiting")
    assert f"/desk/settlements/{number}/answer" in waits.content.decode()
    said = {"settlement": number, "platform_message": "P-1", "outcome": "sent"}
    assert office.post("/desk/awaiting", said).status_code == 303
    assert "P-1" in text_of(office.get("/desk/awaiting"))
    form = f"/desk/settlements/{number}/answer"
    typed = {**fields_of(office.get(form)), "given-basic": "1700.00", "given-critical_illness": "0.00",
             "given-medical_assistance": "700.00"}  # fmt: skip
    before = rows()
    preview = office.post(form, {**typed, "do": "look"})
    assert "退给患者 114.45 元" in text_of(preview)
    assert rows() == before
    typed = {**typed, **fields_of(preview)}
    unseen = office.post(form, {**typed, "given-basic": "1650.00", "do": "act"})
    assert "现在填的还没有看过，没有办" in text_of(unseen)
    assert rows() == before
    answered = office.post(form, {**typed, "do": "act"})
    assert answered["Location"].endswith("?done=answer")
    assert "个人付 139.50 元" in heading_of(office.get(answered["Location"]))
    assert office.post(form, {**typed, "do": "act"})["Location"] == answered["Location"]


def test_a_correction_shows_everybody_before_and_after_and_is_done_once(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    number = settled(service, office, banan.line("2539.50"), banan.line("72.00", line_id="L2"))
    form = f"/desk/settlements/{number}/correct"
    typed = {**fields_of(office.get(form)), "gone1": "1", "reason": "手术包多计 1 次"}
    before = rows()
    preview = office.post(form, {**typed, "do": "look"})
    read = text_of(preview)
    assert "退给患者 7.20 元" in read
    for amount in ("2,611.50", "2,539.50", "−72.00", "261.15", "253.95", "1,618.05", "−50.40"):
        assert amount in read, amount
    assert rows() == before
    typed = {**typed, **fields_of(preview)}
    done = office.post(form, {**typed, "do": "act"})
    assert done.status_code == 303
    assert office.post(form, {**typed, "do": "act"})["Location"] == done["Location"]
    page = office.get(done["Location"])
    read = text_of(page)
    assert "总费用 2,539.50 元，个人付 253.95 元" in heading_of(page)
    assert "手术包多计 1 次" in read
    assert "记账 3 次，净额在最后一列" in read
    old = office.get(f"/desk/settlements/{number}")
    assert "这一笔已由另一笔替换" in text_of(old)


# Catches a filter whose argument is not there: a line with the hospital's code alone has no other.
def test_a_line_without_a_code_is_corrected_by_what_it_has(
    service: Service, office: Screen
) -> None:
    line = {key: value for key, value in banan.line("72.00").items() if key != "code"}
    line |= {"hospital_code": "H72", "name": "换药"}
    number = settled(service, office, line)
    assert office.get(f"/desk/settlements/{number}").status_code == 200
    for form in ("correct", "late", "return"):
        page = office.get(f"/desk/settlements/{number}/{form}")
        assert page.status_code == 200
        assert "72.00" in page.content.decode() or form == "late"


def test_late_charges_and_drugs_that_come_back(service: Service, office: Screen) -> None:
    number = settled(service, office)
    form = f"/desk/settlements/{number}/late"
    typed = {**fields_of(office.get(form)), "code-new0": "C9", "class-new0": "甲", "quantity-new0": "2",
             "price-new0": "50.00", "reason": "检验费晚到"}  # fmt: skip
    assert "先不收，另外批准才收" in text_of(office.post(form, {**typed, "do": "look"}))
    late = acted(office, form, typed)
    page = office.get(late["Location"])
    assert "总费用 2,639.50 元" in heading_of(page)
    assert "批准以前不向患者收" in text_of(page)
    newer = late["Location"].split("/")[3].partition("?")[0]
    form = f"/desk/settlements/{newer}/return"
    content = office.get(form).content.decode()
    assert 'name="back1"' in content
    typed = {**fields_of(office.get(form)), "back1": "1", "reason": "退检验"}
    assert "−50.00" in text_of(office.post(form, {**typed, "do": "look"}))
    done = acted(office, form, typed)
    assert "总费用 2,589.50 元" in heading_of(office.get(done["Location"]))
    too_many = office.post(f"/desk/settlements/{done['Location'].split('/')[3].partition('?')[0]}/return",
                           {**typed, "back1": "5", "do": "look", "message": ""})  # fmt: skip
    assert too_many.status_code == 422
    assert "F312" in text_of(too_many)
    assert 'value="5"' in too_many.content.decode()


def test_a_reversal_says_what_everybody_gets_back(service: Service, office: Screen) -> None:
    number = settled(service, office)
    form = f"/desk/settlements/{number}/reverse"
    typed = fields_of(office.get(form))
    missing = office.post(form, {**typed, "reason": "", "do": "look"})
    assert missing.status_code == 422
    read = text_of(office.post(form, {**typed, "reason": "结给了别人", "do": "look"}))
    assert "退给患者 253.95 元" in read
    assert "−1,567.65" in read
    done = acted(office, form, {**typed, "reason": "结给了别人"})
    assert done.status_code == 303
    assert "这一笔已经撤销" in text_of(office.get(f"/desk/settlements/{number}"))


def test_the_second_of_two_is_told_who_was_first_and_nothing_is_written(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    number = settled(service, office)
    form = f"/desk/settlements/{number}/correct"
    mine = {**fields_of(office.get(form)), "quantity0": "2", "reason": "数量错了"}
    other = at_work("insurance_office")
    theirs = {**fields_of(other.get(form)), "price0": "2467.50", "reason": "价格错了"}
    assert acted(other, form, theirs).status_code == 303
    before = rows()
    for do in ("look", "act"):
        told = office.post(form, {**mine, "do": do})
        assert told.status_code == 409
        assert heading_of(told).startswith(other.account.name)
        read = text_of(told)
        assert "价格错了" in read
        assert "2,539.50 2,467.50" in read
    assert rows() == before


def test_a_bill_that_grew_since_it_was_looked_at_is_not_settled(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    typed = fields_of(office.post(path, {**fields_of(office.get(path)), "do": "look"}))
    doctor = at_work("doctor")
    token = service.token("doctor", HOME)
    more = {"lines": [banan.line("100.00", line_id="L2")]}
    assert service.ask("POST", f"{VISITS}/{visit}/lines", token, more)[0] == 201
    assert doctor.get(path).status_code == 200
    before = rows()
    told = office.post(path, {**typed, "do": "act"})
    assert told.status_code == 409
    read = text_of(told)
    assert "加了费用" in heading_of(told)
    assert "2,539.50 2,639.50" in read
    assert rows() == before


def test_another_who_settles_a_settled_visit_is_led_to_it(service: Service, office: Screen) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    mine = fields_of(office.post(path, {**fields_of(office.get(path)), "do": "look"}))
    other = at_work("cashier")
    assert acted(other, path, fields_of(other.get(path))).status_code == 303
    told = office.post(path, {**mine, "do": "act"})
    assert told.status_code == 409
    assert heading_of(told) == f"就诊 {visit} 已经有人结算了"


_UNSEEN = "现在填的还没有看过，没有办"


def test_nothing_is_settled_but_what_was_looked_at(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    visit = opened(service)
    path = f"/desk/visits/{visit}/discharge"
    looked = office.post(path, {**fields_of(office.get(path)), "do": "look"})
    typed = fields_of(looked)
    before = rows()
    others: list[dict[str, Any]] = [
        {"given-basic": "1600.00"}, {"awaiting": ["basic"]}, {"looked": ""}, {"looked": "0" * 64},
        {"version": "x"},
    ]  # fmt: skip
    for other in others:
        again = office.post(path, {**typed, **other, "do": "act"})
        assert again.status_code == 200, other
        assert _UNSEEN in text_of(again), other
        assert rows() == before
    again = office.post(path, {**typed, "given-basic": "1600.00", "do": "act"})
    assert "基本医保 1,600.00" in text_of(again)
    done = office.post(path, {**typed, **fields_of(again), "do": "act"})
    assert done.status_code == 303
    assert "1,600.00" in text_of(office.get(done["Location"]))


def test_nothing_is_changed_but_what_was_looked_at(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    of = f"/desk/settlements/{settled(service, office)}/"
    changed: dict[str, dict[str, str]] = {
        "correct": {"price0": "2000.00"}, "late": {"code-new0": "C9", "quantity-new0": "9"},
        "return": {"back0": "0.5"}, "reverse": {},
    }  # fmt: skip
    for form, typed in changed.items():
        stated = {**fields_of(office.get(of + form)), **typed, "reason": "写错了"}
        if form == "late":
            stated |= {"class-new0": "甲", "price-new0": "50.00"}
        looked = office.post(of + form, {**stated, "do": "look"})
        mark = fields_of(looked)["looked"]
        before = rows()
        others: list[dict[str, str]] = [{"looked": ""}]
        others += [{"looked": mark, key: "1"} for key in typed]
        for other in others:
            again = office.post(of + form, {**stated, **other, "do": "act"})
            assert again.status_code == 200, (form, other)
            assert _UNSEEN in text_of(again), (form, other)
            assert rows() == before


def test_what_is_wrong_is_named_and_nothing_is_settled(service: Service, office: Screen) -> None:
    line = {k: v for k, v in banan.line("10.00").items() if k != "class"}
    visit = opened(service, line)
    path = f"/desk/visits/{visit}/discharge"
    page = office.get(path)
    assert "还不能结算：1 处要先改" in heading_of(page)
    done = office.post(path, {**fields_of(page), "do": "act"})
    assert done.status_code == 422
    assert "F308" in text_of(done) or "F320" in text_of(done)


# Catches a point that says what is wrong and not where it is mended.
def test_each_point_leads_to_where_it_is_mended(service: Service, office: Screen) -> None:
    def ways(who: Screen, visit: str) -> list[tuple[str, str]]:
        content = who.get(f"/desk/visits/{visit}/discharge?facility={HOME}").content.decode()
        return re.findall(r'<td class="r"><a href="([^"]+)">([^<]+)</a></td>', content)

    line = {k: v for k, v in banan.line("10.00").items() if k != "class"}
    unmapped = opened(service, {**line, "code": "NONE"})
    district = at_work("district_admin", None)
    assert (f"/desk/mapping?visit={unmapped}", "去对照") in ways(office, unmapped)
    there = f"/desk/mapping?visit={unmapped}&amp;facility={HOME}"
    assert (there, "去对照") in ways(district, unmapped)
    assert "去对照" not in [word for _, word in ways(at_work("doctor"), unmapped)]
    out = opened(service, banan.line("1000.00"), banan.line("500.00", "丙", "L2"))
    office.post("/desk/wards/precheck", {"visit": [out]})  # which finds it above its limit
    assert (f"/desk/visits/{out}/review", "看预审") in ways(office, out)
    assert (f"/desk/visits/{out}/review?facility={HOME}", "看预审") in ways(district, out)
    moved = opened(service)
    of = f"P{moved}"
    status, told = service.ask(
        "POST", "/api/v1/persons", service.token("district_admin"),
        {"persons": [{**_MOVED, "id": of}]},
    )  # fmt: skip
    assert status == 201, told
    assert (f"/desk/persons/{of}", "核对身份") in ways(office, moved)


_MOVED: dict[str, Any] = {
    "birth_date": "1960-01-01", "insurance_tier": "tier_1", "district": "500113", "standings": [],
    "died": "2018-12-31",
}  # fmt: skip


def test_a_settlement_is_replayed_sealed_and_proved(service: Service, office: Screen) -> None:
    number = settled(service, office)
    path = f"/desk/settlements/{number}"
    assert "还没有封存" in text_of(office.get(path))
    card = office.post(f"{path}/replay", {}, **{"HX-Request": "true"})
    assert "个数逐分相同" in text_of(card)
    assert "<html" not in card.content.decode()
    assert heading_of(office.post(f"{path}/replay", {})) == "重算一致，逐分相同"
    service.ask("POST", "/api/v1/ledger/seal", service.token("district_admin"))
    assert "已封存" in text_of(office.get(path))
    proof = office.get(f"{path}/proof")
    assert proof.json()["settlement_id"] == number
    assert "attachment" in proof["Content-Disposition"]


def test_what_is_posted_of_a_settlement_comes_to_nothing(service: Service, office: Screen) -> None:
    number = settled(service, office)
    form = f"/desk/settlements/{number}/correct"
    done = acted(
        office, form, {**fields_of(office.get(form)), "price0": "2000.00", "reason": "写错了"}
    )
    assert "合计，借 = 贷 0.00 0.00 0.00 0.00" in text_of(office.get(done["Location"]))


def test_hostile_names_and_reasons_are_text(service: Service, office: Screen) -> None:
    line = {**banan.line("2539.50"), "name": HOSTILE.replace("\u202e", "")}
    number = settled(service, office, line)
    form = f"/desk/settlements/{number}/correct"
    typed = {**fields_of(office.get(form)), "price0": "2000.00", "reason": HOSTILE}
    pages = [office.get(form), office.post(form, {**typed, "do": "look"})]
    done = acted(office, form, typed)
    pages.append(office.get(done["Location"]))
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
    long = office.post(form, {**typed, "reason": "长" * 10_000, "do": "look"})
    assert long.status_code in (409, 422)
