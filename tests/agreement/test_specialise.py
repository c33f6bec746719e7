"""A Program that is told some facts equals the whole one, and stays well-formed."""

from itertools import pairwise

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from agreement.programs import facts_for, inputs_of, programs
from banan import POLICY
from doudi.compile import compile_policy
from doudi.ir import ops
from doudi.ir.check import flaws
from doudi.ir.program import Builder, Program, pruned
from doudi.ir.specialise import cuts, specialise
from doudi.ir.types import COUNT, FLAG, Type, category
from doudi.readings.trace import Trace
from doudi.testing import files_of, load_files, pack_documents
from effort import MANY, PACKS


def _equal(whole: Program, narrowed: Program, facts: dict[str, int]) -> None:
    """Every output, name and invariant is worth the same."""
    assert flaws(narrowed) == []
    one, other = Trace(whole, facts), Trace(narrowed, facts)
    for name, _ in whole.kept():
        assert one[name] == other[name], name


def _told_some(data: st.DataObject, program: Program) -> None:
    facts = data.draw(facts_for(program))
    names = st.sampled_from(sorted(facts)) if facts else st.nothing()
    told = data.draw(st.sets(names)) if facts else set()
    narrowed = specialise(program, {name: facts[name] for name in told})
    assert not told & set(narrowed.inputs)
    _equal(program, narrowed, facts)


# Catches a condition folded to the wrong branch, a product taken for zero or for its factor, a table
# narrowed along the wrong dimension, a name lost on the way.
@MANY
@given(data=st.data())
def test_any_program_told_some_facts_equals_the_whole(data: st.DataObject) -> None:
    _told_some(data, data.draw(programs()))


@given(data=st.data())
def test_banan_told_some_facts_equals_the_whole(data: st.DataObject) -> None:
    _told_some(data, POLICY.visit)
    _told_some(data, POLICY.line)


@PACKS
@given(data=st.data())
def test_a_generated_pack_told_some_facts_equals_the_whole(data: st.DataObject) -> None:
    pack = load_files(files_of(data.draw(pack_documents())))
    _told_some(data, compile_policy(pack, pack.valid.start).visit)


# Catches a step dropped that somebody asks for, or moved without its arguments.
@MANY
@given(data=st.data())
def test_a_pruned_program_equals_the_whole_and_holds_no_idle_step(data: st.DataObject) -> None:
    program = data.draw(programs())
    small = pruned(program)
    _equal(program, small, data.draw(facts_for(program)))
    used = {a for step in small.steps for a in step.arguments} | {n for _, n in small.kept()}
    assert used == set(range(len(small.steps)))


# Catches facts told twice over that fold to something else than told at once.
@MANY
@given(data=st.data())
def test_facts_told_one_after_another_are_facts_told_at_once(data: st.DataObject) -> None:
    program = data.draw(programs())
    facts = data.draw(facts_for(program))
    step_by_step = program
    for name, worth in facts.items():
        step_by_step = specialise(step_by_step, {name: worth})
    at_once = specialise(program, facts)
    assert not at_once.inputs
    assert not step_by_step.inputs
    _equal(at_once, step_by_step, {})


COMPARED = [
    (op, worths, turned)
    for op in (ops.Less(), ops.Equal())
    for worths in ((18,), (0, 18, 60), (18, 18, 19))
    for turned in (False, True)
]


# Catches a cut left out: an age at which something changes that is taken for one at which nothing does.
@pytest.mark.parametrize(("op", "worths", "turned"), COMPARED, ids=str)
def test_between_two_cuts_of_an_input_nothing_changes(
    op: ops.Op, worths: tuple[int, ...], turned: bool
) -> None:
    b = Builder()
    age = b.add(ops.Input("age"), type=COUNT)
    if len(worths) == 1:
        other = b.add(ops.Const(worths[0]), type=COUNT)
    else:
        code = b.add(ops.Input("code"), type=category(("a", "b", "c")))
        other = b.add(ops.Look("limit", worths), code, type=COUNT)
    step = b.add(op, *((other, age) if turned else (age, other)), type=FLAG)
    program = Program(tuple(b.steps), (("out", step),))
    found = cuts(program, "age")
    assert found is not None
    for code in range(3):
        worth = {n: Trace(program, {"age": n, "code": code})["out"] for n in range(-1, 70)}
        changes = {n for n in range(70) if worth[n] != worth[n - 1]}
        assert changes <= set(found)
        assert changes or len(worths) > 1


@pytest.mark.parametrize(
    ("op", "other", "type_"),
    [
        (ops.Add(), ops.Const(18), COUNT),
        (ops.Less(), ops.Input("other"), FLAG),
        (ops.Less(), None, FLAG),
    ],
    ids=["added", "compared with an input", "compared with itself"],
)
def test_an_input_that_is_used_otherwise_has_no_cuts(
    op: ops.Op, other: ops.Op | None, type_: Type
) -> None:
    b = Builder()
    age = b.add(ops.Input("age"), type=COUNT)
    beside = age if other is None else b.add(other, type=COUNT)
    step = b.add(op, age, beside, type=type_)
    assert cuts(Program(tuple(b.steps), (("out", step),)), "age") is None


# Catches an input taken for a mere condition while its own worth is an output.
def test_an_input_that_is_kept_itself_has_no_cuts() -> None:
    b = Builder()
    age = b.add(ops.Input("age"), type=COUNT)
    adult = b.add(ops.Less(), b.add(ops.Const(17), type=COUNT), age, type=FLAG)
    assert cuts(Program(tuple(b.steps), (("adult", adult),)), "age") == (17, 18)
    assert cuts(Program(tuple(b.steps), (("adult", adult), ("age", age))), "age") is None


# The same whatever the Program: between two cuts every worth gives the same amounts.
@MANY
@given(data=st.data())
def test_between_two_cuts_of_an_input_no_output_of_any_program_changes(data: st.DataObject) -> None:
    program = data.draw(programs())
    facts = data.draw(facts_for(program))
    for name, type_ in inputs_of(program).items():
        found = cuts(program, name) if type_ == COUNT else None
        if found is None:
            continue
        edges = (-(10**4), *found, 10**4)
        for low, high in pairwise(edges):
            inside = {low, high - 1, (low + high) // 2}
            worths = {n: Trace(program, facts | {name: n}) for n in inside if low <= n < high}
            for kept, _ in program.kept():
                assert len({trace[kept] for trace in worths.values()}) <= 1
        event("cuts found")
