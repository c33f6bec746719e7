"""What every page asks of the database, before every role that may open it: no table that grows is read whole, and
where there is more to list no more is asked."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.http import HttpResponse
from python_calamine import CalamineWorkbook

from desk.many import multiply
from desk.more_at_hand import more_at_hand
from desk.plans import read_whole, recorded
from desk.screens import screen
from desk.test_page_permissions import (
    HOME,
    PAGES,
    ROLES,
    SENT_TO,
    TOWN,
    address_of,
    places_at_hand,
    things_at_hand,
)
from doudi_web.register import sealing
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Role
from web.deliveries import delivery
from web.service import Service

_YEAR = "from=2019-01&to=2019-12&standing=all"
ASKED = {
    "alerts": "tab=all", "city": "year=2019", "city_table": "year=2019", "clearing": f"facility={HOME}",
    "clearing_pdf": f"facility={HOME}", "contracts": f"tab=wish&township={TOWN}",
    "day": f"facility={HOME}", "day_pdf": f"facility={HOME}", "disputes": "state=all",
    "disputes_table": "state=all", "district": _YEAR, "district_table": _YEAR, "district_visits": _YEAR,
    "export_rows": "state=left_out", "items": "drug=x", "log": "from=2019-01-01",
    "mapping": f"facility={HOME}", "mapping_table": f"facility={HOME}", "period_visits": "period=2019-06",
    "periods": "period=2019-06", "periods_table": "period=2019-06", "policy_pack": "pack=cn/500000/500113/2019",
    "persons": f"township={TOWN}",
    "reimbursements": "state=all", "sample": "tab=all", "upkeep": f"tab=all&township={TOWN}",
}  # fmt: skip
"""What is asked for of a page, so that it lists what is there."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page as it was opened: how many rows and items it has, and what it asked the database."""

    status: int
    rows: int
    asked: list[tuple[str, Any]]


Walked = dict[tuple[str, Role], Opened]


def _rows(answer: HttpResponse) -> int:
    kind = str(answer["Content-Type"]) if answer.status_code == 200 else ""
    if "html" in kind:
        return len(re.findall(r"<(?:tr|li|article)\b", answer.content.decode()))
    if "csv" in kind:
        return len(answer.content.splitlines())
    if "spreadsheet" in kind:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        return len(book.get_sheet_by_index(0).to_python())
    return 0


def _walk(hand: Mapping[str, Any]) -> Walked:
    """Every page before every role that may open it, the second time: what is made once and kept is there."""
    found: Walked = {}
    for role in ROLES:
        here = screen(
            role.value, HOME if role in OF_FACILITY else None, TOWN if role in OF_TOWNSHIP else None
        )
        for name, page in PAGES.items():
            if page.acts and not any(role in MAY[act] for act in page.acts):
                continue
            address = f"{address_of(name, dict(hand))}?{ASKED.get(name, '')}"
            here.get(address)
            with recorded() as asked:
                answer = here.get(address)
            found[name, role] = Opened(answer.status_code, _rows(answer), asked.reading())
    return found


def _opened_anywhere(sealed: bytes, place: str) -> bytes:
    """A copy is sealed for the place of its original: it is opened without holding it against its place."""
    head, sealed = bytes(sealed)[:30], bytes(sealed)[30:]
    kept = sealing._kept(sealing.key_number(head))
    opening = Cipher(algorithms.SM4(kept), modes.GCM(head[2:14], head[14:])).decryptor()
    opening.authenticate_additional_data(place.encode())
    return opening.update(sealed)


@pytest.fixture(scope="module")
def walked(service: Service) -> Iterator[tuple[Walked, Walked]]:
    """The pages as they are with a little of everything, and with many times more."""
    places_at_hand(service)
    hand = things_at_hand(service)
    more_at_hand(service, hand)
    before = _walk(hand)
    multiply(service.url)
    admin = service.token("district_admin")
    for district in ("500102", "500103"):
        assert service.ask("POST", "/api/v1/city/deliveries", admin, delivery(district))[0] == 201
    with patch.object(sealing, "opened_bytes", _opened_anywhere):
        yield before, _walk(hand)


def test_every_page_opens_with_little_and_with_much(walked: tuple[Walked, Walked]) -> None:
    wrong = [
        (page, one.status) for some in walked for page, one in some.items() if one.status >= 400
    ]
    assert wrong == []
    assert {name for name, _ in walked[0]} == set(PAGES)


def test_no_page_reads_a_table_whole_that_grows(
    service: Service, walked: tuple[Walked, Walked]
) -> None:
    """Each statement is judged once, as it is told apart by its text."""
    each = {re.sub(r"IN \([^)]*\)", "IN ()", sql): (sql, values)
            for opened in walked[1].values() for sql, values in opened.asked}  # fmt: skip
    assert len(each) > 250
    assert read_whole(service.url, list(each.values())) == []


def test_no_page_asks_more_where_there_is_more(walked: tuple[Walked, Walked]) -> None:
    before, after = walked
    grown = {
        page: (len(one.asked), len(after[page].asked)) for page, one in before.items()
        if len(one.asked) != len(after[page].asked)
    }  # fmt: skip
    assert grown == {}


STILL = SENT_TO | {
    # one thing, or a form for one
    "alert_rules", "answer", "approval", "correct", "discharge", "head", "import_new", "late", "policy_new",
    "policy_pack", "question_new", "reimbursement_edit", "reimbursement_new", "return", "reverse", "sample_item",
    "sample_new", "settlement", "ward_stay",
    # how far something is, a file as it was kept
    "audit_progress", "export_profile", "export_progress", "export_run", "import_progress", "policy_trial", "proof",
    "reimbursement_scan",
    "sample_file",
    # a full page of as many as a page has
    "log",
    # of a hospital: with more of it in tests of their own
    "clearing", "day", "discharges", "import_faults", "items", "mapping_effects", "mapping_item", "persons",
    "wards_moved",
}  # fmt: skip
"""Pages that list nothing of which there is more by now."""


def test_what_lists_something_lists_more(walked: tuple[Walked, Walked]) -> None:
    """Else nothing would be known of how much is asked for more."""
    before, after = walked
    more = {page for (page, role), one in after.items() if one.rows > before[page, role].rows}
    still = set(PAGES) - more
    assert (sorted(still - STILL), sorted(STILL - still)) == ([], [])
