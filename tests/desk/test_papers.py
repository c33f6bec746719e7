"""The pages of papers: the statement as a page, what was printed, a month and a day, whether a paper is genuine."""

from typing import Any

import pytest

from desk.plans import read_whole, recorded
from desk.screens import heading_of, screen, text_of
from doudi_web.desk.pages import papers
from doudi_web.papers import days
from web.floor_at_hand import reversed_
from web.papers_at_hand import poor_person, read, squeezed
from web.service import Service
from web.test_hospital_papers import at, settled, today


@pytest.fixture(scope="module")
def told(service: Service) -> dict[str, Any]:
    """A settlement of F, and one of today's month that was undone."""
    person = poor_person(service, "PAGE")
    one = settled(service, person)
    reversed_(service, settled(service, person))
    return one


def test_the_page_says_what_the_paper_says(told: dict[str, Any]) -> None:
    here = screen("insurance_office", "F")
    address = f"/desk/settlements/{told['settlement_id']}/statement"
    page, paper = here.get(address), here.get(f"{address}.pdf")
    assert heading_of(page) == "您自己付 253.95 元"
    text = squeezed(text_of(page))
    for part in (
        "田守禾", "柳溪镇石桥村", "基本医保1,567.65先减300元起付线，剩下2,239.50元付七成。", "医疗救助583.11",
        "政府兜底134.79", "合计2,539.50", "023-00000119", "预览，不作凭证",
    ):  # fmt: skip
        assert part in text, part
        assert part in squeezed(read(paper.content)), part
    assert paper["Content-Type"] == "application/pdf"


def test_printing_is_counted_and_shown_and_a_doctor_may_not(told: dict[str, Any]) -> None:
    here = screen("cashier", "F")
    address = f"/desk/settlements/{told['settlement_id']}/statement"
    assert "还没有打印" in text_of(here.get(address))
    assert here.post(f"{address}.pdf", {}).status_code == 200
    again = here.post(f"{address}.pdf", {})
    assert "补打第2次" in squeezed(read(again.content))
    page = text_of(here.get(address))
    assert "打印过 2 次" in page
    assert "第 2 次，account:" in page
    assert "结算单" in heading_of(here.get("/desk/papers"))
    assert screen("doctor", "F").get(address).status_code == 403
    audited = text_of(screen("auditor").get(address))
    assert ("打印结算单" in audited, "田守禾" in audited, "石桥村" in audited, "田**" in audited) == (
        False, False, False, True,
    )  # fmt: skip


def test_a_code_is_checked(service: Service, told: dict[str, Any]) -> None:
    here = screen("insurance_office", "F")
    number = told["settlement_id"]
    ((code,),) = service.rows(
        "SELECT encode(commitment, 'hex') FROM settlement_posting WHERE settlement = %s AND kind = 'settle'",
        int(number),
    )
    asked = {"settlement": number, "code": code[:16].upper()}
    page = here.client.get("/desk/papers", asked)
    assert heading_of(page) == f"结算 {number} 的单子是真的，患者付 253.95 元"
    forged = here.client.get("/desk/papers", {**asked, "code": "0" * 16})
    assert heading_of(forged) == f"核对码不是结算 {number} 的，这张单子不是本系统打的"
    unknown = here.client.get("/desk/papers", {**asked, "settlement": "99999999"})
    assert (unknown.status_code, "S406" in text_of(unknown)) == (404, True)
    wrong = here.client.get("/desk/papers", {"settlement": "<b>", "code": "x"})
    assert (
        wrong.status_code,
        "<b>" in wrong.content.decode().split("<main")[1].split("value=")[0],
    ) == (
        422,
        False,
    )


def test_the_numbers_to_ring_are_stated_by_the_office(told: dict[str, Any]) -> None:
    here = screen("insurance_office", "F")
    assert here.post("/desk/papers", {"place": "", "phone": "1"}).status_code == 422
    done = here.post("/desk/papers", {"place": "<script>一楼", "phone": "02300000120"})
    assert (done.status_code, done["Location"]) == (303, "/desk/papers")
    page = here.get("/desk/papers").content.decode()
    assert "&lt;script&gt;一楼" in page
    address = f"/desk/settlements/{told['settlement_id']}/statement"
    assert "023-0000 0120" in text_of(here.get(address))
    assert (
        screen("cashier", "F").post("/desk/papers", {"place": "a", "phone": "1"}).status_code == 403
    )


def test_a_month_says_who_owes_what(service: Service) -> None:
    service.facilities("PM")
    person = poor_person(service, "PAGEM")
    settled(service, person, **at("PM"))
    reversed_(service, settled(service, person, **at("PM")))
    settled(service, person, **at("PM"))
    _, month = today(service)
    page = screen("insurance_office", "PM").get(f"/desk/clearing/{month}")
    assert heading_of(page) == f"{month}，各基金应付医院 4,571.10 元，医院自己承担 0.00 元"
    text = text_of(page)
    assert "总费用 5,079.00 元，分毫不差地分给了各方" in text
    assert "结算3笔，撤销1笔" in squeezed(text)
    assert "撤销住院" in text
    assert "田** 撤销住院" in text
    admin = screen("district_admin")
    assert heading_of(admin.get(f"/desk/clearing/{month}")) == "选一家医院看清算"
    assert "4,571.10" in heading_of(admin.get(f"/desk/clearing/{month}?facility=PM"))
    assert admin.get("/desk/clearing/2026-13").status_code == 422
    assert screen("cashier", "PM").get(f"/desk/clearing/{month}").status_code == 403


def _links(page: Any) -> list[str]:
    nav = page.content.decode().split('<nav class="papers-near"')[1].split("</nav>")[0]
    return [one.split('"')[0] for one in nav.split('href="')[1:]]


def test_a_month_leads_to_the_ones_beside_it_and_a_day_to_no_later_than_today(
    service: Service,
) -> None:
    service.facilities("PN")
    here = screen("insurance_office", "PN")
    assert _links(here.get("/desk/clearing/2026-01")) == [
        "/desk/clearing/2025-12?facility=PN", "/desk/clearing/2026-02?facility=PN",
    ]  # fmt: skip
    assert _links(here.get("/desk/clearing/9999-12")) == ["/desk/clearing/9999-11?facility=PN"]
    assert _links(here.get("/desk/days/2019-03-01?by=all")) == [
        "/desk/days/2019-02-28?facility=PN&amp;by=all", "/desk/days/2019-03-02?facility=PN&amp;by=all",
    ]  # fmt: skip
    day, _ = today(service)
    assert len(_links(here.get(f"/desk/days/{day}"))) == 1
    assert _links(here.get("/desk/days/0001-01-01")) == [
        "/desk/days/0001-01-02?facility=PN&amp;by="
    ]


def test_a_month_of_many_says_how_many_are_on_the_page(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "_ROWS", 2)
    service.facilities("PO")
    person = poor_person(service, "PAGEO")
    for _ in range(3):
        settled(service, person, **at("PO"))
    _, month = today(service)
    here = screen("insurance_office", "PO")
    first = here.get(f"/desk/clearing/{month}")
    assert "这一页 2 笔，全月 3 笔" in text_of(first)
    after = first.content.decode().split("&amp;after=")[1].split('"')[0]
    last = here.get(f"/desk/clearing/{month}?facility=PO&after={after}")
    assert "都在这里" in text_of(last)
    assert text_of(last).count("田**") == 1


def test_a_day_says_what_is_in_the_drawer(service: Service) -> None:
    service.facilities("PD")
    settled(service, poor_person(service, "PAGED"), **at("PD"))
    day, _ = today(service)
    page = screen("insurance_office", "PD").get(f"/desk/days/{day}")
    assert heading_of(page) == "收退相抵 253.95 元：应收 253.95 元，应退 0.00 元"
    assert "没有结算" in heading_of(screen("cashier", "PD").get(f"/desk/days/{day}"))
    whole = screen("cashier", "PD").get(f"/desk/days/{day}?by=all")
    assert heading_of(whole) == "收退相抵 253.95 元：应收 253.95 元，应退 0.00 元"
    assert screen("insurance_office", "PD").get("/desk/days/yesterday").status_code == 422
    assert screen("insurance_office", "PD").get("/desk/days/9999-12-31").status_code == 422


def test_pages_go_by_indexes_and_ask_the_same_whatever_there_is(service: Service) -> None:
    service.facilities("PL")
    person = poor_person(service, "PLAN")
    day, month = today(service)
    here = screen("insurance_office", "PL")
    addresses = [f"/desk/clearing/{month}", f"/desk/days/{day}", "/desk/papers"]
    counts: list[list[int]] = []
    for _ in range(2):
        one = settled(service, person, **at("PL"))
        counts.append([])
        for address in (*addresses, f"/desk/settlements/{one['settlement_id']}/statement"):
            with recorded() as asked:
                assert here.get(address).status_code == 200
            counts[-1].append(len(asked.statements))
            assert read_whole(service.url, asked.reading()) == [], address
        settled(service, person, **at("PL"))
        settled(service, person, **at("PL"))
    assert counts[0] == counts[1]


def test_a_long_day_is_shown_in_pages_with_the_sums_of_all_of_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.facilities("PQ")
    person, (day, _) = poor_person(service, "PAGEQ"), today(service)
    numbers = [settled(service, person, **at("PQ"))["settlement_id"] for _ in range(3)]
    office = screen("insurance_office", "PQ")
    whole = office.get(f"/desk/days/{day}")
    monkeypatch.setattr(days, "ROWS", 2)
    first, last = (office.get(f"/desk/days/{day}?page={page}") for page in (1, 2))
    assert heading_of(first) == heading_of(last) == heading_of(whole)
    assert "第 1 页，共 2 页" in text_of(first)
    found = [
        [n for n in numbers if f"/settlements/{n}/statement" in one.content.decode()]
        for one in (whole, first, last)
    ]
    assert found == [numbers, numbers[:2], numbers[2:]]
    assert "page=2" in first.content.decode()
    assert "page=1" in last.content.decode()
