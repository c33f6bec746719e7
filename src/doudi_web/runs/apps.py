"""The room as Django knows it."""

from django.apps import AppConfig


class Runs(AppConfig):
    """Long work."""

    name = "doudi_web.runs"
