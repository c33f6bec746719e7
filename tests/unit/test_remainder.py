"""A base that could exceed what is left, or fall below zero, is held between the two."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from doudi.compile import compile_policy
from doudi.packs.load import load
from doudi.readings.trace import Trace

EXAMPLE = Path(__file__).parents[2] / "packs" / "example"
DAY = date(2024, 5, 1)


def _paid(changes: Mapping[str, str], **facts: int) -> dict[str, int]:
    """What the example pack pays once its text is changed."""
    text = (EXAMPLE / "pack.yaml").read_text()
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    files = {
        "pack.yaml": text.encode(),
        "sources/rules.md": (EXAMPLE / "sources" / "rules.md").read_bytes(),
    }
    policy = compile_policy(load("example", lambda name: files if name == "example" else None), DAY)
    known = dict.fromkeys(policy.visit.inputs, 0) | facts
    trace = Trace(policy.visit, known)
    layers = [layer.id for layer in policy.outline.layers]
    return {name: trace[name] for name in (*layers, "floor", "hospital", "patient", "total")}


@pytest.mark.parametrize(
    "base",
    ["total", "in_scope + total", "min(total, in_scope + first_self_pay + out_of_catalogue)"],
)
def test_a_base_that_forgets_earlier_payments_takes_no_more_than_is_left(base: str) -> None:
    paid = _paid(
        {"base: in_scope - basic": f"base: {base}"}, in_scope=2_000_000, out_of_catalogue=50
    )
    assert paid["total"] == sum(v for k, v in paid.items() if k != "total")
    assert min(paid.values()) >= 0


def test_a_given_amount_out_of_other_parts_leaves_no_negative_base() -> None:
    paid = _paid(
        {"given: {at_most: in_scope}": "given: {at_most: total}"},
        **{"in_scope": 100, "out_of_catalogue": 900, "is_given.basic": 1, "given.basic": 1000},
    )
    assert paid["basic"] == 1000
    assert paid["patient"] == 0
    assert min(paid.values()) >= 0
