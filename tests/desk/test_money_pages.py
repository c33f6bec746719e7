"""Pages of money and of deciding: a form sent twice, a form that says nothing, lists that are whole."""

import csv
import io
import json
import uuid
from collections.abc import Mapping

import psycopg
import pytest
from django.http import HttpResponse

from desk.screens import Screen, heading_of, screen, text_of
from doudi_web.desk.sheet import sheet
from doudi_web.desk.templatetags.desk import moment
from web.floor_at_hand import poor
from web.payments_at_hand import MONTH, account, approved
from web.service import Service
from web.test_approvals import late


@pytest.fixture(scope="module")
def office(service: Service) -> Service:
    poor(service, "MP1")
    service.facilities("H1")
    account("H1")
    return service


def _message() -> str:
    return f"desk:{uuid.uuid4().hex}"


def test_a_form_sent_twice_leads_to_the_batch_that_it_made(office: Service) -> None:
    """Not to the newest of the month, which somebody else made in between."""
    here, sent, asked = screen("fund_accountant"), [_message(), _message()], []
    for one in sent:
        approved(office, "MP1", "H1")
        asked.append(
            {"do": "make", "layout": "bank_csv", "seen": "13479", "month": MONTH, "message": one}
        )
    first = here.post(f"/desk/payments?month={MONTH}", {**asked[0], "seen": "26958"})
    assert first.status_code == 303
    approved(office, "MP1", "H1")
    second = here.post(f"/desk/payments?month={MONTH}", asked[1])
    assert second.headers["Location"] != first.headers["Location"]
    again = here.post(f"/desk/payments?month={MONTH}", {**asked[0], "seen": "26958"})
    assert again.headers["Location"] == first.headers["Location"]


def _filled(service: Service, sql: str) -> None:
    with psycopg.connect(service.url) as database:
        database.execute("SET session_replication_role = replica")
        database.execute(sql)  # pyright: ignore[reportArgumentType, reportCallIssue]


def _sheet(here: Screen, path: str) -> list[list[str]]:
    return _rows(here.get(path))


def _rows(answer: HttpResponse) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_sum_below_nothing_is_a_number_in_a_sheet_and_a_text_begins_no_formula() -> None:
    cells = ["-134.79", "-5", "12.00", "-x", "=1+1", "+1", "-1+1", None]
    content = sheet("x", ["a"] * 8, [cells]).content.decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(content)))[1]
    assert found == ["-134.79", "-5", "12.00", "'-x", "'=1+1", "'+1", "'-1+1", ""]


def test_every_dispute_is_in_the_sheet(office: Service) -> None:
    _filled(
        office,
        "WITH d AS (INSERT INTO disputes_dispute (facility, month, account, recorded, state, due, opened)"
        " SELECT 'H1', '2019-06', 'total', g, 'open', '2019-07-01', now()"
        " FROM generate_series(1, 203) g RETURNING id)"
        " INSERT INTO disputes_said (dispute_id, what, text, at, by) SELECT id, 'open', '不对', now(), 'x' FROM d",
    )
    rows = _sheet(screen("district_admin"), "/desk/disputes.csv?month=2019-06")
    assert len(rows) == 1 + 203
    assert len({row[0] for row in rows}) == 1 + 203


def test_every_row_that_was_held_back_is_in_the_sheet(office: Service) -> None:
    _filled(
        office,
        "INSERT INTO exchange_exportrow"
        " (profile, facility, visit, settlement, person, state, answer, reasons, changed, stamp)"
        " SELECT 'national', 'H1', 'V' || g, g, 'P', 'held_back', '', '[]', now(), ''"
        " FROM generate_series(1, 1101) g",
    )
    here, path = screen("district_admin"), "/desk/exports/national/rows?state=held_back"
    rows = _rows(here.post(path, {"reason": "核对"}))
    assert len({row[1] for row in rows[1:]}) == len(rows) - 1 == 1101
    assert heading_of(here.get(path)) == "这一页 50 行"


@pytest.mark.parametrize(
    ("path", "action"),
    [("/desk/approvals.csv", "approvals.export"), ("/desk/exports/national/rows", "exports.rows.export")],
)  # fmt: skip
def test_a_table_about_persons_is_taken_along_for_a_reason_that_is_kept(
    office: Service, path: str, action: str
) -> None:
    here = screen("auditor")
    kept = "SELECT reason FROM audit_log_record WHERE action = %s AND actor = %s"
    key = f"account:{here.account.pk}"
    assert here.get(path).headers.get("Content-Type", "").startswith("text/csv") is False
    assert here.post(path, {}).status_code == 422
    assert office.rows(kept, action, key) == []
    answer = here.post(path, {"reason": "给财政核对"})
    assert (answer.status_code, answer.headers["Content-Type"][:8]) == (200, "text/csv")
    assert office.rows(kept, action, key) == [("给财政核对",)]


def test_a_profile_was_sent_though_another_was_sent_often_since(office: Service) -> None:
    """The list shows the last twenty runs: what a profile's last one was does not rest on them."""
    counts = dict.fromkeys(("exported", "withdrawn", "held_back", "left_out", "unchanged"), 0)
    run = (
        "INSERT INTO exchange_exportrun"
        " (profile, profile_digest, at, actor, reason, form, encoding, whole, first, last, counts, files)"
        " SELECT '{}', '', now() - interval '1 minute' * (30 - g), 'x', 'x', 'csv', 'gbk', false, 0, 0, '"
        + json.dumps(counts).replace("{", "{{").replace("}", "}}")
        + "', '[]' FROM generate_series({}) g"
    )
    _filled(office, run.format("national", "1, 1"))
    _filled(office, run.format("one_stop", "2, 26"))
    ((sent,),) = office.rows("SELECT at FROM exchange_exportrun WHERE profile = 'national'")
    assert moment(sent) in text_of(screen("district_admin").get("/desk/exports"))


@pytest.mark.parametrize("does", ["", "agree"])
def test_a_form_that_says_nothing_known_decides_nothing(office: Service, does: str) -> None:
    number = late(office, f"MQ{len(does)}")
    here = screen("district_admin")
    form = {"reason": "试", "do": does, "message": _message()}
    assert here.post(f"/desk/approvals/{number}", form).status_code == 422
    borne: Mapping[str, str] = {**form, "do": "approve", "borne_by": "patient"}
    assert here.post(f"/desk/approvals/{number}", dict(borne)).status_code == 422
    taken = {"kind": "standing", "number": str(number), "do": does}
    assert here.post("/desk/approvals", taken).status_code == 422
    assert office.rows("SELECT state FROM settlement_proposal WHERE id = %s", number) == [("open",)]
    assert office.rows("SELECT count(*) FROM approvals_taken WHERE number = %s", number) == [(0,)]


def test_a_day_after_the_last_that_there_is_is_a_fault_of_the_form(office: Service) -> None:
    assert office
    form = {"do": "try", "from": "2019-01-01", "to": "9999-12-31"}
    assert screen("district_admin").post("/desk/policies/999999", form).status_code == 404
