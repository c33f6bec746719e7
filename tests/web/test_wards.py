"""Who is in hospital: kept figures follow every kind of change, the list says what is missing and who must act."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.test import override_settings
from django.utils.http import urlencode

import banan
from doudi.dates import CHINA
from doudi.wire.sheets import read as read_sheets
from doudi_web.review import deciding, seen
from doudi_web.settlement import looking, tables
from doudi_web.tenancy.demo_clock import DemoClock, demo_clock
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.wards import batch, keeping, selectors, watching
from doudi_web.wards.wanted import Wanted
from web.people import codes, person, standing
from web.service import Json, Service

WARDS, VISITS = "/api/v1/wards", "/api/v1/visits"
DAY = date(2019, 12, 3)
CODES = {"S610", "S611"}
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[DemoClock]:
    """It is the third of December 2019, and time goes on."""
    morning = DemoClock(datetime(2019, 12, 3, 9, tzinfo=CHINA), datetime.now(CHINA))
    with override_settings(DEMO=morning):
        yield morning


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a reader waits for what moved."""
    monkeypatch.setattr(selectors, "PATIENCE", 60.0)


class Hospital:
    """A hospital of the district with its system, its office and poor patients."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.code = f"W{next(_numbers)}"
        service.facilities(self.code)
        self.system = service.token("system_client", self.code)
        self.office = service.token("insurance_office", self.code)
        self.district = service.token("district_admin")
        self.watch = watching.Watch()

    def register(self, key: str, **more: Any) -> str:
        stated = person(
            key, **{"standings": [standing("dibao")], "name": f"苗{key[-2:]}",
                    "tiers": [{"tier": "tier_1", "from": "1970-01-01"}], **more},
        )  # fmt: skip
        status, told = self.service.ask(
            "POST", "/api/v1/persons", self.district, {"persons": [stated]}
        )
        assert status == 201, told
        return key

    def admit(self, *lines: Json, known: bool = True, **more: Any) -> str:
        """A new visit with lines; its number."""
        visit = f"{self.code}-{next(_numbers)}"
        if known:
            self.register(f"P-{visit}")
        made = banan.bill(admitted="2019-11-25", **more)
        header = {key: value for key, value in made.items() if key not in ("lines", "settled")}
        whole = {**made["person"], "id": f"P-{visit}"}
        header |= {
            "visit_id": visit, "person": {"id": f"P-{visit}"} if known else whole,
            "facility": {**made["facility"], "code": self.code, **more.get("facility", {})},
        }  # fmt: skip
        header.setdefault("diagnoses", [{"code": "J18.9", "name": "肺炎"}])
        status, told = self.service.ask("POST", VISITS, self.system, header)
        assert status == 201, told
        if lines:
            self.charge(visit, *lines)
        return visit

    def charge(self, visit: str, *lines: Json) -> None:
        status, told = self.service.ask(
            "POST", f"{VISITS}/{visit}/lines", self.system, {"lines": list(lines)}
        )
        assert status == 201, told

    def ask(self, method: str, path: str, body: object = None) -> Json:
        status, told = self.service.ask(method, path, self.system, body)
        assert status in (200, 201), told
        return told

    def list(self, **query: Any) -> Json:
        status, told = self.service.ask("GET", f"{WARDS}?{urlencode(query)}", self.office)
        assert status == 200, told
        return told

    def row(self, visit: str, **query: Any) -> Json:
        (found,) = (
            row for row in self.list(everyone=1, **query)["visits"] if row["visit_id"] == visit
        )
        return found

    def keep(self) -> int:
        return keeping.keep(self.watch)


@pytest.fixture
def hospital(service: Service) -> Hospital:
    return Hospital(service)


def over() -> tuple[Json, ...]:
    return banan.line("800.00"), banan.line("200.00", "丙", "L2")


def test_a_list_shows_what_a_hospital_system_posts_the_worst_first(hospital: Hospital) -> None:
    quiet = hospital.admit(banan.line("2000.00"))
    near = hospital.admit(banan.line("910.00"), banan.line("90.00", "丙", "L2"))
    worse = hospital.admit(banan.line("500.00"), banan.line("500.00", "丙", "L2"))
    bad = hospital.admit(*over())
    found = hospital.list()
    assert [row["visit_id"] for row in found["visits"]] == [worse, bad, near, quiet]
    assert found["tabs"] == {
        "all": 4, "to_do": 2, "today": 0, "over": 2, "near": 1, "unsettled": 0,
    }  # fmt: skip
    row = found["visits"][1]
    shown = ("status", "share", "limit", "excess", "total", "hospital", "needs", "who", "stale")
    assert {key: row[key] for key in shown} == {
        "status": "exceeded", "share": "0.2000", "limit": "100.00", "excess": "100.00", "total": "1000.00",
        "hospital": "100.00", "needs": ["over_limit"], "who": ["doctor"], "stale": False,
    }  # fmt: skip
    assert row["name"] == f"苗{bad[-2:]}"
    assert [row["room"] for row in found["visits"][2:]] == ["11.11", "222.22"]
    sums = found["sums"]
    assert (sums["visits"], sums["total"], sums["hospital"]) == (4, "5000.00", "500.00")
    assert sums["share"] == "0.1580"
    paid = [sum(float(row[key]) for row in found["visits"]) for key in ("funds", "patient")]
    assert [float(sums[key]) for key in ("funds", "patient")] == pytest.approx(paid)
    assert float(sums["funds"]) + float(sums["patient"]) + 500 == pytest.approx(5000)


def test_charges_withdrawals_and_discharge_are_seen_at_once(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    assert hospital.row(visit)["status"] == "within"
    hospital.charge(visit, banan.line("300.00", "丙", "L2"))
    row = hospital.row(visit)
    assert (row["status"], row["total"], row["excess"]) == ("exceeded", "1300.00", "170.00")
    hospital.ask("DELETE", f"{VISITS}/{visit}/lines/L2")
    row = hospital.row(visit)
    assert (row["status"], row["total"], row["needs"]) == ("within", "1000.00", [])
    hospital.ask("POST", f"{VISITS}/{visit}/discharge", {"discharged": "2019-12-03"})
    row = hospital.row(visit, tab="today")
    assert (row["leaves"], row["needs"], row["who"]) == ("2019-12-03", ["ready"], ["cashier"])
    assert hospital.list()["tabs"]["unsettled"] == 1


def test_what_there_was_no_time_to_look_at_is_said(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    assert hospital.row(visit)["total"] == "1000.00"
    monkeypatch.setattr(selectors, "PATIENCE", -1.0)
    hospital.charge(visit, banan.line("500.00", line_id="L2"))
    hospital.admit(banan.line("10.00"))
    found = hospital.list()
    (row,) = found["visits"]
    assert (row["visit_id"], row["total"], row["stale"]) == (visit, "1000.00", True)
    assert (found["stale"], found["unseen"], found["running"]) == (1, 1, 2)
    hospital.keep()
    found = hospital.list()
    assert sorted((row["total"], row["stale"]) for row in found["visits"]) == [
        ("10.00", False),
        ("1500.00", False),
    ]
    assert (found["stale"], found["unseen"]) == (0, 0)


def test_who_is_settled_stays_for_the_day_and_runs_again_when_it_is_undone(
    hospital: Hospital,
) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    hospital.ask("POST", f"{VISITS}/{visit}/discharge", {"discharged": "2019-12-03"})
    assert hospital.row(visit)["needs"] == ["ready"]
    made = hospital.ask("POST", f"{VISITS}/{visit}/settle", {"message_id": f"m{visit}"})
    row = hospital.row(visit, tab="today")
    assert (row["settlement_id"], row["needs"], row["stale"]) == (made["settlement_id"], [], False)
    assert (row["patient"], row["total"]) == (made["patient"], "1000.00")
    assert hospital.list()["running"] == 0
    undo = f"/api/v1/settlements/{made['settlement_id']}/reverse"
    hospital.ask("POST", undo, {"message_id": f"r{visit}", "reason": "试"})
    row = hospital.row(visit)
    assert (row["settled"], row["needs"], hospital.list()["running"]) == (None, ["ready"], 1)
    hospital.ask("POST", f"{VISITS}/{visit}/settle", {"message_id": f"n{visit}"})
    hospital.keep()
    with override_settings(
        DEMO=demo_clock(date(2019, 12, 4), None, datetime(2019, 12, 4, 9, tzinfo=UTC))
    ):
        hospital.keep()
        assert hospital.list(everyone=1)["visits"] == []


def test_who_is_settled_anew_the_same_day_shows_what_stands(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    hospital.ask("POST", f"{VISITS}/{visit}/discharge", {"discharged": "2019-12-03"})
    assert hospital.row(visit)["needs"] == ["ready"]
    first = hospital.ask("POST", f"{VISITS}/{visit}/settle", {"message_id": f"m{visit}"})
    assert hospital.row(visit, tab="today")["settlement_id"] == first["settlement_id"]
    path = f"/api/v1/settlements/{first['settlement_id']}"
    seen = hospital.ask("GET", path)
    stated = {**banan.bill(banan.line("1500.00"), admitted="2019-11-25"), "visit_id": visit}
    del stated["settled"]
    stated |= {"person": {"id": f"P-{visit}"}, "facility": {"code": hospital.code}}
    stated |= {"discharged": "2019-12-03", "diagnoses": [{"code": "J18.9", "name": "肺炎"}]}
    body = {"message_id": f"c{visit}", "bill": stated, "reason": "漏记"}
    made = hospital.ask("POST", f"{path}/correct", body)["settlement"]
    assert (seen["total"], made["total"]) == ("1000.00", "1500.00")
    actor = Actor("account:1", Role.INSURANCE_OFFICE, hospital.code)
    (kept,) = hospital.service.rows("SELECT id FROM settlement_visit WHERE visit = %s", visit)
    (old,) = selectors.rows_by_number(tables.driver(), actor, [kept[0]])
    assert (old.stale, str(old.settlement)) == (True, first["settlement_id"])  # nobody looked yet
    row = hospital.row(visit, tab="today")
    assert (row["settlement_id"], row["total"], row["stale"]) == (
        made["settlement_id"], "1500.00", False,
    )  # fmt: skip
    assert row["patient"] == made["patient"]
    assert hospital.list(everyone=1)["sums"]["total"] == "1500.00"


def test_what_the_register_learns_is_seen(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"), known=False)
    row = hospital.row(visit)
    assert (row["needs"], row["who"], row["entitled"], row["name"]) == (
        ["not_registered"], ["insurance_office"], False, None,
    )  # fmt: skip
    hospital.register(f"P-{visit}")
    row = hospital.row(visit)
    assert (row["needs"], row["entitled"], row["standing"]) == ([], True, "dibao")
    before = row["patient"]
    ends = standing("dibao", to="2019-12-10")
    hospital.register(f"P-{visit}", standings=[ends])
    row = hospital.row(visit)
    assert (row["needs"], row["who"], row["standing_to"]) == (
        ["standing_ending", "differs"], ["township", "insurance_office"], "2019-12-10",
    )  # fmt: skip
    assert (row["patient"], row["otherwise"]) == (before, "580.00")
    hospital.register(f"P-{visit}", standings=[standing("dibao", to="2019-12-01")])
    row = hospital.row(visit)
    assert (row["needs"], row["standing"], row["entitled"]) == (
        ["standing_ended", "differs"],
        "ordinary",
        False,
    )
    assert (row["patient"], row["otherwise"]) != (before, before)
    assert row["otherwise"] == before


def test_another_visit_of_the_person_moves_the_sums_of_this_one(
    service: Service, hospital: Hospital
) -> None:
    visit = hospital.admit(banan.line("20000.00"))
    before = hospital.row(visit)
    hospital.keep()
    other = {**banan.bill(banan.line("30000.00")), "visit_id": f"O-{visit}"}
    other["person"] = {"id": f"P-{visit}"}
    status, told = service.settle(service.token(), other)
    assert status == 201, told
    assert hospital.row(visit)["stale"] is False  # nobody has looked into the ledger yet
    assert hospital.keep() == 1
    after = hospital.row(visit)
    assert (before["total"], after["total"]) == ("20000.00", "20000.00")
    assert (before["patient"], after["patient"]) == ("1863.00", "1525.77")
    assert hospital.keep() == 0
    opened = {"person": f"P-{visit}", "year": 2019, "name": "basic_paid", "amount": "80000.00",
              "source": "city", "as_of": "2019-12-02"}  # fmt: skip
    status, told = service.ask(
        "POST", "/api/v1/openings", hospital.district, {"openings": [opened]}
    )
    assert status == 201, told
    assert hospital.keep() == 1
    row = hospital.row(visit)
    assert (row["patient"], row["floor"]) == ("2000.00", "4352.27")


def test_a_new_day_and_new_rules_and_another_level_make_every_figure_old(
    service: Service, hospital: Hospital
) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    hospital.keep()
    asked = keeping.bounds()
    db = tables.driver()
    assert keeping.stale(db, hospital.code, asked, 9) == []
    tomorrow = {**asked, "today": date(2019, 12, 4)}
    assert len(keeping.stale(db, hospital.code, tomorrow, 9)) == 1
    ruled = {**asked, "generation": asked["generation"] + 1}
    assert len(keeping.stale(db, hospital.code, ruled, 9)) == 1
    one = {"code": hospital.code, "name": "院", "level": "3", "district": "500113"}
    status, _ = service.ask("POST", "/api/v1/facilities", hospital.district, {"facilities": [one]})
    assert status == 201
    assert len(keeping.stale(db, hospital.code, asked, 9)) == 1
    assert hospital.row(visit)["stale"] is False
    assert keeping.stale(db, hospital.code, asked, 9) == []


def test_a_stay_is_written_and_nobody_is_overwritten(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("1000.00"))
    path = f"{VISITS}/{visit}/stay"
    said = {
        "ward": "内二科",
        "bed": "21",
        "doctor": "黎远",
        "planned_discharge": "2019-12-03T16:00:00+08:00",
    }
    told = hospital.ask("PUT", path, said)
    assert (told["ward"], told["version"]) == ("内二科", 1)
    assert hospital.ask("PUT", path, said)["version"] == 1
    row = hospital.row(visit, ward="内二科", tab="today")
    assert (row["bed"], row["doctor"], row["needs"]) == ("21", "黎远", ["ready"])
    assert hospital.list()["wards"] == ["内二科"]
    assert hospital.ask("GET", f"{VISITS}/{visit}")["stay"]["bed"] == "21"
    status, told = hospital.service.ask(
        "PUT", path, hospital.office, {"ward": "外一科", "version": 1}
    )
    assert (status, told["version"], told["planned_discharge"]) == (200, 2, None)
    status, told = hospital.service.ask(
        "PUT", path, hospital.system, {"ward": "骨科", "version": 1}
    )
    assert (status, codes(told)) == (409, ["S610"])
    assert hospital.row(visit)["ward"] == "外一科"
    assert hospital.row(visit)["needs"] == []


def test_what_becomes_of_an_excess_is_seen_at_once(hospital: Hospital) -> None:
    visit = hospital.admit(*over())
    row = hospital.row(visit)
    assert (row["needs"], row["who"]) == (["over_limit"], ["doctor"])
    assert row["due"].startswith("2019-12-04T09:")
    doctor = Actor("account:7", Role.DOCTOR, hospital.code)
    office = Actor("account:8", Role.INSURANCE_OFFICE, hospital.code)

    def version() -> str:
        return seen.one(office, visit, None)["version"]

    deciding.explain(doctor, visit, None, version(), "抢救用药")
    assert hospital.row(visit)["needs"] == ["approval"]
    deciding.decide(office, visit, None, version(), "同意", accept=True)
    row = hospital.row(visit)
    assert (row["needs"], row["due"], row["status"]) == ([], None, "exceeded")
    hospital.charge(visit, {**banan.line("1.00", "丙", "L3"), "code": "C9"})
    assert hospital.row(visit)["needs"] == ["over_limit"]  # another cause is an alert of its own
    deciding.let_pass(doctor, visit, None, version(), "抢救")
    assert hospital.row(visit)["needs"] == ["review"]
    deciding.review(office, visit, None, "属实")
    assert hospital.row(visit)["needs"] == []
    alerts = hospital.service.rows(
        "SELECT count(*), count(closed) FROM review_alert a JOIN settlement_visit v ON v.id = a.visit"
        " WHERE v.visit = %s", visit,
    )  # fmt: skip
    assert alerts == [(2, 1)]


def test_an_alert_that_somebody_else_opened_is_closed_when_its_cause_is_gone(
    hospital: Hospital,
) -> None:
    visit = hospital.admit(banan.line("800.00"), banan.line("200.00", "丙", "L2"))
    hospital.ask("POST", f"{VISITS}/{visit}/alerts", {})
    hospital.ask("DELETE", f"{VISITS}/{visit}/lines/L2")
    row = hospital.row(visit)
    assert (row["status"], row["needs"], row["due"]) == ("within", [], None)


def test_a_look_that_is_overtaken_opens_no_alert(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = hospital.admit(*over())
    (number,) = hospital.service.rows("SELECT id FROM settlement_visit WHERE visit = %s", visit)[0]
    real = keeping.figures_of

    def overtaken(*asked: Any) -> Any:
        found = real(*asked)
        hospital.ask("DELETE", f"{VISITS}/{visit}/lines/L2")
        return found

    monkeypatch.setattr(keeping, "figures_of", overtaken)
    keeping.refresh(tables.driver(), [number], keeping.bounds())
    monkeypatch.undo()
    opened = "SELECT count(*) FROM review_alert WHERE visit = %s"
    assert hospital.service.rows(opened, number) == [(0,)]
    assert hospital.row(visit)["needs"] == []


def test_a_visit_that_breaks_the_program_stops_no_other(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = hospital.admit(*over()), hospital.admit(*over())
    real = keeping.figures_of

    def figures_of(visit: Any, *asked: Any) -> Any:
        if visit.id == broken:
            raise ZeroDivisionError(f"secret of {visit.person}")
        return real(visit, *asked)

    monkeypatch.setattr(keeping, "figures_of", figures_of)
    hospital.keep()
    rows = {row["visit_id"]: row for row in hospital.list()["visits"]}
    told = rows[broken]
    assert (told["faults"], told["status"], told["needs"], told["total"], told["stale"]) == (
        ["S500"], "faulty", ["faults"], None, False,
    )  # fmt: skip
    assert (rows[well]["status"], rows[well]["needs"]) == ("exceeded", ["over_limit"])
    sums = hospital.list()["sums"]
    assert (sums["visits"], sums["left_out"], sums["total"]) == (2, 1, "1000.00")
    (number,) = hospital.service.rows("SELECT id FROM settlement_visit WHERE visit = %s", broken)[0]
    said = [one.getMessage() for one in caplog.records if one.name == "doudi.wards"]
    assert said == [f"visit {number} is not looked at: ZeroDivisionError"]
    monkeypatch.undo()
    hospital.charge(broken, banan.line("1.00", line_id="L3"))
    assert hospital.row(broken)["needs"] == ["over_limit"]


@pytest.mark.parametrize("error", [
    Refusal.of(503, "S503", "", now="1", last="2"), psycopg.OperationalError("away"),
])  # fmt: skip
def test_what_is_of_the_service_is_of_no_visit(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    visit = hospital.admit(*over())

    def looked(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(looking, "looked", looked)
    with pytest.raises(type(error)):
        hospital.keep()
    assert hospital.service.rows("SELECT faults FROM wards_kept WHERE visit = %s", visit) == []
    monkeypatch.undo()
    assert hospital.row(visit)["status"] == "exceeded"


def test_at_the_limit_to_the_fen_list_and_review_say_the_same(hospital: Hospital) -> None:
    lost = {k: v for k, v in banan.line("100.00", line_id="L3").items() if k != "class"}
    known = banan.line("2185.60"), banan.line("253.95", "丙", "L2")
    visit = hospital.admit(*known, lost)
    row = hospital.row(visit)
    assert (row["total"], row["limit"], row["share_least"]) == ("2539.55", "253.95", "0.1000")
    assert (row["status"], row["needs"]) == ("undecided", ["unmapped"])
    office = Actor("account:8", Role.INSURANCE_OFFICE, hospital.code)
    told = seen.one(office, visit, None)
    assert (told["need"], told["alert"]) == ("nothing", None)
    more = hospital.admit(banan.line("2185.59"), banan.line("253.96", "丙", "L2"), lost)
    assert (hospital.row(more)["status"], hospital.row(more)["needs"]) == (
        "exceeded", ["over_limit", "unmapped"],
    )  # fmt: skip
    assert seen.one(office, more, None)["alert"]["excess"] == "0.01"


def test_what_is_missing_of_a_bill_is_told(hospital: Hospital) -> None:
    undiagnosed = hospital.admit(banan.line("100.00"), diagnoses=[])
    faulty = hospital.admit(banan.line("100.00", "乙"))
    unmapped = hospital.admit(
        banan.line("1000.00"),
        {k: v for k, v in banan.line("88.00", line_id="L2").items() if k != "class"},
    )
    rows = {row["visit_id"]: row for row in hospital.list()["visits"]}
    assert rows[undiagnosed]["needs"] == ["no_diagnosis"]
    told = rows[faulty]
    assert (told["needs"], told["status"], told["faults"], told["total"]) == (
        ["faults"], "faulty", ["F307"], None,
    )  # fmt: skip
    told = rows[unmapped]
    assert (told["needs"], told["unmapped"], told["unmapped_amount"]) == (["unmapped"], 1, "88.00")
    assert (told["share_least"], told["share_most"]) == ("0.0000", "0.0809")
    hospital.charge(
        unmapped, {k: v for k, v in banan.line("50.00", line_id="L3").items() if k != "class"}
    )
    told = hospital.row(unmapped)
    assert (told["needs"], told["status"], told["share_most"]) == (
        ["unmapped"],
        "undecided",
        "0.1213",
    )
    hospital.charge(unmapped, banan.line("200.00", "丙", "L4"))
    told = hospital.row(unmapped)
    assert (told["needs"], told["status"]) == (["over_limit", "unmapped"], "exceeded")
    sums = hospital.list()["sums"]
    assert (sums["visits"], sums["left_out"], sums["total"]) == (3, 2, "100.00")
    assert [row["visit_id"] for row in hospital.list(need="unmapped")["visits"]] == [unmapped]


def test_out_of_the_district_a_referral_is_missing(service: Service, hospital: Hospital) -> None:
    away = {"code": hospital.code, "name": "院", "level": "2", "district": "500112"}
    assert (
        service.ask("POST", "/api/v1/facilities", hospital.district, {"facilities": [away]})[0]
        == 201
    )
    visit = hospital.admit(banan.line("100.00"), referred=False, facility={"district": "500112"})
    assert hospital.row(visit)["needs"] == ["no_referral"]


def test_a_list_is_searched_sorted_and_turned_page_by_page(hospital: Hospital) -> None:
    visits = [hospital.admit(banan.line(f"{n}00.00")) for n in range(1, 8)]
    found = hospital.list(size=3, sort="total")
    assert [row["visit_id"] for row in found["visits"]] == visits[:-4:-1]
    assert (found["page"], found["pages"], found["sums"]["visits"]) == (1, 3, 7)
    last = hospital.list(size=3, sort="total", page=9)
    assert ([row["visit_id"] for row in last["visits"]], last["page"]) == ([visits[0]], 3)
    name = hospital.row(visits[2])["name"]
    by_name = hospital.list(query=name)
    assert visits[2] in [row["visit_id"] for row in by_name["visits"]]
    assert [row["visit_id"] for row in hospital.list(query=visits[3])["visits"]] == [visits[3]]
    assert hospital.list(standing="destitute")["visits"] == []
    status, told = hospital.service.ask("GET", f"{WARDS}?tab=x&sort=need", hospital.office)
    assert (status, codes(told)) == (422, ["F203"])


def test_who_is_entitled_to_nothing_more_is_seen_where_everyone_is(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("100.00"))
    hospital.register(f"P-{visit}", standings=[])
    found = hospital.list()
    assert (found["visits"], found["running"], found["entitled"]) == ([], 1, 0)
    assert hospital.row(visit)["standing"] == "ordinary"


def test_names_are_masked_for_who_does_not_treat_and_every_reading_is_recorded(
    hospital: Hospital,
) -> None:
    visit = hospital.admit(banan.line("100.00"))
    service = hospital.service
    before = service.rows("SELECT count(*) FROM audit_log_record WHERE action = 'visits.read'")[0][
        0
    ]
    whole = hospital.row(visit)["name"]
    assert whole == f"苗{visit[-2:]}"
    after = service.rows("SELECT count(*) FROM audit_log_record WHERE action = 'visits.read'")[0][0]
    assert after == before + 1
    for token in (hospital.district, hospital.system, service.token("auditor")):
        _, told = service.ask("GET", f"{WARDS}?facility={hospital.code}", token)
        assert [row["name"] for row in told["visits"]] == ["苗" + "*" * len(visit[-2:])]
    service.facilities("H9")
    elsewhere = service.token("doctor", "H9")
    status, told = service.ask("GET", f"{WARDS}?facility={hospital.code}", elsewhere)
    assert (status, codes(told)) == (403, ["S404"])


def test_chosen_visits_are_looked_at_together_all_or_none(hospital: Hospital) -> None:
    visits = [hospital.admit(banan.line("100.00")), hospital.admit(*over())]
    told = hospital.ask("POST", f"{WARDS}/precheck", {"visits": visits})
    assert [row["visit_id"] for row in told["visits"]] == visits[::-1]
    status, told = hospital.service.ask(
        "POST", f"{WARDS}/precheck", hospital.office, {"visits": [*visits, "nobody", "none"]}
    )
    assert (status, codes(told)) == (404, ["S490", "S490"])
    hostile = {"visits": ["no\u202ebody\x1b"]}
    status, told = hospital.service.ask("POST", f"{WARDS}/precheck", hospital.office, hostile)
    assert (status, told["faults"][0]["where"].isprintable()) == (404, True)
    status, told = hospital.service.ask(
        "POST", f"{WARDS}/precheck", hospital.district, {"visits": visits}
    )
    assert (status, codes(told)) == (422, ["F201"])
    status, told = hospital.service.ask(
        "POST", f"{WARDS}/precheck", hospital.office, {"visits": [1], "x": 2}
    )
    assert (status, codes(told)) == (422, ["F202", "F203"])


def test_the_list_is_written_as_a_table_without_formulas_for_a_reason(hospital: Hospital) -> None:
    visit = hospital.admit(*over())
    hospital.ask("PUT", f"{VISITS}/{visit}/stay", {"ward": "=cmd()"})
    hospital.list()
    actor = Actor("account:1", Role.INSURANCE_OFFICE, hospital.code)
    with pytest.raises(Refusal) as refused:
        batch.table(actor, Wanted(), "")
    assert [fault.code for fault in refused.value.faults] == ["S483"]
    (sheet,) = read_sheets("t.xlsx", batch.table(actor, Wanted(), "交班"))
    rows = [[cell.text for cell in row] for row in sheet.rows]
    assert rows[0][:2] == ["住院号", "姓名"]
    assert (rows[1][0], rows[1][9], rows[1][10]) == (visit, "超限，等医生说明", "主管医生")
    assert rows[1][4].lstrip("'") == "=cmd()"


def test_a_table_that_would_not_hold_all_is_refused_not_cut(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        hospital.admit(*over())
    hospital.list()
    actor = Actor("account:1", Role.INSURANCE_OFFICE, hospital.code)
    monkeypatch.setattr(batch, "ROWS", 3)
    (sheet,) = read_sheets("t.xlsx", batch.table(actor, Wanted(), "交班"))
    assert len(sheet.rows) == 4
    monkeypatch.setattr(batch, "ROWS", 2)
    with pytest.raises(Refusal) as refused:
        batch.table(actor, Wanted(), "交班")
    assert [(f.code, f.what) for f in refused.value.faults] == [
        ("S611", "查到的在院患者超过 2 人，一张表写不下")
    ]
    exports = "SELECT count(*) FROM audit_log_record WHERE action = 'wards.export' AND detail->>'facility' = %s"
    assert hospital.service.rows(exports, hospital.code) == [(1,)]


def test_what_moved_is_counted_without_telling_of_anybody(hospital: Hospital) -> None:
    visit = hospital.admit(banan.line("100.00"))
    since = hospital.list()["revision"]
    actor = Actor("account:1", Role.INSURANCE_OFFICE, hospital.code)
    assert selectors.moved_since(actor, None, since) == 0
    hospital.charge(visit, banan.line("1.00", line_id="L2"))
    hospital.keep()
    assert selectors.moved_since(actor, None, since) == 1


def test_a_keeper_looks_until_it_is_told_to_stop(hospital: Hospital, monkeypatch: Any) -> None:
    visit = hospital.admit(banan.line("100.00"))
    monkeypatch.setattr(keeping, "PAUSE", 0.05)
    stop = threading.Event()
    keeper = threading.Thread(target=keeping.keep_looking, args=(stop, 0.0), daemon=True)
    keeper.start()
    try:
        for _ in range(200):
            if hospital.service.rows("SELECT total FROM wards_kept WHERE visit = %s", visit) == [
                (10_000,)
            ]:
                break
            stop.wait(0.05)
        else:
            pytest.fail("nobody has looked")
    finally:
        stop.set()
        keeper.join(5)
