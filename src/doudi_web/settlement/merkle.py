"""A Merkle log with SM3, shaped as in RFC 6962: heads, inclusion and consistency from finished subtrees.

A finished subtree of 2^level leaves that starts at leaf place·2^level is a node (level, place). It never changes
again, so that any head and any proof is made of O(log n) stored nodes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from doudi_web.settlement.ledger import sm3

Key = tuple[int, int]
Span = tuple[int, int]
"""Leaves [from, to) whose digest a proof needs."""

EMPTY = sm3(b"")


def leaf(commitment: bytes) -> bytes:
    """The digest of a leaf."""
    return sm3(b"\0", commitment)


def above(left: bytes, right: bytes) -> bytes:
    """The digest of two subtrees side by side."""
    return sm3(b"\1", left, right)


def peaks(size: int, start: int = 0) -> list[Key]:
    """The finished subtrees that the first leaves are made of, from the largest on.

    >>> peaks(6), peaks(3, 4)
    ([(2, 0), (1, 2)], [(1, 2), (0, 6)])
    """
    found: list[Key] = []
    at = start
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, at >> level))
            at += 1 << level
    return found


def folded(digests: Sequence[bytes]) -> bytes:
    """The root over peaks, from the largest on."""
    if not digests:
        return EMPTY
    *rest, root = digests
    for one in reversed(rest):
        root = above(one, root)
    return root


def grown(
    size: int, stack: list[bytes], leaves: Iterable[bytes]
) -> Iterator[tuple[int, int, bytes]]:
    """The nodes that leaves finish behind the first `size`; `stack` holds the peaks and is brought up to date."""
    for place, digest in enumerate(leaves, size):
        yield 0, place, digest
        stack.append(digest)
        level = 0
        while place >> level & 1:
            right, left = stack.pop(), stack.pop()
            stack.append(above(left, right))
            level += 1
            yield level, place >> level, stack[-1]


def path(place: int, size: int) -> list[Span]:
    """What proves that a leaf is in the first `size`, from the leaf up.

    >>> path(2, 5)
    [(3, 4), (0, 2), (4, 5)]
    """
    found: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if place < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def extension(first: int, size: int) -> list[Span]:
    """What proves that the first `size` leaves begin with the first `first`, as RFC 6962 lists it."""
    found: list[Span] = []
    start, end, is_whole = 0, size, True
    while first != end - start:
        half = _split(end - start)
        if first <= half:
            found.append((start + half, end))
            end = start + half
        else:
            found.append((start, start + half))
            start, first, is_whole = start + half, first - half, False
    return (found if is_whole else [*found, (start, end)])[::-1]


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def needed(spans: Iterable[Span]) -> list[Key]:
    """The nodes that spans are made of."""
    return [key for start, end in spans for key in peaks(end - start, start)]


def digest_of(span: Span, nodes: Mapping[Key, bytes]) -> bytes:
    """The digest of a span out of its nodes."""
    start, end = span
    return folded([nodes[key] for key in peaks(end - start, start)])


def root_by_path(digest: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root to which a leaf and its proof lead; None where the proof has not the length that it must have."""
    spans = path(place, size) if 0 <= place < size else None
    if spans is None or len(spans) != len(proof):
        return None
    for (start, _), other in zip(spans, proof, strict=True):
        digest = above(other, digest) if start <= place else above(digest, other)
    return digest


def extends(first: int, size: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a log of `size` leaves with the root `new` begins with the log of `first` leaves with the root `old`.

    As RFC 9162, 2.1.4.2 writes it.
    """
    if first == size:
        return old == new and not proof
    if first == 0:
        return not proof
    if not 0 < first < size or not proof:
        return False
    known = [old, *proof] if first & (first - 1) == 0 else list(proof)
    of_old, of_new = first - 1, size - 1
    while of_old & 1:
        of_old, of_new = of_old >> 1, of_new >> 1
    first_root = root = known[0]
    for digest in known[1:]:
        if of_new == 0:
            return False
        if of_old & 1 or of_old == of_new:
            first_root, root = above(digest, first_root), above(digest, root)
            while of_old and not of_old & 1:
                of_old, of_new = of_old >> 1, of_new >> 1
        else:
            root = above(root, digest)
        of_old, of_new = of_old >> 1, of_new >> 1
    return (first_root, root, of_new) == (old, new, 0)
