"""Putting packs in force. What was installed stays as it was; what follows it is another row."""

import hashlib
from collections.abc import Mapping

from django.db import transaction

from doudi.packs.load import Files
from doudi_web.policy.models import InForce, Source
from doudi_web.policy.rules import stored_files
from doudi_web.tenancy.clock import now


def install_packs(packs: Mapping[str, Files]) -> int:
    """Put packs in force as they are; how many were not in force with the same content already."""
    count = 0
    with transaction.atomic():
        for name, files in packs.items():
            content = stored_files(files)
            digest = hashlib.sha256(content).digest()
            last = InForce.objects.filter(kind="pack", name=name).order_by("-id").first()
            if last is not None and bytes(last.source_id or b"") == digest:
                continue
            Source.objects.get_or_create(
                digest=digest, defaults={"kind": "pack", "name": name, "files": content, "installed": now()}
            )  # fmt: skip
            InForce.objects.create(kind="pack", name=name, source_id=digest, since=now())
            count += 1
    return count
