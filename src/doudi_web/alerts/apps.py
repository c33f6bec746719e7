"""The room as Django knows it."""

from django.apps import AppConfig


class Alerts(AppConfig):
    """What somebody should look at."""

    name = "doudi_web.alerts"
