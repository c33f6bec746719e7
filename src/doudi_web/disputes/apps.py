"""The room as Django knows it."""

from django.apps import AppConfig


class Disputes(AppConfig):
    """What hospitals dispute of their months."""

    name = "doudi_web.disputes"
