"""The rules in force, compiled once a process, and read anew when something was installed."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from doudi import Shelf
from doudi.packs.load import Files, read_head
from doudi.packs.resolve import Head
from doudi.source_text import decode
from doudi.wire.lines import Lists
from doudi.wire.pack_folder import head_of


@dataclass(frozen=True, slots=True)
class Rules:
    """A shelf of packs and the lists of a moment; `digests` name the source of each pack."""

    generation: int
    shelf: Shelf
    lists: Lists
    digests: Mapping[str, str]


@lru_cache(maxsize=2)
def rules(generation: int) -> Rules:
    """The rules of a generation, the number of the last row of what came into force; read once a process."""
    return _read(generation)


def generation() -> int:
    """The number of the last row of what came into force."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM policy_inforce")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def pack_files(content: bytes) -> Files:
    """A pack's files out of what is stored of them."""
    stored: dict[str, str] = json.loads(zlib.decompress(content))
    return {name: text.encode() for name, text in stored.items()}


def stored_files(files: Files) -> bytes:
    """What is stored of a pack's files; the same files are always the same bytes."""
    texts = {name: decode(name, files[name], limit_mb=16) for name in sorted(files)}
    return zlib.compress(json.dumps(texts, ensure_ascii=False, sort_keys=True).encode(), 9)


def _read(generation: int) -> Rules:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (f.kind, f.name) f.kind, f.name, s.digest, s.files"
            " FROM policy_inforce f LEFT JOIN policy_source s ON s.digest = f.source_id"
            " WHERE f.id <= %s ORDER BY f.kind, f.name, f.id DESC",
            [generation],
        )
        rows = [row for row in cursor.fetchall() if row[2] is not None]
    packs = {name: pack_files(bytes(files)) for kind, name, _, files in rows if kind == "pack"}
    heads: list[Head] = []
    for name, files in packs.items():
        heads.append(head_of(name, read_head(name, files, packs.get)))
    digests = {name: bytes(digest).hex() for _, name, digest, _ in rows}
    return Rules(generation, Shelf(packs.get, heads), Lists(), digests)
