"""`doudi export`: the ledger as another system wants it, and what that system answered."""

from pathlib import Path
from typing import Annotated, Any

import typer

from doudi.errors import Faulty
from doudi.wire.settlements import fault_json
from doudi_cli import output
from doudi_cli.fault_view import show_faults
from doudi_cli.files import read
from doudi_cli.options import AsJson
from doudi_cli.people_commands import Database, DataThere, operator, prepare
from doudi_cli.progress import progress
from doudi_cli.targets import unwritable

export_app = typer.Typer(help="导出：把台账交给别的系统，读它的回执。", invoke_without_command=True)

ProfileName = Annotated[
    str | None,
    typer.Option("--profile", help="模板：national、one_stop，或自己的模板文件"),
]
Folder = Annotated[Path | None, typer.Option("--out", help="写到哪个文件夹；没有就新建")]
Form = Annotated[str | None, typer.Option("--format", help="csv 或 xlsx；不写按模板")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="utf-8 或 gbk，只对 CSV 有用；不写按模板")
]
Whole = Annotated[bool, typer.Option("--all", help="全部都写，不只是上次以后变了的")]
Rejected = Annotated[bool, typer.Option("--rejected", help="回执退回的，没有改也再报一次")]
Reason = Annotated[str | None, typer.Option("--reason", help="为什么导出；记入审计日志")]
Report = Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="回执（CSV 或 XLSX）")]


@export_app.callback()
def export(
    context: typer.Context,
    profile: ProfileName = None,
    data: DataThere = Path("data"),
    out: Folder = None,
    form: Form = None,
    encoding: Encoding = None,
    whole: Whole = False,
    rejected: Rejected = False,
    reason: Reason = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """导出台账：只写上次以后变了的；核对不过的留下，列出原因。"""
    if context.invoked_subcommand is not None:
        return
    named, folder = _needed("--profile", profile), _needed("--out", out)
    for option, value, may in (
        ("--format", form, ("csv", "xlsx")), ("--encoding", encoding, ("utf-8", "gbk")),
    ):  # fmt: skip
        if value is not None and value not in may:
            raise typer.BadParameter("、".join(may), param_hint=option)

    def work() -> dict[str, Any]:
        prepare(data, database, new=False)
        from doudi_web.exchange.exporting import Asked
        from doudi_web.exchange.exporting import export as run
        from doudi_web.exchange.profiles import profile as profile_of

        found = profile_of(named)
        asked = Asked(reason or f"上报台账（{found.name}）", form, encoding, whole, rejected)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with progress("导出", quiet=as_json) as tick:
                done = run(
                    operator(), found, folder, asked, lambda n, of: tick and tick(n, of or n)
                )
        except OSError as error:
            raise Faulty([unwritable(folder, error)]) from error
        return done.json()

    done = _done(work, as_json=as_json, nothing={"exported": 0, "held_back": 0, "files": []})
    if as_json:
        output.print_json({**done, "faults": []})
        return
    console = output.console()
    console.print(
        f"第 {done['run']} 次导出：写出 {done['exported']:,} 行，撤销 {done['withdrawn']:,} 行，"
        f"留下 {done['held_back']:,} 行，不用报的 {done['left_out']:,} 行",
        soft_wrap=True,
    )
    for name in done["files"]:
        console.print(f"写到 {name}", soft_wrap=True)


@export_app.command("report")
def report(
    file: Report,
    profile: Annotated[str, typer.Option("--profile", help="模板：national，或自己的模板文件")],
    data: DataThere = Path("data"),
    run: Annotated[
        int | None, typer.Option("--run", help="只认第几次导出的行；后来又报过的不动")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """读回执：哪些接受了，哪些退回、为什么。有一处不认识，就都不记。"""

    def work() -> dict[str, Any]:
        content = read(file)
        prepare(data, database, new=False)
        from doudi_web.exchange.profiles import profile as profile_of
        from doudi_web.exchange.reports import take

        return take(operator(), profile_of(profile), file.name, content, run)

    nothing: dict[str, Any] = {"accepted": 0, "rejected": 0, "outdated": 0}
    done = _done(work, as_json=as_json, nothing=nothing)
    if as_json:
        output.print_json({**done, "faults": []})
        return
    output.console().print(
        f"接受 {done['accepted']:,} 行，退回 {done['rejected']:,} 行，"
        f"报了以后又变过、没有记的 {done['outdated']:,} 行",
        soft_wrap=True,
    )


def _needed(option: str, value: Any) -> Any:
    if value is None:
        raise typer.BadParameter("要写", param_hint=option)
    return value


def _done(work: Any, *, as_json: bool, nothing: dict[str, Any]) -> dict[str, Any]:
    """What was done; what is refused is told, and the command ends with 1."""
    try:
        return _refusing(work)
    except Faulty as error:
        if as_json:
            output.print_json({**nothing, "faults": [fault_json(f) for f in error.faults]})
        else:
            show_faults(output.console(stderr=True), list(error.faults))
        raise typer.Exit(1) from error


def _refusing(work: Any) -> dict[str, Any]:
    """A refusal of the service's is faults, as anything else that is refused."""
    try:
        return work()
    except Exception as error:
        from doudi_web.tenancy.refusals import Refusal

        if isinstance(error, Refusal):
            raise Faulty(error.faults) from error
        raise
