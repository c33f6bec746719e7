"""A visit that begins after the person died or moved out is settled with a warning, as far as it was known."""

from datetime import date
from importlib import import_module
from itertools import count

import pytest
from django.db import connection

from web.people import person
from web.service import Json, Service
from web.test_settling import bill

PERSONS = "/api/v1/persons"
_numbers = count(1)


def _write(service: Service, *persons: Json) -> None:
    insured = [{"insurance_tier": "tier_1", **one} for one in persons]
    status, told = service.ask(
        "POST", PERSONS, service.token("district_admin"), {"persons": insured}
    )
    assert status == 201, told


def _known(service: Service, who: str, day: str, known: str, until: str | None = None) -> None:
    """The register came to know a day of somebody at a moment, and took it back at another."""
    changed = service.rows(
        "UPDATE register_fact SET known = %s, superseded = %s WHERE person_id = %s AND valid_from = %s"
        " AND kind IN ('died', 'moved_out') RETURNING id",
        known, until, who, day,
    )  # fmt: skip
    assert len(changed) == 1


def _left(service: Service, visit: str, who: str, **more: str | None) -> list[tuple[str, str]]:
    stated = {k: v for k, v in bill(visit, who, **more).items() if v is not None}
    status, told = service.settle(service.token(may_back_date=True), stated)
    assert status == 201, told
    assert "provisional" not in told
    return [(w["code"], w["text"]) for w in told["warnings"] if w["code"].startswith("after_")]


DIED = (
    "after_death",
    "登记里这个人 2019-06-05 已死亡，这次就医 2019-06-10 才开始；照样结算，请医院医保办核对是谁就医，日期对不对。",
)
MOVED = (
    "after_moving_out",
    "登记里这个人 2019-06-05 已迁出，这次就医 2019-06-10 才开始；照样结算，请医院医保办核对现在在哪里参保。",
)


@pytest.mark.parametrize(
    ("kind", "known", "until", "admitted", "wanted"),
    [
        ("died", "2019-06-08", None, "2019-06-10", [DIED]),
        ("moved_out", "2019-06-08", None, "2019-06-10", [MOVED]),
        ("died", "2019-06-08", None, "2019-06-05", []),
        ("died", "2019-06-08", None, "2019-06-01", []),
        ("moved_out", "2019-06-08", None, "2019-06-05", []),
        ("died", "2019-06-14", None, "2019-06-10", []),
        ("died", "2019-06-08", "2019-06-14", "2019-06-10", [DIED]),
        ("died", "2019-06-08", "2019-06-12", "2019-06-10", []),
    ],
    ids=["died", "moved", "same day", "before", "moved the same day", "known later", "known then", "taken back"],
)  # fmt: skip
def test_a_visit_after_the_stated_day_is_settled_with_a_warning(
    service: Service, kind: str, known: str, until: str | None, admitted: str, wanted: list[object]
) -> None:
    who = f"D{next(_numbers)}"
    _write(service, person(who) | {kind: "2019-06-05"})
    _known(service, who, "2019-06-05", f"{known}T12:00+08:00", until and f"{until}T12:00+08:00")
    dates = {"admitted": admitted, "discharged": "2019-06-12", "settled": "2019-06-13"}
    assert _left(service, f"V{who}", who, **dates) == wanted


def test_a_corrected_day_holds_from_when_it_was_known(service: Service) -> None:
    _write(service, person("E1", died="2019-06-05"))
    _write(service, person("E1", died="2019-06-20"))
    _known(service, "E1", "2019-06-05", "2019-06-08T00:00+08:00", "2019-06-25T00:00+08:00")
    _known(service, "E1", "2019-06-20", "2019-06-25T00:00+08:00")
    dates = {"admitted": "2019-06-10", "discharged": "2019-06-12"}
    assert _left(service, "E1a", "E1", **dates, settled="2019-06-13") == [DIED]
    assert _left(service, "E1b", "E1", **dates, settled="2019-06-26") == []


def test_a_visit_without_an_admission_begins_when_it_is_settled(service: Service) -> None:
    _write(service, person("F1", died="2019-06-05"))
    _known(service, "F1", "2019-06-05", "2019-06-08T00:00+08:00")
    dates = {"admitted": None, "discharged": None, "kind": "chronic_outpatient"}
    ((code, text),) = _left(service, "F1a", "F1", **dates, settled="2019-06-13")
    assert (code, "2019-06-13 才开始" in text) == ("after_death", True)


def test_the_day_is_seen_before_anything_is_charged(service: Service) -> None:
    _write(service, person("G1", died="2019-06-05"))
    _known(service, "G1", "2019-06-05", "2019-06-08T00:00+08:00")
    token = service.token(may_back_date=True)
    asked = bill("G1a", "G1", admitted="2019-06-10", settled="2019-06-13")
    status, told = service.ask("POST", "/api/v1/precheck?effects=0", token, asked)
    assert (status, told["warnings"][-1]["code"]) == (200, "after_death")


def test_the_register_tells_the_day_as_it_was_known(service: Service) -> None:
    _write(service, person("H1"))
    _write(service, person("H1", died="2019-06-05", moved_out="2019-06-04"))
    _known(service, "H1", "2019-06-05", "2019-06-08T00:00+08:00")
    _known(service, "H1", "2019-06-04", "2019-06-06T00:00+08:00")
    auditor = service.token("auditor")
    days: list[tuple[str | None, str | None]] = []
    for at in ("2019-06-05", "2019-06-07", "2019-06-09"):
        _, told = service.ask("GET", f"{PERSONS}/H1?known_at={at}", auditor)
        days.append((told["died"], told["moved_out"]))
    assert days == [(None, None), (None, "2019-06-04"), ("2019-06-05", "2019-06-04")]


def test_what_an_undone_import_said_does_not_hold(service: Service) -> None:
    _write(service, person("I1"))
    _write(service, person("I1", died="2019-06-05"))
    admin = service.token("district_admin")
    number = service.ask("GET", "/api/v1/imports", admin)[1]["imports"][0]["id"]
    assert service.ask("POST", f"/api/v1/imports/{number}/undo", admin)[0] == 200
    _, told = service.ask("GET", f"{PERSONS}/I1", service.token("auditor"))
    assert told["died"] is None
    assert _left(service, "I1a", "I1", admitted="2019-06-10", settled="2019-06-13") == []


def test_a_day_that_an_earlier_version_kept_is_known_since_the_last_statement(
    service: Service,
) -> None:
    _write(service, person("J1", died="2019-06-05"))
    ((stated,),) = service.rows("SELECT max(at) FROM register_import")
    service.rows("DELETE FROM register_fact WHERE person_id = 'J1' RETURNING id")
    with connection.cursor() as cursor:
        cursor.execute(import_module("doudi_web.register.migrations.0020_days_known").FACTS)
        cursor.execute("SELECT kind, valid_from, known FROM register_fact WHERE person_id = 'J1'")
        rows = cursor.fetchall()
    assert rows == [("died", date(2019, 6, 5), stated)]
