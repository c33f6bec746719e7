"""`doudi serve`, `doudi token`: the service. The application is loaded only inside these commands."""

from pathlib import Path
from typing import Annotated

import typer

from doudi.wire.pack_folder import PackFolder
from doudi_cli.fault_view import show_faults
from doudi_cli.files import shipped_packs
from doudi_cli.output import console

token_app = typer.Typer(help="令牌：医院信息系统用它来问。", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="数据文件夹；没有就新建")]
Database = Annotated[
    str | None, typer.Option("--database", help="PostgreSQL 的地址；不写就用数据文件夹里自带的")
]


def serve(
    data: Data = Path("data"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口")] = 8210,
    database: Database = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="进程数")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="每个进程同时办几件")] = 8,
) -> None:
    """运行服务：http://127.0.0.1:端口。Ctrl-C 停止。"""
    from doudi_web.site.installation import migrate, open_installation

    open_installation(data, database)
    from doudi_web.site.serve import serve as run

    folder = PackFolder(shipped_packs())
    migrate({pack_id: folder.find(pack_id) or {} for pack_id in folder.ids()})
    console().print(f"http://127.0.0.1:{port}  数据在 {data}", markup=False)
    run(port, workers=workers, threads=threads, keep=None if database else data)


@token_app.command("create")
def create(
    client: Annotated[str, typer.Option("--client", help="给谁用")],
    role: Annotated[str, typer.Option("--role", help="角色，如 system_client、district_admin")],
    data: Data = Path("data"),
    facility: Annotated[
        str | None, typer.Option("--facility", help="医疗机构编码；不写是全区")
    ] = None,
    backdate: Annotated[
        bool, typer.Option("--backdate", help="可以自己写结算时间（补录用）")
    ] = False,
    database: Database = None,
) -> None:
    """发一个令牌，只显示这一次。"""
    from doudi_web.site.installation import open_installation

    open_installation(data, database)
    from doudi_web.tenancy.refusals import Refusal
    from doudi_web.tenancy.roles import Role
    from doudi_web.tenancy.who import create_token

    if role not in list(Role):
        raise typer.BadParameter("、".join(Role), param_hint="--role")
    try:
        token = create_token(client, Role(role), facility, may_back_date=backdate)
    except Refusal as refused:
        show_faults(console(stderr=True), list(refused.faults))
        raise typer.Exit(1) from refused
    print(token)
