"""An expression of a pack → a step of a Program: names are resolved, types checked, rates aligned."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from math import lcm

from doudi.compile.bounds import bounds, not_negative
from doudi.errors import Fault, fault
from doudi.ir import ops
from doudi.ir.program import Builder
from doudi.ir.types import COUNT, FEN, FLAG, Kind, Type, category, ratio
from doudi.money import Rounding, percent
from doudi.packs import expression as e
from doudi.packs.model import Formula, Pack, Parameter, Unit
from doudi.source_text import shown

PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
FACTS = {"age": COUNT, "major_disease": FLAG}

_KIND_NAMES = {
    Kind.FEN: "金额", Kind.RATIO: "比例", Kind.FLAG: "条件", Kind.COUNT: "整数",
    Kind.CATEGORY: "代码", Kind.PRICE: "单价", Kind.QUANTITY: "数量",
}  # fmt: skip


_DEPTH = 120  # of expressions within expressions, by brackets or by names
_SCALE = 10**36  # of a product of rates


class Misfit(Exception):
    """An expression that has no meaning here; `code` and `details` are the fault's.

    No code: it rests on something of which a fault is told already.
    """

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(slots=True)
class Lowering:
    """Turns expressions into steps of one Program, collecting faults. `steps` are amounts by name that
    layers add as they are compiled; `later` are names of layers not yet compiled."""

    pack: Pack
    day: date
    builder: Builder = field(default_factory=Builder)
    faults: list[Fault] = field(default_factory=list[Fault])
    steps: dict[str, int] = field(default_factory=dict[str, int])
    later: set[str] = field(default_factory=set[str])
    used: set[str] = field(default_factory=set[str])
    _open: list[str] = field(default_factory=list[str])
    _depth: int = 0

    def amount(self, formula: Formula) -> int:
        """The step of an expression that is an amount."""
        return self.typed(formula, Kind.FEN)

    def rate(self, formula: Formula) -> int:
        """The step of an expression that is a rate, from 0 to 100 % whatever the codes are."""
        step = self.typed(formula, Kind.RATIO)
        low, high = bounds(self.builder, step)
        scale = self.builder.type_of(step).scale
        text = shown(formula.text, 80)
        is_value = isinstance(formula.tree, e.Name) and formula.tree.text in self.pack.parameters
        if (
            high is None or high > scale
        ) and not is_value:  # a value over 100 % is a fault where it stands
            most = "没有上限" if high is None else f"最多可达 {percent(high, scale)}"
            self.faults.append(fault("P202", formula.place, value=f"“{text}”{most}，"))
        if low is None or low < 0:
            least = "" if low is None else f"（{percent(low, scale)}）"
            self.faults.append(
                fault(
                    "P211", formula.place, what_=f"比例“{text}”可能小于 0{least}",
                    why_="比例在 0 到 100% 之间，小于 0 就成了倒收钱。",
                    mend_="用 pos( … ) 把小于 0 的当作 0，或核对各项。",
                )
            )  # fmt: skip
        return step

    def at_least_zero(self, formula: Formula) -> int:
        """The step of an amount that cannot be negative: by its form, or clipped at zero."""
        step = self.amount(formula)
        return step if not_negative(self.builder, step) else self.add(ops.Clip(), step)

    def condition(self, formula: Formula | None) -> int:
        """The step of an expression that is a condition; none stands for always."""
        return self.flag(True) if formula is None else self.typed(formula, Kind.FLAG)

    def typed(self, formula: Formula, kind: Kind) -> int:
        """The step of an expression of this kind; where it has none, a fault and a stand-in."""
        try:
            step = self._lower(formula.tree)
            step = self._as_zero(step, kind)
            found = self.builder.type_of(step).kind
            if found != kind:
                raise _mixed(f"这里要{_KIND_NAMES[kind]}，写的是{_KIND_NAMES[found]}")
        except Misfit as misfit:
            if misfit.code:
                text = shown(formula.text, 80)
                known = {"text": text, "near": "", "reason": "", "mend_": "核对名称和单位。"}
                details = {**known, **misfit.details}
                self.faults.append(fault(misfit.code, formula.place, **details))
            stand_in = {Kind.RATIO: ratio(1), Kind.FLAG: FLAG}.get(kind, FEN)
            step = self.builder.add(ops.Const(0), type=stand_in)
        return step

    def flag(self, holds: bool) -> int:
        return self.builder.add(ops.Const(int(holds)), type=FLAG)

    def zero(self) -> int:
        return self.builder.add(ops.Const(0), type=FEN)

    def input(self, name: str, type: Type) -> int:
        return self.builder.add(ops.Input(name), type=type)

    def add(self, op: ops.Op, *arguments: int, type: Type = FEN) -> int:
        return self.builder.add(op, *arguments, type=type)

    def code(self, dimension: str) -> int:
        """The step of a dimension's code."""
        return self.input(dimension, category(tuple(self.pack.dimensions[dimension].codes)))

    def limit(self, formula: Formula) -> tuple[int | None, int]:
        """A cap's limit: the flag that there is one (None: always), and the amount where there is."""
        tree = formula.tree
        if isinstance(tree, e.Name) and tree.text in self.pack.parameters:
            parameter = self.pack.parameters[tree.text]
            table = parameter.on(self.day).table
            if any(value is None for value in table.values()):
                self.used.add(tree.text)
                try:
                    has = self._table(parameter, lambda v: int(v is not None), FLAG)
                    return has, self._table(parameter, lambda v: 0 if v is None else int(v), FEN)
                except Misfit:
                    return (
                        None,
                        self.zero(),
                    )  # cells are missing: a fault of the table, told already
        return None, self.at_least_zero(formula)

    def _lower(self, tree: e.Expression) -> int:
        if self._depth >= _DEPTH:
            raise Misfit("P206", reason="式子和名称套得太深", mend_="拆成几个较短的式子。")
        self._depth += 1
        try:
            return self._lowered(tree)
        finally:
            self._depth -= 1

    def _lowered(self, tree: e.Expression) -> int:
        match tree:
            case e.Name():
                return self._name(tree.text)
            case e.Number():
                if tree.value != 0:
                    raise _written_in(str(tree.value))
                return self.builder.add(ops.Const(0), type=COUNT)
            case e.Percent():
                if tree.per_myriad not in (0, 10_000):
                    raise _written_in(percent(tree.per_myriad, 10_000))
                exact = Fraction(tree.per_myriad, 10_000)
                return self.builder.add(ops.Const(exact.numerator), type=ratio(exact.denominator))
            case e.Sum():
                op = ops.Minus() if tree.minus else ops.Add()
                return self._alike(op, tree.left, tree.right)
            case e.Product():
                return self._product(self._lower(tree.left), self._lower(tree.right))
            case e.Compare():
                return self._compare(tree)
            case e.Member():
                return self._among(tree.left, tree.codes)
            case e.Logic():
                op = ops.Both() if tree.operator == "and" else ops.Either()
                return self.add(op, self._flag(tree.left), self._flag(tree.right), type=FLAG)
            case e.Negation():
                return self.add(ops.Not(), self._flag(tree.inner), type=FLAG)
            case e.Call():
                return self._call(tree)
            case e.Unread():
                raise Misfit("")

    def _name(self, name: str) -> int:
        if name in self.steps:
            return self.steps[name]
        if name in self.later:
            raise Misfit("P207", name=name, near="它在后面的层次才算出来，这里还不知道。")
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise Misfit("P209", chain=circle)
        pack = self.pack
        if name in pack.dimensions:
            return self.code(name)
        if name in pack.parameters:
            return self._parameter(pack.parameters[name])
        for section in (pack.groups, pack.amounts):
            if name in section:
                self._open.append(name)
                try:
                    step = self._lower(section[name].tree)
                finally:
                    self._open.pop()
                self.steps[name] = step
                return step
        if name in FACTS:
            return self.input(name, FACTS[name])
        if name in pack.accumulators:
            return self.before(name)
        known = [*self.steps, *pack.dimensions, *pack.parameters, *pack.groups, *pack.amounts]
        close = get_close_matches(name, known, n=1)
        raise Misfit("P207", name=name, near=f"是不是“{close[0]}”？" if close else "没有这个名称。")

    def before(self, accumulator: str) -> int:
        """What an accumulator stood at before the visit."""
        return self.input(f"before.{accumulator}", FEN)

    def _parameter(self, parameter: Parameter) -> int:
        self.used.add(parameter.name)
        table = parameter.on(self.day).table
        values = [value for value in table.values() if value is not None]
        if len(values) < len(table):
            raise _mixed(f"参数 {parameter.name} 有“无限额”的格子，只能直接写作 cap 的 limit")
        match parameter.unit:
            case Unit.YUAN:
                return self._table(parameter, lambda v: int(v or 0), FEN)
            case Unit.YEARS:
                return self._table(parameter, lambda v: int(v or 0), COUNT)
            case Unit.FLAG:
                return self._table(parameter, lambda v: int(v or 0), FLAG)
            case Unit.PERCENT:
                scale = lcm(*(value.denominator for value in values))
                return self._table(
                    parameter, lambda v: int((v or Fraction(0)) * scale), ratio(scale)
                )

    def _table(
        self, parameter: Parameter, worth: Callable[[Fraction | None], int], type: Type
    ) -> int:
        """A look-up over the parameter's dimensions, in the order of their codes."""
        table = parameter.on(self.day).table
        rows: list[tuple[str, ...]] = [()]
        for dimension in parameter.by:
            rows = [(*row, code) for row in rows for code in self.pack.dimensions[dimension].codes]
        if len(table) < len(rows):
            raise Misfit("")
        dated = parameter.on(self.day)
        open_ = frozenset(n for n, row in enumerate(rows) if row in dated.open)
        op = ops.Look(parameter.name, tuple(worth(table[row]) for row in rows), open_)
        return self.builder.add(op, *(self.code(d) for d in parameter.by), type=type)

    def _flag(self, tree: e.Expression) -> int:
        step = self._lower(tree)
        if self.builder.type_of(step) != FLAG:
            raise _mixed("and、or、not 的两边都要是条件")
        return step

    def _product(self, left: int, right: int) -> int:
        types = self.builder.type_of(left), self.builder.type_of(right)
        if all(t.kind == Kind.RATIO for t in types):
            scale = types[0].scale * types[1].scale
            if scale > _SCALE:
                raise _mixed("比例连乘太多次", "少乘几次，或把乘好的比例写成参数。")
            return self.builder.add(ops.Times(), left, right, type=ratio(scale))
        if {t.kind for t in types} == {Kind.FEN, Kind.RATIO}:
            raise _mixed("金额乘比例要进位", "写成 share(金额, 比例, half_up) 这样，说明怎样进位。")
        raise _mixed("只有比例可以相乘")

    def _alike(self, op: ops.Op, left: e.Expression, right: e.Expression) -> int:
        a, b = self._aligned(self._lower(left), self._lower(right))
        type_ = self.builder.type_of(a)
        if type_.kind not in (Kind.FEN, Kind.RATIO, Kind.COUNT):
            raise _mixed(f"{_KIND_NAMES[type_.kind]}不能加减和比大小")
        return self.builder.add(op, a, b, type=type_)

    def _aligned(self, a: int, b: int) -> tuple[int, int]:
        """Two steps of one type: a written 0 takes the other's type, rates a common scale."""
        a = self._as_zero(a, self.builder.type_of(b).kind, b)
        b = self._as_zero(b, self.builder.type_of(a).kind, a)
        types = self.builder.type_of(a), self.builder.type_of(b)
        if all(t.kind == Kind.RATIO for t in types):
            scale = lcm(types[0].scale, types[1].scale)
            a, b = (self._rescaled(s, scale) for s in (a, b))
        elif types[0] != types[1]:
            raise _mixed(f"{_KIND_NAMES[types[0].kind]}和{_KIND_NAMES[types[1].kind]}放在一起")
        return a, b

    def _rescaled(self, step: int, scale: int) -> int:
        own = self.builder.type_of(step).scale
        if own == scale:
            return step
        return self.builder.add(ops.Rescale(scale // own), step, type=ratio(scale))

    def _as_zero(self, step: int, kind: Kind, like: int | None = None) -> int:
        """A written 0 as an amount or a rate, where one is wanted."""
        if self.builder.type_of(step) != COUNT or self.builder.constant_of(step) != 0:
            return step
        if kind == Kind.FEN:
            return self.zero()
        if kind == Kind.RATIO:
            type_ = ratio(1) if like is None else self.builder.type_of(like)
            return self.builder.add(ops.Const(0), type=type_)
        return step

    def _compare(self, tree: e.Compare) -> int:
        left = self._lower(tree.left)
        if self.builder.type_of(left).kind == Kind.CATEGORY:
            if tree.operator not in ("=", "!=") or not isinstance(tree.right, e.Name | e.Number):
                raise _mixed("代码只能用 =、!= 或 in 比较")
            right = tree.right
            code = right.text
            step = self._among(tree.left, (code,))
            return step if tree.operator == "=" else self.add(ops.Not(), step, type=FLAG)
        a, b = self._aligned(left, self._lower(tree.right))
        if self.builder.type_of(a).kind not in (Kind.FEN, Kind.RATIO, Kind.COUNT):
            raise _mixed("条件之间不能比较")
        match tree.operator:
            case "=" | "!=":
                step = self.add(ops.Equal(), a, b, type=FLAG)
            case "<" | ">=":
                step = self.add(ops.Less(), a, b, type=FLAG)
            case _:
                step = self.add(ops.Less(), b, a, type=FLAG)
        denied = tree.operator in ("!=", ">=", "<=")
        return self.add(ops.Not(), step, type=FLAG) if denied else step

    def _among(self, left: e.Expression, codes: tuple[str, ...]) -> int:
        step = self._lower(left)
        type_ = self.builder.type_of(step)
        if type_.kind != Kind.CATEGORY:
            raise _mixed("in 的左边要是维度")
        for code in codes:
            if code not in type_.codes:
                close = "、".join(type_.codes)
                raise Misfit("P207", name=code, near=f"这个维度的代码有：{close}。")
        places = tuple(sorted(type_.codes.index(code) for code in set(codes)))
        return self.builder.add(ops.Among(places), step, type=FLAG)

    def _call(self, tree: e.Call) -> int:
        a = tree.arguments
        match tree.function:
            case "min":
                return self._alike(ops.Lesser(), a[0], a[1])
            case "max":
                return self._alike(ops.Greater(), a[0], a[1])
            case "pos":
                step = self._lower(a[0])
                if self.builder.type_of(step).kind not in (Kind.FEN, Kind.RATIO, Kind.COUNT):
                    raise _mixed("pos 里要是金额、比例或整数")
                return self.builder.add(ops.Clip(), step, type=self.builder.type_of(step))
            case "when":
                condition = self._flag(a[0])
                yes, no = self._aligned(self._lower(a[1]), self._lower(a[2]))
                return self.builder.add(
                    ops.When(), condition, yes, no, type=self.builder.type_of(yes)
                )
            case _:
                return self._share(a)

    def _share(self, a: tuple[e.Expression, ...]) -> int:
        of, rate = self._lower(a[0]), self._lower(a[1])
        rounding = a[2].text if isinstance(a[2], e.Name) else ""
        if rounding not in tuple(Rounding):
            raise _mixed(f"share 的第三项是进位方式：{'、'.join(Rounding)}")
        if self.builder.type_of(of) != FEN or self.builder.type_of(rate).kind != Kind.RATIO:
            raise _mixed("share 的前两项是金额和比例")
        return self.builder.add(ops.Share(Rounding(rounding)), of, rate, type=FEN)


def _written_in(value: str) -> Misfit:
    reason = f"{value} 直接写在式子里，没有依据和日期"
    return Misfit("P208", reason=reason, mend_="写成参数，注明依据，再在式子里用参数的名称。")


def _mixed(reason: str, mend: str = "核对单位和写法。") -> Misfit:
    return Misfit("P208", reason=reason, mend_=mend)
