"""Planted cases: in a synthetic county every one is found, no look-alike is; precision is reported."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from desk.browser import ROOT
from doudi.dates import CHINA
from doudi.dates import date as day
from doudi.wire.catalogue_file import catalogue_document
from doudi.wire.sheets import read
from doudi_lab import county
from doudi_lab.county import sample_catalogue_file
from doudi_lab.planted import Planted, found_in, manifest, plant
from doudi_web.alerts import keeping
from doudi_web.alerts.rules import RULES
from doudi_web.indicators import keeping as figures
from doudi_web.policy.actions import install_catalogue
from doudi_web.tenancy.demo_clock import DemoClock
from doudi_web.tenancy.who import KEEPER
from web.service import Json, Service

TODAY = day(2019, 12, 3)
PERSONS = 120
OF_SERVICE = {"budget": "floor"}
"""What no bill plants: a budget that does not last."""


@pytest.fixture(scope="module")
def planted(service: Service) -> Iterator[tuple[Planted, list[Json]]]:
    """What was planted among the people of a small county, and every alert of the service."""
    morning = DemoClock(datetime(2019, 12, 3, 9, tzinfo=CHINA), datetime.now(CHINA))
    with override_settings(DEMO=morning):
        made = county(7, PERSONS, "500113", 2019)
        path = sample_catalogue_file()
        install_catalogue(
            KEEPER, catalogue_document(path.name, read(path.name, path.read_bytes())), None
        )
        sown = plant(made, TODAY)
        _send(service, made, sown)
        admin = service.token("district_admin")
        figures.keep()
        spent = service.ask("GET", "/api/v1/indicators?standing=all", admin)[1]["money"]["spent"]
        stated = {"year": 2019, "amount": spent, "reason": "试"}
        assert service.ask("POST", "/api/v1/indicators/budgets", admin, stated)[0] == 201
        keeping.keep()
        yield sown, _alerts(service, admin)


def _send(service: Service, made: Any, sown: Planted) -> None:
    admin, client = service.token("district_admin"), service.token(may_back_date=True)
    facilities = [
        {"code": f.code, "name": f.name, "level": f.level, "district": f.district}
        for f in made.facilities
    ]
    assert service.ask("POST", "/api/v1/facilities", admin, {"facilities": facilities})[0] == 201
    people = [person.in_register() for person in made.persons] + sown.persons
    status, told = service.ask("POST", "/api/v1/persons", admin, {"persons": people})
    assert status == 201, told
    visits = [v for v in made.visits() if v.settled.date() < TODAY]
    for number, bill in enumerate([*made.bills(visits), *sown.bills]):
        status, told = service.settle(client, bill, f"planted{number}")
        assert status == 201, told


def _alerts(service: Service, admin: str) -> list[Json]:
    found: list[Json] = []
    after: int | None = 0
    while after is not None:
        told = service.ask("GET", f"/api/v1/alerts?after={after}", admin)[1]
        found, after = [*found, *told["alerts"]], told["after"]
    return [service.ask("GET", f"/api/v1/alerts/{one['alert']}", admin)[1] for one in found]


def test_every_planted_case_is_found_and_no_look_alike(planted: tuple[Planted, list[Json]]) -> None:
    sown, alerts = planted
    about = {
        rule: {who for a in alerts if a["rule"] == rule for who in found_in(a)} for rule in RULES
    }
    missed = [one for one in sown.cases if one.is_case and one.subject not in about[one.rule]]
    wrong = [one for one in sown.cases if not one.is_case and one.subject in about[one.rule]]
    assert (missed, wrong) == ([], [])
    assert {one.rule for one in sown.cases if one.is_case} | set(OF_SERVICE) == set(RULES)
    assert [a["says"] for a in alerts if a["rule"] == "budget"] != []
    _report(sown, alerts)


def _report(sown: Planted, alerts: list[Json]) -> None:
    """Per rule: planted, found, alerts, how many of them are of a planted case; written and printed."""
    cases = Counter(one.rule for one in sown.cases if one.is_case)
    found = Counter(
        one.rule
        for one in sown.cases
        if one.is_case and any(one.subject in found_in(a) for a in alerts if a["rule"] == one.rule)
    )
    alike = Counter(one.rule for one in sown.cases if not one.is_case)
    subjects = {(one.rule, one.subject) for one in sown.cases if one.is_case}
    told: dict[str, Json] = {}
    for rule in RULES:
        own = [a for a in alerts if a["rule"] == rule]
        right = sum(
            rule in OF_SERVICE or any((rule, who) in subjects for who in found_in(a)) for a in own
        )
        told[rule] = {
            "planted": cases[rule] or (1 if rule in OF_SERVICE else 0), "look_alikes": alike[rule],
            "found": found[rule] or (1 if rule in OF_SERVICE and own else 0), "alerts": len(own),
            "of_planted": right,
            "precision_at_least": f"{right / len(own):.4f}" if own else None,
        }  # fmt: skip
        print(rule, told[rule])
    build = Path(ROOT / "build")
    build.mkdir(exist_ok=True)
    (build / "alerts.json").write_text(json.dumps(told, ensure_ascii=False, indent=1))
    (build / "alerts-planted.json").write_text(manifest(sown))


def test_what_is_planted_follows_from_the_seed() -> None:
    one, again = (plant(county(7, 5, "500113", 2019), TODAY) for _ in range(2))
    other = plant(county(8, 5, "500113", 2019), TODAY)
    assert manifest(one) == manifest(again)
    assert one.persons == again.persons != other.persons
