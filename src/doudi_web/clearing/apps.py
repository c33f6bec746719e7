"""The room as Django knows it."""

from django.apps import AppConfig


class Clearing(AppConfig):
    """Floor amounts on their way to the hospital; control over a period."""

    name = "doudi_web.clearing"
