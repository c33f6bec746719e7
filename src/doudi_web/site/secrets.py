"""Secrets of one installation, made once in its data folder and readable by its owner alone."""

import os
import secrets
from pathlib import Path


def secret(data: Path, name: str, size: int = 32) -> bytes:
    """A secret of this installation: the one in the data folder, or a new one written there.

    Two processes that start at once get the same one: only the first may create the file.
    """
    path = data / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f".{name}.{secrets.token_hex(8)}")
    if not path.exists():
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(size))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_bytes()


def secret_key(data: Path) -> str:
    """Django's key, for sessions and forms."""
    return secret(data, "django").hex()
