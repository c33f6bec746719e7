"""What a command opens: bill files, the folder of packs. What cannot be opened is a fault."""

from pathlib import Path

import typer

from doudi.errors import Fault, Faulty, fault
from doudi.service import Bundle, File
from doudi.settle import Shelf
from doudi.source_text import JSON_LIMIT_MB, shown
from doudi.wire.catalogue_file import catalogue_document
from doudi.wire.pack_folder import PackFolder, is_file, one_pack, read_file
from doudi.wire.sheets import is_table
from doudi_cli.parquet import read_parquet


def shipped_packs() -> Path:
    """The packs that come with the program: in the wheel, or beside the sources."""
    inside = Path(__file__).parent / "packs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "packs"


def open_folder(packs: Path | None) -> PackFolder:
    """The folder of packs: the one that is named, or the one that comes with the program. Raises Faulty.

    What a pack of a named folder extends may be one that comes with the program.
    """
    if packs is None:
        return PackFolder(shipped_packs())
    if not packs.is_dir():
        raise Faulty([fault("F101", str(packs), reason="没有这个文件夹")])
    return PackFolder(packs, PackFolder(shipped_packs()))


def open_named(pack: str, packs: Path | None) -> tuple[str, Shelf]:
    """A pack by its id or by its folder, with the packs around it. Raises Faulty where there is none."""
    folder = open_folder(packs)
    if (packs is None or folder.own(pack) is None) and is_file(Path(pack) / "pack.yaml"):
        pack, folder = one_pack(Path(pack))
        folder.behind = PackFolder(shipped_packs())
    heads, _ = folder.heads()
    if folder.own(pack) is None:
        known = "现有：" + "、".join(head.id for head in heads) + "。"
        raise Faulty([fault("F411", shown(pack, 200), pack=shown(pack, 80), known=known)])
    return pack, Shelf(folder.find, heads, pack)


def open_shelf(pack: str | None, packs: Path | None) -> tuple[Shelf, list[Fault]]:
    """The packs to choose from, and heads that cannot be read; `pack` names one. Raises Faulty."""
    if pack is not None:
        pack_id, shelf = open_named(pack, packs)
        shelf.pack(pack_id)
        return shelf, []
    folder = open_folder(packs)
    heads, faults = folder.heads()
    return Shelf(folder.find, heads), faults


def opened(
    bills: list[Path],
    pack: str | None,
    packs: Path | None,
    histories: list[Path] | None,
    catalogue: Path | None,
    mapping: Path | None = None,
    visit: Path | None = None,
    columns: Path | None = None,
) -> tuple[Shelf, Bundle]:
    """What a run needs; a bill that cannot be opened is among the bundle's faults.

    Raises Faulty where the packs, or a file that every bill rests on, cannot be opened.
    """
    if len(histories or ()) > 1:
        raise typer.BadParameter("只能给一个历史文件，请合并", param_hint="--history")
    if visit is not None and (len(bills) != 1 or not is_table(bills[0].name)):
        raise typer.BadParameter("一次就医带一份费用清单（CSV 或 XLSX）", param_hint="--visit")
    shelf, faults = open_shelf(pack, packs)
    contents: dict[str, bytes] = {}
    for path in bills:
        try:
            contents[str(path)] = read(path)
        except Faulty as error:
            faults += error.faults
    files = {
        "history": (histories or [None])[0],
        "catalogue": catalogue,
        "mapping": mapping,
        "visit": visit,
        "columns": columns,
    }
    extra: dict[str, File] = {}
    for name, path in files.items():
        try:
            if path is not None:
                extra[name] = beside(name, path)
        except Faulty as error:
            faults += error.faults
    if len(extra) < sum(path is not None for path in files.values()):
        raise Faulty(faults)
    return shelf, Bundle(contents, missing=tuple(faults), **extra)


def beside(name: str, path: Path) -> File:
    """A file that bills rest on; a catalogue in Parquet as the table that it is."""
    if name == "catalogue" and path.suffix.lower() == ".parquet":
        read(path)  # not there, or too large: the same faults as of any file
        return str(path), catalogue_document(str(path), [read_parquet(path)])
    return str(path), read(path)


def read(path: Path) -> bytes:
    """A file's content. Raises Faulty: not there, not readable, or too large to be read at all."""
    return read_file(path, str(path), JSON_LIMIT_MB)
