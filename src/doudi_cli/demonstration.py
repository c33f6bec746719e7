"""`doudi serve --demo`: an invented district with most of a year behind it, a hospital in its month, an account for
each role."""

import http.client
import os
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from doudi.dates import date
from doudi.settle import Shelf
from doudi.source_text import Document
from doudi.wire.catalogue_file import catalogue_document
from doudi.wire.pack_folder import PackFolder
from doudi.wire.sheets import read
from doudi_cli.demonstration_figures import figures
from doudi_cli.files import shipped_packs
from doudi_cli.people_commands import operator

if TYPE_CHECKING:
    from doudi_lab import County, Tokens
    from doudi_lab.ward import Month

DAY = date(2019, 12, 3)
_DISTRICT, _YEAR, _SEED, _PERSONS = "500113", 2019, 2019, 600
_START_SECONDS = 60
_TRIAL_SECONDS = 120
_REFUSED = ("人员类型与库里不一致", "疾病编码不在编码表里", "村级行政区划没有这个编码")
"""Why the receiver of the demonstration's export refuses rows."""


def begin(console: Console, port: int) -> None:
    """Print the accounts, and fill the district as soon as the service answers, or what is missing of it."""
    # here: no worker is born while a thread holds an import
    from importlib import import_module

    import_module("doudi_cli.demonstration_money")
    from doudi_lab import Tokens, county
    from doudi_lab.ward import month
    from doudi_web.accounts.demonstration import (
        demonstration_accounts,
        demonstration_token,
        new_door,
    )
    from doudi_web.tenancy.demonstration import is_filled
    from doudi_web.tenancy.roles import Role

    folder = PackFolder(shipped_packs())
    made = county(_SEED, _PERSONS, _DISTRICT, _YEAR, shelf=Shelf(folder.find, folder.heads()[0]))
    hospital, township = made.places.hospitals[0], made.places.townships[0]
    shown = demonstration_accounts(
        _DISTRICT, (hospital.code, hospital.name, hospital.level), (township.code, township.name)
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("角色", "用户名", "密码（只在这一次运行）"):
        table.add_column(title)
    for one in shown:
        table.add_row(one.title, one.username, one.password)
    console.print(table)
    door = f"http://127.0.0.1:{port}/desk/enter/{new_door()}"
    if is_filled():
        threading.Thread(target=_open, args=(console, door, port), daemon=True).start()
        return
    console.print("正在装演示数据，装好以后给出在院台的地址。", markup=False)
    lived = month(made, hospital, DAY)
    _install(made, lived)
    tokens = Tokens(
        demonstration_token(Role.DISTRICT_ADMIN), demonstration_token(Role.SYSTEM_CLIENT)
    )
    threading.Thread(
        target=_fill, args=(console, made, lived, port, tokens, door), daemon=True
    ).start()


def _install(made: "County", lived: "Month") -> None:
    """What bills are read by, before the first one comes: the catalogue, the hospital's mapping; and names."""
    from doudi_lab.county import sample_catalogue_file
    from doudi_web.policy.actions import install_catalogue, install_mapping
    from doudi_web.register.divisions import write_divisions

    path, actor = sample_catalogue_file(), operator()
    install_catalogue(
        actor, catalogue_document(path.name, read(path.name, path.read_bytes())), None
    )
    mapping = Document("mapping", lived.own.mapping())
    install_mapping(actor, lived.hospital.code, mapping, None)
    write_divisions(actor, Document("divisions", {"divisions": made.places.divisions()}))


def _open(console: Console, door: str, port: int) -> None:
    """Say where the worklist is, and show it in a browser where there is a screen to show it on.

    Not before it is filled: who comes earlier is told that nobody is in the hospital.
    """
    _wait(port)
    console.print(f"在院台（只能进一次，以后用上面的账号）：{door}", markup=False, soft_wrap=True)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux":
        webbrowser.open(door)


def _fill(
    console: Console, made: "County", lived: "Month", port: int, tokens: "Tokens", door: str
) -> None:
    from django.db import connection

    from doudi_cli.demonstration_audit import demonstrate_audit
    from doudi_cli.demonstration_money import demonstrate_money
    from doudi_cli.demonstration_town import fill_town
    from doudi_lab import NotFilled, fill
    from doudi_lab.planted import plant, send
    from doudi_lab.ward import live
    from doudi_web.accounts import demonstration

    _wait(port)
    url = f"http://127.0.0.1:{port}"
    try:
        filled = fill(made, url, tokens, clients=4, until=DAY)
        send(plant(made, DAY, 1), url, tokens)
        ward = live(lived, url, tokens)
    except NotFilled as broken:
        console.print(f"演示数据没有装完，下次启动接着装：{broken}", style="bold red")
        return
    counts = f"{filled.persons} 人，{filled.settled} 次就医"
    if any(status >= 500 for status in filled.statuses):
        console.print(f"演示数据没有装完，下次启动接着装：已有 {counts}。", style="bold red")
        return
    demonstrate_money()
    _reform()
    _exported()
    fill_town(DAY)
    figures(DAY, _SEED)
    demonstrate_audit(DAY)
    demonstration.filled()
    connection.close()
    refused = filled.bills - filled.settled
    more = f"，{refused} 张账单有错退回" if refused else ""
    console.print(f"演示数据装好：{counts}{more}，每秒 {filled.rate:.0f} 次。", markup=False)
    told = (
        f"{lived.hospital.name}：在院 {ward.running} 人、费用 {ward.lines} 行；本月另结算 {ward.settled} 人次，"
        f"其中更正 {ward.corrected} 笔、撤销 {ward.reversed} 笔；有错退回 {ward.refused} 笔。"
    )
    console.print(told, markup=False)
    _open(console, door, port)


def _reform() -> None:
    """A new version by the district's first administrator, tried on last month's visits: it waits for the second.

    One of an earlier run that broke off stays the only one.
    """
    from datetime import datetime, timedelta
    from datetime import time as of_day

    from doudi.dates import CHINA
    from doudi_lab.reform import reformed
    from doudi_web.policy import selectors, versions
    from doudi_web.policy.uploading import from_folder
    from doudi_web.rehearsal import selectors as trials
    from doudi_web.rehearsal.asking import ask
    from doudi_web.tenancy.models import Account
    from doudi_web.tenancy.who import actor_of_account

    who = actor_of_account(Account.objects.get(username="demo.district-admin"))
    if selectors.versions(who):
        return
    files = PackFolder(shipped_packs()).find(f"cn/500000/{_DISTRICT}/{_YEAR}")
    assert files is not None, "the demonstration's pack is shipped"
    number = versions.bring(
        who, from_folder(reformed(files)), None, "二级医院起付标准和建卡贫困户救助比例调整"
    )
    end = datetime.combine(DAY.replace(day=1), of_day.min, CHINA)
    trial = ask(who, number, (end - timedelta(days=1)).replace(day=1), end)
    until = time.monotonic() + _TRIAL_SECONDS
    while trials.trial(who, trial).told is None and time.monotonic() < until:
        time.sleep(0.2)  # the service does it, as it does all long work


def _exported() -> None:
    """An export to the national system by the first administrator, and a report that refuses three of its rows."""
    from pathlib import Path

    from django.conf import settings

    from doudi_web.exchange import reports, selectors
    from doudi_web.exchange.exporting import Asked, export
    from doudi_web.exchange.profiles import profile
    from doudi_web.tenancy.models import Account
    from doudi_web.tenancy.who import actor_of_account

    who, of = (
        actor_of_account(Account.objects.get(username="demo.district-admin")),
        profile("national"),
    )
    if selectors.runs(who, of.name, 0, 1)["exports"] or of.form.report is None:
        return
    folder = Path(settings.DATA) / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    done = export(who, of, folder, Asked("十一月上报"), lambda _, __: None)
    found = selectors.rows(
        who, profile=of.name, state="exported", answer="", run=done.run, after=0, limit=20
    )
    titles = [of.columns[of.place(key)].title for key in of.form.report.key]
    lines = [",".join((*titles, of.form.report.result[0], of.form.report.reason[0]))]
    for number, one in enumerate(found["rows"]):
        said = ("失败", _REFUSED[number]) if number < len(_REFUSED) else ("成功", "")
        lines.append(",".join((one["facility"], one["visit_id"], *said)))
    reports.take(who, of, "回执.csv", "\n".join(lines).encode(), None)


def _wait(port: int) -> None:
    """Until the service answers, or it is clear that it does not."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
