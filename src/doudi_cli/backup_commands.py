"""`doudi backup`, `doudi restore`. The application is loaded only inside these commands."""

import getpass
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from doudi.errors import Fault, Faulty, fault
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json
from doudi_cli.people_commands import Database, DataThere
from doudi_cli.progress import progress

if TYPE_CHECKING:
    from doudi_web.site.archive import Tick

backup_app = typer.Typer(
    help="备份：数据库和密钥，一个文件，服务不用停；检查备份。", invoke_without_command=True
)

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        readable=False,
        help="口令在这个文件的第一行；不写就看 DOUDI_BACKUP_PASSPHRASE_FILE，都没有就在终端里问",
    ),
]
Backup = Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="备份的文件")]


@backup_app.callback()
def backup(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="写到哪个文件；已有的不覆盖")] = None,
    data: DataThere = Path("data"),
    passphrase_file: PassphraseFile = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """备份：数据库和密钥，一个文件，用口令加密。服务照常运行，备份的是开始那一刻的全部。"""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise typer.BadParameter("要写到哪个文件", param_hint="--out")
    with _told(as_json=as_json):
        passphrase = _passphrase(passphrase_file, twice=True)
        from doudi_web.site.installation import open_installation

        url = open_installation(data, database, new=False)
        from doudi_web.site.backup import make
        from doudi_web.tenancy.who import KEEPER

        with _ticking("备份", quiet=as_json) as tick:
            made = make(KEEPER, data, url, out, passphrase, tick)
    if as_json:
        told = {"file": str(made.path), "size": made.size, "digest": made.digest, **made.told}
        print_json(told)
        return
    console().print(f"备份好了：{made.path}，{made.size:,} 字节。", soft_wrap=True)
    console().print(f"SM3 {made.digest}", soft_wrap=True)
    _show(made.told)


@backup_app.command("check")
def check_backup(
    file: Backup, passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """检查备份：每一个字节都与写的时候一样；坏了的说出在哪里。不恢复。带口令的，也看口令对不对。"""
    with _told(as_json=as_json):
        from doudi_web.site.kept import check, passphrase_in

        passphrase = None if passphrase_file is None else passphrase_in(passphrase_file)
        with _ticking("检查", quiet=as_json) as tick:
            told = check(file, tick, passphrase)
    if as_json:
        print_json(told)
        return
    console().print(f"备份完好：{file}，{told['bytes']:,} 字节。", soft_wrap=True)
    _show(told)
    if passphrase is None:
        console().print("没有看口令；带上 --passphrase-file 一起看。")


def restore(
    file: Backup,
    data: Annotated[Path, typer.Option("--data", help="恢复到哪个新文件夹")],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """从备份恢复成一个新的数据文件夹；先看备份是不是完好，要么恢复全部，要么什么都没有。"""
    with _told(as_json=as_json):
        passphrase = _passphrase(passphrase_file, twice=False)
        from doudi_web.site.restore import restore as run

        with _ticking("恢复", quiet=as_json) as tick:
            told = run(file, data, passphrase, tick)
    if as_json:
        print_json({"data": str(data), **told})
        return
    console().print(f"恢复好了：{data}", soft_wrap=True)
    _show(told)
    console().print("现在核对：doudi ledger verify --data …，带上留存的封头（--head）。")


@contextmanager
def _told(*, as_json: bool) -> Generator[None]:
    """What is refused is shown, and the command ends with 1."""
    import psycopg
    from django.db import DatabaseError

    try:
        yield
    except Faulty as error:
        _tell(error.faults, as_json=as_json)
        raise typer.Exit(1) from error
    except (psycopg.Error, DatabaseError) as error:
        _tell([fault("S504", "database", kind=type(error).__name__)], as_json=as_json)
        raise typer.Exit(1) from error


def _tell(faults: "tuple[Fault, ...] | list[Fault]", *, as_json: bool) -> None:
    if as_json:
        print_json({"faults": [fault_json(one) for one in faults]})
    else:
        show_faults(console(stderr=True), faults)


@contextmanager
def _ticking(name: str, *, quiet: bool) -> "Generator[Tick]":
    with progress(name, quiet=quiet) as bar:
        yield lambda done, of: None if bar is None else bar(done, of)


def _passphrase(file: Path | None, *, twice: bool) -> str:
    """The pass-phrase: in the file, in the one that the environment names, or typed. Raises Faulty."""
    from doudi_web.site.kept import PASSPHRASE_FILE, long_enough, passphrase_in

    named = os.environ.get(PASSPHRASE_FILE, "")
    if file is None and not named and sys.stdin.isatty():
        typed = getpass.getpass("备份的口令：")
        if twice and getpass.getpass("再写一遍：") != typed:
            raise typer.BadParameter("两遍不一样", param_hint="口令")
        return long_enough(typed, "terminal")
    return passphrase_in(file or (Path(named) if named else None))


def _show(told: Mapping[str, Any]) -> None:
    """What a backup holds."""
    rows = told["rows"]
    console().print(
        f"版本 {told['program']}，{told['made']}；{len(rows)} 张表，{sum(rows.values()):,} 行；"
        f"结算 {rows.get('settlement_settlement', 0):,} 笔。",
        soft_wrap=True,
    )
    head = told["head"]
    if head is None:
        console().print("台账还没有封头。")
    else:
        text = f"台账封头：{head['size']:,} 次，{head['sealed']}，{head['digest']}"
        console().print(text, soft_wrap=True)
