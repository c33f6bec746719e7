"""The room as Django knows it."""

from django.apps import AppConfig


class Approvals(AppConfig):
    """What waits for the district."""

    name = "doudi_web.approvals"
