"""Releases so small that they are installed in seconds.

An archive as `make package` lays it out, in which the wheel called doudi keeps its rows in one file, and does badly
what it is told to do badly (DOUDI_TEST_BREAKS).
"""

import ensurepip
import hashlib
import json
import shutil
import zipfile
from pathlib import Path

from doudi_setup import placing
from doudi_setup.check import SUMS, digest_of
from doudi_setup.layout import RELEASE, Release

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import http.server, json, os, shutil, signal, sys
from pathlib import Path

VERSION, BREAKS = "{version}", os.environ.get("DOUDI_TEST_BREAKS", "").split(",")


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def broken(where):
    if f"{{where}} {{VERSION}}" in BREAKS:
        sys.exit(f"{{where}} broke")
    if f"kill {{where}} {{VERSION}}" in BREAKS:
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit(1)


def run():
    words = " ".join(word for word in sys.argv[1:3] if not word.startswith("-"))
    if words == "version":
        return print("doudi", VERSION)
    data = Path(option("--data"))
    store, key = data / "postgres" / "store.json", data / "secrets" / "django"
    if words.startswith("restore"):
        store.parent.mkdir(parents=True)
        key.parent.mkdir()
        broken("restore")
        kept = json.loads(Path(sys.argv[2]).read_text())
        key.write_text(kept["key"])
        store.write_text(json.dumps(kept["store"]))
        return
    held = json.loads(store.read_text())
    if words.startswith("backup"):
        broken("backup")
        if not Path(option("--passphrase-file")).read_text().strip():
            sys.exit("no pass-phrase")
        out = Path(option("--out"))
        out.write_text(json.dumps({{"store": held, "key": key.read_text()}}))
        return print(json.dumps({{"rows": held["rows"], "digest": "d", "size": out.stat().st_size}}))
    if words == "operation counts":
        return print(json.dumps({{"rows": held["rows"]}}))
    if words == "operation migrate":
        store.write_text(json.dumps({{**held, "tables": "half of " + VERSION}}))
        broken("migrate")
        store.write_text(json.dumps({{**held, "tables": VERSION}}))
        return
    if held["tables"] != VERSION:
        sys.exit("these are not the tables of " + VERSION)
    broken("serve")

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

    http.server.HTTPServer(("127.0.0.1", int(option("--port"))), Answers).serve_forever()
"""


def small(out: Path, version: str, *, release: Release | None = None) -> Path:
    """An unpacked archive of a release of that version."""
    folder = out / f"doudi-{version}"
    (folder / "wheels").mkdir(parents=True)
    machine, python = placing.here()
    release = release or Release(version, machine, python, "2.17")
    for path in (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"):
        shutil.copy(path, folder / "wheels")
    own = _wheel(folder / "wheels", version)
    (folder / "requirements.txt").write_text(f"doudi=={version} --hash=sha256:{digest_of(own)}\n")
    (folder / RELEASE).write_text(release.text())
    for name in ("check.py", "forms/install"):
        shutil.copy(ROOT / "src/doudi_setup" / name, folder / Path(name).name)
    bare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src/doudi_setup", folder / "setup/doudi_setup", ignore=bare)
    (folder / "setup/doudi").mkdir()
    for name in ("errors.py", "fault_kinds.py"):
        shutil.copy(ROOT / "src/doudi" / name, folder / "setup/doudi")
    (folder / "setup/doudi/__init__.py").write_text("")
    sums(folder)
    return folder


def sums(folder: Path) -> None:
    """Write the digests of what is there."""
    (folder / SUMS).unlink(missing_ok=True)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder)}\n" for p in paths
    ]
    (folder / SUMS).write_text("".join(lines))


def _wheel(folder: Path, version: str) -> Path:
    path, info = folder / f"doudi-{version}-py3-none-any.whl", f"doudi-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("small_doudi.py", _PROGRAM.format(version=version))
        made.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: doudi\nVersion: {version}\n"
        )
        made.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        made.writestr(f"{info}/entry_points.txt", "[console_scripts]\ndoudi = small_doudi:run\n")
        made.writestr(f"{info}/RECORD", "")
    return path


def data_of(root: Path, tables: str, settlements: int) -> None:
    """The data of a small release."""
    for name in ("postgres", "secrets", "exports"):
        shutil.rmtree(root / "data" / name, ignore_errors=True)
        (root / "data" / name).mkdir(parents=True)
    held = {"tables": tables, "rows": {"settlement_settlement": settlements, "audit_log_record": 7}}
    (root / "data/postgres/store.json").write_text(json.dumps(held))
    (root / "data/secrets/django").write_text("key")
    (root / "data/exports/file.csv").write_text("kept")
