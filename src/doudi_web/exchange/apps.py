"""The room as Django knows it."""

from django.apps import AppConfig


class Exchange(AppConfig):
    """Exports of the ledger, and where each of its rows stands."""

    name = "doudi_web.exchange"
