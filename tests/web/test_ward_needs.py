"""What is missing of a visit in hospital, and who must act."""

from datetime import date
from typing import Any

import pytest

from doudi_web.wards.needs import MUST, Need, Review, Seen, Urgency, Who, needs_of, urgency_of
from doudi_web.wards.words import NEEDS, WHO

TODAY = date(2019, 12, 3)
YESTERDAY, SOON, LATER = date(2019, 12, 2), date(2019, 12, 17), date(2019, 12, 18)


@pytest.mark.parametrize(
    ("seen", "needs"),
    [
        ({}, ()),
        ({"faults": True}, (Need.FAULTS,)),
        ({"review": Review.EXPLAIN}, (Need.OVER_LIMIT,)),
        ({"review": Review.APPROVE, "unmapped": 1}, (Need.APPROVAL, Need.UNMAPPED)),
        ({"review": Review.REVIEW, "leaves": TODAY}, (Need.REVIEW,)),
        ({"registered": False}, (Need.NOT_REGISTERED,)),
        ({"ended": YESTERDAY}, (Need.STANDING_ENDED,)),
        ({"standing_to": SOON}, (Need.STANDING_ENDING,)),
        ({"standing_to": LATER}, ()),
        ({"unmapped": 3}, (Need.UNMAPPED,)),
        ({"without_referral": True}, (Need.NO_REFERRAL,)),
        ({"diagnosed": False, "days": 1}, ()),
        ({"diagnosed": False, "days": 2}, (Need.NO_DIAGNOSIS,)),
        ({"diagnosed": False, "discharged": TODAY}, (Need.NO_DIAGNOSIS,)),
        ({"differs": True, "left": True}, (Need.LEFT, Need.DIFFERS)),
        ({"leaves": TODAY}, (Need.READY,)),
        ({"leaves": TODAY, "unmapped": 1}, (Need.UNMAPPED,)),
        ({"leaves": SOON}, ()),
        ({"discharged": TODAY, "leaves": TODAY}, (Need.READY,)),
        ({"discharged": YESTERDAY, "leaves": YESTERDAY}, (Need.UNSETTLED,)),
    ],
)  # fmt: skip
def test_what_is_missing_follows_from_what_is_seen(
    seen: dict[str, Any], needs: tuple[Need, ...]
) -> None:
    assert needs_of(Seen(**seen), TODAY) == needs


@pytest.mark.parametrize(
    ("needs", "status", "urgency"),
    [
        ((Need.FAULTS, Need.UNSETTLED), "faulty", Urgency.FAULTY),
        ((Need.APPROVAL,), "exceeded", Urgency.OVER),
        ((Need.OVER_LIMIT, Need.UNMAPPED), "exceeded", Urgency.OVER),
        ((Need.UNMAPPED,), "within", Urgency.MISSING),
        ((Need.READY,), "within", Urgency.READY),
        ((), "approaching", Urgency.NEAR),
        ((), "within", Urgency.QUIET),
    ],
)
def test_the_place_in_the_list_is_that_of_the_worst(
    needs: tuple[Need, ...], status: str, urgency: int
) -> None:
    assert urgency_of(needs, status) == urgency


def test_every_need_has_somebody_who_must_act_and_words() -> None:
    assert set(MUST) == set(NEEDS) == set(Need)
    assert set(WHO) == set(Who) == set(MUST.values())
