"""Alerts over the turn of a year, and a year later: nothing is told twice, nothing ends by growing old."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from django.test import override_settings

import banan
from doudi.dates import CHINA
from doudi_web.alerts.by_person import first_day
from doudi_web.tenancy.demo_clock import DemoClock
from web.alerts_at_hand import TOWN, County
from web.service import Json, Service

CHRISTMAS = "2018-12-26"


@contextmanager
def on(day: str) -> Generator[None]:
    """On the morning of a day."""
    morning = datetime.fromisoformat(f"{day}T09:00:00").replace(tzinfo=CHINA)
    with override_settings(DEMO=DemoClock(morning, datetime.now(CHINA))):
        yield


@pytest.fixture(scope="module")
def county(service: Service) -> County:
    with on("2019-02-01"):
        return County(service)


def one_of(county: County, rule: str, who: str) -> Json:
    (one,) = county.alerts(rule, who)
    return one


def close(county: County, one: Json, message: str) -> None:
    body = {"message_id": message, "ended_as": "false", "reason": "病情反复"}
    county.told("POST", f"/api/v1/alerts/{one['alert']}/close", body)


def test_a_year_later_what_was_closed_is_not_told_anew(county: County) -> None:
    """Stays on both sides of New Year; as the first grows old, the others were a cause of a new year."""
    with on("2019-02-01"):
        county.person("YA")
        for start, end in (
            (CHRISTMAS, "2019-01-02"), ("2019-01-05", "2019-01-07"), ("2019-01-10", "2019-01-12"),
        ):  # fmt: skip
            county.stay("YA", start, end)
        one = one_of(county, "split", "YA")
        assert (one["weight"], one["says"][:5]) == (3, "3 次住院")
        close(county, one, "ya1")
    for day in ("2019-12-28", "2020-01-03", "2020-01-04", "2020-01-12", "2020-06-30"):
        with on(day):
            again = one_of(county, "split", "YA")
            assert (again["alert"], again["state"], again["weight"]) == (
                one["alert"],
                "closed",
                3,
            ), day


@pytest.mark.parametrize("rule", ["split", "double", "large_floor", "dilution"])
def test_what_nobody_has_dealt_with_does_not_end_by_growing_old(county: County, rule: str) -> None:
    who = f"YB-{rule}"
    poor = [{"code": "registered_poor", "from": "2018-01-01"}]
    with on("2019-02-01"):
        county.person(who, standings=poor)
        if rule in ("split", "double"):
            county.stay(who, "2019-01-03", "2019-01-05")
            last = "2019-01-08" if rule == "split" else "2019-01-04"
            county.stay(who, last, "2019-01-12", "F3")
        elif rule == "large_floor":
            for number in range(21):
                peer = county.person(f"YP{number}", standings=poor)
                lines = [banan.line(f"{20_000 + number}.00")]
                county.stay(peer, "2019-01-08", "2019-01-12", "F3", lines=lines)
            county.stay(who, "2019-01-08", "2019-01-12", "F3", lines=[banan.line("120000.00")])
        else:
            lines = [
                {**banan.line("7100.00", "甲", "L1"), "code": "OLD", "date": "2019-01-02"},
                {**banan.line("900.00", "丙", "L2"), "code": "OUT", "date": "2019-01-03"},
                {**banan.line("1000.00", "甲", "L3"), "code": "NEW", "date": "2019-01-11"},
            ]
            county.stay(who, "2019-01-01", "2019-01-12", lines=lines)
        county.service.rows("UPDATE alerts_state SET day = NULL RETURNING 1")
        assert one_of(county, rule, who)["state"] == "open"
    day = date(2019, 1, 12)
    for days in (365, 366, 367, 380):
        with on(str(day + timedelta(days=days))):
            assert one_of(county, rule, who)["state"] == "open", days


def test_stays_of_two_hospitals_with_one_number_are_two(county: County) -> None:
    """Hospitals number their episodes each by itself."""
    with on("2019-02-01"):
        county.person("YC")
        county.stay("YC", "2019-01-03", "2019-01-05", "F1", episode_id="E1")
        county.stay("YC", "2019-01-08", "2019-01-10", "F3", episode_id="E1")
        one = one_of(county, "split", "YC")
        assert (one["weight"], one["says"][:5], len(one["behind"])) == (2, "2 次住院", 2)


def test_behind_an_alert_stands_what_took_the_place_of_a_settlement(county: County) -> None:
    """A correction of the same amounts: nothing that the alert says is another, but whom it rests on."""
    with on("2019-02-01"):
        county.person("YD")
        county.stay("YD", "2019-01-03", "2019-01-05")
        county.stay("YD", "2019-01-08", "2019-01-10")
        one = one_of(county, "split", "YD")
        first = one["behind"][0]["settlement_id"]
        told = county.told("GET", f"/api/v1/settlements/{first}/basis")
        body = {"message_id": "yd1", "reason": "换个诊断名", "bill": told["bill"]}
        told["bill"]["diagnoses"][0]["name"] = "社区获得性肺炎"
        county.told("POST", f"/api/v1/settlements/{first}/correct", body)
        ((stands,),) = county.service.rows(
            "SELECT s.id FROM settlement_settlement s WHERE s.visit = %s AND NOT EXISTS (SELECT 1"
            " FROM settlement_posting r WHERE r.settlement = s.id AND r.kind = 'reverse')",
            one["behind"][0]["visit_id"],
        )  # fmt: skip
        after = one_of(county, "split", "YD")
        assert after["says"] == one["says"]
        assert [b["settlement_id"] for b in after["behind"]] == [
            str(stands), one["behind"][1]["settlement_id"],
        ]  # fmt: skip


def test_an_office_sees_no_other_hospitals_visit_behind_an_alert_that_is_given_to_it(
    county: County, service: Service
) -> None:
    with on("2019-02-01"):
        county.person("YE")
        county.stay("YE", "2019-01-03", "2019-01-05", "F1")
        county.stay("YE", "2019-01-08", "2019-01-10", "F3")
        one = one_of(county, "split", "YE")
        body = {
            "message_id": "ye1", "owner_role": "insurance_office", "owner_facility": "F1", "reason": "请说明",
        }  # fmt: skip
        path = f"/api/v1/alerts/{one['alert']}"
        county.told("POST", f"{path}/reassign", body)
        for token, visits, elsewhere in (
            (service.token("insurance_office", "F1"), ["F1"], 1), (county.admin, ["F1", "F3"], 0),
            (service.token("township_officer", township=TOWN), ["F1", "F3"], 0),
        ):  # fmt: skip
            told = county.told("GET", path, by=token)
            assert ([b["facility"] for b in told["behind"]], told["elsewhere"]) == (
                visits,
                elsewhere,
            )


def test_a_year_is_looked_at_half_a_year_longer() -> None:
    assert first_day(date(2020, 6, 30)) == date(2019, 1, 1)
    assert first_day(date(2020, 7, 2)) == date(2020, 1, 1)
