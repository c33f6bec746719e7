"""`doudi pack …` for who writes packs: what differs between two."""

from datetime import date
from typing import Annotated

import typer

from doudi.errors import Fault, fault
from doudi.packs.diff import diff as differences
from doudi.packs.model import Pack
from doudi.wire.differences import change_json
from doudi.wire.settlements import fault_json
from doudi_cli.days import day_of
from doudi_cli.diff_view import show_diff
from doudi_cli.fault_view import show_faults
from doudi_cli.output import console, print_json
from doudi_cli.pack_commands import AsJson, Packs, checked


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="原来的：编号或文件夹")],
    b: Annotated[str, typer.Argument(metavar="B", help="现在的：编号或文件夹")],
    on_a: Annotated[
        str | None, typer.Option("--on-a", help="只比某一天的值：A 的哪一天（如 2024-06-01）")
    ] = None,
    on_b: Annotated[str | None, typer.Option("--on-b", help="B 的哪一天；与 --on-a 一起写")] = None,
    packs: Packs = None,
    as_json: AsJson = False,
) -> None:
    """比较两个政策包：值、规则、次序有什么不同，各依据什么。"""
    if (on_a is None) != (on_b is None):
        raise typer.BadParameter("--on-a 和 --on-b 要一起写", param_hint="--on-a")
    days = None
    if on_a is not None and on_b is not None:
        days = (day_of(on_a, "--on-a"), day_of(on_b, "--on-b"))
    found: list[Pack] = []
    faults: list[Fault] = []
    for name in (a, b):
        policies, wrong = checked(name, packs)
        found += [policies[0].pack] if policies else []
        faults += wrong
    if len(found) == 2 and days is not None:
        faults += [
            fault("F402", option, day=day, pack=pack.id, span=pack.valid)
            for option, day, pack in zip(("--on-a", "--on-b"), days, found, strict=True)
            if not pack.valid.covers(day)
        ]
    changes = () if faults else differences(found[0], found[1], days)
    if as_json:
        whole = {
            "a": None if faults else {"pack": found[0].id, "on": _day(days, 0)},
            "b": None if faults else {"pack": found[1].id, "on": _day(days, 1)},
            "changes": [change_json(c) for c in changes],
            "faults": [fault_json(f) for f in dict.fromkeys(faults)],
        }
        print_json(whole)
    elif not faults:
        heads = [f"{p.id}{f'（{_day(days, n)}）' if days else ''}" for n, p in enumerate(found)]
        show_diff(console(), (heads[0], heads[1]), (found[0], found[1]), changes)
    else:
        show_faults(console(stderr=True), dict.fromkeys(faults))
    raise typer.Exit(1 if faults else 0)


def _day(days: tuple[date, date] | None, place: int) -> str | None:
    return None if days is None else str(days[place])
