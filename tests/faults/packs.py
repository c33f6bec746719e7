"""The example pack in a folder of its own, changed by its text; what is wrong with it, as `pack check` finds it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from doudi.compile import check_pack
from doudi.errors import Fault
from doudi.packs.load import read_pack
from doudi.wire.pack_folder import PackFolder

EXAMPLE = Path(__file__).parents[2] / "packs" / "example"
TEXT = (EXAMPLE / "pack.yaml").read_text(encoding="utf-8")


def folder(root: Path, *packs: str) -> Path:
    """A folder of packs: copies of the example pack under these ids (`example` where none is named)."""
    for pack_id in packs or ("example",):
        shutil.copytree(EXAMPLE, root / pack_id, dirs_exist_ok=True)
        change(root, {"pack: example ": f"pack: {pack_id} "}, pack_id)
    return root


def change(root: Path, changes: Mapping[str, str], pack_id: str = "example") -> str:
    """Change the pack's text, each piece once; gives the text as it is now."""
    path = root / pack_id / "pack.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"the example pack no longer holds {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return text


def line_of(text: str, marker: str) -> int:
    """The line that holds this piece of the text."""
    assert marker in text, marker
    return text[: text.index(marker)].count("\n") + 1


def write(root: Path, name: str, text: str) -> Path:
    """A file below the folder."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(root: Path, pack_id: str = "example") -> list[Fault]:
    """Everything wrong with a pack of the folder."""
    pack, faults = read_pack(pack_id, PackFolder(root).find)
    return faults if pack is None else list(dict.fromkeys([*faults, *check_pack(pack)[1]]))
