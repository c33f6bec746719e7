"""`doudi indicators`: make the kept figures anew. The application is loaded only inside."""

from pathlib import Path

import typer

from doudi.errors import Faulty
from doudi.wire.settlements import fault_json
from doudi_cli.fault_view import show_faults
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json
from doudi_cli.people_commands import Database, DataThere, prepare
from doudi_cli.progress import progress

indicators_app = typer.Typer(help="指标：重新汇总。", no_args_is_help=True)


@indicators_app.callback()
def _group() -> None:
    """A group of commands, also while there is one."""


@indicators_app.command()
def rebuild(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """扔掉存着的汇总，从台账重新汇总；中断了再来一次，或者由服务接着做。"""
    try:
        prepare(data, database, new=False)
        from doudi_web.indicators.keeping import rebuild as made

        with progress("汇总", quiet=as_json) as tick:
            count = made(None if tick is None else lambda done: tick(done, None))
    except Faulty as error:
        if as_json:
            print_json({"faults": [fault_json(f) for f in error.faults]})
        else:
            show_faults(console(stderr=True), list(error.faults))
        raise typer.Exit(1) from error
    if as_json:
        print_json({"settlements": count})
    else:
        console().print(f"汇总好了：{count:,} 笔有效结算。")
