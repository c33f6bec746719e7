"""The expressions of a pack: names, values, + - *, comparisons, in, and/or/not, and five functions.

A text becomes a tree; what the names mean and whether the types fit is `compile`'s to say. There are
no loops, no definitions and no way into a programming language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FUNCTIONS = {"min": 2, "max": 2, "pos": 1, "when": 3, "share": 3}


@dataclass(frozen=True, slots=True)
class Name:
    """A dimension, group, parameter, amount, accumulator, layer, or a code."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number: a count or a code. Amounts other than 0 are parameters, which have cites."""

    text: str

    @property
    def value(self) -> int:
        return int(self.text)


@dataclass(frozen=True, slots=True)
class Percent:
    """A rate written in the text, in parts of 10,000: 0 % and 100 % as ends of a range."""

    per_myriad: int


@dataclass(frozen=True, slots=True)
class Sum:
    """left + right or left - right."""

    left: "Expression"
    right: "Expression"
    minus: bool


@dataclass(frozen=True, slots=True)
class Product:
    """left * right: of two rates."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Compare:
    """left = right, and != < <= > >= alike."""

    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Member:
    """left in [code, …]."""

    left: "Expression"
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """left and right, or left or right."""

    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Negation:
    """not inner."""

    inner: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """One of FUNCTIONS."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read: a fault of its own, so that whatever uses it is no second one."""


Expression = (
    Name | Number | Percent | Sum | Product | Compare | Member | Logic | Negation | Call | Unread
)


class Unreadable(ValueError):
    """The text is not an expression; the message says why, in Chinese."""


_TOKEN = re.compile(
    r"\s*(?:(?P<percent>\d{1,9}(?:\.\d{1,2})?)%|(?P<number>\d{1,12})(?![\w.])"
    r"|(?P<name>[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*)"
    r"|(?P<op>!=|<=|>=|[-+*=<>()\[\],]))",
    re.ASCII,
)
_DEPTH = 30
_LENGTH = 200  # tokens; a longer text is several amounts with names of their own


def parse(text: str) -> Expression:
    """The tree of an expression. Raises Unreadable.

    >>> parse("poor and level in [1, 2]").operator
    'and'
    """
    tokens = list(_tokens(text))
    if len(tokens) > _LENGTH:
        raise Unreadable("太长，拆成几个有名称的式子")
    reader = _Reader(tokens)
    tree = reader.either(0)
    if reader.token[1]:
        raise Unreadable(f"“{reader.token[1]}”是多出来的")
    return tree


def names_in(tree: Expression) -> Iterator[str]:
    """Every name that stands in an expression, codes on the right of = among them."""
    match tree:
        case Name():
            yield tree.text
        case Number() | Percent() | Unread():
            return
        case Sum() | Product() | Compare() | Logic():
            yield from names_in(tree.left)
            yield from names_in(tree.right)
        case Member():
            yield from names_in(tree.left)
        case Negation():
            yield from names_in(tree.inner)
        case Call():
            for argument in tree.arguments:
                yield from names_in(argument)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f"从“{text[at : at + 12].strip()}”起读不懂")
        at = match.end()
        kind = match.lastgroup or ""
        yield kind, match.group(kind)
    yield "end", ""


class _Reader:
    """Reads tokens by precedence: or, and, not, comparison, sum, product, atom."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def either(self, depth: int) -> Expression:
        if depth > _DEPTH:
            raise Unreadable("括号嵌套太深")
        tree = self._both(depth)
        while self._takes("or"):
            tree = Logic(tree, "or", self._both(depth))
        return tree

    def _both(self, depth: int) -> Expression:
        tree = self._negation(depth)
        while self._takes("and"):
            tree = Logic(tree, "and", self._negation(depth))
        return tree

    def _negation(self, depth: int) -> Expression:
        if self._takes("not"):
            return Negation(self._negation(depth + 1))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Expression:
        left = self._sum(depth)
        for operator in ("=", "!=", "<=", ">=", "<", ">"):
            if self._takes(operator):
                return Compare(left, operator, self._sum(depth))
        if self._takes("not"):
            self._expect("in")
            return Negation(Member(left, self._codes()))
        if self._takes("in"):
            return Member(left, self._codes())
        return left

    def _codes(self) -> tuple[str, ...]:
        self._expect("[")
        codes: list[str] = []
        while not self._takes("]"):
            if codes:
                self._expect(",")
            kind, text = self.token
            if kind not in ("name", "number"):
                raise Unreadable(f"方括号里应是代码，不是“{text}”")
            codes.append(text)
            self._at += 1
        return tuple(codes)

    def _sum(self, depth: int) -> Expression:
        tree = self._product(depth)
        while self.token[1] in ("+", "-"):
            minus = self.token[1] == "-"
            self._at += 1
            tree = Sum(tree, self._product(depth), minus)
        return tree

    def _product(self, depth: int) -> Expression:
        tree = self._atom(depth)
        while self._takes("*"):
            tree = Product(tree, self._atom(depth))
        return tree

    def _atom(self, depth: int) -> Expression:
        kind, text = self.token
        self._at += 1
        match kind, text:
            case ("percent", _):
                whole, _, part = text.partition(".")
                return Percent(int(whole) * 100 + int(part.ljust(2, "0") or 0))
            case ("number", _):
                return Number(text)
            case ("name", _) if text in FUNCTIONS and self.token[1] == "(":
                return self._call(text, depth)
            case ("name", _) if text not in ("and", "or", "not", "in"):
                return Name(text)
            case ("op", "("):
                tree = self.either(depth + 1)
                self._expect(")")
                return tree
            case ("end", _):
                self._at -= 1
                raise Unreadable("没有写完")
            case _:
                raise Unreadable(f"“{text}”不能放在这里")

    def _call(self, function: str, depth: int) -> Expression:
        self._expect("(")
        arguments = [self.either(depth + 1)]
        while self._takes(","):
            arguments.append(self.either(depth + 1))
        self._expect(")")
        if len(arguments) != FUNCTIONS[function]:
            raise Unreadable(f"{function} 要 {FUNCTIONS[function]} 项，写了 {len(arguments)} 项")
        return Call(function, tuple(arguments))

    def _takes(self, text: str) -> bool:
        if self.token[1] == text:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise Unreadable(f"“{self.token[1] or '结尾'}”的位置应是“{text}”")
