"""The files of a pack as somebody brings them: a zip archive, or the files of a folder with their paths.

What is brought is not trusted: no path leads out of the pack, nothing unpacks to more than the limits, and what is
no file of a pack is left out and named.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from doudi.errors import Faulty, fault
from doudi.packs.load import Files, read_head
from doudi.source_text import YAML_LIMIT_MB, Value, shown

SIZE_LIMIT_MB = 16
"""Of what is brought, and of what it unpacks to."""
_FILES, _DEPTH = 500, 8
_ROOMS = ("parameters/", "sources/", "cases/")
_SUFFIXES = (".yaml", ".md")
_ID = 120  # characters of a pack's id


@dataclass(frozen=True, slots=True)
class Brought:
    """A pack by the id that it states, and the names of files that are none of a pack's."""

    name: str
    files: Files
    left_out: tuple[str, ...]


def from_zip(content: bytes) -> Brought:
    """The pack in an archive: its `pack.yaml` on top or in a folder. Raises Faulty."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return from_folder(_unpacked(archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        reason = "打不开：不是 zip，或者坏了、加了密"
        raise Faulty([fault("S734", "file", reason=reason)]) from error


def _unpacked(archive: zipfile.ZipFile) -> Mapping[str, bytes]:
    """The files of an archive by their paths, read no further than the limit. Raises Faulty."""
    listed = [one for one in archive.infolist() if not one.is_dir()]
    if len(listed) > _FILES:
        raise Faulty([fault("S734", "file", reason=f"有 {len(listed)} 个文件，最多 {_FILES} 个")])
    if any(one.flag_bits & 1 for one in listed):
        raise Faulty([fault("S734", "file", reason="加了密码，打不开")])
    found: dict[str, bytes] = {}
    left = SIZE_LIMIT_MB * 2**20
    for one in listed:
        with archive.open(one) as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            reason = f"解开以后超过 {SIZE_LIMIT_MB} MB"
            raise Faulty([fault("S734", "file", reason=reason)])
        if one.filename in found:
            reason = f"“{shown(one.filename, 80)}”有两份"
            raise Faulty([fault("S734", "file", reason=reason)])
        found[one.filename] = content
    return found


def from_folder(files: Mapping[str, bytes]) -> Brought:
    """The pack among files by their paths. Raises Faulty: no pack, several, a path out of it, too much."""
    _must_fit(files)
    paths = {_path(name): content for name, content in files.items()}
    tops = sorted(path[: -len("pack.yaml")] for path in paths if _is_head(path))
    if len(tops) != 1:
        reason = (
            "里面没有 pack.yaml" if not tops else f"里面有 {len(tops)} 个 pack.yaml，一次装一个"
        )
        raise Faulty([fault("S734", "file", reason=reason)])
    own = {
        path.removeprefix(tops[0]): content
        for path, content in paths.items()
        if path.startswith(tops[0])
    }
    taken = {path: content for path, content in own.items() if _is_of_pack(path)}
    names = [path for path in paths if path.removeprefix(tops[0]) not in taken]
    return Brought(_stated(taken), taken, tuple(sorted(shown(one, 120) for one in names)))


def with_paths(names: Sequence[str], stated: Iterable[str]) -> list[str]:
    """The paths of files whose names alone came with them, as the browser told these beside, in the same order."""
    paths = list(stated)
    fits = len(paths) == len(names) and all(
        path.rpartition("/")[2] == name for path, name in zip(paths, names, strict=True)
    )
    return paths if fits else list(names)


def _must_fit(files: Mapping[str, bytes]) -> None:
    size = sum(len(content) for content in files.values())
    if len(files) > _FILES or size > SIZE_LIMIT_MB * 2**20:
        reason = (
            f"{len(files)} 个文件、{-(-size // 2**20)} MB；最多 {_FILES} 个、{SIZE_LIMIT_MB} MB"
        )
        raise Faulty([fault("S734", "file", reason=reason)])


def _path(name: str) -> str:
    """A path below the archive. Raises Faulty where it leads out of it."""
    parts = name.replace("\\", "/").split("/")
    is_within = 0 < len(parts) <= _DEPTH and not {"", ".", ".."} & {*parts} and ":" not in parts[0]
    if not is_within or not name.isprintable():
        reason = f"文件的路径“{shown(name, 80)}”不行"
        raise Faulty([fault("S734", "file", reason=reason)])
    return "/".join(parts)


def _is_head(path: str) -> bool:
    return path == "pack.yaml" or path.endswith("/pack.yaml")


def _is_of_pack(path: str) -> bool:
    is_here = "/" not in path or path.startswith(_ROOMS)
    return is_here and path.endswith(_SUFFIXES) and not path.rpartition("/")[2].startswith(".")


def _stated(files: Files) -> str:
    """The id that a pack states. Raises Faulty."""
    for name, content in files.items():
        if len(content) > YAML_LIMIT_MB * 2**20:
            raise Faulty([fault("F102", name, size=-(-len(content) // 2**20), limit=YAML_LIMIT_MB)])
    head = read_head("", {"pack.yaml": files["pack.yaml"]}, lambda _: None).value
    stated = cast("dict[str, Value]", head).get("pack") if isinstance(head, dict) else None
    parts = str(stated).split("/") if isinstance(stated, str) else []
    if not parts or len(str(stated)) > _ID or {"", ".", ".."} & {*parts} or "\\" in str(stated):
        reason = "pack.yaml 里没有 pack（政策包的编号，如 cn/500000/500113/2019）"
        raise Faulty([fault("S734", "pack.yaml", reason=reason)])
    return str(stated)
