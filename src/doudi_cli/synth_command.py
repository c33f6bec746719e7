"""`doudi synth`: an invented county in files."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from doudi.errors import Faulty
from doudi.settle import Shelf
from doudi_cli import output
from doudi_cli.fault_view import show_faults
from doudi_cli.files import open_folder
from doudi_cli.options import AsJson, PacksFolder
from doudi_cli.progress import progress
from doudi_cli.targets import unwritable
from doudi_lab.county import VISITS_PER_PERSON, county
from doudi_lab.tables import write


def synth(
    district: Annotated[str, typer.Option("--district", help="区县代码，6 位，如 500113")],
    persons: Annotated[int, typer.Option("--persons", min=1, max=5_000_000, help="多少人")],
    out: Annotated[Path, typer.Option("--out", readable=False, help="写到哪个文件夹；没有就新建")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="种子；同一个种子，同样的内容")] = 1,
    year: Annotated[int, typer.Option("--year", min=2000, max=2100, help="哪一年")] = 2019,
    visits_per_person: Annotated[
        float, typer.Option("--visits-per-person", min=0.0, max=20.0, help="一人一年平均几次就医")
    ] = VISITS_PER_PERSON,
    packs: PacksFolder = None,
    as_json: AsJson = False,
) -> None:
    """编一个县的人、医院和一年的账单，用来试用和测试。没有一个是真人。"""
    if not re.fullmatch(r"[1-8][0-9]{5}|99[0-9]{4}", district) or district.endswith("00"):
        raise typer.BadParameter("六位的区县代码，如 500113", param_hint="--district")
    start = time.perf_counter()
    try:
        folder = open_folder(packs)
        made = county(
            seed, persons, district, year,
            visits_per_person=visits_per_person, shelf=Shelf(folder.find, folder.heads()[0]),
        )  # fmt: skip
        with progress("生成", quiet=as_json) as tick:
            written = write(made, out, tick)
    except OSError as error:
        show_faults(output.console(stderr=True), [unwritable(out, error)])
        raise typer.Exit(1) from error
    except Faulty as error:
        show_faults(output.console(stderr=True), list(error.faults))
        raise typer.Exit(1) from error
    if as_json:
        output.print_json(
            {"persons": written.persons, "visits": written.visits, "lines": written.lines,
             "facilities": written.facilities}
        )  # fmt: skip
        return
    seconds = time.perf_counter() - start
    people = f"{written.persons:,} 人，{written.facilities} 家医疗机构"
    bills = f"{written.visits:,} 张账单，{written.lines:,} 行费用"
    output.console().print(f"{people}，{bills}；写到 {out}", soft_wrap=True)
    output.console(stderr=True).print(f"{seconds:.1f} 秒", soft_wrap=True)
