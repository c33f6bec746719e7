"""A small district at work: for every route a request that is right, made of what earlier answers told.

Everything is drawn from one seeded source of chance, so that the same seed asks the same.
"""

import base64
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import banan
from doudi.source_text import Document
from doudi_web.matching import keeping
from doudi_web.policy.actions import install_catalogue
from doudi_web.tenancy import one_time
from doudi_web.tenancy.roles import OF_FACILITY, OF_TOWNSHIP, Role
from doudi_web.tenancy.who import KEEPER
from tables import csv_of
from web import people
from web.accounts import PASSWORD, person
from web.alerts_at_hand import alert_at_hand
from web.audited import audited
from web.deliveries import delivery
from web.sent import Answer, Request, placed, target
from web.service import Json, Service
from web.test_interface import EMPTY_REPORT, OPERATIONS, PERSONAL, exported
from web.test_openings import opening, registered
from web.test_settling import bill

PERSONS = [f"S{n}" for n in range(6)]
POOR = "SPOOR"
"""Whose visits the floor pays for."""
TOWNSHIP = "500113901"
_ALERTS = 60
MAPPED = "C0190000100100000019"
"""The one item of the catalogue."""
OTHER_PASSWORD = "Blue7-harbour"


@dataclass
class World:
    """What is known of the district: numbers that answers told, and where the last of them stand."""

    chance: random.Random
    tokens: dict[Role, str]
    ask: Callable[[Request], tuple[Answer, Json]]
    """Sends a request of what is needed before, and judges its answer as any other."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    known: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    sealed: int = 0
    is_new: bool = True
    """Whether nothing is there yet: later, visits that run and people at their screens are met again."""
    screens: list[Request] = field(default_factory=list[Request])

    def new(self, kind: str) -> str:
        """A name that nobody has yet."""
        return f"{kind}{next(self.numbers)}"

    def one(self, kind: str) -> str:
        """One of the numbers of a kind that are known."""
        found = self.known.get(kind)
        return self.chance.choice(found) if found else "1"

    def last(self, kind: str) -> str:
        """The newest of a kind, which is used up."""
        found = self.known.get(kind)
        return found.pop() if found else "1"

    def learn(self, kind: str, told: object) -> None:
        """Keep what an answer told."""
        self.known.setdefault(kind, []).append(str(told))

    def by(self, role: Role) -> tuple[tuple[str, str], ...]:
        """The headers of a role."""
        return (("Authorization", f"Bearer {self.tokens[role]}"),)


_OUT_OF_REACH = 10**12
"""From here on the tokens of a run are numbered: a request of chance would revoke one of small number."""
_NUMBERED = "SELECT setval(pg_get_serial_sequence('tenancy_token', 'id'), %s, false)"


def tokens_of(service: Service) -> dict[Role, str]:
    """A district with a hospital, a township and six persons in the register, and a token of each role."""
    registered(service, *PERSONS, POOR)
    service.rows(
        "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
        " VALUES (%s, 'standing', 'registered_poor', '2018-01-01', '2018-01-01', now(), '{}') RETURNING id",
        POOR,
    )
    service.rows("INSERT INTO tenancy_facility VALUES ('F', '院', '2', '500113') RETURNING code")
    service.rows(
        "INSERT INTO tenancy_township VALUES (%s, '镇', '500113') RETURNING code", TOWNSHIP
    )
    exported(service)
    for _ in range(_ALERTS):
        alert_at_hand(service)
    items = [{"code": MAPPED, "name": "一次性注射器", "class": "甲"}]
    install_catalogue(KEEPER, Document("c", {"version": "试", "items": items}), None)
    ((next_number,),) = service.rows("SELECT coalesce(max(id), 0) + 1 FROM tenancy_token")
    service.rows(_NUMBERED, _OUT_OF_REACH)
    made = {
        role: service.token(
            role,
            "F" if role in OF_FACILITY else None,
            township=TOWNSHIP if role in OF_TOWNSHIP else None,
            may_back_date=True,
        )
        for role in Role
    }
    service.rows(_NUMBERED, next_number)
    return made


Content = object
Told = tuple[Role, dict[str, str], list[tuple[str, str]], Content]
"""Who asks, what stands in the places of the path, the query, the body (None: without one)."""


def _bill(world: World) -> Json:
    chance = world.chance
    lines = [
        banan.line(
            f"{chance.randint(1, 90_000)}.{chance.randint(0, 99):02d}",
            chance.choice("甲乙丙"),
            f"L{n}",
        )
        for n in range(chance.randint(1, 4))
    ]
    for line in lines:
        if line["class"] == "乙":
            line["first_self_pay_rate"] = "0.10"
    who = chance.choice([*PERSONS, f"N{chance.randint(1, 9)}"])
    made = bill(world.new("V"), who, settled=f"2019-06-{chance.randint(13, 30)}")
    return {**made, "lines": lines}


def _header(world: World) -> Json:
    return {key: value for key, value in _bill(world).items() if key not in ("lines", "settled")}


def _person(world: World) -> Json:
    number = next(world.numbers)
    year = f"19{10 + number // 900 % 80}"
    return people.person(
        f"W{number}", name="周某", phone="13800001234", sex="女", birth_date=f"{year}-01-01",
        id_number=people.number(number % 900, f"{year}0101"),
        standings=[people.standing(to="2020-01-01")], tiers=[{"tier": "tier_1", "from": "1970-01-01"}],
    )  # fmt: skip


def _roll(world: World) -> bytes:
    titles = ["登记号", "出生日期", "区划", "人员类别", "身份起"]
    return csv_of([titles, [world.new("R"), "1970-01-01", "500113", "低保", "2018-01-01"]], "utf-8")


def _running(world: World, lines: int) -> str:
    """A visit that was opened just now, with lines; later also one that is there already."""
    if not world.is_new and world.chance.random() < 0.6:
        return world.one("visit")
    header = _header(world)
    visit = str(header["visit_id"])
    _needed(world, "open_visit", (Role.CASHIER, {}, [], header))
    if lines:
        stated = [banan.line(f"{n + 1}00.00", line_id=f"L{n}") for n in range(lines)]
        _needed(world, "add_lines", (Role.CASHIER, {"visit": visit}, [], {"lines": stated}))
    return visit


def _outside(world: World) -> str:
    """A running visit with an item outside the catalogue."""
    visit = _running(world, 1)
    line = banan.line("300.00", "丙", f"O{next(world.numbers)}")
    _needed(world, "add_lines", (Role.CASHIER, {"visit": visit}, [], {"lines": [line]}))
    return visit


def _with_doctor(world: World) -> str:
    """Somebody with a family doctor to ring."""
    made = {**_person(world), "doctors": [{"name": "罗", "phone": "66221234"}]}
    _needed(world, "write_persons", (_D, {}, [], {"persons": [made]}))
    return str(made["id"])


def _needed(world: World, operation: str, told: Told) -> Json:
    return world.ask(_made(world, operation, told))[1]


_DOC, _OFF = Role.DOCTOR, Role.INSURANCE_OFFICE
_C, _S, _D, _SYS, _SEC, _AUD, _FUND = (
    Role.CASHIER, Role.SYSTEM_CLIENT, Role.DISTRICT_ADMIN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR,
    Role.FUND_ACCOUNTANT,
)  # fmt: skip
_WHY = {"reason": "试"}
BUILT: dict[str, Callable[[World], Told]] = {
    "indicators": lambda _: (_D, {}, [("standing", "all")], None),
    "indicators_visits": lambda _: (_D, {}, [("figure", "inpatient")], None),
    "indicators_delivery": lambda _: (_D, {}, [], None),
    "state_budget": lambda w: (
        _D, {}, [], {"year": 2026, "amount": f"{next(w.numbers)}.00", "reason": "试"}),
    "take_delivery": lambda w: (
        _D, {}, [], delivery(people={"poor": next(w.numbers), "with_doctor": 0})),
    "city": lambda _: (Role.CITY_VIEWER, {}, [], None),
    "alerts": lambda _: (_D, {}, [("tab", "all")], None),
    "alert_rules": lambda _: (_D, {}, [], None),
    "state_alert_value": lambda w: (
        _D, {}, [],
        {"rule": "split", "name": "days", "amount": next(w.numbers) % 90 + 1, "reason": "试"}),
    "alert": lambda w: (_D, {"number": w.one("alert")}, [], None),
    "take_alert": lambda w: (_D, {"number": w.last("alert")}, [], {"message_id": w.new("m")}),
    "close_alert": lambda w: (
        _D, {"number": w.last("alert")}, [], {"message_id": w.new("m"), "ended_as": "true", **_WHY}),
    "reassign_alert": lambda w: (
        _D, {"number": w.one("alert")}, [],
        {"message_id": w.new("m"), "owner_role": "district_admin", **_WHY}),
    "settle": lambda w: (_S, {}, [], {"message_id": w.new("m"), "bill": _bill(w)}),
    "settlement": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "see_statement": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "see_sheet": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "print_sheet": lambda w: (_C, {"settlement": w.one("settlement")}, [], {}),
    "genuine": lambda w: (
        _C, {"settlement": w.one("settlement")}, [("code", "0123456789abcdef")], None),
    "see_consent": lambda w: (_C, {"visit": _outside(w)}, [], None),
    "print_consent": lambda w: (_C, {"visit": _outside(w)}, [], None),
    "see_clearing": lambda _: (_D, {"month": "2026-11"}, [("facility", "F")], None),
    "print_clearing": lambda _: (_D, {"month": "2026-11"}, [("facility", "F")], None),
    "see_day": lambda _: (_C, {"day": "2026-11-27"}, [("by", "all")], None),
    "print_day": lambda _: (_C, {"day": "2026-11-27"}, [], None),
    "see_card": lambda w: (_D, {"person": _with_doctor(w)}, [("reason", "试")], None),
    "print_card": lambda w: (_D, {"person": _with_doctor(w)}, [("reason", "试")], None),
    "papers": lambda _: (_C, {}, [("limit", "5")], None),
    "contacts": lambda _: (_C, {}, [], None),
    "state_contact": lambda _: (
        Role.INSURANCE_OFFICE, {}, [], {"place": "医保窗口，一楼 3 号", "phone": "02300000120"}),
    "print_statement": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "settlements": lambda w: (_C, {}, w.chance.choice([
        [], [("person", w.chance.choice(PERSONS))],
        [("from", "2019-06-01"), ("to", "2019-07-01"), ("limit", "3")]]), None),
    "provisional": lambda _: (_D, {}, [("limit", "5")], None),
    "reverse": lambda w: (
        _S, {"settlement": w.last("settlement")}, [], {"message_id": w.new("r"), **_WHY}),
    "correct": lambda w: (_S, *_corrected(w)),
    "answer": lambda w: (
        _S, {"settlement": _awaiting(w)}, [], {"message_id": w.new("a"), "given": {"basic": "0.00"}}),
    "preview_correct": lambda w: (_S, *_previewed_correction(w)),
    "preview_answer": lambda w: (_S, {"settlement": _awaiting(w)}, [], {"given": {"basic": "0.00"}}),
    "preview_reverse": lambda w: (_S, {"settlement": _settled(w)[0]}, [], _WHY),
    "preview_settle_visit": lambda w: (
        _C, {"visit": _running(w, 2)}, [], w.chance.choice([{}, {"given": {"basic": "1.00"}}])),
    "visit_checks": lambda w: (_C, {"visit": _running(w, 2)}, [], None),
    "settlement_basis": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "replay_settlement": lambda w: (_C, {"settlement": w.one("settlement")}, [], None),
    "awaiting": lambda _: (_D, {}, [("limit", "5")], None),
    "asked": lambda w: (
        _S, {"settlement": _awaiting(w)}, [], {"platform_message": w.new("f"), "outcome": "sent"}),
    "proposals": lambda w: (_D, {}, [("state", w.chance.choice(["open", "all"]))], None),
    "approve_proposal": lambda w: (_D, {"proposal": _proposed(w)}, [], {"message_id": w.new("p"), **_WHY}),
    "refuse_proposal": lambda w: (_D, {"proposal": _proposed(w)}, [], {"message_id": w.new("p"), **_WHY}),
    "months": lambda _: (_D, {}, [], None),
    "close_month": lambda w: (
        _D, {"month": f"{1900 + next(w.numbers) % 100}-01"}, [], {"message_id": w.new("c"), **_WHY}),
    "accumulators": lambda w: (
        _C, {"person": w.chance.choice(PERSONS)}, [("year", "2019"), ("reason", "核对")], None),
    "take_openings": lambda w: (_D, {}, [], {"openings": [
        opening(w.chance.choice(PERSONS), f"{next(w.numbers)}.00", as_of="2019-12-31")]}),
    "openings_of": lambda w: (_C, {"person": w.chance.choice(PERSONS)}, [("reason", "核对")], None),
    "quarantine": lambda _: (_C, {}, [("released", "1")], None),
    "release": lambda w: (_C, {"number": _quarantined(w)}, [], _WHY),
    "precheck": lambda w: (_C, {}, [("effects", w.chance.choice("01"))], _bill(w)),
    "open_visit": lambda w: (_C, {}, [], _header(w)),
    "running_visits": lambda _: (_C, {}, [("open", "1")], None),
    "visit": lambda w: (_C, {"visit": w.one("visit")}, [], None),
    "add_lines": lambda w: (
        _C, {"visit": _running(w, 0)}, [], {"lines": [banan.line("100.00"), banan.line("9.00", "丙", "D")]}),
    "withdraw_line": lambda w: (_C, {"visit": _running(w, 2), "line": "L1"}, [], None),
    "precheck_visit": lambda w: (_C, {"visit": _running(w, 2)}, [], None),
    "presettle_visit": lambda w: (_C, {"visit": _running(w, 1)}, [], None),
    "discharge": lambda w: (_C, {"visit": _running(w, 1)}, [], {"discharged": "2019-06-20"}),
    "settle_visit": lambda w: (_C, {"visit": _running(w, 2)}, [], {"message_id": w.new("m")}),
    "visit_review": lambda w: (_C, {"visit": _over_limit(w)}, [], None),
    "what_if": lambda w: (_C, {"visit": _over_limit(w)}, [], w.chance.choice([
        {"withdraw": [{"line": "L2"}]},
        {"drafts": [{key: x for key, x in banan.line("90.00", "丙").items() if key != "id"}]}])),
    "notice_visit": lambda w: (_C, {"visit": _over_limit(w)}, [], None),
    "explain_excess": lambda w: (_DOC, *_on(w, _over_limit(w), **_WHY)),
    "decide_excess": lambda w: (
        _OFF, *_on(w, _explained(w), accept=w.chance.random() < 0.5, **_WHY)),
    "pass_emergency": lambda w: (_DOC, *_on(w, _over_limit(w), **_WHY)),
    "review_emergency": lambda w: (_OFF, {"visit": _emergency(w)}, [], _WHY),
    "record_consent": lambda w: (
        _DOC, {"visit": _over_limit(w)}, [], {"lines": ["L2"], "signed": w.chance.choice(["patient", "family"])}),
    "change_visit": lambda w: (_DOC, *_on(w, _over_limit(w), withdraw=[{"line": "L2"}])),
    "propose_change": lambda w: (_OFF, *_on(w, _over_limit(w), withdraw=[{"line": "L2"}])),
    "decide_change": lambda w: (
        _DOC, *_on(w, _advised(w), accept=w.chance.random() < 0.5, **_WHY)),
    "reviews": lambda _: (_C, {}, [], None),
    "emergencies": lambda _: (_D, {}, [("facility", "F")], None),
    "stay": lambda w: (_C, {"visit": _running(w, 0)}, [], {
        "ward": "内一科", "bed": w.chance.choice(["3", "4"]), "planned_discharge": "2019-06-20"}),
    "wards": lambda w: (_C, {}, [("tab", w.chance.choice(["all", "to_do", "today"])), ("size", "5")], None),
    "wards_precheck": lambda w: (_C, {}, [], {"visits": [_running(w, 1)]}),
    "start_run": lambda _: (_D, {"run": "ledger_verify"}, [], _WHY),
    "runs": lambda _: (_D, {}, [("limit", "5")], None),
    "run": lambda w: (_D, {"run": w.one("run")}, [], None),
    "entries": lambda w: (_D, {}, [("after", str(w.chance.randint(0, 99))), ("limit", "50")], None),
    "seal": lambda _: (_D, {}, [], None),
    "ledger_head": lambda _: (_D, {}, [], None),
    "heads_handed": lambda _: (_D, {}, [], None),
    "hand_head": lambda w: (_AUD, {}, [], {"to": "市审计局", "on": w.chance.choice(["paper", "mail"])}),
    "return_head": lambda w: (_AUD, {}, [], {"head": w.one("head")}),
    "ledger_extension": lambda w: (_D, {}, [("first", str(w.chance.randint(1, max(1, w.sealed))))], None),
    "ledger_proof": lambda w: (_C, {"settlement": w.one("proved")}, [], None),
    "health": lambda _: (_S, {}, [], None),
    "metrics": lambda _: (_SYS, {}, [], None),
    "facilities": lambda _: (_D, {}, [], None),
    "write_facilities": lambda w: (_D, {}, [], {"facilities": [
        {"code": w.new("F"), "name": "某院", "level": "2", "district": "500113"}]}),
    "write_persons": lambda w: (_D, {}, [], {"persons": [_person(w)]}),
    "search_persons": lambda w: (
        _D, {}, [], w.chance.choice([{"name": "周某"}, {"id_number": people.number(1)}])),
    "person": lambda w: (_D, {"person": w.chance.choice(PERSONS)}, w.chance.choice(
        [[], [("unmask", "1"), ("reason", "核对")], [("known_at", "2026-01-01")]]), None),
    "person_file": lambda w: (_D, {"person": w.chance.choice(PERSONS)}, [("reason", "核对")], None),
    "person_card": lambda w: (_D, {"person": _with_doctor(w)}, [], _WHY),
    "person_visits": lambda w: (_D, {"person": w.chance.choice(PERSONS)}, [], None),
    "person_sums": lambda w: (_D, {"person": w.chance.choice(PERSONS)}, [("year", "2019")], None),
    "import_preview": lambda w: w.chance.choice([
        (_D, {}, [], {"persons": [_person(w)]}), (_D, {}, [("name", "r.csv")], _roll(w))]),
    "import_confirm": lambda w: (_D, {"number": _previewed(w)}, [], None),
    "import_undo": lambda w: (_D, {"number": _imported(w)}, [], None),
    "imports": lambda _: (_D, {}, [], None),
    "intake_bring": lambda w: (_D, {}, [("kind", "persons"), ("name", "r.csv")], _roll(w)),
    "intake": lambda _: (_D, {}, [("state", "ready")], None),
    "intake_one": lambda w: (_D, _brought(w), [], None),
    "intake_rows": lambda w: (_D, _brought(w), [("tab", "new")], None),
    "intake_look": lambda w: (_D, _brought(w), [], None),
    "intake_mend": lambda w: (_D, _brought(w), [], {"revision": 1, "cells": [
        {"row": 2, "key": "birth_date", "value": "1971-01-01"}]}),
    "intake_confirm": lambda w: (_D, _brought(w), [], {"revision": 1}),
    "intake_undo": lambda w: (_D, _taken_in(w), [], {"revision": 2}),
    "create_account": lambda w: (_SYS, {}, [], {
        "username": w.new("user"), "name": f"甲{next(w.numbers)}", "role": "cashier", "facility": "F"}),
    "accounts": lambda _: (_SEC, {}, [], None),
    "change_account": lambda w: (_SYS, {"account": w.one("account")}, [], w.chance.choice(
        [{"active": True, **_WHY}, {"role": "auditor", **_WHY}])),
    "reset_account": lambda w: (_SYS, {"account": w.one("account")}, [], _WHY),
    "create_token": lambda _: (_SYS, {}, [], {"name": "甲", "role": "auditor", "expires": "2100-01-01"}),
    "tokens": lambda _: (_SEC, {}, [], None),
    "revoke_token": lambda w: (_SYS, {"token": w.last("token")}, [("reason", "试")], None),
    "grants": lambda _: (_SEC, {}, [], None),
    "decide_grant": lambda w: (_SEC, {"grant": _granted(w)}, [], {"accept": w.chance.random() < 0.5}),
    "take_figures": lambda w: (_D, {}, [], {"source": w.chance.choice(["platform", "hospital"]), "figures": [
        {"facility": "F", "visit_id": w.new("V"), "amounts": {"basic": "1.00", "total": "2.00"}}]}),
    "audits": lambda _: (_AUD, {}, [("limit", "3")], None),
    "audit_of": lambda _: (_AUD, {"number": str(audited(facility="none")["id"])}, [], None),
    "defects": lambda _: (_AUD, {}, [], None),
    "add_defect": lambda w: (_AUD, {}, [], {
        "name": w.new("d"), "what": "算错", "engines": ["0.1.0"], "found": "2019-12-01", **_WHY}),
    "floor": lambda w: (_D, {}, [("state", w.chance.choice(["computed", "approved", ""]))], None),
    "floor_totals": lambda _: (_D, {}, [("facility", "F")], None),
    "floor_approve": lambda w: (_D, {}, [], {"message_id": w.new("m"), "items": [_computed(w)]}),
    "floor_paid": lambda w: (
        _FUND, {}, [], {"message_id": w.new("m"), "items": [_approved(w)], "reference": "B-1"}),
    "floor_failed": lambda w: (_FUND, {}, [], {"message_id": w.new("m"), "items": [_approved(w)], **_WHY}),
    "periods": lambda w: (_D, {}, [("period", w.chance.choice(["2019-06", "2019-Q2", "2019"]))], None),
    "periods_visits": lambda _: (_D, {}, [("period", "2019-06"), ("facility", "F")], None),
    "proposed_assessments": lambda _: (_D, {}, [("period", "2019-06")], None),
    "propose_assessment": lambda w: (_D, {}, [], _to_assess(w)),
    "post_assessment": lambda w: (_D, {"number": _to_post(w)}, [], {"message_id": w.new("m")}),
    "refuse_assessment": lambda w: (_D, {"number": _to_post(w)}, [], {"message_id": w.new("m"), **_WHY}),
    "mapping_facilities": lambda _: (_D, {}, [], None),
    "mapping_items": lambda _: (_OFF, {}, [("what", "unmapped"), ("text", "H")], None),
    "mapping_item": lambda w: (_OFF, {"item": _queued(w)}, [], None),
    "mapping_effects": lambda w: (_OFF, {"item": _queued(w)}, [("codes", MAPPED)], None),
    "mapping_catalogue": lambda _: (_OFF, {}, [("text", "注射器")], None),
    "mapping_proposals": lambda _: (_OFF, {}, [("state", "open")], None),
    "mapping_propose": lambda w: (_OFF, {}, [], {"proposals": [{"item": int(_queued(w)), "code": MAPPED}]}),
    "mapping_confirm": lambda w: (_D, {}, [], {"proposals": [int(_mapped(w))]}),
    "mapping_refuse": lambda w: (_D, {"proposal": _mapped(w)}, [], _WHY),
    "mapping_withdraw": lambda w: (_OFF, {"proposal": _mapped(w)}, [], _WHY),
    "exports": lambda _: (_AUD, {}, [("limit", "5")], None),
    "export_run": lambda _: (_D, {"export": "1"}, [], None),
    "export_rows": lambda _: (_AUD, {}, [("state", "held_back"), ("limit", "5")], None),
    "export_report": lambda _: (_D, {}, [("name", "r.csv")], EMPTY_REPORT),
    "audit": lambda w: (_AUD, {}, [("limit", "20"), ("after", str(w.chance.randint(0, 50)))], None),
    "audit_chains": lambda _: (Role.AUDIT_ADMIN, {}, [], None),
}  # fmt: skip
"""What is right to ask of every route that a program may use."""


def _settled(world: World, **more: object) -> tuple[str, Json]:
    """A settlement made just now, and its bill."""
    stated = {**_bill(world), **more}
    asked = {"message_id": world.new("m"), "bill": stated}
    told = _needed(world, "settle", (_S, {}, [], asked))
    return str(told.get("settlement_id", "1")), stated


def _corrected(world: World) -> tuple[dict[str, str], list[tuple[str, str]], Json]:
    number, stated = _settled(world)
    lines = [banan.line(f"{next(world.numbers)}.00")]
    asked = {"message_id": world.new("c"), "bill": {**stated, "lines": lines}, **_WHY}
    return {"settlement": number}, [], asked


def _previewed_correction(world: World) -> tuple[dict[str, str], list[tuple[str, str]], Json]:
    places, query, asked = _corrected(world)
    return places, query, {key: value for key, value in asked.items() if key != "message_id"}


def _awaiting(world: World) -> str:
    return _settled(world, awaiting=["basic"])[0]


def _queued(world: World) -> str:
    """An item of F that stands for nothing, charged just now and looked at."""
    own = world.new("H")
    line = {
        "id": own,
        "hospital_code": own,
        "name": "注射器",
        "quantity": "1",
        "unit_price": "1.00",
        "amount": "1.00",
    }
    _needed(world, "add_lines", (_C, {"visit": _running(world, 0)}, [], {"lines": [line]}))
    keeping.keep_up()
    told = _needed(world, "mapping_items", (_OFF, {}, [("text", own)], None)).get("items")
    return str(told[0]["item"]) if told else "1"


def _mapped(world: World) -> str:
    """A proposal that nobody has decided on."""
    asked = {"proposals": [{"item": int(_queued(world)), "code": MAPPED}]}
    told = _needed(world, "mapping_propose", (_OFF, {}, [], asked)).get("proposals")
    return str(told[0]["id"]) if told else "1"


def _proposed(world: World) -> str:
    """What is proposed of a person of their own, whose first of two visits was undone."""
    who = {
        "id": world.new("Q"),
        "birth_date": "1970-01-01",
        "insurance_tier": "tier_1",
        "standings": [],
    }
    whole = {"person": who, "kind": "inpatient", "admitted": "2019-06-01"}
    first, _ = _settled(world, **whole, lines=[banan.line("9000.00")], settled="2019-06-24")
    _settled(world, **whole, lines=[banan.line("200000.00")], settled="2019-06-25")
    asked = {"message_id": world.new("r"), **_WHY}
    told = _needed(world, "reverse", (_S, {"settlement": first}, [], asked))
    return str(told["proposals"][0]["proposal_id"])


def _over_limit(world: World) -> str:
    """A running visit of somebody poor that is above its limit: 900 of 1,000 outside the catalogue."""
    made = bill(world.new("V"), POOR)
    header = {key: value for key, value in made.items() if key not in ("lines", "settled")}
    visit = str(header["visit_id"])
    _needed(world, "open_visit", (_S, {}, [], {**header, "settled": "2019-06-13"}))
    lines = [banan.line("100.00"), banan.line("900.00", "丙", "L2")]
    _needed(world, "add_lines", (_C, {"visit": visit}, [], {"lines": lines}))
    return visit


def _on(
    world: World, visit: str, **body: object
) -> tuple[dict[str, str], list[tuple[str, str]], Json]:
    """What is asked of a visit as it stands now."""
    told = _needed(world, "visit_review", (_DOC, {"visit": visit}, [], None))
    return {"visit": visit}, [], {"version": told.get("version", "-"), **body}


def _explained(world: World) -> str:
    visit = _over_limit(world)
    _needed(world, "explain_excess", (_DOC, *_on(world, visit, **_WHY)))
    return visit


def _emergency(world: World) -> str:
    visit = _over_limit(world)
    _needed(world, "pass_emergency", (_DOC, *_on(world, visit, **_WHY)))
    return visit


def _advised(world: World) -> str:
    visit = _over_limit(world)
    _needed(world, "propose_change", (_OFF, *_on(world, visit, withdraw=[{"line": "L2"}])))
    return visit


def _quarantined(world: World) -> str:
    """A bill that was refused just now."""
    refused = {**_bill(world), "kind": "spa"}
    asked = {"message_id": world.new("m"), "bill": refused}
    _needed(world, "settle", (_S, {}, [], asked))
    listed = _needed(world, "quarantine", (_C, {}, [], None))["refused"]
    return str(listed[-1]["id"]) if listed else "1"


def _of_the_poor(world: World, **more: Json) -> Json:
    """A settlement of somebody with a standing: the floor pays of it."""
    made = {**bill(world.new("V"), POOR, settled="2019-06-13"), **more}
    asked = {"message_id": world.new("m"), "bill": made}
    return _needed(world, "settle", (_S, {}, [], asked))


def _computed(world: World) -> int:
    """A floor amount that nobody has decided on."""
    _of_the_poor(world)
    told = _needed(world, "floor", (_D, {}, [("state", "computed")], None))["floor"]
    return told[-1]["entry"] if told else 1


def _approved(world: World) -> int:
    entry = _computed(world)
    asked = {"message_id": world.new("m"), "items": [entry]}
    _needed(world, "floor_approve", (_D, {}, [], asked))
    return entry


def _over(world: World) -> str:
    """A hospital of its own, whose excess another fund has paid."""
    code = world.new("A")
    told = _of_the_poor(
        world, facility={"code": code, "level": "2", "district": "500113"},
        lines=[banan.line("1000.00"), banan.line("1000.00", "丙", "L2")],
        given={"health_poverty_fund": "1000.00"},
    )  # fmt: skip
    for kind in ("settlement", "proved"):  # which the office of F asks for
        world.known[kind] = [n for n in world.known.get(kind, []) if n != told.get("settlement_id")]
    return code


def _to_assess(world: World) -> Json:
    """What the figures of such a hospital leave to be taken back."""
    code = _over(world)
    told = _needed(world, "periods", (_D, {}, [("period", "2019-06"), ("facility", code)], None))
    found = told.get("facilities") or [{"difference": "0.00"}]
    return {
        "message_id": world.new("m"), "facility": code, "period": "2019-06",
        "amount": found[0]["difference"], **_WHY,
    }  # fmt: skip


def _to_post(world: World) -> str:
    told = _needed(world, "propose_assessment", (_FUND, {}, [], _to_assess(world)))
    return str(told.get("proposal", 1))


def _previewed(world: World) -> str:
    told = _needed(world, "import_preview", (_D, {}, [], {"persons": [_person(world)]}))
    return str(told["id"])


def _imported(world: World) -> str:
    number = _previewed(world)
    _needed(world, "import_confirm", (_D, {"number": number}, [], None))
    return number


def _brought(world: World) -> dict[str, str]:
    """A roll that was brought just now."""
    told = _needed(world, "intake_bring", BUILT["intake_bring"](world))
    return {"number": str(told["id"])}


def _taken_in(world: World) -> dict[str, str]:
    number = _brought(world)
    _needed(world, "intake_confirm", (_D, number, [], {"revision": 1}))
    return number


def _granted(world: World) -> str:
    asked = {"name": "乙", "role": "auditor"}
    return str(_needed(world, "create_token", (_SYS, {}, [], asked))["grant"])


def _made(world: World, operation: str, told: Told) -> Request:
    role, places, query, content = told
    method, path, _ = OPERATIONS[operation]
    body = content if isinstance(content, bytes | None) else json.dumps(content).encode()
    if body is None and method in ("POST", "PATCH"):
        body = b"{}"
    headers = world.by(role)
    if body is not None:
        headers = (*headers, ("Content-Type", "application/json"))
    return Request(method, target(placed(path, **places), query), body, headers)


def _address(world: World) -> str:
    """Failures of one address would lock the others out."""
    number = next(world.numbers)
    return f"10.{number // 62500 % 250}.{number // 250 % 250}.{number % 250}"


def logged_in(world: World, *, anew: bool) -> Request:
    """What somebody sends with each request: who has just logged in, or is at the screen already."""
    if world.screens and not anew and world.chance.random() < 0.8:
        return world.chance.choice(world.screens[-5:])
    request = _login(world, person(Role.AUDITOR).username)
    answer, told = world.ask(request)
    cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies().items())
    headers = (
        ("Content-Type", "application/json"),
        ("Cookie", cookies),
        ("X-CSRFToken", told["csrf"]),
    )
    made = Request("GET", b"/api/v1/me", None, headers, request.address)
    if not anew:
        world.screens.append(made)
    return made


def _login(world: World, username: str) -> Request:
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    headers = (("Content-Type", "application/json"),)
    return Request("POST", b"/api/v1/login", body, headers, address=_address(world))


def _at_a_screen(world: World, operation: str) -> Request:
    """What is right to ask for somebody at a screen."""
    if operation == "login":
        return _login(world, person(Role.AUDITOR).username)
    anew = world.is_new or operation in ("logout", "password", "one_time_confirm")
    who = logged_in(world, anew=anew)

    def asks(name: str, content: object = None) -> Request:
        method, path, _ = OPERATIONS[name]
        body = None if method == "GET" else json.dumps(content or {}).encode()
        return Request(method, path.encode(), body, who.headers, address=who.address)

    if operation == "password":
        return asks(operation, {"old_password": PASSWORD, "new_password": OTHER_PASSWORD})
    if operation == "one_time":
        return asks(operation, {"password": PASSWORD})
    if operation == "one_time_confirm":
        _, told = world.ask(asks("one_time", {"password": PASSWORD}))
        secret = base64.b32decode(told["secret"])
        return asks(operation, {"code": one_time.code_at(secret, int(time.time()) // 30)})
    return asks(operation)


def right(world: World, operation: str) -> Request:
    """A request of a route that is right, after whatever must be there before it."""
    if operation in PERSONAL:
        return _at_a_screen(world, operation)
    return _made(world, operation, BUILT[operation](world))


def seen_again(world: World, operation: str, number: str) -> Request:
    """Somebody of the whole district looks at one visit or settlement."""
    return _made(world, operation, (_S, {operation: number}, [], None))


LISTS = (
    "running_visits", "quarantine", "entries", "ledger_head", "search_persons", "imports", "accounts", "tokens",
    "grants", "audit",
    "floor", "floor_totals", "periods", "periods_visits", "audit_chains", "accumulators", "openings_of", "health",
    "metrics", "exports", "export_rows", "reviews", "emergencies", "mapping_items", "mapping_proposals",
    "wards", "intake", "heads_handed", "indicators", "indicators_visits", "city", "alerts",
)  # fmt: skip
"""What tells of all that is kept."""
_LEARNT = {
    "settle": ("settlement", "settlement_id"), "settle_visit": ("settlement", "settlement_id"),
    "open_visit": ("visit", "visit_id"), "create_account": ("account", "id"), "create_token": ("token", "id"),
    "ledger_proof": ("proved", "settlement_id"), "start_run": ("run", "id"),
}  # fmt: skip


def learn(world: World, operation: str, status: int, told: Json) -> None:
    """Keep what an answer tells of the district."""
    if status >= 300 or not isinstance(told, dict):
        return
    if operation in _LEARNT:
        kind, key = _LEARNT[operation]
        world.learn(kind, told[key])
    if operation == "hand_head":
        world.learn("head", told["text"])
    if operation == "alerts":
        for one in told["alerts"]:
            world.learn("alert", one["alert"])
    if operation == "settle":
        world.learn("person", told["person"])
    if operation == "seal" and told["head"]:
        world.sealed = told["head"]["size"]
        for settlement in world.known.get("settlement", []):
            world.learn("proved", settlement)


FIRST = ("settle", "settle", "settle", "open_visit", "create_account", "create_token", "seal")
"""What a district begins with, so that there is something to ask for."""
