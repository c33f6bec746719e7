"""The worklist: who needs somebody and why, one click to it; what it says where nobody is; nobody overwritten."""

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import override_settings

import banan
from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, text_of
from doudi.dates import CHINA
from doudi.wire.sheets import read as read_sheets
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import DemoClock
from doudi_web.wards import keeping, selectors
from doudi_web.wards.wanted import Tab
from web.accounts import person
from web.service import Service
from web.test_wards import Hospital, over

PATH = "/desk/wards"
STROKED = "P/甲 1"
HOSTILE = "<script>alert(1)</script>=x"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A morning in December 2019; however busy the machine is, a reader waits for what moved."""
    monkeypatch.setattr(selectors, "PATIENCE", 60.0)
    with override_settings(
        DEMO=DemoClock(datetime(2019, 12, 3, 9, tzinfo=CHINA), datetime.now(CHINA))
    ):
        yield


@pytest.fixture
def hospital(service: Service) -> Hospital:
    return Hospital(service)


def at(role: str, facility: str | None) -> Screen:
    """Somebody at a screen: passwords grow old by the real clock."""
    return Screen(person(role, facility, name="舒宁", password_changed=real_now()))


def rows(answer: HttpResponse) -> list[str]:
    """The rows of the table, as they are read."""
    content = answer.content.decode()
    body = content[content.index("<tbody>") : content.index("</tbody>")]
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip()
        for row in re.findall(r"(?s)<tr.*?</tr>", body)
    ]


def asked_for(screen: Screen, **typed: str) -> HttpResponse:
    """The page that follows the query form."""
    sent = screen.post(PATH, typed)
    assert sent.status_code == 303
    return screen.get(sent["Location"])


# Catches a name in an address: browsers, proxies and logs keep those.
def test_a_name_is_asked_for_without_standing_in_any_address(hospital: Hospital) -> None:
    one, two = hospital.admit(banan.line("1000.00")), hospital.admit(*over())
    hospital.register(f"P-{two}", name="苗禾禾")
    office = at("insurance_office", hospital.code)
    office.get(PATH)
    sent = office.post(PATH, {"query": "苗禾禾", "tab": "all", "ward": ""})
    address = sent["Location"]
    number = parse_qs(urlsplit(address).query)["asked"][0]
    assert re.fullmatch(r"[\w-]{12}", number)
    assert address == f"{PATH}?tab=all&asked={number}"
    page = office.get(address)
    assert len(rows(page)) == 1
    assert two in rows(page)[0]
    content = page.content.decode()
    assert 'value="苗禾禾"' in content
    addresses = re.findall(r'(?:href|hx-get|action)="([^"]*)"', content)
    assert not [one for one in addresses if "苗" in unquote(one)]
    assert sum(f"asked={number}" in one for one in addresses) >= 2 * len(Tab)
    assert f'name="asked" value="{number}"' in content
    over_ = office.get(f"{PATH}?tab=over&asked={number}&page=2")
    assert len(rows(over_)) == 1
    taken = office.post(f"{PATH}/table", {"asked": number, "reason": "交班"})
    (sheet,) = read_sheets("t.xlsx", taken.content)
    assert [row[0].text for row in sheet.rows] == ["住院号", two]
    again = office.post(PATH, {"query": "苗禾禾"})["Location"]
    assert again == f"{PATH}?asked={number}"
    other = at("insurance_office", hospital.code).get(address)
    assert "查的姓名只在那次登录里留着，已经不在了" in text_of(other)
    assert len(rows(other)) == 2
    assert office.post(PATH, {"query": one})["Location"] == f"{PATH}?query={one}"
    assert len(rows(office.get(f"{PATH}?query=%E8%8B%97%E7%A6%BE%E7%A6%BE"))) == 2
    typed = office.post(PATH, {"query": "500113197001010014"})["Location"]
    assert "5001" not in typed


# Catches a name that lies open in the table of sessions.
def test_a_name_that_was_asked_for_is_kept_sealed(hospital: Hospital) -> None:
    office = at("insurance_office", hospital.code)
    address = office.post(PATH, {"query": "苗禾禾"})["Location"]
    assert 'value="苗禾禾"' in office.get(address).content.decode()
    kept = SessionStore(office.client.cookies["doudi_session"].value).load()
    assert "苗禾禾" not in json.dumps(kept, ensure_ascii=False)
    for n in range(20):
        office.post(PATH, {"query": f"苗{'禾' * (n + 3)}"})
    assert "已经不在了" in text_of(office.get(address))


def test_the_heading_says_who_needs_somebody_and_each_row_has_one_way(hospital: Hospital) -> None:
    quiet = hospital.admit(banan.line("1000.00"))
    near = hospital.admit(banan.line("910.00"), banan.line("90.00", "丙", "L2"))
    bad = hospital.admit(*over())
    home = hospital.admit(banan.line("500.00"))
    said = {
        "ward": "内二科",
        "bed": "21",
        "doctor": "黎远",
        "planned_discharge": "2019-12-03T16:00:00+08:00",
    }
    hospital.ask("PUT", f"/api/v1/visits/{home}/stay", said)
    hospital.ask("PUT", f"/api/v1/visits/{bad}/stay", {**said, "planned_discharge": None})
    office = at("insurance_office", hospital.code)
    answer = office.get(PATH)
    assert answer.status_code == 200
    assert heading_of(answer) == "2 人要办，1 人今天出院"
    first, second, third, fourth = rows(answer)
    assert "超限，等医生说明" in first
    assert re.search(r"超限，等医生说明 12-04 09:0\d 前，黎远 ", first)
    assert f"内二科 21 床 ， {bad}" in first
    assert "20.00%" in first
    assert second.startswith("可以结算 材料齐，收费处")
    assert "今天 16:00" in second
    assert "接近限额 再加 11.11 元就超" in third
    assert fourth.startswith("不用办")
    assert quiet in fourth
    content = answer.content.decode()
    assert f'href="/desk/visits/{bad}/review">说明</a>' in content
    assert f'href="/desk/visits/{near}/review">预审</a>' in content
    text = text_of(answer)
    assert "全部 4 要办 2 今天出院 1 超限 1 接近限额 1 出院未结算 0" in text
    assert "在院 4 人，共在院 4 人" in text
    assert "全部 4 人 3,500.00" in text


def test_a_tab_and_a_query_are_addresses_and_a_card_is_answered_alone(hospital: Hospital) -> None:
    hospital.admit(banan.line("1000.00"))
    bad = hospital.admit(*over())
    office = at("insurance_office", hospital.code)
    assert len(rows(office.get(f"{PATH}?tab=over"))) == 1
    assert len(rows(office.get(f"{PATH}?query={bad}"))) == 1
    assert len(rows(office.get(f"{PATH}?need=over_limit&size=50"))) == 1
    part = office.get(f"{PATH}?tab=over", **{"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert '<section class="card" id="list"' in part.content.decode()
    assert office.get(f"{PATH}?tab=x&need=y&page=-1&size=7&leaves=z&sort=?").status_code == 200
    endless = "9" * 4301
    assert office.get(f"{PATH}?size={endless}&page={endless}").status_code == 200


def test_where_there_is_nobody_it_says_why(hospital: Hospital) -> None:
    office = at("insurance_office", hospital.code)
    answer = office.get(PATH)
    assert heading_of(answer) == "没有人要办"
    assert "在院 0 人，没有有待遇身份的，也没有要办的事" in text_of(answer)
    answer = asked_for(office, query="苗", ward="x")
    assert "没有符合条件的在院患者" in text_of(answer)
    assert "查的是“苗”：姓名要写全" in text_of(answer)
    assert f'href="{PATH}?ward=x&amp;tab=all"' in answer.content.decode()


def test_what_a_hospital_posts_is_announced_and_nothing_moves_under_the_pointer(
    hospital: Hospital,
) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    office = at("insurance_office", hospital.code)
    content = office.get(PATH).content.decode()
    (poll,) = re.findall(r'hx-get="(/desk/wards/moved[^"]+)" hx-trigger="every 60s"', content)
    poll = poll.replace("&amp;", "&")
    assert "poll=1" in poll
    assert text_of(office.get(poll)) == ""
    hospital.charge(visit, banan.line("300.00", "丙", "L2"))
    hospital.keep()
    assert "1 人的费用或要办的事变了，下面还是以前的。 看现在的" in text_of(office.get(poll))
    assert text_of(office.get("/desk/wards/moved?since=x")) == ""


def test_what_is_old_says_so(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    office = at("insurance_office", hospital.code)
    office.get(PATH)
    monkeypatch.setattr(selectors, "PATIENCE", -1.0)
    hospital.charge(visit, banan.line("300.00", "丙", "L2"))
    hospital.admit(banan.line("1.00"))
    answer = office.get(PATH)
    assert "截至 今天 09:0" in rows(answer)[0]
    assert "1 人的还在看" in text_of(answer)
    assert "刚入院 1 人还没有看，不在下面" in text_of(answer)


def test_what_the_program_cannot_reckon_says_so_with_a_code(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.admit(banan.line("1000.00"))

    def figures_of(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(keeping, "figures_of", figures_of)
    (row,) = rows(at("insurance_office", hospital.code).get(PATH))
    assert row.startswith("程序出错，算不出来 S500，医保办")


def test_names_are_whole_for_who_treats_and_masked_for_the_district(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    name = f"苗{visit[-2:]}"
    assert name in rows(at("doctor", hospital.code).get(PATH))[0]
    answer = at("district_admin", None).get(f"{PATH}?facility={hospital.code}")
    assert name not in answer.content.decode()
    assert "苗**" in rows(answer)[0]
    assert f"/review?facility={hospital.code}" in answer.content.decode()
    assert at("district_admin", None).get(PATH).status_code == 200
    assert at("doctor", hospital.code).get(f"{PATH}?facility=other").status_code == 403


def test_chosen_visits_are_looked_at_and_written_as_a_table(hospital: Hospital) -> None:
    one, two = hospital.admit(banan.line("1000.00")), hospital.admit(*over())
    office = at("insurance_office", hospital.code)
    office.get(PATH)
    answer = office.post(f"{PATH}/precheck", {"visit": [one, two], "tab": "over"})
    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}?tab=over")
    assert "看了 2 人：1 人超限，1 人要办" in text_of(office.get(answer["Location"]))
    refused = office.post(f"{PATH}/table", {"tab": "all", "reason": " "})
    assert refused.status_code == 422
    answer = office.post(f"{PATH}/table", {"visit": [two], "tab": "all", "reason": "交班"})
    assert answer["Content-Disposition"] == 'attachment; filename="wards.xlsx"'
    (sheet,) = read_sheets("t.xlsx", answer.content)
    assert [row[0].text for row in sheet.rows] == ["住院号", two]
    answer = office.post(f"{PATH}/table", {"tab": "all", "reason": "交班"})
    (sheet,) = read_sheets("t.xlsx", answer.content)
    assert [row[0].text for row in sheet.rows] == ["住院号", two, one]


def form_of(content: str, name: str, buttons: bool = False) -> list[str]:
    """The controls that a form with an id owns, in their order: those within, and those that say so."""
    tag = content.index(f'<form id="{name}"')
    start, end = tag, content.index("</form>", tag)
    kind = "button" if buttons else "input"
    return [
        found[0]
        for found in re.finditer(rf"<{kind}\b[^>]*>", content)
        if f'form="{name}"' in found[0]
        or (start < found.start() < end and " form=" not in found[0])
    ]


# Catches a dialog that stands in the form of the batch bar, whose first button Enter would press.
def test_the_table_has_a_form_of_its_own_and_a_reason_that_must_be_said(hospital: Hospital) -> None:
    one, two = hospital.admit(banan.line("1000.00")), hospital.admit(*over())
    office = at("insurance_office", hospital.code)
    content = office.get(PATH).content.decode()
    sends = [tag for tag in form_of(content, "taken", buttons=True) if "type=" not in tag]
    assert "data-file" in sends[0]
    assert "disabled" not in sends[0]
    assert all("formnovalidate" in tag for tag in sends[1:])
    owned = form_of(content, "taken")
    (reason,) = [tag for tag in owned if 'name="reason"' in tag]
    assert "required" in reason
    assert sorted(
        v for tag in owned for v in re.findall(r'name="visit"[^>]* value="([^"]+)"', tag)
    ) == [one, two]
    refused = office.post(f"{PATH}/table", {"visit": [two], "tab": "over", "reason": " "})
    assert refused.status_code == 422
    assert "S483" in text_of(refused)
    owned = form_of(refused.content.decode(), "taken")
    assert [v for tag in owned for v in re.findall(r'value="([^"]+)" checked', tag)] == [two]
    assert rows(refused)[0].startswith("超限")


# Catches a tab that the list has left, still in the query form or in what the page asks again by itself.
def test_what_an_answer_moves_is_moved_with_it_and_has_a_name_to_come_back_to(
    hospital: Hospital,
) -> None:
    hospital.admit(*over())
    office = at("insurance_office", hospital.code)
    part = office.get(
        f"{PATH}?tab=over&sort=total&size=50", **{"HX-Request": "true"}
    ).content.decode()
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)" form="ask">', part)
    assert hidden == [("tab", "over"), ("sort", "total"), ("size", "50")]
    (poll,) = re.findall(r'id="moved"[^>]* hx-get="([^"]+)"', part)
    assert "tab=over" in poll
    whole = office.get(f"{PATH}?tab=over").content.decode()
    assert whole.count('name="tab" value="over" form="ask"') == 1
    assert whole.count('id="moved"') == 1
    moving = re.findall(r"<a\b[^>]*hx-get[^>]*>", whole)
    names = [found[1] for tag in moving if (found := re.search(r' id="([^"]+)"', tag))]
    assert len(names) == len(moving) == len(set(names))
    assert {"tab-all", "tab-over", "sort-need", "sort-share"} <= set(names)


def _widths(content: str) -> list[int]:
    """How many cells the head, the first row and the sums have."""
    parts = [
        content[content.index(f"<{part}>") : content.index(f"</{part}>")]
        for part in ("thead", "tbody", "tfoot")
    ]
    first = [parts[0], parts[1][: parts[1].index("</tr>")], parts[2]]
    return [len(re.findall(r"<t[dh]\b", part)) for part in first]


def test_columns_are_chosen_without_scripts_and_remembered(hospital: Hospital) -> None:
    hospital.admit(*over())
    hospital.admit(banan.line("1000.00"))
    office = at("insurance_office", hospital.code)
    content = office.get(f"{PATH}?tab=over").content.decode()
    assert _widths(content) == [12, 12, 12]
    assert 'name="column"' not in content
    (choose,) = re.findall(r'<a id="choose" href="([^"]+)"', content)
    content = office.get(choose.replace("&amp;", "&")).content.decode()
    keys = re.findall(r'name="column" value="(\w+)" checked', content)
    assert keys == ["days", "total", "share", "bar", "funds", "hospital", "patient", "leaves"]
    sent = office.post(f"{PATH}/columns", {"column": ["total", "share", "nothing"], "tab": "over"})
    assert (sent.status_code, sent["Location"]) == (303, f"{PATH}?tab=over")
    for path in (sent["Location"], PATH):
        page = office.get(path)
        assert _widths(page.content.decode()) == [6, 6, 6]
        assert "目录外占比" in text_of(page)
        assert "各基金（元）" not in text_of(page)
        assert "20.00%" in rows(page)[0]
    assert _widths(at("insurance_office", hospital.code).get(PATH).content.decode()) == [12, 12, 12]


# Catches a doctor who may send a patient home and is led nowhere, and a way to somebody else's queue.
def test_each_is_led_to_what_they_may_do_and_to_this_visit(hospital: Hospital) -> None:
    home = hospital.admit(banan.line("500.00"))
    said = {"planned_discharge": "2019-12-03T16:00:00+08:00"}
    hospital.ask("PUT", f"/api/v1/visits/{home}/stay", said)
    unknown = {key: value for key, value in banan.line("100.00").items() if key != "class"}
    unmapped = hospital.admit(banan.line("900.00"), {**unknown, "id": "L2", "code": "NONE"})

    def ways(role: str, facility: str | None) -> set[tuple[str, str]]:
        content = at(role, facility).get(f"{PATH}?facility={hospital.code}").content.decode()
        return set(re.findall(r'btn-sm" href="([^"]+)">([^<]+)</a></td></tr>', content))

    leaves = f"/desk/visits/{home}/discharge"
    assert (leaves, "结算") in ways("cashier", hospital.code)
    assert (leaves, "办出院") in ways("doctor", hospital.code)
    assert "办出院" in text_of(at("doctor", hospital.code).get(leaves))
    assert (f"/desk/mapping?visit={unmapped}", "去对照") in ways("insurance_office", hospital.code)
    there = f"/desk/mapping?visit={unmapped}&amp;facility={hospital.code}"
    assert (there, "去对照") in ways("district_admin", None)
    hospital.ask("POST", f"/api/v1/visits/{home}/discharge", {})
    assert (f"/desk/visits/{home}/review", "预审") in ways("doctor", hospital.code)


def test_of_two_who_move_a_patient_the_second_is_told(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    office = at("insurance_office", hospital.code)
    path = f"{PATH}/stay/{visit}"
    assert heading_of(office.get(path)) == f"{visit} 还没有说在哪个科室"
    mine = {
        "version": "0",
        "ward": "内二科",
        "bed": "3",
        "doctor": "",
        "planned_discharge": "2019-12-03T16:00",
    }
    answer = office.post(path, mine)
    assert (answer.status_code, answer["Location"]) == (303, PATH)
    assert heading_of(office.get(path)) == f"{visit} 在内二科 3 床"
    answer = office.post(path, {**mine, "ward": "骨科"})
    assert answer.status_code == 409
    assert "已被改过" in text_of(answer)
    assert 'value="骨科"' in answer.content.decode()
    assert heading_of(answer) == f"{visit} 在内二科 3 床"
    answer = office.post(
        path, {**mine, "version": "1", "planned_discharge": "soon", "bed": "1" * 21}
    )
    assert answer.status_code == 422
    assert hospital.row(visit)["planned_discharge"] == "2019-12-03T16:00:00+08:00"


def test_hostile_words_do_no_harm(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    hospital.register(f"P-{visit}", name=HOSTILE)
    hospital.ask("PUT", f"/api/v1/visits/{visit}/stay", {"ward": HOSTILE, "doctor": HOSTILE})
    office = at("insurance_office", hospital.code)
    content = asked_for(office, query=HOSTILE, ward="<b>").content.decode()
    content += (
        office.get(PATH).content.decode() + office.get(f"{PATH}/stay/{visit}").content.decode()
    )
    assert "<script>alert" not in content
    assert "&lt;script&gt;alert(1)" in content


def test_statements_do_not_grow_with_rows_and_go_by_indexes(
    service: Service, hospital: Hospital
) -> None:
    office = at("insurance_office", hospital.code)
    hospital.admit(*over())
    office.get(PATH)

    def statements() -> list[tuple[str, Any]]:
        with recorded() as asked:
            assert office.get(PATH).status_code == 200
        return asked.reading()

    few = statements()
    for _ in range(6):
        hospital.admit(banan.line("1000.00"))
    office.get(PATH)
    many = statements()
    assert len(rows(office.get(PATH))) == 7
    assert len(many) == len(few)
    assert read_whole(service.url, many) == []


def test_the_navigation_counts_who_needs_somebody(hospital: Hospital) -> None:
    hospital.admit(*over())
    office = at("insurance_office", hospital.code)
    office.get(PATH)
    content = office.get(PATH).content.decode()
    assert re.search(r'在院台</span><span class="n need">1</span>', content)


def _stroked(hospital: Hospital) -> str:
    """A running visit of STROKED as a list by file opens it: its number has a stroke."""
    hospital.register(STROKED)
    visit = hospital.admit(banan.line("1000.00"), banan.line("300.00", "丙", "L2"), known=False)
    number = visit.replace("-", "/")
    hospital.service.rows(
        "UPDATE settlement_visit SET visit = %s, person = %s, moved = moved + 1, header = header"
        " || jsonb_build_object('visit_id', %s::text, 'person', jsonb_build_object('id', %s::text))"
        " WHERE visit = %s RETURNING 1",
        number, STROKED, number, STROKED, visit,
    )  # fmt: skip
    hospital.service.rows(
        "UPDATE wards_kept SET visit = %s, person = %s WHERE visit = %s RETURNING 1",
        number, STROKED, visit,
    )  # fmt: skip
    hospital.keep()
    return number


def _links(office: Screen, path: str) -> list[str]:
    answer = office.get(path)
    assert answer.status_code == 200, path
    found = re.findall(r'\s(?:href|action)="(/desk/[^"#?]+)', answer.content.decode())
    return [html.unescape(one) for one in found]


def test_numbers_with_a_stroke_have_their_pages_and_every_list_leads_there(
    hospital: Hospital,
) -> None:
    number = _stroked(hospital)
    office = at("insurance_office", hospital.code)
    way = f"/desk/visits/{number}"
    assert f"{way}/review" in _links(office, "/desk/wards")
    assert f"{way}/review" in _links(office, "/desk/reviews")
    assert f"{way}/discharge" in _links(office, f"{way}/review")
    assert office.get(f"/desk/wards/stay/{number}").status_code == 200
    left = office.post(f"{way}/discharge", {"do": "leave", "discharged": ""})
    assert left.status_code in (200, 303)
    assert f"{way}/discharge" in _links(office, "/desk/discharges")
    person = "/desk/persons/P/%E7%94%B2%201"
    assert person in _links(office, f"{way}/review") or office.get(person).status_code == 200
    assert f"{way}/review" in _links(office, person)
    assert office.post(f"{person}/reveal", {"why": "other", "other": "核对证件"}).status_code == 200
