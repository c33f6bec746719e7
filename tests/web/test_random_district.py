"""After any steps the balances are those of an independent recomputation; closed months stay as they were.

A year comes from its seed (DOUDI_SEED and the test's number): a failing one is run again alone and shows its steps.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from django.test import override_settings

from doudi_web.settlement.verify import verify
from web.ledger_at_hand import copied
from web.random_district import Clock, Year
from web.service import Service

SEED = os.environ.get("DOUDI_SEED", "20190613")
FEW, MANY, STEPS = 5, 300, 40


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """No line in the log for each request."""
    log = logging.getLogger("doudi.requests")
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)


@pytest.mark.parametrize(
    "number", [*range(FEW), *(pytest.param(n, marks=pytest.mark.slow) for n in range(FEW, MANY))]
)
def test_balances_are_those_of_a_recomputation_after_any_steps(
    service: Service, number: int
) -> None:
    clock = Clock()
    with copied(service) as own, override_settings(DEMO=clock):
        year = Year(own, f"{SEED}.{number}", clock)
        for _ in range(STEPS):
            year.step()
        assert own.ask("POST", "/api/v1/ledger/seal", year.admin)[0] == 200
        found = verify()
        assert found.holds, found.faults
