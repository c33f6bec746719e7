"""Which button stands on which page for whom: of every page, in every state of its thing, for every role, exactly.

What is not in the table fails, and so does what somebody may do and does not see.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from desk.buttons import buttons
from desk.screens import Screen
from desk.test_page_permissions import (
    HOME,
    PAGES,
    ROLES,
    TOWN,
    address_of,
    places_at_hand,
    things_at_hand,
)
from doudi_web.matching import keeping
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, Act, Role
from web.accounts import person
from web.matching_at_hand import (
    CUTTER,
    CUTTER_CODE,
    MESH,
    charge,
    fee_lines,
    install,
    mapping_without,
    propose,
)
from web.review_at_hand import OVER, Ward, at_work
from web.service import Service
from web.test_settling import bill


@dataclass(frozen=True, slots=True)
class Of:
    """Who finds a button on a page: who may do one of these acts (nobody named: whoever sees the page); `here`:
    only who belongs to a hospital."""

    acts: tuple[Act, ...] = ()
    here: bool = False

    def is_for(self, role: Role) -> bool:
        may = not self.acts or any(role in MAY[act] for act in self.acts)
        return may and (not self.here or role in OF_FACILITY)


ALL = Of()
PRECHECK, WRITE, SETTLE = Of((Act.PRECHECK,)), Of((Act.VISITS_WRITE,)), Of((Act.SETTLE,))
READ, SETTLED = Of((Act.VISITS_READ,)), Of((Act.SETTLEMENTS_READ,))
EXPLAIN, APPROVE = Of((Act.EXCESS_EXPLAIN,)), Of((Act.EXCESS_APPROVE,))
CORRECT, ANSWER = Of((Act.CORRECT,)), Of((Act.ANSWER,))
PRINT, PROPOSE = Of((Act.PAPERS_PRINT,)), Of((Act.MATCHING_PROPOSE,))
TAKE, DECIDE = Of((Act.APPROVALS_TAKE,)), Of((Act.PROPOSALS_DECIDE,))
GIVE, WHOLE = Of((Act.ALERTS_ASSIGN,)), Of((Act.INDICATORS_READ,))
BRING, EXPORT = Of((Act.POLICIES_PROPOSE,)), Of((Act.EXPORT,))
CONFIRM, RELEASE = Of((Act.MATCHING_CONFIRM,)), Of((Act.PAYMENTS_RELEASE,))
DISPUTE, REPLY = Of((Act.DISPUTES_OPEN,)), Of((Act.DISPUTES_ANSWER,))
UPKEEP, CONFIRMS = Of((Act.UPKEEP_WRITE,)), Of((Act.UPKEEP_CONFIRM,))
SIGN, NOTICE = Of((Act.CONTRACTS_WRITE,)), Of((Act.NOTICES_WRITE,))
ENTER, REIMBURSE = Of((Act.REIMBURSE_ENTER,)), Of((Act.REIMBURSE_APPROVE,))
JUDGE, DOUBT = Of((Act.OVERSIGHT_WRITE,)), Of((Act.QUESTIONS_WRITE,))
EVIDENCE = Of((Act.EVIDENCE_MAKE,))
BROUGHT, BESIDE = Of((Act.INTAKE,), here=True), Of((Act.PRECHECK,), here=True)

_REVIEW = {
    "discharge": PRECHECK, "post consent_pdf": PRECHECK, "post review consent": EXPLAIN,
}  # fmt: skip
_SAID = {"post review explain": EXPLAIN, "post review pass": EXPLAIN}
_SETTLEMENT = {
    "correct": CORRECT, "late": CORRECT, "return": CORRECT, "reverse": Of((Act.REVERSE,)), "post replay": ALL,
    "post sheet_pdf": PRINT, "post statement_pdf": PRINT, "statement": ALL,
    "person": Of((Act.PERSONS_READ,)), "question_new": Of((Act.QUESTIONS_WRITE,)),
    "evidence": Of((Act.EVIDENCE_MAKE,)),
}  # fmt: skip
_DISCHARGE = {
    "post discharge again": ALL, "post discharge leave": WRITE, "post discharge look": SETTLE,
    "post discharge silent": SETTLE,
}  # fmt: skip
_MENDED = {"settlement": ALL}

BUTTONS: dict[str, Mapping[str, Of]] = {
    "district": {
        "alerts": GIVE, "awaiting": Of((Act.AWAITING_READ,)), "district_table": ALL, "district_visits": ALL,
        "payments": Of((Act.PAYMENTS_READ,)), "post district": Of((Act.BUDGETS_WRITE,)),
        "proposals": Of((Act.PROPOSALS_READ,)),
    },
    "city": {"city_table": ALL},
    "wards": {
        "day": Of((Act.SETTLEMENTS_READ,), here=True), "post wards": ALL, "post wards_precheck": BESIDE,
        "post wards_table": ALL, "review": READ, "ward_stay": WRITE, "wards": ALL,
    },
    "operation": {"post operation": ALL},
    "ward_stay": {"post ward_stay": ALL, "wards": READ},
    "persons": {"post persons": ALL},
    "person": {
        "post person_card": Of((Act.CARDS_PRINT, Act.PERSONS_UNMASK)),
        "post person_reveal": Of((Act.PERSONS_UNMASK,)), "review": READ, "settlement": SETTLED,
    },
    "reviews": {"review": ALL, "reviews": ALL},
    "review": _REVIEW,
    "explain": _REVIEW | _SAID,
    "approve": _REVIEW | _SAID | {"post review approve": APPROVE, "post review refuse": APPROVE},
    "emergency": _REVIEW | {"post review review": APPROVE},
    "proposed": _REVIEW | _SAID | {"post review accept": EXPLAIN, "post review decline": EXPLAIN},
    "tried": _REVIEW | _SAID | {"post review change": WRITE, "post review propose": APPROVE, "review": ALL},
    "discharge": _DISCHARGE,
    "gone": _DISCHARGE,
    "settlements": {"post settlements_table": ALL, "settlement": ALL},
    "settlement": _SETTLEMENT | {"proof": ALL},
    "silent": _SETTLEMENT | {"answer": ANSWER},
    "replay": {"settlement": ALL},
    "correct": _MENDED | {"post correct look": ALL},
    "late": _MENDED | {"post late look": ALL},
    "return": _MENDED | {"post return look": ALL},
    "reverse": _MENDED | {"post reverse look": ALL},
    "waiting": {"answer": ANSWER, "post awaiting": ANSWER, "settlement": SETTLED},
    "answers": _MENDED | {"post answer look": ALL},
    "statement": {"post sheet_pdf": PRINT, "post statement_pdf": PRINT, "settlement": ALL, "statement_pdf": ALL},
    "papers": {"clearing": Of((Act.MONTHS_READ,)), "day": ALL, "post papers": Of((Act.CONTACTS_WRITE,))},
    "clearing": {"clearing": Of(here=True)},
    "day": {"day": Of(here=True)},
    "imports": {"import": ALL, "import_new": ALL},
    "import_new": {"imports": ALL, "post import_new": ALL},
    "import": {
        "import_faults": ALL, "post import column": BROUGHT, "post import confirm": BROUGHT,
        "post import look": BROUGHT, "post import mend": BROUGHT, "post import undo": BROUGHT,
        "post import upload": BROUGHT,
    },
    "payments": {
        "clearing": ALL, "payees": ALL, "payment": ALL, "payments_table": ALL,
        "post payments approve": Of((Act.FLOOR_APPROVE,)),
    },
    "payees": {"post payees state": Of((Act.PAYEES_WRITE,))},
    "payment": {
        "clearing": ALL, "payment_table": ALL, "post payment release": RELEASE,
        "post payment cancel": Of((Act.PAYMENTS_MAKE, Act.PAYMENTS_RELEASE)),
    },
    "month_end": {
        "awaiting": Of((Act.AWAITING_READ,)), "clearing": ALL, "disputes": ALL, "month_table": ALL,
        "payments": ALL, "post month_end": Of((Act.MONTHS_CLOSE,)), "proposals": Of((Act.PROPOSALS_READ,)),
    },
    "disputes": {
        "dispute": ALL, "disputes": ALL, "disputes_table": ALL, "post disputes open": DISPUTE,
    },
    "dispute": {
        "clearing": ALL, "post dispute refuse": REPLY, "post dispute uphold": REPLY,
        "post dispute withdraw": DISPUTE,
    },
    "periods": {
        "periods_table": ALL, "post periods propose": Of((Act.ASSESS_PROPOSE,)),
        "post periods post": Of((Act.ASSESS,)), "post periods refuse": Of((Act.ASSESS,)),
    },
    "mapping": {"mapping": Of(here=True), "mapping_table": Of(here=True)},
    "queue": {"mapping": ALL, "mapping_item": ALL, "mapping_table": ALL, "post mapping": PROPOSE},
    "item": {"mapping_effects": PROPOSE, "post mapping_item propose": PROPOSE},
    "approvals": {
        "approval": ALL, "policy_version": ALL, "post approvals_table": ALL, "post approvals take": TAKE,
        "post approvals_together": DECIDE, "review": Of((Act.VISITS_READ,)), "settlement": Of((Act.AWAITING_READ,)),
    },
    "approval": {
        "person": Of((Act.PERSONS_READ,)), "post approval approve": DECIDE, "post approval refuse": DECIDE,
        "settlement": SETTLED,
    },
    "proposals": {"approval": ALL, "settlement": SETTLED},
    "policies": {"policy_new": BRING, "policy_pack": ALL, "policy_version": ALL},
    "policy_new": {"policies": ALL, "post policy_new": ALL},
    "policy_version": {"post policy_version refuse": Of((Act.POLICIES_APPROVE,)), "post policy_version try": BRING},
    "alerts": {"alert": WHOLE, "alert_rules": ALL, "post alerts_table": WHOLE},
    "alert": {
        "alert_rules": ALL, "district_visits": WHOLE, "post alert close": GIVE,
        "post alert reassign": GIVE, "post alert take": GIVE,
    },
    "alert_rules": {"alerts": ALL, "post alert_rules": Of((Act.ALERTS_RULES,))},
    "exports": {"export_profile": ALL, "export_rows": ALL, "export_run": ALL},
    "export_profile": {
        "export_rows": ALL, "post export_profile export": EXPORT, "post export_profile look": EXPORT,
        "post export_profile report": EXPORT,
    },
    "export_rows": {
        "correct": CORRECT, "person": Of((Act.PERSONS_READ,)), "post export_rows": ALL, "settlement": ALL,
    },
    "upkeep": {"post upkeep": ALL, "upkeep_change": ALL},
    "upkeep_person": {
        "contract": ALL, "person": ALL, "post upkeep_person look": UPKEEP,
    },
    "upkeep_change": {
        "post upkeep_change confirm": CONFIRMS, "post upkeep_change refuse": CONFIRMS,
        "post upkeep_change withdraw": UPKEEP, "upkeep_person": ALL,
    },
    "contract": {
        "person": ALL, "post calls": SIGN, "post contract plan": SIGN, "post contract sign": SIGN,
    },
    "notices": {"notice": ALL, "post notices": NOTICE},
    "notice": {
        "notice_pdf": ALL, "post notice object": NOTICE, "post notice reply": NOTICE, "post notice_pdf": NOTICE,
    },
    "reimbursements": {
        "post reimbursements": ALL, "post reimbursements deadline": REIMBURSE, "reimbursement": ALL,
        "reimbursement_new": ENTER,
    },
    "reimbursement_new": {"post reimbursement_new": ALL},
    "reimbursement_edit": {
        "post reimbursement_edit keep": ALL, "post reimbursement_edit more": ALL, "reimbursement": ALL,
    },
    "reimbursement": {
        "person": Of((Act.PERSONS_READ,)), "reimbursement_scan": ALL, "reimbursement_edit": ENTER,
        "post reimbursement check": ENTER, "post reimbursement give_up": ENTER,
        "post reimbursement late": REIMBURSE,
        "post reimbursement scan": ENTER,
        "post reimbursement unscan": ENTER,
    },
    "samples": {"sample": ALL, "sample_new": JUDGE},
    "sample_new": {"post sample_new fix": ALL, "post sample_new look": ALL, "samples": ALL},
    "sample": {"sample_file": ALL, "sample_item": ALL},
    "sample_item": {"evidence": EVIDENCE, "post sample_item": JUDGE, "settlement": SETTLED},
    "questions": {"question": ALL, "questions_table": ALL},
    "question": {
        "evidence": EVIDENCE, "post question ask": DOUBT, "post question close": DOUBT,
        "post question reply": Of((Act.QUESTIONS_ANSWER,), here=True), "settlement": SETTLED,
    },
    "question_new": {"post question_new": ALL, "settlement": ALL},
    "audits": {"audit": ALL, "defects": ALL, "post audits audit": JUDGE, "samples": ALL},
    "defects": {"audits": ALL},
    "evidence": {"post evidence": ALL, "settlement": ALL},
    "heads": {"head": ALL, "post heads back": ALL, "post heads hand": ALL},
    "head": {"heads": ALL},
    "log": {"post log chains": ALL, "post log_table": ALL},
    "item-proposed": {
        "mapping_effects": PROPOSE, "post mapping_item confirm": CONFIRM, "post mapping_item refuse": CONFIRM,
    },
}  # fmt: skip
"""By the name of a page, or of the state that its thing is in."""


@pytest.fixture(scope="module")
def seen(service: Service) -> dict[str, dict[Role, set[str]]]:
    """Of every page and state the buttons, by role that sees it."""
    places_at_hand(service)
    with at_work(service) as ward:  # first: its day is before today's
        found = {name: _by_role(path, "F") for name, path in _visits(service, ward).items()}
    at_hand = things_at_hand(service)
    pages = [name for name in PAGES if name != "awaiting"]  # shown where something waits
    found |= {name: _by_role(address_of(name, at_hand), HOME) for name in pages}
    found |= {name: _by_role(path, "M") for name, path in _items(service).items()}
    return found


def _visits(service: Service, ward: Ward) -> dict[str, str]:
    """Visits above their limit, in each state of their review; one that left; one settled without the platform."""
    opened = {
        name: ward.opened(*OVER)
        for name in ("explain", "approve", "emergency", "proposed", "tried")
    }
    said = [
        ward.says(opened["approve"], "acknowledgements", ward.doctor, reason="创面大"),
        ward.says(opened["emergency"], "emergencies", ward.doctor, reason="抢救"),
        ward.says(
            opened["proposed"], "proposals", ward.office, withdraw=[{"line": "L2"}], note="停"
        ),
    ]
    made = {**bill("BUTTON-1", "SICK"), "person": {"id": "SICK"}, "awaiting": ["basic"]}
    made["facility"] = {**made["facility"], "code": "F"}
    status, told = service.settle(service.token(may_back_date=True), made)
    assert {*(one for one, _ in said), status} <= {200, 201}, (said, told)
    settled = f"/desk/settlements/{told['settlement_id']}"
    paths = {name: f"/desk/visits/{visit}/review" for name, visit in opened.items()}
    return paths | {
        "tried": f"{paths['tried']}?line=L2&code-L2=&quantity-L2=",
        "gone": f"/desk/visits/{opened['tried']}/discharge",
        "silent": settled, "waiting": "/desk/awaiting", "answers": f"{settled}/answer",
    }  # fmt: skip


def _items(service: Service) -> dict[str, str]:
    """The queue of a hospital, an item without a proposal, and one with."""
    install(service, "M", mapping_without(MESH, CUTTER))
    charge(service, "M", fee_lines())
    keeping.keep_up()
    numbers = dict(service.rows("SELECT code, id FROM matching_item WHERE facility = 'M'"))
    office = service.token("insurance_office", "M")
    stated = {"item": numbers[CUTTER], "code": CUTTER_CODE, "from": "2019-06-01"}
    assert propose(service, office, stated)[0] == 201
    return {
        "queue": "/desk/mapping?facility=M",
        "item": f"/desk/mapping/{numbers[MESH]}",
        "item-proposed": f"/desk/mapping/{numbers[CUTTER]}",
    }


def _by_role(path: str, facility: str) -> dict[Role, set[str]]:
    found: dict[Role, set[str]] = {}
    for role in ROLES:
        here, town = role in OF_FACILITY, role in OF_TOWNSHIP
        somebody = person(
            role.value, facility if here else None, TOWN if town else None, password_changed=real_now()
        )  # fmt: skip
        answer = Screen(somebody).get(path)
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found[role] = buttons(answer.content.decode(), path)
    return found


def test_every_page_with_a_button_has_a_row(seen: dict[str, dict[Role, set[str]]]) -> None:
    assert sorted(BUTTONS) == sorted(name for name, roles in seen.items() if any(roles.values()))


@pytest.mark.parametrize("name", BUTTONS)
def test_who_may_sees_a_button_and_nobody_else(
    seen: dict[str, dict[Role, set[str]]], name: str
) -> None:
    wrong = [
        (role.value, sorted(shown ^ wanted))
        for role, shown in seen[name].items()
        if shown != (wanted := {one for one, of in BUTTONS[name].items() if of.is_for(role)})
    ]
    assert wrong == []
