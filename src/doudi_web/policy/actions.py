"""Installing what rules, and putting it in force. What was installed stays as it was.

A row of what is in force has its moment on the database's clock, never in the past: what a settlement rested on
can be found again by the row that was the last when it was made.
"""

import hashlib
import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from doudi.compile import check_pack
from doudi.errors import Faulty, fault
from doudi.packs.load import Files, load
from doudi.packs.model import Pack
from doudi.source_text import Document
from doudi.wire.catalogue_file import read_catalogue
from doudi.wire.mapping_file import read_mapping
from doudi_web.audit_log.actions import record
from doudi_web.policy.models import InForce, Source
from doudi_web.policy.rules import (
    CATALOGUE,
    canonical_list,
    extended,
    generation,
    pack_files,
    rules,
    stored_files,
    stored_list,
)
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.who import Actor

_INSTALLING = 0x696E7374


@dataclass(frozen=True, slots=True)
class Installed:
    """A source as it was installed, and since when it rules; None: a draft. With a reason and no digest: since when
    nothing of this name rules, and why."""

    kind: str
    name: str
    digest: str
    since: datetime | None
    reason: str = ""


def install_packs(actor: Actor, packs: Mapping[str, Files]) -> int:
    """Put packs in force as they are; how many were not in force with the same content already."""
    count = 0
    with alone():
        for name, files in packs.items():
            content = stored_files(files)
            digest = _kept("pack", name, content)
            last = InForce.objects.filter(kind="pack", name=name).order_by("-since", "-id").first()
            if last is not None and bytes(last.source_id or b"") == digest:
                continue
            at = _moment()
            InForce.objects.create(kind="pack", name=name, source_id=digest, since=at)
            _record(actor, Installed("pack", name, digest.hex(), at))
            count += 1
    return count


def install_pack(
    actor: Actor, name: str, files: Files, since: datetime | None, *, draft: bool
) -> Installed:
    """Keep a pack, as a draft or to rule from a moment on (None: now). Raises Faulty.

    It must compile on each of its days, on packs that stay in force, and no other pack may rule in its district on
    one of them: neither one that rules at that moment nor one that comes into force later, as long as it rules
    itself.
    """
    with alone():
        ruling = rules(generation())
        beside = [h.id for h in ruling.shelf.heads if h.id != name]
        known = {one: ruling.shelf.find(one) for one in beside if not _leaves(one)} | {name: files}
        pack = load(name, known.get)
        _, faults = check_pack(pack)
        if faults:
            raise Faulty(faults)
        clashes = [] if draft else _clashes(pack, since or _moment())
        if clashes:
            raise Faulty([fault("F413", name, packs="、".join((name, *clashes)))])
        return _in_force(actor, "pack", name, stored_files(files), since, draft=draft)


def keep_pack(name: str, files: Files) -> bytes:
    """Keep a pack's files without anything following from them: their digest. Raises Faulty."""
    return _kept("pack", name, stored_files(files))


def _clashes(pack: Pack, since: datetime) -> list[str]:
    """Other packs of the district that rule, on a day of this one, at any moment at which it would."""
    rows = list(InForce.objects.order_by("since", "id"))
    own = (row.since for row in rows if (row.kind, row.name) == ("pack", pack.id))
    end = next((moment for moment in own if moment > since), None)
    last = [row for row in rows if row.since <= since][-1:]
    later = [row for row in rows if since < row.since and (end is None or row.since < end)]
    return sorted(
        {
            head.id
            for row in (*last, *later)
            for head in rules(row.pk).shelf.heads
            if head.id != pack.id
            and head.district == pack.district
            and head.valid.overlaps(pack.valid)
        }
    )


def install_catalogue(actor: Actor, document: Document, since: datetime | None) -> Installed:
    """Keep a catalogue and put it in force. Raises Faulty."""
    read_catalogue(document)
    with alone():
        return _in_force(actor, "catalogue", CATALOGUE, _stored_list(document), since)


def install_mapping(
    actor: Actor, facility: str, document: Document, since: datetime | None
) -> Installed:
    """Keep a facility's mapping and put it in force. Raises Faulty: also where a code is mapped twice on a day."""
    _, twice = read_mapping(document)
    if twice:
        raise Faulty(twice)
    with alone():
        return _in_force(actor, "mapping", facility, _stored_list(document), since)


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A facility's mapping that rules, or waits for its moment, and since when."""

    digest: str
    since: datetime
    rules: bool
    document: Document


def mapping_rows(facility: str) -> list[MappingRow]:
    """The mapping of a facility that rules, and after it those that wait for their moment; none: nothing was
    installed."""
    ordered = list(InForce.objects.filter(kind="mapping", name=facility).order_by("since", "id"))
    at = _moment()
    ruling = [row for row in ordered if row.since <= at][-1:]
    wanted = [*ruling, *(row for row in ordered if row.since > at)]
    sources = Source.objects.filter(digest__in=[row.source_id for row in wanted])
    files = {bytes(one.digest): bytes(one.files) for one in sources}
    return [
        MappingRow(
            bytes(row.source_id).hex(), row.since, row.since <= at,
            stored_list(files[bytes(row.source_id)]),
        )
        for row in wanted
        if row.source_id is not None
    ]  # fmt: skip


def amend_mapping(
    actor: Actor, facility: str, amend: Callable[[Sequence[MappingRow]], Document]
) -> Installed:
    """Put a mapping in force now that is made of what stands; nobody installs another meanwhile.

    Raises Faulty, and what `amend` raises: then nothing is installed.
    """
    with alone():
        return install_mapping(actor, facility, amend(mapping_rows(facility)), None)


def withdraw_pack(actor: Actor, name: str, since: datetime | None, reason: str) -> Installed:
    """Take a pack out of force from a moment on (None: now): nothing is settled by it any more.

    What was settled stays as it is, and names what it rested on. Installed again, it rules again. Raises Faulty
    where it does not rule at that moment, and where a pack that rules then or later builds upon it.
    """
    with alone():
        at = _from(name, since)
        last = _last("pack", name, at)
        if last is None or last.source_id is None:
            raise Faulty([fault("S449", name, since=told(at))])
        if above := _built_upon(name, at):
            raise Faulty([fault("S448", name, packs="、".join(above))])
        InForce.objects.create(kind="pack", name=name, source_id=None, since=at, reason=reason)
        detail = {"since": told(at)}
        record(actor, "policy.withdraw", f"pack:{name}"[:80], reason=reason, detail=detail)
    return Installed("pack", name, "", at, reason)


def _leaves(name: str) -> bool:
    """Whether the last that was said of a pack is that it is taken out of force."""
    last = InForce.objects.filter(kind="pack", name=name).order_by("-since", "-id").first()
    return last is not None and last.source_id is None


def _built_upon(name: str, at: datetime) -> list[str]:
    """The other packs that rule at a moment, or will, and extend this one."""
    files: dict[str, list[Files]] = {}
    rows = InForce.objects.filter(kind="pack").select_related("source").order_by("since", "id")
    for row in rows:
        ruling = files.setdefault(row.name, [])
        if row.since <= at:
            ruling.clear()
        if row.source is not None:
            ruling.append(pack_files(bytes(row.source.files)))
    bases = {other: {extended(one) for one in ruling} for other, ruling in files.items()}
    above, found = {name}, {name}
    while above:
        above = {other for other, of in bases.items() if of & above} - found
        found |= above
    return sorted(found - {name})


def installed() -> list[Installed]:
    """Every row of what came or comes into force or out of it, by kind, name and moment; then the drafts."""
    ruling = InForce.objects.order_by("kind", "name", "since", "id")
    rows = [
        Installed(row.kind, row.name, bytes(row.source_id or b"").hex(), row.since, row.reason)
        for row in ruling
    ]
    known = {row.digest for row in rows}
    drafts = [
        Installed(source.kind, source.name, bytes(source.digest).hex(), None)
        for source in Source.objects.order_by("kind", "name", "installed")
    ]
    return [*rows, *(one for one in drafts if one.digest not in known)]


def _in_force(
    actor: Actor,
    kind: str,
    name: str,
    content: bytes,
    since: datetime | None,
    *,
    draft: bool = False,
) -> Installed:
    """The source kept, its row, and who installed it."""
    done = _ruling(kind, name, _kept(kind, name, content), since, draft=draft)
    _record(actor, done)
    return done


def _record(actor: Actor, done: Installed) -> None:
    detail = {"digest": done.digest, "since": told_or_none(done.since)}
    record(actor, "policy.install", f"{done.kind}:{done.name}"[:80], detail=detail)


def _ruling(
    kind: str, name: str, digest: bytes, since: datetime | None, *, draft: bool
) -> Installed:
    """The row of what rules from a moment on; the same content that rules already gets no second row."""
    if draft:
        return Installed(kind, name, digest.hex(), None)
    at = _from(name, since)
    last = _last(kind, name, at)
    if last is not None and bytes(last.source_id or b"") == digest:
        return Installed(kind, name, digest.hex(), last.since)
    InForce.objects.create(kind=kind, name=name, source_id=digest, since=at)
    return Installed(kind, name, digest.hex(), at)


def _from(name: str, since: datetime | None) -> datetime:
    """The moment from which something holds; None: now. Raises Faulty where it has passed."""
    at = _moment()
    if since is not None and since < at:
        raise Faulty([fault("S499", name, since=told(since), now=told(at))])
    return since or at


def _last(kind: str, name: str, at: datetime) -> InForce | None:
    """The row that holds at a moment."""
    rows = InForce.objects.filter(kind=kind, name=name, since__lte=at)
    return rows.order_by("-since", "-id").first()


def _kept(kind: str, name: str, content: bytes) -> bytes:
    """The digest of a source that is kept; a mapping is told apart by its facility too."""
    digest = hashlib.sha256(content if kind == "pack" else f"{kind} {name}\n".encode() + content)
    key = digest.digest()
    Source.objects.get_or_create(
        digest=key, defaults={"kind": kind, "name": name, "files": content, "installed": _moment()}
    )
    return key


def _stored_list(document: Document) -> bytes:
    return zlib.compress(canonical_list(document).encode(), 9)


@contextmanager
def alone() -> Generator[None]:
    """One transaction at a time installs, so that moments follow one another as they are committed."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INSTALLING])
        yield


def _moment() -> datetime:
    """This moment on the database's clock, on which the moments of what rules are read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    return row[0]
