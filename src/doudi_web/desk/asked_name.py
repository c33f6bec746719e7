"""What a list is asked for by name: kept with the session, sealed, under a number that says nothing.

The number alone stands in addresses: these are kept by browsers, proxies and logs, where no name belongs.
"""

import base64
import secrets

from django.http import HttpRequest

from doudi.wire.identity_numbers import has_identity_number
from doudi_web.register import sealing

_KEY, _PLACE = "asked_names", "session.asked"
_MOST = 20
"""Names that are kept; of more the oldest is forgotten."""


def is_number(text: str) -> bool:
    """Whether a text is a visit's number, or its beginning, which may stand in an address.

    >>> is_number("ZY2019"), is_number("苗禾"), is_number("Miao"), is_number("500113197001010014")
    (True, False, False, False)
    """
    has_digit = any(letter.isdigit() for letter in text)
    return text.isascii() and has_digit and not has_identity_number(text)


def kept(request: HttpRequest, text: str) -> str:
    """Keep what was asked for; the number that stands for it, always the same for the same text of a session."""
    known: list[list[str]] = request.session.get(_KEY, [])
    for number, sealed in known:
        if _opened(sealed) == text:
            return number
    number = secrets.token_urlsafe(9)
    sealed = base64.b64encode(sealing.seal(text, _PLACE)).decode()
    request.session[_KEY] = [*known, [number, sealed]][-_MOST:]
    return number


def asked_by(request: HttpRequest, number: str) -> str | None:
    """What a number stands for in this session; None where it is of another one, or long ago."""
    known: list[list[str]] = request.session.get(_KEY, [])
    return next((_opened(sealed) for one, sealed in known if one == number), None)


def _opened(sealed: str) -> str:
    return sealing.opened(base64.b64decode(sealed), _PLACE)
