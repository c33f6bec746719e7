"""Control over a period: its figures are a recount of the answers; an assessment takes from the hospital alone."""

import json
import random
import zlib
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from doudi_web.settlement.erasing import erase
from doudi_web.settlement.verify import verify
from web.floor_at_hand import at, line, over, poor, reversed_, settled, states
from web.ledger_at_hand import copied
from web.people import codes
from web.service import Json, Service
from web.test_interface import hold
from web.test_settling import bill

PERIODS, VISITS, ASSESS = "/api/v1/periods", "/api/v1/periods/visits", "/api/v1/assessments"
UNVERIFIED = ["period.limit", "period.assessment"]
FEN = Decimal("0.01")


@pytest.fixture(scope="module")
def county(service: Service) -> Service:
    """F: in June two visits that are over, and one within; in July one within. G: over in August. H: 2025."""
    poor(service, *(f"PP{n}" for n in range(12)))
    poor(service, "D1", code="dibao")
    service.facilities("F", "G", "H", "K")
    over(service, "PP0", "F", "2019-06-13")
    over(service, "PP1", "F", "2019-06-30T23:59:59+08:00")
    settled(service, "PP2", "F", settled="2019-06-20")
    settled(service, "PP2", "F", settled="2019-07-01T00:00:00+08:00")
    over(service, "PP3", "G", "2019-08-05")
    settled(
        service, "nobody", "F", [line("10.00", "丙")], settled="2019-06-21"
    )  # no control applies
    return service


def period(service: Service, text: str, facility: str = "") -> list[Json]:
    status, told = service.ask(
        "GET", f"{PERIODS}?period={text}&facility={facility}", service.token("auditor")
    )
    assert (status, told["period"], told["unverified"]) == (200, text, UNVERIFIED)
    hold("periods", status, told)
    return told["facilities"]


_ADMINS: dict[str, str] = {}


def _admin(service: Service) -> str:
    """One client: a message is known by who sent it."""
    if service.url not in _ADMINS:
        _ADMINS[service.url] = service.token("district_admin")
    return _ADMINS[service.url]


def assess(
    service: Service, facility: str, text: str, message: str, token: str | None = None
) -> tuple[int, Json]:
    asked = {"message_id": message, "facility": facility, "period": text, "reason": "按期控费"}
    status, told = service.ask("POST", ASSESS, token or _admin(service), asked)
    hold("assess", status, told)
    return status, told


def test_a_months_figures_and_the_visits_behind_them(county: Service) -> None:
    (june,) = period(county, "2019-06", "F")
    assert june == {
        "facility": "F", "visits": 3, "unmeasured": 0, "total": "6539.50", "measured": "2000.00",
        "share": "0.3058", "limit": "653.95", "excess": "1346.05", "borne": "408.00",
        "to_claw_back": "938.05", "assessed": "0.00", "difference": "938.05",
    }  # fmt: skip
    path = f"{VISITS}?period=2019-06&facility=F"
    _, told = county.ask("GET", path, county.token("auditor"))
    assert [(one["total"], one["measured"], one["share"], one["limit"], one["excess"], one["borne"])
            for one in told["visits"]] == [
        ("2000.00", "1000.00", "0.5000", "200.00", "800.00", "204.00"),
        ("2539.50", "0.00", "0.0000", "253.95", "0.00", "0.00"),
        ("2000.00", "1000.00", "0.5000", "200.00", "800.00", "204.00"),
    ]  # fmt: skip
    hold("periods_visits", 200, told)
    assert (told["after"], told["unverified"]) == (None, UNVERIFIED)
    first = told["visits"][0]["settlement_id"]
    _, rest = county.ask("GET", f"{path}&after={first}", county.token("auditor"))
    assert rest["visits"] == told["visits"][1:]
    status, told = county.ask("GET", f"{path}&after=999999", county.token("auditor"))
    assert (status, codes(told)) == (404, ["S406"])


def test_a_period_ends_at_midnight_in_china_and_a_quarter_holds_its_months(county: Service) -> None:
    assert [(one["facility"], one["visits"]) for one in period(county, "2019-07")] == [("F", 1)]
    assert [(one["facility"], one["visits"]) for one in period(county, "2019-Q3")] == [
        ("F", 1), ("G", 1),
    ]  # fmt: skip
    assert [(one["facility"], one["visits"], one["total"]) for one in period(county, "2019")] == [
        ("F", 4, "9079.00"), ("G", 1, "2000.00"),
    ]  # fmt: skip
    assert period(county, "2018") == []


@pytest.mark.parametrize(
    "text", ["2019-13", "2019-Q5", "19", "2019-6", "2019-06-01", "１２３４", "0000"]
)
def test_what_is_no_period_is_refused(county: Service, text: str) -> None:
    status, told = county.ask("GET", f"{PERIODS}?period={text}", county.token("auditor"))
    assert (status, codes(told)) == (422, ["F203"])


def test_without_a_period_it_is_this_month(county: Service) -> None:
    _, told = county.ask("GET", PERIODS, county.token("auditor"))
    ((month,),) = county.rows("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')")
    assert (told["period"], told["facilities"]) == (month, [])


def test_a_hospital_sees_its_own(county: Service) -> None:
    own = county.token("insurance_office", "G")
    _, told = county.ask("GET", f"{PERIODS}?period=2019", own)
    assert [one["facility"] for one in told["facilities"]] == ["G"]
    for path in (f"{PERIODS}?period=2019&facility=F", f"{VISITS}?period=2019&facility=F"):
        status, told = county.ask("GET", path, own)
        assert (status, codes(told)) == (403, ["S404"])


def recount(results: list[Json], borne_rate: Decimal = Decimal("0.10")) -> Json:
    """A hospital's period by hand, after the rule's own words, from the answers as they were given."""
    of = [r for r in results if r["control"] and r["control"]["applies"]]
    total = sum((Decimal(r["total"]) for r in of), Decimal(0))
    measured = sum(
        (Decimal(r["out_of_catalogue"]) + Decimal(r["over_ceiling"]) for r in of), Decimal(0)
    )
    borne = sum((Decimal(r["hospital"]) for r in of), Decimal(0))
    limit = (total * borne_rate).quantize(FEN, ROUND_FLOOR)
    share = (measured / total).quantize(Decimal("0.0001"), ROUND_HALF_UP) if total else Decimal(0)
    excess = max(measured - limit, Decimal(0))
    return {
        "visits": len(of), "total": f"{total:.2f}", "measured": f"{measured:.2f}", "share": f"{share:.4f}",
        "limit": f"{limit:.2f}", "excess": f"{excess:.2f}", "borne": f"{borne:.2f}",
        "to_claw_back": f"{max(measured - limit - borne, Decimal(0)):.2f}",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_periods_figures_are_a_recount_of_what_stands(county: Service, seed: int) -> None:
    chance = random.Random(f"periods {seed}")
    place, persons = f"R{seed}", [f"PR{seed}-{n}" for n in range(6)]
    county.facilities(place)
    poor(county, *persons)
    standing: dict[str, list[Json]] = {}
    for _ in range(30):
        month = chance.choice(["2019-01", "2019-02", "2019-11"])
        lines = [
            line(f"{chance.randint(1, 300_000) / 100:.2f}", chance.choice("甲甲丙"), f"L{n}")
            for n in range(chance.randint(1, 3))
        ]
        total = sum(round(float(one["amount"]) * 100) for one in lines)
        out = sum(round(float(one["amount"]) * 100) for one in lines if one["class"] == "丙")
        given = (
            {"health_poverty_fund": f"{chance.randint(0, out) / 100:.2f}"}
            if chance.random() < 0.7
            else {}
        )
        who = chance.choice([*persons, "unknown"])
        day = f"{month}-{chance.randint(1, 28):02d}"
        made = settled(county, who, place, lines, settled=day, given=given, admitted="2018-12-30")
        assert round(float(made["total"]) * 100) == total
        standing.setdefault(month, []).append(made)
        if chance.random() < 0.2:
            reversed_(county, standing[month].pop(chance.randrange(len(standing[month]))))
    for text, months in (
        ("2019-01", ["2019-01"]), ("2019-Q1", ["2019-01", "2019-02"]), ("2019-Q4", ["2019-11"]),
        ("2019", ["2019-01", "2019-02", "2019-11"]),
    ):  # fmt: skip
        results = [one for month in months for one in standing.get(month, [])]
        (told,) = period(county, text, place)
        assert told == {
            "facility": place, "unmeasured": 0, "assessed": "0.00", **recount(results),
            "difference": recount(results)["to_claw_back"],
        }  # fmt: skip


def everything(service: Service, *, but: str = "") -> dict[str, Any]:
    """What an assessment must leave as it is: patients' entries, sums, settlements, openings, other months."""
    queries = {
        "patients": "SELECT * FROM settlement_entry WHERE starts_with(account, 'patient:') ORDER BY id",
        "sums": "SELECT * FROM settlement_accumulatorentry ORDER BY id",
        "settlements": "SELECT * FROM settlement_settlement ORDER BY id",
        "openings": "SELECT * FROM settlement_opening ORDER BY id",
        "postings": f"SELECT * FROM settlement_posting WHERE kind <> 'assess' OR month <> '{but}' ORDER BY id",
    }
    return {name: service.rows(query) for name, query in queries.items()}


def test_an_assessment_takes_from_the_hospital_and_leaves_every_person_as_they_were(
    county: Service,
) -> None:
    before = everything(county)
    last = county.rows("SELECT max(id) FROM settlement_entry")[0][0]
    status, told = assess(county, "F", "2019-06", "as-1")
    assert status == 201, told
    assert (told["amount"], told["period"], told["unverified"]) == ("938.05", "2019-06", UNVERIFIED)
    assert told["entries"] == [
        {"id": last + 1, "account": "hospital:F", "amount": "938.05"},
        {"id": last + 2, "account": "fund:floor", "amount": "-938.05"},
    ]
    ((now,),) = county.rows("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')")
    assert told["month"] == now
    assert everything(county, but=now) == before
    assert assess(county, "F", "2019-06", "as-1") == (200, told)
    assert verify().holds
    (june,) = period(county, "2019-06", "F")
    assert (june["assessed"], june["difference"]) == ("938.05", "0.00")
    assert states(county, "?state=recover") == [(last + 2, "recover", "-938.05")]
    recorded = county.rows("SELECT reason, detail FROM audit_log_record WHERE action = 'assess'")
    assert recorded == [("按期控费", {"period": "2019-06", "facility": "F", "amount": "938.05"})]


def test_once_a_period_unless_visits_changed_then_the_difference(county: Service) -> None:
    status, told = assess(county, "F", "2019-06", "as-2")
    assert (status, codes(told)) == (409, ["S587"])
    more = over(county, "PP4", "F", "2019-06-25")
    status, told = assess(county, "F", "2019-06", "as-3")
    assert (status, told["amount"], told["figures"]["to_claw_back"]) == (201, "596.00", "1534.05")
    reversed_(county, more)
    status, told = assess(county, "F", "2019-06", "as-4")
    assert (status, told["amount"]) == (201, "-596.00")
    assert [(e["account"], e["amount"]) for e in told["entries"]] == [
        ("hospital:F", "-596.00"), ("fund:floor", "596.00"),
    ]  # fmt: skip
    assert verify().holds


def test_a_message_of_an_assessment_has_one_meaning(county: Service) -> None:
    status, told = assess(county, "G", "2019-06", "as-1")
    assert (status, codes(told)) == (409, ["S409"])
    admin = _admin(county)
    made = {key: value for key, value in bill("as-v", "PP5", **at("F")).items() if key != "settled"}
    status, told = assess(county, "G", "2019-08", "as-5", admin)
    assert status == 201, told
    status, told = county.settle(admin, made, "as-5")
    assert (status, codes(told)) == (409, ["S409"])


def test_a_longer_period_goes_on_from_what_its_months_gave_and_closes_them(
    county: Service,
) -> None:
    (quarter,) = period(county, "2019-Q2", "F")
    assert (quarter["to_claw_back"], quarter["assessed"]) == ("938.05", "938.05")
    over(county, "PP6", "F", "2019-04-03")
    status, told = assess(county, "F", "2019-Q2", "as-6")
    assert (status, told["amount"]) == (201, "596.00")
    status, told = assess(county, "F", "2019-06", "as-7")
    assert (status, codes(told), told["faults"][0]["what"]) == (
        409, ["S585"], "2019-06 在 2019-Q2 里，2019-Q2 已经追回过",
    )  # fmt: skip
    (year,) = period(county, "2019", "F")
    assert year["assessed"] == "1534.05"


def test_a_period_that_runs_still_and_a_hospital_without_visits_are_refused(
    county: Service,
) -> None:
    ((year, month),) = county.rows(
        "SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY'),"
        " to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
    )
    for text in (year, month):
        status, told = assess(county, "F", text, f"as-{text}")
        assert (status, codes(told)) == (409, ["S584"])
    status, told = assess(county, "NONE", "2019-06", "as-8")
    assert (status, codes(told)) == (409, ["S587"])


def test_a_policy_that_only_watches_has_nowhere_to_give_it_back(county: Service) -> None:
    lines = [line("100.00"), line("900.00", "丙", "L2")]
    made = settled(county, "D1", "H", lines, settled="2025-03-05", admitted="2025-03-01")
    assert "floor" not in {one["layer"] for one in made["explanation"]}
    (told,) = period(county, "2025-03", "H")
    assert (told["to_claw_back"], told["borne"]) == ("800.00", "0.00")
    status, told = assess(county, "H", "2025-03", "as-9")
    assert (status, codes(told)) == (409, ["S588"])


def test_after_an_erasure_a_period_is_as_it_was_assessed_or_says_what_it_cannot_measure(
    county: Service,
) -> None:
    with copied(county) as copy:
        (june, august) = period(copy, "2019-06", "F")[0], period(copy, "2019-08", "G")[0]
        assert august["assessed"] == "596.00"
        over(copy, "PP8", "K", "2019-09-05")
        for person in ("PP0", "PP3", "PP8"):
            erase(person, "本人申请", "command:test")
        assert (period(copy, "2019-06", "F")[0], period(copy, "2019-08", "G")[0]) == (june, august)
        (unknown,) = period(copy, "2019-09", "K")
        assert (unknown["visits"], unknown["unmeasured"], unknown["total"]) == (0, 1, "0.00")
        status, told = assess(copy, "K", "2019-09", "as-10")
        assert (status, codes(told)) == (409, ["S586"])
        _, told = copy.ask("GET", f"{VISITS}?period=2019-09&facility=K", copy.token("auditor"))
        assert (told["visits"][0]["total"], told["visits"][0]["share"]) == (None, None)
        assert verify().holds


def test_what_an_assessment_keeps_names_no_person(county: Service) -> None:
    kept = county.rows("SELECT figures FROM settlement_assessment ORDER BY id LIMIT 1")[0][0]
    rows = json.loads(zlib.decompress(kept))["visits"]
    assert [row[1:] for row in rows] == [
        [200_000, 100_000, 20_000, 80_000, 20_400, "1/10"], [253_950, 0, 25_395, 0, 0, "1/10"],
        [200_000, 100_000, 20_000, 80_000, 20_400, "1/10"],
    ]  # fmt: skip


CODES = {"S584", "S585", "S586", "S587", "S588"}
"""The codes that this file makes."""
