"""The room as Django knows it."""

from django.apps import AppConfig


class Notices(AppConfig):
    """Public notices and what was objected."""

    name = "doudi_web.notices"
