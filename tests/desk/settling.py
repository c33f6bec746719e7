"""Visits that are opened, settled and changed on the pages, as tests of these pages need them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse

import banan
from desk.screens import Screen, text_of
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock
from web.accounts import person
from web.service import Json, Service
from web.test_correcting import poor
from web.test_visits import VISITS, header

HOME = "F"
_numbers = iter(range(1, 10_000))
SILENT = ["basic", "critical_illness", "medical_assistance"]


def counts(service: Service) -> Callable[[], list[Any]]:
    """How many rows each table has but those of the log and the session."""
    tables = service.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_name !~ '^(audit_log|django)'"
    )
    query = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for (t,) in tables)
    return lambda: sorted(service.rows(query))


@contextmanager
def hospitals(service: Service) -> Iterator[None]:
    """Two hospitals in June 2019."""
    settings.DEMO = demo_clock(date(2019, 6, 18), None, real_now())
    service.facilities(HOME, "G")
    yield
    settings.DEMO = None


def at_work(role: str, facility: str | None = HOME) -> Screen:
    """Somebody at a screen: passwords grow old by the real clock."""
    return Screen(person(role, facility, password_changed=real_now()))


def opened(service: Service, *lines: Json) -> str:
    """A poor patient's visit with lines; its number."""
    number = next(_numbers)
    visit, of = f"D{number}", f"PD{number}"
    poor(service, of)
    token = service.token("cashier", HOME)
    made = {**header(visit, of), "person": {"id": of}}
    made["facility"] = {**made["facility"], "code": HOME}
    assert service.ask("POST", VISITS, token, made)[0] == 201
    asked = {"lines": list(lines) or [banan.line("2539.50")]}
    assert service.ask("POST", f"{VISITS}/{visit}/lines", token, asked)[0] == 201
    return visit


def fields_of(answer: HttpResponse) -> dict[str, str]:
    """What the one form of the content holds."""
    content = answer.content.decode()
    form = content[content.index('<form method="post" class="stack"') :]
    form = form[: form.index("</form>")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name = re.search(r'\sname="([^"]*)"', tag)
        value = re.search(r'\svalue="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_box or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'(?s)<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form):
        every = re.findall(r"<option([^>]*)>([^<]*)<", options)
        tag, words = next((one for one in every if " selected" in one[0]), every[0])
        value = re.search(r'value="([^"]*)"', tag)
        found[name] = value[1] if value else words
    found.pop("csrfmiddlewaretoken", None)
    return found


def acted(office: Screen, path: str, typed: dict[str, Any]) -> HttpResponse:
    """A form that is looked at and then sent as it was looked at."""
    looked = office.post(path, {**typed, "do": "look"})
    assert looked.status_code == 200, text_of(looked)[:2000]
    return office.post(path, {**typed, **fields_of(looked), "do": "act"})


def settled(service: Service, office: Screen, *lines: Json, **more: Any) -> str:
    """A visit that was settled on its page; the number of the settlement."""
    visit = opened(service, *lines)
    path = f"/desk/visits/{visit}/discharge"
    done = acted(office, path, {**fields_of(office.get(path)), **more})
    assert done.status_code == 303, text_of(done)[:2000]
    found = re.fullmatch(r"/desk/settlements/(\d+)\?done=settle", done["Location"])
    assert found, done["Location"]
    return found[1]


def awaited(service: Service, office: Screen) -> str:
    """A settlement that waits for the platform's answer; its number."""
    path = f"/desk/visits/{opened(service)}/discharge"
    looked = office.post(path, {**fields_of(office.get(path)), "do": "silent"})
    done = office.post(path, {**fields_of(looked), "awaiting": SILENT, "do": "act"})
    return done["Location"].split("/")[3].partition("?")[0]
