"""`doudi account`, `doudi token`: who keeps the machine makes the first administrators, and tokens."""

import getpass
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doudi.wire.pack_folder import PackFolder
from doudi_cli.fault_view import show_faults
from doudi_cli.files import shipped_packs
from doudi_cli.output import console

if TYPE_CHECKING:
    from doudi_web.tenancy.roles import Role
    from doudi_web.tenancy.who import Actor

account_app = typer.Typer(help="账号：人用它来登录。", no_args_is_help=True)
token_app = typer.Typer(help="令牌：医院信息系统用它来问。", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="数据文件夹；没有就新建")]
DataThere = Annotated[Path, typer.Option("--data", help="数据文件夹")]
Database = Annotated[
    str | None, typer.Option("--database", help="PostgreSQL 的地址；不写就用数据文件夹里自带的")
]
RoleName = Annotated[str, typer.Option("--role", help="角色，如 system_client、district_admin")]
Facility = Annotated[str | None, typer.Option("--facility", help="医疗机构编码；不写是全区")]
Township = Annotated[str | None, typer.Option("--township", help="乡镇（街道）编码")]
Json = Annotated[bool, typer.Option("--json", help="写成 JSON")]


def prepare(
    data: Path, database: str | None, *, demo_day: date | None = None, new: bool = True
) -> None:
    """The installation is open and its tables are up to date; with `new` also in a folder that is new.

    Raises Faulty.
    """
    from doudi_web.site.installation import migrate, open_installation

    open_installation(data, database, demo_day=demo_day, new=new)
    folder = PackFolder(shipped_packs())
    migrate({pack_id: folder.find(pack_id) or {} for pack_id in folder.ids()})


def operator() -> "Actor":
    """The account of the operating system that runs a command of the district's, as who acts."""
    from doudi_web.tenancy.roles import Role
    from doudi_web.tenancy.who import Actor

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return Actor(f"command:{user}"[:60], Role.DISTRICT_ADMIN)


@contextmanager
def _at_the_machine(data: Path, database: str | None, *, new: bool = False) -> Generator["Actor"]:
    """Who keeps the machine, as the audit log names them; what is refused is told and ends with 1."""
    prepare(data, database, new=new)
    from doudi_web.tenancy.refusals import Refusal
    from doudi_web.tenancy.who import KEEPER

    try:
        yield KEEPER
    except Refusal as refused:
        show_faults(console(stderr=True), list(refused.faults))
        raise typer.Exit(1) from refused


def _role(name: str) -> "Role":
    from doudi_web.tenancy.roles import Role

    if name not in list(Role):
        raise typer.BadParameter("、".join(Role), param_hint="--role")
    return Role(name)


@account_app.command("create")
def create_account(
    username: Annotated[str, typer.Argument(help="用户名：小写字母开头", metavar="用户名")],
    name: Annotated[str, typer.Option("--name", help="姓名")],
    role: RoleName,
    data: Data = Path("data"),
    facility: Facility = None,
    township: Township = None,
    database: Database = None,
) -> None:
    """建账号，初始密码只显示这一次。三个管理员的账号立即能用；别的要安全管理员确认。"""
    with _at_the_machine(data, database, new=True) as actor:
        from doudi_web.accounts.managing import Scope, create_account
        from doudi_web.tenancy.roles import ADMINISTRATORS

        scope = Scope(_role(role), facility, township)
        made = create_account(actor, username, name, scope, confirmed=scope.role in ADMINISTRATORS)
    print(made.secret)
    if made.grant is not None:
        console(stderr=True).print(f"申请 {made.grant}：安全管理员确认以后才能登录。", markup=False)


@account_app.command("list")
def list_accounts(
    data: DataThere = Path("data"), database: Database = None, as_json: Json = False
) -> None:
    """列出账号。"""
    with _at_the_machine(data, database) as actor:
        from doudi_web.accounts.selectors import accounts

        found = accounts(actor)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        state = "停用" if not one["active"] else "可以登录" if one["confirmed"] else "等确认"
        place = one["facility"] or one["township"] or "全区"
        print(f"{one['id']:>4}  {one['username']}  {one['name']}  {one['title']}  {place}  {state}")


@account_app.command("reset")
def reset_account(
    username: Annotated[str, typer.Argument(help="用户名", metavar="用户名")],
    reason: Annotated[str, typer.Option("--reason", help="为什么")],
    data: DataThere = Path("data"),
    database: Database = None,
) -> None:
    """重置密码，新密码只显示这一次；一次性口令取消，锁定解除，登录结束。"""
    with _at_the_machine(data, database) as actor:
        from doudi_web.accounts.managing import number_of, reset

        made = reset(actor, number_of(username), reason, confirmed=True)
    print(made.secret)


@token_app.command("create")
def create(
    client: Annotated[str, typer.Option("--client", help="给谁用")],
    role: RoleName,
    data: Data = Path("data"),
    facility: Facility = None,
    township: Township = None,
    backdate: Annotated[
        bool, typer.Option("--backdate", help="可以自己写结算时间（补录用）")
    ] = False,
    expires: Annotated[
        datetime | None, typer.Option("--expires", formats=["%Y-%m-%d"], help="到哪一天（不含）")
    ] = None,
    database: Database = None,
) -> None:
    """发一个令牌，只显示这一次，立即有效。"""
    with _at_the_machine(data, database, new=True) as actor:
        from doudi_web.accounts.managing import Scope, create_client

        made = create_client(
            actor, client, Scope(_role(role), facility, township), may_back_date=backdate,
            expires=expires and expires.astimezone(), confirmed=True,
        )  # fmt: skip
    print(made.secret)


@token_app.command("list")
def list_tokens(
    data: DataThere = Path("data"), database: Database = None, as_json: Json = False
) -> None:
    """列出令牌；看不到令牌本身。"""
    with _at_the_machine(data, database) as actor:
        from doudi_web.accounts.selectors import tokens

        found = tokens(actor)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        state = "作废" if one["revoked"] else "有效" if one["confirmed"] else "等确认"
        place = one["facility"] or one["township"] or "全区"
        print(f"{one['id']:>4}  {one['name']}  {one['title']}  {place}  {state}")


@token_app.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(help="编号，见 doudi token list", metavar="编号")],
    reason: Annotated[str, typer.Option("--reason", help="为什么")],
    data: DataThere = Path("data"),
    database: Database = None,
) -> None:
    """作废一个令牌：两秒以内各个进程都不再认它。"""
    with _at_the_machine(data, database) as actor:
        from doudi_web.accounts.managing import revoke

        revoke(actor, number, reason)
