"""The room as Django knows it."""

from django.apps import AppConfig


class Reimbursement(AppConfig):
    """Paper invoices from outside."""

    name = "doudi_web.reimbursement"
