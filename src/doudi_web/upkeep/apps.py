"""The room as Django knows it."""

from django.apps import AppConfig


class Upkeep(AppConfig):
    """What townships state of their people."""

    name = "doudi_web.upkeep"
