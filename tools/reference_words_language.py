"""What the reference says of expressions and operations; the pages try every example before they print it."""

from doudi.ir import ops
from doudi.ir.types import COUNT, FEN, FLAG, PRICE, QUANTITY, Kind, Type, category, ratio
from doudi.money import Rounding

# How it is written, the node that the example becomes, an example, what it means; loosest first.
OPERATORS: list[tuple[str, str, str, str]] = [
    ("`or`", "Logic", "poor or age < 18", "两个条件有一个成立"),
    ("`and`", "Logic", "poor and place = in_district", "两个条件都成立"),
    ("`not`", "Negation", "not major_disease", "条件不成立"),
    ("`=` `!=` `<` `<=` `>` `>=`", "Compare", "kind != outpatient", "比较；代码只能用 = 和 !="),
    ("`in`", "Member", "level in [1, 2]", "是方括号里的一个代码"),
    ("`not in`", "Negation", "standing not in [ordinary]", "不是方括号里的代码"),
    ("`+` `-`", "Sum", "in_scope - basic", "加、减"),
    ("`*`", "Product", "basic.rate * basic.place_factor", "比例乘比例"),
]

PRECEDENCE: list[tuple[str, str]] = [
    ("a or b and c", "a or (b and c)"),
    ("not a and b", "(not a) and b"),
    ("not a = b", "not (a = b)"),
    ("a + b < c", "(a + b) < c"),
    ("a - b * c", "a - (b * c)"),
    ("a - b - c", "(a - b) - c"),
]

# How it is written, an example, what it means.
FUNCTIONS: dict[str, tuple[str, str, str]] = {
    "min": ("min(甲，乙)", "min(basic.rate + basic.points, 100%)", "较小的一个：至多"),
    "max": ("max(甲，乙)", "max(in_scope - basic, 0)", "较大的一个：至少"),
    "pos": ("pos(甲)", "pos(in_scope - critical.threshold)", "负数变成 0"),
    "when": (
        "when(条件，甲，乙)",
        "when(age < 18, basic.minor_points, 0%)",
        "条件成立取甲，否则取乙；甲乙同类。没有 `? :`，因为 YAML 把“: ”看作键值",
    ),
    "share": (
        "share(金额，比例，进位)",
        "share(total, floor.share, down)",
        "金额的几成，进位一次；进位方式见[进位](pack-language.md#进位-round)",
    ),
}

# What cannot be written, and what to write instead.
REFUSED: list[tuple[str, str]] = [
    ("total / 2", "写成比例参数，用 share"),
    ("-basic", "写 0 - basic，或换个次序"),
    ("a < b < c", "a < b and b < c"),
    ("poor ? 5% : 0%", "when(poor, 5%, 0%)"),
    ("300.50", "写成参数：金额要有日期和依据"),
    ("round(total)", "进位写在 round 或 share 里"),
    ("standing in (dibao)", "standing in [dibao]"),
]

# Its name, where it comes from, what may be done with it.
KINDS: dict[Kind, tuple[str, str, str]] = {
    Kind.FEN: (
        "金额",
        "账单的金额、各层、累计、单位 yuan 的参数",
        "加减、比较、min、max、pos、when、share",
    ),
    Kind.RATIO: (
        "比例",
        "单位 percent 的参数、`10%` 这样的数值",
        "加减、相乘、比较、min、max、pos、when、share",
    ),
    Kind.FLAG: ("条件", "比较、in、groups、单位 flag 的参数、major_disease", "and、or、not、when"),
    Kind.COUNT: ("整数", "age、单位 years 的参数、整数数值", "加减、比较、min、max、pos、when"),
    Kind.CATEGORY: ("代码", "维度", "=、!=、in"),
}

# Names, their type, where they can be used. Reserved names must all be here.
NAMES: list[tuple[tuple[str, ...], str, str]] = [
    (("total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope"), "金额",
     "到处。整次就医的总费用和四部分，退费已冲减"),
    (("age",), "整数", "到处。结算日的周岁"),
    (("major_disease",), "条件", "到处。账单上的 major_disease"),
    (("excess_approved",), "条件", "不能用在式子里：留给账单上的 attributes.excess_approved"),
    (("deductible_met",), "金额", "各层之后：control、floor、accumulators。本次实际支付的起付线"),
    (("层次的名称",), "金额", "这一层之后。这一层付了多少：算出的，或平台给出的"),
    (("累计的名称",), "金额", "到处。本次之前的累计"),
    (("维度的名称",), "代码", "到处"),
    (("groups 的名称",), "条件", "到处，只要它用到的名称已有"),
    (("amounts 的名称",), "金额或比例", "到处，只要它用到的名称已有"),
    (("参数的名称",), "看单位", "到处"),
    (("control", "hospital", "floor", "patient"), "—", "不能用。它们在各层之后才算出，只出现在结果里"),
]  # fmt: skip

OPERATIONS: dict[str, str] = {
    "Input": "一个事实：账单、费用行或累计里的一项",
    "Const": "一个定数",
    "Look": "查表：按代码取参数的值",
    "Add": "甲 + 乙",
    "Minus": "甲 − 乙",
    "Lesser": "较小的一个：至多",
    "Greater": "较大的一个：至少",
    "Clip": "负数变成 0",
    "Times": "比例 × 比例",
    "Rescale": "同一个比例换一个分母，不进位",
    "Share": "金额 × 比例，进位一次",
    "Extend": "单价 × 数量，进位一次",
    "Curve": "分段：各段里的金额 × 各段的比例，相加后进位一次",
    "Quotient": "甲 ÷ 乙，作为比例，进位一次；乙不大于 0 时是 0",
    "Among": "代码是其中之一",
    "Less": "甲 < 乙",
    "Equal": "甲 = 乙",
    "Reaches": "甲 ≥ 乙 × 比例，精确比较，不进位",
    "Both": "两个条件都成立",
    "Either": "两个条件有一个成立",
    "Not": "条件不成立",
    "When": "条件成立取甲，否则取乙",
}

_HALF = ratio(2)
_LEVEL = category(("1", "2", "3"))
_UP = Rounding.HALF_UP

# A sample of each operation: the operation, its arguments with their types, the type of its worth.
SAMPLES: dict[str, tuple[ops.Op, list[tuple[Type, int]], Type]] = {
    "Input": (ops.Input("total"), [], FEN),
    "Const": (ops.Const(5), [], FEN),
    "Look": (ops.Look("basic.deductible", (10000, 30000, 80000)), [(_LEVEL, 1)], FEN),
    "Add": (ops.Add(), [(FEN, 3), (FEN, 4)], FEN),
    "Minus": (ops.Minus(), [(FEN, 3), (FEN, 4)], FEN),
    "Lesser": (ops.Lesser(), [(FEN, 3), (FEN, 4)], FEN),
    "Greater": (ops.Greater(), [(FEN, 3), (FEN, 4)], FEN),
    "Clip": (ops.Clip(), [(FEN, -3)], FEN),
    "Times": (ops.Times(), [(_HALF, 1), (_HALF, 1)], ratio(4)),
    "Rescale": (ops.Rescale(5), [(_HALF, 1)], ratio(10)),
    "Share": (ops.Share(_UP), [(FEN, 5), (_HALF, 1)], FEN),
    "Extend": (ops.Extend(_UP), [(PRICE, 1_500_000), (QUANTITY, 2_000_000)], FEN),
    "Curve": (
        ops.Curve(_UP),
        [(FEN, 100), (FEN, 10), (_HALF, 1), (FEN, 50), (_HALF, 2)],
        FEN,
    ),
    "Quotient": (ops.Quotient(_UP), [(FEN, 1), (FEN, 3)], ratio(10_000)),
    "Among": (ops.Among((0, 2)), [(_LEVEL, 2)], FLAG),
    "Less": (ops.Less(), [(COUNT, 17), (COUNT, 18)], FLAG),
    "Equal": (ops.Equal(), [(COUNT, 18), (COUNT, 18)], FLAG),
    "Reaches": (ops.Reaches(), [(FEN, 5), (FEN, 10), (_HALF, 1)], FLAG),
    "Both": (ops.Both(), [(FLAG, 1), (FLAG, 0)], FLAG),
    "Either": (ops.Either(), [(FLAG, 1), (FLAG, 0)], FLAG),
    "Not": (ops.Not(), [(FLAG, 1)], FLAG),
    "When": (ops.When(), [(FLAG, 1), (FEN, 3), (FEN, 4)], FEN),
}
