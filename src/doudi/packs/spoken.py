"""An expression of a pack in Chinese words: names become titles, signs become words."""

from collections.abc import Mapping

from doudi.packs import expression as e
from doudi.packs.model import Pack, Title
from doudi.terms import TERMS

_OWN = {
    "age": "年龄", "major_disease": "重大疾病", "deductible_met": "本次起付线",
    "in_scope": "政策范围内的费用",
}  # fmt: skip
_SIGNS = {"=": "是", "!=": "不是", "<": "不到", "<=": "不超过", ">": "超过", ">=": "达到"}
_DEPTH = 20


def spoken(pack: Pack, tree: e.Expression) -> str:
    """The expression as a person says it.

    Groups and amounts of the pack are said as what they stand for.
    """
    return _said(pack, tree, 0)


def _said(pack: Pack, tree: e.Expression, depth: int) -> str:
    if depth > _DEPTH:
        return "…"
    deeper = depth + 1
    match tree:
        case e.Name():
            return _name(pack, tree.text, deeper)
        case e.Number():
            return tree.text
        case e.Percent():
            return "0%" if tree.per_myriad == 0 else "100%"
        case e.Sum():
            sign = "减" if tree.minus else "加"
            right = _said(pack, tree.right, deeper)
            right = f"（{right}）" if tree.minus and isinstance(tree.right, e.Sum) else right
            return f"{_said(pack, tree.left, deeper)}{sign}{right}"
        case e.Product():
            sides = (_factor(pack, side, deeper) for side in (tree.left, tree.right))
            return "乘".join(sides)
        case e.Compare():
            return _compared(pack, tree, deeper)
        case e.Member():
            return _among(pack, tree, "是", deeper)
        case e.Logic():
            word = "，并且" if tree.operator == "and" else "，或者"
            sides = (_clause(pack, side, tree.operator, deeper) for side in (tree.left, tree.right))
            return word.join(sides)
        case e.Negation():
            if isinstance(tree.inner, e.Member):
                return _among(pack, tree.inner, "不是", deeper)
            return f"没有（{_said(pack, tree.inner, deeper)}）"
        case e.Call():
            return _called(pack, tree, deeper)
        case e.Unread():
            return "…"


def _name(pack: Pack, name: str, depth: int) -> str:
    for section in (pack.groups, pack.amounts):
        if name in section:
            return _said(pack, section[name].tree, depth)
    for titles in (pack.dimensions, pack.parameters, pack.accumulators):
        if name in titles:
            return titles[name].title.zh
    layer = next((la.title.zh for la in pack.layers if la.id == name), None)
    if layer is not None:
        return f"{layer}已付"
    return _OWN.get(name) or (TERMS[name].zh if name in TERMS else name)


def _factor(pack: Pack, tree: e.Expression, depth: int) -> str:
    if isinstance(tree, e.Name) and tree.text in pack.amounts:
        tree = pack.amounts[tree.text].tree
    text = _said(pack, tree, depth)
    return f"（{text}）" if isinstance(tree, e.Sum) else text


def _clause(pack: Pack, tree: e.Expression, outer: str, depth: int) -> str:
    if isinstance(tree, e.Name) and tree.text in pack.groups:
        tree = pack.groups[tree.text].tree
    text = _said(pack, tree, depth)
    return f"（{text}）" if isinstance(tree, e.Logic) and tree.operator != outer else text


def _compared(pack: Pack, tree: e.Compare, depth: int) -> str:
    left = tree.left
    if isinstance(left, e.Name) and left.text in pack.dimensions:
        dimension = pack.dimensions[left.text]
        code = tree.right.text if isinstance(tree.right, e.Name | e.Number) else ""
        title = dimension.codes[code].zh if code in dimension.codes else code
        return f"{dimension.title.zh}{_SIGNS[tree.operator]}{title}"
    sides = (_said(pack, side, depth) for side in (left, tree.right))
    return _SIGNS[tree.operator].join(sides)


def _among(pack: Pack, tree: e.Member, word: str, depth: int) -> str:
    left = _said(pack, tree.left, depth)
    known: Mapping[str, Title] = {}
    if isinstance(tree.left, e.Name) and tree.left.text in pack.dimensions:
        known = pack.dimensions[tree.left.text].codes
    codes = "、".join(known[c].zh if c in known else c for c in tree.codes)
    return f"{left}{word}{codes}"


def _called(pack: Pack, tree: e.Call, depth: int) -> str:
    a = [_said(pack, argument, depth) for argument in tree.arguments[:3]]
    match tree.function:
        case "min":
            return f"（{a[0]}与{a[1]}中较小的）"
        case "max":
            return f"（{a[0]}与{a[1]}中较大的）"
        case "when":
            return f"（{a[0]}的，{a[1]}；否则{a[2]}）"
        case "share":
            return f"（{a[0]}的{a[1]}）"
        case _:
            return f"（{a[0]}，小于 0 的按 0）"
