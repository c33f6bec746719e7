"""The room as Django knows it."""

from django.apps import AppConfig


class Papers(AppConfig):
    """Papers and the log of what was printed."""

    name = "doudi_web.papers"
