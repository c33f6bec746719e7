"""Control over a period: its figures are a recount of the answers; an assessment takes from the hospital alone."""

import json
import random
import zlib
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from desk.screens import screen
from doudi_web.clearing import assessing
from doudi_web.clearing.figures import figures_json
from doudi_web.clearing.spans import period_of
from doudi_web.indicators import keeping
from doudi_web.settlement import tables
from doudi_web.settlement.closing import digest_of_month
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
    """What a period comes to: the same before what is new is in the sums, with it in them, and counted anew."""
    asked = f"{PERIODS}?period={text}&facility={facility}", service.token("auditor")
    status, told = service.ask("GET", *asked)
    assert (status, told["period"], told["unverified"]) == (200, text, UNVERIFIED)
    hold("periods", status, told)
    keeping.keep()
    assert service.ask("GET", *asked)[1] == told
    of = period_of(text)
    assert of is not None
    anew = assessing.recounted(tables.driver(), of, facility)
    counted = sorted((figures_json(one) for one in anew), key=lambda one: one["facility"])
    assert counted == told["facilities"]
    return told["facilities"]


def hospital(service: Service, code: str) -> str:
    """A hospital of its own, with the visits of F in June: 938.05 can be clawed back."""
    service.facilities(code)
    poor(service, *(f"{code}-{n}" for n in range(4)))
    over(service, f"{code}-0", code, "2019-06-13")
    over(service, f"{code}-1", code, "2019-06-30T23:59:59+08:00")
    settled(service, f"{code}-2", code, settled="2019-06-20")
    return code


@pytest.fixture(scope="module")
def admin(county: Service) -> str:
    """One client: a message is known by who sent it."""
    return county.token("district_admin")


def propose(
    service: Service, token: str, facility: str, text: str, message: str, amount: str = ""
) -> tuple[int, Json]:
    """Propose to take back what is seen of a period, or the amount that is told."""
    seen = [one["difference"] for one in period(service, text, facility)]
    asked = {
        "message_id": message, "facility": facility, "period": text, "reason": "按期控费",
        "amount": amount or (seen or ["0.00"])[0],
    }  # fmt: skip
    status, told = service.ask("POST", ASSESS, token, asked)
    hold("propose_assessment", status, told)
    return status, told


def posted(service: Service, token: str, proposal: int, message: str) -> tuple[int, Json]:
    path = f"{ASSESS}/{proposal}/post"
    status, told = service.ask("POST", path, token, {"message_id": message})
    hold("post_assessment", status, told)
    return status, told


def assess(
    service: Service, token: str, facility: str, text: str, message: str
) -> tuple[int, Json]:
    """What one client proposes another posts; where nothing can be proposed that is told."""
    proposer = service.token("fund_accountant")
    status, told = propose(service, proposer, facility, text, message)
    return posted(service, token, told["proposal"], message) if status == 201 else (status, told)


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
    def told(text: str) -> list[tuple[str, int, str]]:
        return [
            (one["facility"], one["visits"], one["total"])
            for one in period(county, text)
            if one["facility"] in ("F", "G")
        ]

    assert told("2019-07") == [("F", 1, "2539.50")]
    assert told("2019-Q3") == [("F", 1, "2539.50"), ("G", 1, "2000.00")]
    assert told("2019") == [("F", 4, "9079.00"), ("G", 1, "2000.00")]
    assert told("2018") == []


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


def everything(service: Service) -> dict[str, Any]:
    """What an assessment must leave as it is: patients' entries, sums, settlements, openings, other postings."""
    queries = {
        "patients": "SELECT * FROM settlement_entry WHERE starts_with(account, 'patient:') ORDER BY id",
        "sums": "SELECT * FROM settlement_accumulatorentry ORDER BY id",
        "settlements": "SELECT * FROM settlement_settlement ORDER BY id",
        "openings": "SELECT * FROM settlement_opening ORDER BY id",
        "postings": "SELECT * FROM settlement_posting WHERE kind <> 'assess' ORDER BY id",
    }
    return {name: service.rows(query) for name, query in queries.items()}


def test_an_assessment_takes_from_the_hospital_and_leaves_every_person_as_they_were(
    county: Service, admin: str
) -> None:
    code = hospital(county, "A1")
    before = everything(county)
    last = county.rows("SELECT last_value FROM settlement_entry_id_seq")[0][0]
    status, told = assess(county, admin, code, "2019-06", "as-1")
    assert status == 201, told
    assert (told["amount"], told["period"], told["unverified"]) == ("938.05", "2019-06", UNVERIFIED)
    assert told["entries"] == [
        {"id": last + 1, "account": "hospital:A1", "amount": "938.05"},
        {"id": last + 2, "account": "fund:floor", "amount": "-938.05"},
    ]
    ((now,),) = county.rows("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')")
    assert told["month"] == now
    assert everything(county) == before
    assert posted(county, admin, told["proposal"], "as-1") == (200, told)
    assert verify().holds
    (june,) = period(county, "2019-06", code)
    assert (june["assessed"], june["difference"]) == ("938.05", "0.00")
    assert states(county, "?state=recover&facility=A1") == [(last + 2, "recover", "-938.05")]
    recorded = county.rows(
        "SELECT reason, detail FROM audit_log_record WHERE action = 'assess' AND subject = 'facility:A1'"
    )
    assert recorded == [("按期控费", {"period": "2019-06", "facility": "A1", "amount": "938.05"})]


def test_no_closed_month_moves_by_an_assessment(county: Service) -> None:
    with copied(county) as copy:
        code, admin = hospital(copy, "A2"), copy.token("district_admin")
        ((month, following),) = copy.rows(
            "SELECT to_char(t, 'YYYY-MM'), to_char(t + interval '1 month', 'YYYY-MM')"
            " FROM (SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') AS t) x"
        )
        asked = {"message_id": "close", "reason": "月结"}
        status, told = copy.ask("POST", f"/api/v1/months/{month}/close", admin, asked)
        assert status == 201, told
        held, before = _digest(month), everything(copy)
        status, told = assess(copy, admin, code, "2019-06", "as-closed")
        assert (status, told["month"], told["amount"]) == (201, following, "938.05")
        assert (_digest(month), everything(copy)) == (held, before)
        assert [f.what for f in verify().faults] == []


def _digest(month: str) -> tuple[int, bytes]:
    db = tables.driver()
    with db.transaction():
        return digest_of_month(db, month)


def test_once_a_period_unless_visits_changed_then_the_difference(
    county: Service, admin: str
) -> None:
    code = hospital(county, "A3")
    assert assess(county, admin, code, "2019-06", "as-20")[0] == 201
    status, told = assess(county, admin, code, "2019-06", "as-21")
    assert (status, codes(told)) == (409, ["S587"])
    more = over(county, "A3-3", code, "2019-06-25")
    status, told = assess(county, admin, code, "2019-06", "as-22")
    assert (status, told["amount"], told["figures"]["to_claw_back"]) == (201, "596.00", "1534.05")
    reversed_(county, more)
    status, told = assess(county, admin, code, "2019-06", "as-23")
    assert (status, told["amount"]) == (201, "-596.00")
    assert [(e["account"], e["amount"]) for e in told["entries"]] == [
        ("hospital:A3", "-596.00"), ("fund:floor", "596.00"),
    ]  # fmt: skip
    assert verify().holds


def test_a_message_of_an_assessment_has_one_meaning(county: Service) -> None:
    code, admin = hospital(county, "A4"), county.token("district_admin", may_back_date=True)
    assert assess(county, admin, code, "2019-06", "as-30")[0] == 201
    over(county, "A4-3", code, "2019-06-24")
    status, told = assess(county, admin, code, "2019-06", "as-30")
    assert (status, codes(told)) == (409, ["S409"])
    (waits,) = waiting(county, admin)
    for number in (waits, waits):
        path = f"{ASSESS}/{number}/refuse"
        asked = {"message_id": "as-30r", "reason": "另提"}
        status, told = county.ask("POST", path, admin, asked)
        hold("refuse_assessment", status, told)
        assert told == {"proposal": number, "state": "refused"}
    assert waiting(county, admin) == []
    made = bill("as-v", "A4-3", **at(code))
    status, told = county.settle(admin, made, "as-30")
    assert (status, codes(told)) == (409, ["S409"])
    assert county.settle(admin, made, "as-31")[0] == 201
    over(county, "A4-3", code, "2019-06-25")
    status, told = assess(county, admin, code, "2019-06", "as-31")
    assert (status, codes(told)) == (409, ["S409"])


def waiting(service: Service, token: str) -> list[int]:
    """The proposals that wait for a second one."""
    status, told = service.ask("GET", ASSESS, token)
    hold("proposed_assessments", status, told)
    return [one["proposal"] for one in told["proposals"]]


# Catches the route that assessed at once, while the page asked two persons.
@pytest.mark.parametrize("kind", ["token", "account"])
def test_nobody_assesses_alone_neither_a_person_nor_a_clients_token(
    county: Service, kind: str
) -> None:
    code = hospital(county, f"A8{kind[0]}")
    here, other = (screen("district_admin").client, county.token("district_admin"))

    def ask(path: str, asked: Json) -> tuple[int, Json]:
        if kind == "token":
            return county.ask("POST", path, other, asked)
        csrf = here.get("/api/v1/me").json()["csrf"]
        answer = here.post(
            path, asked, content_type="application/json", headers={"X-CSRFToken": csrf}
        )
        return answer.status_code, answer.json()

    asked = {"message_id": f"al-{kind}", "facility": code, "period": "2019-06", "reason": "超了"}
    status, told = ask(ASSESS, {**asked, "amount": "938.06"})
    assert (status, codes(told)) == (409, ["S589"])
    status, told = ask(ASSESS, {**asked, "amount": "938.05"})
    assert (status, told["amount"]) == (201, "938.05"), told
    number = told["proposal"]
    status, told = ask(f"{ASSESS}/{number}/post", {"message_id": f"al2-{kind}"})
    assert (status, codes(told)) == (403, ["S722"])
    assert county.rows("SELECT count(*) FROM settlement_assessment WHERE facility = %s", code) == [
        (0,)
    ]
    own, another = (county.token("insurance_office", one) for one in (code, "G"))
    assert (waiting(county, own), waiting(county, another)) == ([number], [])
    assert posted(county, county.token("district_admin"), number, f"al3-{kind}")[0] == 201
    assert waiting(county, own) == []
    status, told = ask(f"{ASSESS}/{number}/post", {"message_id": f"al4-{kind}"})
    assert (status, codes(told)) == (409, ["S723"])
    for amount in ("938", "x", "1e3", "938.055", ""):
        status, told = ask(ASSESS, {**asked, "amount": amount})
        assert (status, codes(told)[0] in ("F201", "F203")) == (422, True)


def test_a_longer_period_goes_on_from_what_its_months_gave_and_closes_them(
    county: Service, admin: str
) -> None:
    code = hospital(county, "A5")
    assert assess(county, admin, code, "2019-06", "as-40")[0] == 201
    (quarter,) = period(county, "2019-Q2", code)
    assert (quarter["to_claw_back"], quarter["assessed"]) == ("938.05", "938.05")
    over(county, "A5-3", code, "2019-04-03")
    status, told = assess(county, admin, code, "2019-Q2", "as-41")
    assert (status, told["amount"]) == (201, "596.00")
    status, told = assess(county, admin, code, "2019-06", "as-42")
    assert (status, codes(told), told["faults"][0]["what"]) == (
        409, ["S585"], "2019-06 在 2019-Q2 里，2019-Q2 已经追回过",
    )  # fmt: skip
    (year,) = period(county, "2019", code)
    assert (year["assessed"], year["difference"]) == ("1534.05", "0.00")


def test_a_period_that_runs_still_and_a_hospital_without_visits_are_refused(
    county: Service, admin: str
) -> None:
    ((year, month),) = county.rows(
        "SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY'),"
        " to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
    )
    for text in (year, month):
        status, told = assess(county, admin, "F", text, f"as-{text}")
        assert (status, codes(told)) == (409, ["S584"])
    status, told = assess(county, admin, "NONE", "2019-06", "as-50")
    assert (status, codes(told)) == (409, ["S587"])


def test_a_policy_that_only_watches_has_nowhere_to_give_it_back(
    county: Service, admin: str
) -> None:
    lines = [line("100.00"), line("900.00", "丙", "L2")]
    made = settled(county, "D1", "H", lines, settled="2025-03-05", admitted="2025-03-01")
    assert "floor" not in {one["layer"] for one in made["explanation"]}
    (told,) = period(county, "2025-03", "H")
    assert (told["to_claw_back"], told["borne"]) == ("800.00", "0.00")
    status, told = assess(county, admin, "H", "2025-03", "as-60")
    assert (status, codes(told)) == (409, ["S588"])


def test_after_an_erasure_a_period_is_as_it_was_assessed_or_says_what_it_cannot_measure(
    county: Service,
) -> None:
    with copied(county) as copy:
        code, admin = hospital(copy, "A6"), copy.token("district_admin")
        assert assess(copy, admin, code, "2019-06", "as-70")[0] == 201
        (june,) = period(copy, "2019-06", code)
        over(copy, "PP8", "K", "2019-09-05")
        for person in ("A6-0", "A6-2", "PP8"):
            erase(person, "本人申请", "command:test")
        assert period(copy, "2019-06", code) == [june]
        (unknown,) = period(copy, "2019-09", "K")
        assert (unknown["visits"], unknown["unmeasured"], unknown["total"]) == (0, 1, "0.00")
        status, told = assess(copy, admin, "K", "2019-09", "as-71")
        assert (status, codes(told)) == (409, ["S586"])
        _, told = copy.ask("GET", f"{VISITS}?period=2019-09&facility=K", copy.token("auditor"))
        hold("periods_visits", 200, told)
        assert (told["visits"][0]["total"], told["visits"][0]["share"]) == (None, None)
        assert verify().holds


def test_what_an_assessment_keeps_names_no_person(county: Service, admin: str) -> None:
    code = hospital(county, "A7")
    assert assess(county, admin, code, "2019-06", "as-80")[0] == 201
    ((kept,),) = county.rows("SELECT figures FROM settlement_assessment WHERE facility = 'A7'")
    rows = json.loads(zlib.decompress(kept))["visits"]
    assert [row[1:] for row in rows] == [
        [200_000, 100_000, 20_000, 80_000, 20_400, "1/10"], [253_950, 0, 25_395, 0, 0, "1/10"],
        [200_000, 100_000, 20_000, 80_000, 20_400, "1/10"],
    ]  # fmt: skip


CODES = {"S584", "S585", "S586", "S587", "S588"}
"""The codes that this file makes."""
