"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.register import sealed


class Upkeep(AppConfig):
    """What townships state of their people."""

    name = "doudi_web.upkeep"

    def ready(self) -> None:
        """What is sealed here goes along with a change of keys."""
        sealed.keeps("upkeep_change", "statement", "change")
