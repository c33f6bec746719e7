"""What those are called who did something, by their keys."""

from collections.abc import Sequence

from doudi_web.tenancy.models import Account, Token


def names(keys: Sequence[str]) -> dict[str, str]:
    """Names of accounts and tokens; keys of nobody who is known are left out."""
    found: dict[str, str] = {}
    accounts, tokens = _numbers(keys, "account"), _numbers(keys, "token")
    if accounts:
        found |= {f"account:{one.pk}": one.name for one in Account.objects.filter(pk__in=accounts)}
    if tokens:
        found |= {f"token:{one.pk}": one.name for one in Token.objects.filter(pk__in=tokens)}
    return found


def _numbers(keys: Sequence[str], kind: str) -> list[int]:
    parts = (key.partition(":") for key in dict.fromkeys(keys))
    return [int(number) for of, _, number in parts if of == kind and number.isdecimal()]
