"""The head of a settled bill is corrected, and what the person's sums may come to is told."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse

from desk.screens import Screen, text_of
from desk.settling import HOME, at_work, counts, fields_of, hospitals, settled
from web.service import Service

_UNSEEN = "现在填的还没有看过，没有办"


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


def test_a_settlement_leads_to_its_person_and_says_how_far_sums_may_go(
    service: Service, office: Screen
) -> None:
    number = settled(service, office)
    ((of,),) = service.rows("SELECT person FROM settlement_settlement WHERE id = %s", int(number))
    page = office.get(f"/desk/settlements/{number}")
    assert f'<a href="/desk/persons/{of}">' in page.content.decode()
    read = text_of(page)
    assert "基本医保年度已付（住院和重大疾病门诊） 0.00 1,567.65 1,567.65 80,000.00" in read
    assert "基本医保后累计（大病保险的基数） 过线后才付 0.00 971.85 971.85 6,804.00" in read
    assert "医疗救助年度已付（普通） 0.00 583.11 583.11 6,000.00" in read


# Catches a visit that was settled under a wrong kind, day or referral, and cannot be corrected on the page.
def test_the_head_of_a_bill_is_corrected_looked_at_like_its_lines(
    service: Service, office: Screen, rows: Callable[[], list[Any]]
) -> None:
    number = settled(service, office)
    form = f"/desk/settlements/{number}/correct"
    page = office.get(form)
    typed = {**fields_of(page), "reason": "类别错了"}
    assert "重大疾病门诊" in text_of(page)
    untouched = office.post(form, {**typed, "do": "look"})
    assert "S661" in text_of(untouched)
    changed = {
        "head-kind": "chronic_outpatient", "head-code0": "I10", "head-name0": "高血压", "head-referred": "true",
        "head-admitted": "2019-06-02",
    }  # fmt: skip
    before = rows()
    looked = office.post(form, {**typed, **changed, "do": "look"})
    for amount in (
        "1,000.00",
        "923.70",
        "107.90",
        "507.90",
    ):  # 60% of 1,539.50; at most 20% of the total
        assert amount in text_of(looked), amount
    kept = fields_of(looked)
    assert {key: kept.get(key) for key in ("head-code0", "head-name0", "head-admitted")} == {
        key: changed[key] for key in ("head-code0", "head-name0", "head-admitted")
    }
    other = office.post(
        form, {**typed, **changed, **_mark(looked), "head-kind": "outpatient", "do": "act"}
    )
    assert _UNSEEN in text_of(other)
    assert rows() == before
    done = office.post(form, {**typed, **changed, **_mark(looked), "do": "act"})
    assert done.status_code == 303, text_of(done)[:800]
    rests = office.get(done["Location"])
    assert "高血压" in text_of(rests)
    now = done["Location"].split("/")[3].partition("?")[0]
    token = service.token("insurance_office", HOME)
    status, told = service.ask("GET", f"/api/v1/settlements/{now}/basis", token)
    bill = told["bill"]
    assert status == 200
    assert [bill[key] for key in ("kind", "admitted", "referred", "diagnoses")] == [
        "chronic_outpatient", "2019-06-02", True, [{"code": "I10", "name": "高血压"}],
    ]  # fmt: skip
    wrong = office.post(
        f"/desk/settlements/{now}/correct",
        {**fields_of(office.get(f"/desk/settlements/{now}/correct")), "reason": "错", "head-kind": "none",
         "do": "look"},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert re.findall("[FS][0-9]{3}", text_of(wrong)) == ["F403"]


def _mark(page: HttpResponse) -> dict[str, str]:
    return {"looked": fields_of(page)["looked"]}
