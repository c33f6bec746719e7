"""`doudi pack new`: the files of a new pack, all of them or none."""

import re
import shutil
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from doudi.authoring.new import Wanted, new_overlay, new_pack
from doudi.errors import Fault, Faulty, fault
from doudi.packs.document import ID
from doudi.packs.load import Files, load
from doudi.packs.model import Pack
from doudi.source_text import shown
from doudi.wire.pack_folder import PackFolder
from doudi.wire.settlements import fault_json
from doudi_cli.days import day_of, today
from doudi_cli.fault_view import show_faults
from doudi_cli.files import shipped_packs
from doudi_cli.options import AsJson
from doudi_cli.output import console, print_json

_LONGEST = 200


def new(
    pack_id: Annotated[
        str, typer.Argument(metavar="ID", help="编号，就是文件夹下的路径，如 baishi/2026")
    ],
    title: Annotated[str | None, typer.Option("--title", help="叫什么")] = None,
    district: Annotated[
        str | None, typer.Option("--district", help="六位区划代码；不写就看编号里有没有")
    ] = None,
    extends: Annotated[
        str | None, typer.Option("--extends", help="在哪个政策包上改，写编号；只写改了的")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="从哪天起（如 2026-01-01）")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--value", help="要改的参数，可以写几次；与 --extends 一起用"),
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option("--layer", help="要改的层次，可以写几次；原来的规则抄过来"),
    ] = None,
    folder: Annotated[
        Path, typer.Option("-o", "--folder", readable=False, help="写到哪个政策包文件夹")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """新写一个政策包：带说明的骨架；或者在原来的上改（--extends）。"""
    if (values or layers) and extends is None:
        raise typer.BadParameter("与 --extends 一起用", param_hint="--value、--layer")
    if district is not None and (extends is not None or not re.fullmatch("[0-9]{6}", district)):
        raise typer.BadParameter("六位数字；有 --extends 的不写", param_hint="--district")
    day = None if start is None else day_of(start, "--from")
    base: Pack | None = None
    paths: list[str] = []
    faults: tuple[Fault, ...] = ()
    try:
        _refuse_id(pack_id)
        packs = PackFolder(folder, PackFolder(shipped_packs()))
        base = None if extends is None else _base(extends, packs)
        wanted = Wanted(pack_id, _start(day, base), title, district)
        if base is None:
            files = new_pack(wanted)
        else:
            files = new_overlay(wanted, base, packs.find, values or (), layers or ())
        paths = _written(folder, pack_id, files)
    except Faulty as error:
        faults = error.faults
    if as_json:
        print_json({"written": paths or None, "faults": [fault_json(f) for f in faults]})
    elif faults:
        show_faults(console(stderr=True), faults)
    else:
        _tell(folder, pack_id, paths, base, _start(day, base))
    raise typer.Exit(1 if faults else 0)


def _refuse_id(pack_id: str) -> None:
    if len(pack_id) > _LONGEST or not re.fullmatch(ID, pack_id):
        raise Faulty([fault("P110", "ID", id=shown(pack_id, 80))])


def _base(extends: str, packs: PackFolder) -> Pack:
    """The pack to be extended: of the same folder, or one that comes with the program. Raises Faulty."""
    base_id = extends.rstrip("/")
    if packs.find(base_id) is None:
        known = "现有：" + "、".join(
            dict.fromkeys((*packs.ids(), *PackFolder(shipped_packs()).ids()))
        )
        raise Faulty(
            [fault("F411", shown(extends, 200), pack=shown(extends, 80), known=f"{known}。")]
        )
    return load(base_id, packs.find)


def _start(day: date | None, base: Pack | None) -> date:
    """The first day: named; or the day after the base's last; or 1 January of this year."""
    if day is not None:
        return day
    if base is None:
        return today().replace(month=1, day=1)
    if base.valid.end is None:
        raise typer.BadParameter(f"{base.id} 没有截止日，写明从哪天起", param_hint="--from")
    return base.valid.end


def _written(folder: Path, pack_id: str, files: Files) -> list[str]:
    """Write the files beside their place and move them there at once. Raises Faulty; then nothing is written."""
    target = folder.joinpath(*pack_id.split("/"))
    if target.exists() or target.is_symlink():
        raise Faulty([fault("P111", str(target), path=target)])
    made = [p for p in (target.parent, *target.parent.parents) if not p.exists()]
    scratch = Path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        for name, content in files.items():
            path = scratch / "pack" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (scratch / "pack").rename(target)
        scratch.rmdir()
    except OSError as error:
        if scratch.name:
            shutil.rmtree(scratch, ignore_errors=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        raise Faulty([fault("F135", str(target), reason=error.strerror or str(error))]) from error
    return [str(target / name) for name in files]


def _tell(folder: Path, pack_id: str, paths: list[str], base: Pack | None, start: date) -> None:
    """What was written, and what to do next."""
    out = console()
    place = folder.joinpath(pack_id)
    out.print(f"写好了 {place}：", style="green")
    for path in paths:
        out.print(f"  {path}", soft_wrap=True)
    out.print("接着做：")
    steps = ["照井号后面的说明填；原文抄进 sources；没有查到的数留着 open，不要猜"]
    steps += [f"doudi pack check {place}", f"doudi pack test {place}"]
    if base is not None:
        near = folder.joinpath(base.id)
        is_near = near.is_dir()
        steps.append(f"doudi pack diff {near if is_near else base.id} {place}")
        if is_near and base.valid.covers(start):
            steps.append(
                f"{base.id} 到这一天还有效：在它的 pack.yaml 里把 valid 的 to 写成 {start}，"
                "不然两个政策包同时有效（F413）"
            )
    for number, step in enumerate(steps, 1):
        out.print(f"  {number}. {step}", soft_wrap=True)
