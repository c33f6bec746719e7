"""Expressions of the pack language, drawn over what a draft has: conditions, rates, amounts."""

from collections.abc import Sequence

from doudi.testing.draft import PARTS, ROUNDINGS, Draft

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_PARTS_OF_A_BILL = (
    "in_scope",
    "in_scope + first_self_pay",
    "total",
    "total - out_of_catalogue",
    "in_scope + first_self_pay + over_ceiling",
    "first_self_pay",
    "out_of_catalogue + over_ceiling",
    "total - over_ceiling - out_of_catalogue",
)


def condition(draft: Draft, amounts: Sequence[str], depth: int = 1) -> str:
    """A condition over codes, age, flags, the amounts known at this place, and running sums."""
    match draft.pick(["atom", "atom", "not", "and", "or"] if depth else ["atom"]):
        case "not":
            return f"not ({condition(draft, amounts, depth - 1)})"
        case ("and" | "or") as operator:
            left = condition(draft, amounts, depth - 1)
            return f"({left}) {operator} ({condition(draft, amounts, depth - 1)})"
        case _:
            return _atom(draft, amounts)


def rate(draft: Draft, amounts: Sequence[str]) -> str:
    """A rate from 0 to 100 %: a value, or points and factors, in the ways in which texts write them."""
    shapes = ["value", "points", "points_by_case", "points_then_factor", "factors", "larger"]
    shapes += ["difference", "rest", "by_case", "whole", "nothing"]
    match draft.pick(shapes):
        case "points":
            text = f"min({draft.percent()} + {draft.percent()}, 100%)"
        case "points_by_case":
            text = f"min({draft.percent()} + {_points(draft, amounts)}, 100%)"
        case "points_then_factor":
            points = _points(draft, amounts)
            text = f"min({draft.percent()} + {points}, 100%) * {draft.percent()}"
        case "factors":
            text = f"{draft.percent()} * {draft.percent()} * {draft.percent()}"
        case "larger":
            text = f"max({draft.percent()}, {draft.percent()})"
        case "difference":
            text = f"pos({draft.percent()} - {draft.percent()})"
        case "rest":
            text = f"100% - {draft.percent()}"
        case "by_case":
            text = f"when({condition(draft, amounts)}, {draft.percent()}, {draft.percent()})"
        case "whole":
            text = "100%"
        case "nothing":
            text = "0%"
        case _:
            text = draft.percent()
    return _named(draft, "rate", text)


def parts(draft: Draft) -> str:
    """A sum of some of the four parts, written one way or another; never negative."""
    return draft.pick(_PARTS_OF_A_BILL)


def base(draft: Draft, earlier: Sequence[str]) -> str:
    """What a layer starts from: what is left of some parts, or another amount that a text may name."""
    if draft.chance(90):
        return of_the_bill(draft, earlier)
    if not earlier or draft.chance(50):
        return draft.yuan()
    return f"{draft.pick(earlier)} + {draft.yuan()}"


def of_the_bill(draft: Draft, earlier: Sequence[str]) -> str:
    """An amount that is nothing where the bill is nothing."""
    if draft.chance(60):
        return _remainder(draft, earlier)
    shapes = ["clamped", "ignores_earlier", "at_most", "above", "larger", "by_case", "share"]
    match draft.pick([*shapes, "difference", "sum", "clamped_in_sum"]):
        case "clamped":
            return f"pos({_remainder(draft, earlier)})"
        case "ignores_earlier":
            return parts(draft)
        case "at_most":
            return f"min({_remainder(draft, earlier)}, {draft.yuan()})"
        case "above":
            return f"pos({_remainder(draft, earlier)} - {draft.yuan()})"
        case "larger":
            return f"max({_remainder(draft, earlier)}, {parts(draft)})"
        case "by_case":
            case = condition(draft, earlier)
            return f"when({case}, {_remainder(draft, earlier)}, {parts(draft)})"
        case "share":
            of, rounding = _remainder(draft, earlier), draft.pick(ROUNDINGS)
            return f"share({of}, {draft.percent()}, {rounding})"
        case "difference":
            return f"{parts(draft)} - ({parts(draft)})"
        case "sum":
            return f"{parts(draft)} + {parts(draft)}"
        case _:
            other = parts(draft)
            return f"pos({parts(draft)} - ({other})) + {other}"


def _atom(draft: Draft, amounts: Sequence[str]) -> str:
    shapes = ["code", "code", "codes", "major_disease", "age", "flag", "amount", "group"]
    shapes += ["position"] if draft.accumulators else []
    match draft.pick(shapes):
        case "code":
            dimension = draft.pick([*draft.dimensions])
            return f"{dimension} {draft.pick(['=', '!='])} {draft.pick(draft.codes(dimension))}"
        case "codes":
            dimension = draft.pick([*draft.dimensions])
            codes = ", ".join(draft.pick(draft.codes(dimension)) for _ in range(2))
            return f"{dimension} {draft.pick(['in', 'not in'])} [{codes}]"
        case "age":
            return f"age {draft.pick(_COMPARISONS)} {draft.years()}"
        case "flag":
            return draft.flag()
        case "amount":
            amount = draft.pick([*PARTS, "total", *amounts])
            return f"{amount} {draft.pick(_COMPARISONS)} {draft.yuan()}"
        case "position":
            position = draft.pick([*draft.accumulators])
            return f"{position} {draft.pick(_COMPARISONS)} {draft.yuan()}"
        case "group":
            return _group(draft)
        case _:
            return "major_disease"


def _group(draft: Draft) -> str:
    """The name of a condition: one that there is, or a new one."""
    if draft.groups and draft.chance(60):
        return draft.pick([*draft.groups])
    stated = condition(draft, ())
    name = f"group_{len(draft.groups)}"
    draft.groups[name] = stated
    return name


def _points(draft: Draft, amounts: Sequence[str]) -> str:
    """Points that only some are given."""
    return f"when({condition(draft, amounts)}, {draft.percent()}, 0%)"


def _remainder(draft: Draft, earlier: Sequence[str]) -> str:
    """Some parts less all that the layers above paid: the form that cannot exceed what is left."""
    return _named(draft, "left", parts(draft) + "".join(f" - {layer}" for layer in earlier))


def _named(draft: Draft, kind: str, text: str) -> str:
    """The text, or the name of an amount that stands for it."""
    if not draft.chance(25):
        return text
    name = f"{kind}_{len(draft.amounts)}"
    draft.amounts[name] = text
    return name
