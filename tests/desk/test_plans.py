"""The judge of plans sees what reads a table whole, and lets pass what goes by an index."""

import pytest

from desk.plans import COUNTED, WAITING, read_whole, recorded
from doudi_web.settlement import tables
from doudi_web.tenancy.models import Account
from web.service import Service


def test_a_table_that_is_read_whole_is_named(service: Service) -> None:
    with recorded() as asked:
        tables.driver().execute("SELECT id FROM settlement_settlement WHERE result = %s", ["x"])
    assert read_whole(service.url, asked.reading())[0].startswith("settlement_settlement")


def test_an_index_that_is_read_from_end_to_end_is_named(service: Service) -> None:
    sql = "SELECT sum(year) FROM (SELECT year FROM settlement_settlement ORDER BY id) x"
    found = read_whole(service.url, [(sql, None)])
    assert [line.split(":")[0].split(" by ")[0] for line in found] == ["settlement_settlement"]


_SETTLED = "SELECT s.id FROM settlement_settlement s"
_REVERSED = "SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse'"


@pytest.mark.parametrize(
    "sql",
    [
        f"{_SETTLED} ORDER BY year LIMIT 50",
        f"{_SETTLED} WHERE result = 'x' ORDER BY settled, id LIMIT 50",
        f"{_SETTLED} WHERE NOT EXISTS ({_REVERSED}) ORDER BY settled, id LIMIT 50",
        "SELECT count(*) FROM settlement_posting WHERE kind = 'reverse'",
        "SELECT count(*) FROM settlement_posting WHERE month > '2019-01' AND kind = 'x' OR kind = 'reverse'",
    ],
)
def test_a_limit_does_not_excuse_what_must_first_see_everything(service: Service, sql: str) -> None:
    """A sort, and a condition that no index has: the rows that are asked for may be the last of all."""
    assert read_whole(service.url, [(sql, None)]) != []


def test_indexes_that_may_be_read_whole_are_there_and_hold_a_part(service: Service) -> None:
    held = dict(service.rows(
        "SELECT c.relname::text, i.indpred IS NOT NULL FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    ))  # fmt: skip
    assert set(held) >= WAITING | COUNTED
    assert all(held[name] for name in WAITING)


def test_what_goes_by_an_index_passes(service: Service) -> None:
    sql = "SELECT id FROM settlement_settlement WHERE facility = %s ORDER BY settled DESC LIMIT 50"
    assert read_whole(service.url, [(sql, ["Y1"])]) == []
    assert read_whole(service.url, [("SELECT * FROM tenancy_facility", None)]) == []
    newest = "SELECT id FROM settlement_settlement ORDER BY settled DESC, id DESC LIMIT 5"
    assert read_whole(service.url, [(newest, None)]) == []


def test_django_statements_are_recorded_too(service: Service) -> None:
    assert service
    with recorded() as asked:
        assert Account.objects.filter(username="nobody").first() is None
    assert [sql.split()[0] for sql, _ in asked.reading()] == ["SELECT"]


_TWICE = """
SELECT indrelid::regclass::text, array_agg(indexrelid::regclass::text ORDER BY indexrelid::regclass::text)
FROM pg_index WHERE indrelid::regclass::text NOT LIKE 'pg_%%'
GROUP BY indrelid, indkey::text, indclass::text, indoption::text, indisunique,
  coalesce(pg_get_expr(indpred, indrelid), ''), coalesce(pg_get_expr(indexprs, indrelid), '')
HAVING count(*) > 1 ORDER BY 1
"""


def test_no_index_is_kept_twice(service: Service) -> None:
    assert service.rows(_TWICE) == []
