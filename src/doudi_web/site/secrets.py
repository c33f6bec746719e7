"""Secrets of one installation, made once in its data folder and readable by its owner alone."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from doudi.errors import Fault, fault
from doudi_web.tenancy.check_value import check_value

AT_START = {"django": 32, "ledger": 32, "one_time": 16}
"""Bytes of the keys that every installation has from its first start."""

OF_PERSONS = {"persons-digest": 32, "persons.1": 16}
"""Bytes of the keys of the register."""

_KEY = re.compile(r"django|ledger|one_time|persons-digest|persons\.[0-9]+")


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


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the rooms below ask of an installation's secrets, without knowing where they are kept.

    A key that is changed from time to time is numbered: the newest one seals, every one still opens.
    """

    data: Path

    def get(self, name: str, size: int = 32) -> bytes:
        """The secret of that name, made where there is none yet."""
        return secret(self.data, name, size)

    def kept(self, name: str) -> bytes:
        """The secret of that name, which must be there: without it nothing that it sealed can be opened."""
        return (self.data / "secrets" / name).read_bytes()

    def newest(self, name: str) -> int:
        """The number of the newest key of that name; 1 where there is none yet."""
        found = (self.data / "secrets").glob(f"{name}.*")
        return max((int(n) for p in found if (n := p.suffix[1:]).isdecimal()), default=1)

    def names(self) -> list[str]:
        """The names of the keys that there are; whatever else lies in the folder is none of ours."""
        return sorted(p.name for p in (self.data / "secrets").glob("*") if _KEY.fullmatch(p.name))

    def differing(self, checks: Mapping[str, bytes], needed: Iterable[str] = ()) -> list[Fault]:
        """One fault where keys are missing or are not those that the check values are of; none where all are."""
        here = {name: self.kept(name) for name in self.names()}
        told = [f"{name}（没有）" for name in sorted({*checks, *needed} - set(here))]
        told += [
            f"{name}（不同）"
            for name, key in here.items()
            if name in checks and checks[name] != check_value(name, key)
        ]
        if not told:
            return []
        return [fault("S510", str(self.data / "secrets"), names="、".join(told))]
