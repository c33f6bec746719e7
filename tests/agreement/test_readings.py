"""The generated function and the trace are worth the same, worth for worth, whatever the Program."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.programs import facts_for, inputs_of, likely_facts, programs
from banan import POLICY
from doudi.claim import LINE_SHAPES, PARTS
from doudi.compile import compile_policy
from doudi.compile.lines import line_program
from doudi.errors import BrokenInvariant
from doudi.ir import ops
from doudi.ir.check import flaws
from doudi.ir.program import Builder, Program
from doudi.ir.types import FEN, PRICE, QUANTITY, Kind, Type, ratio
from doudi.money import Rounding
from doudi.packs.model import Decomposition
from doudi.readings.scalar import Specialised, function, over_lines
from doudi.readings.trace import Trace
from doudi.running import Running
from doudi.testing import claim_lines, claims, files_of, load_files, pack_documents
from effort import MANY, PACKS
from plain import parts_of

ATTRIBUTES = {
    name: name
    for name in ("amount", "unit_price", "price_ceiling", "quantity", "first_self_pay_rate")
} | {f"parts.{part}": f"parts[{n}]" for n, part in enumerate(PARTS)}

GROUPS = ("first", "second")


def _traced(program: Program, facts: Mapping[str, int]) -> dict[str, int]:
    trace = Trace(program, facts)
    return {name: trace[name] for name, _ in program.outputs}


def _broken(program: Program, facts: Mapping[str, int]) -> list[str]:
    trace = Trace(program, facts)
    return [name for name, _ in program.invariants if not trace[name]]


def _by_function(program: Program, facts: Mapping[str, int]) -> dict[str, int]:
    outputs = function(program)(*(facts[name] for name in program.inputs))
    return {name: worth for (name, _), worth in zip(program.outputs, outputs, strict=True)}


def _by_specialised(program: Program, facts: Mapping[str, int]) -> dict[str, int]:
    """Told flags, categories and counts first, then called with the other worths in two groups."""
    types = inputs_of(program)
    keys = {name: w for name, type_ in types.items() if (w := _worths(type_, facts[name]))}
    others = [name for name in types if name not in keys]
    sources = {name: f"{GROUPS[n % 2]}[{n // 2}]" for n, name in enumerate(others)}
    key = 0
    for name, choices in keys.items():
        key = key * len(choices) + choices.index(facts[name])
    special = Specialised(program, keys, GROUPS, sources)[key]
    groups = ([facts[name] for name in others[n::2]] for n in (0, 1))
    return special.amounts(special.function(*groups))


def _worths(type_: Type, own: int) -> Sequence[int]:
    """The worths that a key can have; none where an input is no key."""
    match type_.kind:
        case Kind.FLAG:
            return range(2)
        case Kind.CATEGORY:
            return range(len(type_.codes))
        case Kind.COUNT:
            return (own - 7, own, own + 1)
        case _:
            return ()


READINGS = pytest.mark.parametrize("read", [_by_function, _by_specialised])


def _agrees(read: Any, program: Program, facts: Mapping[str, int]) -> None:
    """The same worths; where an invariant is false, its name instead."""
    broken = _broken(program, facts)
    if not broken:
        assert read(program, facts) == _traced(program, facts)
        return
    with pytest.raises(BrokenInvariant) as stopped:
        read(program, facts)
    assert stopped.value.name == broken[0]


# Catches an operation written otherwise than it is meant: a floor for a truncation on negative worths, a
# missing bracket, a rounding that takes a tie the other way, a double evaluation, an overflow to float.
@READINGS
@MANY
@given(data=st.data())
def test_any_program_is_worth_the_same_in_both_readings(read: Any, data: st.DataObject) -> None:
    program = data.draw(programs())
    assert flaws(program) == []
    _agrees(read, program, data.draw(facts_for(program)))


def _roundings(rounding: Rounding) -> Program:
    """Each operation that rounds, over an amount x, so that many x are ties."""
    b = Builder()
    x, below = (b.add(ops.Input(name), type=FEN) for name in ("x", "below"))
    price = b.add(ops.Input("price"), type=PRICE)
    outputs: list[int] = []
    for scale in (1, 2, 3, 4, 10):
        rate, less = (b.add(ops.Const(n), type=ratio(scale)) for n in (1, scale // 2))
        start, next_ = (b.add(ops.Const(n), type=FEN) for n in (0, 7))
        outputs.append(b.add(ops.Share(rounding), x, rate, type=FEN))
        outputs.append(b.add(ops.Curve(rounding), x, start, rate, type=FEN))
        outputs.append(b.add(ops.Curve(rounding), x, start, rate, next_, less, type=FEN))
        outputs.append(b.add(ops.Quotient(rounding), x, below, type=ratio(scale)))
    for quantity in (5 * 10**9, 10**9, -5 * 10**9):
        of = b.add(ops.Const(quantity), type=QUANTITY)
        outputs.append(b.add(ops.Extend(rounding), price, of, type=FEN))
    return Program(tuple(b.steps), tuple((f"out.{n}", step) for n, step in enumerate(outputs)))


# Catches a tie that goes another way in one reading: every rounding of every operation, at every tie.
@READINGS
@pytest.mark.parametrize("rounding", list(Rounding))
def test_every_rounding_takes_every_tie_the_same_way(read: Any, rounding: Rounding) -> None:
    program = _roundings(rounding)
    assert flaws(program) == []
    for x in range(-25, 26):
        for below in (0, 1, 2, 4):
            _agrees(read, program, {"x": x, "below": below, "price": x})


# Catches the same in the Programs that matter, on likely facts and on such as no bill brings.
@READINGS
@given(data=st.data())
def test_banan_is_worth_the_same_in_both_readings(read: Any, data: st.DataObject) -> None:
    for program in (POLICY.visit, POLICY.line):
        _agrees(read, program, data.draw(likely_facts(program)))
        _agrees(read, program, data.draw(facts_for(program)))


@READINGS
@PACKS
@given(data=st.data())
def test_generated_packs_are_worth_the_same_in_both_readings(
    read: Any, data: st.DataObject
) -> None:
    pack = load_files(files_of(data.draw(pack_documents())))
    policy = compile_policy(pack, pack.valid.start)
    for program in (policy.visit, policy.line):
        _agrees(read, program, data.draw(likely_facts(program)))
        _agrees(read, program, data.draw(facts_for(program)))


# Catches facts that reach the generated function in another order than the trace: on real visits.
@PACKS
@given(data=st.data())
def test_every_amount_of_a_visit_is_the_same_in_both_readings(data: st.DataObject) -> None:
    pack = load_files(files_of(data.draw(pack_documents())))
    for claim in data.draw(claims(pack)):
        running = Running(compile_policy(pack, claim.settled.day))
        situation, parts = running.situator.situate(claim), running.parts(claim.lines)
        before = data.draw(st.tuples(*(st.integers(0, 10**7) for _ in running.accumulators)))
        facts = running.facts(claim, situation, parts, before)
        if _broken(running.policy.visit, facts):
            continue  # what was given does not fit these sums
        amounts = running.settle(claim, situation, parts, before)
        assert amounts == _traced(running.policy.visit, facts)


# Catches what is watched of other sums being told of the visit's own, or for a bill that cannot stand not at all.
@PACKS
@given(data=st.data())
def test_what_is_watched_is_what_the_trace_finds_on_those_sums(data: st.DataObject) -> None:
    pack = load_files(files_of(data.draw(pack_documents())))
    fen = st.integers(-(10**7), 10**8)
    for claim in data.draw(claims(pack)):
        running = Running(compile_policy(pack, claim.settled.day))
        if running.policy.outline.control is None:
            return
        situation, parts = running.situator.situate(claim), running.parts(claim.lines)
        before = tuple(0 for _ in running.accumulators)
        other, consented = (data.draw(st.tuples(*(fen for _ in PARTS))) for _ in range(2))
        facts = running.facts(claim, situation, parts, before) | dict(
            zip(PARTS, other, strict=True)
        )
        facts |= {f"consented.{p}": a for p, a in zip(PARTS, consented, strict=True)}
        watch = running.watch(claim, situation, before)
        assert watch is not None
        watched = watch(other, consented)
        trace = Trace(running.policy.visit, facts)
        assert watched == {name: trace[name] for name in watched}
        assert {*watched} == {"control.measured", "control.share", "control.exceeded"}


# Catches a shape of line that is taken for another, an attribute read from the wrong place, a sum that
# leaves out a part: each line is traced, and read plainly.
@MANY
@given(lines=claim_lines(), rounding=st.sampled_from(list(Rounding)))
def test_lines_fall_into_the_same_parts_in_all_readings(lines: Any, rounding: Rounding) -> None:
    program = line_program(Decomposition(rounding, POLICY.pack.decomposition.basis))
    sums, rows = over_lines(program, LINE_SHAPES, ATTRIBUTES, shape="shape")
    each = rows(lines)
    for line, row in zip(lines, each, strict=True):
        facts = {name: getattr(line, name) for name in ATTRIBUTES.values() if "[" not in name}
        facts |= dict(LINE_SHAPES[line.shape])
        facts |= {f"parts.{p}": line.parts[n] if line.parts else 0 for n, p in enumerate(PARTS)}
        traced = _traced(program, facts)
        assert tuple(row) == tuple(traced[part] for part in PARTS) == parts_of(line, rounding)
    assert tuple(sums(lines)) == tuple(sum(row[n] for row in each) for n in range(len(PARTS)))


# Catches a look-up that is worth another cell: every combination of codes, none left out.
def test_every_rate_of_banan_is_worth_the_same_in_both_readings() -> None:
    program = POLICY.visit
    types = inputs_of(program)
    facts = dict.fromkeys(types, 0) | {"in_scope": 1_000_000_00, "out_of_catalogue": 99_99}
    for level in range(3):
        for kind in range(4):
            for place in range(3):
                for standing in range(4):
                    own = {"level": level, "kind": kind, "place": place, "standing": standing}
                    _agrees(_by_specialised, program, facts | own)
                    _agrees(_by_function, program, facts | own)
