"""A kind of long work, as the rooms above name it."""

from dataclasses import dataclass

from doudi_web.tenancy.roles import Act


@dataclass(frozen=True, slots=True)
class Kind:
    """Its name, and the act of who may ask for it and see what came of it."""

    name: str
    act: Act


BACKUP = Kind("backup", Act.BACKUP)
RESTORE_TEST = Kind("restore_test", Act.BACKUP)
"""Restore the newest backup beside the data, look whether it is whole, and take it away again."""
