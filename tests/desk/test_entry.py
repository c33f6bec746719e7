"""Coming in and going: who is asked to log in, where they land, what ends a session, a demonstration's door."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from desk.screens import Screen, heading_of, screen, text_of
from doudi_web.accounts import demonstration
from doudi_web.tenancy import sessions
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock
from doudi_web.tenancy.demonstration import keep_day
from web.accounts import PASSWORD, person
from web.service import Service

HOME = "Y1"


@pytest.fixture(autouse=True)
def _hospital(service: Service) -> None:
    service.facilities(HOME)


def _log_in(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post(
        "/desk/login", {"username": username, "password": password, "code": "", **more}
    )


def test_nobody_is_asked_to_log_in_and_comes_to_the_page_that_was_asked_for() -> None:
    client = Client()
    answer = client.get("/desk/?tab=over")
    assert (answer.status_code, answer["Location"]) == (
        303,
        "/desk/login?next=%2Fdesk%2F%3Ftab%3Dover",
    )
    page = client.get(answer["Location"])
    assert 'name="next" value="/desk/?tab=over"' in page.content.decode()
    assert "没有保存的内容还在" not in page.content.decode()
    account = person("insurance_office", HOME)
    done = _log_in(client, account.username, next="/desk/?tab=over")
    assert (done.status_code, done["Location"]) == (303, "/desk/?tab=over")


@pytest.mark.parametrize(
    "stated",
    ["//evil.example/desk/", "https://evil.example/desk/", "/desk/../x", "javascript:alert(1)", "/api/v1/me", ""],
)  # fmt: skip
def test_a_login_never_leads_anywhere_else(stated: str) -> None:
    done = _log_in(Client(), person("cashier", HOME).username, next=stated)
    assert done.status_code == 303
    assert done["Location"] in ("/desk/", "/desk/../x")
    assert Client().get(done["Location"]).status_code in (303, 404)


def test_a_wrong_password_keeps_the_name_and_says_why() -> None:
    account = person("cashier", HOME)
    answer = _log_in(Client(), account.username, "wrong", next="/desk/")
    assert answer.status_code == 401
    assert f'value="{account.username}"' in answer.content.decode()
    assert "S470" in text_of(answer)
    assert "wrong" not in answer.content.decode()


def test_a_hostile_name_is_text() -> None:
    answer = _log_in(Client(), '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.content.decode()


def test_who_leaves_has_left() -> None:
    here = screen("cashier", HOME)
    assert here.get("/desk/password").status_code == 200
    assert heading_of(here.post("/desk/logout", {})) == "已经退出"
    assert here.get("/desk/password").status_code == 303
    assert Session.objects.filter(pk=here.client.cookies["doudi_session"].value).count() == 0


def test_a_first_password_is_changed_before_anything_else() -> None:
    account = person("cashier", HOME, must_change=True)
    client = Client()
    assert _log_in(client, account.username)["Location"] == "/desk/password"
    assert client.get("/desk/")["Location"].startswith("/desk/password?")
    short = client.post("/desk/password", {"old": PASSWORD, "new": "a", "again": "a"})
    assert short.status_code == 422
    assert "要 10 至 128 个字符" in text_of(short)
    differ = client.post("/desk/password", {"old": PASSWORD, "new": "Long-enough-7", "again": "x"})
    assert differ.status_code == 422
    done = client.post(
        "/desk/password", {"old": PASSWORD, "new": "Long-enough-7", "again": "Long-enough-7"}
    )
    assert (done.status_code, done["Location"]) == (303, "/desk/")


def test_a_page_that_asks_by_itself_is_nobody_at_work() -> None:
    here = screen("insurance_office", HOME)
    session = here.client.session
    seen = real_now() - timedelta(minutes=10)
    session["seen"] = seen.isoformat()
    session.save()
    here.get("/desk/?poll=1")
    assert here.client.session["seen"] == seen.isoformat()
    here.get("/desk/")
    assert here.client.session["seen"] != seen.isoformat()


def test_a_card_of_a_session_that_is_over_sends_the_whole_page_to_the_login() -> None:
    here = screen("insurance_office", HOME)
    session = here.client.session
    session["seen"] = (real_now() - sessions.IDLE).isoformat()
    session.save()
    page = "http://testserver/desk/?tab=over"
    answer = here.get("/desk/?poll=1", **{"HX-Request": "true", "HX-Current-URL": page})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/desk/login?next=%2Fdesk%2F%3Ftab%3Dover&ended=1"


def test_an_identity_number_may_not_stand_in_an_address() -> None:
    answer = screen("insurance_office", HOME).get("/desk/?q=11010519491231002X")
    assert answer.status_code == 422
    assert "F209" in text_of(answer)


@pytest.fixture
def demo() -> Iterator[None]:
    with override_settings(DEMO=demo_clock(date(2019, 12, 3), None, real_now())):
        keep_day()
        yield


@pytest.mark.usefixtures("demo")
def test_the_door_of_a_demonstration_opens_once() -> None:
    person("insurance_office", HOME, username="demo.insurance-office")
    first = demonstration.new_door()
    key = demonstration.new_door()
    assert Client().get(f"/desk/enter/{first}")["Location"] == "/desk/login"
    client = Client()
    assert client.get(f"/desk/enter/{key}")["Location"] == "/desk/"
    assert client.get("/desk/password").status_code == 200
    assert Client().get(f"/desk/enter/{key}")["Location"] == "/desk/login"


def test_there_is_no_door_where_no_demonstration_is() -> None:
    assert Client().get("/desk/enter/anything")["Location"] == "/desk/login"


def test_who_has_no_place_here_is_told_where_the_work_is_done() -> None:
    answer = Screen(person("security_admin")).get("/desk/")
    assert heading_of(answer) == "安全管理员的工作不在这些页面上"
