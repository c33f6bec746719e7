"""The fast reading: a Program as a generated Python function over whole fen.

Where facts are known that tell visits apart (level, tier, kind, …), the Program is specialised first:
what is left is a handful of integer operations. Specialised functions are made on first use and kept.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, assert_never

from doudi.errors import BrokenInvariant
from doudi.ir import ops
from doudi.ir.program import Program, needed
from doudi.ir.specialise import specialise
from doudi.ir.types import Type
from doudi.money import EXTENSION_SCALE, Rounding, divide

Amounts = tuple[int, ...]

_INLINE_LENGTH = 160  # a longer expression gets a name of its own: Python's parser has its limits


def function(program: Program) -> Callable[..., Amounts]:
    """A function of the Program's inputs, by position, that gives its outputs in order.

    Raises BrokenInvariant with the facts where an invariant is false.
    """
    names = program.inputs
    body = _Source(program, {name: f"i{n}" for n, name in enumerate(names)})
    lines = body.lines()
    lines += body.guards("(" + "".join(f"i{n}, " for n in range(len(names))) + ")")
    outputs = "".join(f"{body.text(number)}, " for _, number in program.outputs)
    lines.append(f"return ({outputs})" if outputs else "return ()")
    parameters = ", ".join(f"i{n}" for n in range(len(names)))
    return _made(f"def f({parameters}):\n" + _indented(lines, 1))


@dataclass(frozen=True, slots=True)
class Special:
    """A specialised function, and where each output stands in what it gives: many outputs of one kind of
    visit are the same amount, or a constant, and are not given twice."""

    function: Callable[..., Amounts]
    places: Mapping[str, int]
    constants: Mapping[str, int]

    def amounts(self, given: Amounts) -> dict[str, int]:
        """Every output by name."""
        found = {name: given[place] for name, place in self.places.items()}
        found.update(self.constants)
        return found


class Specialised:
    """A Program that is told some facts first, and then runs on groups of the values that are left.

    `keys` are the inputs known first, with the worths that each can have; a call's `key` is one number: the
    places of their worths in mixed radix, the first the most significant. `groups` names the arguments of a call;
    `sources` says for each other input where in them it stands (`parts[3]`, `age`).
    """

    def __init__(
        self,
        program: Program,
        keys: Mapping[str, Sequence[int]],
        groups: Sequence[str],
        sources: Mapping[str, str],
    ) -> None:
        self._program = Program(program.steps, program.outputs, (), program.invariants)
        self._keys = dict(keys)
        self._groups = ", ".join(groups)
        self._sources = sources
        self.made: dict[int, Special] = {}

    def __getitem__(self, key: int) -> "Special":
        """The function of the groups for these facts; made once."""
        made = self.made.get(key)
        if made is None:
            made = self.made[key] = self._make(key)
        return made

    def _make(self, key: int) -> "Special":
        facts: dict[str, int] = {}
        for name, worths in reversed(self._keys.items()):
            key, place = divmod(key, len(worths))
            facts[name] = worths[place]
        program = specialise(self._program, facts)
        body = _Source(program, self._sources)
        lines = [*body.lines(), *body.guards(f"({self._groups})")]
        constants = {
            name: step.op.value
            for name, number in program.outputs
            if isinstance((step := program.steps[number]).op, ops.Const)
        }
        open_ = list(dict.fromkeys(n for name, n in program.outputs if name not in constants))
        lines.append(f"return ({''.join(f'{body.text(number)}, ' for number in open_)})")
        places = {
            name: open_.index(number) for name, number in program.outputs if name not in constants
        }
        function = _made(f"def f({self._groups}):\n" + _indented(lines, 1))
        return Special(function, places, constants)


def over_lines(
    program: Program,
    shapes: Sequence[Mapping[str, int]],
    attributes: Mapping[str, str],
    *,
    shape: str,
) -> tuple[Callable[[Sequence[Any]], Amounts], Callable[[Sequence[Any]], list[Amounts]]]:
    """Two functions over a bill's lines: the sum of each output, and each line's outputs.

    `shapes[k]` are the inputs that are known for lines whose attribute `shape` is k; the Program is
    specialised to each, and lines are tried in this order. `attributes` says on which attribute of a line
    each other input stands.
    """
    sums, rows = ["for line in lines:", f"    s = line.{shape}"], [f"    s = line.{shape}"]
    for number, facts in enumerate(shapes):
        special = specialise(program, facts)
        body = _Source(special, {name: f"line.{attributes[name]}" for name in special.inputs})
        inner = body.lines()
        texts = [body.text(step) for _, step in special.outputs]
        branch = f"    {'elif' if number else 'if'} s == {number}:"
        adds = [f"t{n} += {text}" for n, text in enumerate(texts) if text != "0"]
        sums += [branch, *("        " + text for text in (*inner, *adds))]
        row = f"add(({''.join(f'{text}, ' for text in texts)}))"
        rows += [branch, *("        " + text for text in (*inner, row))]
    refuse = ["    else:", "        raise AssertionError(line)"]
    totals = [f"t{n}" for n in range(len(program.outputs))]
    whole = [*(f"{t} = 0" for t in totals), *sums, *refuse, f"return ({', '.join(totals)},)"]
    each = ["rows = []", "add = rows.append", "for line in lines:", *rows, *refuse, "return rows"]
    head = "def f(lines):\n"
    return _made(head + _indented(whole, 1)), _made(head + _indented(each, 1))


class _Source:
    """The Python text of a Program's steps; single uses are written in place, others get a name."""

    def __init__(self, program: Program, inputs: Mapping[str, str]) -> None:
        self._program = program
        self._inputs = inputs
        self._texts: dict[int, str] = {}
        wanted = [n for _, n in program.outputs + program.invariants]
        self._order = needed(program.steps, wanted)
        uses = Counter(wanted)
        for number in self._order:
            uses.update(program.steps[number].arguments)
        self._uses = uses

    def text(self, number: int) -> str:
        """How the step is written where it is used."""
        return self._texts[number]

    def lines(self) -> list[str]:
        """The assignments, in order."""
        found: list[str] = []
        for number in self._order:
            step = self._program.steps[number]
            if isinstance(step.op, ops.Input):
                self._texts[number] = self._input(number, step.op.name, found)
            elif isinstance(step.op, ops.Const):
                self._texts[number] = str(step.op.value)
            else:
                types = [self._program.steps[a].type for a in step.arguments]
                arguments = [self._argument(a, step.op, found) for a in step.arguments]
                text = _python(step.op, arguments, types, step.type)
                if self._uses[number] > 1 or len(text) > _INLINE_LENGTH:
                    found.append(f"v{number} = {text}")
                    text = f"v{number}"
                self._texts[number] = text if text.isidentifier() else f"({text})"
        return found

    def guards(self, facts: str) -> list[str]:
        """The lines that stop where an invariant is false."""
        lines: list[str] = []
        for name, number in self._program.invariants:
            if self._texts[number] != "1":
                lines.append(f"if not {self._texts[number]}:")
                lines.append(f"    raise BrokenInvariant({name!r}, {facts})")
        return lines

    def _input(self, number: int, name: str, found: list[str]) -> str:
        text = self._inputs[name]
        if not text.isidentifier() and self._uses[number] > 1:
            found.append(f"v{number} = {text}")
            return f"v{number}"
        return text

    def _argument(self, number: int, op: ops.Op, found: list[str]) -> str:
        """The argument's text; one that its operation writes twice gets a name."""
        text = self._texts[number]
        twice = isinstance(op, ops.Lesser | ops.Greater | ops.Clip | ops.Curve | ops.Quotient)
        if twice and not (text.isidentifier() or text.lstrip("-").isdecimal()):
            found.append(f"v{number} = {text}")
            text = self._texts[number] = f"v{number}"
        return text


def _python(op: ops.Op, a: Sequence[str], types: Sequence[Type], own: Type) -> str:
    """An operation as a Python expression of its arguments' texts."""
    match op:
        case ops.Input() | ops.Const():
            raise AssertionError("inputs and constants have texts of their own")
        case ops.Look() if not a:
            return str(op.table[0])
        case ops.Look():
            place = a[0]
            for code, type_ in zip(a[1:], types[1:], strict=True):
                place = f"({place} * {len(type_.codes)} + {code})"
            return f"{op.table}[{place}]"
        case ops.Add():
            return f"{a[0]} + {a[1]}"
        case ops.Minus():
            return f"{a[0]} - {a[1]}"
        case ops.Lesser():
            return f"{a[0]} if {a[0]} < {a[1]} else {a[1]}"
        case ops.Greater():
            return f"{a[0]} if {a[0]} > {a[1]} else {a[1]}"
        case ops.Clip():
            return f"{a[0]} if {a[0]} > 0 else 0"
        case ops.Times():
            return f"{a[0]} * {a[1]}"
        case ops.Rescale():
            return f"{a[0]} * {op.factor}"
        case ops.Share():
            (rate,), scale = _lowest(a[1:], types[1].scale)
            return _rounded(_times(a[0], rate), scale, op.rounding)
        case ops.Extend():
            return _rounded(f"{a[0]} * {a[1]}", EXTENSION_SCALE, op.rounding)
        case ops.Curve():
            rates, scale = _lowest(a[2::2], types[2].scale)
            return _rounded(_in_bands(a[0], a[1::2], rates), scale, op.rounding)
        case ops.Quotient():
            if op.rounding == Rounding.HALF_UP:
                rounded = f"(2 * {a[0]} * {own.scale} + {a[1]}) // (2 * {a[1]})"
            else:
                rounded = f"divide({a[0]} * {own.scale}, {a[1]}, {op.rounding.name})"
            return f"{rounded} if {a[1]} > 0 else 0"
        case ops.Among():
            return f"{a[0]} in {op.places}"
        case ops.Less():
            return f"{a[0]} < {a[1]}"
        case ops.Equal():
            return f"{a[0]} == {a[1]}"
        case ops.Reaches():
            return f"{a[0]} * {types[2].scale} >= {a[1]} * {a[2]}"
        case ops.Both():
            return f"{a[0]} and {a[1]}"
        case ops.Either():
            return f"{a[0]} or {a[1]}"
        case ops.Not():
            return f"not {a[0]}"
        case ops.When():
            return f"{a[1]} if {a[0]} else {a[2]}"
        case _:
            assert_never(op)


def _lowest(rates: Sequence[str], scale: int) -> tuple[list[str], int]:
    """Rates that are all known, in lowest terms: small numbers are quicker."""
    if not all(rate.isdecimal() for rate in rates):
        return list(rates), scale
    common = gcd(scale, *(int(rate) for rate in rates))
    return [str(int(rate) // common) for rate in rates], scale // common


def _in_bands(x: str, starts: Sequence[str], rates: Sequence[str]) -> str:
    """Sum over the bands of rate x (what of x lies above the band's start), differences of rates."""
    parts: list[str] = []
    previous = "0"
    for start, rate in zip(starts, rates, strict=True):
        step = rate if previous == "0" else f"({rate} - {previous})"
        parts.append(f"({x} - {start} if {x} > {start} else 0) * {step}")
        previous = rate
    return " + ".join(parts) if len(parts) == 1 else f"({' + '.join(parts)})"


def _times(amount: str, ratio: str) -> str:
    """A product; a factor of 1 is not written."""
    return amount if ratio == "1" else f"{amount} * {ratio}"


def _rounded(product: str, scale: int, rounding: Rounding) -> str:
    """A product over a scale, rounded once to a whole number."""
    half = f"{scale // 2}"
    match rounding:
        case Rounding.HALF_UP if scale % 2 == 0:
            return f"({product} + {half}) // {scale}"
        case Rounding.HALF_UP:
            return f"(2 * {product} + {scale}) // {2 * scale}"
        case Rounding.DOWN:
            return f"({product}) // {scale}"
        case Rounding.UP:
            return f"-(-({product}) // {scale})"
        case Rounding.HALF_AWAY if scale % 2 == 0:
            up, down = f"(w + {half}) // {scale}", f"-(({half} - w) // {scale})"
            return f"{up} if (w := {product}) >= 0 else {down}"
        case Rounding.HALF_AWAY:
            up, down = f"(2 * w + {scale})", f"({scale} - 2 * w)"
            return f"{up} // {2 * scale} if (w := {product}) >= 0 else -({down} // {2 * scale})"
        case Rounding.HALF_EVEN:
            return f"divide({product}, {scale}, {rounding.name})"


def _made(source: str) -> Callable[..., Any]:
    """The function that the text defines. The text is ours: only numbers and fixed names enter it."""
    scope: dict[str, Any] = {"divide": divide, "BrokenInvariant": BrokenInvariant}
    scope |= {rounding.name: rounding for rounding in Rounding}
    exec(compile(source, "<program>", "exec"), scope)
    return scope["f"]


def _indented(lines: Sequence[str], depth: int) -> str:
    return "\n".join("    " * depth + line for line in lines) + "\n"
