"""The commands. Exit 0: done. 1: faults in what was brought. 2: misuse. 3: a defect of ours."""

import sys
from collections.abc import Callable
from dataclasses import replace

import typer

from doudi.errors import BrokenInvariant, Fault, Faulty
from doudi.service import Bundle, settle_bundle
from doudi.settle import Run, Shelf
from doudi.version import VERSION_TEXT
from doudi.wire.settlements import run_json
from doudi_cli import author_commands, output
from doudi_cli.audit_commands import audit_app, figures_app
from doudi_cli.backup_commands import backup_app, restore
from doudi_cli.bill_view import show_settlement, show_table
from doudi_cli.check_command import check
from doudi_cli.clearing_commands import periods
from doudi_cli.export_commands import export_app
from doudi_cli.fault_view import show_faults
from doudi_cli.files import opened
from doudi_cli.hospitals_command import simulate_hospitals
from doudi_cli.indicators_commands import indicators_app
from doudi_cli.ledger_commands import ledger_app
from doudi_cli.new_command import new
from doudi_cli.operation_commands import operation_app
from doudi_cli.options import (
    AsJson,
    Bills,
    CatalogueFile,
    ColumnsFile,
    FaultsFile,
    HistoryFile,
    Language,
    MappingFile,
    PackName,
    PacksFolder,
    VisitFile,
)
from doudi_cli.pack_commands import pack_app
from doudi_cli.people_commands import account_app, token_app
from doudi_cli.policy_commands import policy_app
from doudi_cli.progress import progress
from doudi_cli.proposal_view import show_correction, show_proposals
from doudi_cli.register_commands import register_app
from doudi_cli.release_commands import release_app
from doudi_cli.service_commands import serve
from doudi_cli.synth_command import synth
from doudi_cli.table_commands import import_app, mapping_app
from doudi_cli.targets import distinct, put_faults, ready, tell_written

app = typer.Typer(
    help="兜底 Doudi：把困难群众的就医费用结算到分，每个数都说明依据。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
pack_app.command()(new)
pack_app.command()(author_commands.diff)
pack_app.command("explain")(author_commands.explain)
app.command()(serve)
app.add_typer(account_app, name="account")
app.add_typer(token_app, name="token")
app.add_typer(ledger_app, name="ledger")
app.add_typer(audit_app, name="audit")
app.add_typer(figures_app, name="figures")
app.add_typer(export_app, name="export")
app.add_typer(register_app, name="register")
app.add_typer(policy_app, name="policy")
app.add_typer(pack_app, name="pack")
app.add_typer(import_app, name="import")
app.add_typer(mapping_app, name="mapping")
app.add_typer(indicators_app, name="indicators")
app.add_typer(backup_app, name="backup")
app.add_typer(operation_app, name="operation")
app.add_typer(release_app, name="release")
app.command()(restore)
app.command()(check)
app.command()(periods)
app.command()(synth)
app.command()(simulate_hospitals)

_MANY = 12  # more visits than this are shown as a table


@app.command()
def settle(
    bills: Bills,
    pack: PackName = None,
    packs: PacksFolder = None,
    history: HistoryFile = None,
    catalogue: CatalogueFile = None,
    mapping: MappingFile = None,
    visit: VisitFile = None,
    columns: ColumnsFile = None,
    faults_file: FaultsFile = None,
    as_json: AsJson = False,
) -> None:
    """结算账单：控费、各层支付、政府兜底、患者自付。"""
    read = (*bills, *(history or ()), catalogue, mapping, visit, columns)
    distinct({"--faults": faults_file}, read)
    unwritable = ready((faults_file,))
    if unwritable:
        run = Run((), unwritable)
    else:
        run = _run(
            lambda: opened(bills, pack, packs, history, catalogue, mapping, visit, columns),
            "zh",
            quiet=as_json,
        )
        lost = put_faults(faults_file, run.faults, read)
        run = replace(run, faults=(*run.faults, *lost))
    if as_json:
        _print_run(run)
    else:
        _show_run(run, "zh", reasons=False)
        tell_written((faults_file,), run.faults)
    raise typer.Exit(1 if run.faults else 0)


@app.command()
def explain(
    bills: Bills,
    lang: Language = "zh",
    pack: PackName = None,
    packs: PacksFolder = None,
    history: HistoryFile = None,
    catalogue: CatalogueFile = None,
    mapping: MappingFile = None,
    visit: VisitFile = None,
    columns: ColumnsFile = None,
    as_json: AsJson = False,
) -> None:
    """结算并逐层说明：每个数的算法、依据和用到的值。"""
    if lang not in ("zh", "en"):
        raise typer.BadParameter("zh 或 en", param_hint="--lang")
    run = _run(
        lambda: opened(bills, pack, packs, history, catalogue, mapping, visit, columns),
        lang,
        quiet=as_json,
    )
    if as_json:
        _print_run(run)
    else:
        _show_run(run, lang, reasons=True)
    raise typer.Exit(1 if run.faults else 0)


@app.command()
def version() -> None:
    """打印版本。"""
    print(VERSION_TEXT)


def run() -> None:
    """The entry point: a defect of ours is told without a stack trace, with what is needed to replay."""
    output.prepare()
    try:
        app()
    except OSError as error:
        output.console(stderr=True).print(f"结果写不出去：{error.strerror}", style="bold red")
        sys.exit(1)
    except Faulty as error:
        show_faults(output.console(stderr=True), error.faults)
        sys.exit(1)
    except BrokenInvariant as defect:
        console = output.console(stderr=True)
        console.print(f"程序自检没有通过，什么都没有写：{defect.name}", style="bold red")
        console.print(f"请把下面的内容报给开发者：{defect.facts!r}", soft_wrap=True, markup=False)
        sys.exit(3)


def _run(brought: Callable[[], tuple[Shelf, Bundle]], language: str, *, quiet: bool) -> Run:
    """Open everything, settle everything; what cannot be opened is among the faults."""
    try:
        shelf, bundle = brought()
    except Faulty as error:
        return Run((), error.faults)
    with progress("结算", quiet=quiet) as tick:
        return settle_bundle(shelf, bundle, language=language, progress=tick)


def _print_run(run: Run) -> None:
    output.print_json(run_json(run.settlements, run.faults, run.proposals, run.corrections))


def _show_run(run: Run, language: str, *, reasons: bool) -> None:
    console = output.console()
    if len(run.settlements) > _MANY and not reasons:
        show_table(console, run.settlements)
        for settled in run.settlements:
            if settled.visit_id in run.corrections:
                console.print(settled.visit_id, style="bold")
                show_correction(console, run.corrections[settled.visit_id], settled, language)
    else:
        for settled in run.settlements:
            show_settlement(console, settled, language=language, reasons=reasons)
            if settled.visit_id in run.corrections:
                show_correction(console, run.corrections[settled.visit_id], settled, language)
    if run.proposals:
        show_proposals(console, run.proposals, language)
    if run.faults:
        _tell(run.faults, len(run.settlements))


def _tell(faults: tuple[Fault, ...], settled: int) -> None:
    console = output.console(stderr=True)
    console.print()
    show_faults(console, faults)
    console.print(f"{len(faults)} 处错误；{settled} 笔已结算，有错误的没有结算。", style="bold")
