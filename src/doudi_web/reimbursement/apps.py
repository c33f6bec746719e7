"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.register import sealed


class Reimbursement(AppConfig):
    """Paper invoices from outside."""

    name = "doudi_web.reimbursement"

    def ready(self) -> None:
        """What is sealed here goes along with a change of keys."""
        sealed.keeps("reimbursement_scan", "sealed", "scan")
