"""The room as Django knows it."""

from django.apps import AppConfig


class Review(AppConfig):
    """Visits above their limit, and what was said and decided of them."""

    name = "doudi_web.review"
