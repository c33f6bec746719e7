"""Rows of a table under its header → values as YAML would hold them, with the cell that each came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Path, Value
from doudi.wire.cells import value_of
from doudi.wire.columns import Column, Found, find
from doudi.wire.sheets import Cell, Sheet

FAULTS_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a table: their values and the places of them below `root`, and cells that cannot be trusted."""

    values: tuple[dict[str, Value], ...]
    places: Mapping[Path, str]
    faults: tuple[Fault, ...]


def records(found: Found, root: str, rows: Sequence[tuple[int, Sequence[Cell]]]) -> Records:
    """Each row as a mapping; a key with a dot stands in a mapping of its own; empty cells are absent."""
    values: list[dict[str, Value]] = []
    places: dict[Path, str] = {}
    faults: list[Fault] = []
    for row, cells in rows:
        value = _value(found, row, cells, faults)
        path: Path = (root, len(values))
        places[path] = found.place(row, "")
        for key in found.columns:
            at: Path = (*path, *key.split("."))
            places[at] = found.place(row, key)
            places.setdefault(at[:3], places[at])
        values.append(value)
        if len(faults) >= FAULTS_TOLD:
            faults.append(fault("F111", found.place(row, "")))
            break
    return Records(tuple(values), places, tuple(faults))


def table_document(
    name: str, sheets: Sequence[Sheet], columns: Sequence[Column], root: str, version: str
) -> Document:
    """A table as `{version, root: [...]}`. Raises Faulty: no header, cells that cannot be trusted."""
    found = find(name, sheets, columns)
    read = records(found, root, tuple(found.rows()))
    if read.faults:
        raise Faulty(read.faults)
    return Document(name, {"version": version, root: list(read.values)}, read.places)


def _value(found: Found, row: int, cells: Sequence[Cell], faults: list[Fault]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for key, column in found.columns.items():
        cell = cells[column] if column < len(cells) else Cell("")
        if cell.flaw is not None:
            faults.append(fault(cell.flaw, found.place(row, key), value=cell.text))
        value = value_of(cell.text, found.kinds[key])
        if value is None:
            continue
        owner, _, inner = key.partition(".")
        if inner:
            made.setdefault(owner, {})[inner] = value
        else:
            made[key] = value
    return made
