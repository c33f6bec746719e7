"""What waits is kept as it comes and goes: provisional settlements, samples to be judged."""

import pytest

from desk.auditing import auditor, drawn
from doudi_web.inquiry import planning
from doudi_web.inquiry.samples import count_left
from doudi_web.settlement.erasing import erase
from web.floor_at_hand import poor, reversed_, settled
from web.ledger_at_hand import sealed
from web.service import Service
from web.whole import queues_have_what_waits


@pytest.fixture(scope="module")
def here(service: Service) -> Service:
    service.facilities("F", "G")
    poor(service, "Q1")
    return service


def provisional(service: Service) -> list[tuple[int, str, bool, bool]]:
    return service.rows(
        "SELECT settlement, facility, platform, unregistered FROM settlement_provisional ORDER BY 1"
    )


def test_a_provisional_settlement_waits_until_it_is_reversed_or_erased(here: Service) -> None:
    first = settled(here, "Q1", awaiting=["basic"])
    second, third = settled(here, "N1"), settled(here, "N2", "G", awaiting=["basic"])
    numbers = [int(one["settlement_id"]) for one in (first, second, third)]
    assert provisional(here) == [
        (numbers[0], "F", True, False), (numbers[1], "F", False, True), (numbers[2], "G", True, True),
    ]  # fmt: skip
    reversed_(here, first)
    assert [row[0] for row in provisional(here)] == numbers[1:]
    erase("N2", "本人要求", "account:1")
    assert [row[0] for row in provisional(here)] == [numbers[1]]
    queues_have_what_waits(here.url)


def test_what_was_drawn_waits_until_it_is_judged(here: Service) -> None:
    settled(here, "Q1")
    sealed(here)
    who = auditor()
    number = drawn(who, 2)
    assert count_left(who) == 2
    planning.judge(who, number, 1, 0, "in_order", "")
    assert count_left(who) == 1
    queues_have_what_waits(here.url)
