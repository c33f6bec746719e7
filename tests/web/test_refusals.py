"""Every refusal of the service: its status, its code, and that nothing was written."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from doudi_web.settlement import assessing, tables
from doudi_web.tenancy.refusals import Refusal
from web.service import Json, Service
from web.test_settling import bill

SETTLE = "/api/v1/settlements"


@dataclass(frozen=True)
class Refused:
    """A request, by whom, and the refusal that it meets."""

    code: str
    status: int
    method: str = "POST"
    path: str = SETTLE
    role: str | None = "system_client"
    facility: str | None = None
    body: Callable[[], Any] = lambda: {"message_id": "r", "bill": bill("R1", "PR")}
    before: Callable[[Service, pytest.MonkeyPatch], None] = lambda *_: None


def _message(**more: Any) -> Callable[[], Json]:
    return lambda: {"message_id": "r", "bill": {**bill("R1", "PR"), **more}}


def _settled(service: Service, _: pytest.MonkeyPatch) -> None:
    status, told = service.settle(service.token(may_back_date=True), bill("R2", "PR2"))
    assert (
        status == 201 or told["faults"][0]["code"] == "S410"
    )  # settled by an earlier row of the table


def _reversed(service: Service, patch: pytest.MonkeyPatch) -> None:
    _settled(service, patch)
    asked = {"message_id": "undo", "reason": "试"}
    (found,) = service.rows("SELECT min(id) FROM settlement_settlement")
    path = f"{SETTLE}/{found[0]}/reverse"
    assert service.ask("POST", path, service.token(), asked)[0] == 201


def _clock_back(service: Service, patch: pytest.MonkeyPatch) -> None:
    _settled(service, patch)
    real = assessing.now
    patch.setattr(assessing, "now", lambda: real() - timedelta(hours=1))


def _defect(_: Service, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(assessing, "with_register", lambda *_: 1 // 0)


def _database_gone(_: Service, patch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    patch.setattr(tables, "lock_and_read", gone)


REFUSED = [
    Refused("S401", 401, role=None),
    Refused("S403", 403, role="auditor"),
    Refused("S404", 403, role="cashier", facility="H9"),
    Refused("S406", 404, "GET", f"{SETTLE}/999999"),
    Refused("S406", 404, "POST", f"{SETTLE}/999999/reverse", body=lambda: {"message_id": "u", "reason": "试"}),
    Refused("S410", 409, before=_settled, body=lambda: {"message_id": "r", "bill": bill("R2", "PR2")}),
    Refused("S411", 409, "POST", f"{SETTLE}/{{first}}/reverse", before=_reversed,
            body=lambda: {"message_id": "other", "reason": "试"}),
    Refused("S413", 413, body=lambda: b'{"message_id": "' + b"x" * (17 * 2**20) + b'"}'),
    Refused("S500", 503, before=_defect),
    Refused("S503", 503, before=_clock_back),
    Refused("S504", 503, before=_database_gone),
    Refused("F201", 422, body=lambda: {"bill": bill("R1", "PR")}),
    Refused("F104", 422, body=lambda: b"{"),
    Refused("F403", 422, body=_message(kind="spa")),
]  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED, ids=lambda r: f"{r.code} {r.method}")
def test_a_refusal_has_its_status_and_code_and_nothing_is_written(
    service: Service, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused.before(service, monkeypatch)
    service.rows(
        "INSERT INTO tenancy_facility (code, name, level, district) VALUES ('H9', '九院', '2', '500113')"
        " ON CONFLICT (code) DO UPDATE SET name = '九院' RETURNING code"
    )
    token = None if refused.role is None else service.token(refused.role, refused.facility)
    before = service.rows("SELECT count(*), max(id) FROM settlement_posting")
    body = None if refused.method == "GET" else refused.body()
    first = service.rows("SELECT coalesce(min(id), 0) FROM settlement_settlement")[0][0]
    path = refused.path.replace("{first}", str(first))
    status, told = service.ask(refused.method, path, token, body)
    assert (status, [f["code"] for f in told["faults"]]) == (refused.status, [refused.code])
    assert all(f["what"] and f["why"] and f["mend"] for f in told["faults"])
    assert "+00:00" not in json.dumps(told)  # moments are told on the clock of China
    assert service.rows("SELECT count(*), max(id) FROM settlement_posting") == before


def test_a_message_id_with_other_content_is_refused(service: Service) -> None:
    token = service.token(may_back_date=True)
    assert service.settle(token, bill("R9", "PR9"), "one")[0] == 201
    status, told = service.settle(token, bill("R9", "PR9", "1.00"), "one")
    assert (status, told["faults"][0]["code"]) == (409, "S409")


def test_nothing_is_settled_in_the_future(service: Service) -> None:
    token = service.token(may_back_date=True)
    late = (datetime.now().astimezone() + timedelta(days=1)).isoformat()
    status, told = service.settle(token, {**bill("R8", "PR8"), "settled": late})
    assert (status, told["faults"][0]["code"]) == (422, "S422")


def test_a_role_of_a_hospital_needs_one(service: Service) -> None:
    with pytest.raises(Refusal) as refused:
        service.token("doctor")
    assert [f.code for f in refused.value.faults] == ["S405"]


CODES = {refused.code for refused in REFUSED} | {"S405", "S409", "S422"}
"""The codes that this file makes."""
