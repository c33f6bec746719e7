"""The room as Django knows it."""

from django.apps import AppConfig


class Settlement(AppConfig):
    """Visits, settlements, accumulators, the ledger."""

    name = "doudi_web.settlement"
