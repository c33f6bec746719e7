"""`doudi audit`, `doudi figures`: the three figures, audits read again, known defects, figures from outside."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from doudi.dates import CHINA
from doudi.errors import Faulty
from doudi.source_text import JSON_LIMIT_MB, Document, decode, read_json
from doudi.wire.settlements import fault_json
from doudi_cli import output
from doudi_cli.days import day_of
from doudi_cli.fault_view import show_faults
from doudi_cli.files import read
from doudi_cli.options import AsJson
from doudi_cli.people_commands import Database, DataThere, operator, prepare
from doudi_cli.progress import progress

if TYPE_CHECKING:
    from doudi_web.tenancy.who import Actor

audit_app = typer.Typer(help="审计：限额守住没有，与别人的数合不合，重算一不一样。")
defect_app = typer.Typer(help="已知的程序缺陷。", no_args_is_help=True)
figures_app = typer.Typer(help="平台的、医院自己的数，用来比较。", no_args_is_help=True)
audit_app.add_typer(defect_app, name="defect")

_FIGURES = {"limits": "限额守住", "agreement": "与对方相符", "replay": "重算相同"}
_SHOWN = 20

From = Annotated[str | None, typer.Option("--from", help="从哪一天起结算的")]
To = Annotated[str | None, typer.Option("--to", help="到哪一天（不含）")]
Number = Annotated[int, typer.Argument(metavar="AUDIT", help="审计的编号")]


@audit_app.callback(invoke_without_command=True)
def audit(
    context: typer.Context,
    data: DataThere = Path("data"),
    start: From = None,
    end: To = None,
    facility: Annotated[str, typer.Option("--facility", help="只看一家医疗机构")] = "",
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """审计：看每一笔没有撤销的结算，三个数各是多少，每一处不符是什么原因。有不符的，退出码 1。"""
    if context.invoked_subcommand is not None:
        return
    span = [_midnight(start, "--from"), _midnight(end, "--to")]
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.audited import Range
        from doudi_web.oversight.auditing import audit as run

        with progress("审计", quiet=as_json) as tick:
            done = run(actor, Range(span[0], span[1], facility), tick)
    _tell(done, as_json=as_json)
    raise typer.Exit(1 if done["count"] else 0)


@audit_app.command("list")
def list_audits(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """做过的审计，新的在前。"""
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.selectors import LISTED, audits

        found = audits(actor, None, LISTED)
    if as_json:
        output.print_json(found)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("编号", "时间", "谁", "程序", *_FIGURES.values(), "不符"):
        table.add_column(title)
    for one in found["audits"]:
        figures = [f"{one[key]['matched']:,}/{one[key]['all']:,}" for key in _FIGURES]
        when = one["begun"][:16].replace("T", " ")
        table.add_row(str(one["id"]), when, one["by"], one["program"], *figures, str(one["count"]))
    output.console().print(table)


@audit_app.command("show")
def show_audit(
    number: Number,
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """一次审计，连同当时说出的每一处不符。"""
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.selectors import audit as of_number

        found = of_number(actor, number)
    _tell(found, as_json=as_json)


@defect_app.command("add")
def add_defect(
    name: Annotated[str, typer.Argument(metavar="NAME", help="名称，以后的审计用它")],
    what: Annotated[str, typer.Option("--what", help="程序做错了什么")],
    engines: Annotated[list[str], typer.Option("--engine", help="有缺陷的版本；可以写几个")],
    found: Annotated[str, typer.Option("--found", help="哪一天发现的")],
    reason: Annotated[str, typer.Option("--reason", help="怎么发现的，谁要登记")],
    settlements: Annotated[
        list[int] | None, typer.Option("--settlement", help="碰到的结算；可以写几个")
    ] = None,
    of_audit: Annotated[
        int | None, typer.Option("--of-audit", help="这次审计里，这些版本算得不同的，都算")
    ] = None,
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """登记一个缺陷和它碰到的结算。只能加，不能改；再说一次，只加新的结算。"""
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.defects import add
        from doudi_web.oversight.selectors import audit as of_number

        touched = list(settlements or ())
        if of_audit is not None:
            touched += [
                int(one["settlement_id"])
                for one in of_number(actor, of_audit)["mismatches"]
                if one["cause"] == "engine" and one["engine"] in engines
            ]
        stated = {
            "name": name, "what": what, "engines": engines, "found": found, "reason": reason,
            "settlements": touched,
        }  # fmt: skip
        _, done = add(actor, Document("defect", stated))
    if as_json:
        output.print_json(done)
    else:
        output.console().print(
            f"缺陷 {done['id']}：{done['name']}，碰到 {len(done['settlements'])} 笔结算"
        )


@defect_app.command("list")
def list_defects(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """已知的缺陷：哪些版本，碰到多少笔结算。"""
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.defects import defects

        found = defects(actor)
    if as_json:
        output.print_json(found)
        return
    for one in found["defects"]:
        versions = "、".join(one["engines"])
        output.console().print(
            f"{one['id']:>4}  {one['name']}  程序 {versions}  {one['found']} 发现  "
            f"{len(one['settlements'])} 笔  {one['what']}",
            soft_wrap=True,
        )


@figures_app.command("import")
def import_figures(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="{source, figures: […]}，JSON")
    ],
    data: DataThere = Path("data"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """收平台的或医院自己的数。有一处错就都不收；收过的再来，不变。"""
    with _auditor(data, database, as_json=as_json) as actor:
        from doudi_web.oversight.figures import take
        from doudi_web.tenancy.roles import Role

        document = read_json(file.name, decode(file.name, read(file), limit_mb=JSON_LIMIT_MB))
        _, done = take(replace(actor, role=Role.DISTRICT_ADMIN), document)
    if as_json:
        output.print_json({**done, "faults": []})
    else:
        output.console().print(f"新收 {done['taken']} 笔，不变 {done['unchanged']} 笔")


@contextmanager
def _auditor(data: Path, database: str | None, *, as_json: bool) -> Generator["Actor"]:
    """Who audits at the machine; what is refused is told, and the command ends with 1."""
    try:
        prepare(data, database, new=False)
        from doudi_web.tenancy.refusals import Refusal
        from doudi_web.tenancy.roles import Role

        try:
            yield replace(operator(), role=Role.AUDITOR)
        except Refusal as refused:
            raise Faulty(refused.faults) from refused
    except Faulty as error:
        if as_json:
            output.print_json({"faults": [fault_json(one) for one in error.faults]})
        else:
            show_faults(output.console(stderr=True), error.faults)
        raise typer.Exit(1) from error


def _midnight(text: str | None, option: str) -> datetime | None:
    """A day's first moment in China. Raises misuse."""
    return None if text is None else datetime.combine(day_of(text, option), time(), CHINA)


def _tell(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.print_json(done)
        return
    out = output.console()
    for key, title in _FIGURES.items():
        tally = done[key]
        share = f"{tally['matched'] * 100 / tally['all']:.2f} %" if tally["all"] else "没有可看的"
        out.print(f"{title}：{tally['matched']:,} / {tally['all']:,}，{share}")
    if done["erased"]:
        out.print(f"另有 {done['erased']:,} 笔已经依法抹去，不在里面。")
    for one in done["mismatches"][:_SHOWN]:
        _tell_one(one)
    more = done["count"] - min(len(done["mismatches"]), _SHOWN)
    tail = f"，{more} 处没有列出（--json 列全）" if more > 0 else ""
    out.print(
        f"审计 {done['id']}：看了 {done['settlements']:,} 笔，不符 {done['count']:,} 处{tail}。"
    )


def _tell_one(one: dict[str, Any]) -> None:
    out = output.console(stderr=True)
    head = f"{one['title']}  结算 {one['settlement_id']}，就诊 {one['visit_id']}，{one['facility']}"
    out.print(head, style="bold red", soft_wrap=True)
    out.print(f"      {one['text']}", soft_wrap=True)
    for differ in one["differs"]:
        recorded, expected = (differ[key] or "没有" for key in ("recorded", "expected"))
        out.print(f"      {differ['field']}  记下 {recorded}  应为 {expected}", soft_wrap=True)
