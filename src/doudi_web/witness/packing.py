"""Many files as one: a zip whose bytes follow from its members alone, signed as a whole in its comment."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from doudi_web.settlement.heads import signature_over

SIGNED = b"doudi bundle 1\n"
"""What stands before the bytes that are signed, so that no signature is taken for another's."""
_SIGNATURE = 64
_UNIX, _MODE = 3, 0o600 << 16
MANIFEST = "manifest.json"


def packed(members: Mapping[str, bytes], told: Mapping[str, Any]) -> bytes:
    """The members under a manifest that tells the digest of each, and what else is told of the whole.

    The same members make the same bytes, on whatever day. The last 64 bytes, which are the archive's comment, sign
    all that stand before them: no byte of the file is outside of what is signed.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    manifest = text_of({**told, "members": digests})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {MANIFEST: manifest, **dict(sorted(members.items()))}.items():
            one = zipfile.ZipInfo(name)  # its moment is the first of 1980
            one.create_system, one.external_attr = _UNIX, _MODE
            archive.writestr(one, content)
        archive.comment = bytes(_SIGNATURE)
    body = made.getvalue()[:-_SIGNATURE]
    return body + signature_over(SIGNED + body)


def text_of(value: Any) -> bytes:
    """A member that is JSON, to be read by people too."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
