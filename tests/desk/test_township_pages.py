"""The township's pages: what is typed there and what they are asked for, whoever sends it."""

import pytest

from desk.screens import Screen, heading_of, text_of
from doudi_web.register import statements
from doudi_web.reimbursement import checking, selectors
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep import asking, deciding
from web.accounts import person
from web.invoices_at_hand import invoice_at_hand, township_at_hand
from web.people import person as registered
from web.people import standing
from web.reimbursing import in_2019
from web.service import Service

__all__ = ["in_2019"]
TOWN, OTHER = "500113905", "500113906"
OFFICER = Actor("account:9500", Role.TOWNSHIP_OFFICER, township=TOWN)


@pytest.fixture(scope="module")
def officer(service: Service, in_2019: None) -> Screen:
    """An officer of the township before a screen, with people and nobody else's."""
    assert in_2019 is None
    people = [
        registered(f"P{n}", 800 + n, name=f"田小{n}", village=f"{TOWN}201", insurance_tier="tier_1",
               standings=[standing("registered_poor")])
        for n in range(1, 4)
    ]  # fmt: skip
    people.append(
        registered("Q1", 850, name="邻一", village=f"{OTHER}201", insurance_tier="tier_1")
    )
    asked = {"persons": people}
    assert service.ask("POST", "/api/v1/persons", service.token("district_admin"), asked)[0] == 201
    return Screen(person("township_officer", None, TOWN, password_changed=real_now()))


@pytest.mark.parametrize(
    "path",
    [
        "upkeep?tab=all&after=%00", "contracts?tab=have&after=%00", "contracts?village=%00",
        "reimbursements/new?person=%00", "upkeep/persons/%00",
    ],
)  # fmt: skip
def test_what_no_row_can_hold_is_refused_in_an_address(officer: Screen, path: str) -> None:
    answer = officer.get(f"/desk/{path}")
    assert answer.status_code in (404, 422)
    assert "S500" not in text_of(answer)


def test_what_no_row_can_hold_is_refused_in_a_form(officer: Screen) -> None:
    number = invoice_at_hand(TOWN, "P1", number="NUL1")["invoice"]
    typed = {"do": "give_up", "version": "2", "reason": "录错\0了"}
    answer = officer.post(f"/desk/reimbursements/{number}", typed)
    assert (answer.status_code, "F203" in text_of(answer)) == (422, True)
    assert selectors.one(OFFICER, number).version == 2


def test_what_cannot_be_seen_is_no_reason(officer: Screen) -> None:
    number = invoice_at_hand(TOWN, "P1", number="SEEN1", admitted="2019-10-01")["invoice"]
    typed = {"do": "give_up", "version": "2", "reason": "录错\u202e了"}
    answer = officer.post(f"/desk/reimbursements/{number}", typed)
    assert (answer.status_code, "F203" in text_of(answer)) == (422, True)


def test_an_open_invoice_of_somebody_who_moved_can_still_be_mended(officer: Screen) -> None:
    number = invoice_at_hand(TOWN, "P2", number="MOVED1")["invoice"]
    who = Actor("account:9501", Role.DISTRICT_ADMIN)
    moved = {
        "id": "P2", "birth_date": "1970-01-01", "district": "500113", "village": f"{OTHER}201",
    }  # fmt: skip
    statements.write(who, moved, statements.looked(moved).digest(), "搬家")
    shown = officer.get(f"/desk/reimbursements/{number}")
    assert (shown.status_code, "田*" in heading_of(shown)) == (200, True)
    assert officer.get(f"/desk/reimbursements/{number}/edit").status_code == 200
    assert officer.get("/desk/reimbursements/new?person=P2").status_code == 404


def test_the_page_brings_the_mark_of_what_is_approved(officer: Screen) -> None:
    assert officer
    number = invoice_at_hand(TOWN, "P3", number="MARK1")["invoice"]
    admin = Actor("account:9502", Role.DISTRICT_ADMIN)
    checking.check(OFFICER, number, 2, "照片是同一台机器上的样张")
    mark = checking.look(admin, selectors.one(admin, number)).mark
    assert len(mark) == 64
    page = (
        Screen(person("district_admin", password_changed=real_now()))
        .get(f"/desk/reimbursements/{number}")
        .content.decode()
    )
    assert f'name="seen" value="{mark}"' in page


def test_a_button_that_is_none_takes_nothing_back(officer: Screen) -> None:
    change = township_at_hand(TOWN, "P1")["change"]
    for do in ("", "withdrew", "确认"):
        assert officer.post(f"/desk/upkeep/changes/{change}", {"do": do}).status_code == 422
    who = Actor("account:9502", Role.DISTRICT_ADMIN)
    assert deciding.one(who, change)[0].state == "waiting"


def test_what_was_written_stays_where_a_change_is_refused(officer: Screen) -> None:
    typed = {"kind": "died", "day": "2019-12-01", "do": "look"}
    digest = asking.look(OFFICER, "P3", "died", typed).digest
    for more, status in (
        ({"reason": ""}, 422),
        ({"reason": "开了死亡证明", "digest": "0" * 64}, 409),
    ):
        sent = {**typed, "do": "state", "digest": digest, "document": "医〔2019〕7号", **more}
        answer = officer.post("/desk/upkeep/persons/P3", sent)
        assert answer.status_code == status
        page = answer.content.decode()
        assert f'name="digest" value="{digest}"' in page
        assert "医〔2019〕7号" in page
        assert more["reason"] in page
