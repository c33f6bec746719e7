"""A catalogue kept in Parquet, as a sheet: the library that reads it wants a file, not bytes."""

from pathlib import Path
from typing import Any

from doudi.errors import Faulty, fault
from doudi.wire.sheets import Cell, Sheet
from doudi.wire.sheets.sheet import within_limits


def read_parquet(path: Path) -> Sheet:
    """The table of a Parquet file, its column names as the first row. Raises Faulty."""
    import duckdb  # noqa: PLC0415 - heavy, and only for Parquet

    try:
        with duckdb.connect(
            ":memory:", config={"memory_limit": "400MB", "threads": "1"}
        ) as connection:
            table = connection.from_parquet(str(path))
            names: list[str] = table.columns
            ((count,),) = connection.execute(
                "select count(*) from read_parquet(?)", [str(path)]
            ).fetchall()
            within_limits(str(path), count, len(names))
            rows: list[tuple[Any, ...]] = table.fetchall()
    except duckdb.Error as error:
        reason = "不是完好的 Parquet 文件"
        raise Faulty([fault("F120", str(path), reason=reason, mend_="重新导出。")]) from error
    header = [Cell(name) for name in names]
    return Sheet(str(path), [header, *([Cell(_text(v)) for v in row] for row in rows)])


def _text(value: Any) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
