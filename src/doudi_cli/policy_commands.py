"""`doudi policy …`: packs, the catalogue and hospitals' mappings of a running service."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.dates import CHINA
from doudi.errors import Faulty, fault
from doudi.packs.load import Files
from doudi.source_text import Document
from doudi.wire.bill_form import moment_of
from doudi.wire.bills import read_document
from doudi.wire.catalogue_file import catalogue_document
from doudi.wire.mapping_file import mapping_document
from doudi.wire.pack_folder import one_pack
from doudi.wire.settlements import fault_json
from doudi.wire.sheets import is_table
from doudi.wire.sheets import read as read_sheets
from doudi_cli.fault_view import show_faults
from doudi_cli.files import beside
from doudi_cli.output import console, print_json
from doudi_cli.people_commands import Database, DataThere, operator, prepare

if TYPE_CHECKING:
    from doudi_web.policy.actions import Installed

policy_app = typer.Typer(help="服务执行的政策：政策包、医保目录、目录对照。", no_args_is_help=True)

_KINDS = {"pack": "政策包", "catalogue": "医保目录", "mapping": "目录对照"}

File = Annotated[
    Path, typer.Argument(metavar="FILE", readable=False, help="政策包的文件夹，或目录、对照的文件")
]
Kind = Annotated[str, typer.Option("--kind", help="pack、catalogue 或 mapping")]
Facility = Annotated[
    str | None, typer.Option("--facility", help="医疗机构编码；目录对照是一家医院的")
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", help="从什么时候执行：now、日期或时间；不写，政策包是草稿，其余马上执行"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON")]


@policy_app.command("install")
def install(
    file: File,
    kind: Kind,
    facility: Facility = None,
    since: Since = None,
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """装一个政策包、医保目录或目录对照。装过的原样留着，以后的结算都记得用的是哪一份。

    正在执行的政策包不在这里换：不写 --since 装成草稿，两个人在工作台的“政策”里试算、批准。
    """
    if kind not in _KINDS:
        raise typer.BadParameter("、".join(_KINDS), param_hint="--kind")
    if (kind == "mapping") != (facility is not None):
        text = "目录对照要写是哪一家医院的，其余不写"
        raise typer.BadParameter(text, param_hint="--facility")
    try:
        prepare(data, database, new=False)
        from doudi_web.policy import actions

        at, actor = _moment(since), operator()
        if kind == "pack":
            name, folder = one_pack(file)
            files = folder.own(name) or {}
            done = _pack(name, files, at, draft=since is None)
        elif kind == "catalogue":
            done = actions.install_catalogue(actor, _document(kind, file), at)
        else:
            assert facility is not None, "asked above"
            done = actions.install_mapping(actor, facility, _document(kind, file), at)
    except Faulty as error:
        raise _refused(error, as_json) from error
    if as_json:
        print_json({"installed": _json(done), "faults": []})
    else:
        console().print(f"{_KINDS[kind]} {done.name}  {_when(done.since)}", markup=False)


@policy_app.command("withdraw")
def withdraw(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="政策包编号")],
    since: Annotated[str, typer.Option("--since", help="从什么时候停：now、日期或时间")],
    reason: Annotated[str, typer.Option("--reason", help="为什么停，1 至 400 字；记入审计日志")],
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """停止执行一个政策包：从那时起不再用它结算；结算过的不变。再装一次就恢复。"""
    if not (0 < len(reason.strip()) <= 400 and reason.strip().isprintable()):
        raise typer.BadParameter("1 至 400 字", param_hint="--reason")
    try:
        prepare(data, database, new=False)
        from doudi_web.policy.actions import withdraw_pack

        done = withdraw_pack(operator(), pack, _moment(since), reason.strip())
    except Faulty as error:
        raise _refused(error, as_json, "withdrawn") from error
    if as_json:
        print_json({"withdrawn": _json(done), "faults": []})
    else:
        console().print(f"政策包 {done.name}  停止执行：{_when(done.since)}", markup=False)


@policy_app.command("list")
def list_(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """列出装过的：什么从什么时候执行、停止执行，哪些还是草稿。"""
    try:
        prepare(data, database, new=False)
    except Faulty as error:
        raise _refused(error, as_json) from error
    from doudi_web.policy.actions import installed

    found = installed()
    if as_json:
        print_json({"installed": [_json(one) for one in found]})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("种类", "名称", "执行", "内容（SHA-256）"):
        table.add_column(title)
    for one in found:
        content = f"停止执行：{one.reason}" if one.reason else one.digest[:16]
        table.add_row(_KINDS[one.kind], one.name, _when(one.since), escape(content))
    console().print(table)


def _pack(name: str, files: Files, at: datetime | None, *, draft: bool) -> "Installed":
    """Install a pack: a draft that two persons decide on at the desk, or one of its name for the first time."""
    from doudi_web.policy import versions
    from doudi_web.policy.actions import install_pack
    from doudi_web.policy.uploading import Brought

    actor = operator()
    if not draft:
        versions.must_be_first(name, files)
        return install_pack(actor, name, files, at, draft=False)
    done = install_pack(actor, name, files, at, draft=True)
    versions.keep(actor, Brought(name, files, ()), None, "由命令装的草稿")
    return done


def _refused(error: Faulty, as_json: bool, done: str = "installed") -> typer.Exit:
    """What is wrong is told, and the command ends with 1."""
    if as_json:
        print_json({done: None, "faults": [fault_json(f) for f in error.faults]})
    else:
        show_faults(console(stderr=True), list(error.faults))
    return typer.Exit(1)


def _moment(since: str | None) -> datetime | None:
    """When it comes into force; None: now. Raises Faulty."""
    if since in (None, "now"):
        return None
    try:
        return moment_of(since).instant
    except ValueError as error:
        expected = "now、日期（如 2026-01-01）或带时区的时间"
        raise Faulty([fault("F203", "--since", value=since, expected=expected)]) from error


def _document(kind: str, file: Path) -> Document:
    """A catalogue or a mapping as a document. Raises Faulty."""
    name, content = beside(kind, file)
    if isinstance(content, Document):
        return content
    if is_table(name):
        made = catalogue_document if kind == "catalogue" else mapping_document
        return made(name, read_sheets(name, content))
    return read_document(name, content)


def _when(since: datetime | None) -> str:
    return "草稿" if since is None else since.astimezone(CHINA).isoformat(" ", "seconds")


def _json(one: object) -> dict[str, object]:
    from doudi_web.policy.actions import Installed

    assert isinstance(one, Installed)
    since = None if one.since is None else one.since.astimezone(CHINA).isoformat()
    told: dict[str, object] = {"kind": one.kind, "name": one.name, "digest": one.digest or None}
    return {**told, "since": since, **({"withdrawn": one.reason} if one.reason else {})}
