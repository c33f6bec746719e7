"""`doudi release`: the releases on this machine, the next one, and back."""

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from doudi.errors import Faulty, fault
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json
from doudi_setup import rolling_back, upgrading
from doudi_setup.driving import Failed
from doudi_setup.layout import RELEASE, Home
from doudi_setup.swapping import tidy

release_app = typer.Typer(help="版本：装了哪些，升级，退回。", no_args_is_help=True)

To = Annotated[Path | None, typer.Option("--to", help="装在哪个文件夹；不写就是这个命令所在的")]
PassphraseFile = Annotated[
    Path, typer.Option("--passphrase-file", readable=False, help="备份的口令在这个文件的第一行")
]


@release_app.command("list")
def list_releases(to: To = None, as_json: AsJson = False) -> None:
    """装了哪些版本，在用哪个，做过什么。"""
    home = _home(to)
    used, under = home.in_use(), home.under_way()
    if as_json:
        print_json({"in_use": used, "releases": home.versions(), "under_way": under,
                    "history": [_told(one) for one in home.history()]})  # fmt: skip
        return
    for version in home.versions():
        console().print(
            f"{version}{'  在用' if version == used else ''}", markup=False, highlight=False
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("时间", "做了什么", "从", "到"):
        table.add_column(title)
    for one in home.history():
        table.add_row(one["at"], one["done"], one.get("from", ""), one["to"])
    console().print(table)
    if under is not None:
        raise Faulty([fault("S769", str(home.root), step=under["step"])])


@release_app.command("upgrade")
def upgrade(
    archive: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="安装包，或解开以后的文件夹")
    ],
    passphrase_file: PassphraseFile,
    to: To = None,
) -> None:
    """升级：旁边装新版本，备份，更新表结构，看健康检查，换上。不成就自己回到原来的。"""
    home = _home(to)
    with _unpacked(archive, home.root / ".unpacked") as folder:
        words = ["sh", str(folder / "install"), "--to", str(home.root), "--upgrade"]
        words += ["--passphrase-file", str(passphrase_file.absolute())]
        ran = subprocess.run(words, check=False)
    raise typer.Exit(ran.returncode)


@release_app.command("rollback")
def rollback(
    passphrase_file: PassphraseFile,
    lose: Annotated[
        int | None, typer.Option("--lose", help="升级以后结算的笔数：知道会丢掉")
    ] = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """退回升级以前的版本和数据。升级以后办的会丢掉：先说有多少，写了 --lose 才退。"""
    home = _home(to)
    done = rolling_back.rollback(home, passphrase_file, lose, _say(quiet=as_json))
    if as_json:
        print_json(_told(done))
        return
    console().print(f"退回了：{done['from']} → {done['to']}", markup=False)
    console().print(f"退回以前的另有一份备份：{done['kept']}", markup=False, soft_wrap=True)


@release_app.command("recover")
def recover(to: To = None) -> None:
    """上一次升级或退回停在半路的：回到升级以前的版本和数据。"""
    home = _home(to)
    try:
        used = upgrading.recover(home, _say(quiet=False))
    except Failed as failed:
        raise Faulty([fault("S769", str(home.root), step=str(failed))]) from failed
    console().print("没有停在半路的" if used is None else f"恢复好了：在用 {used}", markup=False)


@release_app.command("tidy")
def tidied(
    keep: Annotated[int, typer.Option("--keep", min=2, help="留几个版本，连在用的")] = 2,
    to: To = None,
) -> None:
    """删去用不着的旧版本。在用的、能退回的不删。"""
    home = _home(to)
    upgrading.must_be_settled(home)
    used = home.in_use()
    before = [
        one["from"] for one in home.history() if one["done"] == "upgrade" and one["to"] == used
    ]
    for version in home.versions()[:-keep]:
        if version not in (used, *before[-1:]):
            shutil.rmtree(home.release(version))
            console().print(f"删去 {version}", markup=False)
    tidy(home)


def _home(to: Path | None) -> Home:
    """The place of this command, or the one that is named. Raises Faulty where none is."""
    root = to.expanduser().absolute() if to is not None else Path(sys.prefix).parents[2]
    if not (root / "history.json").is_file():
        told = fault("S762", str(root), act="升级、退回", state="这里不是用安装包装的")
        raise Faulty([told])
    return Home(root)


def _say(*, quiet: bool) -> upgrading.Say:
    return (
        (lambda _: None)
        if quiet
        else (lambda text: console().print(text, markup=False, soft_wrap=True))
    )


def _told(one: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in one.items() if key != "rows"}


@contextmanager
def _unpacked(archive: Path, into: Path) -> Generator[Path]:
    """The folder that an archive unpacks to. Raises Faulty where it is none, or reaches out of its folder."""
    if archive.is_dir():
        yield archive
        return
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(mode=0o700)
    try:
        try:
            with tarfile.open(archive) as packed:
                for one in packed:
                    if (
                        not one.isfile()
                        or ".." in Path(one.name).parts
                        or Path(one.name).is_absolute()
                    ):
                        raise tarfile.TarError(one.name)
                    packed.extract(one, into, set_attrs=False)
            found = [path.parent for path in into.glob(f"*/{RELEASE}")]
        except (tarfile.TarError, EOFError, OSError) as error:
            raise Faulty(
                [fault("S760", str(archive), names=f"解不开（{type(error).__name__}）")]
            ) from error
        if len(found) != 1:
            raise Faulty([fault("S760", str(archive), names=f"{RELEASE}（没有）")])
        yield found[0]
    finally:
        shutil.rmtree(into, ignore_errors=True)
