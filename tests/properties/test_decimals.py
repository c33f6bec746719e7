"""A decimal on the wire is read to its last place, or refused; the short way says what the exact one says."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from doudi.money import FEN_LIMIT
from doudi.wire.bill_form import Fen, Price

_DIGITS = st.text("0123456789", min_size=1, max_size=16)
_WRITTEN = st.tuples(st.sampled_from(["", "-"]), _DIGITS, st.one_of(st.none(), _DIGITS)).map(
    lambda t: t[0] + t[1] + ("" if t[2] is None else f".{t[2]}")
)
_LIMIT = Decimal(FEN_LIMIT) / 100


# Catches a sign lost before a zero, a place too many cut off, an amount above the limit let through.
@pytest.mark.parametrize(("form", "places", "may_be_negative"), [(Fen, 2, True), (Price, 6, False)])
@given(text=_WRITTEN)
@example("-0.05")
@example("-0")
@example("007.50")
@example("1.500000000")
@example("999999999999.99")
@example("92233720368547.75")
def test_a_decimal_is_read_exactly_or_refused(
    form: Any, places: int, may_be_negative: bool, text: str
) -> None:
    exact, size = Decimal(text) * 10**places, abs(Decimal(text))
    reader = TypeAdapter[int](form)
    if exact == int(exact) and size < _LIMIT and (exact >= 0 or may_be_negative):
        assert reader.validate_python(text) == int(exact)
    else:
        with pytest.raises(ValidationError):
            reader.validate_python(text)
