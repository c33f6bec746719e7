"""Seals anew what says who a copied person is: a sealed text opens only in the row that it was sealed for."""

import psycopg

from benchmarks.serving import Service
from doudi_web.site.installation import open_installation

_COLUMNS = ("name", "id_number", "phone")
_READ = "SELECT id, name, id_number, phone FROM register_person WHERE id NOT LIKE '%~%'"
_WRITE = """
UPDATE register_person p SET name = t.name, id_number = t.id_number, phone = t.phone
FROM resealed t WHERE t.id = p.id
"""


def reseal(running: Service, copies: int) -> None:
    """Each copy of a person, the first excepted, under the same key, in its own place."""
    open_installation(running.data, running.database, new=False)
    from doudi_web.register import sealing

    with psycopg.connect(running.database, autocommit=True) as database:
        database.execute(
            "CREATE TEMP TABLE resealed (id text, name bytea, id_number bytea, phone bytea)"
        )
        people = [
            (
                key,
                [
                    None if one is None else sealing.opened(one, f"{key}.{column}")
                    for column, one in zip(_COLUMNS, row, strict=True)
                ],
            )
            for key, *row in database.execute(_READ).fetchall()
        ]
        with (
            database.cursor() as cursor,
            cursor.copy("COPY resealed FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(["text", "bytea", "bytea", "bytea"])
            for copied in range(1, copies):
                for key, texts in people:
                    own = f"{key}~{copied}"
                    copy.write_row(
                        (
                            own,
                            *(
                                None if text is None else sealing.seal(text, f"{own}.{column}")
                                for column, text in zip(_COLUMNS, texts, strict=True)
                            ),
                        )
                    )
        database.execute("SET session_replication_role = replica")
        database.execute(_WRITE)
        database.execute("VACUUM (ANALYZE) register_person")
