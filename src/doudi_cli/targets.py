"""Files that a command writes: whether that can be done is known before the work, and a file is there whole
or as it was."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import typer

from doudi.errors import Fault, Faulty, fault
from doudi.wire.fault_table import fault_page
from doudi.wire.sheets import ENDINGS, Page, write
from doudi_cli import output

_REASONS = {
    errno.ENOENT: "没有这个文件夹",
    errno.ENOTDIR: "路径的中间有一段不是文件夹",
    errno.EACCES: "没有写的权限",
    errno.EPERM: "没有写的权限",
    errno.EROFS: "这里只能读",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘的配额用完了",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ELOOP: "快捷方式（符号链接）绕成了圈",
}


def distinct(
    targets: dict[str, Path | None], read: Iterable[Path | None], *, tables: bool = True
) -> None:
    """Raises misuse where a file would be written over one that is read, or two over each other, or where
    what is to be a table does not end like one."""
    taken = {_known(path) for path in read if path is not None}
    for option, path in targets.items():
        if path is None:
            continue
        if tables and path.suffix.lower() not in ENDINGS:
            raise typer.BadParameter("写成 .csv 或 .xlsx", param_hint=option)
        if _known(path) in taken:
            raise typer.BadParameter("不能写在要读或另外要写的文件上", param_hint=option)
        taken.add(_known(path))


def ready(targets: Iterable[Path | None]) -> tuple[Fault, ...]:
    """A fault for each target that cannot be written."""
    faults: list[Fault] = []
    for path in targets:
        if path is not None:
            try:
                _remove(_begun(_behind(path)))
            except OSError as error:
                faults.append(unwritable(path, error))
    return tuple(faults)


def put(path: Path, content: bytes) -> None:
    """The whole file or none of it; one that was there is replaced. Raises Faulty where it cannot be."""
    try:
        target = _behind(path)
        begun = _begun(target)
        try:
            begun.write_bytes(content)
            begun.chmod(_mode(target))
            begun.replace(target)
        except BaseException:
            _remove(begun)
            raise
    except OSError as error:
        raise Faulty([unwritable(path, error)]) from error


def put_table(
    path: Path | None, pages: Callable[[], Sequence[Page]], known: Sequence[Fault] = ()
) -> tuple[Fault, ...]:
    """A table by its ending, where one is asked for, and what kept it from being written. What is already
    known to be unwritable is not tried again."""
    if path is None or any(one.code == "F135" and one.where == str(path) for one in known):
        return ()
    try:
        put(path, write(str(path), pages()))
    except Faulty as error:
        return error.faults
    return ()


def put_faults(
    path: Path | None, faults: Sequence[Fault], read: Iterable[Path | None]
) -> tuple[Fault, ...]:
    """The faults as a table, where one is asked for: without rows where there are none, so that no old one
    stays."""
    names = [str(one) for one in read if one is not None]
    return put_table(path, lambda: [fault_page(faults, names)], faults)


def tell_written(targets: Iterable[Path | None], faults: Sequence[Fault]) -> None:
    """Where to look for the tables, for a person; a run that could not write one has written none."""
    lost = {one.where for one in faults if one.code in ("F135", "F136")}
    for path in targets:
        if path is not None and not lost:
            output.console(stderr=True).print(f"写到 {path}", soft_wrap=True)


def _known(path: Path) -> str:
    """A name for the file, the same for every way to write its path."""
    return os.path.normcase(os.path.realpath(path))


def _behind(path: Path) -> Path:
    """The file behind a link. Raises OSError where something stands there that is no file to replace."""
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "这不是普通的文件")
    if not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "")
    return target


def _begun(target: Path) -> Path:
    """An empty file beside the target, of a name that nobody has."""
    if len(os.fsencode(target.name)) > 255:  # before the longer name of the file beside it is
        raise OSError(errno.ENAMETOOLONG, "")
    handle, name = tempfile.mkstemp(prefix=".doudi-", suffix=".part", dir=target.parent)
    os.close(handle)
    return Path(name)


def _mode(target: Path) -> int:
    """Who may read and write: as the file before it, or as any new file."""
    with suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _remove(begun: Path) -> None:
    with suppress(OSError):
        begun.unlink()


def unwritable(path: Path, error: OSError) -> Fault:
    """Why a file or folder cannot be written."""
    reason = _REASONS.get(error.errno or 0, error.strerror or "原因不明")
    return fault("F135", str(path), reason=reason)
