"""A folder of packs on disk → the files of each pack, and the heads from which one is chosen."""

import errno
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import cast

from doudi.dates import Span
from doudi.errors import Fault, Faulty, fault
from doudi.packs.load import Files, read_head
from doudi.packs.resolve import Head
from doudi.source_text import YAML_LIMIT_MB, Document, Value

_SUFFIXES = (".yaml", ".md")
_FILE_LIMIT = 2000  # files in one pack; more is not a pack but a mistaken folder
_NO_ID = "政策包的编号是 packs 文件夹下的路径，这里没有编号；只用这一个政策包写 --pack"
_REASONS = {
    errno.ENOENT: "没有这个文件",
    errno.EACCES: "没有读取权限",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径的中间有一段不是文件夹",
    errno.ELOOP: "快捷方式（符号链接）绕成了圈",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ENXIO: "不是普通的文件",
    errno.EIO: "磁盘读不出来",
}


@dataclass(slots=True)
class PackFolder:
    """The packs below one folder; a pack's id is its path from there.

    What a pack extends may also stand `behind` the folder, among other packs.
    """

    root: Path
    behind: "PackFolder | None" = None
    _files: dict[str, Files | None] = field(default_factory=dict[str, "Files | None"])

    def find(self, pack_id: str) -> Files | None:
        """The files of a pack, or None where there is none of that id."""
        own = self.own(pack_id)
        return self.behind.find(pack_id) if own is None and self.behind is not None else own

    def own(self, pack_id: str) -> Files | None:
        """The files of a pack of this folder."""
        if pack_id not in self._files:
            self._files[pack_id] = self._read(pack_id)
        return self._files[pack_id]

    def ids(self) -> list[str]:
        """Every pack below the folder, by id."""
        return [pack_id for pack_id in self._below() if _is_id(pack_id)]

    def strays(self) -> list[Fault]:
        """Packs that stand where they have no id."""
        return [
            fault("F101", str(self.root.joinpath(pack_id, "pack.yaml")), reason=_NO_ID)
            for pack_id in self._below()
            if not _is_id(pack_id)
        ]

    def heads(self) -> tuple[list[Head], list[Fault]]:
        """What each pack's head says; heads that cannot be read are faults."""
        heads: list[Head] = []
        faults = self.strays()
        for pack_id in self.ids():
            try:
                files = self.own(pack_id)
                assert files is not None
                document = read_head(pack_id, files, self.find)
                heads.append(head_of(pack_id, document))
            except Faulty as error:
                faults.extend(error.faults)
        return heads, faults

    def _below(self) -> list[str]:
        found = [path for path in self.root.rglob("pack.yaml") if is_file(path)]
        return sorted(path.parent.relative_to(self.root).as_posix() for path in found)

    def _read(self, pack_id: str) -> Files | None:
        if not _is_id(pack_id):
            return None
        folder = self.root.joinpath(*pack_id.split("/"))
        if not is_file(folder / "pack.yaml"):
            return None
        paths = [p for p in _own_files(folder) if p.suffix in _SUFFIXES]
        if len(paths) > _FILE_LIMIT:
            raise Faulty(
                [fault("F110", pack_id, name="政策包的文件", count=len(paths), limit=_FILE_LIMIT)]
            )
        names = {path: path.relative_to(folder).as_posix() for path in paths}
        return {n: read_file(path, f"{pack_id}/{n}", YAML_LIMIT_MB) for path, n in names.items()}


def _is_id(pack_id: str) -> bool:
    """Whether that may be the id of a pack: a path below the folder, no way out of it."""
    parts = pack_id.split("/")
    return "\\" not in pack_id and not {"", ".", ".."} & {*parts}


def is_file(path: Path) -> bool:
    """Whether a file stands there; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_file(path: Path, name: str, limit_mb: int) -> bytes:
    """A file's content, never more than the limit. Raises Faulty: not there, not readable, or too large."""
    limit = limit_mb * 2**20
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            content = b"" if size > limit else file.read(limit + 1)
    except OSError as error:
        raise Faulty([unreadable(name, error)]) from error
    if max(size, len(content)) > limit:
        details = {"size": -(-max(size, len(content)) // 2**20), "limit": limit_mb}
        raise Faulty([fault("F102", name, **details)])
    return content


def unreadable(name: str, error: OSError) -> Fault:
    """A file or a folder that cannot be opened, with the reason in words."""
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return fault("F101", name, reason=reason)


def one_pack(folder: Path) -> tuple[str, PackFolder]:
    """A pack given by its own folder: the id it states, found among its parents' packs.

    Raises Faulty where the folder holds no pack.
    """
    content = read_file(folder / "pack.yaml", str(folder / "pack.yaml"), YAML_LIMIT_MB)
    stated = read_head(str(folder), {"pack.yaml": content}, lambda _: None).value
    pack_id = cast("dict[str, Value]", stated).get("pack") if isinstance(stated, dict) else None
    parts = pack_id.split("/") if isinstance(pack_id, str) else [folder.resolve().name]
    whole = folder.resolve()
    if tuple(whole.parts[-len(parts) :]) != tuple(parts):
        raise Faulty([fault("P107", f"{folder}/pack.yaml", pack=pack_id, folder=whole.name)])
    return "/".join(parts), PackFolder(whole.parents[len(parts) - 1])


def _own_files(folder: Path) -> list[Path]:
    """The pack's own files: its folder, `parameters`, `sources`, `cases`; not packs further below."""
    found = sorted(folder.glob("*"))
    for room in ("parameters", "sources", "cases"):
        found += sorted((folder / room).rglob("*"))
    return [path for path in found if is_file(path)]


def head_of(pack_id: str, document: Document) -> Head:
    """The head of a pack; a district or span that cannot be read is a fault."""
    stated = cast("dict[str, Value]", document.value) if isinstance(document.value, dict) else {}
    title, valid = stated.get("title"), stated.get("valid")
    span = cast("dict[str, Value]", valid) if isinstance(valid, dict) else {}
    try:
        start = date.fromisoformat(str(span.get("from")))
        end = None if span.get("to") is None else date.fromisoformat(str(span.get("to")))
    except ValueError as error:
        where = document.where(("valid",))
        raise Faulty(
            [fault("P213", where, reason="要有 from 和 to，写成 2019-01-01 这样")]
        ) from error
    if isinstance(title, dict):
        title = cast("dict[str, Value]", title).get("zh")
    return Head(pack_id, str(title or pack_id), str(stated.get("district", "")), Span(start, end))
