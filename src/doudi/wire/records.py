"""Rows of a table under its header → values as YAML would hold them, with the cell that each came from."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
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
    numbers = array("l")
    faults: list[Fault] = []
    for row, cells in rows:
        value = _value(found, row, cells, faults)
        values.append(value)
        numbers.append(row)
        if len(faults) >= FAULTS_TOLD:
            faults.append(fault("F111", found.place(row, "")))
            break
    return Records(tuple(values), CellPlaces(found, root, numbers), tuple(faults))


class CellPlaces(Mapping[Path, str]):
    """Where each value of each record stands: told when it is asked for, since a long table has millions."""

    def __init__(self, found: Found, root: str, rows: Sequence[int]) -> None:
        self._found, self._root, self._rows = found, root, rows
        self._keys: dict[Path, str] = {(): ""}
        for key in found.columns:
            at: Path = tuple(key.split("."))
            self._keys[at] = key
            self._keys.setdefault(at[:1], key)

    def __getitem__(self, path: Path) -> str:
        match path:
            case (self._root, int(number), *rest) if 0 <= number < len(self._rows):
                return self._found.place(self._rows[number], self._keys[tuple(rest)])
            case _:
                raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        return ((self._root, n, *key) for n in range(len(self._rows)) for key in self._keys)

    def __len__(self) -> int:
        return len(self._rows) * len(self._keys)


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
