"""The room as Django knows it."""

from django.apps import AppConfig


class Rehearsal(AppConfig):
    """Versions tried on settled visits."""

    name = "doudi_web.rehearsal"
