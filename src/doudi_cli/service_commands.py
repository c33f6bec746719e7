"""`doudi serve`: the service. The application is loaded only inside this command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from doudi_cli.output import console
from doudi_cli.people_commands import Data, Database, prepare


def serve(
    data: Data = Path("data"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口")] = 8210,
    database: Database = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="进程数")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="每个进程同时办几件")] = 8,
    proxies: Annotated[
        int, typer.Option("--proxies", min=0, help="前面有几层反向代理；来源地址和 HTTPS 听它们的")
    ] = 0,
) -> None:
    """运行服务：http://127.0.0.1:端口。Ctrl-C 停止。"""
    if proxies:
        os.environ["DOUDI_PROXIES"] = str(proxies)
    prepare(data, database)
    from doudi_web.site.serve import serve as run

    console().print(f"http://127.0.0.1:{port}  数据在 {data}", markup=False)
    run(port, workers=workers, threads=threads, keep=None if database else data)
