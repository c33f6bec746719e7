"""The room as Django knows it."""

from django.apps import AppConfig


class Payments(AppConfig):
    """Floor amounts on their way through the bank."""

    name = "doudi_web.payments"
