"""Every check of the profiles that come with the program has a row that fails it, and a row that fails no other.

A check without a case here fails: the cases are held against the profiles themselves.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from doudi_web.exchange.checking import OF_COLUMNS, UNDECIDED, Checking
from doudi_web.exchange.facts import Facts, Person
from doudi_web.exchange.profiles import SHIPPED, profile
from web.people import number

PERSON = Person(
    "周小某", number(1), "女", "土家族", date(1970, 1, 1), "500113001001", "某村", "某镇", {}
)
RESULT: dict[str, Any] = {
    "episode_id": "V", "kind": "inpatient", "standing": "dibao", "total": "1000.00", "out_of_catalogue": "50.00",
    "over_ceiling": "30.00", "first_self_pay": "20.00", "in_scope": "900.00", "deductible_met": "300.00",
    "payments": {"basic": "400.00", "critical_illness": "0.00", "medical_assistance": "200.00", "floor": "200.00",
                 "tilted_aid": "40.00", "targeted_insurance": "10.00"},
    "hospital": "20.00", "patient": "130.00",
}  # fmt: skip
BILL: dict[str, Any] = {
    "admitted": "2019-06-01",
    "discharged": "2019-06-12T09:30:00+08:00",
    "diagnoses": [
        {"code": "Z", "name": "另一个"},
        {"code": "J18.900", "name": "肺炎", "main": True},
    ],
}
SOUND = Facts(1, "V1", "P1", "F", "某医院", date(2019, 6, 13), 2019, RESULT, BILL, "2", PERSON)


def told(**more: Any) -> Facts:
    return replace(SOUND, result={**RESULT, **more})


def paid(**more: str) -> Facts:
    return told(payments={**RESULT["payments"], **more})


def stated(**more: Any) -> Facts:
    return replace(SOUND, bill={**BILL, **more})


def of(**more: Any) -> Facts:
    return replace(SOUND, person=replace(PERSON, **more))


Case = tuple[str, str, Callable[[], Facts]]
BOTH: list[Case] = [
    ("undecided", "", lambda: replace(SOUND, collect="300.00")),
    ("required", "姓名", lambda: of(name=None)),
    ("required", "姓名", lambda: of(name="")),
    ("required", "疾病", lambda: stated(diagnoses=None)),
    ("required", "疾病", lambda: stated(diagnoses=[])),
    ("required", "出院", lambda: stated(discharged=None)),
    ("required", "身份证号", lambda: of(id_number=None)),
    ("required", "总", lambda: told(total=None)),
    ("codes", "类", lambda: told(standing="hero")),
    ("longest", "姓名", lambda: of(name="周" * 51)),
    ("longest", "疾病", lambda: stated(diagnoses=[{"code": "J", "name": "肺" * 201}])),
    ("characters", "姓名", lambda: of(name="李𬭸")),
    ("characters", "疾病", lambda: stated(diagnoses=[{"code": "J", "name": "α🙂"}])),
    ("identity", "身份证号", lambda: of(id_number=number(1)[:-1] + ("0" if number(1)[-1] != "0" else "1"))),
    ("identity", "身份证号", lambda: of(id_number="123456789012345")),
    ("payers", "总", lambda: told(patient="130.01")),
    ("payers", "总", lambda: told(hospital="0.00")),
    ("payers", "总", lambda: paid(tilted_aid="39.99")),
    ("payers", "总", lambda: paid(unheard_of="0.01")),
    ("stay", "入院", lambda: stated(admitted="2019-06-13")),
    ("amounts", "自付", lambda: told(patient="-70.00", hospital="220.00")),
]  # fmt: skip
OF_ONE: dict[str, list[Case]] = {
    "national": [
        ("required", "民族", lambda: of(ethnicity="")),
        ("required", "性别", lambda: of(sex="")),
        ("required", "村级行政区划", lambda: of(village=None)),
        ("required", "机构名称", lambda: replace(SOUND, facility_name=None)),
        ("codes", "机构级别", lambda: replace(SOUND, level="9")),
        ("codes", "补偿类型", lambda: told(kind="spa")),
        ("catalogue", "总费用", lambda: told(out_of_catalogue="50.01")),
        ("catalogue", "总费用", lambda: told(first_self_pay="0.00")),
        ("age", "年龄", lambda: of(birth_date=date(1880, 1, 1))),
        ("age", "年龄", lambda: of(birth_date=date(2020, 1, 1))),
        ("days", "天数", lambda: stated(admitted="2001-06-01")),
        ("answered", "", lambda: told(provisional="platform")),
        ("answered", "", lambda: told(provisional="platform", provisional_reasons=["eligibility", "platform"])),
    ],
    "one_stop": [
        ("scope", "进入统筹费用", lambda: told(in_scope="920.01")),
        ("deductible", "起付线", lambda: told(deductible_met="900.01")),
    ],
}  # fmt: skip
CASES = [(named, *case) for named in SHIPPED for case in (*BOTH, *OF_ONE[named])]


@pytest.mark.parametrize("named", SHIPPED)
def test_a_sound_row_passes_every_check(named: str) -> None:
    for encoding in ("utf-8", "gbk"):
        assert Checking(profile(named), encoding).row(SOUND)[1] == []


@pytest.mark.parametrize(
    ("named", "check", "column", "facts"),
    CASES,
    ids=[f"{c[0]}-{c[1]}-{n}" for n, c in enumerate(CASES)],
)
def test_a_row_fails_the_check_that_is_for_it(
    named: str, check: str, column: str, facts: Callable[[], Facts]
) -> None:
    failed = Checking(profile(named), "gbk").row(facts())[1]
    assert (check, True) in [(one.check, column in one.column) for one in failed], failed
    others = {one.check for one in failed} - {check}
    assert not others or "required" in (check, *others) or check in ("days", "amounts"), failed
    assert all(PERSON.id_number not in one.text and "周小某" not in one.text for one in failed)


@pytest.mark.parametrize("named", SHIPPED)
def test_no_declared_check_is_without_a_row_that_fails_it(named: str) -> None:
    declared = {check.id for check in profile(named).form.checks} | {*OF_COLUMNS, UNDECIDED}
    assert {case[1] for case in CASES if case[0] == named} == declared


@pytest.mark.parametrize("named", SHIPPED)
def test_every_column_that_must_hold_something_is_missed_where_it_does_not(named: str) -> None:
    """Of nobody and nothing all is missing: each such column is named, whatever holds a constant aside."""
    nothing = Facts(1, "", "P", "", None, date(2019, 6, 13), 2019, {}, {}, None, None)
    failed = {one.column for one in Checking(profile(named), "utf-8").row(nothing)[1]}
    known = {"年度", "补偿年度", "政府兜底金额"}
    due = {
        column.title
        for column in profile(named).columns
        if not column.optional and not _is_payment(named, column.key)
    }
    assert failed == due - known


def _is_payment(named: str, key: str) -> bool:
    """A layer that paid nothing is 0, so such a column is never empty."""
    (stated_,) = (one for one in profile(named).form.columns if one.key == key)
    return (stated_.fact or "").startswith("payments.")


@pytest.mark.parametrize(
    ("check", "lacking"),
    [("李𬭸", "“𬭸”（U+2CB78）"), ("㛃𬭸𬭸x", "“㛃”（U+36C3）、“𬭸”（U+2CB78）")],
)
def test_a_character_that_gbk_has_not_is_named(check: str, lacking: str) -> None:
    failed = Checking(profile("national"), "gbk").row(of(name=check))[1]
    assert [one.text for one in failed] == [f"姓名：GBK 里没有{lacking}"]
    assert Checking(profile("national"), "utf-8").row(of(name=check))[1] == []
