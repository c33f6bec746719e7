"""What compiling yields: the two Programs of a pack on a day, and what is said about them."""

from dataclasses import dataclass, replace
from datetime import date

from doudi.compile.expressions import Lowering
from doudi.compile.lines import line_program
from doudi.compile.said import outline
from doudi.compile.visit import VisitCompiler
from doudi.errors import Fault, Faulty, fault
from doudi.ir.check import flaws
from doudi.ir.outline import Outline
from doudi.ir.program import Program
from doudi.ir.show import fingerprint
from doudi.packs.lint import lint
from doudi.packs.model import Pack


@dataclass(frozen=True, slots=True)
class Policy:
    """A pack as it stands from `since` on, compiled. `fingerprint` names its meaning."""

    pack: Pack
    since: date
    line: Program
    visit: Program
    outline: Outline
    fingerprint: str


def compile_policy(pack: Pack, day: date) -> Policy:
    """The policy of that day. Raises Faulty with everything that keeps the pack from compiling."""
    assert pack.valid.covers(day), f"{pack.id} does not rule on {day}"
    since = pack.dated_on(day)
    faults = lint(pack)
    if faults:
        raise Faulty(faults)
    low = Lowering(pack, since)
    compiler = VisitCompiler(low)
    visit = compiler.compile()
    if low.faults:
        raise Faulty(dict.fromkeys(low.faults))
    line = line_program(pack.decomposition)
    for program in (line, visit):
        found = flaws(program)
        assert not found, f"the compiler made a Program that is not well-formed: {found}"
    limits = tuple((n, at) for n, at in visit.names if n.endswith(".at_most"))
    judged = replace(visit, outputs=visit.outputs + limits)
    meaning = fingerprint(line, judged, frame=_frame(pack))
    return Policy(pack, since, line, visit, outline(pack, since, compiler.rules), meaning)


def _frame(pack: Pack) -> list[str]:
    """What decides amounts beside the Programs: district, year, where codes stand, whose sums."""
    return [
        f"district {pack.district}",
        f"year {pack.year_starts[0]:02d}-{pack.year_starts[1]:02d}",
        *(
            f"dimension {d.name} of {d.of} else {d.otherwise}: {' '.join(d.codes)}"
            for d in sorted(pack.dimensions.values(), key=lambda d: d.name)
        ),
        *(
            f"sum {a.name} of {a.owner} over {a.period}"
            for a in sorted(pack.accumulators.values(), key=lambda a: a.name)
        ),
    ]


def check_pack(pack: Pack) -> tuple[list[Policy], list[Fault]]:
    """Every policy that the pack is over its span, one for each day on which a value changes; and every
    fault that keeps one from compiling, among them parameters of its own that no rule uses."""
    faults = lint(pack)
    days = {pack.valid.start}
    days |= {
        d.start for p in pack.parameters.values() for d in p.dated if pack.valid.covers(d.start)
    }
    used = set[str]()
    for day in sorted(days):
        low = Lowering(pack, pack.dated_on(day))
        VisitCompiler(low).compile()
        used |= low.used
        faults += low.faults
    faults += [
        fault("P212", p.place, name=p.name)
        for name, p in pack.parameters.items()
        if name not in used and p.place.startswith(f"{pack.id}/")
    ]
    if faults:
        return [], list(dict.fromkeys(faults))
    return [compile_policy(pack, day) for day in sorted(days)], []
