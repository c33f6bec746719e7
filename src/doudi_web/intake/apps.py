"""The room as Django knows it."""

from django.apps import AppConfig


class Intake(AppConfig):
    """Files that people bring."""

    name = "doudi_web.intake"
