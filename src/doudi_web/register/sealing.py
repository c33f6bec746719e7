"""What says who somebody is: sealed with SM4-GCM under a numbered key, found by a keyed digest, shown masked.

A sealed text: the key's number (2 bytes), a nonce (12), the tag (16), the ciphertext. It opens only in the place
it was sealed for: another person's row or another column is not that place.
"""

import hashlib
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

from doudi_web.tenancy.keys import keep_check
from doudi_web.tenancy.refusals import Refusal

KEY = "persons"
"""The name of the numbered keys that seal."""

_NUMBER, _NONCE, _TAG = 2, 12, 16


def seal(text: str, place: str, number: int | None = None) -> bytes:
    """The text sealed for a place, under the newest key or the one that is named."""
    return seal_bytes(text.encode(), place, number)


def seal_bytes(content: bytes, place: str, number: int | None = None) -> bytes:
    """The same for what is no text."""
    number = newest() if number is None else number
    nonce = secrets.token_bytes(_NONCE)
    encryptor = Cipher(algorithms.SM4(_kept(number)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place.encode())
    hidden = encryptor.update(content) + encryptor.finalize()
    return number.to_bytes(_NUMBER, "big") + nonce + encryptor.tag + hidden


def opened(sealed: bytes, place: str) -> str:
    """The text of what was sealed for that place. Raises InvalidTag where it was altered or moved."""
    return opened_bytes(sealed, place).decode()


def opened_bytes(sealed: bytes, place: str) -> bytes:
    """The same for what is no text."""
    sealed = bytes(sealed)
    nonce, tag = sealed[_NUMBER : _NUMBER + _NONCE], sealed[_NUMBER + _NONCE :][:_TAG]
    key = _kept(key_number(sealed))
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(place.encode())
    return decryptor.update(sealed[_NUMBER + _NONCE + _TAG :]) + decryptor.finalize()


def key_number(sealed: bytes) -> int:
    """The number of the key under which something is sealed."""
    return int.from_bytes(bytes(sealed)[:_NUMBER], "big")


def newest() -> int:
    """The number of the key that seals now."""
    return settings.SECRETS.newest(KEY)


def new_key() -> int:
    """Make the next key; what is sealed from now on is sealed under it. Its number.

    Raises Refusal 409 where the database knows another key of that number.
    """
    number = newest() + 1
    name = f"{KEY}.{number}"
    if not keep_check(name, settings.SECRETS.get(name, 16)):
        raise Refusal.of(409, "S510", KEY, names=f"{name}（不同）")
    return number


def digest(kind: str, text: str) -> bytes:
    """By which a number or a name is found, and from which it cannot be told: HMAC-SM3 under a key of its own."""
    mac = _keyed().copy()
    mac.update(f"{kind}:{text}".encode())
    return mac.finalize()


def opaque_id(id_number: str) -> str:
    """The register's own id for who comes without one: of the number, and not to be turned round."""
    return f"r{hashlib.sha256(digest('opaque', id_number)).hexdigest()[:20]}"


def masked_name(name: str) -> str:
    """
    >>> masked_name("张三"), masked_name("欧阳小红"), masked_name("")
    ('张*', '欧***', '')
    """
    return name[:1] + "*" * (len(name) - 1)


def masked_number(number: str) -> str:
    """
    >>> masked_number("500113197001011234")
    '5*************1234'
    """
    return (
        f"{number[:1]}{'*' * (len(number) - 5)}{number[-4:]}"
        if len(number) > 5
        else "*" * len(number)
    )


def masked_phone(phone: str) -> str:
    """
    >>> masked_phone("13800001234"), masked_phone("62221234")
    ('138****1234', '****1234')
    """
    if len(phone) >= 11:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return "*" * max(len(phone) - 4, 0) + phone[-4:] if len(phone) > 4 else "*" * len(phone)


@lru_cache(maxsize=64)
def _kept(number: int) -> bytes:
    return settings.SECRETS.kept(f"{KEY}.{number}")


@lru_cache(maxsize=1)
def _keyed() -> HMAC:
    """The digest's beginning, with the key in it: copied, it costs half."""
    return HMAC(settings.SECRETS.kept("persons-digest"), SM3())
