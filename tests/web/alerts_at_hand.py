"""Bills and people for the rules of alerts: what is sent, and what the service says of it."""

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import banan
from doudi_web.alerts import keeping
from doudi_web.indicators import keeping as figures
from web.service import Json, Service
from web.test_settling import bill

HOME, AWAY = "500113", "500112"
TOWN, OTHER_TOWN = "500113101", "500113102"
LEVELS = {"F1": "2", "F2": "1", "F3": "3"}


@dataclass
class County:
    """A service with hospitals; bills are settled one after another, alerts looked at when asked."""

    service: Service
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.sender = self.service.token(may_back_date=True)
        self.admin = self.service.token("district_admin")
        facilities = [
            {"code": code, "name": f"医院{code}", "level": level, "district": HOME}
            for code, level in LEVELS.items()
        ]
        self.told("POST", "/api/v1/facilities", {"facilities": facilities})

    def told(self, method: str, path: str, body: object = None, by: str | None = None) -> Json:
        status, told = self.service.ask(method, path, by or self.admin, body)
        assert status in (200, 201), (path, told)
        return told

    def person(self, who: str, **more: Any) -> str:
        """Somebody poor of TOWN."""
        stated = {
            "id": who, "birth_date": "1970-01-01", "district": HOME, "village": f"{TOWN}201",
            "standings": [{"code": "dibao", "from": "2018-01-01"}],
            "tiers": [{"tier": "tier_1", "from": "1970-01-01"}], **more,
        }  # fmt: skip
        self.told("POST", "/api/v1/persons", {"persons": [stated]})
        return who

    def stay(self, who: str, start: str, end: str, at: str = "F1", **more: Any) -> Json:
        """A stay of pneumonia, settled on its last day."""
        return self.settle(
            who, end, at, kind="inpatient", admitted=start, discharged=end,
            **{"diagnoses": [{"code": "J18.900", "name": "肺炎", "main": True}], **more},
        )  # fmt: skip

    def seen(self, who: str, day: str, at: str = "F1", code: str = "C1", **more: Any) -> Json:
        """An outpatient visit with one item."""
        lines = [{**banan.line("100.00"), "code": code, "date": day}]
        return self.settle(who, day, at, kind="outpatient", **{"lines": lines, **more})

    def settle(self, who: str, day: str, at: str, *, kind: str, **more: Any) -> Json:
        number = next(self.numbers)
        made = bill(f"AV{number}", who, settled=day, kind=kind)
        made.pop("admitted", None)
        made |= {"facility": {"code": at, "level": LEVELS[at], "district": HOME}, **more}
        status, told = self.service.settle(self.sender, made, f"av{number}")
        assert status == 201, told
        return told

    def reverse(self, settlement: Json) -> None:
        path = f"/api/v1/settlements/{settlement['settlement_id']}/reverse"
        self.told("POST", path, {"message_id": f"ar{next(self.numbers)}", "reason": "重复录入"})

    def look(self) -> None:
        """Figures, then alerts, as the keepers do."""
        figures.keep()
        keeping.keep()

    def alerts(self, rule: str, key: str = "", by: str | None = None) -> list[Json]:
        """Alerts of a rule, looked at anew; of one person, household, hospital or township where one is named."""
        self.look()
        found: list[Json] = []
        after = 0
        while after is not None:
            told = self.told("GET", f"/api/v1/alerts?rule={rule}&after={after}", by=by)
            found, after = [*found, *told["alerts"]], told["after"]
        wholes = [self.told("GET", f"/api/v1/alerts/{one['alert']}") for one in found]
        return [
            one for one in wholes
            if not key or key in {b["person"] for b in one["behind"]} | {one["facility"], one["township"]}
        ]  # fmt: skip

    def state(self, rule: str, name: str, amount: int) -> None:
        body = {"rule": rule, "name": name, "amount": amount, "reason": "试"}
        self.told("POST", "/api/v1/alerts/rules", body)


_numbers = itertools.count(1)
_ALERT = """
INSERT INTO alerts_alert (rule, cause, key, says, figures, weight, severity, facility, township, owner_role,
  owner_facility, owner_township, taken_by, state, ended_as, ended_weight, last_day, due, opened, changed, version)
VALUES ('split', %s, 'A', '2 次住院', '{}', 2, 2, %s, %s, 'district_admin', '', '', '', 'open', '', 0, '2019-06-13',
  '2019-06-28', now(), now(), 1) RETURNING id
"""


def alert_at_hand(service: Service, facility: str = "", township: str = "") -> int:
    """An alert that waits for the district."""
    ((number,),) = service.rows(_ALERT, f"hand{next(_numbers)}", facility, township)
    return number


def after(day: str, days: int) -> str:
    """So many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
