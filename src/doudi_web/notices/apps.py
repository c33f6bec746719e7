"""The room as Django knows it."""

from django.apps import AppConfig

from doudi_web.register import sealed


class Notices(AppConfig):
    """Public notices and what was objected."""

    name = "doudi_web.notices"

    def ready(self) -> None:
        """What is sealed here goes along with a change of keys."""
        sealed.keeps("notices_objection", "says", "objection")
