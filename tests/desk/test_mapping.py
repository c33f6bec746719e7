"""The mapping queue on its pages: what waits, what is like it, what it makes of bills; two decide."""

import io
import re

import pytest
from python_calamine import CalamineWorkbook

from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, screen, text_of
from doudi_web.matching import keeping
from doudi_web.policy.actions import install_mapping
from doudi_web.tenancy.who import KEEPER
from web.matching_at_hand import (
    CUTTER,
    CUTTER_CODE,
    MESH,
    MESH_CODE,
    SYRINGE,
    charge,
    fee_lines,
    install,
    line,
    mapping_without,
)
from web.service import Service

ROOM, OTHER = "MP1", "MP2"
HOSTILE = '<script>alert("1")</script>'


@pytest.fixture(scope="module")
def visit(service: Service) -> str:
    """The sample fee list on a running visit; three of its items are not mapped."""
    install(service, ROOM, mapping_without(MESH, CUTTER, SYRINGE))
    service.facilities(OTHER)
    number = charge(service, ROOM, fee_lines())
    keeping.keep_up()
    return number


@pytest.fixture
def one(visit: str) -> Screen:
    assert visit
    return screen("insurance_office", ROOM)


@pytest.fixture
def other(visit: str) -> Screen:
    assert visit
    return screen("insurance_office", ROOM)


def _item(service: Service, code: str) -> int:
    found = service.rows(
        "SELECT id FROM matching_item WHERE facility = %s AND code = %s", ROOM, code
    )
    return int(found[0][0])


def _page(service: Service, code: str) -> str:
    return f"/desk/mapping/{_item(service, code)}"


def _hidden(answer: object, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())  # type: ignore[attr-defined]
    assert found is not None, name
    return found[1]


def test_the_queue_says_what_to_do_first(visit: str, one: Screen) -> None:
    answer = one.get("/desk/mapping")
    assert heading_of(answer) == "3 项没有对照，账单结不了"
    text = text_of(answer)
    rows = ["疝补片（国产） H00313 1,150.00 1 1", "皮肤吻合器（35钉） H00307 160.00 1 1"]
    assert all(row in text for row in rows)
    assert text.index(rows[0]) < text.index(rows[1])
    assert "皮肤吻合器（国产） 甲 像" in text
    here = one.get(f"/desk/mapping?visit={visit}")
    assert "3 项，在账单里 1,314.80 元" in text_of(here)
    assert "没有符合的项目" in text_of(one.get("/desk/mapping?visit=nobody"))


def test_who_belongs_to_no_hospital_chooses_one(visit: str) -> None:
    district = screen("district_admin")
    assert heading_of(district.get("/desk/mapping")) == "选一家医院看对照"
    assert f"facility={ROOM}" in district.get("/desk/mapping").content.decode()
    assert heading_of(district.get(f"/desk/mapping?facility={ROOM}")) == "3 项没有对照，账单结不了"
    assert visit


def test_the_queue_is_taken_along_as_a_table(one: Screen) -> None:
    answer = one.get("/desk/mapping.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["要核对的", "院内编码", "院内名称"]
    assert rows[1][:3] == ["没有对照，结不了账", MESH, "疝补片（国产）"]
    assert rows[1][6] == 1150.0
    assert rows[1][8] == MESH_CODE


def test_an_item_shows_what_is_like_it_and_what_it_makes_of_bills(
    service: Service, visit: str, one: Screen
) -> None:
    answer = one.get(_page(service, CUTTER))
    assert heading_of(answer) == "“皮肤吻合器（35钉）”没有对照，账单结不了"
    assert CUTTER_CODE in text_of(answer)
    assert _hidden(answer, "from") == "2019-06-12"
    card = one.get(f"{_page(service, CUTTER)}/effects", **{"HX-Request": "true"})
    text = text_of(card)
    assert (card.status_code, "对照以后，1 张在院账单会变" in text, visit in text) == (
        200,
        True,
        True,
    )
    assert "<html" not in card.content.decode()
    assert "<html" in one.get(f"{_page(service, CUTTER)}/effects").content.decode()


def test_what_one_proposes_another_confirms(service: Service, one: Screen, other: Screen) -> None:
    page = _page(service, CUTTER)
    answer = one.get(page)
    stated = {
        "do": "propose",
        "version": _hidden(answer, "version"),
        "from": "2019-06-01",
        "note": "同一种",
    }
    refused = one.post(page, {**stated, "code": "", "text": ""})
    assert (refused.status_code, "同一种" in refused.content.decode()) == (422, True)
    refused = one.post(page, {**stated, "code": CUTTER_CODE, "from": "2018-01-01"})
    assert (refused.status_code, "S646" in text_of(refused)) == (422, True)
    assert _hidden(refused, "from") == "2018-01-01"
    assert one.post(page, {**stated, "code": CUTTER_CODE}).status_code == 303
    own, others = one.get(page), other.get(page)
    assert heading_of(own) == "“皮肤吻合器（35钉）”等别人确认"
    assert heading_of(others) == "“皮肤吻合器（35钉）”的对照等确认"
    assert "确认对照，马上执行" not in text_of(own)
    number = _hidden(others, "proposal")
    assert one.post(page, {"do": "confirm", "proposal": number}).status_code == 403
    second = other.post(page, {**stated, "code": MESH_CODE})
    assert (second.status_code, "S642" in text_of(second)) == (409, True)
    assert "已经有人提出对照到" in text_of(second)
    assert other.post(page, {"do": "confirm", "proposal": number}).status_code == 303
    assert "已确认，新的对照马上执行" in text_of(other.get(page))
    assert heading_of(other.get(page)) == "“皮肤吻合器（35钉）”对照好了"
    assert heading_of(other.get("/desk/mapping")) == "2 项没有对照，账单结不了"
    again = other.post(page, {"do": "refuse", "proposal": number, "reason": "迟了"})
    assert (again.status_code, "S643" in text_of(again)) == (409, True)


def test_identical_names_are_proposed_and_confirmed_in_a_batch(
    service: Service, one: Screen, other: Screen
) -> None:
    numbers = [_item(service, code) for code in (MESH, SYRINGE)]
    assert text_of(one.post("/desk/mapping", {})).count("F201") == 1
    assert one.post("/desk/mapping", {"one": [str(n) for n in numbers]}).status_code == 303
    waiting = other.get("/desk/mapping?state=proposed")
    boxes = re.findall(r'type="checkbox" name="one" value="([0-9]+)"', waiting.content.decode())
    assert len(boxes) == 2
    assert 'name="one"' not in one.get("/desk/mapping?state=proposed").content.decode()
    done = other.post("/desk/mapping", {"state": "proposed", "one": boxes})
    assert done.status_code == 303
    assert "已确认 2 项，马上执行" in text_of(other.get("/desk/mapping"))
    keeping.keep_up()
    assert heading_of(other.get("/desk/mapping")) == "7 项要核对，不挡结算"


def test_a_mapping_that_changed_under_the_form_is_told_and_the_input_kept(
    service: Service, one: Screen
) -> None:
    page = _page(service, MESH)
    version = _hidden(one.get(page), "version")
    install_mapping(KEEPER, ROOM, mapping_without(MESH, CUTTER), None)
    stated = {
        "do": "propose",
        "version": version,
        "code": MESH_CODE,
        "from": "2019-06-03",
        "note": "想过",
    }
    answer = one.post(page, stated)
    assert (answer.status_code, "S645" in text_of(answer)) == (409, True)
    content = answer.content.decode()
    assert 'value="想过"' in content
    assert 'value="2019-06-03"' in content
    assert service.rows("SELECT count(*) FROM matching_proposal WHERE state = 'open'") == [(0,)]


def test_what_is_searched_stands_first(service: Service, one: Screen) -> None:
    answer = one.get(f"{_page(service, MESH)}?text=一次性注射器（进口）")
    content = answer.content.decode()
    assert content.index("C0100000000030000000") < content.index(MESH_CODE)


def test_hostile_names_do_no_harm(service: Service, one: Screen) -> None:
    charge(
        service,
        ROOM,
        [line("HOST", "3.00", "L1", HOSTILE), line("LONG", "2.00", "L2", "名" * 9_000)],
    )
    keeping.keep_up()
    for path in ("/desk/mapping", _page(service, "HOST"), _page(service, "LONG")):
        answer = one.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    book = CalamineWorkbook.from_filelike(io.BytesIO(one.get("/desk/mapping.xlsx").content))
    names = [row[2] for row in book.get_sheet_by_index(0).to_python()]
    assert HOSTILE in names


def test_the_pages_ask_by_indexes_and_no_more_for_more_rows(service: Service, one: Screen) -> None:
    counts: list[dict[str, int]] = []
    paths = [
        "/desk/mapping",
        _page(service, "HOST"),
        f"{_page(service, 'HOST')}/effects?codes={MESH_CODE}",
    ]
    for round_ in range(2):
        found: dict[str, int] = {}
        for path in paths:
            one.get(path)
            with recorded() as asked:
                assert one.get(path).status_code == 200
            found[path] = len(asked.statements)
            assert read_whole(service.url, asked.reading()) == []
        counts.append(found)
        if not round_:
            charge(service, ROOM, [line(f"M{n}", "1.00", f"L{n}", f"新项目{n}") for n in range(40)])
            keeping.keep_up()
    assert counts[0] == counts[1]
