"""The rules in force, compiled once a process, and read anew when something was installed."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.db import connection

from doudi import Shelf
from doudi.catalogue import EMPTY, Catalogue
from doudi.mapping import NOTHING_MAPPED, CodeMap
from doudi.packs.load import Files, read_head
from doudi.packs.resolve import Head
from doudi.source_text import Document, decode, read_json, read_yaml
from doudi.wire.catalogue_file import read_catalogue
from doudi.wire.lines import Lists
from doudi.wire.mapping_file import read_mapping
from doudi.wire.pack_folder import head_of

CATALOGUE = "catalogue"
"""The name of the one catalogue in what is in force."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A shelf of packs and the lists of a moment; `digests` name the source of each pack.

    There is one catalogue; a mapping is one facility's.
    """

    generation: int
    shelf: Shelf
    catalogue: Catalogue
    mappings: Mapping[str, CodeMap]
    digests: Mapping[str, str]
    catalogue_digest: str | None
    mapping_digests: Mapping[str, str]

    def lists_of(self, facility: str) -> Lists:
        """What a facility's lines are looked up in."""
        return Lists(self.catalogue, self.mappings.get(facility, NOTHING_MAPPED))

    def list_digests(self, facility: str) -> dict[str, str]:
        """The sources of a facility's catalogue and mapping, where there are any."""
        found = {
            "catalogue_digest": self.catalogue_digest,
            "mapping_digest": self.mapping_digests.get(facility),
        }
        return {name: digest for name, digest in found.items() if digest is not None}


@lru_cache(maxsize=2)
def rules(generation: int) -> Rules:
    """The rules of a generation, the number of the last row of what came into force; read once a process."""
    return _read(generation)


def generation() -> int:
    """The number of the last row that has come into force by now; rows may wait for their moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM policy_inforce WHERE since <= clock_timestamp() ORDER BY since DESC, id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def together(ruling: Rules) -> bytes:
    """What tells all packs that rule at a moment from those of another: 32 bytes.

    A version is held against each of them: the one that it follows may bear another name, and others extend it.
    """
    told = json.dumps(sorted(ruling.digests.items()), separators=(",", ":"))
    return hashlib.sha256(told.encode()).digest()


def pack_files(content: bytes) -> Files:
    """A pack's files out of what is stored of them."""
    stored: dict[str, str] = json.loads(zlib.decompress(content))
    return {name: text.encode() for name, text in stored.items()}


def extended(files: Files) -> str | None:
    """The pack that a pack's files extend."""
    head = read_yaml("pack.yaml", decode("pack.yaml", files["pack.yaml"], limit_mb=16)).value
    base = head.get("extends") if isinstance(head, dict) else None
    return base if isinstance(base, str) else None


def stored_files(files: Files) -> bytes:
    """What is stored of a pack's files; the same files are always the same bytes."""
    texts = {name: decode(name, files[name], limit_mb=16) for name in sorted(files)}
    return zlib.compress(json.dumps(texts, ensure_ascii=False, sort_keys=True).encode(), 9)


_IN_FORCE = """
SELECT DISTINCT ON (f.kind, f.name) f.kind, f.name, f.source_id FROM policy_inforce f
WHERE (f.since, f.id) <= (SELECT since, id FROM policy_inforce WHERE id = %s)
ORDER BY f.kind, f.name, f.since DESC, f.id DESC
"""


def _read(generation: int) -> Rules:
    """What one change leaves as it was is not read again: a mapping that a hospital confirms changes no pack."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, [generation])
        rows = [row for row in cursor.fetchall() if row[2] is not None]
    of: dict[str, dict[str, str]] = {"pack": {}, "catalogue": {}, "mapping": {}}
    for kind, name, digest in rows:
        of[kind][name] = bytes(digest).hex()
    catalogue = of["catalogue"].get(CATALOGUE)
    return Rules(
        generation,
        _shelf(tuple(sorted(of["pack"].items()))),
        EMPTY if catalogue is None else _catalogue(catalogue),
        {facility: _mapping(digest) for facility, digest in of["mapping"].items()},
        of["pack"],
        catalogue,
        of["mapping"],
    )


def with_packs(ruling: Rules, digests: Mapping[str, str]) -> Rules:
    """The lists of one moment with the packs of another: `digests` name their sources, which are kept."""
    return replace(ruling, shelf=_shelf(tuple(sorted(digests.items()))), digests=dict(digests))


def kept_files(digest: str) -> Files:
    """The files of a pack that is kept, whether it rules or not."""
    return pack_files(_content(digest))


@lru_cache(maxsize=4)
def _shelf(digests: tuple[tuple[str, str], ...]) -> Shelf:
    packs = {name: pack_files(_content(digest)) for name, digest in digests}
    heads: list[Head] = []
    for name, files in packs.items():
        heads.append(head_of(name, read_head(name, files, packs.get)))
    return Shelf(packs.get, heads)


@lru_cache(maxsize=2)
def _catalogue(digest: str) -> Catalogue:
    return read_catalogue(stored_list(_content(digest)))


@lru_cache(maxsize=64)
def _mapping(digest: str) -> CodeMap:
    return read_mapping(stored_list(_content(digest)))[0]


def _content(digest: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT files FROM policy_source WHERE digest = %s", [bytes.fromhex(digest)])
        row = cursor.fetchone()
    assert row is not None, "what is in force is kept"
    return bytes(row[0])


def stored_list(content: bytes) -> Document:
    """A catalogue or a mapping out of what is stored of it."""
    return read_json("installed", zlib.decompress(content).decode())


def canonical_list(document: Document) -> str:
    """The text of a catalogue or mapping as it is stored; the same content is always the same text."""
    return json.dumps(document.value, ensure_ascii=False, sort_keys=True, default=str)
