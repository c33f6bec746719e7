"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Bills = Annotated[
    list[Path],
    typer.Argument(
        metavar="BILL…",
        readable=False,
        help="账单文件（JSON、YAML，或一行一张的 .jsonl），或一份费用清单（CSV 或 XLSX，另带 --visit）",
    ),
]
PackName = Annotated[
    str | None, typer.Option("--pack", help="政策包编号或文件夹；不写就按参保地和日期选")
]
PacksFolder = Annotated[
    Path | None, typer.Option("--packs", readable=False, help="另一处政策包文件夹")
]
HistoryFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--history", readable=False, help="以前的账单、结算结果或年度累计；只能给一个文件"
    ),
]
CatalogueFile = Annotated[
    Path | None,
    typer.Option(
        "--catalogue", readable=False, help="医保目录（YAML、JSON、CSV、XLSX 或 Parquet）"
    ),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", readable=False, help="目录对照：医院编码对医保目录编码"),
]
VisitFile = Annotated[
    Path | None,
    typer.Option("--visit", readable=False, help="费用清单属于哪一次就医：不带 lines 的账单"),
]
ColumnsFile = Annotated[
    Path | None,
    typer.Option("--columns", readable=False, help="费用清单的列名对应，只写与默认不同的"),
]
DayText = Annotated[
    str | None,
    typer.Option("--day", help="按哪一天看（如 2019-05-20）；不写就是今天"),
]
FaultsFile = Annotated[
    Path | None,
    typer.Option("--faults", readable=False, help="错误另写成表：.csv 或 .xlsx；已有的文件会换掉"),
]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON")]
Language = Annotated[str, typer.Option("--lang", help="zh 或 en")]
