"""The check values that a database keeps of its installation's keys."""

from doudi_web.tenancy.check_value import check_value
from doudi_web.tenancy.models import KeyCheck


def keep_check(name: str, key: bytes) -> bool:
    """Keep the check value of a key where none is kept of that name; whether the one that is kept is this key's."""
    value = check_value(name, key)
    kept, _ = KeyCheck.objects.get_or_create(name=name, defaults={"value": value})
    return bytes(kept.value) == value
