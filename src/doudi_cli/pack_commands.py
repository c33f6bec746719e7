"""`doudi pack …`: list, show, check, test, schema."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doudi.cases import CaseResult, run_cases
from doudi.compile import Policy, check_pack
from doudi.errors import Fault, Faulty, fault
from doudi.packs.document import PackForm
from doudi.packs.load import read_pack
from doudi.settle import Shelf
from doudi.wire.bill_form import bill_schema
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.files import open_named, open_shelf
from doudi_cli.pack_view import show_list, show_pack

pack_app = typer.Typer(help="政策包：列出、查看、检查、试算、格式。", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[PACK]…", help="编号或文件夹；不写就是全部")
]
Name = Annotated[str, typer.Argument(metavar="PACK", help="编号或文件夹")]
Packs = Annotated[Path | None, typer.Option("--packs", help="另一处政策包文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON")]


@pack_app.command("list")
def list_(packs: Packs = None, as_json: AsJson = False) -> None:
    """列出现有的政策包。"""
    shelf, faults = _shelf(None, packs)
    if not shelf.heads and not faults:
        faults = [fault("P109", str(packs or ""))]
    if as_json:
        rows = [
            {"pack": h.id, "title": h.title, "district": h.district,
             "from": str(h.valid.start), "to": None if h.valid.end is None else str(h.valid.end)}
            for h in shelf.heads
        ]  # fmt: skip
        _print({"packs": rows, "faults": [fault_json(f) for f in faults]})
    else:
        show_list(Console(), shelf.heads)
        show_faults(Console(stderr=True), faults)
    raise typer.Exit(1 if faults else 0)


@pack_app.command()
def show(name: Name, packs: Packs = None, as_json: AsJson = False) -> None:
    """查看一个政策包：各层规则、每个值、依据和把握。"""
    policies, faults = _checked(name, packs)
    if as_json:
        _print(
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
            show_pack(Console(), policies)
        show_faults(Console(stderr=True), faults)
    raise typer.Exit(1 if faults else 0)


@pack_app.command()
def check(names: Names = None, packs: Packs = None, as_json: AsJson = False) -> None:
    """检查政策包：格式、依据、日期、代码、单位、规则；一次列出全部错误。"""
    failed = False
    results: list[dict[str, object]] = []
    for name in _names(names, packs):
        policies, faults = _checked(name, packs)
        failed = failed or bool(faults)
        results.append({"pack": name, "faults": [fault_json(f) for f in faults]})
        if not as_json:
            _tell_check(name, policies, faults)
    if as_json:
        _print({"packs": results})
    raise typer.Exit(1 if failed else 0)


@pack_app.command("test")
def run_tests(names: Names = None, packs: Packs = None, as_json: AsJson = False) -> None:
    """试算政策包旁边的例题（cases 文件夹）。"""
    failed = False
    results: list[dict[str, object]] = []
    for name in _names(names, packs):
        run = _run_cases(name, packs)
        bad = [r for r in run if r.faults]
        failed = failed or bool(bad)
        faults = [f for r in bad for f in r.faults]
        results.append(
            {"pack": name, "cases": len(run), "held": len(run) - len(bad),
             "faults": [fault_json(f) for f in faults]}
        )  # fmt: skip
        if not as_json:
            style = "bold red" if bad else "green"
            Console().print(f"{name}：{len(run)} 个例题，{len(run) - len(bad)} 个相符", style=style)
            show_faults(Console(stderr=True), faults)
    if as_json:
        _print({"packs": results})
    raise typer.Exit(1 if failed else 0)


@pack_app.command()
def schema(
    bill: Annotated[bool, typer.Option("--bill", help="账单的格式，不是政策包的")] = False,
) -> None:
    """打印政策包（或账单）的 JSON Schema，供编辑器使用。"""
    _print(bill_schema() if bill else PackForm.model_json_schema(by_alias=True))


def _run_cases(name: str, packs: Path | None) -> list[CaseResult]:
    """Every case of a pack; a pack that cannot be read, or has none, is a result with its faults."""
    try:
        pack_id, shelf = open_named(name, packs)
        shelf.pack(pack_id)
        files = shelf.find(pack_id) or {}
        run = list(run_cases(pack_id, files, shelf))
    except Faulty as error:
        return [CaseResult(name, name, error.faults)]
    return run or [CaseResult(name, name, (fault("P302", f"{pack_id}/cases"),))]


def _names(names: list[str] | None, packs: Path | None) -> list[str]:
    if names:
        return names
    shelf, faults = _shelf(None, packs)
    if not shelf.heads:
        show_faults(Console(stderr=True), faults or [fault("P109", str(packs or ""))])
        raise typer.Exit(1)
    return [head.id for head in shelf.heads]


def _shelf(name: str | None, packs: Path | None) -> tuple[Shelf, list[Fault]]:
    try:
        return open_shelf(name, packs)
    except Faulty as error:
        show_faults(Console(stderr=True), error.faults)
        raise typer.Exit(1) from error


def _checked(name: str, packs: Path | None) -> tuple[list[Policy], list[Fault]]:
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
        Console().print(f"{name}：{len(faults)} 处错误", style="bold red")
        show_faults(Console(stderr=True), faults)
        return
    pack = policies[0].pack
    unverified = [
        p.name for p in pack.parameters.values()
        if any(d.basis.status.value == "unverified" for d in p.dated)
    ]  # fmt: skip
    text = f"{name}：没有错误；{len(pack.parameters)} 个参数，{len(unverified)} 个没有文件证实"
    Console().print(text, style="green", soft_wrap=True)


def _print(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
