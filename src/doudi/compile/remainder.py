"""Whether a layer's base surely lies within what the layers above left, seen from its form alone.

A base of the form "some parts of the bill, less all that earlier layers paid" does, as long as the parts
do not become fewer from layer to layer: then no payment can exceed what is left, nor a base fall below
zero. Any other base is held between zero and what is left when it is compiled.
"""

from collections.abc import Mapping

from doudi.compile.expressions import PARTS
from doudi.packs import expression as e
from doudi.packs.model import Pack

Terms = Mapping[str, int]
_DEPTH = 60


def terms(pack: Pack, tree: e.Expression) -> Terms | None:
    """A sum of parts and layers as name → coefficient, or None where it is not such a sum.

    `pos( … )` around the whole changes nothing: such a sum is not negative where it counts.
    """
    if isinstance(tree, e.Call) and tree.function == "pos":
        tree = tree.arguments[0]
    return _terms(pack, tree, {}, 0)


def _terms(
    pack: Pack, tree: e.Expression, known: dict[str, Terms | None], depth: int
) -> Terms | None:
    """`known` are amounts looked at already, so that each is looked at once."""
    if depth > _DEPTH:
        return None
    match tree:
        case e.Name() if tree.text in PARTS or any(layer.id == tree.text for layer in pack.layers):
            return {tree.text: 1}
        case e.Name() if tree.text == "total":
            return dict.fromkeys(PARTS, 1)
        case e.Name() if tree.text in pack.amounts:
            if tree.text not in known:
                known[tree.text] = None
                inner = pack.amounts[tree.text].tree
                known[tree.text] = _terms(pack, inner, known, depth + 1)
            return known[tree.text]
        case e.Sum():
            left = _terms(pack, tree.left, known, depth + 1)
            right = _terms(pack, tree.right, known, depth + 1)
            if left is None or right is None:
                return None
            sign = -1 if tree.minus else 1
            names = {**left, **right}
            return {n: left.get(n, 0) + sign * right.get(n, 0) for n in names}
        case _:
            return None


def within(found: Terms | None, earlier: tuple[str, ...], so_far: frozenset[str]) -> bool:
    """Whether those terms are parts that include `so_far`, less every earlier layer."""
    if found is None:
        return False
    parts = {name for name in PARTS if found.get(name, 0) == 1}
    others = {name: c for name, c in found.items() if c != 0 and name not in parts}
    return so_far <= parts and others == dict.fromkeys(earlier, -1)


def parts_of(found: Terms | None) -> frozenset[str]:
    """The parts of the bill that a base takes in."""
    return frozenset() if found is None else frozenset(n for n in PARTS if found.get(n, 0) == 1)
