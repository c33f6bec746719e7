"""Every page of the desk, as an address with something of the demonstration's hospital on it."""

import re
from collections.abc import Callable, Mapping

OFFICE = "demo.insurance-office"
"""The account before whose screen the pages are opened."""

PAGES: dict[str, str] = {
    "wards": "/desk/wards",
    "wards-over": "/desk/wards?tab=over",
    "wards-nobody": "/desk/wards?query=ZY0000",
    "stay": "/desk/wards/stay/{over}",
    "reviews": "/desk/reviews",
    "emergencies": "/desk/reviews?tab=emergencies",
    "review-over": "/desk/visits/{over}/review",
    "review-within": "/desk/visits/{within}/review",
    "review-unmapped": "/desk/visits/{unmapped}/review",
    "discharges": "/desk/discharges",
    "discharge": "/desk/visits/{gone}/discharge",
    "discharge-not-yet": "/desk/visits/{unmapped}/discharge",
    "settlements": "/desk/settlements",
    "settlement": "/desk/settlements/{settled}",
    "settlement-corrected": "/desk/settlements/{corrected}",
    "settlement-reversed": "/desk/settlements/{reversed}",
    "correct": "/desk/settlements/{settled}/correct",
    "late": "/desk/settlements/{settled}/late",
    "return": "/desk/settlements/{settled}/return",
    "reverse": "/desk/settlements/{settled}/reverse",
    "awaiting": "/desk/awaiting",
    "answer": "/desk/settlements/{awaiting}/answer",
    "proposals": "/desk/proposals",
    "mapping": "/desk/mapping",
    "mapping-item": "/desk/mapping/{item}",
    "persons": "/desk/persons",
    "person": "/desk/persons/{person}",
    "person-why": "/desk/persons/{stranger}",
    "papers": "/desk/papers",
    "statement": "/desk/settlements/{settled}/statement",
    "clearing": "/desk/clearing/2019-12",
    "day": "/desk/days/2019-12-03",
    "imports": "/desk/imports",
    "import-new": "/desk/imports/new",
    "disputes": "/desk/disputes",
    "dispute": "/desk/disputes/{issue}",
    "password": "/desk/password",
}
"""Pages by the name of their picture; what is in braces is found in the demonstration."""

ADMIN = "demo.district-admin-two"
"""The account before whose screen the district's pages are opened: the second of the two who decide."""

DISTRICT: dict[str, str] = {
    "district": "/desk/district",
    "district-all": "/desk/district?standing=all&from=2019-01&to=2019-12",
    "district-hospital": "/desk/district?facility={hospital}&kind=inpatient",
    "district-visits": "/desk/district/visits?figure=inpatient",
    "approvals": "/desk/approvals",
    "approval": "/desk/approvals/{proposal}",
    "policies": "/desk/policies",
    "policy-pack": "/desk/policies/pack?pack=cn/500000/500113/2019",
    "policy-new": "/desk/policies/new",
    "policy-version": "/desk/policies/{version}",
    "alerts": "/desk/alerts",
    "alerts-all": "/desk/alerts?tab=all",
    "alert": "/desk/alerts/{alert}",
    "alert-rules": "/desk/alerts/rules",
    "exports": "/desk/exports",
    "export-profile": "/desk/exports/national",
    "export-rows": "/desk/exports/national/rows?state=rejected",
    "export-run": "/desk/exports/{export}",
    "month-end": "/desk/month-end",
    "payments": "/desk/payments",
    "payment": "/desk/payments/{batch}",
    "payment-failed": "/desk/payments/{failed}",
    "payees": "/desk/payments/payees",
    "periods": "/desk/periods?period=2019-11",
    "period-visits": "/desk/periods/{hospital}?period=2019-11",
    "district-disputes": "/desk/disputes?state=all",
    "district-dispute": "/desk/disputes/{issue}",
}
"""Pages of the district's desk by the name of their picture."""

VIEWER = "demo.city-viewer"
CITY: dict[str, str] = {"city": "/desk/city", "city-dibao": "/desk/city?standing=dibao"}
CITY_PARTS: dict[str, str] = {"city-table": "/desk/city/table.xlsx"}
"""Pages of the city's view, and before whose screen they are opened."""
TOWN_OFFICER = "demo.township-officer"
"""The account before whose screen the township's pages are opened."""

TOWNSHIP: dict[str, str] = {
    "upkeep": "/desk/upkeep",
    "upkeep-missing": "/desk/upkeep?tab=missing",
    "upkeep-person": "/desk/upkeep/persons/{villager}",
    "upkeep-change": "/desk/upkeep/changes/{change}",
    "contracts": "/desk/contracts",
    "contracts-wish": "/desk/contracts?tab=wish",
    "contract": "/desk/contracts/persons/{visited}",
    "notices": "/desk/notices",
    "notice": "/desk/notices/{notice}",
    "reimbursements": "/desk/reimbursements?state=all",
    "reimbursement-who": "/desk/reimbursements/new",
    "reimbursement-new": "/desk/reimbursements/new?person={villager}",
    "reimbursement": "/desk/reimbursements/{invoice}",
    "reimbursement-edit": "/desk/reimbursements/{invoice}/edit",
    "reimbursement-settled": "/desk/reimbursements/{reimbursed}",
    "reimbursement-scan": "/desk/reimbursements/{invoice}/scans/{scan}",
}
"""Pages of the township's desk by the name of their picture."""

KEEPER = "demo.system-admin"
"""The account before whose screen the operators' pages are opened."""

OPERATION: dict[str, str] = {
    "operation": "/desk/operation",
    "operation-runs": "/desk/operation/runs?poll=1",
}
"""Pages of who keeps the service running, and what they ask for while they are open."""

DISTRICT_PARTS: dict[str, str] = {
    "district-table": "/desk/district/tables/facilities.xlsx",
    "policy-trial": "/desk/policies/{version}/trial?poll=1",
    "export-progress": "/desk/exports/national/progress?poll=1",
    "payments-table": "/desk/payments/table.csv",
    "payment-table": "/desk/payments/{batch}/table.csv",
    "month-table": "/desk/month-end.csv",
    "periods-table": "/desk/periods.csv",
}
"""What a page of the district's asks for while it is open, and tables to take away."""

AUDITOR = "demo.auditor"
"""The account before whose screen the audit desk's pages are opened."""

AUDIT: dict[str, str] = {
    "samples": "/desk/samples",
    "sample-new": "/desk/samples/new",
    "sample": "/desk/samples/{sample}",
    "sample-left": "/desk/samples/{sample}?tab=left",
    "sample-item": "/desk/samples/{sample}/{place}",
    "questions": "/desk/questions",
    "question": "/desk/questions/{question}",
    "question-new": "/desk/settlements/{settled}/question",
    "audits": "/desk/audits",
    "audit": "/desk/audits/{audit}",
    "defects": "/desk/defects",
    "evidence": "/desk/settlements/{settled}/evidence",
    "heads": "/desk/heads",
    "head": "/desk/heads/{head}",
    "log": "/desk/log",
    "log-of": "/desk/log?person={person}&from=2019-01-01",
}
"""Pages of the audit desk by the name of their picture."""

AUDIT_PARTS: dict[str, str] = {
    "sample-frame": "/desk/samples/{sample}/frame",
    "questions-table": "/desk/questions.csv",
    "audit-progress": "/desk/audit-progress/audit?poll=1",
}
"""What a page of the audit desk asks for while it is open, and tables to take away."""

PARTS: dict[str, str] = {
    "mapping-effects": "/desk/mapping/{item}/effects",
    "mapping-table": "/desk/mapping.xlsx",
    "wards-moved": "/desk/wards/moved?since=0&poll=1",
    "disputes-table": "/desk/disputes.csv",
    "items": "/desk/items?drug=%E5%A4%B4%E5%AD%A2",
}
"""What a page asks for while it is open, and tables to take away."""

DESKS: dict[str, dict[str, str]] = {
    OFFICE: PAGES | PARTS,
    ADMIN: DISTRICT | DISTRICT_PARTS,
    VIEWER: CITY | CITY_PARTS,
    TOWN_OFFICER: TOWNSHIP,
    AUDITOR: AUDIT | AUDIT_PARTS,
    KEEPER: OPERATION,
}
"""All of them by the account that asks for them."""

Rows = Callable[..., list[tuple[object, ...]]]
"""Rows of a statement with its values."""

NOT_LOOKED_AT = """
SELECT (SELECT count(*) FROM settlement_visit v WHERE v.settled IS NULL
        AND NOT EXISTS (SELECT FROM wards_kept k WHERE k.visit_id = v.id))
     + (SELECT count(*) = 0 FROM matching_item)::int
     + (SELECT count(*) = 0 FROM alerts_state WHERE is_whole)::int
"""
"""Running visits without a figure on the worklist yet, whether the mapping queue is still empty, and whether alerts
were not looked for: the service's keepers look a moment after the last line has come."""

NOT_FOLDED = """
SELECT (SELECT max(id) FROM settlement_posting) - least(
  (SELECT low FROM indicators_state), (SELECT low FROM alerts_state))
"""
"""Postings that the figures or the alerts have not taken in yet."""

_RUNNING = "SELECT visit FROM wards_kept WHERE facility = %s AND settled IS NULL"
_STANDING = "NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')"
_SETTLEMENT = "SELECT s.id::text FROM settlement_settlement s WHERE s.facility = %s"
_FOUND = {
    "over": f"{_RUNNING} AND needs @> '{{over_limit}}'",
    "within": f"{_RUNNING} AND status = 'within'",
    "unmapped": f"{_RUNNING} AND unmapped > 0",
    "gone": "SELECT visit FROM settlement_visit WHERE facility = %s AND settled IS NULL AND discharged IS NOT NULL",
    "person": "SELECT person FROM wards_kept WHERE facility = %s AND standing_title <> ''",
    "item": "SELECT id::text FROM matching_item WHERE facility = %s",
    "settled": f"{_SETTLEMENT} AND {_STANDING} AND result NOT LIKE '%%provisional%%'",
    "reversed": f"{_SETTLEMENT} AND NOT {_STANDING}",
    "corrected": f"{_SETTLEMENT} AND sequence <> id",
    "issue": "SELECT id::text FROM disputes_dispute WHERE facility = %s AND state = 'open'",
    "hospital": "SELECT %s::text",
    "awaiting": f"{_SETTLEMENT} AND {_STANDING} AND result LIKE '%%provisional%%' AND sequence = id",
}
_OF_DISTRICT = {
    "hospital": "SELECT facility FROM indicators_fact",
    "proposal": "SELECT id::text FROM settlement_proposal WHERE state = 'open'",
    "version": "SELECT id::text FROM policy_version",
    "export": "SELECT id::text FROM exchange_exportrun",
    "sample": "SELECT plan_id::text FROM inquiry_draw",
    "place": "SELECT '1'",
    "question": "SELECT id::text FROM inquiry_question",
    "audit": "SELECT id::text FROM oversight_audit",
    "head": "SELECT id::text FROM witness_handed",
    "batch": "SELECT number FROM payments_batch WHERE state = 'made'",
    "failed": (
        "SELECT b.number FROM payments_batch b JOIN payments_payment p ON p.batch_id = b.id"
        " WHERE p.state = 'failed'"
    ),
    "alert": "SELECT id::text FROM alerts_alert WHERE rule = 'split'",
}
_OF_TOWNSHIP = {
    "change": "SELECT id FROM upkeep_change WHERE state = 'waiting' AND township = %s",
    "visited": "SELECT c.person FROM contracts_visit c JOIN register_person p ON p.id = c.person"
    " JOIN tenancy_village v ON v.code = p.village_id WHERE v.township_id = %s",
    "notice": "SELECT id FROM notices_notice WHERE township = %s",
    "villager": "SELECT p.id FROM register_person p JOIN tenancy_village v ON v.code = p.village_id"
    " WHERE v.township_id = %s",
    "invoice": "SELECT invoice_id FROM reimbursement_scan s JOIN reimbursement_invoice i ON i.id = s.invoice_id"
    " WHERE state = 'entered' AND township = %s",
    "scan": "SELECT s.id FROM reimbursement_scan s JOIN reimbursement_invoice i ON i.id = s.invoice_id"
    " WHERE state = 'entered' AND township = %s",
    "reimbursed": "SELECT id FROM reimbursement_invoice WHERE state = 'settled' AND township = %s",
}
_STRANGER = (
    "SELECT id FROM register_person p"
    " WHERE NOT EXISTS (SELECT 1 FROM settlement_settlement s WHERE s.person = p.id)"
    " AND NOT EXISTS (SELECT 1 FROM settlement_visit v WHERE v.person = p.id) ORDER BY id LIMIT 1"
)


def things(rows: Rows) -> dict[str, str]:
    """What fills the addresses: of each kind the hospital's first, by name or number, and a person it never saw."""
    ((home,),) = rows("SELECT facility_id FROM tenancy_account WHERE username = %s", OFFICE)
    found = {name: _one(rows, f"{sql} ORDER BY 1 LIMIT 1", home) for name, sql in _FOUND.items()}
    found["stranger"] = _one(rows, _STRANGER)
    found |= {name: _one(rows, f"{sql} ORDER BY 1 LIMIT 1") for name, sql in _OF_DISTRICT.items()}
    ((town,),) = rows("SELECT township_id FROM tenancy_account WHERE username = %s", TOWN_OFFICER)
    found |= {
        name: _one(rows, f"{sql} ORDER BY 1 LIMIT 1", town) for name, sql in _OF_TOWNSHIP.items()
    }
    return found


def filled(address: str, found: Mapping[str, str]) -> str:
    """An address with what is in braces put in."""
    return re.sub(r"\{(\w+)\}", lambda named: found[named[1]], address)


def _one(rows: Rows, sql: str, *values: object) -> str:
    told = rows(sql, *values)
    assert told, sql
    return str(told[0][0])
