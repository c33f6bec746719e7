"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.register import sealed


class Contracts(AppConfig):
    """Contracts with family doctors, plans and visits."""

    name = "doudi_web.contracts"

    def ready(self) -> None:
        """What is sealed here goes along with a change of keys."""
        sealed.keeps("contracts_visit", "note", "visit")
