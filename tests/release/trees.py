"""Releases made of these sources: as they are, the next one with one more migration, one whose migration fails."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_KEPT = ("src", "packs", "pyproject.toml", "README.md", "LICENSE", "examples")

_MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("oversight", "{after}")]
    operations = [
        migrations.RunSQL(
            "CREATE TABLE next_release AS SELECT count(*) AS settled FROM settlement_settlement",
            "DROP TABLE next_release",
        ),{more}
    ]
"""

BREAKS = '\n        migrations.RunSQL("SELECT 1 / 0"),'
WAITS = '\n        migrations.RunSQL("SELECT pg_sleep(600)"),'
"""What a migration does behind its first table."""


def package(out: Path, tree: Path = ROOT, *, folder: bool = True) -> Path:
    """The archive of a source tree, or the folder that it unpacks to."""
    words = [sys.executable, "-m", "tools.package", "--out", str(out), "--tree", str(tree)]
    ran = subprocess.run(
        [*words, *(["--folder"] if folder else [])],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return Path(ran.stdout.decode().strip().splitlines()[-1])


def next_tree(into: Path, version: str, more: str = "") -> Path:
    """These sources as a release of that version, with one more migration, or two where there is `more`."""
    bare = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in _KEPT:
        source, target = ROOT / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=bare)
        else:
            shutil.copy(source, target)
    for name, stated in (("src/doudi/version.py", "VERSION"), ("pyproject.toml", "version")):
        text = (into / name).read_text()
        path = into / name
        path.write_text(text.replace(f'{stated} = "0.1.0"', f'{stated} = "{version}"'))
        assert f'"{version}"' in path.read_text()
    folder = into / "src/doudi_web/oversight/migrations"
    last = sorted(path.stem for path in folder.glob("0*.py"))[-1]
    (folder / "9000_next.py").write_text(_MIGRATION.format(after=last, more=""))
    if more:
        made = _MIGRATION.format(after="9000_next", more=more).replace("next_release", "half_of_it")
        (folder / "9001_more.py").write_text(made)
    return into
