"""The static files of the pages, and their addresses."""

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=256)
def address_of(name: str) -> str:
    """The address of a static file; another one when the file is another, so that browsers may keep it for long.

    Raises FileNotFoundError: those of others come at set-up (`make setup`).
    """
    version = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={version}"
