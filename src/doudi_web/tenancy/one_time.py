"""One-time codes of a telephone (RFC 6238): six digits, half a minute each, never the same one twice."""

import base64
import hmac
import secrets
import time
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

STEP_SECONDS = 30


def new_secret() -> bytes:
    """A secret for one account: 160 bits, as the RFC wants it."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int, digits: int = 6) -> str:
    """The code of one step of time.

    >>> code_at(b"12345678901234567890", 59 // 30, 8), code_at(b"12345678901234567890", 1111111109 // 30, 8)
    ('94287082', '07081804')
    """
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(secret: bytes, code: str, last: int) -> int | None:
    """The step whose code this is: now, or one before or after; none that was used, nor an earlier one.

    The real time, also in the demonstration: a telephone knows no other.
    """
    current = int(time.time()) // STEP_SECONDS
    for step in (current - 1, current, current + 1):
        if step > last and hmac.compare_digest(
            code_at(secret, step).encode(), code.strip().encode()
        ):
            return step
    return None


def address_of(secret: bytes, username: str) -> str:
    """What a telephone reads as a picture or as text."""
    issuer = quote("兜底 Doudi")
    return f"otpauth://totp/{issuer}:{quote(username)}?secret={shown(secret)}&issuer={issuer}"


def shown(secret: bytes) -> str:
    """The secret as somebody types it."""
    return base64.b32encode(secret).decode().rstrip("=")


def sealed(secret: bytes) -> bytes:
    """A secret as it lies in the database: SM4-GCM under the installation's key."""
    nonce = secrets.token_bytes(12)
    encryptor = Cipher(algorithms.SM4(settings.ONE_TIME_KEY), modes.GCM(nonce)).encryptor()
    content = encryptor.update(secret) + encryptor.finalize()
    return nonce + encryptor.tag + content


def opened(kept: bytes) -> bytes:
    """A secret as it was sealed. Raises InvalidTag where the key is another or the row was altered."""
    nonce, tag, content = kept[:12], kept[12:28], kept[28:]
    decryptor = Cipher(algorithms.SM4(settings.ONE_TIME_KEY), modes.GCM(nonce, tag)).decryptor()
    return decryptor.update(content) + decryptor.finalize()


__all__ = [
    "InvalidTag",
    "address_of",
    "code_at",
    "new_secret",
    "opened",
    "sealed",
    "shown",
    "step_of",
]
