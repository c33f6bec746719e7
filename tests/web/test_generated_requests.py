"""Whatever is sent, the answer is one that is described, tells of no inside, and leaves nothing half done.

Each batch has a district of its own and a seed of its own (DOUDI_SEED/source/number), so that one alone can be
replayed: `DOUDI_SEED=… pytest -k 'thousand and spoilt-17'`. Slow are ten batches of a thousand
requests, `make test-long` has a hundred; each leaves its counts in build/generated
(`cd tests && python -m web.batches` adds them up), and DOUDI_RESUME=1 does not ask again what is counted there.
"""

import logging
import os
import zlib
from collections.abc import Callable, Collection, Iterator

import pytest
from django.test import override_settings

from doudi_web.tenancy.roles import Role
from web import batches
from web.district import District, district
from web.from_schemathesis import MODES, drawn, request_of
from web.journeys import right, tokens_of
from web.ledger_at_hand import copied
from web.service import Service
from web.spoilt import spoilt
from web.test_interface import AT_THE_DESK, CARE, OF_THE_DISTRICT, OPERATIONS, PEOPLE, PERSONAL

SEED = os.environ.get("DOUDI_SEED", "20191203")
QUICK, WHOLE = 500, 1000  # requests a batch
FIRST, BATCHES = 5, 50  # of each source: those of `make test-all`, and all


@pytest.fixture(scope="module", autouse=True)
def fast() -> Iterator[None]:
    """Passwords hashed once over, not a million times; no line in the log for each request."""
    log = logging.getLogger("doudi.requests")
    before = log.level
    log.setLevel(logging.ERROR)
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield
    log.setLevel(before)


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[Role, str]:
    return tokens_of(service)


def who_may(operation: str) -> Role:
    """A role that may ask for this route."""
    by_care = {one[0]: Role.SYSTEM_CLIENT for one in CARE}
    by_people = {one[0]: Role(one[1]) for one in PEOPLE if one[5] != 403}
    district = dict.fromkeys(OF_THE_DISTRICT | AT_THE_DESK, Role.DISTRICT_ADMIN)
    known = {**dict.fromkeys(PERSONAL, Role.AUDITOR), **by_care, **by_people, **district}
    return known.get(operation, Role.SYSTEM_ADMIN)


def spoil(to: District, requests: int, _: int, *, without: Collection[str] = ()) -> None:
    """Requests that are right, four of five of them spoilt."""
    names = [name for name in OPERATIONS if name not in without]
    while to.sent < requests:
        request = right(to.world, to.chance.choice(names))
        if to.chance.random() < 0.8:
            to.ask("spoilt", spoilt(to.chance, request))
        else:
            to.ask("right", request)


def _by_schemathesis(to: District, requests: int, source: int) -> None:
    """Of every route as many as described as not, three of four from a role that may ask."""
    number = 0
    while to.sent < requests:
        names = list(OPERATIONS)
        each = max(2, (requests - to.sent) // (2 * len(names)))
        for name in names:
            for mode in MODES:
                number += 1
                for case in drawn(name, mode, each, source + number):
                    who = (
                        who_may(name) if to.chance.random() < 0.75 else to.chance.choice(list(Role))
                    )
                    to.ask(mode, request_of(to.world, name, who, case))


SOURCES: dict[str, Callable[[District, int, int], None]] = {
    "spoilt": spoil,
    "schemathesis": _by_schemathesis,
}


def _batch(
    service: Service, tokens: dict[Role, str], source: str, number: int, requests: int
) -> District:
    seed = f"{SEED}/{source}/{number}"
    with copied(service) as own:
        to = district(own.url, seed, tokens)
        try:
            to.begin()
            SOURCES[source](to, requests, zlib.crc32(seed.encode()))
            to.end()
        except Exception as error:
            error.add_note(f"seed {seed}, request {to.sent}")
            raise
        finally:
            to.left.close()
    return to


@pytest.mark.parametrize("source", SOURCES)
def test_no_request_brings_out_a_defect_or_leaves_a_part(
    service: Service, tokens: dict[Role, str], source: str
) -> None:
    to = _batch(service, tokens, source, 0, QUICK)
    assert to.tally.operations_done() == set(OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [
        *range(1, FIRST + 1),
        *(pytest.param(n, marks=pytest.mark.hours) for n in range(FIRST + 1, BATCHES + 1)),
    ],
)
@pytest.mark.parametrize("source", SOURCES)
def test_none_of_a_hundred_thousand_requests_does(
    service: Service, tokens: dict[Role, str], source: str, number: int
) -> None:
    with batches.counted(SEED, source, number) as kept:
        if kept.is_there:
            pytest.skip("this batch was sent and judged in the run that DOUDI_RESUME goes on with")
        kept.tally = _batch(service, tokens, source, number, WHOLE).tally
