"""One archive from which a machine without a network installs: our wheel, every locked wheel, what installs them.

    python -m tools.package [--out DIR] [--folder] [--tree DIR]

`doudi-VERSION-PLATFORM.tar.gz` has the wheels (PostgreSQL, fonts and the pages' style and scripts are in them),
`install`, SHA256SUMS of every file, and forms for systemd and containers. Made twice of the same it is the same.
"""

import argparse
import ensurepip
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from doudi_setup.check import SUMS, digest_of
from doudi_setup.layout import RELEASE, Release
from doudi_setup.placing import here

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "build" / "wheels"
_PARTS = ("doudi_setup/check.py", "doudi_setup/forms/install")
_SETUP = ("doudi/errors.py", "doudi/fault_kinds.py")
_DOCS = ("install-offline.md", "upgrade.md", "operate.md")
_BLOCK = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+).*?(?=^[A-Za-z0-9])", re.M | re.S)


def locked(lock: str) -> dict[str, str]:
    """The blocks of a lock file by the names of their packages."""
    found = _BLOCK.finditer(f"{lock}\nz")
    return {
        canonicalize_name(one[1]): re.sub(r"^ *#.*\n?", "", one[0], flags=re.M) for one in found
    }


def needed(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every package that one needs here, itself among them, as the environment in which this runs has them."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, extras)]
    while waiting:
        one, of = waiting.pop()
        if (one, of) in seen:
            continue
        seen.add((one, of))
        yield one
        for text in requires(one) or ():
            wanted = Requirement(text)
            marks = [{"extra": extra} for extra in (*of, "")]
            if wanted.marker is None or any(wanted.marker.evaluate(mark) for mark in marks):
                waiting.append((canonicalize_name(wanted.name), frozenset(wanted.extras)))


def requirements(lock: str) -> str:
    """What of the lock file the service needs to run."""
    blocks = locked(lock)
    names = sorted({*needed("doudi", frozenset({"web"}))} - {"doudi"})
    return "".join(blocks[name].rstrip() + "\n" for name in names)


def fetched(wanted: str) -> Path:
    """The wheels of these requirements, each as its hash says; fetched once."""
    folder = WHEELS / hashlib.sha256((wanted + here()[1]).encode()).hexdigest()[:16]
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "requirements.txt").write_text(wanted, encoding="utf-8")
        _pip("download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", str(folder),
             "--requirement", str(folder / "requirements.txt"))  # fmt: skip
        (folder / "whole").touch()
    return folder


def own_wheel(tree: Path, folder: Path) -> Path:
    """The wheel of a source tree, whose pages and papers have been fetched."""
    for there in ("desk/static/vendor", "papers/fonts"):
        if not any((tree / "src/doudi_web" / there).iterdir()):
            sys.exit(f"no {there}: make setup")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(tree))
    return next(folder.glob("doudi-*.whl"))


def _pip(*words: str) -> None:
    common = ["--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", words[0], *common, *words[1:]], check=True, stdout=sys.stderr
    )


def libc_of(names: Iterable[str]) -> str:
    """The oldest C library that all of these wheels run with.

    >>> libc_of(["a-1-cp311-cp311-manylinux_2_17_x86_64.whl", "b-1-cp311-abi3-manylinux_2_34_x86_64.whl"])
    '2.34'
    """
    oldest = [(2, 17)]
    for name in names:
        if found := [(int(a), int(b)) for a, b in re.findall(r"manylinux_(\d+)_(\d+)_", name)]:
            oldest.append(min(found))
    return ".".join(map(str, max(oldest)))


def lay_out(tree: Path, out: Path) -> Path:
    """The folder that an archive unpacks to."""
    version = re.search(r'^VERSION = "(.+)"', (tree / "src/doudi/version.py").read_text(), re.M)
    assert version is not None
    machine, python = here()
    wanted = requirements((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    wheels = sorted(fetched(wanted).glob("*.whl"))
    release = Release(version[1], machine, python, libc_of(path.name for path in wheels))
    folder = out / f"doudi-{release.version}-{machine}-py{python.replace('.', '')}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "wheels").mkdir(parents=True)
    for path in wheels:
        _same(path, folder / "wheels" / path.name)
    for path in sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")):
        shutil.copy(path, folder / "wheels")
    own = own_wheel(tree, folder / "wheels")
    stated = f"doudi[web]=={release.version} --hash=sha256:{digest_of(own)}\n"
    (folder / "requirements.txt").write_text(stated + wanted, encoding="utf-8")
    _put_setup(tree, folder, release)
    _put_sums(folder)
    return folder


def _same(path: Path, target: Path) -> None:
    """A file once more, without a second copy where the disk allows it."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copy(path, target)


def _put_setup(tree: Path, folder: Path, release: Release) -> None:
    """What runs before anything is installed, and what is read before that."""
    source = tree / "src"
    for name in _SETUP:
        (folder / "setup" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, folder / "setup" / name)
    (folder / "setup/doudi/__init__.py").write_text(
        '"""What tells faults, of the engine alone."""\n'
    )
    bare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source / "doudi_setup", folder / "setup/doudi_setup", ignore=bare)
    for name in _PARTS:
        shutil.copy(source / name, folder / Path(name).name)
    form = (source / "doudi_setup/forms/Containerfile").read_text(encoding="utf-8")
    form = form.replace("@VERSION@", release.version).replace("@PYTHON@", release.python)
    (folder / "Containerfile").write_text(form, encoding="utf-8")
    (folder / RELEASE).write_text(release.text(), encoding="utf-8")
    shutil.copy(tree / "LICENSE", folder)
    (folder / "docs").mkdir()
    for name in _DOCS:
        shutil.copy(ROOT / "docs/how-to" / name, folder / "docs")


def _put_sums(folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest_of(path)}  {path.relative_to(folder)}\n" for path in paths]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def packed(folder: Path) -> Path:
    """The archive of a folder, and its digest beside it."""
    path = folder.with_name(f"{folder.name}.tar.gz")
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, 0) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for one in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = one.read_bytes()
            told = tarfile.TarInfo(f"{folder.name}/{one.relative_to(folder)}")
            told.size, told.mode = len(content), 0o755 if one.name == "install" else 0o644
            archive.addfile(told, io.BytesIO(content))
    Path(f"{path}.sha256").write_text(f"{digest_of(path)}  {path.name}\n", encoding="utf-8")
    return path


def main() -> None:
    """Write the archive, or with --folder what it unpacks to."""
    reads = argparse.ArgumentParser(prog="python -m tools.package")
    reads.add_argument("--out", type=Path, default=ROOT / "dist")
    reads.add_argument("--folder", action="store_true")
    reads.add_argument("--tree", type=Path, default=ROOT)
    asked = reads.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    made = lay_out(asked.tree.resolve(), asked.out)
    if not asked.folder:
        folder, made = made, packed(made)
        shutil.rmtree(folder)
    sys.stdout.write(f"{made}\n")


if __name__ == "__main__":
    main()
