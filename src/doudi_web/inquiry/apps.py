"""The room as Django knows it."""

from django.apps import AppConfig


class Inquiry(AppConfig):
    """Sampling plans, and questions about settlements."""

    name = "doudi_web.inquiry"
