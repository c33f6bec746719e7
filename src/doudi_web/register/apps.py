"""The room as Django knows it."""

from django.apps import AppConfig


class Register(AppConfig):
    """People and what the register knew of them when."""

    name = "doudi_web.register"
