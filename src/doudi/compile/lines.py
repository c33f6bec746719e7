"""The Program of one line: how it falls into its four parts."""

from doudi.ir import ops
from doudi.ir.program import Builder, Program, pruned
from doudi.ir.types import FEN, FLAG, PRICE, QUANTITY, category, ratio
from doudi.money import RATE_SCALE
from doudi.packs.model import Decomposition

CLASSES = ("甲", "乙", "丙")
PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")


def line_program(decomposition: Decomposition) -> Program:
    """甲 in full; 乙 less its first-self-pay rate; 丙 wholly own pay; above the ceiling: over-ceiling.

    Over-ceiling = (unit price - ceiling) x quantity, at most the line's amount; first self-pay =
    (amount - over-ceiling) x rate; each rounded once, in this order, as the pack names it. A refund's
    quantity and amount are negative and mirror its line. The platform's own parts are taken as they are.
    """
    b, rounding = Builder(), decomposition.rounding
    amount = b.add(ops.Input("amount"), type=FEN)
    zero = b.add(ops.Const(0), type=FEN)
    item_class = b.add(ops.Input("item_class"), type=category(CLASSES))
    above = b.add(
        ops.Clip(),
        b.add(
            ops.Minus(),
            b.add(ops.Input("unit_price"), type=PRICE),
            b.add(ops.Input("price_ceiling"), type=PRICE),
            type=PRICE,
        ),
        type=PRICE,
    )
    quantity = b.add(ops.Input("quantity"), type=QUANTITY)
    extended = b.add(ops.Extend(rounding), above, quantity, type=FEN)
    is_refund = b.add(ops.Less(), amount, zero, type=FLAG)
    limited = b.add(
        ops.When(),
        is_refund,
        b.add(ops.Greater(), extended, amount, type=FEN),
        b.add(ops.Lesser(), extended, amount, type=FEN),
        type=FEN,
    )
    has_ceiling = b.add(ops.Input("has_ceiling"), type=FLAG)
    over = b.add(ops.When(), has_ceiling, limited, zero, type=FEN)
    within = b.add(ops.Minus(), amount, over, type=FEN)
    rate = b.add(ops.Input("first_self_pay_rate"), type=ratio(RATE_SCALE))
    first = b.add(
        ops.When(),
        b.add(ops.Among((CLASSES.index("乙"),)), item_class, type=FLAG),
        b.add(ops.Share(rounding), within, rate, type=FEN),
        zero,
        type=FEN,
    )
    own_pay = b.add(ops.Among((CLASSES.index("丙"),)), item_class, type=FLAG)
    by_class = {
        "out_of_catalogue": b.add(ops.When(), own_pay, amount, zero, type=FEN),
        "over_ceiling": b.add(ops.When(), own_pay, zero, over, type=FEN),
        "first_self_pay": b.add(ops.When(), own_pay, zero, first, type=FEN),
        "in_scope": b.add(
            ops.When(), own_pay, zero, b.add(ops.Minus(), within, first, type=FEN), type=FEN
        ),
    }
    has_parts = b.add(ops.Input("has_parts"), type=FLAG)
    outputs = tuple(
        (
            part,
            b.add(
                ops.When(),
                has_parts,
                b.add(ops.Input(f"parts.{part}"), type=FEN),
                by_class[part],
                type=FEN,
            ),
        )
        for part in PARTS
    )
    return pruned(Program(tuple(b.steps), outputs))
