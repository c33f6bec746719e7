"""`doudi operation`: what who keeps the machine asks of an installation beside its service."""

from pathlib import Path

import typer

from doudi.version import VERSION
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json
from doudi_cli.people_commands import Database, DataThere, prepare

operation_app = typer.Typer(help="运行维护：表结构、清点、情况。", no_args_is_help=True)


@operation_app.command("migrate")
def migrate(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """把表结构更新到这个版本的，不启动服务。升级时用。"""
    prepare(data, database, new=False)
    if as_json:
        print_json({"version": VERSION})
    else:
        console().print(f"表结构是 {VERSION} 的了", markup=False)


@operation_app.command("counts")
def counts(
    data: DataThere = Path("data"), database: Database = None, as_json: AsJson = False
) -> None:
    """每张表有多少行。退回旧版本以前清点用。"""
    from doudi_web.site import database as databases
    from doudi_web.site.installation import open_installation
    from doudi_web.site.kept import counted

    url = open_installation(data, database, new=False)
    with databases.connect(url) as db:
        rows = counted(db)
    if as_json:
        print_json({"version": VERSION, "rows": rows})
        return
    for name, count in rows.items():
        console().print(f"{name}  {count:,}", markup=False, highlight=False)
