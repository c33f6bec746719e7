"""The room as Django knows it."""

from django.apps import AppConfig


class Contracts(AppConfig):
    """Contracts with family doctors, plans and visits."""

    name = "doudi_web.contracts"
