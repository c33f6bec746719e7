"""A person's page: who finds and sees whom, numbers behind a reason, the card, hostile names, what it asks for."""

import re
from datetime import datetime
from typing import Any

import pytest

from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, screen, text_of
from doudi.dates import CHINA
from doudi_web.audit_log.models import Record
from doudi_web.desk.pages import persons
from doudi_web.papers.code import qr
from doudi_web.settlement import limits, of_person
from web.people import number, person, standing
from web.service import Json, Service
from web.test_settling import bill

HOSPITAL, OTHER, TOWN = "PG1", "PG2", "500113007"
HOSTILE = '<script>alert("1")</script>'
PHONE, DOCTOR = "13800005678", "10012340000"


@pytest.fixture(scope="module")
def somebody(service: Service) -> str:
    """A person of a household of three at HOSPITAL, with a doctor, a disease, a plan and a settled visit."""
    service.facilities(HOSPITAL, OTHER)
    home = {"household": "HPG", "village": f"{TOWN}001", "insurance_tier": "tier_1"}
    doctor = {"name": "罗春霖", "phone": DOCTOR, "facility": HOSPITAL, "from": "2019-01-01"}
    stated = [
        person(
            "PG-1", 701, name="田守禾", sex="男", phone=PHONE, doctors=[doctor], plan="每月随访；限盐",
            diseases=[{"code": "高血压", "from": "2016-05-01"}],
            standings=[standing("registered_poor", known="2018-01-20")], **home,
        ),
        person("PG-2", 702, name="何麦香", standings=[standing()], **home),
        person("PG-3", 703, name=HOSTILE, **home),
    ]  # fmt: skip
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": stated})[0] == 201
    for visit, who in (("PGV1", "PG-1"), ("PGV2", "PG-3")):
        made = bill(visit, who)
        made["person"] = {"id": who}
        made["facility"] = {**made["facility"], "code": HOSPITAL}
        assert service.settle(service.token(may_back_date=True), made)[0] == 201
    header = {
        k: v for k, v in bill("PGV9", "PG-1").items() if k not in ("lines", "settled", "discharged")
    }
    header["facility"] = {**header["facility"], "code": HOSPITAL}
    assert (
        service.ask("POST", "/api/v1/visits", service.token("cashier", HOSPITAL), header)[0] == 201
    )
    service.rows(
        "UPDATE register_fact SET known = '2018-01-20' WHERE person_id = 'PG-1' RETURNING id"
    )
    return "PG-1"


@pytest.fixture
def in_2019(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are read on a day of 2019; who reads them is at work today."""
    for room in (persons, of_person, limits):
        monkeypatch.setattr(room, "now", lambda: datetime(2019, 12, 3, 17, tzinfo=CHINA))


def _office() -> Screen:
    return screen("insurance_office", HOSPITAL)


def _actions(after: int) -> list[tuple[str, str, str]]:
    rows = Record.objects.order_by("id")[after:]
    return [(row.action, row.subject, row.reason) for row in rows]


@pytest.mark.usefixtures("in_2019")
def test_a_file_answers_who_it_is_until_when_how_much_and_whom_to_call(somebody: str) -> None:
    answer = _office().get(f"/desk/persons/{somebody}")
    text, content = text_of(answer), answer.content.decode()
    assert answer.status_code == 200
    assert heading_of(answer) == "田守禾"
    assert "身份：建卡贫困户，2018-01-01 起" in text
    assert "2018-01-20" in text
    assert "19 天" in text
    assert f'href="tel:{DOCTOR}"' in content
    assert "2019 年就诊 1 次，自付 253.95 元" in text
    assert "6,000.00" in text
    assert "高血压" in text
    assert "限盐" in text
    assert "另有 1 人没有来过本院，不列姓名。" in text
    assert "/desk/visits/PGV9/review" in content


def test_the_title_of_the_tab_masks_the_name_and_no_number_stands_in_the_page(
    somebody: str,
) -> None:
    content = _office().get(f"/desk/persons/{somebody}").content.decode()
    assert "<title>人员档案 田*禾" in content
    assert number(701) not in content
    assert PHONE not in content


def test_a_number_is_shown_for_a_reason_that_is_recorded_first(somebody: str) -> None:
    here, before = _office(), Record.objects.count()
    answer = here.post(f"/desk/persons/{somebody}/reveal", {"why": "platform"})
    content = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert _actions(before)[0] == ("persons.unmask", "person:PG-1", "与市平台对账，姓名重复")
    assert re.search(
        rf'data-hides="60" data-masked="5\*+1?[0-9X]{{3,4}}"[^>]*>{number(701)}<', content
    )
    assert f">{PHONE}<" in content
    own = here.post(f"/desk/persons/{somebody}/reveal", {"why": "other", "other": "补登电话"})
    assert number(701) in own.content.decode()
    assert ("persons.unmask", "person:PG-1", "补登电话") in _actions(before)
    again = here.get(f"/desk/persons/{somebody}").content.decode()
    assert number(701) not in again


@pytest.mark.parametrize("why", [{}, {"why": "other"}, {"why": "other", "other": "x" * 401}])
def test_without_a_reason_no_number_is_shown(somebody: str, why: Json) -> None:
    answer = _office().post(f"/desk/persons/{somebody}/reveal", why)
    assert answer.status_code == 422
    assert number(701) not in answer.content.decode()
    assert "F201" in text_of(answer)


def test_an_identity_number_as_a_reason_is_refused(somebody: str) -> None:
    typed = {"why": "other", "other": number(702)}
    answer = _office().post(f"/desk/persons/{somebody}/reveal", typed)
    assert answer.status_code == 422
    assert "F209" in text_of(answer)


@pytest.mark.parametrize("role", ["doctor", "cashier"])
def test_who_may_not_unmask_has_no_button_and_no_way(somebody: str, role: str) -> None:
    here = screen(role, HOSPITAL)
    content = here.get(f"/desk/persons/{somebody}").content.decode()
    assert "why-number" not in content
    assert f'action="/desk/persons/{somebody}/card"' in content
    answer = here.post(f"/desk/persons/{somebody}/reveal", {"why": "identity"})
    assert answer.status_code == 403
    assert number(701) not in answer.content.decode()


def test_a_hospital_that_has_not_seen_somebody_says_why_and_is_not_asked_again(
    somebody: str,
) -> None:
    there, before = screen("insurance_office", OTHER), Record.objects.count()
    address = f"/desk/persons/{somebody}"
    asked = there.get(address)
    assert asked.status_code == 403
    assert heading_of(asked) == "这个人没有来过本院，看档案要写明理由"
    assert "田" not in text_of(asked)
    assert there.post(address, {"why": ""}).status_code == 422
    sent = there.post(address, {"why": "referred"})
    assert (sent.status_code, sent["Location"]) == (303, address)
    seen = there.get(address)
    assert seen.status_code == 200
    assert heading_of(seen) == "田**"
    reads = [one for one in _actions(before) if one[0] == "persons.read"]
    assert reads == [("persons.read", "person:PG-1", "转诊来的，还没有开就诊")]


def test_somebody_is_found_by_name_by_number_and_by_visit(somebody: str) -> None:
    here = _office()
    named = here.post("/desk/persons", {"typed": "田守禾"})
    assert heading_of(named) == "找到 1 人"
    assert "田**" in text_of(named)
    for typed in (number(701), number(701).lower(), "PGV1"):
        found = here.post("/desk/persons", {"typed": typed})
        assert (found.status_code, found["Location"]) == (303, f"/desk/persons/{somebody}")
    none = here.post("/desk/persons", {"typed": "何麦香"})
    assert heading_of(none) == "没有找到"
    assert "写身份证号，可以找到任何登记了的人" in text_of(none)
    nobody = here.post("/desk/persons", {"typed": number(799)})
    assert number(799) not in nobody.content.decode()
    assert here.post("/desk/persons", {"typed": "\x00"}).status_code == 422
    assert here.get("/desk/persons").status_code == 200


def test_a_card_has_the_name_the_doctor_and_a_code_and_no_number(somebody: str) -> None:
    here, before = _office(), Record.objects.count()
    answer = here.post(f"/desk/persons/{somebody}/card", {"why": "patient"})
    content, text = answer.content.decode(), text_of(answer)
    assert "田守禾" in text
    assert DOCTOR in text
    code = qr(f"tel:{DOCTOR}")
    assert content.count(code) == 1
    paper = here.post(f"/desk/persons/{somebody}/card.pdf", {"reason": "给患者本人"})
    assert paper["Content-Type"] == "application/pdf"
    assert here.post(f"/desk/persons/{somebody}/card.pdf", {}).status_code == 422
    assert number(701) not in content
    assert PHONE not in content
    assert "<title>联系卡 田*禾" in content
    assert ("persons.unmask", "person:PG-1", "给患者本人") in _actions(before)
    none = here.post("/desk/persons/PG-3/card", {"why": "patient"})
    assert (none.status_code, none["Location"]) == (303, "/desk/persons/PG-3")
    assert "没有家庭医生" in text_of(here.get("/desk/persons/PG-3"))


def test_a_hostile_name_is_text_on_every_page(somebody: str) -> None:
    assert somebody
    here = _office()
    for answer in (
        here.get("/desk/persons/PG-3"),
        here.post("/desk/persons", {"typed": HOSTILE.replace("1", "一")}),
        here.post("/desk/persons/PG-3/reveal", {"why": "identity"}),
    ):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_a_township_s_officer_sees_the_person_without_visits_and_sums(
    service: Service, somebody: str
) -> None:
    service.rows(
        "INSERT INTO tenancy_township (code, name, district_id) VALUES ('500113008', '镇', '500113') RETURNING code"
    )
    own, other = (
        screen("township_officer", None, TOWN),
        screen("township_officer", None, "500113008"),
    )
    content = own.get(f"/desk/persons/{somebody}").content.decode()
    assert 'id="standings"' in content
    assert 'id="visits"' not in content
    assert 'id="sums"' not in content
    assert "何**" in content
    assert other.get(f"/desk/persons/{somebody}").status_code == 404


def _asked(here: Screen, address: str) -> Any:
    here.get(address)
    with recorded() as asked:
        assert here.get(address).status_code == 200
    return asked


def test_a_file_asks_the_same_whatever_it_holds_and_everything_by_an_index(
    service: Service, somebody: str
) -> None:
    here = screen("insurance_office", HOSPITAL)
    few = _asked(here, f"/desk/persons/{somebody}")
    for n in range(8):
        made = bill(f"PGM{n}", "PG-1", settled=f"2019-07-{n + 10}")
        made["person"], made["facility"] = {"id": "PG-1"}, {**made["facility"], "code": HOSPITAL}
        assert service.settle(service.token(may_back_date=True), made)[0] == 201
    home = {"household": "HPG", "village": f"{TOWN}001", "insurance_tier": "tier_1"}
    stated = [person(f"PG-M{n}", 710 + n, standings=[standing()], **home) for n in range(6)]
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": stated})[0] == 201
    many = _asked(here, f"/desk/persons/{somebody}")
    assert len(many.statements) == len(few.statements)
    assert read_whole(service.url, many.reading()) == []
