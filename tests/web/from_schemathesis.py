"""Requests that Schemathesis makes of the published description: what it allows, and what it does not."""

import json
import random
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from web.journeys import PERSONS, World, logged_in
from web.sent import Request
from web.test_interface import OPENAPI, OPERATIONS, PERSONAL, closed

MODES = {"described": GenerationMode.POSITIVE, "undescribed": GenerationMode.NEGATIVE}
"""What the description allows; what differs from it in some part."""

_KNOWN: Mapping[str, list[Any]] = {
    "district": ["500113"], "township": ["500113901"], "facility": ["F"], "role": ["auditor", "cashier"],
    "kind": ["inpatient"], "insurance_tier": ["tier_1"], "level": ["2"], "settled": ["2019-06-13"],
    "admitted": ["2019-06-01"], "discharged": ["2019-06-20"], "birth_date": ["1970-01-01"], "person": PERSONS,
    "year": [2019], "name": ["basic_paid", "周某"], "as_of": ["2019-12-31"], "class": ["甲"], "quantity": ["1"],
    "unit_price": ["100.00"], "amount": ["100.00"], "from": ["2018-01-01"], "to": ["2020-01-01"],
    "code": ["F", "dibao"],
}  # fmt: skip
"""Words of the district: a text made at random names nothing that is there."""
_PLACES = {
    "settlement": "settlement", "visit": "visit", "account": "account", "token": "token", "person": "person",
}  # fmt: skip


@cache
def _schema() -> Any:
    return schemathesis.openapi.from_dict(closed(OPENAPI))


def drawn(operation: str, mode: str, count: int, source: int) -> list[Any]:
    """So many cases of an operation, the same for the same source."""
    method, path, _ = OPERATIONS[operation]
    found: list[Any] = []

    @seed(source)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], derandomize=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=_schema()[path][method.lower()].as_strategy(generation_mode=MODES[mode]))
    def draw(case: Any) -> None:
        found.append(case)

    draw()
    return found


def request_of(world: World, operation: str, role: Any, case: Any) -> Request:
    """The case as bytes, from somebody who may ask: what is stopped at the door proves little.

    Half of them name what is there.
    """
    chance = world.chance
    if chance.random() < 0.5:
        case.path_parameters = {**(case.path_parameters or {}), **_places(world, case)}
        case.body = grounded(chance, case.body)
    made = WSGI_TRANSPORT.serialize_case(case)
    body = _body(made)
    query = made["query_string"]
    asked = query if isinstance(query, str) else urlencode(query or {}, doseq=True)
    path = quote(
        unquote(made["path"], errors="surrogateescape"), safe="/%", errors="surrogateescape"
    )
    request = Request(made["method"], (path + (f"?{asked}" if asked else "")).encode(), body)
    kept = [
        (name, str(value)) for name, value in made["headers"].items()
        if name.lower() not in ("authorization", "cookie", "user-agent", "x-csrftoken")
    ]  # fmt: skip
    if body is not None and not any(name.lower() == "content-type" for name, _ in kept):
        kept.append(("Content-Type", "application/json"))
    if operation not in PERSONAL:
        return request.with_headers(*kept, *world.by(role))
    who = logged_in(world, anew=operation == "logout")
    request = Request(request.method, request.target, body, address=who.address)
    return request.with_headers(*kept, *(one for one in who.headers if one[0] != "Content-Type"))


def _places(world: World, case: Any) -> dict[str, str]:
    names = set(case.path_parameters or {}) & set(_PLACES)
    return {name: world.one(_PLACES[name]) for name in names}


def _body(made: Mapping[str, Any]) -> bytes | None:
    if "json" in made:
        return json.dumps(made["json"]).encode()
    data = made.get("data")
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def grounded(chance: random.Random, value: Any) -> Any:
    """The body with words of the district in half of the places that have the name of one."""
    if isinstance(value, dict):
        return {key: _word(chance, key, inner) for key, inner in value.items()}
    return [grounded(chance, one) for one in value] if isinstance(value, list) else value


def _word(chance: random.Random, key: str, value: Any) -> Any:
    if isinstance(value, dict | list):
        return grounded(chance, value)
    return chance.choice(_KNOWN[key]) if key in _KNOWN and chance.random() < 0.7 else value
