"""`doudi import fees` and `doudi mapping report`: a hospital's tables, looked at before anything rests on them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table
from rich.text import Text

from doudi.catalogue import Item
from doudi.errors import Fault, Faulty
from doudi.mapping_check import Doubt, Report, Unmapped
from doudi.money import yuan, yuan_for_people
from doudi.service import Bundle, fee_bill, mapping_report
from doudi.wire.fees import FeeList
from doudi.wire.mapping_table import WHAT, mapping_page
from doudi.wire.settlements import fault_json
from doudi_cli import output
from doudi_cli.days import day_or_today
from doudi_cli.fault_view import show_faults
from doudi_cli.files import beside, read
from doudi_cli.options import AsJson, ColumnsFile, DayText, FaultsFile
from doudi_cli.targets import distinct, put, put_faults, put_table, ready, tell_written

import_app = typer.Typer(help="导入：把医院系统导出的表变成账单。", no_args_is_help=True)
mapping_app = typer.Typer(help="目录对照：医院编码对医保目录编码。", no_args_is_help=True)

Fees = Annotated[
    Path, typer.Argument(metavar="FILE", readable=False, help="费用清单（CSV 或 XLSX）")
]
Visit = Annotated[Path, typer.Option("--visit", readable=False, help="就诊：不带 lines 的账单")]
Output = Annotated[
    Path, typer.Option("-o", "--output", help="写到哪个账单文件（JSON）；已有的文件会换掉")
]


@import_app.command("fees")
def fees(
    file: Fees,
    visit: Visit,
    target: Output,
    columns: ColumnsFile = None,
    faults_file: FaultsFile = None,
    as_json: AsJson = False,
) -> None:
    """费用清单加就诊文件，变成一张账单。有一处错就不写。"""
    brought = (file, visit, columns)
    distinct({"-o": target}, brought, tables=False)
    distinct({"--faults": faults_file}, (*brought, target))
    try:
        unwritable = ready((target, faults_file))
        if unwritable:
            raise Faulty(unwritable)
        names = None if columns is None else beside("columns", columns)
        bundle = Bundle({}, visit=beside("visit", visit), columns=names)
        read_, bill = fee_bill(bundle, str(file), read(file))
        text = json.dumps(bill.value, ensure_ascii=False, indent=2, default=str)
        put(target, f"{text}\n".encode())
    except Faulty as error:
        lost = put_faults(faults_file, error.faults, brought)
        _refuse((*error.faults, *lost), {"written": None}, as_json=as_json, table=faults_file)
    lost = put_faults(faults_file, (), brought)
    if lost:
        _refuse(lost, {"written": str(target)}, as_json=as_json)
    if as_json:
        output.print_json({**_fees_json(read_, target), "faults": []})
        return
    console = output.console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("键", "列"):
        table.add_column(title)
    for key in read_.found.columns:
        table.add_row(key, read_.found.title(key))
    console.print(table)
    if read_.found.unused:
        console.print(Text(f"没有用到的列：{'、'.join(read_.found.unused)}", "dim"))
    checked = "，与合计行一致" if read_.stated_total is not None else ""
    console.print(f"{len(read_.lines)} 行，共 {read_.total:,.2f} 元{checked}；写到 {target}")


@mapping_app.command("report")
def report(
    mapping: Annotated[Path, typer.Option("--mapping", readable=False, help="目录对照")],
    catalogue: Annotated[Path, typer.Option("--catalogue", readable=False, help="医保目录")],
    bills: Annotated[
        list[Path] | None, typer.Option("--bills", readable=False, help="账单；看哪些项目没有对照")
    ] = None,
    fee_list: Annotated[
        Path | None, typer.Option("--fees", readable=False, help="费用清单，连同 --visit")
    ] = None,
    visit: Annotated[Path | None, typer.Option("--visit", readable=False, help="就诊文件")] = None,
    day: DayText = None,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", readable=False, help="要核对的写成表：.csv 或 .xlsx；已有的文件会换掉"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """核对对照表：没有对照的、对照了两次的、类别限价与目录不同的、已失效的。"""
    on = day_or_today(day)
    paths = [*(bills or ()), *([fee_list] if fee_list else [])]
    brought = (*paths, mapping, catalogue, visit)
    distinct({"-o": output_file}, brought)
    try:
        unwritable = ready((output_file,))
        if unwritable:
            raise Faulty(unwritable)
        bundle = Bundle(
            {str(path): read(path) for path in paths},
            catalogue=beside("catalogue", catalogue),
            mapping=beside("mapping", mapping),
            visit=None if visit is None else beside("visit", visit),
        )
        found, faults = mapping_report(bundle, on)
    except Faulty as error:
        nothing = Report(on, 0, (), ())
        lost = _put_report(output_file, nothing, error.faults, brought)
        none_found: dict[str, Any] = {"unmapped": [], "doubts": []}
        _refuse((*error.faults, *lost), none_found, as_json=as_json, table=output_file)
    faults += _put_report(output_file, found, faults, brought)
    if as_json:
        output.print_json(_report_json(found) | {"faults": [fault_json(one) for one in faults]})
    else:
        _show(found)
        if faults:
            show_faults(output.console(stderr=True), faults)
        tell_written((output_file,), faults)
    raise typer.Exit(1 if faults or found.unmapped or found.doubts else 0)


def _put_report(
    path: Path | None, found: Report, faults: tuple[Fault, ...], brought: Sequence[Path | None]
) -> tuple[Fault, ...]:
    names = [str(one) for one in brought if one is not None]
    return put_table(path, lambda: [mapping_page(found, faults, names)], faults)


def _refuse(
    faults: tuple[Fault, ...], nothing: dict[str, Any], *, as_json: bool, table: Path | None = None
) -> NoReturn:
    if as_json:
        output.print_json(nothing | {"faults": [fault_json(one) for one in faults]})
    else:
        show_faults(output.console(stderr=True), faults)
        tell_written((table,), faults)
    raise typer.Exit(1)


def _fees_json(fees_: FeeList, target: Path) -> dict[str, Any]:
    return {
        "written": str(target),
        "columns": {key: fees_.found.title(key) for key in fees_.found.columns},
        "unused": list(fees_.found.unused),
        "lines": len(fees_.lines),
        "total": f"{fees_.total:.2f}",
    }


def _report_json(found: Report) -> dict[str, Any]:
    return {
        "day": found.day.isoformat(),
        "mapped": found.mapped,
        "unmapped": [_unmapped_json(one) for one in found.unmapped],
        "doubts": [_doubt_json(one) for one in found.doubts],
    }


def _unmapped_json(one: Unmapped) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "lines": one.lines,
        "amount": yuan(one.amount),
        "near": [{"code": i.code, "name": i.name, "class": i.item_class} for i in one.near],
    }


def _doubt_json(one: Doubt) -> dict[str, Any]:
    return {
        "what": one.what,
        "where": one.mapped.where,
        "hospital_code": one.mapped.hospital_code,
        "code": one.mapped.code,
        "own": one.own,
        "catalogue": one.catalogue,
    }


def _show(found: Report) -> None:
    console = output.console()
    console.print(f"{found.day} 有效的对照 {found.mapped} 条")
    if found.unmapped:
        console.print(Text(f"没有对照的项目 {len(found.unmapped)} 个，金额大的在前", "bold red"))
        for one in found.unmapped:
            console.print(
                f"  {one.code} {one.name}  {one.lines} 行 {yuan_for_people(one.amount)} 元"
            )
            for item in one.near:
                console.print(Text(f"    相近：{_item(item)}", "dim"))
    if found.doubts:
        console.print(Text(f"要核对的对照 {len(found.doubts)} 条", "bold yellow"))
        for doubt in found.doubts:
            text = f"  {WHAT[doubt.what]}  {doubt.mapped.hospital_code} {doubt.mapped.name or ''}"
            theirs = f"；目录 {doubt.catalogue}" if doubt.catalogue else ""
            line = f"{text}  医院 {doubt.own}{theirs}  （{doubt.mapped.where}）"
            console.print(line, soft_wrap=True)
    if not found.unmapped and not found.doubts:
        console.print(Text("没有要核对的", "green"))


def _item(item: Item) -> str:
    return f"{item.name}（{item.code}，{item.item_class}）"
