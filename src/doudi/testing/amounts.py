"""Amounts of every size, in fen: the large as often as the small, so that caps and bands are reached."""

from hypothesis import strategies as st

_THOUSANDTHS = st.integers(0, 999)  # from a wide range Hypothesis draws mostly what is small


def amounts(most: int) -> st.SearchStrategy[int]:
    """From 0 to `most`: some fen, some yuan, or, as often as both, evenly over the whole range."""
    few, some = st.integers(0, min(500, most)), st.integers(0, min(1_000_00, most))
    whole = st.tuples(_THOUSANDTHS, _THOUSANDTHS, st.integers(0, 99)).map(
        lambda drawn: min(most * (drawn[0] * 1000 + drawn[1]) // 999_999 + drawn[2], most)
    )
    return st.integers(0, 3).flatmap(lambda size: (few, some, whole, whole)[size])
