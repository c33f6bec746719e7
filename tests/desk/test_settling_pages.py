"""Discharge, settling, one settlement and what is changed in it, on pages: exact amounts, previews, two editors."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.conf import settings
from django.http import HttpResponse

import banan
from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, text_of
from doudi_web.desk.templatetags.desk import yuan
from doudi_web.settlement import summing
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock
from web.accounts import person
from web.service import Json, Service
from web.test_correcting import poor
from web.test_visits import VISITS, header

HOME = "F"
HOSTILE = "=1+1<script>alert(1)</script>\"\u202e'&"
_numbers = iter(range(1, 10_000))
_SILENT = ["basic", "critical_illness", "medical_assistance"]


@pytest.fixture(scope="module", autouse=True)
def _hospital(service: Service) -> Iterator[None]:
    """Two hospitals in June 2019."""
    settings.DEMO = demo_clock(date(2019, 6, 18), None, real_now())
    service.facilities(HOME, "G")
    yield
    settings.DEMO = None


@pytest.fixture(scope="module")
def office(_hospital: None) -> Screen:
    return at_work("insurance_office")


def at_work(role: str, facility: str = HOME) -> Screen:
    """Somebody at a screen: passwords grow old by the real clock."""
    return Screen(person(role, facility, password_changed=real_now()))


@pytest.fixture
def rows(service: Service) -> Callable[[], list[Any]]:
    """How many rows each table has but those of the log and the session."""
    tables = service.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_name !~ '^(audit_log|django)'"
    )
    query = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for (t,) in tables)
    return lambda: sorted(service.rows(query))


def opened(service: Service, *lines: Json) -> str:
    """A poor patient's visit with lines; its number."""
    number = next(_numbers)
    visit, of = f"D{number}", f"PD{number}"
    poor(service, of)
    token = service.token("cashier", HOME)
    made = {**header(visit, of), "person": {"id": of}}
    made["facility"] = {**made["facility"], "code": HOME}
    assert service.ask("POST", VISITS, token, made)[0] == 201
    asked = {"lines": list(lines) or [banan.line("2539.50")]}
    assert service.ask("POST", f"{VISITS}/{visit}/lines", token, asked)[0] == 201
    return visit


def fields_of(answer: HttpResponse) -> dict[str, str]:
    """What the one form of the content holds."""
    content = answer.content.decode()
    form = content[content.index('<form method="post" class="stack"') :]
    form = form[: form.index("</form>")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name = re.search(r'\sname="([^"]*)"', tag)
        value = re.search(r'\svalue="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_box or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    found.pop("csrfmiddlewaretoken", None)
    return found


def acted(office: Screen, path: str, typed: dict[str, Any]) -> HttpResponse:
    """A form that is looked at and then sent as it was looked at."""
    looked = office.post(path, {**typed, "do": "look"})
    assert looked.status_code == 200, text_of(looked)[:2000]
    return office.post(path, {**typed, **fields_of(looked), "do": "act"})


def settled(service: Service, office: Screen, *lines: Json, **more: Any) -> str:
    """A visit that was settled on its page; the number of the settlement."""
    visit = opened(service, *lines)
    path = f"/desk/visits/{visit}/discharge"
    done = acted(office, path, {**fields_of(office.get(path)), **more})
    assert done.status_code == 303, text_of(done)[:2000]
    found = re.fullmatch(r"/desk/settlements/(\d+)\?done=settle", done["Location"])
    assert found, done["Location"]
    return found[1]


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
    assert awaited == _SILENT
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
    waits = _awaiting(service, office)
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


def _awaiting(service: Service, office: Screen) -> str:
    """A settlement that waits for the platform's answer; its number."""
    path = f"/desk/visits/{opened(service)}/discharge"
    looked = office.post(path, {**fields_of(office.get(path)), "do": "silent"})
    done = office.post(path, {**fields_of(looked), "awaiting": _SILENT, "do": "act"})
    return done["Location"].split("/")[3].partition("?")[0]


def test_who_was_settled_is_named_in_the_lists(service: Service, office: Screen) -> None:
    number = settled(service, office)
    ((of,),) = service.rows("SELECT person FROM settlement_settlement WHERE id = %s", int(number))
    _named(service, of, "苗禾禾")
    path = f"/desk/settlements?person={of}"
    assert "苗禾禾" in text_of(office.get(path))
    district = Screen(person("district_admin", None, password_changed=real_now()))
    told = text_of(district.get(path))
    assert "苗**" in told
    assert "苗禾禾" not in told
    assert of in told


def _named(service: Service, of: str, name: str) -> None:
    made = {
        "id": of, "name": name, "birth_date": "1960-01-01", "insurance_tier": "tier_1", "district": "500113",
        "standings": [{"code": "registered_poor", "from": "2016-01-01", "to": None}],
    }  # fmt: skip
    token = service.token("district_admin")
    status, told = service.ask("POST", "/api/v1/persons", token, {"persons": [made]})
    assert status == 201, told


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


def test_the_pages_ask_by_indexes_and_no_more_for_more_rows(
    service: Service, office: Screen
) -> None:
    number = settled(service, office)
    visit = opened(service)
    office.post(f"/desk/visits/{visit}/discharge", {"do": "leave", "discharged": ""})
    paths = [
        f"/desk/settlements/{number}", "/desk/settlements", "/desk/settlements?state=reversed",
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
