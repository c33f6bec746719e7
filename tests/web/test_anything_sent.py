"""Whatever is sent to a route, by whatever role, the answer is one that is described, and none is a defect."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi_web.tenancy.roles import OF_FACILITY, OF_TOWNSHIP, Role
from web.accounts import Browser, person
from web.service import Json, Service
from web.test_interface import CARE, OF_THE_DISTRICT, OPENAPI, OPERATIONS, PEOPLE, PERSONAL, hold
from web.test_openings import registered


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


def values(shape: Json, depth: int = 0) -> st.SearchStrategy[Any]:
    """What a shape allows, and now and then what it does not."""
    if "$ref" in shape:
        return values(OPENAPI["components"]["schemas"][shape["$ref"].rpartition("/")[2]], depth)
    if "enum" in shape or "const" in shape:
        return st.sampled_from(shape.get("enum") or [shape["const"]])
    if "anyOf" in shape:
        return st.one_of([values(one, depth) for one in shape["anyOf"]])
    kind = shape.get("type", "string")
    kinds = kind if isinstance(kind, list) else [kind]
    return st.one_of([_of(one, shape, depth) for one in kinds])


WORDS = ["P", "V", "F", "2", "500113", "inpatient", "dibao", "tier_1", "2019-06-13", "100.00", "1", "甲", "-1",
         "\u0000", "", "\ud83d\ude00", "9" * 40, "2019-13-01", "basic"]  # fmt: skip


def _of(kind: str, shape: Json, depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case "object" if "properties" in shape:
            needed = set(shape.get("required", ()))
            parts = {key: values(one, depth + 1) for key, one in shape["properties"].items()}
            return st.fixed_dictionaries(
                {k: v for k, v in parts.items() if k in needed},
                optional={k: v for k, v in parts.items() if k not in needed},
            )
        case "object":
            return st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=2)
        case "array":
            return st.lists(values(shape.get("items", {}), depth + 1), max_size=2)
        case "integer":
            return st.sampled_from([0, 1, 2019, -1, 2**63, 10**30])
        case "number":
            return st.sampled_from([0, 1.5, 100, -0.01, 1e300])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return st.sampled_from(WORDS)


SENT = {name: told for name, told in OPERATIONS.items() if name not in ("metrics", "health")}
PLACES = ["1", "V", "P", "none", "99999999999999999999", "%00", "-1", "甲"]
QUERIES = {
    "accumulators": ["?year=2019"],
    "persons": [
        "?name=甲",
        "?id_number=1",
        "?township=500113001",
        "?name=%00",
        "?name=甲&after=%00",
    ],
    "person": ["", "?unmask=1&reason=试", "?unmask=1", "?known_at=2019-13-01", "?unmask=甲"],
    "import_preview": ["", "?name=a.csv", "?name=a.xlsx", "?name=%00"],
    "audit": ["", "?after=99999999999999999999", "?limit=-1", "?subject=%00"],
    "revoke_token": ["", "?reason=%00"],
}


def _requests(name: str) -> st.SearchStrategy[tuple[str, Any]]:
    """Addresses and bodies for a route."""
    _, path, told = SENT[name]
    form = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    # mostly as described; sometimes something else altogether
    other = st.sampled_from([None, [], 3, {"lines": 3}, {"bill": []}])
    sent = st.none() if form is None else st.one_of(values(form), values(form), other)
    places = re.findall(r"{(\w+)}", path)
    filled = st.tuples(*(st.sampled_from(PLACES) for _ in places)).map(
        lambda texts: path.format(**dict(zip(places, texts, strict=True)))
    )
    query = st.sampled_from(QUERIES.get(name, [""]))
    return st.tuples(st.tuples(filled, query).map("".join), sent)


class Askers:
    """A token of every role, and somebody new at a screen for each request of theirs."""

    def __init__(self, service: Service) -> None:
        self._service = service
        registered(service)
        service.rows(
            "INSERT INTO tenancy_facility VALUES ('ASK', '院', '2', '500113') RETURNING code"
        )
        service.rows(
            "INSERT INTO tenancy_township VALUES ('500113901', '镇', '500113') RETURNING code"
        )
        service.token()  # number 1, which requests revoke
        person("auditor")  # number 1, which requests stop
        self._tokens = {role: self._token(role) for role in Role}
        self._numbers = count(1)

    def _token(self, role: Role) -> str:
        facility = "ASK" if role in OF_FACILITY else None
        township = "500113901" if role in OF_TOWNSHIP else None
        return self._service.token(role, facility, township=township, may_back_date=True)

    def ask(self, role: Role, name: str, path: str, body: object) -> tuple[int, Json]:
        """Status and JSON."""
        method = SENT[name][0]
        if name not in PERSONAL:
            return self._service.ask(method, path, self._tokens[role], body)
        number = next(self._numbers)  # failures of one address would lock the others out
        browser = Browser(address=f"10.7.{number // 250}.{number % 250}")
        assert browser.log_in(person(Role.AUDITOR))[0] == 200
        return browser.ask(method, path, body)


@pytest.fixture(scope="module")
def askers(service: Service) -> Askers:
    return Askers(service)


def _who_may(name: str) -> Role:
    """A role that may ask for this route."""
    by_care = {one[0]: Role.SYSTEM_CLIENT for one in CARE}
    by_people = {one[0]: Role(one[1]) for one in PEOPLE if one[5] != 403}
    district = dict.fromkeys(OF_THE_DISTRICT, Role.DISTRICT_ADMIN)
    return {**dict.fromkeys(PERSONAL, Role.AUDITOR), **by_care, **by_people, **district}[name]


@pytest.mark.parametrize("name", SENT)
def test_whatever_is_sent_the_answer_is_one_that_is_described(askers: Askers, name: str) -> None:
    let_in = 0
    who = _who_may(name)

    @settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(request=_requests(name), role=st.one_of(st.just(who), st.sampled_from(sorted(Role))))
    def send(request: tuple[str, Any], role: Role) -> None:
        nonlocal let_in
        path, body = request
        status, told = askers.ask(role, name, path, body)
        assert status < 500, (path, body, told)
        hold(name, status, told)
        let_in += role is who and (name in PERSONAL or status not in (401, 403))

    send()
    assert let_in > 0
