"""Of every kind that pages list one more thing, beside what `things_at_hand` has: of the person, the settlement,
the visit and the batch that addresses are filled with."""

import zlib
from datetime import date, datetime, timedelta
from threading import Event
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from desk.test_page_permissions import HOME, TOWN
from doudi.dates import CHINA
from doudi_web.oversight.mismatches import Cause, Mismatch, Of
from doudi_web.rehearsal import asking
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.who import actor_of_account
from web.accounts import person
from web.deliveries import delivery
from web.payments_at_hand import MONTH
from web.people import person as registered
from web.service import Json, Service
from web.test_settling import bill

_EMPTY: dict[str, Any] = {
    "bigint": 0, "integer": 0, "smallint": 0, "boolean": False, "bytea": b"", "jsonb": Jsonb({}),
    "double precision": 0, "character varying": "", "text": "",
}  # fmt: skip
_COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attidentity = ''
"""


def put(service: Service, table: str, **stated: Any) -> None:
    """A row behind the application's back; of what is not stated, nothing, or now."""
    with psycopg.connect(service.url, autocommit=True) as database:
        values = {
            name: now().date() if kind == "date" else _EMPTY.get(kind, now())
            for name, kind in database.execute(_COLUMNS, [table])
        } | stated
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(["%s"] * len(values))
        database.execute(
            f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING",
            list(values.values()),
        )  # pyright: ignore


def more_at_hand(service: Service, hand: dict[str, Any]) -> None:
    """One more of everything."""
    _settlements(service)
    _district(service, hand)
    _money(service, hand)
    _audit(service, hand)
    _township(service, hand)
    _hospital(service, hand)


def _settlements(service: Service) -> None:
    """One that was reversed, one corrected, one that waits for platform and registration, one that was refused."""
    token, here = (
        service.token(may_back_date=True),
        {"code": HOME, "level": "2", "district": "500113"},
    )
    made: dict[str, Json] = {}
    stated: dict[str, Json] = {"R": {}, "C": {}, "W": {"awaiting": ["basic"]}, "U": {}}
    for name, more in stated.items():
        who = "DESK-N" if name == "U" else "DESK-P"
        status, made[name] = service.settle(
            token, bill(f"DESK-{name}9", who, facility=here, **more)
        )
        assert status == 201, made[name]
    path = f"/api/v1/settlements/{made['R']['settlement_id']}/reverse"
    assert service.ask("POST", path, token, {"message_id": "desk-r", "reason": "试"})[0] == 201
    path = f"/api/v1/settlements/{made['C']['settlement_id']}/correct"
    mended = bill("DESK-C9", "DESK-P", "900.00", facility=here)
    asked = {"message_id": "desk-c", "reason": "试", "bill": mended}
    status, told = service.ask("POST", path, token, asked)
    assert status == 201, told
    wrong = bill("DESK-Q9", "DESK-P", facility=here) | {"admitted": "2019-13-45"}
    assert service.settle(token, wrong)[0] == 422
    put(service, "settlement_quarantined", visit="DESK-Q8", person="DESK-P", facility=HOME)
    put(
        service,
        "settlement_platformask",
        settlement=int(made["W"]["settlement_id"]),
        outcome="sent",
    )


def _district(service: Service, hand: dict[str, Any]) -> None:
    alert, settlement = hand["alert"], hand["settlement"]
    put(
        service,
        "alerts_behind",
        alert_id=alert,
        settlement=settlement,
        visit="DESK-V",
        facility=HOME,
        person="DESK-P",
    )
    put(service, "alerts_event", alert_id=alert, what="open")
    put(service, "alerts_claim", settlement=settlement, person="DESK-P", items=[])
    put(service, "alerts_value", rule="split", name="days", amount=7)
    put(service, "approvals_taken", kind="adjust", number=hand["proposal"], owner="account:9301")
    put(service, "exchange_exportreport", profile="national")
    put(service, "exchange_exporttaken", run=hand["export"], name="a.csv")
    put(service, "indicators_budget", year=2019, amount=1)
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/city/deliveries", admin, delivery("500101"))[0] == 201
    who, day = actor_of_account(person("district_admin")), timedelta(days=1)
    start = datetime(2019, 6, 1, tzinfo=CHINA)
    asking.ask(who, hand["version"], start, start + 200 * day)
    assert run_next(Event(), WORKS)
    for kind in ("backup", "audit_chains"):
        put(
            service,
            "runs_run",
            kind=kind,
            state="failed",
            ended=now(),
            faults=Jsonb([{"code": "F1"}]),
        )
    put(
        service, "register_facilitystate", facility_id=HOME, name="院", level="2", district="500113"
    )


def _money(service: Service, hand: dict[str, Any]) -> None:
    ((batch,),) = service.rows("SELECT id FROM payments_batch WHERE number = %s", hand["batch"])
    put(service, "payments_file", batch_id=batch, kind="bank", number=1, rows=1)
    put(service, "clearing_toassess", facility=HOME, period=MONTH, amount=1, state="open")
    put(
        service,
        "settlement_assessment",
        facility=HOME,
        period=MONTH,
        figures=zlib.compress(b'{"visits":[]}'),
    )
    put(service, "settlement_monthclose", month="2018-12", posting=1)


def _audit(service: Service, hand: dict[str, Any]) -> None:
    settlement = hand["settlement"]
    ((drawn,),) = service.rows("SELECT id FROM inquiry_drawn WHERE place = 1")
    put(service, "inquiry_judged", drawn_id=drawn, verdict="in_order")
    told = Mismatch(Of.REPLAY, Cause.ENGINE, settlement, "DESK-V", HOME, "0.1", "x")
    found = told.json()
    put(
        service,
        "oversight_finding",
        audit_id=hand["audit"],
        settlement=settlement,
        content=Jsonb(found),
    )
    put(service, "oversight_defect", name="一", engines=Jsonb(["0.1"]))
    ((defect,),) = service.rows("SELECT id FROM oversight_defect")
    put(service, "oversight_touched", defect_id=defect, settlement=settlement)
    put(
        service,
        "oversight_figure",
        source="platform",
        facility=HOME,
        visit="DESK-V",
        amounts=Jsonb({"total": 1}),
    )
    put(service, "witness_bundle", settlement=settlement, facility=HOME)
    put(service, "witness_returned", handed=hand["head"], holds=True)


def _township(service: Service, hand: dict[str, Any]) -> None:
    today: date = now().date()
    dibao = [{"code": "dibao", "from": "2019-01-01", "to": None}]
    poor = registered("DESK-W", 805, village=f"{TOWN}001", insurance_tier="tier_1", standings=dibao)
    admin = service.token("district_admin")
    assert service.ask("POST", "/api/v1/persons", admin, {"persons": [poor]})[0] == 201
    put(
        service,
        "upkeep_change",
        township=TOWN,
        person=hand["person"],
        kind="renew",
        state="refused",
        says="续期",
    )
    put(service, "contracts_visit", person=hand["person"], due=today, what="血压")
    put(service, "contracts_wish", person=hand["person"], wishes=True)
    put(service, "register_household", code="DESK-H", village_id=f"{TOWN}001")


def _hospital(service: Service, hand: dict[str, Any]) -> None:
    ((visit, line),) = service.rows(
        "SELECT v.id, f.id FROM settlement_visit v JOIN settlement_feeline f ON f.visit_id = v.id"
        " WHERE v.visit = %s", hand["visit"],
    )  # fmt: skip
    item = hand["item"]
    put(service, "wards_stay", visit_id=visit, ward="一", bed="1", version=1)
    put(
        service,
        "review_event",
        visit=visit,
        facility=HOME,
        kind="refused",
        role="insurance_office",
        reason="补",
    )
    put(
        service,
        "matching_line",
        facility=HOME,
        item=item,
        what="unmapped",
        visit=visit,
        feeline=line,
        amount=1,
    )
    put(
        service, "matching_proposal", item=item, facility=HOME, own_code="x", code="y", state="open"
    )
    put(
        service,
        "papers_printed",
        kind="statement",
        of=str(hand["settlement"]),
        number=1,
        facility=HOME,
    )
    put(service, "papers_contact", facility=HOME, place="窗口", phone="1")
    put(service, "settlement_opening", owner="p:DESK-P", year=2019, name="floor")
