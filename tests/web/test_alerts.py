"""Alerts: each rule at its boundary, one cause one alert that grows, who may act, two people at once."""

import threading
from collections.abc import Iterator
from datetime import date, datetime
from statistics import median_low

import pytest
from django.test import override_settings

import banan
from desk.plans import read_whole, recorded
from doudi.dates import CHINA
from doudi.money import yuan_for_people
from doudi_web.alerts import by_visit, selectors
from doudi_web.alerts.found import Asked
from doudi_web.alerts.selectors import TABS, Wanted
from doudi_web.settlement import tables
from doudi_web.tenancy.demo_clock import DemoClock
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.wards import keeping as wards
from doudi_web.wards.watching import Watch
from web.alerts_at_hand import OTHER_TOWN, TOWN, County, after
from web.service import Json, Service

CODES = {"S710", "S711", "S712", "S713", "S714"}
TODAY = "2019-12-03"


@pytest.fixture(scope="module")
def county(service: Service) -> Iterator[County]:
    """Hospitals, on a day in December of 2019."""
    morning = DemoClock(datetime(2019, 12, 3, 9, tzinfo=CHINA), datetime.now(CHINA))
    with override_settings(DEMO=morning):
        yield County(service)


def test_stays_of_the_same_disease_within_ten_days_are_split(county: County) -> None:
    county.person("SP1")
    county.person("SP2")
    for who, gap in (("SP1", 10), ("SP2", 11)):
        county.stay(who, "2019-03-01", "2019-03-05")
        county.stay(who, after("2019-03-05", gap), after("2019-03-05", gap + 4), "F3")
    (one,) = county.alerts("split", "SP1")
    assert (one["weight"], one["state"], one["owner_role"]) == (2, "open", "district_admin")
    assert (
        one["says"] == "2 次住院，2019-03-01 至 2019-03-19，出院后最短 10 天又住院；医院F1、医院F3"
    )
    assert len(one["behind"]) == 2
    assert county.alerts("split", "SP2") == []


def test_transfers_other_diseases_parts_of_a_stay_and_courses_are_not_split(county: County) -> None:
    for who in ("SN1", "SN2", "SN3", "SN4"):
        county.person(who)
    county.stay("SN1", "2019-03-01", "2019-03-05", "F2")
    county.stay("SN1", "2019-03-05", "2019-03-09", "F3")  # to a hospital of a higher level
    county.stay("SN2", "2019-03-01", "2019-03-05")
    fracture = [{"code": "S82.900", "name": "骨折", "main": True}]
    county.stay("SN2", "2019-03-08", "2019-03-09", diagnoses=fracture)
    county.stay("SN3", "2019-03-01", "2019-03-05", episode_id="SN3-E")
    county.stay("SN3", "2019-03-06", "2019-03-09", episode_id="SN3-E")
    county.stay("SN4", "2019-03-01", "2019-03-05", major_disease=True)
    county.stay("SN4", "2019-03-08", "2019-03-09", major_disease=True)
    for who in ("SN1", "SN2", "SN3", "SN4"):
        assert county.alerts("split", who) == [], who


def test_three_stays_in_thirty_days_are_split_whatever_the_disease(county: County) -> None:
    for who, last in (("SM1", 29), ("SM2", 30)):
        county.person(who)
        for number, day in enumerate((0, 14, last)):
            start = after("2019-04-01", day)
            other = [{"code": f"{'ABC'[number]}09.900", "name": "病", "main": True}]
            county.stay(who, start, after(start, 1), diagnoses=other)
    assert [one["weight"] for one in county.alerts("split", "SM1")] == [3]
    assert county.alerts("split", "SM2") == []


def test_a_cause_is_one_alert_that_grows_is_closed_and_opened_again(county: County) -> None:
    county.person("SG")
    county.stay("SG", "2019-05-01", "2019-05-03")
    second = county.stay("SG", "2019-05-06", "2019-05-08")
    (one,) = county.alerts("split", "SG")
    path = f"/api/v1/alerts/{one['alert']}"
    closed = county.told(
        "POST", f"{path}/close", {"message_id": "sg1", "ended_as": "false", "reason": "病情反复"}
    )
    assert (closed["state"], closed["ended_as"]) == ("closed", "false")
    assert county.alerts("split", "SG")[0]["state"] == "closed"  # looked at again: as it was
    third = county.stay("SG", "2019-05-12", "2019-05-14")
    (grown,) = county.alerts("split", "SG")
    assert (grown["alert"], grown["state"], grown["weight"]) == (one["alert"], "open", 3)
    county.reverse(third)
    (eased,) = county.alerts("split", "SG")
    assert (eased["weight"], eased["state"]) == (2, "open")
    county.reverse(second)
    (gone,) = county.alerts("split", "SG")
    assert (gone["state"], gone["ended_as"]) == ("closed", "gone")
    assert [e["what"] for e in gone["events"]] == ["open", "close", "reopen", "ease", "gone"]


DOUBLES: list[tuple[str, int]] = [
    ("two hospitals", 1), ("same item", 1), ("other item", 0), ("stays overlap", 1),
    ("stays touch", 0), ("within a stay", 1), ("first day of a stay", 0), ("next day", 0),
]  # fmt: skip


@pytest.mark.parametrize(("case", "count"), DOUBLES)
def test_claims_for_the_same_day(county: County, case: str, count: int) -> None:
    who = county.person(f"DB-{case.replace(' ', '-')}")
    match case:
        case "two hospitals":
            county.seen(who, "2019-06-03", "F1")
            county.seen(who, "2019-06-03", "F2", "C2")
        case "same item":
            county.seen(who, "2019-06-03")
            county.seen(who, "2019-06-03")
        case "other item":
            county.seen(who, "2019-06-03")
            county.seen(who, "2019-06-03", code="C2")
        case "stays overlap":
            county.stay(who, "2019-06-03", "2019-06-09")
            county.stay(who, "2019-06-08", "2019-06-12", "F3")
        case "stays touch":
            county.stay(who, "2019-06-03", "2019-06-09")
            county.stay(who, "2019-06-09", "2019-06-12", "F3")
        case "within a stay":
            county.stay(who, "2019-06-03", "2019-06-09")
            county.seen(who, "2019-06-05", "F3")
        case "first day of a stay":
            county.seen(who, "2019-06-03", "F3")
            county.stay(who, "2019-06-03", "2019-06-09")
        case _:
            county.seen(who, "2019-06-03")
            county.seen(who, "2019-06-04")
    assert len(county.alerts("double", who)) == count


def thinned(
    county: County, who: str, late: str, *, code: str = "NEW", day: str = "2019-07-09"
) -> Json:
    """A stay over its limit until its last two days: 丙 900 of 8,000; then `late` in scope on a day."""
    lines = [
        {**banan.line("7100.00", "甲", "L1"), "code": "OLD", "date": "2019-07-02"},
        {**banan.line("900.00", "丙", "L2"), "code": "OUT", "date": "2019-07-03"},
        {**banan.line(late, "甲", "L3"), "code": code, "date": day},
    ]
    return county.stay(who, "2019-07-01", "2019-07-10", lines=lines)


DILUTED = [
    ("1000.00", "NEW", "2019-07-09", 1),  # 900 of 9,000: at the limit, no more over it
    ("999.99", "NEW", "2019-07-09", 0),  # still over: nothing was hidden
    ("1000.00", "OLD", "2019-07-09", 0),  # what was charged before goes on
    ("1000.00", "NEW", "2019-07-08", 0),  # a day before the last two
]


@pytest.mark.parametrize(("late", "code", "day", "count"), DILUTED)
def test_what_is_charged_at_the_end_dilutes(
    county: County, late: str, code: str, day: str, count: int
) -> None:
    who = county.person(f"DL-{late[:4]}-{code}-{day[-1]}-{count}")
    thinned(county, who, late, code=code, day=day)
    found = county.alerts("dilution", who)
    assert len(found) == count
    if found:
        assert found[0]["weight"] == 100_000
        assert "从 11.25% 降到 10.00%" in found[0]["says"]


def test_dilution_begins_at_its_least_amount(county: County) -> None:
    who = county.person("DM")
    lines = [
        {**banan.line("2430.00", "甲", "L1"), "code": "OLD", "date": "2019-07-02"},
        {**banan.line("300.00", "丙", "L2"), "code": "OUT", "date": "2019-07-03"},
        {**banan.line("299.99", "甲", "L3"), "code": "NEW", "date": "2019-07-10"},
    ]
    county.stay(who, "2019-07-01", "2019-07-10", lines=lines)
    assert county.alerts("dilution", who) == []
    other = county.person("DM2")
    lines[2] |= {"amount": "300.00", "unit_price": "300.00"}
    county.stay(other, "2019-07-01", "2019-07-10", lines=lines)
    assert [one["weight"] for one in county.alerts("dilution", other)] == [30_000]


def test_a_standing_ends_within_thirty_days_and_is_renewed(county: County) -> None:
    for who, days in (("ST1", 30), ("ST2", 31)):
        ends = [{"code": "dibao", "from": "2018-01-01", "to": after(TODAY, days)}]
        county.person(who, village=f"{OTHER_TOWN}201", standings=ends)
    (one,) = county.alerts("standing", OTHER_TOWN)
    assert (one["weight"], one["owner_role"], one["owner_township"]) == (
        1,
        "township_officer",
        OTHER_TOWN,
    )
    assert [b["person"] for b in one["behind"]] == ["ST1"]
    renewed = [
        {"code": "dibao", "from": "2018-01-01", "to": after(TODAY, 30)},
        {"code": "destitute", "from": after(TODAY, 30)},
    ]
    county.person("ST1", village=f"{OTHER_TOWN}201", standings=renewed)
    (gone,) = county.alerts("standing", OTHER_TOWN)
    assert (gone["state"], gone["ended_as"]) == ("closed", "gone")


def test_a_household_reaches_its_threshold_to_the_fen(county: County) -> None:
    """Ordinary people: outpatient at level 三 is paid by nobody else."""
    for who in ("HA1", "HA2", "HB1"):
        county.person(who, household=f"{TOWN}201-{who[:2]}", standings=[])
    lines = [{**banan.line("2500.00"), "date": "2019-08-01"}]
    county.seen("HA1", "2019-08-01", "F3", lines=lines)
    county.seen("HA2", "2019-08-02", "F3", lines=[{**lines[0], "date": "2019-08-02"}])
    less = [{**banan.line("4999.99"), "date": "2019-08-01"}]
    county.seen("HB1", "2019-08-01", "F3", lines=less)
    (one,) = county.alerts("household", "HA1")
    assert one["says"] == "一户 2 人就医 2 次，今年自己付 5,000.00 元，起报 5,000.00 元"
    assert (one["weight"], one["owner_township"]) == (500_000, TOWN)
    assert county.alerts("household", "HB1") == []


def test_who_sees_and_who_acts(county: County, service: Service) -> None:
    county.person("WA")
    county.stay("WA", "2019-09-01", "2019-09-03", "F2")
    county.stay("WA", "2019-09-04", "2019-09-08", "F2")
    (one,) = county.alerts("split", "WA")
    path = f"/api/v1/alerts/{one['alert']}"
    office = service.token("insurance_office", "F2")
    other = service.token("insurance_office", "F1")
    officer = service.token("township_officer", township=TOWN)
    auditor = service.token("auditor")
    for token, status in ((office, 200), (other, 404), (officer, 200), (auditor, 200)):
        assert service.ask("GET", path, token)[0] == status
    close = {"message_id": "wa1", "ended_as": "true", "reason": "查实"}
    assert codes(service, f"{path}/close", office, close) == (403, ["S713"])
    assert codes(service, f"{path}/close", auditor, close) == (403, ["S403"])
    assert codes(service, f"{path}/close", other, close) == (404, ["S710"])
    give = {"message_id": "wa2", "owner_role": "insurance_office", "reason": "请医院说明"}
    assert codes(service, f"{path}/reassign", county.admin, give) == (422, ["S712"])
    county.told("POST", f"{path}/reassign", {**give, "owner_facility": "F2"})
    taken = county.told("POST", f"{path}/take", {"message_id": "wa3"}, by=office)
    assert (taken["state"], taken["owner_facility"]) == ("taken", "F2")
    assert codes(service, f"{path}/take", county.admin, {"message_id": "wa4"}) == (409, ["S711"])
    assert codes(service, f"{path}/close", county.admin, close) == (409, ["S711"])
    county.told("POST", f"{path}/close", close, by=office)
    assert codes(service, f"{path}/take", office, {"message_id": "wa5"}) == (409, ["S711"])
    again = county.told("POST", f"{path}/close", close, by=office)
    assert again["ended_as"] == "true"


def codes(service: Service, path: str, token: str, body: Json) -> tuple[int, list[str]]:
    status, told = service.ask("POST", path, token, body)
    return status, [fault["code"] for fault in told.get("faults", ())]


def test_of_two_people_at_once_one_takes_an_alert(county: County, service: Service) -> None:
    county.person("TW")
    county.stay("TW", "2019-10-01", "2019-10-03")
    county.stay("TW", "2019-10-04", "2019-10-08")
    (one,) = county.alerts("split", "TW")
    clients = [service.token("district_admin") for _ in range(4)]
    answers: list[int] = []

    def take(number: int) -> None:
        path = f"/api/v1/alerts/{one['alert']}/take"
        answers.append(service.ask("POST", path, clients[number], {"message_id": "tw"})[0])

    threads = [threading.Thread(target=take, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409]


def test_values_are_stated_with_a_reason_and_hold_at_once(county: County, service: Service) -> None:
    county.person("VA")
    county.stay("VA", "2019-11-01", "2019-11-03")
    county.stay("VA", "2019-11-20", "2019-11-22")
    assert county.alerts("split", "VA") == []
    county.state("split", "days", 17)
    assert len(county.alerts("split", "VA")) == 1
    county.state("split", "days", 10)
    (gone,) = county.alerts("split", "VA")
    assert gone["ended_as"] == "gone"
    unknown = {"rule": "split", "name": "nothing", "amount": 1, "reason": "试"}
    assert codes(service, "/api/v1/alerts/rules", county.admin, unknown) == (422, ["S714"])


def test_history_cannot_be_changed(service: Service) -> None:
    for sql in (
        "UPDATE alerts_event SET text = ''",
        "DELETE FROM alerts_value",
        "TRUNCATE alerts_event",
    ):
        with pytest.raises(Exception, match="append"):
            service.rows(f"{sql} RETURNING 1" if "TRUNCATE" not in sql else sql)


def test_looking_again_changes_nothing(county: County, service: Service) -> None:
    county.look()
    before = service.rows("SELECT count(*), max(version) FROM alerts_alert")
    events = service.rows("SELECT count(*) FROM alerts_event")
    service.rows("UPDATE alerts_state SET day = NULL, low = 0 RETURNING 1")
    county.look()
    assert service.rows("SELECT count(*), max(version) FROM alerts_alert") == before
    assert service.rows("SELECT count(*) FROM alerts_event") == events


SHARES = [("899.99", "2019-11-28", 0), ("900.01", "2019-11-28", 1), ("900.01", "2019-11-03", 0),
          ("900.01", "2019-11-04", 1)]  # fmt: skip


@pytest.mark.parametrize(("outside", "day", "count"), SHARES)
def test_a_settlement_over_its_limit_is_told_for_thirty_days(
    county: County, outside: str, day: str, count: int
) -> None:
    """The limit is 10 % of the total, rounded down to the fen: 900.00 of 9,000.01 or so."""
    who = county.person(f"SH-{outside}-{day[-5:]}")
    lines = [banan.line("8100.00", "甲", "L1"), banan.line(outside, "丙", "L2")]
    county.stay(who, after(day, -3), day, lines=lines)
    found = county.alerts("share", who)
    assert [(one["owner_role"], one["owner_facility"]) for one in found] == [
        ("insurance_office", "F1")
    ] * count


def test_a_running_visit_near_its_limit_is_one_alert_until_it_is_settled(
    county: County, service: Service
) -> None:
    who = county.person("RU")
    header = {
        "visit_id": "RU-V", "person": {"id": who}, "kind": "inpatient", "admitted": "2019-11-30",
        "facility": {"code": "F1", "level": "2", "district": "500113"},
    }  # fmt: skip
    county.told("POST", "/api/v1/visits", header, by=county.sender)
    lines = [banan.line("919.99", "甲", "L1"), banan.line("80.01", "丙", "L2")]  # 80 % of 100.00
    county.told("POST", "/api/v1/visits/RU-V/lines", {"lines": lines}, by=county.sender)
    wards.keep(Watch())
    (one,) = county.alerts("share", who)
    assert one["says"] == "在院 RU-V：目录外占比 8.00%，接近限额，还可用 19.99 元"
    more = {"lines": [banan.line("100.00", "丙", "L3")]}
    county.told("POST", "/api/v1/visits/RU-V/lines", more, by=county.sender)
    wards.keep(Watch())
    (grown,) = county.alerts("share", who)
    assert (grown["alert"], grown["weight"], grown["severity"]) == (one["alert"], 1636, 2)
    away = [{"line": line} for line in ("L2", "L3")]
    for stated in away:
        path = f"/api/v1/visits/RU-V/lines/{stated['line']}"
        status, told = service.ask("DELETE", path, county.sender, {"reason": "试"})
        assert status in (200, 201), told
    wards.keep(Watch())
    (gone,) = county.alerts("share", who)
    assert (gone["state"], gone["ended_as"]) == ("closed", "gone")


def test_a_budget_that_lasts_is_none_and_one_that_does_not_is(
    county: County, service: Service
) -> None:
    county.look()
    rows = service.rows(
        "SELECT coalesce(sum(amount), 0)::bigint FROM indicators_spent WHERE fund = 'floor'"
    )
    spent = int(rows[0][0])
    assert spent > 0
    for amount, count in ((spent * 10, 0), (spent, 1)):
        body = {"year": 2019, "amount": f"{amount // 100}.{amount % 100:02d}", "reason": "试"}
        county.told("POST", "/api/v1/indicators/budgets", body)
        assert len(county.alerts("budget")) == count, amount
    assert county.alerts("budget")[0]["owner_role"] == "district_admin"


def test_a_hospital_month_is_over_its_limit_by_a_fen(county: County) -> None:
    """Five visits of 1,000.00, each allowed 100.00: 500.00 together is the limit."""
    for month, last in (("09", "100.00"), ("10", "100.01")):
        for number in range(5):
            who = county.person(f"PE{month}{number}")
            outside = last if number == 4 else "100.00"
            inside = f"{1000 - float(outside):.2f}"
            lines = [banan.line(inside, "甲", "L1"), banan.line(outside, "丙", "L2")]
            county.stay(who, f"2019-{month}-10", f"2019-{month}-12", "F2", lines=lines)
    (one,) = [a for a in county.alerts("period") if a["facility"] == "F2"]
    assert one["says"].startswith("医院F2 2019-10 目录外占比 ")
    assert one["weight"] == 1


def test_a_floor_amount_is_large_beside_its_peers(county: County, service: Service) -> None:
    """The line by hand from the ledger: the lower median of all peers, and ten times their median distance."""
    for number in range(21):
        who = county.person(
            f"LF{number}", standings=[{"code": "registered_poor", "from": "2018-01-01"}]
        )
        county.stay(
            who, "2019-02-01", "2019-02-05", "F3", lines=[banan.line(f"{20_000 + number}.00")]
        )
    who = county.person("LFX", standings=[{"code": "registered_poor", "from": "2018-01-01"}])
    told = county.stay(who, "2019-02-01", "2019-02-20", "F3", lines=[banan.line("120000.00")])
    service.rows("UPDATE alerts_state SET day = NULL RETURNING 1")
    (one,) = county.alerts("large_floor", who)
    floor = int(told["payments"]["floor"].replace(".", ""))
    peers = [amount for (amount,) in service.rows(
        "SELECT e.amount FROM settlement_entry e"
        " JOIN settlement_posting p ON p.id = e.posting AND p.kind = 'settle'"
        " JOIN settlement_settlement s ON s.id = p.settlement WHERE e.account = 'fund:floor' AND s.facility = 'F3'"
        " AND s.result::json ->> 'kind' = 'inpatient' AND NOT EXISTS (SELECT 1 FROM settlement_posting r"
        " WHERE r.settlement = s.id AND r.kind = 'reverse')")]  # fmt: skip
    line, median, deviation = line_of(peers, 10)
    assert one["weight"] == floor > line
    told_floor, told_median, told_deviation = map(yuan_for_people, (floor, median, deviation))
    assert one["says"] == (
        f"医院F3 2019-02-20：一次兜底 {told_floor} 元，同类 {len(peers)} 次的中位数 {told_median} 元，"
        f"中位差 {told_deviation} 元"
    )
    assert county.alerts("large_floor", "LF0") == []


def line_of(peers: list[int], times: int) -> tuple[int, int, int]:
    """The line of what is large, its median and its deviation: of an even number the lower middle."""
    median = median_low(peers)
    deviation = median_low([abs(one - median) for one in peers])
    return median + times * deviation, median, deviation


_FACT = """
INSERT INTO indicators_fact (settlement, day, month, facility, township, district, kind, standing, place, disease,
  total, patient, hospital, waits, funds, floor, exceeded, over, share, paid)
VALUES (%s, '2019-06-01', 201906, 'LX', '500113101', '500113', 'inpatient', '', 1, '-', 0, 0, 0, 0, 0, %s, false,
  false, 0, '{}')
"""
_SETTLED = """
INSERT INTO settlement_settlement
  (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result)
VALUES (%s, 'c', %s, '', %s, %s, 'LX', '2019-06-01', %s, 2019, '{}')
"""


def large(floors: list[int], **values: int) -> list[int]:
    """Which of the floor amounts of one level of hospitals the rule finds, in a transaction that leaves nothing."""
    asked = Asked(date(2019, 12, 3), date(2018, 12, 2), values)
    db = tables.driver()
    with db.transaction(force_rollback=True):
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute("INSERT INTO tenancy_facility VALUES ('LX', '院', '9', '500113')")
        for number, floor in enumerate(floors, 10**9):
            text = str(number)
            db.execute(_SETTLED, [number, text, text, text, number])
            db.execute(_FACT, [number, floor])
        by_visit.count_peers(db, asked)
        found = [one for one in by_visit.large_floor(db, asked) if one.facility == "LX"]
    return [one.weight for one in found]


PEERS = [99_000] * 15 + [100_000] * 10 + [101_000] * 16
"""41 amounts: two more above them move neither their median nor its deviation."""


# Catches a line that is off by a fen or by a deviation.
@pytest.mark.parametrize("times", [1, 3, 10])
def test_large_is_a_fen_above_the_line_and_not_on_it(service: Service, times: int) -> None:
    assert service
    for more in (0, 1):
        line, median, deviation = line_of([*PEERS, 10**7, 10**7][: 41 + more], times)
        assert (median, deviation) == (100_000, 1_000)
        for floor, found in ((line - 1, []), (line, []), (line + 1, [line + 1])):
            floors = [*PEERS, *[line] * more, floor]
            assert line_of(floors, times)[0] == line
            values = {"times": times, "least": 0, "peers": 2}
            large_ones = [one for one in large(floors, **values) if one > max(PEERS)]
            assert large_ones == found, (times, floor)


def test_of_an_even_number_the_lower_middle_is_the_median(service: Service) -> None:
    """By hand: of 100 and 300, ten each, 100 is the median and 0 the deviation; all of 300 are above it."""
    assert service
    assert large([100] * 10 + [300] * 10, times=10, least=0, peers=2) == [300] * 10


@pytest.mark.parametrize(("least", "count"), [(200_000, 1), (200_001, 0)])
def test_large_begins_at_its_least_amount(service: Service, least: int, count: int) -> None:
    assert service
    assert len(large([*PEERS, 200_000], times=10, least=least, peers=2)) == count


@pytest.mark.parametrize(("peers", "count"), [(42, 1), (43, 0)])
def test_large_needs_enough_peers(service: Service, peers: int, count: int) -> None:
    assert service
    assert len(large([*PEERS, 200_000], times=10, least=0, peers=peers)) == count


@pytest.mark.parametrize("tab", TABS)
def test_lists_go_by_an_index(county: County, service: Service, tab: str) -> None:
    county.look()
    actors = [
        Actor("token:1", Role.DISTRICT_ADMIN), Actor("token:1", Role.INSURANCE_OFFICE, "F1"),
        Actor("token:1", Role.TOWNSHIP_OFFICER, None, TOWN),
    ]  # fmt: skip
    for actor in actors:
        with recorded() as asked:
            selectors.alerts(actor, Wanted(tab))
            selectors.open_of(actor)
        found = [
            line for line in read_whole(service.url, asked.reading()) if "alerts_alert" in line
        ]
        assert found == []
        assert len(asked.reading()) <= 6
