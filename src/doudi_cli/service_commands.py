"""`doudi serve`: the service. The application is loaded only inside this command."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from doudi.errors import Faulty, fault
from doudi_cli import demonstration
from doudi_cli.output import console
from doudi_cli.people_commands import Data, Database, prepare


def serve(
    data: Data = Path("data"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口")] = 8210,
    database: Database = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="进程数")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="每个进程同时办几件")] = 4,
    proxies: Annotated[
        int, typer.Option("--proxies", min=0, help="前面有几层反向代理；来源地址和 HTTPS 听它们的")
    ] = 0,
    demo: Annotated[
        bool, typer.Option("--demo", help="演示：空的地方装上虚构的一年，时间停在 2019-12-03")
    ] = False,
) -> None:
    """运行服务：http://127.0.0.1:端口。Ctrl-C 停止。"""
    _must_be_free(port)
    if proxies:
        os.environ["DOUDI_PROXIES"] = str(proxies)
    prepare(data, database, demo_day=demonstration.DAY if demo else None)
    from doudi_web.site.serve import serve as run
    from doudi_web.tenancy.demonstration import demo_day

    console().print(f"http://127.0.0.1:{port}  数据在 {data}", markup=False)
    if (day := demo_day()) is not None:
        text = f"演示：虚构的区县，时间停在 {day}。人、医院、账单都是编的。"
        console().print(text, style="bold yellow")
    if demo:
        demonstration.begin(console(), port)
    run(port, workers=workers, threads=threads, keep=None if database else data)


def _must_be_free(port: int) -> None:
    """Raises Faulty where somebody answers there already: the system would let both, and share the requests out."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise Faulty([fault("S513", f"127.0.0.1:{port}", port=port)]) from error
