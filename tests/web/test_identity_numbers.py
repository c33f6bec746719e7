"""An identity number is kept nowhere but sealed in the register, wherever in a body or an address it was sent."""

import json
import zlib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi.wire.identity_numbers import (
    has_identity_number,
    identity_numbers_in,
    is_identity_number,
)
from web import people
from web.accounts import codes
from web.service import Json, Service
from web.test_openings import opening, registered
from web.test_settling import bill
from web.test_visits import header

Place = tuple[str | int, ...]

NUMBERS = st.builds(
    people.number,
    st.integers(0, 999),
    st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(lambda day: f"{day:%Y%m%d}"),
    st.sampled_from(["500113", "110101", "990101", "654321"]),
)
WAYS = ["{}", "住院-{}", "{}-1", "病人 {}，男"]
"""A number alone, and in a text around it."""

_BILL: Json = {
    **bill("N", "NP", episode_id="NE", district="500113"),
    "attributes": {"ward": "三"},
    "awaiting": ["basic"],
    "given": {"basic": "1.00"},
}
_BILL["lines"] = [
    {**_BILL["lines"][0], "name": "药", "date": "2019-06-02", "attributes": {"batch": "b"}}
]
_MESSAGE: Json = {"message_id": "nm", "bill": _BILL}
_PERSON = people.person(
    "NR", village="500113001001", household="NH", mother="NM", attributes={"x": "1"}, sex="女", ethnicity="汉族",
    standings=[people.standing()], tiers=[{"tier": "tier_1", "from": "1970-01-01"}],
    diseases=[{"code": "hypertension"}],
)  # fmt: skip
_FACILITY = {"code": "NF", "name": "院", "level": "2", "district": "500113"}
_WHY = {"reason": "试"}
SENT: list[tuple[str, str, str, Json]] = [
    ("system_client", "POST", "settlements", _MESSAGE),
    ("system_client", "POST", "precheck", _BILL),
    ("system_client", "POST", "visits", header("NV", "NP", attributes={"ward": "三"})),
    ("system_client", "POST", "visits/NO/lines", {"lines": _BILL["lines"]}),
    ("system_client", "POST", "visits/NO/discharge", {"discharged": "2019-06-12"}),
    ("system_client", "POST", "visits/NO/settle", {"message_id": "nv"}),
    ("system_client", "POST", "settlements/1/reverse", {"message_id": "nr", **_WHY}),
    ("system_client", "POST", "quarantine/1/release", _WHY),
    ("district_admin", "POST", "openings", {"openings": [opening("NP", "1.00")]}),
    ("district_admin", "POST", "persons", {"persons": [_PERSON]}),
    ("district_admin", "POST", "imports", {"persons": [_PERSON]}),
    (
        "district_admin",
        "POST",
        "search/persons",
        {"name": "甲", "township": "500113001", "after": "A"},
    ),
    ("district_admin", "POST", "facilities", {"facilities": [_FACILITY]}),
    ("system_admin", "POST", "accounts", {"username": "numbers", "name": "甲", "role": "auditor"}),
    ("system_admin", "POST", "tokens", {"name": "甲", "role": "auditor"}),
    ("system_admin", "PATCH", "accounts/1", {"active": True, **_WHY}),
    ("security_admin", "POST", "grants/1", {"accept": True, **_WHY}),
]
ADDRESSES: list[tuple[str, str, str]] = [
    ("system_client", "GET", "settlements/{}"),
    ("system_client", "POST", "settlements/{}/reverse"),
    ("system_client", "GET", "persons/{}"),
    ("system_client", "GET", "persons/{}/accumulators?year=2019"),
    ("system_client", "GET", "persons/{}/openings"),
    ("system_client", "GET", "visits/{}"),
    ("system_client", "GET", "visits?facility={}"),
    ("system_client", "POST", "visits/{}/lines"),
    ("system_client", "DELETE", "visits/NO/lines/{}"),
    ("system_client", "POST", "visits/{}/precheck"),
    ("system_client", "POST", "visits/{}/presettle"),
    ("system_client", "POST", "visits/{}/discharge"),
    ("system_client", "POST", "visits/{}/settle"),
    ("system_client", "GET", "ledger/proof/{}"),
    ("district_admin", "GET", "persons/NP?unmask=1&reason={}"),
    ("district_admin", "POST", "imports?name={}"),
    ("system_admin", "DELETE", "tokens/1?reason={}"),
    ("auditor", "GET", "audit?subject={}"),
    ("auditor", "GET", "audit?actor={}"),
]


def _places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every value in a body that is no list or mapping, and a further key of every mapping."""
    if isinstance(value, dict):
        yield (*at, "")
        for key, inner in value.items():
            yield from _places(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*at, number))
    else:
        yield at


def _put(body: Json, place: Place, text: str) -> Json:
    """The body with a text in a place of it, or as a key of a mapping in it."""
    made = deepcopy(body)
    inner: Any = made
    for part in place[:-1]:
        inner = inner[part]
    is_key = place[-1] == ""
    inner[text if is_key else place[-1]] = "1" if is_key else text
    return made


PLACES = [(n, place) for n, (_, _, _, body) in enumerate(SENT) for place in _places(body)]


class Hospital:
    """Who asks, and what was sent so far."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.sent: list[str] = []
        roles = {role for role, *_ in (*SENT, *ADDRESSES)}
        self._tokens = {role: service.token(role, may_back_date=True) for role in roles}
        registered(service, "NP")
        path = "/api/v1/visits"
        told = service.ask("POST", path, self._tokens["system_client"], header("NO", "NP"))
        assert told[0] == 201

    def ask(self, role: str, method: str, path: str, body: object, number: str) -> tuple[int, Json]:
        """Status and JSON, of something in which a number stands."""
        self.sent.append(number)
        return self.service.ask(method, f"/api/v1/{path}", self._tokens[role], body)


@pytest.fixture(scope="module")
def hospital(service: Service) -> Hospital:
    return Hospital(service)


def _kept(service: Service) -> Iterator[str]:
    """Every row of every table as a text, and what is compressed in them."""
    names = service.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for (name,) in names:
        yield from (text for (text,) in service.rows(f"SELECT x::text FROM {name} x"))
    for table, column in (
        ("settlement_quarantined", "bill"),
        ("settlement_settlement", "evidence"),
    ):
        for (content,) in service.rows(f"SELECT {column} FROM {table}"):
            yield zlib.decompress(content).decode()


def _nothing_is_kept(hospital: Hospital, log: str) -> None:
    forms = {form for n in hospital.sent for form in (n, n.lower(), n.encode().hex())}
    found = "\n".join((*_kept(hospital.service), log))
    assert [form for form in forms if form in found] == []


_settings = settings(
    max_examples=3, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


def test_a_number_anywhere_in_a_body_is_refused_before_anything_is_kept(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    @_settings
    @given(number=NUMBERS, way=st.sampled_from(WAYS))
    def send(number: str, way: str) -> None:
        text = way.format(number)
        for n, place in PLACES:
            role, method, path, body = SENT[n]
            status, told = hospital.ask(role, method, path, _put(body, place, text), number)
            if place in (("person", "id_number"), ("bill", "person", "id_number")):
                continue
            assert status == 422, (path, place, told)
            if (
                "persons" not in body
            ):  # of which all faults are told at once, to whom they were sent
                assert set(codes(told)) == {"F209"}, (path, place, told)
                assert number not in json.dumps(told), (path, place)

    send()
    _nothing_is_kept(hospital, caplog.text)


def test_a_number_is_dropped_where_it_belongs_and_refused_further_in(service: Service) -> None:
    """It had passed wherever a path ended in person.id_number, and stood in the refused bill that is kept."""
    token, stated = service.token(may_back_date=True), deepcopy(_MESSAGE)
    stated["bill"]["lines"][0]["person"] = {"id_number": people.number(7)}
    status, told = service.ask("POST", "/api/v1/settlements", token, stated)
    assert (status, codes(told)) == (422, ["F209"])
    assert service.rows("SELECT count(*) FROM settlement_quarantined") == [(0,)]


def test_a_number_in_an_address_is_refused_before_anything_is_kept(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    @_settings
    @given(number=NUMBERS)
    def send(number: str) -> None:
        for role, method, path in ADDRESSES:
            status, told = hospital.ask(role, method, path.format(quote(number)), {}, number)
            if not (number.isdecimal() or ("settlements/" not in path and "proof" not in path)):
                continue  # X is no number of a settlement
            assert (status, codes(told)) == (422, ["F209"]), path
            assert number not in json.dumps(told), path

    send()
    _nothing_is_kept(hospital, caplog.text)


def test_the_number_beside_the_id_of_a_bill_is_dropped(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    number, token = people.number(77), hospital.service.token(may_back_date=True)
    hospital.sent.append(number)
    for visit, more in (("NF", {}), ("NQ", {"kind": "spa"})):
        made = bill(visit, "NP", **more)
        made["person"]["id_number"] = number
        status, _ = hospital.service.settle(token, made)
        assert status == (422 if more else 201)
        opened = {key: value for key, value in made.items() if key != "lines"}
        status, _ = hospital.service.ask(
            "POST", "/api/v1/visits", token, opened | {"visit_id": f"{visit}V"}
        )
        assert status == 201
    assert len(hospital.service.rows("SELECT 1 FROM settlement_quarantined")) > 0
    _nothing_is_kept(hospital, caplog.text)


def test_a_visit_that_was_opened_under_a_number_is_not_settled_under_it(service: Service) -> None:
    number = people.number(78)  # as an earlier version took it
    made = header("NX", number)
    service.rows(
        "INSERT INTO settlement_visit (visit, facility, person, header, opened)"
        " VALUES ('NX', 'F', 'NP', %s, now()) RETURNING id",
        json.dumps(made),
    )
    token = service.token(may_back_date=True)
    status, told = service.ask("POST", "/api/v1/visits/NX/settle", token, {"message_id": "nx"})
    assert (status, codes(told)) == (422, ["F209"])
    assert service.rows("SELECT 1 FROM settlement_quarantined WHERE visit = 'NX'") == []
    assert (
        service.rows("SELECT 1 FROM audit_log_record r WHERE r::text LIKE %s", f"%{number}%") == []
    )


@given(NUMBERS)
def test_a_number_is_seen_alone_and_in_a_text(number: str) -> None:
    assert is_identity_number(number)
    assert is_identity_number(number.lower())
    assert has_identity_number(f"号{number}，")
    assert not has_identity_number(f"0{number}")
    assert not has_identity_number(f"{number}Z")
    assert not is_identity_number(f" {number}")
    wrong = number[:17] + ("1" if number[17] == "0" else "0")
    assert not has_identity_number(wrong)


def test_where_numbers_stand_is_told_without_them() -> None:
    number = "11010519491231002X"
    document = {"a": [1, {"b": number}], number: {"c": f"x {number}"}, "d": None, "e": True}
    assert list(identity_numbers_in(document)) == [("a", 1, "b"), (), ("c",)]
    assert list(identity_numbers_in({"n": 110101199001010010 + 1})) == []
    assert list(identity_numbers_in({"n": int(people.number(1))})) == [("n",)]
