"""After any steps the balances are those of an independent recomputation; closed months stay as they were.

A year comes from its seed (DOUDI_SEED and the test's number): a failing one is run again alone and shows its steps.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from django.test import override_settings

from doudi_web.settlement.verify import verify
from web.beside import of_month
from web.ledger_at_hand import copied
from web.random_district import Clock, Year
from web.service import Service

SEED = os.environ.get("DOUDI_SEED", "20190613")
FEW, MORE, MANY, STEPS = 6, 40, 300, 40


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """No line in the log for each request."""
    log = logging.getLogger("doudi.requests")
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)


@pytest.mark.parametrize(
    "number",
    [
        *range(FEW),
        *(pytest.param(n, marks=pytest.mark.slow) for n in range(FEW, MORE)),
        *(pytest.param(n, marks=[pytest.mark.slow, pytest.mark.hours]) for n in range(MORE, MANY)),
    ],
)
def test_balances_are_those_of_a_recomputation_after_any_steps(
    service: Service, number: int
) -> None:
    """Of three years one has openings, and in one a proposal may be refused."""
    clock = Clock()
    with copied(service) as own, override_settings(DEMO=clock):
        year = Year(own, f"{SEED}.{number}", clock, opens=number % 3 == 1, refuses=number % 3 == 2)
        for _ in range(STEPS):
            year.step()
        year.finish()
        moved = {month: of_month(own, month) for month in year.closed}
        year.held.equal("closed months", moved, year.closed)
        assert own.ask("POST", "/api/v1/ledger/seal", year.admin)[0] == 200
        found = verify()
        assert found.holds, found.faults
