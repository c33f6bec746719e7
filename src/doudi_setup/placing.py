"""Placing a release beside those that are there: wholly, or not at all. Nothing is fetched."""

import platform
import shutil
import subprocess
import sys
import venv
from importlib.resources import files
from pathlib import Path

from doudi.errors import Fault, Faulty, fault
from doudi_setup.check import text, wrong_in
from doudi_setup.layout import RELEASE, Home, Release, order_of, sync

_ROOM = 2**20 * 64
"""Beside what the wheels come to, unpacked."""


def here() -> tuple[str, str]:
    """The machine and the Python that run this, as archives name them."""
    return f"{sys.platform}-{platform.machine()}", f"{sys.version_info[0]}.{sys.version_info[1]}"


def fitting(archive: Path) -> Release:
    """The release of an unpacked archive, all of whose bytes are as they were made. Raises Faulty."""
    if wrong := wrong_in(archive):
        raise Faulty([fault("S760", str(archive), names=text(wrong))])
    release = Release.read(archive)
    machine, python = here()
    libc = platform.libc_ver()[1] or "0"
    fits = (release.platform, release.python) == (machine, python)
    if not fits or order_of(libc) < order_of(release.libc):
        wanted = f"{release.platform}，Python {release.python}，glibc {release.libc} 以上"
        found = f"{machine}，Python {python}，glibc {libc}"
        raise Faulty([fault("S761", str(archive), wanted=wanted, found=found)])
    return release


def must_have_room(folder: Path, need: int, act: str) -> None:
    """Raises Faulty where a disk has less free than is needed."""
    free = shutil.disk_usage(folder).free
    if free < need:
        told = fault("S765", str(folder), act=act, need=megabytes(need), free=megabytes(free))
        raise Faulty([told])


def megabytes(size: int) -> str:
    """A size in megabytes, as people are told it.

    >>> megabytes(1_572_864_000)
    '1,500 MB'
    """
    return f"{size // 2**20:,} MB"


def place(home: Home, archive: Path, release: Release) -> None:
    """Install a release into its folder. Raises Faulty, and then the folder is gone."""
    folder = home.release(release.version)
    wheels = archive / "wheels"
    folder.parent.mkdir(parents=True, exist_ok=True)
    need = 4 * sum(path.stat().st_size for path in wheels.iterdir()) + _ROOM
    must_have_room(folder.parent, need, "安装")
    shutil.rmtree(folder, ignore_errors=True)  # of one that was broken off
    try:
        _fill(folder, archive, wheels)
        (folder / RELEASE).write_text(release.text(), encoding="utf-8")
        sync(folder)
        sync(folder.parent)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Faulty([_failed(folder, error)]) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fill(folder: Path, archive: Path, wheels: Path) -> None:
    """An environment of its own, and in it what the archive has: pip runs out of its wheel."""
    env = folder / "env"
    venv.create(env, with_pip=False, symlinks=True)
    pip = next(wheels.glob("pip-*.whl"))
    words = [
        str(env / "bin" / "python"), "-I", f"{pip}/pip", "--isolated", "--disable-pip-version-check", "install",
        "--quiet", "--no-cache-dir", "--no-index", "--no-deps", "--find-links", str(wheels),
        "--require-hashes", "--requirement", str(archive / "requirements.txt"),
    ]  # fmt: skip
    # what the machine says of an index does not count here, nor what is installed elsewhere
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PIP_CONFIG_FILE": "/dev/null"}
    ran = subprocess.run(words, env=environment, capture_output=True, check=False)
    if ran.returncode:
        raise subprocess.SubprocessError(ran.stderr.decode("utf-8", "replace").strip()[-400:])


def _failed(folder: Path, error: Exception) -> Fault:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return fault("S768", str(folder), version=folder.name, reason=reason)


def put_command(home: Home) -> None:
    """The command of the release in use, and the unit of systemd for this place."""
    forms = files("doudi_setup") / "forms"
    (home.root / "bin").mkdir(exist_ok=True)
    root = str(home.root)
    for name, path, mode in (
        ("doudi", home.root / "bin" / "doudi", 0o755),
        ("doudi.service", home.root / "doudi.service", 0o644),
    ):
        made = path.with_name(f".{path.name}.new")
        made.write_text(
            (forms / name).read_text(encoding="utf-8").replace("@ROOT@", root), encoding="utf-8"
        )
        made.chmod(mode)
        made.replace(path)
