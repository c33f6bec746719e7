"""The room as Django knows it."""

from django.apps import AppConfig


class Matching(AppConfig):
    """Items that are not mapped, what is proposed for them, who confirmed it."""

    name = "doudi_web.matching"
