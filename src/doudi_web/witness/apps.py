"""The room as Django knows it."""

from django.apps import AppConfig


class Witness(AppConfig):
    """Evidence bundles, and heads that are kept outside."""

    name = "doudi_web.witness"
