"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.settlement.resting import rests


class Wards(AppConfig):
    """Who is in hospital, where, what it comes to, what is missing and who must act."""

    name = "doudi_web.wards"

    def ready(self) -> None:
        """Where a patient was said to lie rests on their visit."""
        rests("wards_stay", "SELECT 1 FROM wards_stay WHERE visit_id = %s")
