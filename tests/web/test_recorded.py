"""Whatever a route reads or writes is recorded, in the transaction of what it records.

Every row of the table of routes is asked here once by who may, on something that is there for it: a new route
without a record fails, and so does one that is never answered.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.test import override_settings

import banan
from doudi_web.settlement.sealing import shown_head
from doudi_web.tenancy import one_time
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Act, Role
from doudi_web.witness.handing import head_text
from tables import csv_of
from web.accounts import PASSWORD, Browser, codes, person
from web.alerts_at_hand import alert_at_hand
from web.audited import audited
from web.floor_at_hand import entry_of, over, poor, settled
from web.left import FIGURES
from web.matching_at_hand import (
    SYRINGE_CODE,
    charge,
    install,
    item_of,
    line,
    mapping_without,
    propose,
)
from web.runs_at_hand import finished_run, none_waits
from web.service import Json, Service
from web.test_interface import EMPTY_REPORT, exported
from web.test_openings import opening, registered, wrong
from web.test_permissions import ROUTES, _session
from web.test_settling import bill
from web.test_visits import header

DATA_FREE = {
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/me"),  # one's own account
    ("GET", "/api/v1/facilities"),
    ("GET", "/api/v1/ledger/head"),
    ("GET", "/api/v1/ledger/extension"),
    ("GET", "/api/v1/mapping/catalogue"),  # as the state publishes it
    ("GET", "/api/v1/runs"),  # how far long work is, not what came of it
}
"""Routes that tell nobody's data but the asker's own: counts, digests, hospitals."""

PERSON = "REC"
_numbers = itertools.count(1)


class Office:
    """Somebody who may, and what each route needs to be there."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.sender = service.token(may_back_date=True)
        self.admin = service.token("district_admin")
        self.system = service.token("system_admin")
        self.proposer, self._is_mapped = service.token("insurance_office", "F"), False
        service.rows(
            "INSERT INTO tenancy_facility VALUES ('RF', '院', '2', '500113') RETURNING code"
        )
        registered(service, PERSON)
        self.bill: Json = {}

    def made(self, method: str, path: str, by: str, body: object) -> Json:
        """What is made beforehand by another route."""
        status, told = self.service.ask(method, path, by, body)
        assert status in (200, 201), told
        return told

    def settlement(self) -> str:
        """A settlement that is sealed."""
        number = next(_numbers)
        self.bill = bill(f"RS{number}", PERSON)
        status, told = self.service.settle(self.sender, self.bill, f"rs{number}")
        assert status == 201, told
        self.made("POST", "/api/v1/ledger/seal", self.admin, {})
        return told["settlement_id"]

    def outside(self) -> str:
        """A running visit with an item outside the catalogue."""
        visit = self.visit()
        lines = {"lines": [banan.line("300.00", "丙", "L9")]}
        self.made("POST", f"/api/v1/visits/{visit}/lines", self.sender, lines)
        return visit

    def with_doctor(self) -> str:
        """Somebody with a family doctor to ring."""
        made = _persons()
        made["persons"][0]["doctors"] = [{"name": "罗", "phone": "66221234"}]
        self.made("POST", "/api/v1/persons", self.admin, made)
        return made["persons"][0]["id"]

    def visit(self) -> str:
        """A running visit with one line, L1."""
        visit = f"RV{next(_numbers)}"
        made = bill(visit, PERSON)
        self.made("POST", "/api/v1/visits", self.sender, header(visit, PERSON))
        self.made("POST", f"/api/v1/visits/{visit}/lines", self.sender, {"lines": made["lines"]})
        return visit

    def reviewed(self, path: str) -> str:
        """A visit above its limit, as far as what is asked of it needs."""
        who = f"RW{next(_numbers)}"
        poor(self.service, who)
        self.made("POST", "/api/v1/visits", self.sender, header(who, who))
        lines = [banan.line("100.00"), banan.line("900.00", "丙", "L2")]
        self.made("POST", f"/api/v1/visits/{who}/lines", self.sender, {"lines": lines})
        first = {
            "approvals": ("doctor", "acknowledgements", {}),
            "emergencies/review": ("doctor", "emergencies", {}),
            "proposals/decide": ("insurance_office", "proposals", {"withdraw": [{"line": "L2"}]}),
        }
        for end, (role, what, body) in first.items():
            if path.endswith(end):
                by = self.service.token(role, "F", may_back_date=True)
                said = {"version": self.version(who), **(body or {"reason": "试"})}
                self.made("POST", f"/api/v1/visits/{who}/{what}", by, said)
        return who

    def version(self, visit: str) -> str:
        """What somebody sees of a visit who looks now."""
        return self.made("GET", f"/api/v1/visits/{visit}/review", self.sender, None)["version"]

    def awaiting(self) -> str:
        """A settlement that awaits the platform."""
        number = next(_numbers)
        made = {**bill(f"RA{number}", PERSON), "awaiting": ["basic"]}
        status, told = self.service.settle(self.sender, made, f"ra{number}")
        assert status == 201, told
        return told["settlement_id"]

    def queued(self) -> int:
        """An item of hospital F that stands for nothing in the catalogue yet."""
        if not self._is_mapped:
            install(self.service, "F", mapping_without())
            self._is_mapped = True
        number = next(_numbers)
        code = f"RM{number}"
        charge(self.service, "F", [line(code, "10.00", "L1")], visit=f"RMV{number}")
        return item_of(self.service, self.proposer, code)

    def mapped(self) -> int:
        """A proposal for such an item that waits for a second person."""
        stated = {"item": self.queued(), "code": SYRINGE_CODE}
        status, told = propose(self.service, self.proposer, stated)
        assert status in (200, 201), told
        return int(told["proposals"][0]["id"])

    def proposal(self) -> str:
        """The first open one: a settlement that stood on another one which was undone."""
        number = next(_numbers)
        who = f"RP{number}"
        _, one = self.service.settle(self.sender, bill(f"RB{number}", who, "9000.00"))
        self.service.settle(self.sender, bill(f"RC{number}", who, "200000.00"))
        path = f"/api/v1/settlements/{one['settlement_id']}/reverse"
        asked = {"message_id": f"ru{number}", "reason": "试"}
        told = self.made("POST", path, self.sender, asked)
        return told["proposals"][0]["proposal_id"]

    def month(self) -> str:
        """A month that is behind all that were closed."""
        number = next(_numbers)
        return f"{1900 + number // 12}-{number % 12 + 1:02d}"

    def number(self, path: str) -> int:
        """A refused bill, an import that is looked at, or one that is written."""
        if "quarantine" in path:
            visit = f"RQ{next(_numbers)}"
            assert self.service.settle(self.sender, wrong(visit, PERSON))[0] == 422
            ((number,),) = self.service.rows(
                "SELECT id FROM settlement_quarantined WHERE visit = %s", visit
            )
            return number
        if "assessments" in path:
            asked = {"message_id": f"rp{next(_numbers)}", "reason": "试", **self.to_assess()}
            by = self.service.token("fund_accountant")
            return self.made("POST", "/api/v1/assessments", by, asked)["proposal"]
        if "alerts" in path:
            return alert_at_hand(self.service)
        if "audits" in path:
            return audited(facility="RF")["id"]
        if "intake" in path:
            return self.brought(path)
        told = self.made("POST", "/api/v1/imports", self.admin, _persons())
        if path.endswith("undo"):
            self.made("POST", f"/api/v1/imports/{told['id']}/confirm", self.admin, {})
        return told["id"]

    def brought(self, path: str) -> int:
        """A roll by file, taken in where it is to be taken back."""
        roll = csv_of(
            [["登记号", "出生日期", "区划"], [f"RB{next(_numbers)}", "1970-01-01", "500113"]],
            "utf-8",
        )
        told = self.made("POST", "/api/v1/intake?kind=persons", self.admin, roll)
        if path.endswith("undo"):
            self.made("POST", f"/api/v1/intake/{told['id']}/confirm", self.admin, {"revision": 1})
        return told["id"]

    def token(self) -> int:
        """A token that waits to be confirmed."""
        return self._token()["id"]

    def grant(self) -> int:
        """What waits to be confirmed."""
        return self._token()["grant"]

    def _token(self) -> Json:
        asked = {"name": "记", "role": "auditor"}
        return self.made("POST", "/api/v1/tokens", self.system, asked)

    def floor(self, path: str) -> list[int]:
        """A floor amount that is computed, or approved where it is to be paid."""
        who = f"RX{next(_numbers)}"
        poor(self.service, who)
        items = [entry_of(self.service, settled(self.service, who))]
        if not path.endswith("approve"):
            asked = {"message_id": f"ra{next(_numbers)}", "items": items}
            self.made("POST", "/api/v1/floor/approve", self.admin, asked)
        return items

    def to_assess(self) -> Json:
        """A hospital with a visit whose excess it has not borne, and what is to be taken back of it."""
        who = f"RX{next(_numbers)}"
        poor(self.service, who)
        over(self.service, who, who, "2019-06-13")
        return {"facility": who, "period": "2019-06", "amount": "596.00"}

    def place(self, path: str) -> str:
        """The path with numbers of things that are there."""
        made: dict[str, Callable[[], object]] = {
            "settlement": self.awaiting
            if path.endswith(("answer", "asked", "answer/preview"))
            else self.settlement,
            "proposal": self.mapped if "mapping" in path else self.proposal,
            "item": self.queued,
            "month": self.month,
            "visit": self.outside
            if path.endswith("consent.pdf")
            else lambda: self.reviewed(path) if path.endswith(REVIEWED) else self.visit(),
            "day": lambda: "2019-06-13",
            "line": lambda: "L1",
            "number": lambda: self.number(path),
            "account": lambda: person("doctor", "RF").pk,
            "token": self.token,
            "grant": self.grant,
            "person": self.with_doctor if path.endswith(("card.pdf", "card")) else lambda: PERSON,
            "run": lambda: finished_run("ledger_verify"),
            "export": lambda: exported(self.service),
        }
        return path.format(**{key: one() for key, one in made.items() if f"{{{key}}}" in path})


def _persons() -> Json:
    stated = {"id": f"RP{next(_numbers)}", "birth_date": "1970-01-01", "district": "500113"}
    return {"persons": [{**stated, "standings": []}]}


def _facilities() -> Json:
    one = {"code": f"RF{next(_numbers)}", "name": "院", "level": "2", "district": "500113"}
    return {"facilities": [one]}


def _figures() -> Json:
    one = {"facility": "RF", "visit_id": f"RX{next(_numbers)}", "amounts": {"total": "1.00"}}
    return {"source": "hospital", "figures": [one]}


REVIEWED = (
    "acknowledgements", "approvals", "emergencies", "emergencies/review", "consents", "changes", "proposals",
    "proposals/decide",
)  # fmt: skip
"""What is asked of a visit that is above its limit, on what is seen of it now."""
BODIES: dict[tuple[str, str], Callable[[], Any]] = {
    ("POST", "/api/v1/persons"): _persons,
    ("POST", "/api/v1/imports"): _persons,
    ("POST", "/api/v1/facilities"): _facilities,
    ("POST", "/api/v1/openings"): lambda: {"openings": [opening(PERSON, f"{next(_numbers)}.00")]},
    ("POST", "/api/v1/ledger/heads/returned"): lambda: {"head": head_text(shown_head())},
    ("POST", "/api/v1/figures"): _figures,
    ("POST", "/api/v1/password"): lambda: {"old_password": PASSWORD, "new_password": "Blue7-harbour"},
    ("POST", "/api/v1/one-time"): lambda: {"password": PASSWORD},
    ("POST", "/api/v1/export-reports"): lambda: EMPTY_REPORT,
    ("POST", "/api/v1/intake/{number}/undo"): lambda: {"revision": 2},
    ("POST", "/api/v1/visits/{visit}/lines"): lambda: {"lines": [{**bill("x")["lines"][0], "id": "L2"}]},
}  # fmt: skip
"""Bodies that are right where the table's are right in form alone."""


def _who(key: tuple[str, str]) -> Role:
    """Who may: of the whole district where there is such a role."""
    act = ROUTES[key].act
    if act is None:
        return Role.AUDITOR
    if key == ("POST", "/api/v1/runs/{run}"):  # the kind that is asked for here
        act = Act.LEDGER_READ
    may = MAY[act] & MAY[ROUTES[key].also or act]
    return min(may, key=lambda role: (role in OF_FACILITY | OF_TOWNSHIP, role))


class Asking:
    """One route, ready to be asked: all that it needs is there."""

    def __init__(self, office: Office, key: tuple[str, str]) -> None:
        self._service, self._key = office.service, key
        route = ROUTES[key]
        path = key[1] if key[0] == "GET" else key[1].replace("{run}", none_waits("ledger_verify"))
        self.path = office.place(path) + route.query
        if key[1].endswith("seal"):  # which needs something to seal
            number = next(_numbers)
            assert office.service.settle(office.sender, bill(f"RU{number}", PERSON))[0] == 201
        if "ledger/head" in key[1] or key[1].endswith("extension"):  # of a ledger that is sealed
            office.settlement()
        self._body = BODIES.get(key, route.body)()
        if key[1].endswith(("correct", "correct/preview")):
            self._body["bill"] = {**office.bill, "lines": [banan.line("700.00")]}
        if "floor/" in key[1] and key[0] == "POST":
            self._body = {**self._body, "items": office.floor(key[1])}
        if key[1].endswith("wards/precheck"):
            self._body = {"visits": [office.visit()], "facility": "F"}
        if "/visits/{visit}/" in key[1] and key[1].endswith(REVIEWED) and "version" in self._body:
            self._body = {**self._body, "version": office.version(self.path.split("/")[4])}
        if key[1].endswith("mapping/proposals") and key[0] == "POST":
            self._body = {"proposals": [{"item": office.queued(), "code": SYRINGE_CODE}]}
        if key[1].endswith("mapping/confirm"):
            self._body = {"proposals": [office.mapped()]}
        if key[1].endswith("effects"):
            self.path += f"?codes={SYRINGE_CODE}"
        if key == ("POST", "/api/v1/assessments"):
            self._body = {**self._body, **office.to_assess()}
        self._account = person("auditor") if route.people or key[1].endswith("login") else None
        if self._account is None:
            who = _who(key)
            of = "F" if who in OF_FACILITY else None
            self._token = office.service.token(who, of, may_back_date=True)
            if key[1].endswith("withdraw"):
                self._token = office.proposer
        elif route.people:
            self._browser = _session(self._account)
            self._ready(self._account)

    def _ready(self, account: Account) -> None:
        """Half a one-time code where the other half is asked for."""
        if self._key[1].endswith("confirm"):
            secret = one_time.new_secret()
            Account.objects.filter(pk=account.pk).update(one_time_next=one_time.sealed(secret))
            self._body = {"code": one_time.code_at(secret, int(time.time()) // 30)}

    def ask(self) -> tuple[int, Any]:
        """Status and JSON."""
        method = self._key[0]
        if self._account is None:
            return self._service.ask(method, self.path, self._token, self._body)
        if ROUTES[self._key].people:
            return self._browser.ask(method, self.path, self._body)
        return Browser(address=f"10.8.0.{next(_numbers) % 250}").log_in(self._account)


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


@pytest.fixture(scope="module")
def office(service: Service) -> Office:
    return Office(service)


def _records(service: Service) -> int:
    return service.rows("SELECT count(*) FROM audit_log_record")[0][0]


@pytest.mark.parametrize("key", ROUTES, ids=" ".join)
def test_whatever_is_told_or_done_is_recorded(office: Office, key: tuple[str, str]) -> None:
    asking = Asking(office, key)
    before = _records(office.service)
    status, told = asking.ask()
    assert status in (200, 201, 202), told
    assert (_records(office.service) > before) is (key not in DATA_FREE)


def _written(service: Service) -> dict[str, str]:
    """What every table says, but for failures to log in, which are counted whatever comes of them, and for
    the kept figures of wards and district, which are looked at anew for whoever reads them."""
    left_out = {"audit_log_record", "tenancy_attempts", "django_session", "wards_kept", *FIGURES}
    names = service.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    query = " UNION ALL ".join(
        f"SELECT '{name}', coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '') FROM {name} x"
        for (name,) in names
        if name not in left_out
    )
    return dict(service.rows(query))


@pytest.fixture
def full(service: Service) -> Iterator[Callable[[], object]]:
    """A way to leave no room for another record."""
    with psycopg.connect(service.url, autocommit=True) as database:
        database.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"
        )
        yield lambda: database.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON audit_log_record"
            " FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
        database.execute("DROP FUNCTION no_room() CASCADE")


@pytest.mark.parametrize("key", [key for key in ROUTES if key not in DATA_FREE], ids=" ".join)
def test_what_cannot_be_recorded_is_neither_told_nor_done(
    office: Office, full: Callable[[], object], key: tuple[str, str]
) -> None:
    asking = Asking(office, key)
    before = _written(office.service)
    full()
    status, told = asking.ask()
    assert (status, codes(told)) == (503, ["S504"])
    assert _written(office.service) == before


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (
            "/api/v1/settlements/{settlement}/reverse",
            {"message_id": "again", "reason": "试"},
            "S411",
        ),
        ("/api/v1/settlements", {"message_id": "once", "bill": bill("RO", PERSON)}, "S409"),
    ],
)
def test_that_something_did_not_fit_what_stands_is_recorded(
    office: Office, path: str, body: Json, code: str
) -> None:
    service, target = office.service, office.place(path)
    first = (
        {**body, "message_id": "first"}
        if "reason" in body
        else {**body, "bill": bill("RO2", PERSON)}
    )
    assert service.ask("POST", target, office.sender, first)[0] == 201
    status, told = service.ask("POST", target, office.sender, body)
    assert (status, codes(told)) == (409, [code])
    ((action, subject, detail),) = service.rows(
        "SELECT action, subject, detail FROM audit_log_record ORDER BY id DESC LIMIT 1"
    )
    route = path.removeprefix("/").replace("{settlement}", "<settlement>")
    assert (action, subject, detail) == (
        "refused",
        f"POST {route}",
        {"status": 409, "codes": [code]},
    )


def test_who_reads_the_ledger_has_seen_the_persons_in_it(service: Service) -> None:
    assert service.settle(service.token(may_back_date=True), bill("LE1", "PLE"))[0] == 201
    assert service.ask("GET", "/api/v1/ledger/entries", service.token("auditor"))[0] == 200
    seen = service.rows(
        "SELECT role FROM audit_log_record WHERE action = 'ledger.read' AND subject = 'person:PLE'"
    )
    assert seen == [("auditor",)]
