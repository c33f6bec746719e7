"""The district's dashboard, the visits behind it, the city's view: what each says, for whom, of what is there."""

import io
import random
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from python_calamine import CalamineWorkbook

from desk.screens import heading_of, screen, text_of
from doudi_web.indicators.keeping import FOLDING
from web.deliveries import delivery, signed, sums
from web.figures_at_hand import TOWNS, World, fits, summed
from web.service import Json, Service

SPAN = {"from": "2019-01", "to": "2019-12"}


@pytest.fixture(scope="module")
def world(service: Service) -> World:
    made = World(service, random.Random(3))
    made.people(9)
    visits = [made.settle() for _ in range(30)]
    made.undo(visits[0])
    made.correct(visits[1], "900.00")
    return made


def _page(path: str, query: Json, role: str = "district_admin") -> Any:
    return screen(role).get(f"{path}?{urlencode(query)}")


def test_nothing_is_shown_as_nothing(service: Service) -> None:
    assert service
    answer = _page("/desk/district", {"from": "2001-01", "to": "2001-02"})
    assert (answer.status_code, heading_of(answer)) == (200, "这段时间没有就诊")


@pytest.mark.parametrize("role", ["district_admin", "fund_accountant", "auditor"])
@pytest.mark.parametrize(
    "query",
    [{}, {"standing": "all"}, {"facility": "F1", "kind": "inpatient"}, {"township": TOWNS[0]}],
)
def test_the_page_says_the_figures_of_a_full_recount(world: World, role: str, query: Json) -> None:
    wanted = SPAN | query
    answer = _page("/desk/district", wanted, role)
    assert answer.status_code == 200
    said = text_of(answer)
    found = [c for c in world.standing_rows() if fits(c, wanted)]
    for kinds in (("inpatient",), ("chronic_outpatient", "major_outpatient")):
        own = summed(c for c in found if c.kind in kinds)
        if own["visits"]:
            pays, total = (_money(own[key]) for key in ("patient", "total"))
            assert f"自付 {pays} ÷ 总费用 {total} 元" in said
            assert f"{own['visits']} 人次，中位数" in said
    every = summed(found)
    assert f"谁付了 {_money(every['total'])} 元" in said
    assert "截至 今天" in said


def _money(text: str) -> str:
    return f"{int(text[:-3]):,}{text[-3:]}"


def test_every_line_leads_to_visits_that_add_up_to_it(world: World) -> None:
    here = screen("district_admin")
    page = here.get(f"/desk/district?{urlencode(SPAN | {'standing': 'all'})}").content.decode()
    links = set(re.findall(r'href="(/desk/district/visits\?[^"]+)"', page))
    assert len(links) > 30
    rows = [c for c in world.standing_rows() if fits(c, SPAN | {"standing": "all"})]
    seen = 0
    for link in sorted(links):
        answer = here.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200, link
        if "figure=all" in link or "figure" not in link:
            seen += 1
            shown = re.search(r"合计，全部 ([\d,]+) 人次", text_of(answer))
            asked = dict(
                pair.split("=") for pair in link.partition("?")[2].replace("&amp;", "&").split("&")
            )
            own = [c for c in rows if fits(c, asked)]
            assert (shown is None and not own) or (shown and int(shown[1]) == len(own)), link
    assert seen >= 8


def _sheet(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_every_table_is_a_sheet_of_the_same_figures(world: World) -> None:
    here = screen("auditor")
    for name in (
        "facilities",
        "townships",
        "standings",
        "diseases",
        "months",
        "funds",
        "floor",
        "people",
    ):
        content = here.get(f"/desk/district/tables/{name}.xlsx?{urlencode(SPAN)}").content
        rows = _sheet(content)
        text = here.get(f"/desk/district/tables/{name}.csv?{urlencode(SPAN)}").content.decode(
            "utf-8-sig"
        )
        assert len(rows) == len(text.splitlines()) > 1, name
    content = here.get(f"/desk/district/tables/facilities.xlsx?{urlencode(SPAN)}").content
    head, *lines = _sheet(content)
    total = sum(round(float(str(line[head.index("总费用（元）")])) * 100) for line in lines)
    found = summed(c for c in world.standing_rows() if fits(c, SPAN))
    assert f"{total / 100:.2f}" == found["total"]
    assert here.get("/desk/district/tables/nothing.xlsx").status_code == 404
    assert here.get("/desk/district/tables/funds.pdf").status_code == 404


def test_no_cell_of_a_sheet_begins_a_formula(world: World, service: Service) -> None:
    assert world
    service.rows("UPDATE tenancy_facility SET name = '=1+1' WHERE code = 'F2' RETURNING code")
    text = (
        screen("auditor")
        .get(f"/desk/district/tables/facilities.csv?{urlencode(SPAN)}")
        .content.decode()
    )
    assert '"=1+1"' not in text
    assert "=1+1" in text
    service.rows("UPDATE tenancy_facility SET name = '医院F2' WHERE code = 'F2' RETURNING code")


def test_the_visits_are_taken_along_for_a_reason_alone(world: World, service: Service) -> None:
    here = screen("fund_accountant")
    asked = SPAN | {"figure": "inpatient", "standing": "all"}
    assert here.post("/desk/district/visits", asked).status_code == 422
    answer = here.post("/desk/district/visits", {**asked, "reason": "核对"})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    found = [c for c in world.standing_rows() if fits(c, asked) and c.kind == "inpatient"]
    assert len(answer.content.decode().splitlines()) == len(found) + 1
    assert service.rows(
        "SELECT reason FROM audit_log_record WHERE action = 'indicators.export'"
    ) == [("核对",)]


def test_a_budget_is_written_by_the_district_alone(world: World, service: Service) -> None:
    assert world
    assert "没有写预算" in heading_of(_page("/desk/district", SPAN))
    stated = {"year": "2019", "amount": "3,600,000", "reason": "财政 1 号文"}
    assert screen("auditor").post("/desk/district", stated).status_code == 403
    wrong = screen("district_admin").post(
        "/desk/district", {"year": "x", "amount": "三百", "reason": ""}
    )
    assert wrong.status_code == 422
    assert text_of(wrong).count("F203") == 2
    assert "F201" in text_of(wrong)
    assert service.rows("SELECT count(*) FROM indicators_budget") == [(0,)]
    assert screen("district_admin").post("/desk/district", stated).status_code == 303
    assert service.rows("SELECT amount, reason FROM indicators_budget") == [
        (3_600_000_00, "财政 1 号文")
    ]
    said = text_of(_page("/desk/district", SPAN))
    assert "3,600,000.00" in said
    assert "财政 1 号文" in said


def test_who_may_not_sees_nothing(world: World) -> None:
    assert world
    for role in ("city_viewer", "system_admin"):
        assert _page("/desk/district", SPAN, role).status_code == 403
    assert screen("cashier", "F1").get("/desk/district").status_code == 403
    assert _page("/desk/city", {}, "district_admin").status_code == 403


def test_figures_that_are_old_say_so(world: World, service: Service) -> None:
    assert world
    service.rows("UPDATE indicators_state SET looked = now() - interval '5 minutes' RETURNING id")
    with somebody_folds(service):
        said = _page("/desk/district", SPAN)
    assert "比说好的一分钟旧" in text_of(said)
    assert 'class="asof c-near b"' in said.content.decode()
    assert "比说好的一分钟旧" not in text_of(_page("/desk/district", SPAN))


@contextmanager
def somebody_folds(service: Service) -> Generator[None]:
    """Somebody else folds, and does not end."""
    with psycopg.connect(service.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [FOLDING])
        yield
        other.execute(
            "SELECT pg_advisory_unlock_all()"
        )  # the server ends a connection a moment later


def test_the_city_sees_its_districts_by_group(world: World, service: Service) -> None:
    assert world
    admin = service.token("district_admin")
    made = [
        delivery("500101"),
        _alone(delivery("500240", inpatient=None)),
        _alone(delivery("500112", inpatient=sums(60, 6_000, 900, 40))),
    ]
    for one in made:
        status, told = service.ask("POST", "/api/v1/city/deliveries", admin, one)
        assert status == 201, told
    here = screen("city_viewer")
    assert here.get("/desk/").headers["Location"] == "/desk/city"
    answer = here.get("/desk/city?year=2019")
    said = text_of(answer)
    assert "4 个区县交来指标" in heading_of(answer)
    for name in ("主城都市区", "渝东北三峡库区城镇群", "渝东南武陵山区城镇群", "本区"):
        assert name in said
    assert "1 个有不显示的，没有算进来" in said
    assert "FP1" not in answer.content.decode()
    content = here.get("/desk/city/table.xlsx?year=2019").content
    rows = _sheet(content)
    assert len(rows) == 1 + 4 + 1
    assert here.get("/desk/city?year=x").status_code == 200


def _alone(made: Json) -> Json:
    """Without parts, which then need not come to the whole: all of them are hidden."""
    hidden = {"inpatient": None, "chronic": None, "residents": None}
    parts = [{"standing": "dibao", **hidden}, {"standing": "destitute", **hidden}]
    return signed({**made, "standings": parts, "months": [{"month": "2019-06", **hidden}]})
