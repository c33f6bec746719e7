"""Sealing anew, under another key, what other rooms keep sealed."""

from typing import LiteralString

from django.db import connection, transaction

from doudi_web.register import sealing
from doudi_web.register.sealed import kept

_BATCH = 100


def reseal(number: int) -> int:
    """Seal all of it anew under a key, in batches that are whole by themselves; how much was sealed anew."""
    return sum(_column(table, column, place, number) for (table, column), place in kept().items())


def _column(table: LiteralString, column: LiteralString, place: str, number: int) -> int:
    last, count = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE id > %s AND length({column}) > 0"
                " ORDER BY id LIMIT %s FOR UPDATE",
                [last, _BATCH],
            )
            rows = [(row, bytes(was)) for row, was in cursor.fetchall()]
            if not rows:
                return count
            for row, was in rows:
                if sealing.key_number(was) == number:
                    continue
                anew = sealing.seal_bytes(
                    sealing.opened_bytes(was, f"{place}.{row}"), f"{place}.{row}", number
                )
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [anew, row])
                count += 1
        last = rows[-1][0]
