"""The room as Django knows it."""

from django.apps import AppConfig


class Oversight(AppConfig):
    """Audits, figures from outside, known defects."""

    name = "doudi_web.oversight"
