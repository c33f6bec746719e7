"""A list of visits held against those that are open: new, open already, open with other content, wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from stdnum.exceptions import ValidationError as NumberError

from doudi.errors import Fault, fault
from doudi.source_text import Document, Path, Value, read_yaml, shown
from doudi.wire.columns import Found
from doudi.wire.identity_numbers import identity_numbers_in
from doudi.wire.records import records
from doudi_web.intake.reading import NAME, ROWS_REFUSED, place_in
from doudi_web.intake.seen import RowSeen, Seen, State, VisitSeen
from doudi_web.intake.standing import Driver, VisitHeld, prints_of, visits_held
from doudi_web.register import sealing
from doudi_web.register.reading import identity_number, wrong_number
from doudi_web.settlement.asked import canonical, kept, keys_of, mapping
from doudi_web.settlement.visits import header_faults
from doudi_web.tenancy.refusals import Refusal

Progress = Callable[[int, int | None], None]
_EACH = 200
_NUMBER: Path = ("person", "id_number")
_PERSONS = """
SELECT encode(id_digest, 'hex'), id FROM register_person WHERE id_digest = ANY(%s) AND withdrawn IS NULL
"""
_FACILITY = "SELECT level, district FROM tenancy_facility WHERE code = %s"


def look(db: Driver, facility: str, found: Found, progress: Progress) -> Seen:
    """What the list would open. Nothing is written; identity numbers only say who somebody is."""
    numbered = tuple(found.rows())
    if not numbered:
        return Seen(found, faults=[fault("F133", NAME)])
    brought = records(found, "visits", numbered)
    rows = [RowSeen(row, "") for (row, _), _ in zip(numbered, brought.values, strict=False)]
    at_row: dict[int | None, int] = {row.row: at for at, row in enumerate(rows)}
    document = Document(NAME, {}, brought.places)

    def refuse(told: Fault, at: int | None = None) -> bool:
        row, column = place_in(found, told.where)
        at = at_row.get(row) if at is None else at
        if at is not None:
            rows[at].refuse(column, told)
        return at is not None

    whole = [told for told in brought.faults if not refuse(told)]
    if whole:
        return Seen(found, rows, faults=whole)
    headers = _headers(db, facility, brought.values, document, refuse)
    refused = 0
    for at, header in enumerate(headers):
        if at % _EACH == 0:
            progress(at, len(rows))
        _read(db, facility, document, at, header, rows[at], refuse)
        refused += rows[at].state is State.FAULTY
        if refused > ROWS_REFUSED:
            return Seen(found, rows, faults=[fault("F111", found.place(rows[at].row, ""))])
    names = [row.of for row in rows if row.of]
    held = visits_held(db, facility, names)
    _against(found, rows, held)
    return Seen(found, rows, list(_visits(rows)), (), prints_of(held, names))


Refuse = Callable[[Fault, int | None], bool]


def _headers(
    db: Driver,
    facility: str,
    values: Sequence[Mapping[str, Value]],
    document: Document,
    refuse: Any,
) -> list[dict[str, Value]]:
    """The rows as headers of visits: words as codes, persons by the register's id, the hospital as it is."""
    persons = _persons(db, values)
    row = db.execute(_FACILITY, [facility]).fetchone()
    place = {"code": facility} | ({} if row is None else {"level": row[0], "district": row[1]})
    made: list[dict[str, Value]] = []
    for at, value in enumerate(values):
        header: dict[str, Value] = {k: v for k, v in value.items() if k != "diagnosis"}
        person = dict(mapping(value.get("person")))
        number = person.get("id_number")
        where = document.where(("visits", at, *_NUMBER))
        try:
            owner = None if not number else _who(str(number), persons)
        except NumberError as error:
            refuse(fault("S432", where, reason=wrong_number(error)), at)
        else:
            stated = str(person.setdefault("id", owner or "") or owner or "")
            if not stated:
                refuse(fault("S445", document.where(("visits", at))), at)
            elif owner in persons.values() and owner != stated:
                who = f"{owner}、{shown(stated)}"
                refuse(fault("S434", where, what="身份证号", who=who), at)
        if person.keys() - {"id", "id_number"}:
            person.setdefault("standings", [])
        header["person"] = person
        header["facility"] = dict(place)
        word = str(value.get("kind") or "")
        if word:
            header["kind"] = _kinds().get(word.casefold(), word)
            if header["kind"] == word and not _is_code(word):
                known = "、".join(w for w in _kinds() if not w.isascii())
                where = document.where(("visits", at, "kind"))
                refuse(
                    fault("S439", where, word=shown(word, 40), title="就医类别", known=known), at
                )
        found = mapping(value.get("diagnosis"))
        if found:
            header["diagnoses"] = [{**found, "main": True}]
        made.append(header)
    return made


def _read(
    db: Driver,
    facility: str,
    document: Document,
    at: int,
    header: dict[str, Value],
    row: RowSeen,
    refuse: Any,
) -> None:
    """One header by itself, as the register knows its person."""
    row.of = row.key = str(header.get("visit_id") or "")
    stated = {**header, "person": mapping(header.get("person"))}
    for path in identity_numbers_in(stated):
        if path != _NUMBER:
            refuse(fault("F209", document.where(("visits", at, *path))), at)
    if row.state is State.FAULTY:
        return
    here = Document(NAME, {}, _Diagnoses(document.places))
    for told in header_faults(db, here, header, facility, ("visits", at)):
        refuse(told, at)
    try:
        keys_of(header)
    except Refusal as refused:
        for told in refused.faults:
            if not row.faults:
                refuse(told, at)
    row.content = kept(header)


def _against(found: Found, rows: Sequence[RowSeen], held: Mapping[str, VisitHeld]) -> None:
    """Each visit against the one of its number."""
    first: set[str] = set()
    for row in rows:
        where = found.place(row.row, "visit_id")
        column = found.columns["visit_id"]
        if row.of in first and row.of:
            row.refuse(column, fault("S434", where, what="就诊号", who=shown(row.of)))
        first.add(row.of)
        known = held.get(row.of)
        if row.state is State.FAULTY or known is None or row.content is None:
            continue
        if canonical(dict(known.header)) == canonical(dict(row.content)):
            row.state = State.SAME
        else:
            told = fault("S491", where, visit=shown(row.of))
            row.refuse(column, told, State.CLASH)


def _visits(rows: Sequence[RowSeen]) -> Iterator[VisitSeen]:
    for row in rows:
        if row.of:
            is_held = row.state in (State.FAULTY, State.CLASH)
            yield VisitSeen(row.of, new=int(row.state is State.NEW), held=int(is_held))


def _persons(db: Driver, values: Sequence[Mapping[str, Value]]) -> dict[str, str]:
    """Whom the register knows by the identity numbers of the list: by digest, in one question."""
    digests = list[bytes]()
    for value in values:
        number = mapping(value.get("person")).get("id_number")
        if number:
            try:
                digests.append(sealing.digest("id_number", identity_number(str(number))))
            except NumberError:
                continue
    return dict(db.execute(_PERSONS, [digests]).fetchall()) if digests else {}


def _who(number: str, persons: Mapping[str, str]) -> str:
    """The register's id of who has this number; one made of the number where the register has none.

    Raises NumberError.
    """
    whole = identity_number(number)
    return persons.get(sealing.digest("id_number", whole).hex()) or sealing.opaque_id(whole)


@cache
def _kinds() -> Mapping[str, str]:
    """The words for kinds of care, each with the code that it stands for."""
    text = files("doudi_web.intake").joinpath("words.yaml").read_text("utf-8")
    stated: dict[str, dict[str, list[str]]] = read_yaml("words.yaml", text).value
    return {
        word.casefold(): code for code, words in stated["kind"].items() for word in (code, *words)
    }


def _is_code(word: str) -> bool:
    """A code of small letters is taken as it is: packs may have others."""
    return word.isascii() and word.islower() and word.isidentifier()


class _Diagnoses(Mapping[Path, str]):
    """A header has a list of diagnoses, the table one in two columns."""

    def __init__(self, places: Mapping[Path, str]) -> None:
        self._places = places

    def __getitem__(self, path: Path) -> str:
        match path:
            case (root, at, "diagnoses", _, *rest):
                return self._places[root, at, "diagnosis", *rest]
            case _:
                return self._places[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
