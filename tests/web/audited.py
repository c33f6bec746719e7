"""An invented month at the service, and audits of it: for planting what an audit must find."""

from dataclasses import asdict
from typing import Any

from doudi.money import yuan
from doudi_lab import county
from doudi_web.oversight.audited import Range
from doudi_web.oversight.auditing import audit
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.service import Json, Service

AUDITOR = Actor("token:auditor", Role.AUDITOR)
MONTH = "2019-06"


def month(service: Service, persons: int = 150) -> list[Json]:
    """The settlements of June 2019 of an invented county whose people the register knows."""
    made = county(20190601, persons, "500113", 2019)
    admin = service.token("district_admin")
    facilities = {"facilities": [asdict(one) for one in made.facilities]}
    assert service.ask("POST", "/api/v1/facilities", admin, facilities)[0] == 201
    people = {"persons": [one.in_register() for one in made.persons]}
    status, told = service.ask("POST", "/api/v1/persons", admin, people)
    assert status == 201, told
    visits = [one for one in made.visits() if one.settled.strftime("%Y-%m") == MONTH]
    token, settled = service.token(may_back_date=True), list[Json]()
    for bill in made.bills(visits):
        status, told = service.settle(token, bill)
        assert status == 201, told
        settled.append({**told, "facility": bill["facility"]["code"]})
    return settled


def audited(**of: Any) -> Json:
    """An audit's answer."""
    return audit(AUDITOR, Range(**of))


def figures_of(told: Json) -> dict[str, tuple[int, int]]:
    """(matched, all) by figure."""
    return {
        name: (told[name]["matched"], told[name]["all"])
        for name in ("limits", "agreement", "replay")
    }


def named(told: Json) -> list[tuple[str, str, str]]:
    """(figure, cause, visit) of each mismatch."""
    return [(one["figure"], one["cause"], one["visit_id"]) for one in told["mismatches"]]


def stated(settled: Json, **other: int) -> Json:
    """The amounts of a settlement as somebody else states them, some fen more in those that are named."""
    amounts = {
        **settled["payments"],
        **{key: settled[key] for key in ("total", "hospital", "patient")},
    }
    more = {name: yuan(fen(amounts[name]) + added) for name, added in other.items()}
    return {
        "facility": settled["facility"],
        "visit_id": settled["visit_id"],
        "amounts": {**amounts, **more},
    }
