"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.settlement.resting import rests


class Review(AppConfig):
    """Visits above their limit, and what was said and decided of them."""

    name = "doudi_web.review"

    def ready(self) -> None:
        """What was said and decided of a visit rests on it."""
        rests("review_alert", "SELECT 1 FROM review_alert WHERE visit = %s LIMIT 1")
        rests("review_event", "SELECT 1 FROM review_event WHERE visit = %s LIMIT 1")
