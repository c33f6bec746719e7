"""Alerts keep up with the ledger a few postings at a time, each looked at once, however late others commit."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg
import pytest
from django.test import override_settings

from desk.plans import read_whole, recorded
from doudi.dates import CHINA
from doudi_web.alerts import claims, keeping
from doudi_web.alerts.found import Driver
from doudi_web.tenancy.demo_clock import DemoClock
from web.alerts_at_hand import County
from web.service import Service

_OPEN = """
INSERT INTO settlement_posting
  (kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
VALUES ('reverse', %s, 'token:0', 'late', now(), '2026-11', '', '', '', '', '') RETURNING id
"""


@pytest.fixture(scope="module")
def county(service: Service) -> Iterator[County]:
    """Hospitals, on a day in December of 2019; somebody whose two stays are split."""
    morning = DemoClock(datetime(2019, 12, 3, 9, tzinfo=CHINA), datetime.now(CHINA))
    with override_settings(DEMO=morning):
        made = County(service)
        made.person("KP")
        made.look()
        yield made


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The settlements of each step, of at most three postings."""
    steps: list[list[int]] = []
    fold = claims.fold

    def noted(db: Driver, settlements: Sequence[int], late_days: int) -> set[str]:
        steps.append(list(settlements))
        return fold(db, settlements, late_days)

    monkeypatch.setattr(claims, "fold", noted)
    monkeypatch.setattr(keeping, "BATCH", 3)
    return steps


def _low(service: Service) -> tuple[int, int]:
    ((low, noted),) = service.rows(
        "SELECT low, (SELECT count(*) FROM alerts_looked) FROM alerts_state"
    )
    return low, noted


def test_while_somebody_commits_late_nothing_is_looked_at_twice(
    county: County, service: Service, looked_at: list[list[int]]
) -> None:
    first = county.stay("KP", "2019-03-01", "2019-03-05")
    county.look()
    looked_at.clear()
    with psycopg.connect(service.url) as slow:
        late = slow.execute(_OPEN, [int(first["settlement_id"])]).fetchone()
        more = [county.seen("KP", f"2019-06-{day:02d}") for day in range(1, 9)]
        county.look()
        numbers = sorted(int(one["settlement_id"]) for one in more)
        assert sorted(n for step in looked_at for n in step) == numbers
        assert max(map(len, looked_at)) <= 3
        assert _low(service)[1] >= 8
        looked_at.clear()
        county.look()
        assert [n for step in looked_at for n in step] == []
        more = county.stay("KP", "2019-03-09", "2019-03-12")
        county.look()
        assert [n for step in looked_at for n in step] == [int(more["settlement_id"])]
        looked_at.clear()
    assert late is not None
    county.look()
    assert [n for step in looked_at for n in step] == [int(first["settlement_id"])]


def test_once_all_have_committed_nothing_is_noted_one_by_one(
    county: County, service: Service
) -> None:
    for _ in range(2):
        service.rows(
            "UPDATE indicators_state SET marked = marked - interval '1 minute' RETURNING id"
        )
        county.look()
    ((top,),) = service.rows("SELECT max(id) FROM settlement_posting")
    assert _low(service) == (top, 0)


_READ_WHOLE = {"alerts_state", "alerts_value by all of alerts_value_pkey", "wards_revision",
               "wards_kept by all of wards_kept_pkey", "settlement_posting by all of one_reversal"}  # fmt: skip
"""Rows that are few: states, stated values, running visits; reversals, where less than asking of each."""


def test_a_look_at_what_is_new_reads_no_table_of_visits_or_persons_whole(
    county: County, service: Service
) -> None:
    with recorded() as asked:
        county.seen("KP", "2019-07-01")
        county.look()
    ((seen,),) = service.rows("SELECT count(*) FROM alerts_claim WHERE start = '2019-07-01'")
    whole = {line.split(":")[0] for line in read_whole(service.url, asked.reading())}
    assert (seen, whole - _READ_WHOLE) == (1, set())
