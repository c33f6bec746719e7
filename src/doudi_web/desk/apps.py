"""The desk as an application of Django: its templates, tags and static files."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Without tables: what is kept is kept by the rooms."""

    name = "doudi_web.desk"
