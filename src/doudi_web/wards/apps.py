"""The room as Django knows it."""

from django.apps import AppConfig


class Wards(AppConfig):
    """Who is in hospital, where, what it comes to, what is missing and who must act."""

    name = "doudi_web.wards"
