"""The judge of plans sees what reads a table whole, and lets pass what goes by an index."""

from desk.plans import read_whole, recorded
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
