"""`doudi check`: running bills before anything is charged, one by one, or a whole folder watched."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from doudi.errors import Fault, Faulty
from doudi.precheck.check import Checked
from doudi.service import check_bundle
from doudi.wire.fault_table import fault_page
from doudi.wire.finding_tables import finding_pages
from doudi.wire.findings import finding_json
from doudi.wire.pack_folder import unreadable
from doudi.wire.settlements import fault_json
from doudi.wire.sheets import Page
from doudi_cli import output
from doudi_cli.check_view import folder_table, show_finding
from doudi_cli.days import day_or_today
from doudi_cli.fault_view import show_faults
from doudi_cli.files import opened
from doudi_cli.options import (
    AsJson,
    Bills,
    CatalogueFile,
    ColumnsFile,
    DayText,
    FaultsFile,
    HistoryFile,
    Language,
    MappingFile,
    PackName,
    PacksFolder,
    VisitFile,
)
from doudi_cli.progress import progress
from doudi_cli.targets import distinct, put_faults, put_table, ready, tell_written

_ENDINGS = (".json", ".yaml", ".yml")
_MANY = 6  # more bills than this are shown as a table
_EMPTY = "文件夹里没有账单（.json、.yaml）。费用清单先用 doudi import fees 变成账单。"

Watch = Annotated[bool, typer.Option("--watch", help="一直看着文件夹，账单变了就重算（Ctrl-C 停）")]
Every = Annotated[float, typer.Option("--every", min=0.2, max=3600, help="隔几秒看一次")]

Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", readable=False,
        help="看过的账单写成表，最急的在前：.csv，或 .xlsx（另有每一行的影响、可以换成）；已有的文件会换掉",
    ),
]  # fmt: skip


def check(
    bills: Bills,
    day: DayText = None,
    watch: Watch = False,
    every: Every = 5.0,
    lang: Language = "zh",
    pack: PackName = None,
    packs: PacksFolder = None,
    history: HistoryFile = None,
    catalogue: CatalogueFile = None,
    mapping: MappingFile = None,
    visit: VisitFile = None,
    columns: ColumnsFile = None,
    output_file: Output = None,
    faults_file: FaultsFile = None,
    as_json: AsJson = False,
) -> None:
    """收费之前先看：目录外还剩多少、每一行让谁多付多少、换哪一种更省。可以给一个文件夹。"""
    if lang not in ("zh", "en"):
        raise typer.BadParameter("zh 或 en", param_hint="--lang")
    if watch and (as_json or output_file or faults_file or not all(map(_is_folder, bills))):
        text = "--watch 看一个或几个文件夹，不和 --json、-o、--faults 同用"
        raise typer.BadParameter(text, param_hint="--watch")
    read = (*_bills_in(bills)[0], *(history or ()), catalogue, mapping, visit, columns)
    distinct({"-o": output_file, "--faults": faults_file}, read)
    on = day_or_today(day)

    def look(*, quiet: bool) -> Checked:
        paths, closed = _bills_in(bills)
        try:
            shelf, bundle = opened(paths, pack, packs, history, catalogue, mapping, visit, columns)
        except Faulty as error:
            return Checked((), (*closed, *error.faults))
        bundle = replace(bundle, missing=(*closed, *bundle.missing))
        with progress("事前审核", quiet=quiet) as tick:
            return check_bundle(shelf, bundle, on, language=lang, progress=tick)

    if watch:
        _watch(bills, look, every)
        return
    unwritable = ready((output_file, faults_file))
    found = Checked((), unwritable) if unwritable else look(quiet=as_json)
    if not unwritable:
        lost = put_table(output_file, lambda: _pages(found, read))
        found = replace(found, faults=(*found.faults, *lost))
    lost = put_faults(faults_file, found.faults, read)
    found = replace(found, faults=(*found.faults, *lost))
    if as_json:
        output.print_json(
            {
                "checks": [finding_json(one) for one in found.findings],
                "faults": [fault_json(one) for one in found.faults],
            }
        )
    else:
        _show(found, lang, as_table=any(map(_is_folder, bills)))
        tell_written((output_file, faults_file), found.faults)
    raise typer.Exit(1 if found.faults else 0)


def _pages(found: Checked, read: Sequence[Path | None]) -> tuple[Page, ...]:
    """The table of the findings; with it the faults, so that no bill is missing without a word."""
    faults = fault_page(found.faults, [str(path) for path in read if path is not None])
    return (*finding_pages(found.findings), *([faults] if found.faults else []))


def _bills_in(paths: Sequence[Path]) -> tuple[list[Path], tuple[Fault, ...]]:
    """Files as they are named; of a folder, the bills that stand in it, by name. A folder that cannot be
    looked into is a fault."""
    found: list[Path] = []
    closed: list[Fault] = []
    for path in paths:
        if not _is_folder(path):
            found.append(path)
            continue
        try:
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
        except OSError as error:
            closed.append(unreadable(str(path), error))
    return found, tuple(closed)


def _is_folder(path: Path) -> bool:
    """What cannot be reached is taken for a file, and told where it is opened."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _show(found: Checked, language: str, *, as_table: bool) -> None:
    console = output.console()
    if as_table or len(found.findings) > _MANY:
        console.print(folder_table(found.findings))
        if not found.findings and not found.faults:
            console.print(_EMPTY)
    else:
        for one in found.findings:
            show_finding(console, one, language)
    if found.faults:
        errors = output.console(stderr=True)
        errors.print()
        show_faults(errors, found.faults)
        text = f"{len(found.faults)} 处错误；看过 {len(found.findings)} 张账单。"
        errors.print(text, style="bold")


def _watch(folders: Sequence[Path], look: Callable[..., Checked], every: float) -> None:
    """The table of all running bills, worst first, as long as somebody looks."""
    console = output.console()
    seen: dict[Path, tuple[int, int]] | None = None
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            now = {p: _stamp(p) for p in _bills_in(folders)[0]}
            if now != seen:
                seen = now
                live.update(_watched(look(quiet=True)), refresh=True)
            time.sleep(every)


def _watched(found: Checked) -> Group:
    """The table, and below it that some bills could not be looked at."""
    if not found.faults:
        return Group(folder_table(found.findings))
    first = found.faults[0]
    text = f"{len(found.faults)} 处错误，例如 {first.where}：{first.what}"
    return Group(folder_table(found.findings), Text(text, "bold red"))


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written; a file that is gone has none."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)
