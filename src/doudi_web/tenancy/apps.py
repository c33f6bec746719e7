"""The room as Django knows it."""

from django.apps import AppConfig


class Tenancy(AppConfig):
    """Divisions, facilities, accounts, tokens."""

    name = "doudi_web.tenancy"
