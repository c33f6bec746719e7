"""Expressions of a pack: precedence, every way of being unreadable, and hostile texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.packs.expression import (
    FUNCTIONS,
    Call,
    Compare,
    Expression,
    Logic,
    Member,
    Name,
    Negation,
    Number,
    Percent,
    Product,
    Sum,
    Unreadable,
    names_in,
    parse,
)  # fmt: skip
from effort import MANY

A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", Sum(A, Product(B, C), False)),
        ("a * b + c", Sum(Product(A, B), C, False)),
        ("a - b - c", Sum(Sum(A, B, True), C, True)),
        ("a - (b - c)", Sum(A, Sum(B, C, True), True)),
        ("(a + b) * c", Product(Sum(A, B, False), C)),
        ("a + b < b * c", Compare(Sum(A, B, False), "<", Product(B, C))),
        ("a = b and b != c", Logic(Compare(A, "=", B), "and", Compare(B, "!=", C))),
        ("a or b and c", Logic(A, "or", Logic(B, "and", C))),
        ("a and b or c", Logic(Logic(A, "and", B), "or", C)),
        ("not a and b", Logic(Negation(A), "and", B)),
        ("not a = b", Negation(Compare(A, "=", B))),
        ("not (a or b)", Negation(Logic(A, "or", B))),
        ("not not a", Negation(Negation(A))),
        ("a in [b, 1]", Member(A, ("b", "1"))),
        ("a in []", Member(A, ())),
        ("a not in [b]", Negation(Member(A, ("b",)))),
        ("a in [b] and not b in [c]", Logic(Member(A, ("b",)), "and", Negation(Member(B, ("c",))))),
        ("min(a, b) - 0", Sum(Call("min", (A, B)), Number("0"), True)),
        ("when(a or b, 80.5%, 0%)", Call("when", (Logic(A, "or", B), Percent(8050), Percent(0)))),
        ("12.34%", Percent(1234)),
        ("0.5%", Percent(50)),
        ("100%", Percent(10_000)),
        ("pos(a-b)", Call("pos", (Sum(A, B, True),))),
        ("share(a, b, half_up)", Call("share", (A, B, Name("half_up")))),
        ("basic.cap", Name("basic.cap")),
        ("min", Name("min")),
        ("  a\n\t+  b ", Sum(A, B, False)),
        ("orange", Name("orange")),
    ],
)
def test_an_expression_reads_by_precedence(text: str, tree: Expression) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有写完"),
        ("   \n ", "没有写完"),
        ("a +", "没有写完"),
        ("(a", "结尾"),
        ("a)", "多出来"),
        ("a b", "多出来"),
        ("a = b = c", "多出来"),
        ("a < b < c", "多出来"),
        ("+ a", "不能放在这里"),
        ("- a", "不能放在这里"),
        ("a and", "没有写完"),
        ("a or or b", "不能放在这里"),
        ("not", "没有写完"),
        ("and", "不能放在这里"),
        ("a not b", "位置应是“in”"),
        ("a in b", "位置应是“[”"),
        ("a in [b", "位置应是“,”"),
        ("a in [b c]", "位置应是“,”"),
        ("a in [b,]", "应是代码"),
        ("a in [80%]", "应是代码"),
        ("a in [(b)]", "应是代码"),
        ("min(a)", "min 要 2 项，写了 1 项"),
        ("pos(a, b)", "pos 要 1 项，写了 2 项"),
        ("when(a, b)", "when 要 3 项，写了 2 项"),
        ("min(a, b", "结尾"),
        ("min()", "不能放在这里"),
        ("round(a, 2)", "多出来"),
        ("a / b", "读不懂"),
        ("a ** b", "不能放在这里"),
        ("a == b", "不能放在这里"),
        ("1.5", "读不懂"),
        ("1_000", "读不懂"),
        ("1e3", "读不懂"),
        ("12.345%", "读不懂"),
        ("'a'", "读不懂"),
        ("a; b", "读不懂"),
        ("a.b.", "读不懂"),
        ("a.1", "读不懂"),
        ("a[0]", "多出来"),
        ("{a}", "读不懂"),
        ("a # b", "读不懂"),
        ("lambda: a", "读不懂"),
        ("__import__('os')", "读不懂"),
        ("a！", "读不懂"),
        ("a，b", "读不懂"),
        ("¥5", "读不懂"),
    ],
)
def test_what_is_no_expression_is_unreadable_and_says_why(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(text)
    assert reason in str(refused.value)


# Each must be refused as a text, not end in an error of ours: a pack may come from anywhere.
@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(" * 10_000 + "a" + ")" * 10_000,
        "min(" * 10_000,
        "not " * 10_000 + "a",
        "not (" * 40 + "a" + ")" * 40,
        "a in [" * 10_000,
        " + ".join("a" * 10_000),
        "9" * 10_000,
        "9" * 10_000 + "%",
        "\x00",
        "a\x00b",
        "\ud800",
        "\u202ea",
        "a" + "\u00a0" * 10 + "/",
        "²",
    ],
    ids=lambda text: f"{text[:6]!r} {len(text)}",
)
def test_a_hostile_text_is_unreadable_and_nothing_worse(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_a_long_sum_is_read_as_it_stands() -> None:
    tree = parse(" + ".join("a" * 90))
    assert list(names_in(tree)) == ["a"] * 90
    assert isinstance(tree, Sum)
    assert tree.right == A


# Catches an exception that is no Unreadable, whatever the text.
@MANY
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(
                ["a", "b.c", "min", "when", "pos(", "(", ")", "[", "]", ",", "+", "-", "*", "=",
                 "!=", "<", "<=", "in", "not", "and", "or", "0", "7", "5%", "1.25%", " "]
            ),
            max_size=25,
        ).map(" ".join),
    )
)  # fmt: skip
def test_any_text_is_an_expression_or_unreadable(text: str) -> None:
    try:
        tree = parse(text)
    except Unreadable:
        return
    assert parse(_written(tree)) == tree


def _trees() -> st.SearchStrategy[Expression]:
    names = st.sampled_from(["a", "b.c", "in_scope", "x1"]).map(Name)
    leaves = st.one_of(
        names, st.integers(0, 99).map(str).map(Number), st.integers(0, 10_000).map(Percent)
    )

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        calls = [
            st.tuples(*[inner] * count).map(lambda a, f=name: Call(f, a))
            for name, count in FUNCTIONS.items()
        ]
        return st.one_of(
            st.builds(Sum, inner, inner, st.booleans()),
            st.builds(Product, inner, inner),
            st.builds(Compare, inner, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), inner),
            st.builds(Member, inner, st.lists(st.sampled_from(["a", "7"])).map(tuple)),
            st.builds(Logic, inner, st.sampled_from(["and", "or"]), inner),
            st.builds(Negation, inner),
            *calls,
        )

    return st.recursive(leaves, larger, max_leaves=12)


# Catches a precedence or an association that the text does not have: every part in brackets of its own.
@MANY
@given(_trees())
def test_a_tree_written_out_reads_back_as_itself(tree: Expression) -> None:
    assert parse(_written(tree)) == tree
    assert all(name in _written(tree) for name in names_in(tree))


def _written(tree: Expression) -> str:
    match tree:
        case Name():
            return tree.text
        case Number():
            return str(tree.value)
        case Percent():
            return f"{tree.per_myriad // 100}.{tree.per_myriad % 100:02d}%"
        case Sum():
            return f"({_written(tree.left)}) {'-' if tree.minus else '+'} ({_written(tree.right)})"
        case Product():
            return f"({_written(tree.left)}) * ({_written(tree.right)})"
        case Compare() | Logic():
            return f"({_written(tree.left)}) {tree.operator} ({_written(tree.right)})"
        case Member():
            return f"({_written(tree.left)}) in [{', '.join(tree.codes)}]"
        case Negation():
            return f"not ({_written(tree.inner)})"
        case Call():
            return f"{tree.function}({', '.join(map(_written, tree.arguments))})"
