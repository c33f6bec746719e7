"""`doudi simulate-hospitals`: an installation is tried out from outside, and its ledger held against the record."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from doudi.errors import Fault, Faulty, fault
from doudi.settle import Shelf
from doudi.source_text import shown
from doudi_cli import output
from doudi_cli.fault_view import show_faults
from doudi_cli.files import open_folder
from doudi_cli.options import AsJson, PacksFolder
from doudi_cli.progress import progress
from doudi_lab.hospitals import Broken, Keys, OtherRun, Outcome, Wanted, simulate

EVENTS: Mapping[str, str] = {
    "learn": "登记的变化", "early": "还没有开就送来", "open": "开就诊", "lines": "送费用", "withdraw": "撤回一行",
    "precheck": "事前审核", "presettle": "预结算", "discharge": "出院", "settle_visit": "在院的结算",
    "settle": "整张账单结算", "faulty": "有错的账单", "reverse": "撤销", "correct": "更正", "answer": "平台的回答",
    "decide": "补退的决定",
}  # fmt: skip
MISHAPS: Mapping[str, str] = {
    "lost_answer": "回答丢了", "sent_again": "再送一次", "two_at_once": "两条线同时送",
    "rival": "两个消息号抢同一次", "half_message": "只送一半", "noise": "乱码", "crash": "医院系统死机",
    "late_echo": "旧消息又来",
}  # fmt: skip
COMPARED: Mapping[str, str] = {
    "expected": "结算与另算", "sums": "累计", "presettled": "预结算与结算", "ledger": "台账分录与回执",
    "balances": "科目余额", "settlements": "结算清单", "asked": "患者多退少补", "proposals": "补退建议",
}  # fmt: skip


def simulate_hospitals(
    server: Annotated[str, typer.Option("--server", help="服务的地址，如 http://127.0.0.1:8210")],
    token_file: Annotated[
        Path,
        typer.Option("--token-file", readable=False, help="文件：可以补录的医院令牌（--backdate）"),
    ],
    district_token_file: Annotated[
        Path, typer.Option("--district-token-file", readable=False, help="文件：区医保管理员的令牌")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="种子；同一个种子，同样的消息")] = 1,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="多少天")] = 30,
    hospitals: Annotated[int, typer.Option("--hospitals", min=1, max=32, help="多少家医院")] = 20,
    persons: Annotated[int, typer.Option("--persons", min=1, max=100_000, help="多少人")] = 300,
    faults: Annotated[
        bool, typer.Option("--faults/--no-faults", help="线路和医院出不出毛病")
    ] = True,
    agrees: Annotated[
        bool,
        typer.Option(
            "--platform-agrees/--platform-differs",
            help="平台只付没有规则可算的；或者也付别的，付的常与规则算的不同",
        ),
    ] = True,
    state: Annotated[
        Path, typer.Option("--state", readable=False, help="日志放在哪个文件夹；停了再来，接着走")
    ] = Path("simulated"),
    name: Annotated[
        str, typer.Option("--name", help="编号的开头；同一个种子再来一次，换一个")
    ] = "SIM",
    start: Annotated[str, typer.Option("--from", help="从哪一天开始模拟")] = "2019-05-06",
    district: Annotated[str, typer.Option("--district", help="区县代码")] = "500113",
    clients: Annotated[int, typer.Option("--clients", min=1, max=64, help="同时几条线")] = 4,
    patience: Annotated[
        float, typer.Option("--patience", min=0.0, help="服务没有回答的，等多少秒")
    ] = 120.0,
    packs: PacksFolder = None,
    as_json: AsJson = False,
) -> None:
    """模拟一些医院：收治、记费、结算、撤销、断线、重送；最后逐分核对服务的台账。只用在试验的服务上。"""
    wanted = Wanted(
        seed, days, hospitals, persons, district, _day(start), _name(name), faults, agrees
    )
    if urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).hostname:
        raise typer.BadParameter("http:// 或 https:// 开头的地址", param_hint="--server")
    try:
        keys = Keys(_token(token_file), _token(district_token_file))
        folder = open_folder(packs)
        shelf = Shelf(folder.find, folder.heads()[0])
        with progress("模拟", quiet=as_json) as tick:
            outcome = simulate(
                wanted, server.rstrip("/"), keys, shelf, state, clients=clients, patience=patience, progress=tick,
            )  # fmt: skip
    except (Broken, OtherRun, Faulty) as stopped:
        show_faults(output.console(stderr=True), list(_faults(stopped, state)))
        raise typer.Exit(1) from stopped
    if as_json:
        output.print_json(outcome.json())
    else:
        _show(outcome)
    raise typer.Exit(1 if outcome.differences else 0)


def _faults(stopped: Broken | OtherRun | Faulty, state: Path) -> tuple[Fault, ...]:
    match stopped:
        case Faulty():
            return stopped.faults
        case OtherRun():
            return (fault("S597", str(state), path=str(stopped)),)
        case Broken():
            return (fault(stopped.code, str(stopped.details.get("url", "")), **stopped.details),)


def _day(stated: str) -> date:
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        raise typer.BadParameter("日期，如 2019-05-06", param_hint="--from") from error


def _name(stated: str) -> str:
    if not (stated.isascii() and stated.isalpha() and len(stated) <= 12):
        raise typer.BadParameter("1 至 12 个英文字母", param_hint="--name")
    return stated


def _token(path: Path) -> str:
    """The token in a file, alone on its line. Raises Faulty."""
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise Faulty([fault("S599", str(path))]) from error
    if not found or not found.isascii() or len(found.split()) != 1:
        raise Faulty([fault("S599", str(path))])
    return found


def _show(outcome: Outcome) -> None:
    console = output.console()
    wanted = outcome.wanted
    head = f"种子 {wanted.seed}：{wanted.start} 起 {wanted.days} 天，{wanted.hospitals} 家医院，{wanted.persons} 人"
    console.print(head, soft_wrap=True)
    for title, words, counts in (
        ("消息", EVENTS, outcome.events),
        ("毛病", MISHAPS, outcome.mishaps),
        ("核对", COMPARED, outcome.compared),
    ):
        told = "，".join(f"{word} {counts[key]:,}" for key, word in words.items() if key in counts)
        console.print(f"{title}：{told or '没有'}", soft_wrap=True)
    for one in outcome.differences:
        line = f"不合（{COMPARED.get(one.what, '回答')}）{one.visit}：应为 {one.expected}；服务说 {one.says}"
        console.print(shown(line, 600), soft_wrap=True, style="red")
    if outcome.differences:
        console.print(f"{len(outcome.differences):,} 处不合。", style="bold red")
    else:
        console.print(f"核对了 {outcome.figures:,} 个数，逐分相同。", style="bold")
