"""Every list of the desks of district, township, audit, city and operators that is a table is taken away as a
sheet: all of it, as it is filtered, and no cell begins a formula."""

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin

import psycopg
import pytest
from django.http import HttpResponse
from django.urls import resolve
from python_calamine import CalamineWorkbook

from desk.more_at_hand import more_at_hand, put
from desk.screens import Screen, screen
from desk.test_page_permissions import (
    HOME,
    PAGES,
    TOWN,
    address_of,
    places_at_hand,
    things_at_hand,
)
from desk.test_page_plans import ASKED
from doudi_web.desk import sheet as sheets
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Role
from web.payments_at_hand import MONTH
from web.service import Service

HOSTILE = "=1+1"
_HOSTILE = (
    "UPDATE tenancy_facility SET name = %s", "UPDATE tenancy_township SET name = %s",
    "UPDATE tenancy_village SET name = %s", "UPDATE tenancy_account SET name = %s",
    "UPDATE oversight_defect SET what = %s", "UPDATE exchange_exportrun SET reason = %s",
    "UPDATE policy_version SET reason = %s", 'UPDATE witness_handed SET "to" = %s',
    "UPDATE alerts_alert SET says = %s", "UPDATE upkeep_change SET says = %s",
    "UPDATE contracts_visit SET what = %s", "UPDATE alerts_value SET reason = %s",
)  # fmt: skip
_MORE = (
    """INSERT INTO inquiry_question (settlement, person, visit, facility, source, category, asked, deadline, state,
      at, actor)
    SELECT settlement, person, visit, facility, source, category, asked, deadline, 'closed', at, actor
    FROM inquiry_question ORDER BY id LIMIT 1 RETURNING id""",
    """INSERT INTO reimbursement_invoice (township, person, number, issuer_key, total, discharged, says, state,
      version, entered, entered_by, checked_by, apart, alike, late_by, late_reason)
    SELECT township, person, 'N' || id, issuer_key, total, discharged, says, 'given_up', version, entered,
      entered_by, checked_by, apart, alike, late_by, late_reason
    FROM reimbursement_invoice ORDER BY id LIMIT 1 RETURNING id""",
)
"""One more of what is listed by its state, in another state."""
ROLES = (
    Role.DISTRICT_ADMIN, Role.TOWNSHIP_OFFICER, Role.AUDITOR, Role.CITY_VIEWER, Role.SYSTEM_ADMIN,
    Role.FUND_ACCOUNTANT,
)  # fmt: skip
_DESKS = re.compile(r"doudi_web\.desk\.(district|township|audit|operation)\b")
_TABLE = re.compile(r"(?s)<table\b.*?</table>")
_SECTION = re.compile(r"(?s)(?=<(?:section|form)\b[^>]*\bclass=\"card)")
_SHEET = re.compile(r'href="([^"]*(?:as=csv|\.csv|\.xlsx|/drawn\b)[^"]*)"')
_ROW = re.compile(r'<tr\b(?! class="(?:group|sum)")')
"""What is listed; groups and their sums are no rows of their own."""
_DIALOG = re.compile(
    r'(?s)<dialog id="export(?:-[a-z]+)?".*?<form[^>]* action="([^"]*)"(.*?)</dialog>'
)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a sheet is: an address, or a form that is sent there with a reason."""

    address: str
    fields: tuple[tuple[str, str], ...] | None = None

    def taken(self, here: Screen) -> HttpResponse:
        """The answer to whoever takes it."""
        if self.fields is None:
            return here.get(self.address)
        return here.post(self.address, {**dict(self.fields), "reason": "核对"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page: what its first column is called, how many rows it has, the sheets beside it."""

    page: str
    first: str
    rows: int
    sheets: tuple[Sheet, ...]


@pytest.fixture(scope="module")
def hand(service: Service) -> dict[str, Any]:
    places_at_hand(service)
    made = things_at_hand(service)
    more_at_hand(service, made)
    put(
        service,
        "disputes_dispute",
        facility=HOME,
        month=MONTH,
        account="hospital",
        state="accepted",
    )
    ((ended,),) = service.rows("SELECT max(id) FROM disputes_dispute")
    put(service, "disputes_said", dispute_id=ended, what="accept", text="对上了")
    put(service, "contracts_visit", person=made["person"], due=now().date(), what="血糖")
    for more in _MORE:
        assert service.rows(more), more
    with psycopg.connect(service.url) as database:
        database.execute("SET LOCAL session_replication_role = replica")
        for sql in _HOSTILE:
            assert database.execute(sql, [HOSTILE]).rowcount, sql
    return made


def _screen(role: Role) -> Screen:
    return screen(
        role.value, HOME if role in OF_FACILITY else None, TOWN if role in OF_TOWNSHIP else None
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).strip()


def _offered(address: str, part: str) -> tuple[Sheet, ...]:
    links = [Sheet(urljoin(address, html.unescape(one))) for one in _SHEET.findall(part)]
    forms = [
        Sheet(
            urljoin(address, html.unescape(action)),
            tuple((key, html.unescape(value)) for key, value in _HIDDEN.findall(rest)),
        )
        for action, rest in _DIALOG.findall(part)
    ]
    return (*links, *forms)


def _tables(page: str, address: str, answer: HttpResponse) -> Iterator[Table]:
    """The tables of a page, each with the sheets of its own card, or else of the page's head."""
    head, *cards = _SECTION.split(answer.content.decode())
    for card in cards:
        offered = _offered(address, card) or _offered(address, head)
        for table in _TABLE.findall(card):
            first = _plain(re.sub(r"(?s).*?<th\b[^>]*>(.*?)</th>.*", r"\1", table, count=1))
            body = re.search(r"(?s)<tbody>(.*)</tbody>", table)
            rows = len(_ROW.findall(body[1])) if body else 0
            yield Table(page, first, rows, offered)


def _pages(hand: dict[str, Any]) -> Iterator[tuple[str, Screen, str, HttpResponse]]:
    for role in ROLES:
        here = _screen(role)
        for name, page in PAGES.items():
            address = f"{address_of(name, hand)}?{ASKED.get(name, '')}"
            view = resolve(address.partition("?")[0]).func
            if not _DESKS.match(view.__module__) or not any(role in MAY[act] for act in page.acts):
                continue
            answer = here.get(address)
            if answer.status_code == 200 and "html" in answer["Content-Type"]:
                yield name, here, address, answer


NO_LIST: set[tuple[str, str]] = {
    # the cases behind one alert, of which it keeps the first alone: all are among the visits, which have a sheet
    ("alert", "患者"),
    # who pays what of one visit
    ("approval", "谁付（元）"),
    ("reimbursement", "谁付（元）"),
    # what one audit came to; every mismatch is in its sheet
    ("audit", "原因"),
    ("audit", "哪个数"),
    ("audits", "哪个数"),
    # what one layout of an export has
    ("export_profile", "列"),
    ("export_profile", "核对什么"),
    # one notice, which is a paper
    ("notice", "村（居）"),
    # what is in one pack, which is a file
    ("policy_pack", "从哪天"),
    ("policy_pack", "依据"),
    ("policy_pack", "是什么"),
    ("policy_version", "从哪天"),
    ("policy_version", "依据"),
    ("policy_version", "是什么"),
    # what one trial came to; every visit is in its sheet
    ("policy_version", "医院"),
    ("policy_version", "就医类别"),
    ("policy_version", "谁"),
    ("policy_version", "谁付"),
    ("policy_version", "身份"),
    # the lines of one invoice, as they are shown and typed
    ("reimbursement", "项目"),
    ("reimbursement_edit", "类别"),
    # what one change would write
    ("upkeep_change", "身份"),
}
"""Tables of one thing: what it comes to, what is in it, what is about to be done with it."""


def test_every_list_has_its_sheet(hand: dict[str, Any]) -> None:
    found = [
        one for name, _, address, answer in _pages(hand) for one in _tables(name, address, answer)
    ]
    without = {(one.page, one.first) for one in found if not one.sheets}
    assert without - NO_LIST == set()
    assert NO_LIST - {(one.page, one.first) for one in found} == set(), "tables that no page has"


def _read(answer: HttpResponse) -> list[list[str]]:
    kind = str(answer["Content-Type"])
    if "csv" in kind:
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "spreadsheet" in kind, kind
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def test_a_sheet_has_all_that_is_listed_and_begins_no_formula(hand: dict[str, Any]) -> None:
    seen: set[Sheet] = set()
    wrong, hostile = list[tuple[Sheet, str]](), 0
    for name, here, address, answer in _pages(hand):
        for one in _tables(name, address, answer):
            for sheet in one.sheets[:1]:
                seen.add(sheet)
                told = sheet.taken(here)
                if told.status_code != 200 or "html" in told["Content-Type"]:
                    wrong.append((sheet, f"{told.status_code} {told['Content-Type']}"))
                    continue
                head, *lines = _read(told)
                if (one.rows > len(lines) and (name, one.first) not in NO_LIST) or any(
                    len(line) != len(head) for line in lines
                ):
                    wrong.append((sheet, f"{one.rows} rows, {len(lines)} lines"))
                cells = [cell for line in lines for cell in line]
                hostile += sum(HOSTILE in cell for cell in cells)
                begun = (
                    [c for c in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", c)]
                    if "csv" in told["Content-Type"]
                    else []
                )
                wrong += [(sheet, cell) for cell in begun]
    assert wrong == []
    assert len(seen) > 25
    assert hostile > 20


_TABS = re.compile(r'(?s)<nav class="tabs".*?</nav>')


@pytest.mark.parametrize("name", ["upkeep", "contracts", "reimbursements", "questions", "disputes"])
def test_a_sheet_is_filtered_as_its_list_is(hand: dict[str, Any], name: str) -> None:
    """Under every tab the sheet has exactly the rows of the list."""
    here, address = _screen(Role.DISTRICT_ADMIN), address_of(name, hand)
    shown = here.get(address).content.decode()
    tabs = [
        urljoin(address, html.unescape(one))
        for one in re.findall(r'href="([^"]+)"', "".join(_TABS.findall(shown)))
    ]
    assert len(tabs) > 1
    counts = set[int]()
    for tab in tabs:
        shown = here.get(tab)
        lists = [one for one in _tables(name, tab, shown) if "changes" not in one.sheets[0].address]
        counts.add(lists[-1].rows if lists else 0)
        if lists:
            told = _read(lists[-1].sheets[-1].taken(here))
            assert len(told) - 1 == lists[-1].rows, (tab, lists[-1])
    assert len(counts - {0}) > 1, "a filter that changes nothing is none"


_EXPORTS = "SELECT action, reason FROM audit_log_record WHERE action LIKE '%%.export' AND id > %s ORDER BY id"
_READ = """
SELECT DISTINCT subject FROM audit_log_record WHERE action = 'persons.read' AND actor = %s AND id > %s
"""


def _last(service: Service) -> int:
    ((last,),) = service.rows("SELECT coalesce(max(id), 0) FROM audit_log_record")
    return last


def test_a_list_that_is_longer_than_a_sheet_is_refused_and_not_cut(
    hand: dict[str, Any], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST", 0)
    before, refused = _last(service), set[str]()
    for name, here, address, answer in _pages(hand):
        for one in _tables(name, address, answer):
            for each in one.sheets[:1]:
                told = each.taken(here)
                if told.status_code == 422:
                    text = told.content.decode()
                    assert "S612" in text
                    assert "这张表超过 0 行" in text
                    asked = parse_qs(each.address.partition("?")[2])
                    table = "".join(asked.get("table", []))
                    refused.add(
                        f"{resolve(each.address.partition('?')[0]).url_name}.{table}".strip(".")
                    )
    assert refused == {
        "audits", "contracts", "exports", "heads", "notices", "operation.runs", "payments", "period_visits",
        "questions_table", "reimbursements", "samples", "upkeep", "upkeep.changes",
    }  # fmt: skip
    kept = {action for action, _ in service.rows(_EXPORTS, before)}
    named = {"upkeep.export", "contracts.export", "reimbursements.export", "periods.visits.export"}
    assert not kept & named, "what was refused was not taken along"


@pytest.mark.usefixtures("hand")
def test_a_sheet_holds_as_many_rows_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    here = _screen(Role.DISTRICT_ADMIN)
    rows = len(_read(here.get("/desk/notices?as=csv"))) - 1
    assert rows
    monkeypatch.setattr(sheets, "MOST", rows)
    assert len(_read(here.get("/desk/notices?as=csv"))) - 1 == rows
    monkeypatch.setattr(sheets, "MOST", rows - 1)
    assert here.get("/desk/notices?as=csv").status_code == 422


@pytest.mark.usefixtures("hand")
@pytest.mark.parametrize(
    ("address", "action"),
    [
        ("/desk/upkeep?tab=all", "upkeep.export"),
        ("/desk/upkeep?as=csv&table=changes", "upkeep.changes.export"),
        ("/desk/contracts?tab=due", "contracts.export"),
        ("/desk/contracts?tab=wish", "contracts.export"),
        ("/desk/reimbursements?as=csv&state=all", "reimbursements.export"),
    ],
)
def test_names_leave_for_a_reason_and_whose_they_are_is_on_record(
    service: Service, address: str, action: str
) -> None:
    here = _screen(Role.TOWNSHIP_OFFICER)
    before, key = _last(service), f"account:{here.account.pk}"
    assert "csv" not in here.get(address)["Content-Type"]
    missing = here.post(address, {})
    assert (missing.status_code, service.rows(_EXPORTS, before)) == (422, [])
    assert "F201" in missing.content.decode()
    before = _last(service)
    head, *lines = _read(here.post(address, {"reason": "入户核对"}))
    assert service.rows(_EXPORTS, before) == [(action, "入户核对")]
    persons = {line[head.index("登记号")] for line in lines}
    assert persons
    assert {who for (who,) in service.rows(_READ, key, before)} == {
        f"person:{one}" for one in persons
    }
    names = {line[head.index("姓名")] for line in lines} - persons
    assert all("*" in name for name in names if name), "masked, as they are shown"
