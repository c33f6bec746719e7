"""The teaching pack at hand: as files, and as one mapping that a test may change."""

from pathlib import Path
from typing import Any

from doudi.packs.load import load
from doudi.packs.model import Pack
from doudi.source_text import read_yaml
from doudi.testing import files_of, load_files
from doudi.wire.pack_folder import PackFolder

PACK_ID = "example"
FOLDER = Path(__file__).parents[1] / "packs"
FILES = PackFolder(FOLDER).find(PACK_ID) or {}
PACK = load(PACK_ID, PackFolder(FOLDER).find)

Document = dict[str, Any]


def document() -> Document:
    """The pack as one mapping, new at each call."""
    value: Document = read_yaml("pack.yaml", FILES["pack.yaml"].decode()).value
    return value


def pack_of(stated: Document) -> Pack:
    """A changed document as a pack, with the sources of the original."""
    sources = {name: content for name, content in FILES.items() if name.startswith("sources/")}
    return load_files(files_of(stated, sources), PACK_ID)
