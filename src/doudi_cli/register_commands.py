"""`doudi register`: rolls of persons and divisions into the register, looked at first, and undone."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from doudi.errors import Fault, Faulty
from doudi.wire.settlements import fault_json
from doudi_cli import output
from doudi_cli.fault_view import show_faults
from doudi_cli.files import read
from doudi_cli.options import AsJson, FaultsFile
from doudi_cli.people_commands import Data, Database, DataThere, operator, prepare
from doudi_cli.progress import progress
from doudi_cli.targets import distinct, put_faults, ready, tell_written

if TYPE_CHECKING:
    from doudi_web.tenancy.who import Actor

register_app = typer.Typer(help="登记：谁有什么身份。", no_args_is_help=True)

Roll = Annotated[
    Path,
    typer.Argument(metavar="FILE", readable=False, help="名册（JSON、CSV 或 XLSX）"),
]
Divisions = Annotated[
    Path,
    typer.Argument(metavar="FILE", readable=False, help="区划（JSON、CSV 或 XLSX）"),
]
Number = Annotated[int, typer.Argument(metavar="IMPORT", help="导入的编号")]
_SHOWN = 20


@register_app.command("import")
def import_(
    file: Roll,
    data: Data = Path("data"),
    preview: Annotated[bool, typer.Option("--preview", help="只看会改什么，不写")] = False,
    database: Database = None,
    faults_file: FaultsFile = None,
    as_json: AsJson = False,
) -> None:
    """导入人员名册。有一处错就都不写；写了的可以撤回。"""
    distinct({"--faults": faults_file}, (file,))
    unwritable = ready((faults_file,))

    def work() -> dict[str, Any]:
        if unwritable:
            raise Faulty(unwritable)
        content = read(file)
        actor = _open(data, database, new=True)
        from doudi_web.register import importing

        act = importing.look if preview else importing.write
        return act(actor, file.name, content)

    done = _done(work, as_json=as_json, faults_file=faults_file, brought=file)
    lost = put_faults(faults_file, (), (file,))
    if as_json:
        output.print_json({**done, "faults": [fault_json(f) for f in lost]})
    else:
        _show_changes(done, preview=preview)
    if lost:
        raise typer.Exit(1)


@register_app.command("undo")
def undo(
    number: Number,
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """撤回一次导入：这些人恢复成导入以前的样子；记录不删除。"""

    def work() -> dict[str, Any]:
        actor = _open(data, database)
        from doudi_web.register import importing

        return importing.undo(actor, number)

    done = _done(work, as_json=as_json)
    if as_json:
        output.print_json({**done, "faults": []})
        return
    output.console().print(
        f"撤回导入 {number}：恢复 {done['restored']} 人，其中 {done['withdrawn']} 人不再登记"
    )


@register_app.command("imports")
def imports(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """最近的导入：改了多少，还算不算数。"""

    def work() -> dict[str, Any]:
        actor = _open(data, database)
        from doudi_web.register import importing

        return {"imports": importing.imports(actor)}

    found = _done(work, as_json=as_json)
    if as_json:
        output.print_json({**found, "faults": []})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("编号", "时间", "谁", "文件", "新增", "更改", "不变", "状态"):
        table.add_column(title)
    for one in found["imports"]:
        counts = [str(one.get(key, "")) for key in ("created", "changed", "unchanged")]
        name = f"撤回 {one['name']}" if one["kind"] == "undo" else one["name"]
        table.add_row(
            str(one["id"]), one["at"][:16].replace("T", " "), one["actor"], name, *counts, _state(one)
        )  # fmt: skip
    output.console().print(table)


@register_app.command("divisions")
def divisions(
    file: Divisions, data: Data = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """区划的名称和分组：区县六位、乡镇街道九位、村社区十二位。"""

    def work() -> dict[str, Any]:
        content = read(file)
        actor = _open(data, database, new=True)
        from doudi_web.register.divisions import write_divisions
        from doudi_web.register.importing import divisions_document

        return dict(write_divisions(actor, divisions_document(file.name, content)))

    _tell_counts(_done(work, as_json=as_json), as_json=as_json)


@register_app.command("rekey")
def rekey(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """换一把密钥：姓名、号码、电话重新加密。断了的接着做。旧的密钥留着，以前的备份要用。"""

    def work() -> dict[str, Any]:
        actor = _open(data, database)
        from doudi_web.register.rotation import rotate

        with progress("重新加密", quiet=as_json) as bar:
            return dict(rotate(actor) if bar is None else rotate(actor, bar))

    done = _done(work, as_json=as_json)
    if as_json:
        output.print_json({**done, "faults": []})
    else:
        how = "，接着上一次没有做完的" if done["resumed"] else ""
        output.console().print(f"第 {done['key']} 把密钥；重新加密 {done['persons']} 人{how}")


def _open(data: Path, database: str | None, *, new: bool = False) -> "Actor":
    """The installation with its tables, and the operator at the machine as who acts. Raises Faulty."""
    prepare(data, database, new=new)
    return operator()


def _done(
    work: Callable[[], dict[str, Any]],
    *,
    as_json: bool,
    faults_file: Path | None = None,
    brought: Path | None = None,
) -> dict[str, Any]:
    """What the work gives; what is wrong is told, and the command ends with 1."""
    faults: tuple[Fault, ...]
    try:
        return work()
    except Faulty as error:
        faults = error.faults
    except Exception as error:
        from doudi_web.tenancy.refusals import Refusal

        if not isinstance(error, Refusal):
            raise
        faults = error.faults
    faults += put_faults(faults_file, faults, (brought,) if brought else ())
    if as_json:
        output.print_json({"faults": [fault_json(one) for one in faults]})
    else:
        show_faults(output.console(stderr=True), faults)
        tell_written((faults_file,), faults)
    raise typer.Exit(1)


def _show_changes(done: dict[str, Any], *, preview: bool) -> None:
    console = output.console()
    for one in done["first"][:_SHOWN]:
        head = "新增" if one["new"] else "更改"
        console.print(f"{head}  {one['id']}  {'、'.join(one['keys'])}", soft_wrap=True)
        for sign, spans in (("-", one["off"]), ("+", one["on"])):
            for span in spans:
                end = f" 至 {span['to']}（不含）" if span["to"] else " 起"
                console.print(
                    Text(f"      {sign} {span['code']} {span['from'] or '今天'}{end}", "dim")
                )
    total = done["created"] + done["changed"]
    if total > _SHOWN:
        console.print(Text(f"……共 {total} 人", "dim"))
    if done["unused"]:
        console.print(Text(f"没有用到的列：{'、'.join(done['unused'])}", "dim"))
    counts = f"新增 {done['created']}，更改 {done['changed']}，不变 {done['unchanged']}"
    tail = "；只是预览，没有写" if preview else f"；导入编号 {done['id']}"
    console.print(f"{counts}{tail}")


def _tell_counts(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.print_json({**done, "faults": []})
        return
    counts = f"新增 {done['created']}，更改 {done['changed']}，不变 {done['unchanged']}"
    output.console().print(counts)


def _state(one: dict[str, Any]) -> str:
    if one["undone"]:
        return "已撤回"
    return "已写入" if one["confirmed"] else "只预览过"
