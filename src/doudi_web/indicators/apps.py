"""The room as Django knows it."""

from django.apps import AppConfig


class Indicators(AppConfig):
    """Figures of the district, and a city's view of its districts."""

    name = "doudi_web.indicators"
