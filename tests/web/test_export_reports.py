"""The receiver's report: what it took, what it refused and why, and what then comes again."""

import json
from pathlib import Path

import pytest

from doudi.wire.sheets import Heading, Holds, Page, write
from doudi_web.exchange.profiles import Profile
from doudi_web.exchange.reports import take
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from tables import csv_of
from web.people import number
from web.service import Json, Service
from web.test_exporting import (
    ADMIN,
    changed,
    reasons,
    registered,
    run,
    settled,
    states,
    undone,
    visits_in,
)

CODES = {"S543", "S544", "S545", "S546", "S547", "S548"}
TITLES = ["机构编码", "住院登记编码", "结果", "原因"]


@pytest.fixture(scope="module")
def told(service: Service) -> list[Json]:
    """Four settled visits of one person."""
    service.facilities("F")
    registered(service, "PR", 31)
    return [settled(service, f"r{n}", "PR") for n in range(4)]


@pytest.fixture
def mine(request: pytest.FixtureRequest, told: list[Json], tmp_path: Path) -> Profile:
    """A profile of this test's own, by which all four are exported."""
    assert told
    named = "q" + "".join(c for c in request.node.name.lower() if c.isalpha())[-30:]
    made = changed("national", as_=named)
    assert run(tmp_path, made).exported == 4
    return made


def report(mine: Profile, *rows: tuple[str, str, str], run_: int | None = None) -> Json:
    content = csv_of([TITLES, *(["F", *row] for row in rows)], "gbk")
    return take(ADMIN, mine, "回执.csv", content, run_)


def refused(mine: Profile, *rows: tuple[str, str, str]) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as error:
        report(mine, *rows)
    assert error.value.status == 422
    return [(f.code, f.where) for f in error.value.faults]


def test_what_was_refused_is_shown_and_comes_again_when_mended_or_asked_for(
    service: Service, told: list[Json], mine: Profile, tmp_path: Path
) -> None:
    said = report(
        mine,
        ("r0", "成功", ""),
        ("r1", "失败", "民族不对"),
        ("r2", "退回", "重复"),
        ("r3", "接受", ""),
    )
    assert said == {"accepted": 2, "rejected": 2, "outdated": 0}
    assert states(service, mine.name) == {
        "r0": ("exported", "accepted"), "r1": ("exported", "rejected"), "r2": ("exported", "rejected"),
        "r3": ("exported", "accepted"),
    }  # fmt: skip
    assert reasons(service, "r1", mine.name) == [("report", "", "民族不对")]
    path = f"/api/v1/export-rows?profile={mine.name}&answer=rejected"
    status, listed = service.ask("GET", path, service.token("district_admin"))
    assert status == 200
    assert [(row["visit_id"], row["answer"], row["reasons"][0]["text"]) for row in listed["rows"]] == [
        ("r1", "rejected", "民族不对"), ("r2", "rejected", "重复"),
    ]  # fmt: skip
    assert run(tmp_path, mine).exported == 0
    undone(service, told[1])
    told[1] = settled(service, "r1", "PR", "1.00")
    assert visits_in(run(tmp_path, mine)) == [["r1"]]
    assert states(service, mine.name)["r1"] == ("exported", "")
    assert visits_in(run(tmp_path, mine, rejected=True)) == [["r2"]]
    assert run(tmp_path, mine, rejected=True).exported == 0


def test_a_withdrawal_that_was_refused_comes_again_when_asked_for(
    service: Service, told: list[Json], mine: Profile, tmp_path: Path
) -> None:
    undone(service, told[3])
    assert run(tmp_path, mine).withdrawn == 1
    assert report(mine, ("r3", "失败", "找不到")) == {"accepted": 0, "rejected": 1, "outdated": 0}
    assert states(service, mine.name)["r3"] == ("withdrawn", "rejected")
    assert run(tmp_path, mine).withdrawn == 0
    assert run(tmp_path, mine, rejected=True).withdrawn == 1
    assert states(service, mine.name)["r3"] == ("withdrawn", "")
    told[3] = settled(service, "r3", "PR")


def test_what_was_exported_anew_since_a_run_keeps_what_it_has(
    service: Service, told: list[Json], mine: Profile, tmp_path: Path
) -> None:
    ((first,),) = service.rows(
        "SELECT max(id) FROM exchange_exportrun WHERE profile = %s", mine.name
    )
    undone(service, told[0])
    told[0] = settled(service, "r0", "PR", "5.00")
    run(tmp_path, mine)
    said = report(mine, ("r0", "失败", "旧的"), ("r1", "成功", ""), run_=first)
    assert said == {"accepted": 1, "rejected": 0, "outdated": 1}
    assert states(service, mine.name)["r0"] == ("exported", "")


def test_a_reason_names_nobody(service: Service, mine: Profile) -> None:
    text = f"周小某（{number(31)}）不在库"
    report(mine, ("r1", "失败", text))
    assert reasons(service, "r1", mine.name) == [
        ("report", "", f"周**（5{'*' * 13}{number(31)[-4:]}）不在库")
    ]
    assert number(31) not in json.dumps(
        service.rows("SELECT reasons FROM exchange_exportrow"), ensure_ascii=False
    )


def test_nothing_of_a_report_is_kept_where_a_row_is_unclear(
    service: Service, mine: Profile
) -> None:
    before = states(service, mine.name)
    where = "回执.csv 第 3 行 B 列（住院登记编码）"
    at = where.replace(" B 列（住院登记编码）", " A 列（机构编码）")
    fine = ("r0", "失败", "试")
    assert refused(mine, fine, ("rX", "成功", "")) == [("S543", at)]
    assert refused(mine, fine, ("r1", "大概", "")) == [("S544", "回执.csv 第 3 行 C 列（结果）")]
    assert refused(mine, fine, ("r0", "成功", "")) == [("S545", at)]
    assert refused(mine, ("", "成功", "")) == [("S543", at.replace("3", "2"))]
    assert states(service, mine.name) == before


def test_a_report_may_be_a_workbook_whose_numbers_are_whole(
    service: Service, mine: Profile
) -> None:
    headings = [Heading(title, Holds.TEXT) for title in TITLES]
    page = Page("回执", headings, [("F", "r0", "1", "")])
    assert take(ADMIN, mine, "回执.xlsx", write("回执.xlsx", [page]), None)["accepted"] == 1
    assert states(service, mine.name)["r0"] == ("exported", "accepted")


def test_a_key_that_fits_several_rows_is_a_fault(
    service: Service, told: list[Json], tmp_path: Path
) -> None:
    assert told
    lines = {"  key: [facility, visit]": "  key: [facility]"}
    mine = changed("national", as_="several", lines=lines)
    run(tmp_path, mine)
    with pytest.raises(Refusal) as error:
        take(ADMIN, mine, "r.csv", csv_of([["机构编码", "结果"], ["F", "成功"]], "utf-8"), None)
    assert [f.code for f in error.value.faults] == ["S548"]
    assert {answer for _, answer in states(service, "several").values()} == {""}


def test_a_profile_without_a_report_takes_none(service: Service) -> None:
    admin = service.token("district_admin")
    path = "/api/v1/export-reports?profile=one_stop"
    status, told = service.ask("POST", path, admin, csv_of([TITLES], "utf-8"))
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["S546"])
    status, told = service.ask("POST", "/api/v1/export-reports?profile=/etc/passwd", admin, b"x")
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["S541"])


@pytest.mark.parametrize(
    ("name", "told"),
    [("%C2%9C%15h.csv", "\\x9c\\x15h.csv"), ("x" * 2_000 + ".csv", "x" * 196 + ".csv")],
    ids=["not printable", "long"],
)
def test_a_files_name_is_told_short_and_printable(service: Service, name: str, told: str) -> None:
    admin = service.token("district_admin")
    status, said = service.ask("POST", f"/api/v1/export-reports?name={name}", admin, b"x,y\n1,2\n")
    assert (status, {one["where"].partition(":")[0] for one in said["faults"]}) == (422, {told})


def test_an_export_that_is_nowhere_is_not_found(service: Service) -> None:
    status, told = service.ask("GET", "/api/v1/exports/999999", service.token("auditor"))
    assert (status, [f["code"] for f in told["faults"]]) == (404, ["S547"])


def test_only_the_districts_administrator_brings_a_report(mine: Profile) -> None:
    with pytest.raises(Refusal) as error:
        take(Actor("a", Role.AUDITOR), mine, "r.csv", csv_of([TITLES], "utf-8"), None)
    assert error.value.status == 403
