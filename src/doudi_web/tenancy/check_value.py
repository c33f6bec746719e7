"""The check value of a key: says whether two keys are the same, and no word of either."""

import hmac


def check_value(name: str, key: bytes) -> bytes:
    """By which the key of that name is known again, and from which it cannot be told.

    >>> check_value("ledger", bytes(32)) == check_value("one_time", bytes(32))
    False
    """
    return hmac.digest(key, f"doudi key check 1\n{name}".encode(), "sha256")
