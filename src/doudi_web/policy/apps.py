"""The room as Django knows it."""

from django.apps import AppConfig


class Policy(AppConfig):
    """Packs, catalogues and mappings as they were installed."""

    name = "doudi_web.policy"
