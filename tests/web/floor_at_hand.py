"""Floor amounts to decide on: persons with a standing, their settlements at some hospitals, who decides."""

from itertools import count
from typing import Any

import banan
from web.service import Json, Service
from web.test_interface import hold
from web.test_openings import registered
from web.test_settling import bill

_numbers = count(1)


def poor(service: Service, *persons: str, code: str = "registered_poor") -> None:
    """Persons of the register who have a standing."""
    registered(service, *persons)
    for person in persons:
        service.rows(
            "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
            " VALUES (%s, 'standing', %s, '2018-01-01', '2018-01-01', now(), '{}') RETURNING id",
            person, code,
        )  # fmt: skip


def at(facility: str) -> Json:
    return {"facility": {"code": facility, "level": "2", "district": "500113"}}


def settled(
    service: Service, person: str, facility: str = "F", lines: list[Json] | None = None, **more: Any
) -> Json:
    """A new settlement's answer; the reported case where no lines are told: the floor pays 134.79."""
    number = next(_numbers)
    made = bill(f"FL{number}", person, **{**at(facility), **more})
    if lines is not None:
        made["lines"] = lines
    status, told = service.settle(service.token(may_back_date=True), made, f"fl{number}")
    assert status == 201, told
    return told


def reversed_(service: Service, settlement: Json) -> None:
    path = f"/api/v1/settlements/{settlement['settlement_id']}/reverse"
    asked = {"message_id": f"fr{next(_numbers)}", "reason": "重复录入"}
    status, told = service.ask("POST", path, service.token("district_admin"), asked)
    assert status == 201, told


def entry_of(service: Service, settlement: Json, kind: str = "settle") -> int:
    """The number of a settlement's entry on the floor fund."""
    ((entry,),) = service.rows(
        "SELECT e.id FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting"
        " WHERE p.settlement = %s AND p.kind = %s AND e.account = 'fund:floor'",
        int(settlement["settlement_id"]), kind,
    )  # fmt: skip
    return entry


def decide(
    service: Service, token: str, what: str, items: list[int] | None = None, **more: Any
) -> tuple[int, Json]:
    """Ask for a decision under a message of its own, or the one that is told."""
    stated: Json = {"message_id": f"fd{next(_numbers)}", **more}
    if items is not None:
        stated["items"] = items
    if what == "paid":
        stated.setdefault("reference", "BANK-1")
    if what == "failed":
        stated.setdefault("reason", "账号不对")
    status, told = service.ask("POST", f"/api/v1/floor/{what}", token, stated)
    hold(f"floor_{what}", status, told)
    return status, told


def states(service: Service, query: str = "") -> list[tuple[int, str, str]]:
    """(entry, state, amount) of the floor amounts as the list tells them."""
    status, told = service.ask("GET", f"/api/v1/floor{query}", service.token("auditor"))
    hold("floor", status, told)
    return [(one["entry"], one["state"], one["amount"]) for one in told["floor"]]


def line(amount: str, item_class: str = "甲", line_id: str = "L1") -> Json:
    return banan.line(amount, item_class, line_id)


def over(service: Service, person: str, facility: str, day: str, out: str = "1000.00") -> Json:
    """Of 1,000 in scope and as much outside another fund pays 1,000: the hospital bears less than the excess."""
    lines = [line("1000.00"), line(out, "丙", "L2")]
    given = {"health_poverty_fund": "1000.00"}
    return settled(
        service, person, facility, lines, settled=day, given=given, admitted="2019-01-01"
    )
