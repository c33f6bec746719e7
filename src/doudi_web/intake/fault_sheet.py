"""The rows that are wrong as a table: the cell marked, the reason beside it; mended there, it is read back."""

import io
from typing import Any

from doudi.errors import Faulty, fault
from doudi.wire import sheets
from doudi.wire.sheets.inert import visible
from doudi_web.audit_log.actions import record
from doudi_web.intake import importing, keeping
from doudi_web.intake.keeping import Came, Json
from doudi_web.intake.reading import NAME, table_of
from doudi_web.intake.seen import State
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

ROW = "原文件第几行"
_WHY, _MEND = "错在哪里", "怎么改"
_HEADER_WITHIN, _CELL = 40, 32_000
_PAGES = 40
"""Pages of a tab that one table holds; of what is left the table itself says how much."""


def write(actor: Actor, number: int) -> bytes:
    """An XLSX of the rows that are wrong or clash, as they stand in the file with what was mended. It holds what
    the file holds: who takes it is recorded. Raises Refusal 403, 404, 409."""
    db = tables.driver()
    came = importing.found_for(db, actor, number)
    wrong = [
        row
        for tab in (State.FAULTY, State.CLASH)
        for n in range(_PAGES)
        for row in keeping.page(db, came.id, tab.value, n)
    ]
    told = came.told()
    columns = [one for one in told.get("columns", []) if one["key"]]
    if not wrong or not columns:
        state = "没有写错的行"
        raise Refusal.of(409, "S652", str(number), number=number, state=state, what="下载")
    found = table_of(came.kind, came.file(), came.visit, came.columns, keeping.mends(db, number))
    rows = [
        (row, [found.sheet.cell(row["row"] - 1, one["at"]).text for one in columns])
        for row in sorted(wrong, key=lambda row: row["row"])
    ]
    record(actor, "intake.download", f"intake:{number}", detail={"rows": len(rows)})
    left = came.counts["faulty"] + came.counts["clash"] - len(rows)
    return _made(columns, rows, left)


def _made(columns: list[Json], rows: list[tuple[Json, list[str]]], left: int) -> bytes:
    """Every cell is text: nothing is run, no code loses a figure. Rows left out are told above the head."""
    import xlsxwriter  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - heavy, only here

    content = io.BytesIO()
    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    made: Any = xlsxwriter.Workbook(content, {"in_memory": True, **never})
    with made as book:
        text = {"num_format": 49, "valign": "top"}
        plain, wrapped = book.add_format(text), book.add_format({**text, "text_wrap": True})
        head = book.add_format({**text, "bold": True, "text_wrap": True})
        bad = book.add_format({**text, "bg_color": "#FDECEA", "font_color": "#B3261E", "border": 1})
        sheet = book.add_worksheet("要改的行")
        titles = [ROW, *(one["title"] for one in columns), _WHY, _MEND]
        above = 1 if left else 0
        if left:
            sheet.write_string(
                0, 0, f"还有 {left:,} 行不在这张表里：这些改好，传上来，再下载一次。", bad
            )
        for at, title in enumerate(titles):
            sheet.write_string(above, at, visible(title), head)
        sheet.set_column(0, len(columns), 16, plain)
        sheet.set_column(len(columns) + 1, len(columns) + 2, 48, wrapped)
        places = {one["at"]: n + 1 for n, one in enumerate(columns)}
        for n, (row, cells) in enumerate(rows, 1 + above):
            sheet.write_string(n, 0, str(row["row"]), plain)
            for at, cell in enumerate(cells, 1):
                sheet.write_string(n, at, visible(cell)[:_CELL], plain)
            for one in row["faults"]:
                at = places.get(one["column"])
                if at is not None:
                    sheet.write_string(n, at, visible(cells[at - 1])[:_CELL], bad)
                    sheet.write_comment(n, at, visible(f"{one['what']}\n{one['mend']}"))
            why = "；".join(one["what"] for one in row["faults"])
            sheet.write_string(n, len(columns) + 1, visible(why)[:_CELL], wrapped)
            mend = " ".join(one["mend"] for one in row["faults"])
            sheet.write_string(n, len(columns) + 2, visible(mend)[:_CELL], wrapped)
        sheet.freeze_panes(1 + above, 1)
    return content.getvalue()


def read_back(actor: Actor, number: int, revision: int, content: bytes) -> int:
    """Take what was mended in the table into the import: the cells that are other than they were.

    Raises Refusal 403, 404, 409, 422 (not this table; a row that the import does not have).
    """
    came = importing.found_for(tables.driver(), actor, number)
    cells = _cells(came, content)
    importing.mend(actor, number, revision, cells)
    return len(cells)


def _cells(came: Came, content: bytes) -> list[tuple[int, str, str]]:
    """Every cell of the table that stands in a column of the import. Raises Refusal 422."""
    try:
        found = sheets.read(NAME, content)
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    keys = {one["title"]: one["key"] for one in came.told().get("columns", []) if one["key"]}
    for sheet in found:
        for header, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
            titles = [cell.text.strip() for cell in row]
            if ROW not in titles:
                continue
            at = titles.index(ROW)
            places = {n: keys[title] for n, title in enumerate(titles) if title in keys}
            made: list[tuple[int, str, str]] = []
            for line in range(header + 1, len(sheet.rows)):
                stated = sheet.cell(line, at).text.strip()
                if not stated:
                    continue
                if not (stated.isascii() and stated.isdecimal() and len(stated) < 8):
                    raise Refusal.of(422, "S659", sheet.place(line, at), row=stated)
                made += [(int(stated), key, sheet.cell(line, n).text) for n, key in places.items()]
            return made
    raise Refusal(422, [fault("F123", NAME, columns=ROW, seen="这不是从这里下载的错误表。")])
