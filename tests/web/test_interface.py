"""The interface is described, and answers as it is described: whatever is sent, nothing is a defect."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import banan
from web.service import Json, Service
from web.test_openings import opening, registered, wrong
from web.test_settling import bill
from web.test_visits import header

OPENAPI = json.loads(Client().get("/api/v1/openapi.json").content)
OPERATIONS: dict[str, tuple[str, str, Json]] = {
    told["operationId"]: (method.upper(), path, told)
    for path, methods in OPENAPI["paths"].items()
    for method, told in methods.items()
}


def closed(shape: Any) -> Any:
    """The shape with no room for a key that it does not name."""
    if isinstance(shape, list):
        return [closed(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {key: closed(value) for key, value in shape.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


CLOSED = closed(OPENAPI["components"])


def hold(operation: str, status: int, told: Json) -> None:
    """An answer has a status and the shape that the description gives it, key by key."""
    answers = OPERATIONS[operation][2]["responses"]
    assert str(status) in answers, (operation, status, told)
    shape = answers[str(status)]["content"]["application/json"]["schema"]
    whole = {**closed(deepcopy(shape)), "components": CLOSED}
    jsonschema.Draft202012Validator(whole).validate(told)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_route_says_what_it_takes_and_answers(operation: str) -> None:
    method, path, told = OPERATIONS[operation]
    assert told["summary"]
    assert re.search("[\u4e00-\u9fff]", told["description"]), path
    for status, answer in told["responses"].items():
        for content in answer["content"].values():
            assert content["schema"], (path, status)
    for status in ("401", "403"):
        assert status in told["responses"], path
    if "requestBody" in told:
        assert method == "POST"
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_name_in_the_description_is_there() -> None:
    text = json.dumps(OPENAPI)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(OPENAPI["components"]["schemas"])
    assert "$defs" not in text


def test_answers_have_the_shapes_that_are_described(service: Service) -> None:
    registered(service, "S")
    token, admin = service.token(may_back_date=True), service.token("district_admin")
    settlements, visits = "/api/v1/settlements", "/api/v1/visits"
    lines = {"lines": [banan.line("100.00"), banan.line("9.00", "丙", "D", draft=True)]}
    asked: list[tuple[str, str, str, object]] = [
        ("take_openings", "POST", "/api/v1/openings", {"openings": [opening("S", "7.00")]}),
        ("openings_of", "GET", "/api/v1/persons/S/openings", None),
        ("settle", "POST", settlements, {"message_id": "1", "bill": bill("S1", "S")}),
        ("settle", "POST", settlements, {"message_id": "1", "bill": bill("S1", "S")}),
        ("settle", "POST", settlements, {"message_id": "1", "bill": bill("S1", "other")}),
        ("settle", "POST", settlements, {"message_id": "2", "bill": wrong("S2", "S")}),
        ("settle", "POST", settlements,
         {"message_id": "3", "bill": bill("S3", "S", settled="2019-06-01")}),
        ("settlement", "GET", f"{settlements}/{{first}}", None),
        ("reverse", "POST", f"{settlements}/{{first}}/reverse", {"message_id": "r", "reason": "试"}),
        ("settlement", "GET", f"{settlements}/{{first}}", None),
        ("accumulators", "GET", "/api/v1/persons/S/accumulators?year=2019", None),
        ("quarantine", "GET", "/api/v1/quarantine", None),
        ("precheck", "POST", "/api/v1/precheck", bill("S4", "S")),
        ("precheck", "POST", "/api/v1/precheck?effects=0", bill("S4", "S")),
        ("open_visit", "POST", visits, header("S5", "S")),
        ("open_visit", "POST", visits, header("S5", "S")),
        ("open_visit", "POST", visits, header("S6", "S", kind="spa")),
        ("add_lines", "POST", f"{visits}/S5/lines", lines),
        ("add_lines", "POST", f"{visits}/S5/lines", lines),
        ("visit", "GET", f"{visits}/S5", None),
        ("visit", "GET", f"{visits}/S6", None),
        ("running_visits", "GET", f"{visits}?open=1", None),
        ("precheck_visit", "POST", f"{visits}/S5/precheck", None),
        ("withdraw_line", "DELETE", f"{visits}/S5/lines/D", None),
        ("discharge", "POST", f"{visits}/S5/discharge", {"discharged": "2019-06-12"}),
        ("presettle_visit", "POST", f"{visits}/S5/presettle", None),
        ("settle_visit", "POST", f"{visits}/S5/settle", {"message_id": "4"}),
        ("visit", "GET", f"{visits}/S5", None),
        ("visit", "GET", f"{visits}/none", None),
        ("entries", "GET", "/api/v1/ledger/entries", None),
        ("ledger_head", "GET", "/api/v1/ledger/head", None),
        ("ledger_proof", "GET", "/api/v1/ledger/proof/{first}", None),
        ("seal", "POST", "/api/v1/ledger/seal", None),
        ("seal", "POST", "/api/v1/ledger/seal", None),
        ("ledger_head", "GET", "/api/v1/ledger/head", None),
        ("ledger_extension", "GET", "/api/v1/ledger/extension?first=1", None),
        ("ledger_extension", "GET", "/api/v1/ledger/extension?first=999999", None),
        ("ledger_proof", "GET", "/api/v1/ledger/proof/{first}", None),
        ("ledger_proof", "GET", "/api/v1/ledger/proof/999999", None),
        ("release", "POST", "/api/v1/quarantine/1/release", {"reason": "试"}),
        ("health", "GET", "/healthz", None),
    ]  # fmt: skip
    of_district = {"take_openings", "entries", "seal", "ledger_head", "ledger_extension"}
    seen = set()
    for operation, method, path, body in asked:
        if "{first}" in path:
            first = service.rows("SELECT min(id) FROM settlement_settlement")[0][0]
            path = path.replace("{first}", str(first))  # noqa: PLW2901
        by = admin if operation in of_district else token
        status, told = service.ask(method, path, by, body)
        hold(operation, status, told)
        seen.add(operation)
    assert {"precheck", "settle_visit", "release", "ledger_proof", "ledger_extension"} <= seen


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


def _requests() -> Iterator[st.SearchStrategy[tuple[str, str, str, Any]]]:
    for name, (method, path, told) in SENT.items():
        body = (
            told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        )
        # mostly as described; sometimes something else altogether
        sent = st.none() if body is None else st.one_of(values(body), values(body), st.sampled_from(
            [None, [], 3, {"lines": 3}, {"bill": []}]))  # fmt: skip
        places = re.findall(r"{(\w+)}", path)
        filled = st.tuples(*(st.sampled_from(PLACES) for _ in places)).map(
            lambda texts, path=path, places=places: path.format(
                **dict(zip(places, texts, strict=True))
            )
        )
        query = "?year=2019" if name == "accumulators" else ""
        yield st.tuples(st.just(name), st.just(method), filled.map(lambda p, q=query: p + q), sent)


@settings(
    max_examples=300, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(request=st.one_of(*_requests()), role=st.sampled_from(["system_client", "district_admin"]))
def test_whatever_is_sent_the_answer_is_one_that_is_described(
    service: Service, tokens: dict[str, str], request: tuple[str, str, str, Any], role: str
) -> None:
    operation, method, path, body = request
    status, told = service.ask(method, path, tokens[role], body)
    assert status < 500, (path, body, told)
    hold(operation, status, told)


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, str]:
    return {
        role: service.token(role, may_back_date=True)
        for role in ("system_client", "district_admin")
    }
