"""The addresses of the desk. Each place has a file of pages, which states its own."""

from django.urls import URLPattern

from doudi_web.desk.audit import audits, evidence, heads, log, questions, running, samples
from doudi_web.desk.district import (
    alerts,
    approvals,
    city,
    dashboard,
    disputes,
    exports,
    month,
    payments,
    periods,
    policies,
)
from doudi_web.desk.operation import state as operation
from doudi_web.desk.pages import (
    entry,
    home,
    imports,
    leaving,
    mapping,
    mending,
    papers,
    persons,
    review,
    settlement,
    settlements,
    waiting,
    wards,
)
from doudi_web.desk.township import doctors, notices, reimbursements, upkeep

app_name = "desk"
urlpatterns: list[URLPattern] = [
    *home.ADDRESSES,
    *approvals.ADDRESSES,
    *policies.ADDRESSES,
    *exports.ADDRESSES,
    *dashboard.ADDRESSES,
    *operation.ADDRESSES,
    *city.ADDRESSES,
    *upkeep.ADDRESSES,
    *reimbursements.ADDRESSES,
    *samples.ADDRESSES,
    *questions.ADDRESSES,
    *audits.ADDRESSES,
    *evidence.ADDRESSES,
    *heads.ADDRESSES,
    *log.ADDRESSES,
    *running.ADDRESSES,
    *doctors.ADDRESSES,
    *notices.ADDRESSES,
    *wards.ADDRESSES,
    *alerts.ADDRESSES,
    *entry.ADDRESSES,
    *review.ADDRESSES,
    *papers.ADDRESSES,
    *mapping.ADDRESSES,
    *leaving.ADDRESSES,
    *settlements.ADDRESSES,
    *settlement.ADDRESSES,
    *mending.ADDRESSES,
    *waiting.ADDRESSES,
    *imports.ADDRESSES,
    *payments.ADDRESSES,
    *month.ADDRESSES,
    *disputes.ADDRESSES,
    *periods.ADDRESSES,
    *persons.ADDRESSES,  # last: a person's own address would take those that go on behind it
]
