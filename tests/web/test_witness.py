"""A head that somebody brings back is read whole, or not at all."""

import pytest

from doudi_web.tenancy.refusals import Refusal
from doudi_web.witness.handing import stated_head

CODES = {"S756"}


@pytest.mark.parametrize(
    "stated", ["", "size 1", "size 一", "{", "[1]", '{"size": 1}', "size 1\nroot 00", "x" * 100_000],
    ids=["nothing", "a size alone", "no number", "broken", "a list", "JSON without a root", "no digest", "long"],
)  # fmt: skip
def test_what_is_no_head_is_refused(stated: str) -> None:
    with pytest.raises(Refusal) as refused:
        stated_head(stated)
    assert (refused.value.status, [f.code for f in refused.value.faults]) == (422, ["S756"])
