"""Whether what ruled on a settlement is still what was installed: the source of its pack, catalogue, mapping."""

import hashlib
import zlib
from dataclasses import dataclass, field
from typing import Any

import psycopg

from doudi.errors import DoudiError
from doudi_web.oversight.mismatches import Difference
from doudi_web.policy.rules import CATALOGUE, Rules, extended, pack_files, rules
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import Stored

_SOURCE = "SELECT kind, name, files FROM policy_source WHERE digest = %s"


@dataclass(slots=True)
class Sources:
    """What was installed, each source looked at once."""

    db: "psycopg.Connection[tables.Row]"
    _now: dict[str, str | None] = field(default_factory=dict[str, str | None])
    _above: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def altered(self, stored: Stored) -> tuple[Difference, ...]:
        """The sources that a settlement rested on, and whose content is another one now, or which are gone, or
        which were not those of its moment."""
        evidence: dict[str, Any] = stored.evidence
        ruling = _ruling(evidence["generation"])
        wanted = [("pack", evidence["pack"], evidence["pack_digest"])]
        for kind, name in (("catalogue", CATALOGUE), ("mapping", stored.facility)):
            if f"{kind}_digest" in evidence:
                wanted.append((kind, name, evidence[f"{kind}_digest"]))
        found: list[Difference] = []
        for kind, name, digest in wanted:
            rules_then = digest if ruling is None else _digest(ruling, kind, name)
            if rules_then != digest:
                found.append(Difference(f"policy.{kind}.{name}", digest, rules_then))
            found += self._content(kind, name, digest)
        above = self._base(evidence["pack_digest"])
        while above is not None and ruling is not None:
            digest = ruling.digests.get(above)
            if digest is None:
                break
            found += self._content("pack", above, digest)
            above = self._base(digest)
        return tuple(found)

    def _content(self, kind: str, name: str, digest: str) -> list[Difference]:
        now = self._digest_now(digest)
        return [] if now == digest else [Difference(f"policy.{kind}.{name}", digest, now)]

    def _digest_now(self, digest: str) -> str | None:
        """The digest of what is kept under a digest; None where nothing is."""
        if digest not in self._now:
            row = self.db.execute(_SOURCE, [bytes.fromhex(digest)]).fetchone()
            if row is None:
                self._now[digest] = self._above[digest] = None
            else:
                kind, name, files = row[0], row[1], bytes(row[2])
                said = b"" if kind == "pack" else f"{kind} {name}\n".encode()
                self._now[digest] = now = hashlib.sha256(said + files).hexdigest()
                is_pack = kind == "pack" and now == digest
                self._above[digest] = extended(pack_files(files)) if is_pack else None
        return self._now[digest]

    def _base(self, digest: str) -> str | None:
        """The pack that a pack extends; None where its content is none to be read."""
        self._digest_now(digest)
        return self._above[digest]


def _ruling(generation: int) -> Rules | None:
    """The rules of a generation; None where they cannot be read any more."""
    try:
        return rules(generation)
    except (DoudiError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None


def _digest(ruling: Rules, kind: str, name: str) -> str | None:
    """The digest of what ruled."""
    match kind:
        case "pack":
            return ruling.digests.get(name)
        case "catalogue":
            return ruling.catalogue_digest
        case _:
            return ruling.mapping_digests.get(name)
