"""Whether every file of an unpacked archive is as it was made. Stands alone: `install` runs it first of all.

python3 check.py FOLDER
"""

import hashlib
import sys
from pathlib import Path

SUMS = "SHA256SUMS"
"""A line a file, as sha256sum writes and reads it."""

_CHUNK = 2**20
_TOLD = 10


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()


def wrong_in(folder: Path) -> list[str]:
    """The files that are missing, changed, or none of the archive's, each with which of these it is."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return [f"{SUMS}（没有，或读不出）"]
    stated = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if not stated:
        return [f"{SUMS}（空的）"]
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    told = [f"{name}（没有）" for name in sorted(stated.keys() - there)]
    told += [f"{name}（多出来的）" for name in sorted(there - stated.keys() - {SUMS})]
    told += [
        f"{name}（变了）"
        for name in sorted(stated.keys() & there)
        if not _is(folder / name, stated[name])
    ]
    return told


def _is(path: Path, digest: str) -> bool:
    try:
        return digest_of(path) == digest
    except OSError:
        return False


def text(names: list[str]) -> str:
    """What is told where something is wrong; the same words as S760 has in the table of faults."""
    more = f"……共 {len(names)} 个" if len(names) > _TOLD else ""
    return "、".join(names[:_TOLD]) + more


def main() -> int:
    """Exit 1 and a text where something is wrong."""
    found = wrong_in(Path(sys.argv[1]))
    if not found:
        return 0
    sys.stderr.write(
        f"S760  安装包坏了：{text(found)}\n"
        "      文件在复制、解开的时候坏了，或者被人改过。什么都没有装。\n"
        "      重新复制安装包，与发布的 SHA-256 核对以后再解开。\n"
    )
    return 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
