"""A roll of persons kept as a table → the document that the same persons would be: rows of one person together.

A person has a row for each standing. What is said once holds for all rows; said twice it must be the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi.source_text import Document, Path, Value, shown
from doudi.wire import sheets
from doudi.wire.bill_form import moment_of
from doudi.wire.columns import Found, find, shipped
from doudi.wire.records import records
from doudi_web.register import sealing
from doudi_web.register.reading import identity_number, raise_any
from doudi_web.register.words import stated_words

_LISTS = {"standing": "standings", "disease": "diseases", "doctor": "doctors"}
_TITLES = {"standing": "人员类别", "insurance_tier": "参保档次", "sex": "性别"}


def table_of_roll(name: str, content: bytes) -> Found:
    """The table of a roll, with the columns that nobody knows. Raises Faulty."""
    return find(name, sheets.read(name, content), shipped("persons"))


def roll_of(found: Found) -> Document:
    """A table's rows as `{persons: [...]}`; each value knows its cell. Raises Faulty with all that is wrong."""
    numbered = tuple(found.rows())
    read = records(found, "rows", numbered)
    faults = list(read.faults)
    persons: dict[str, dict[str, Value]] = {}
    rows: dict[str, list[int]] = {}
    items: dict[str, dict[tuple[str, int], int]] = {}
    for (number, _), row in zip(numbered, read.values, strict=False):
        who = _who(row)
        if who is None:
            faults.append(fault("S445", found.place(number, "")))
            continue
        faults += _words(found, number, row)
        person = persons.setdefault(who, {"id": who})
        rows.setdefault(who, []).append(number)
        faults += _merge(found, number, person, row, rows[who], items.setdefault(who, {}))
    raise_any(faults)
    ids = list(persons)
    places = RollPlaces(found, [rows[who] for who in ids], [items[who] for who in ids])
    return Document(found.sheet.name, {"persons": [persons[who] for who in ids]}, places)


def is_roll(name: str, content: bytes) -> bool:
    """Whether a file is a table, by its ending or its first bytes."""
    return content.startswith(b"PK\x03\x04") or sheets.is_table(name)


class RollPlaces(Mapping[Path, str]):
    """Where each value of each person stands: in the person's first row, or in the row of the list's item."""

    def __init__(
        self, found: Found, rows: Sequence[list[int]], items: Sequence[dict[tuple[str, int], int]]
    ) -> None:
        self._found, self._rows, self._items = found, rows, items

    def __getitem__(self, path: Path) -> str:
        match path:
            case ("persons", int(n), str(key), int(item), *rest) if (key, item) in self._items[n]:
                column = next(k for k, plural in _LISTS.items() if plural == key)
                inner = str(rest[0]) if rest else "code"
                return self._place(self._items[n][key, item], f"{column}.{inner}")
            case ("persons", int(n), str(key), *_) if n < len(self._rows):
                return self._place(self._rows[n][0], key)
            case ("persons", int(n)) if n < len(self._rows):
                return self._place(self._rows[n][0], "")
            case _:
                raise KeyError(path)

    def _place(self, row: int, key: str) -> str:
        return self._found.place(row, key)

    def __iter__(self) -> Iterator[Path]:
        return (("persons", n) for n in range(len(self._rows)))

    def __len__(self) -> int:
        return len(self._rows)


@cache
def _known_words() -> Mapping[str, Mapping[str, str]]:
    """For each column its words, each with the code that it stands for."""
    return {
        key: {word.casefold(): code for code, words in listed.items() for word in (code, *words)}
        for key, listed in stated_words().items()
    }


def _who(row: Mapping[str, Value]) -> str | None:
    """Whose row it is: the id, or one made of the identity number."""
    if row.get("id"):
        return str(row["id"])
    number = row.get("id_number")
    if not number:
        return None
    try:
        return sealing.opaque_id(identity_number(str(number)))
    except ValueError:
        return sealing.opaque_id(str(number))  # a fault when the person is read


def _words(found: Found, number: int, row: dict[str, Any]) -> Iterator[Fault]:
    """The words of a row as codes. A code of small letters is taken as it is: packs may have others."""
    for column, key, owner in (
        ("standing.code", "standing", row.get("standing", {})),
        ("insurance_tier", "insurance_tier", row),
        ("sex", "sex", row),
    ):
        inner = "code" if key == "standing" else key
        word = str(owner.get(inner) or "")
        if not word:
            continue
        known = _known_words()[key]
        code = known.get(word.casefold())
        is_code = key != "sex" and word.isascii() and word.islower() and word.isidentifier()
        if code is None and not is_code:
            title, words = _TITLES[key], "、".join(known)
            where = found.place(number, column)
            yield fault("S439", where, word=shown(word, 40), title=title, known=words)
        owner[inner] = code or word


def _merge(
    found: Found, number: int, person: dict[str, Any], row: Mapping[str, Any], rows: Sequence[int],
    items: dict[tuple[str, int], int],
) -> Iterator[Fault]:  # fmt: skip
    """A row's values into the person: each said once or the same; each standing one more of a list."""
    for key, value in row.items():
        if key in _LISTS:
            listed = person.setdefault(_LISTS[key], [])
            made = _item(key, value)
            if made is not None and made not in listed:
                items[_LISTS[key], len(listed)] = number
                listed.append(made)
        elif key == "id":
            continue
        elif key not in person:
            person[key] = value
        elif person[key] != value:
            other = found.place(rows[0], key)
            yield fault("S438", found.place(number, key), title=found.title(key), other=other)


def _item(key: str, stated: dict[str, Any]) -> dict[str, Any] | None:
    """A standing, disease or doctor of a row; a day of knowing is that day's first moment in China."""
    if key == "standing" and "code" not in stated and not stated.keys() - {"known"}:
        return None
    known = stated.get("known")
    if known is not None:
        with suppress(ValueError):  # a fault when the person is read
            stated["known"] = moment_of(known).instant.astimezone(CHINA).isoformat()
    return stated
