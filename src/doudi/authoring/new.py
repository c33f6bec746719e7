"""The files of a new pack: a skeleton to fill in, or a small pack over another with what a new year changes.

Nothing is invented: what only the law text can say is `open`. The files are sound as they are written: they have
no fault, and their first case holds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from doudi.authoring.first_case import first_case
from doudi.authoring.restated import layers_text, parameters_text
from doudi.authoring.text import filled, scalar
from doudi.cases import case_schema
from doudi.dates import Span
from doudi.errors import Faulty, fault
from doudi.packs.load import Files, Finder
from doudi.packs.model import Pack
from doudi.packs.schema import part_schema

NO_DISTRICT = "000000"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the id, the first day, the words that are known already."""

    pack_id: str
    start: date
    title: str | None = None
    district: str | None = None


def new_pack(wanted: Wanted) -> Files:
    """The files of a whole pack, every value open."""
    district = wanted.district or _district_in(wanted.pack_id) or NO_DISTRICT
    title = wanted.title or f"待写：{wanted.pack_id} 就医费用结算"
    start = str(wanted.start)
    files = {
        "pack.yaml": filled(
            "pack.yaml", id=wanted.pack_id, title=scalar(title), start=start, district=district
        ),
        "layers.yaml": filled("layers.yaml"),
        "parameters/values.yaml": filled("values.yaml", start=start),
        "sources/rules.md": filled("rules.md"),
    }
    return _whole(wanted.pack_id, files, lambda _: None, "sources/rules.md#住院待遇")


def new_overlay(
    wanted: Wanted, base: Pack, find: Finder, values: Sequence[str], layers: Sequence[str]
) -> Files:
    """The files of a pack over `base`: its head, the named values, open, and the named layers as they are.

    Without a name, one value as it is now, as an example that is not read. Raises Faulty where the base has none
    of a name.
    """
    known = {"参数": [*base.parameters], "层次": [layer.id for layer in base.layers]}
    unknown = [
        fault("P112", name, pack=base.id, what=what, name=name, known="、".join(known[what]))
        for what, names in (("参数", values), ("层次", layers))
        for name in names
        if name not in known[what]
    ]
    if unknown:
        raise Faulty(unknown)
    start, end = wanted.start, _end(wanted.start, base.valid)
    head = {
        "id": wanted.pack_id,
        "base": base.id,
        "title": scalar(wanted.title or _title(base, start)),
        "start": str(start),
        "end": "null" if end is None else str(end),
    }
    files = {
        "pack.yaml": filled(
            "overlay.yaml", **head, parameters=parameters_text(base, start, values)
        ),
        "sources/notice.md": filled("notice.md"),
    }
    if layers:
        chosen = [layer for layer in base.layers if layer.id in layers]
        files["layers.yaml"] = filled("over_layers.yaml", layers=layers_text(chosen).rstrip())
    return _whole(wanted.pack_id, files, find, "sources/notice.md#改动")


def _whole(pack_id: str, texts: dict[str, str], find: Finder, cite: str) -> Files:
    """The texts with a first case that holds, and the schemas that their first lines name."""
    files = {name: text.encode() for name, text in texts.items()}

    def found(wanted: str) -> Files | None:
        return files if wanted == pack_id else find(wanted)

    case = first_case(pack_id, found, cite)
    return {
        **files,
        "cases/first.yaml": case.encode(),
        "pack.schema.json": _json(part_schema()),
        "case.schema.json": _json(case_schema()),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _district_in(pack_id: str) -> str | None:
    """The division code that an id holds, as `cn/500000/500113/2019` does."""
    codes = [part for part in pack_id.split("/") if len(part) == 6 and part.isdecimal()]
    return codes[-1] if codes else None


def _title(base: Pack, start: date) -> str:
    """The base's title with the new year in the place of the old one."""
    old, new = str(base.valid.start.year), str(start.year)
    if old in base.title.zh:
        return base.title.zh.replace(old, new)
    return f"{base.title.zh}（{start} 起）"


def _end(start: date, base: Span) -> date | None:
    """As many whole years as the base has; without end where it is no such span."""
    if base.end is None or (base.end.month, base.end.day) != (base.start.month, base.start.day):
        return None
    year = start.year + base.end.year - base.start.year
    return date(year, 3, 1) if (start.month, start.day) == (2, 29) else start.replace(year=year)
