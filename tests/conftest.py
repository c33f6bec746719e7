"""A bound on time, and how long generated tests search.

The profile `ci` takes the same examples every time, so that a commit is judged by itself and not by luck;
HYPOTHESIS_PROFILE=thorough searches anew at each run, and longer.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=30,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "thorough", parent=settings.get_profile("ci"), max_examples=120, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


_FIRST = (
    "test_generated_requests", "test_walkthrough", "test_backup", "test_one_service", "test_docs",
    "test_demonstration", "test_permissions", "test_raw_requests", "test_page_buttons", "test_walk_alerts",
    "test_every_page", "test_month_end", "test_misfortune", "test_walk", "test_year", "test_kill", "test_hospitals",
    "test_random_district", "test_concurrent", "test_rotating", "test_keys", "test_runs",
)  # fmt: skip
"""Files that take long, the longest first: begun last, one would go on alone while the other workers wait."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; those of one file stay together, in their order."""
    items.sort(key=lambda item: _place(item.path.stem))


def _place(stem: str) -> int:
    return next((n for n, name in enumerate(_FIRST) if stem.startswith(name)), len(_FIRST))


@pytest.fixture
def in_time() -> Callable[[int], AbstractContextManager[None]]:
    """Stops what takes longer than so many seconds: a hang is a failure, not a wait."""
    return _in_time


@contextmanager
def _in_time(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
