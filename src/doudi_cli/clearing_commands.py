"""`doudi periods`: control over a month, a quarter or a year. The application is loaded only inside."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from doudi.errors import Faulty
from doudi.money import share_for_people, yuan_for_people
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json
from doudi_cli.people_commands import Database, DataThere, operator, prepare

_COLUMNS = (
    ("医院", "left"), ("就医", "right"), ("总费用", "right"), ("目录外", "right"), ("占比", "right"),
    ("限额", "right"), ("超出", "right"), ("医院已承担", "right"), ("可追回", "right"), ("已追回", "right"),
)  # fmt: skip
_AMOUNTS = ("limit", "excess", "borne", "to_claw_back", "assessed")


def periods(
    data: DataThere = Path("data"),
    period: Annotated[
        str, typer.Option("--period", help="月、季或年：2026-11、2026-Q4、2026；不写是这个月")
    ] = "",
    facility: Annotated[str, typer.Option("--facility", help="医疗机构编码；不写是全区")] = "",
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """一期的控费：每家医院的目录外占比、限额、超出、已由医院承担的、可追回的。"""
    try:
        prepare(data, database, new=False)
        from doudi_web.clearing.spans import EXPECTED, month_of, period_of
        from doudi_web.indicators.periods import periods as compared
        from doudi_web.tenancy.clock import now

        asked = period_of(period) if period else month_of(now().date())
        if asked is None:
            raise typer.BadParameter(EXPECTED, param_hint="--period")
        found = compared(operator(), asked, facility)
    except Faulty as error:
        if as_json:
            print_json({"faults": [fault_json(f) for f in error.faults]})
        else:
            show_faults(console(stderr=True), list(error.faults))
        raise typer.Exit(1) from error
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    out = console()
    facilities = found["facilities"]
    out.print(f"{found['period']}：{len(facilities)} 家医院有控费起作用的就医。")
    if facilities:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title, side in _COLUMNS:
            table.add_column(title, justify="right" if side == "right" else "left", no_wrap=True)
        for one in facilities:
            table.add_row(
                one["facility"], f"{one['visits']:,}", _yuan(one["total"]), _yuan(one["measured"]),
                share_for_people(int(one["share"].replace(".", ""))), *(_yuan(one[key]) for key in _AMOUNTS),
            )  # fmt: skip
        out.print(table)
    unmeasured = sum(one["unmeasured"] for one in facilities)
    if unmeasured:
        out.print(f"另有 {unmeasured:,} 次就医的内容已经抹去，量不出来，不在上面。")
    out.print("未证实：没有文件规定按期怎样算限额、怎样追回；用以前要有自己的文件。")


def _yuan(text: str) -> str:
    return yuan_for_people(int(text.replace(".", "")))
