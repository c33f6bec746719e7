"""`doudi ledger`: verify, show the head, erase. The application is loaded only inside these commands."""

import getpass
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json

if TYPE_CHECKING:
    from doudi_web.settlement.heads import Kept
    from doudi_web.settlement.verify import Report

ledger_app = typer.Typer(help="台账：核对、封头、抹去。", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", exists=True, file_okay=False, help="数据文件夹")]
Database = Annotated[
    str | None, typer.Option("--database", help="PostgreSQL 的地址；不写就用数据文件夹里自带的")
]


@ledger_app.command()
def verify(
    data: Data = Path("data"),
    head: Annotated[
        Path | None,
        typer.Option("--head", readable=False, help="以前留存的封头；看今天的台账接不接得上它"),
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """核对台账：从每一行重新算起，坏了的说出是哪一行、坏在哪里。"""
    with _opened(data, database):
        from doudi_web.settlement.verify import report_json
        from doudi_web.settlement.verify import verify as run

        kept, faults = (None, ()) if head is None else _kept(head)
        if faults:  # nothing is said of the ledger
            if as_json:
                print_json({"faults": [fault_json(f) for f in faults]})
            else:
                show_faults(console(stderr=True), faults)
            raise typer.Exit(1)
        report = run(kept)
    told = report.faults
    if as_json:
        print_json(
            {**report_json(report), "holds": not told, "faults": [fault_json(f) for f in told]}
        )
    else:
        _show(report, told, is_kept=head is not None)
    raise typer.Exit(1 if told else 0)


@ledger_app.command("head")
def show_head(data: Data = Path("data"), database: Database = None) -> None:
    """打印现在的封头（JSON）：大小、根、时间、公钥、签名。请外面的见证人留一份。"""
    with _opened(data, database):
        from doudi_web.settlement.sealing import shown_head

        print_json(shown_head())


@ledger_app.command()
def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="登记号")],
    reason: Annotated[str, typer.Option("--reason", help="为什么抹去，1 至 400 字；留在台账里")],
    data: Data = Path("data"),
    database: Database = None,
) -> None:
    """抹去一个人结算的结果和依据，不能恢复；分录、累计和封存的位置留着。"""
    if not 0 < len(reason.strip()) <= 400:
        raise typer.BadParameter("1 至 400 字", param_hint="--reason")
    with _opened(data, database):
        from doudi_web.settlement.erasing import erase as run

        done = run(person, reason.strip(), f"command:{getpass.getuser()}"[:60])
    console().print(
        f"抹去了 {len(done)} 笔结算的结果和依据。登记、就诊、备份和医院那里的，要另外办。"
    )


@contextmanager
def _opened(data: Path, database: str | None) -> Generator[None]:
    """The installation that is there; what it refuses is shown, and the command ends with 1."""
    import psycopg
    from django.db import DatabaseError

    from doudi_web.site.installation import open_installation

    if database is None and not (data / "postgres").is_dir():
        raise typer.BadParameter(f"{data} 里没有数据库", param_hint="--data")
    try:
        open_installation(data, database)
        from doudi_web.tenancy.refusals import Refusal

        try:
            yield
        except Refusal as refused:
            show_faults(console(stderr=True), refused.faults)
            raise typer.Exit(1) from refused
    except (psycopg.Error, DatabaseError) as error:
        show_faults(console(stderr=True), [fault("S504", str(data), kind=type(error).__name__)])
        raise typer.Exit(1) from error


def _kept(path: Path) -> "tuple[Kept | None, tuple[Fault, ...]]":
    """The head in a file, or what is wrong with the file."""
    from doudi_web.settlement.heads import kept_head

    try:
        found = kept_head(json.loads(path.read_bytes()))
    except OSError as error:
        return None, (fault("F101", str(path), reason=error.strerror),)
    except ValueError:
        found = None
    return (found, ()) if found is not None else (None, (fault("S464", str(path)),))


def _show(report: "Report", told: tuple[Fault, ...], *, is_kept: bool) -> None:
    out, counts = console(), report.counts
    out.print(
        f"结算 {counts.settlements:,} 笔，记账 {counts.postings:,} 次，分录 {counts.entries:,} 条，"
        f"累计 {counts.sums:,} 条，期初 {counts.openings:,} 笔；"
        f"封存 {counts.sealed:,} 次，还没有封的 {counts.unsealed:,} 次，封头 {counts.heads:,} 个。",
        soft_wrap=True,
    )
    if (head := report.head) is not None:
        out.print(
            f"最后的封头：{head.size:,} 次，{head.sealed.astimezone(CHINA):%Y-%m-%d %H:%M:%S}，{head.digest.hex()}",
            soft_wrap=True,
        )
    for one in report.erased:
        out.print(
            f"结算 {one.settlement} 的内容已经抹去：{one.by}，{one.at}，{one.reason}",
            soft_wrap=True,
        )
    if told:
        show_faults(console(stderr=True), told)
        more = report.count - len(report.faults)
        console(stderr=True).print(
            f"台账坏了：{report.count} 处。" + (f"另有 {more} 处没有列出。" if more else ""),
            style="bold red",
        )
    elif report.kept is not None:
        out.print(f"台账完好，接得上留存的封头（{report.kept.size:,} 次）。")
    elif not is_kept:
        out.print("台账完好。没有带留存的封头（--head），末尾被整段删去是看不出来的。")
