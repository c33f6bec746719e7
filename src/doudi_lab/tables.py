"""A county in files: Parquet for looking at, JSON for the engine and the interface."""

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from doudi_lab.columns import TABLES
from doudi_lab.county import County, sample_catalogue_file
from doudi_lab.people import Person

BILLS, REGISTER, CATALOGUE = "bills.jsonl", "register.json", "catalogue.parquet"

_TEXT = "VARCHAR"
_LINE = ", ".join(
    f'"{key}" {_TEXT}'
    for key in ("id", "code", "name", "date", "class", "first_self_pay_rate", "price_ceiling",
                "quantity", "unit_price", "amount", "refunds")
)  # fmt: skip
_GIVEN = ", ".join(
    f"{key} {_TEXT}"
    for key in ("basic", "deductible_met", "critical_illness", "medical_assistance")
)
_BILL = {
    **dict.fromkeys(("visit_id", "episode_id", "kind", "admitted", "discharged", "settled"), _TEXT),
    "person": f"STRUCT(id {_TEXT})",
    "facility": f"STRUCT(code {_TEXT}, level {_TEXT}, district {_TEXT})",
    "referred": "BOOLEAN",
    "major_disease": "BOOLEAN",
    "lines": f"STRUCT({_LINE}, consent BOOLEAN)[]",
    "given": f"STRUCT({_GIVEN})",
}
_PERSON = {
    **dict.fromkeys(
        ("person", "name", "id_number", "birth_date", "sex", "ethnicity", "insurance_tier", "district",
         "village", "household"),
        _TEXT,
    ),
    "standings": f'STRUCT(code {_TEXT}, "from" {_TEXT}, "to" {_TEXT})[]',
    "diseases": f"STRUCT(name {_TEXT}, kind {_TEXT}, since {_TEXT})[]",
    "doctor": f"STRUCT(facility {_TEXT}, name {_TEXT}, phone {_TEXT}, since {_TEXT})",
}  # fmt: skip
_DIVISION = dict.fromkeys(
    ("village", "village_name", "township", "township_name", "district"), _TEXT
)
_FACILITY = dict.fromkeys(("code", "name", "level", "district"), _TEXT)
_READ = {"bills": _BILL, "persons": _PERSON, "divisions": _DIVISION, "facilities": _FACILITY}


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written."""

    persons: int
    visits: int
    lines: int
    facilities: int


def write(
    county: County, folder: Path, progress: Callable[[int, int], None] | None = None
) -> Written:
    """Write a county's files into a folder; files of these names that are there are replaced, each as a whole.

    The same county gives the same bytes. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".doudi-", dir=folder) as name:
        begun = Path(name)
        done = begun / "done"
        done.mkdir()
        visits, lines = _bills(county, done / BILLS, progress)
        _json_lines(begun / "persons", map(_person, county.persons))
        _json_lines(begun / "divisions", _divisions(county))
        _json_lines(begun / "facilities", map(asdict, county.facilities))
        _register(county, done / REGISTER)
        (begun / "bills").hardlink_to(done / BILLS)
        _parquet(begun, done)
        for path in sorted(done.iterdir()):
            path.replace(folder / path.name)
    return Written(len(county.persons), visits, lines, len(county.facilities))


def _bills(
    county: County, path: Path, progress: Callable[[int, int], None] | None
) -> tuple[int, int]:
    planned, lines = county.visits(), 0
    encode = json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), check_circular=False
    ).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, bill in enumerate(county.bills(planned), 1):
            file.write(encode(bill) + "\n")
            lines += len(bill["lines"])
            if progress is not None and number % 100 == 0:
                progress(number, len(planned))
    return len(planned), lines


def _json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


def _person(person: Person) -> dict[str, Any]:
    register = person.in_register()
    return {
        "person": register.pop("id"),
        **register,
        "diseases": [asdict(disease) for disease in person.diseases],
        "doctor": None if person.doctor is None else asdict(person.doctor),
    }


def _divisions(county: County) -> Iterable[dict[str, Any]]:
    for township in county.places.townships:
        for village in township.villages:
            yield {
                "village": village.code, "village_name": village.name, "township": township.code,
                "township_name": township.name, "district": county.district,
            }  # fmt: skip


def _register(county: County, path: Path) -> None:
    """The persons as POST /api/v1/persons takes them, one a line."""
    persons = (json.dumps(p.in_register(), ensure_ascii=False) for p in county.persons)
    path.write_text('{"persons": [\n' + ",\n".join(persons) + "\n]}\n", encoding="utf-8")


def _parquet(begun: Path, done: Path) -> None:
    """One thread, so that rows stand in the order in which they were made."""
    import duckdb  # noqa: PLC0415 - heavy, and only for Parquet

    config: dict[str, Any] = {"threads": 1, "memory_limit": "800MB", "temp_directory": str(begun)}
    with duckdb.connect(":memory:", config=config) as database:
        for name, columns in _READ.items():
            stated = ", ".join(f"'{key}': '{type_}'" for key, type_ in columns.items())
            database.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_json({_quoted(begun / name)},"
                f" format = 'newline_delimited', columns = {{{stated}}})"
            )
        for table in TABLES:
            _copy(database, table.query, done / f"{table.name}.parquet")
        source = f"read_csv({_quoted(sample_catalogue_file())}, skip = 1, all_varchar = true)"
        _copy(database, f"SELECT * FROM {source}", done / CATALOGUE)


def _copy(database: Any, query: str, path: Path) -> None:
    database.execute(f"COPY ({query}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd)")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
