"""A hospital's mapping table as text: the entries of one code, and the table with another entry for it.

All other entries stay as they were written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import cast

from doudi.dates import Span
from doudi.source_text import Document, Value
from doudi.wire.mapping_file import MappedForm
from doudi_web.policy.actions import MappingRow
from doudi_web.policy.rules import canonical_list

Entry = Mapping[str, Value]


def entries_of(row: MappingRow | None, own_code: str) -> str:
    """What a table says of one own code, word for word; the same entries are always the same text."""
    found = [dict(one) for one in _entries(row) if _code(one) == own_code]
    return canonical_list(Document("entries", cast("Value", found)))


def with_entries(row: MappingRow | None, wanted: Iterable[tuple[str, str, str, date]]) -> Document:
    """The table in which own codes stand for other codes from a day on: (own code, own name, code, day).

    What the table said before that day of such a code stays, up to the day; what it said from then on goes.
    """
    entries = list(_entries(row))
    for own_code, name, code, day in wanted:
        entries = [kept for one in entries for kept in _before(one, own_code, day)]
        entries.append(
            {"hospital_code": own_code, "code": code, "name": name, "from": day.isoformat()}
        )
    head = {} if row is None else {k: v for k, v in _mapping(row).items() if k != "items"}
    return Document("mapping", cast("Value", {**head, "items": [dict(one) for one in entries]}))


def _before(one: Entry, own_code: str, day: date) -> Sequence[Entry]:
    if _code(one) != own_code:
        return (one,)
    form = MappedForm.model_validate(one)
    span = Span(form.start, form.end)
    if span.start >= day:
        return ()
    if span.end is not None and span.end <= day:
        return (one,)
    return ({**one, "to": day.isoformat()},)


def _mapping(row: MappingRow) -> dict[str, Value]:
    return cast("dict[str, Value]", row.document.value)


def _entries(row: MappingRow | None) -> list[Entry]:
    return [] if row is None else cast("list[Entry]", _mapping(row)["items"])


def _code(one: Entry) -> str:
    return str(one.get("hospital_code"))
