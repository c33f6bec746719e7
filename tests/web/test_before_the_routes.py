"""What is refused before a route is reached, or by what stands around it, is told by faults too."""

import json
from collections.abc import Iterator

import pytest
from django.test import override_settings

from web.accounts import Browser, codes, person
from web.people import number
from web.sent import Request, judge, send
from web.service import Json, Service
from web.test_openings import registered
from web.test_settling import bill

JSON = ("Content-Type", "application/json")


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


def _asked(request: Request) -> tuple[int, Json]:
    answer = send(request)
    return answer.status, judge(request, answer)[1]


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", b"/api/v1/nowhere", 404, "S507"),
        ("GET", b"/api/v1/settlements/1/", 404, "S507"),
        ("GET", b"/api/v1/persons/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "S507"),
        ("PUT", b"/api/v1/settlements", 405, "S508"),
        ("TRACE", b"/healthz", 405, "S508"),
        ("GET", b"/api/v1/visits?" + b"&".join(b"a%d=1" % n for n in range(1001)), 400, "S509"),
    ],
)
def test_what_is_not_there_is_refused_by_a_fault(
    service: Service, method: str, target: bytes, status: int, code: str
) -> None:
    assert service
    found, told = _asked(Request(method, target, b"" if method == "POST" else None))
    assert (found, codes(told)) == (status, [code])


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "nonsense", "gbk"])
def test_a_charset_that_a_request_names_decides_nothing(service: Service, charset: str) -> None:
    token = service.token("auditor")
    headers = (
        ("Authorization", f"Bearer {token}"),
        ("Content-Type", f"application/json; charset={charset}"),
    )
    many = b"&".join(b"a%d=1" % n for n in range(1001))
    status, told = _asked(Request("GET", b"/api/v1/visits?" + many, headers=headers))
    assert (status, codes(told)) == (400, ["S509"])
    named = '{"name": "甲"}'.encode()
    found = _asked(Request("POST", b"/api/v1/search/persons", named, headers=headers))
    assert found == (200, {"persons": [], "after": None})


def test_a_method_that_is_not_for_the_address_learns_which_is() -> None:
    answer = send(Request("PUT", b"/api/v1/settlements", b"{}"))
    assert answer.header("Allow") == "GET, POST"
    assert "改用 GET, POST" in answer.content.decode()


@pytest.mark.parametrize("host", ["a b", "", "[::1", "甲".encode().decode("latin-1"), "x:y:z"])
def test_a_host_that_is_none_is_refused_by_a_fault(host: str) -> None:
    status, told = _asked(Request("GET", b"/healthz", headers=(("Host", host),)))
    assert (status, codes(told)) == (400, ["S509"])


def test_a_body_that_was_cut_short_is_not_taken_for_the_whole(service: Service) -> None:
    token = service.token("district_admin")
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "text/csv"))
    rows = "登记号,出生日期,区划,人员类别,身份起\nT1,1970-01-01,500113,低保,2018-01-01\n".encode()
    registered(service)
    for more in (("Content-Length", str(len(rows) + 40)), ("Transfer-Encoding", "chunked")):
        request = Request("POST", b"/api/v1/imports?name=r.csv", rows, (*headers, more))
        if more[0] == "Transfer-Encoding":
            request = request.with_headers(("Content-Length", ""))
        status, told = _asked(request)
        assert (status, codes(told)) == (400, ["S414"])
    assert service.rows("SELECT count(*) FROM register_import") == [(0,)]


@pytest.mark.parametrize(
    ("target", "where", "said"),
    [
        (b"/api/v1/settlements/abc", "settlement", "“abc”不是整数"),
        (b"/api/v1/persons/P/accumulators?year=x", "year", "“x”不是整数"),
        (b"/api/v1/persons/P/accumulators", "year", "缺少“year”"),
        (b"/api/v1/persons/P?unmask=%E7%94%B2", "unmask", "“甲”不是1 或 0"),
    ],
)
def test_a_parameter_of_a_wrong_form_is_quoted_and_told_in_chinese(
    service: Service, target: bytes, where: str, said: str
) -> None:
    token = service.token("auditor")
    status, told = _asked(Request("GET", target, headers=(("Authorization", f"Bearer {token}"),)))
    assert (status, told["faults"][0]["where"]) == (422, where)
    assert told["faults"][0]["what"].startswith(said)


def test_no_parameter_hides_an_identity_number_in_the_path_or_in_another_of_its_name(
    service: Service,
) -> None:
    token = service.token("auditor")
    headers = (("Authorization", f"Bearer {token}"),)
    for path in (f"persons/{number(7)}?person=x", f"audit?subject={number(7)}&subject=x"):
        status, told = _asked(Request("GET", f"/api/v1/{path}".encode(), headers=headers))
        assert (status, codes(told)) == (422, ["F209"])


def test_what_was_sent_is_quoted_to_a_length_and_without_what_cannot_be_printed(
    service: Service,
) -> None:
    headers = (("Authorization", f"Bearer {service.token('auditor')}"),)
    _, told = _asked(Request("GET", b"/api/v1/persons/" + b"a" * 9000, headers=headers))
    assert len(told["faults"][0]["where"]) == 801
    admin = (("Authorization", f"Bearer {service.token('system_admin')}"), JSON)
    _, told = _asked(Request("DELETE", b"/api/v1/tokens/" + b"1" * 3000, headers=admin))
    assert len(told["faults"][0]["what"]) < 900
    _, told = _asked(Request("GET", b"/api/v1/visits/%01%1b[31m", headers=headers))
    assert told["faults"][0]["where"] == "\\x01\\x1b[31m"
    body = json.dumps({"a\x00": 1, "b" * 9000: 1, "reason": "试"}).encode()
    _, told = _asked(Request("POST", b"/api/v1/accounts/1/reset", body, admin))
    assert [fault["where"][:4] for fault in told["faults"]] == ["a\\x0", "bbbb"]
    district = (("Authorization", f"Bearer {service.token('district_admin')}"), JSON)
    for name in (b"%00.json", b"a" * 201):
        _, told = _asked(Request("POST", b"/api/v1/imports?name=" + name, b"{}", district))
        assert [(f["code"], f["where"]) for f in told["faults"]] == [("F203", "name")]


def test_a_time_that_no_clock_tells_is_refused(service: Service) -> None:
    registered(service, "FAR")
    token = service.token(may_back_date=True)
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59+00:00", "0001-01-01", "2019"):
        stated = bill("FAR", "FAR", settled=moment)
        for path, body in (
            ("precheck", stated),
            ("settlements", {"message_id": "f", "bill": stated}),
        ):
            status, told = service.ask("POST", f"/api/v1/{path}", token, body)
            assert (status, told["faults"][0]["code"]) == (422, "F203")
    assert service.rows("SELECT count(*) FROM settlement_settlement") == [(0,)]


def test_a_patient_goes_home_in_no_year_that_cannot_be_told_again(service: Service) -> None:
    token = service.token(may_back_date=True)
    header = {
        key: value
        for key, value in bill("HOME", "HOME").items()
        if key not in ("lines", "settled", "admitted")
    }
    assert service.ask("POST", "/api/v1/visits", token, {**header, "kind": "outpatient"})[0] == 201
    for day in ("0001-01-01", "9999-12-31", "1900-12-31", "2200-01-01"):
        path = "/api/v1/visits/HOME/discharge"
        status, told = service.ask("POST", path, token, {"discharged": day})
        assert (status, codes(told)) == (422, ["F203"])
    assert service.ask("GET", "/api/v1/visits", token)[0] == 200


@pytest.mark.parametrize(
    ("moment", "code"),
    [(20190613, "F203"), (["2019-06-13"], "F203"), ({}, "F203"), (True, "F203"), ("20190613", "F203"),
     ("2019-W24-4", "F203"), ("2019-06-13T00:00:00", "F205"), ("2019-06-13T00:00:00.1234567+08:00", "F204")],
)  # fmt: skip
def test_a_time_that_is_none_never_becomes_the_present(
    service: Service, moment: object, code: str
) -> None:
    token = service.token(may_back_date=True)
    status, told = service.settle(token, bill("NOW", "NOW", settled=moment))
    assert (status, codes(told)) == (422, [code])
    assert told["faults"][0]["where"] == "bill.settled"


def test_a_form_from_a_screen_is_a_body_that_is_no_json(service: Service) -> None:
    assert service
    browser = Browser(address="10.9.0.1")
    assert browser.log_in(person("auditor"))[0] == 200
    for kind in (
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ):
        answer = browser.client.generic(
            "POST", "/api/v1/one-time", b"--x\r\n", content_type=kind,
            headers={"X-CSRFToken": browser.csrf}, REMOTE_ADDR="10.9.0.1",
        )  # fmt: skip
        assert answer.status_code in (400, 422), kind


def test_a_code_of_a_telephone_in_other_letters_is_only_wrong(service: Service) -> None:
    assert service
    account, browser = person("auditor"), Browser(address="10.9.0.2")
    assert browser.log_in(account)[0] == 200
    assert browser.ask("POST", "/api/v1/one-time", {"password": "Kc7-quiet-river"})[0] == 200
    status, told = browser.ask("POST", "/api/v1/one-time/confirm", {"code": "１２３４５６"})
    assert (status, codes(told)) == (422, ["S476"])


CODES = {"S507", "S508", "S509", "S414"}
"""The codes that this file makes."""
