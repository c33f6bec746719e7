"""The policy that ruled on a settlement, as it was installed: what was digested, and its files to be read."""

import hashlib
from collections.abc import Mapping
from typing import Any

from doudi_web.policy.rules import CATALOGUE, extended, pack_files, rules
from doudi_web.tenancy.refusals import Refusal
from doudi_web.witness.postings import Driver

_SOURCE = "SELECT files FROM policy_source WHERE digest = %s"


def policy_of(db: Driver, rests: Mapping[str, Any], facility: str) -> dict[str, bytes]:
    """The pack, the packs that it extends, the catalogue and the hospital's mapping.

    The digest of a member is what the settlement wrote down of it. Raises Refusal 409 where one is not what it was.
    """
    found: dict[str, bytes] = {}
    for kind, name in (("catalogue", CATALOGUE), ("mapping", facility)):
        digest = rests.get(f"{kind}_digest")
        if digest is not None:
            found[f"policy/{kind}"] = _source(db, digest, f"{kind} {name}\n".encode())
    digests = rules(rests["generation"]).digests
    member, digest = "policy/pack", rests["pack_digest"]
    for level in range(1, len(digests) + 2):
        found[member] = _source(db, digest, b"")
        files = pack_files(found[member])
        folder = member.replace("/", "/files-of-", 1)
        read = (name for name in sorted(files) if not name.startswith("cases/"))
        found |= {f"{folder}/{name}": files[name] for name in read}
        base = extended(files)
        if base is None or base not in digests:
            break
        member, digest = f"policy/base-{level}", digests[base]
    return found


def _source(db: Driver, digest: str, said: bytes) -> bytes:
    """What is kept under a digest, with what was digested before it. Raises Refusal 409."""
    row = db.execute(_SOURCE, [bytes.fromhex(digest)]).fetchone()
    content = said + bytes(row[0]) if row is not None else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise Refusal.of(409, "S751", f"policy_source {digest[:12]}", digest=digest)
    return content
