"""A Program as canonical text, and the fingerprint that is its hash.

The text follows from the outputs alone: neither the order in which a pack states its rules nor a
comment, a title or a cite changes it; a changed value or rule always does.
"""

from collections.abc import Sequence
from dataclasses import fields
from hashlib import sha256
from typing import cast

from doudi.ir.program import Program


def show(program: Program) -> str:
    """One line a step, numbered in the order in which the sorted outputs need them."""
    lines: list[str] = []
    number_of: dict[int, int] = {}

    def visit(root: int) -> int:
        open_ = [root]
        while open_:
            number = open_[-1]
            step = program.steps[number]
            waiting = [a for a in reversed(step.arguments) if a not in number_of]
            if number in number_of:
                open_.pop()
            elif waiting:
                open_.extend(waiting)
            else:
                open_.pop()
                number_of[number] = len(number_of)
                parts = [type(step.op).__name__.lower()]
                parts += [
                    _detail(v) for f in fields(step.op) if (v := getattr(step.op, f.name)) != _NONE
                ]
                parts += [f"%{number_of[a]}" for a in step.arguments]
                lines.append(f"%{number_of[number]}: {step.type} = {' '.join(parts)}")
        return number_of[root]

    for name, number in sorted(program.outputs):
        at = visit(number)
        lines.append(f"out {name} = %{at}")
    for name, number in sorted(program.invariants):
        at = visit(number)
        lines.append(f"hold {name} = %{at}")
    return "\n".join(lines) + "\n"


def fingerprint(*programs: Program, frame: Sequence[str] = ()) -> str:
    """SHA-256 over the canonical texts: what a settlement names as the rule it followed.

    `frame` are lines for what decides a visit's amounts before a Program runs: whose sums, which year.
    """
    texts = [*(show(program) for program in programs), *frame]
    return sha256("\n".join(texts).encode()).hexdigest()


_NONE: frozenset[int] = frozenset()


def _detail(value: object) -> str:
    if isinstance(value, frozenset):
        return f"open {sorted(cast('frozenset[int]', value))}"
    if isinstance(value, tuple):
        return "[" + " ".join(map(str, cast("tuple[int, ...]", value))) + "]"
    return str(value)
