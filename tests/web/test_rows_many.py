"""Settlements are filtered by their state without a look at each, where those of the state are few among many."""

import psycopg
import pytest

from doudi_web.settlement import rows
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.service import Service

MANY = 40_000
_FILL = (
    "SET session_replication_role = replica",  # rows of no message: the guards of the ledger are not asked
    f"""INSERT INTO settlement_settlement
      (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result)
    SELECT g, 'c', g, '', 'B' || g, 'P' || g % 1000, 'F' || g % 20,
      timestamptz '2019-01-01' + g * interval '1 minute',
      CASE WHEN g % 10000 = 7 THEN g - 1 ELSE g END, 2019, '{{}}' FROM generate_series(1, {MANY}) g""",
    f"""INSERT INTO settlement_posting
      (kind, settlement, client, message, posted, month, reason, parts, content, commitment)
    SELECT kind, g, 'c', kind || g, now(), '2019-01', '', '', '', ''
    FROM generate_series(1, {MANY}) g, unnest(ARRAY['settle', 'reverse']) AS kind
    WHERE kind = 'settle' OR g % 10000 = 6""",
    "ANALYZE settlement_settlement", "ANALYZE settlement_posting",
)  # fmt: skip


@pytest.fixture(scope="module")
def many(service: Service) -> Service:
    with psycopg.connect(service.url) as database:
        for sql in _FILL:
            database.execute(sql)
    return service


# Catches a filter that walks all settlements backwards and probes each.
@pytest.mark.parametrize(
    ("state", "index"), [("corrected", "corrected_of_moment"), ("reversed", "one_reversal")]
)
@pytest.mark.parametrize("facility", ["", "F7"])
def test_the_few_of_a_state_are_found_by_an_index_of_their_own(
    many: Service, state: str, index: str, facility: str
) -> None:
    actor = Actor("test", Role.AUDITOR)
    query = rows.Query(state=state, facility=facility)
    where, values = rows.conditions(actor, query)
    with psycopg.connect(many.url) as database:
        found = database.execute(rows._ROWS.format(where=where), [*values, 51]).fetchall()
        told = database.execute(f"EXPLAIN {rows._ROWS.format(where=where)}", [*values, 51])
        plan = "\n".join(line for (line,) in told)
    # by hand: of 1 to 40,000 every ten thousandth, 7 behind it corrected, 6 behind it reversed
    numbers = [n for n in range(MANY, 0, -1) if n % 10_000 == (7 if state == "corrected" else 6)]
    assert [row[0] for row in found] == [n for n in numbers if facility in ("", f"F{n % 20}")]
    assert f"using {index}" in plan.partition("SubPlan")[0] or f"on {index}" in plan
    assert "using of_moment" not in plan
