"""The log's arithmetic: heads, inclusion, consistency, at random sizes, from finished subtrees alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi_web.settlement import merkle
from doudi_web.settlement.ledger import sm3

SIZES = st.integers(1, 300)


def _leaf(place: int) -> bytes:
    return merkle.leaf(sm3(str(place).encode()))


def _root(leaves: list[bytes]) -> bytes:
    """As RFC 6962 defines it."""
    if not leaves:
        return sm3(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sm3(b"\1", _root(leaves[:half]), _root(leaves[half:]))


LEAVES = [_leaf(n) for n in range(300)]
NODES = {(level, place): digest for level, place, digest in merkle.grown(0, [], LEAVES)}


def _head(size: int) -> bytes:
    return merkle.folded([NODES[key] for key in merkle.peaks(size)])


def _proof(spans: list[merkle.Span]) -> list[bytes]:
    return [merkle.digest_of(span, NODES) for span in spans]


# Catches a digest that is not the standard's, e.g. of a library that was replaced.
def test_sm3_is_the_digest_of_the_standard() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(SIZES)
def test_a_head_is_the_root_of_the_definition(size: int) -> None:
    assert _head(size) == _root(LEAVES[:size])


@given(SIZES, st.integers(0, 299))
def test_a_log_grows_from_its_peaks_alone(size: int, more: int) -> None:
    more = min(more, 300 - size)
    stack = [NODES[key] for key in merkle.peaks(size)]
    new = list(merkle.grown(size, stack, LEAVES[size : size + more]))
    assert all(NODES[level, place] == digest for level, place, digest in new)
    assert merkle.folded(stack) == _head(size + more)


@given(SIZES, st.data())
def test_a_leaf_is_proved_and_no_other_is(size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, size - 1))
    proof = _proof(merkle.path(place, size))
    assert merkle.root_by_path(LEAVES[place], place, size, proof) == _head(size)
    other = data.draw(st.integers(0, 299).filter(lambda n: n != place))
    assert merkle.root_by_path(LEAVES[other], place, size, proof) != _head(size)
    elsewhere = data.draw(st.integers(-1, size).filter(lambda n: n != place))
    assert merkle.root_by_path(LEAVES[place], elsewhere, size, proof) != _head(size)
    assert (
        merkle.root_by_path(LEAVES[place], place, size, [*proof, proof[0] if proof else b""])
        is None
    )


@given(SIZES, SIZES)
def test_any_size_extends_any_smaller_one_and_nothing_else(one: int, other: int) -> None:
    first, size = sorted((one, other))
    proof = _proof(merkle.extension(first, size))
    assert merkle.extends(first, size, _head(first), _head(size), proof)
    assert not merkle.extends(first, size, sm3(b"other"), _head(size), proof)
    assert not merkle.extends(first, size, _head(first), sm3(b"other"), proof)
    if proof:
        assert not merkle.extends(first, size, _head(first), _head(size), proof[:-1])
        assert not merkle.extends(first, size, _head(first), _head(size), [*proof, proof[0]])


@given(SIZES, SIZES)
def test_a_rewritten_past_is_no_extension(one: int, other: int) -> None:
    first, size = sorted((one, other))
    rewritten = [sm3(b"other"), *LEAVES[1:size]]
    nodes = {(level, at): digest for level, at, digest in merkle.grown(0, [], rewritten)}
    root = merkle.folded([nodes[key] for key in merkle.peaks(size)])
    proof = [merkle.digest_of(span, nodes) for span in merkle.extension(first, size)]
    assert not merkle.extends(first, size, _head(first), root, proof)


@pytest.mark.parametrize("size", [1, 2, 1000, 10**6, 2**20, 2**20 + 1])
def test_a_proof_needs_few_rows(size: int) -> None:
    for place in (0, size // 2, size - 1):
        assert len(merkle.needed(merkle.path(place, size))) <= 2 * size.bit_length()
    for first in (1, size // 3 + 1, size):
        assert len(merkle.needed(merkle.extension(first, size))) <= 2 * size.bit_length()
    assert len(merkle.peaks(size)) <= size.bit_length()
