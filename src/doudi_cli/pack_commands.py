"""`doudi pack …`: list, show, check, test, schema; other modules add new, diff, explain."""

from pathlib import Path
from typing import Annotated

import typer

from doudi.cases import CaseResult, case_schema, run_cases
from doudi.compile import Policy, check_pack
from doudi.errors import Fault, Faulty, fault
from doudi.packs.load import read_pack
from doudi.packs.schema import pack_schema, part_schema
from doudi.settle import Shelf
from doudi.wire.bill_form import bill_schema
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.files import open_folder, open_named, open_shelf
from doudi_cli.output import console, print_json
from doudi_cli.pack_view import show_list, show_pack

pack_app = typer.Typer(
    help="政策包：新写、列出、查看、检查、试算、比较、说明、格式。", no_args_is_help=True
)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[PACK]…", help="编号或文件夹；不写就是全部")
]
Name = Annotated[str, typer.Argument(metavar="PACK", help="编号或文件夹")]
Packs = Annotated[Path | None, typer.Option("--packs", readable=False, help="另一处政策包文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON")]


@pack_app.command("list")
def list_(packs: Packs = None, as_json: AsJson = False) -> None:
    """列出现有的政策包。"""
    try:
        shelf, faults = open_shelf(None, packs)
    except Faulty as error:
        shelf, faults = Shelf(lambda _: None, ()), list(error.faults)
    if not shelf.heads and not faults:
        faults = [fault("P109", str(packs or ""))]
    if as_json:
        rows = [
            {"pack": h.id, "title": h.title, "district": h.district,
             "from": str(h.valid.start), "to": None if h.valid.end is None else str(h.valid.end)}
            for h in shelf.heads
        ]  # fmt: skip
        print_json({"packs": rows, "faults": [fault_json(f) for f in faults]})
    else:
        show_list(console(), shelf.heads)
        show_faults(console(stderr=True), faults)
    raise typer.Exit(1 if faults else 0)


@pack_app.command()
def show(name: Name, packs: Packs = None, as_json: AsJson = False) -> None:
    """查看一个政策包：各层规则、每个值、依据和把握。"""
    policies, faults = checked(name, packs)
    if as_json:
        print_json(
            {
                "policies": [
                    {"pack": p.pack.id, "since": str(p.since), "fingerprint": p.fingerprint}
                    for p in policies
                ],
                "faults": [fault_json(f) for f in faults],
            }
        )
    else:
        if policies:
            show_pack(console(), policies)
        show_faults(console(stderr=True), faults)
    raise typer.Exit(1 if faults else 0)


@pack_app.command()
def check(names: Names = None, packs: Packs = None, as_json: AsJson = False) -> None:
    """检查政策包：格式、依据、日期、代码、单位、规则；一次列出全部错误。"""
    results: list[dict[str, object]] = []
    chosen, strays = _chosen(names, packs)
    failed = bool(strays)
    for name, folder in chosen:
        policies, faults = checked(name, folder)
        failed = failed or bool(faults)
        results.append({"pack": name, "faults": [fault_json(f) for f in faults]})
        if not as_json:
            _tell_check(name, policies, faults)
    if as_json:
        print_json({"packs": results, "faults": [fault_json(f) for f in strays]})
    else:
        show_faults(console(stderr=True), strays)
    raise typer.Exit(1 if failed else 0)


@pack_app.command("test")
def run_tests(names: Names = None, packs: Packs = None, as_json: AsJson = False) -> None:
    """试算政策包旁边的例题（cases 文件夹）。"""
    results: list[dict[str, object]] = []
    chosen, strays = _chosen(names, packs)
    failed = bool(strays)
    for name, folder in chosen:
        run = _run_cases(name, folder)
        bad = [r for r in run if r.faults]
        failed = failed or bool(bad)
        faults = [f for r in bad for f in r.faults]
        results.append(
            {"pack": name, "cases": len(run), "held": len(run) - len(bad),
             "faults": [fault_json(f) for f in faults]}
        )  # fmt: skip
        if not as_json:
            style = "bold red" if bad else "green"
            console().print(f"{name}：{len(run)} 个例题，{len(run) - len(bad)} 个相符", style=style)
            show_faults(console(stderr=True), faults)
    if as_json:
        print_json({"packs": results, "faults": [fault_json(f) for f in strays]})
    else:
        show_faults(console(stderr=True), strays)
    raise typer.Exit(1 if failed else 0)


@pack_app.command()
def schema(
    bill: Annotated[bool, typer.Option("--bill", help="账单的格式")] = False,
    part: Annotated[
        bool, typer.Option("--part", help="政策包一个文件的格式：可以只写几节，供编辑器用")
    ] = False,
    case: Annotated[bool, typer.Option("--case", help="例题文件的格式")] = False,
) -> None:
    """打印政策包（或账单、例题）的 JSON Schema，供编辑器使用。"""
    if bill + part + case > 1:
        raise typer.BadParameter("只能选一个", param_hint="--bill、--part、--case")
    choices = ((bill, bill_schema), (part, part_schema), (case, case_schema), (True, pack_schema))
    print_json(next(made for chosen, made in choices if chosen)())


def _run_cases(name: str, packs: Path | None) -> list[CaseResult]:
    """Every case of a pack; a pack that cannot be read, or has none, is a result with its faults."""
    keeps_from_running = [f for f in checked(name, packs)[1] if f.code != "P212"]
    if keeps_from_running:
        return [CaseResult(name, name, tuple(keeps_from_running))]
    try:
        pack_id, shelf = open_named(name, packs)
        files = shelf.find(pack_id) or {}
        run = list(run_cases(pack_id, files, shelf))
    except Faulty as error:
        return [CaseResult(name, name, error.faults)]
    return run or [CaseResult(name, name, (fault("P302", f"{pack_id}/cases"),))]


def _chosen(
    names: list[str] | None, packs: Path | None
) -> tuple[list[tuple[str, Path | None]], list[Fault]]:
    """The packs that are named, else all below the folder, each with where to look for it; and what is wrong
    with the folder itself."""
    if names:
        return [(name, packs) for name in names], []
    try:
        folder = open_folder(packs)
    except Faulty as error:
        return [], list(error.faults)
    ids, strays = folder.ids(), folder.strays()
    if not ids and not strays:
        strays = [fault("P109", str(folder.root))]
    return [(pack_id, folder.root) for pack_id in ids], strays


def checked(name: str, packs: Path | None) -> tuple[list[Policy], list[Fault]]:
    """Every policy that a pack is, or everything wrong with its files, its text and its rules."""
    try:
        pack_id, shelf = open_named(name, packs)
    except Faulty as error:
        return [], list(error.faults)
    pack, faults = read_pack(pack_id, shelf.find)
    if pack is None:
        return [], faults
    policies, found = check_pack(pack)
    faults = list(dict.fromkeys((*faults, *found)))
    return ([], faults) if faults else (policies, [])


def _tell_check(name: str, policies: list[Policy], faults: list[Fault]) -> None:
    if faults:
        console().print(f"{name}：{len(faults)} 处错误", style="bold red")
        show_faults(console(stderr=True), faults)
        return
    pack = policies[0].pack
    unverified = [
        p.name for p in pack.parameters.values()
        if any(d.basis.status.value == "unverified" for d in p.dated)
    ]  # fmt: skip
    text = f"{name}：没有错误；{len(pack.parameters)} 个参数，{len(unverified)} 个没有文件证实"
    awaited = sum(any(d.open for d in p.dated) for p in pack.parameters.values())
    text += f"，{awaited} 个待定" if awaited else ""
    console().print(text, style="green", soft_wrap=True)
