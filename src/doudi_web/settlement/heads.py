"""A head of the log: what it says, its signature, and how it is shown to a witness."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from doudi_web.settlement.ledger import DIGEST, instant, sm3

FIRST = bytes(DIGEST)
"""What the first head names as the head before it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first `size` postings of the log and their root, sealed at a moment behind the head `before`."""

    size: int
    root: bytes
    before: bytes
    sealed: datetime
    digest: bytes
    signature: bytes

    @property
    def said(self) -> bytes:
        """The digest of what the head says; `digest` is what it is kept as."""
        return head_digest(self.size, self.root, self.before, self.sealed)


def head_digest(size: int, root: bytes, before: bytes, sealed: datetime) -> bytes:
    """What is signed: the SM3 of a head's text."""
    text = f"doudi ledger head 1\n{size}\n{root.hex()}\n{before.hex()}\n{instant(sealed)}\n"
    return sm3(text.encode())


def signed(size: int, root: bytes, before: bytes, sealed: datetime) -> Head:
    """A head, signed with this installation's key."""
    digest = head_digest(size, root, before, sealed)
    return Head(size, root, before, sealed, digest, _private().sign(digest))


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(settings.LEDGER_KEY)


def public_key() -> bytes:
    """This installation's public key."""
    return _private().public_key().public_bytes_raw()


def signature_over(said: bytes) -> bytes:
    """This installation's signature over what is said, which begins with words of its own, as a head does."""
    return _private().sign(sm3(said))


def is_signed(digest: bytes, signature: bytes, key: bytes) -> bool:
    """Whether a digest bears the signature of a key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def head_json(head: Head) -> dict[str, Any]:
    """A head as a witness keeps it."""
    return {
        "size": head.size,
        "root": head.root.hex(),
        "before": head.before.hex(),
        "sealed": instant(head.sealed),
        "digest": head.digest.hex(),
        "signature": head.signature.hex(),
        "public_key": public_key().hex(),
    }


@dataclass(frozen=True, slots=True)
class Kept:
    """A head that somebody outside kept, and the key under which it was shown."""

    head: Head
    key: bytes


def kept_head(stated: object) -> Kept | None:
    """A head as `head_json` writes it; None where it is none, or where its own signature does not hold."""
    if not isinstance(stated, Mapping):
        return None
    try:
        root, before, digest, signature, key = (
            bytes.fromhex(stated[name]) for name in ("root", "before", "digest", "signature", "public_key")
        )  # fmt: skip
        sealed, size = datetime.fromisoformat(stated["sealed"]), stated["size"]
        is_told = isinstance(size, int) and not isinstance(size, bool) and sealed.tzinfo is not None
    except (KeyError, TypeError, ValueError):
        return None
    if not is_told:
        return None
    head = Head(size, root, before, sealed, digest, signature)
    return Kept(head, key) if head.said == digest and is_signed(digest, signature, key) else None
