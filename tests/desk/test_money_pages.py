"""Pages of money and of deciding: a form sent twice, a form that says nothing, lists that are whole."""

import uuid

import pytest

from desk.screens import screen
from web.floor_at_hand import poor
from web.payments_at_hand import MONTH, account, approved
from web.service import Service


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
