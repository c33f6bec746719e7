"""A row of an export: its values, and every check that they do not pass. What fails is held back, never written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from doudi.money import yuan
from doudi.wire.identity_numbers import is_identity_number
from doudi_web.exchange.facts import Facts, Kind, Known
from doudi_web.exchange.profile_form import CheckForm, SidesForm
from doudi_web.exchange.profiles import Column, Profile

OF_COLUMNS = ("required", "codes", "longest", "characters")
"""The checks that every column has beside those that a profile declares."""
UNDECIDED = "undecided"
"""The check that every row has: what its patient pays in the end is decided."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that a row does not pass: which, of which column, why. The text repeats no value of the person's."""

    check: str
    column: str
    text: str

    def json(self) -> dict[str, str]:
        """As it is kept and told."""
        return {"check": self.check, "column": self.column, "text": self.text}


Values = Sequence[Known]
Check = Callable[[Facts, Values], Failed | None]


class Checking:
    """The columns and checks of a profile in one encoding, ready for many rows."""

    def __init__(self, profile: Profile, encoding: str) -> None:
        self.profile, self._encoding = profile, encoding
        self._checks = [_made(profile, check) for check in profile.form.checks]

    def row(self, facts: Facts) -> tuple[list[Known], list[Failed]]:
        """The values of a row in its receiver's words, and what it fails."""
        columns = self.profile.columns
        values = [column.take(facts) for column in columns]
        failed = list(self._worded(columns, values))
        failed += [found for check in self._checks if (found := check(facts, values))]
        if facts.collect is not None:
            text = f"患者要多付的 {facts.collect} 元还没有定：批准或不批准这一条补收建议以后再报"
            failed.append(Failed(UNDECIDED, "", text))
        return values, failed

    def withdrawal(self, facts: Facts) -> tuple[list[Known], list[Failed]]:
        """The same of a row that is taken back: its columns alone, no check between them."""
        columns = self.profile.withdrawn()
        values = [column.take(facts) for column in columns]
        return values, list(self._worded(columns, values))

    def _worded(self, columns: Sequence[Column], values: list[Known]) -> Iterator[Failed]:
        """Put the receiver's words for ours; tell what is missing, has no word, or cannot be written."""
        for place, column in enumerate(columns):
            value = values[place]
            if value is None or value == "":
                if not column.optional:
                    yield Failed("required", column.title, f"{column.title}：没有")
                continue
            if not isinstance(value, str):
                continue
            if column.codes is not None:
                word = column.codes.get(value)
                if word is None:
                    yield Failed(
                        "codes", column.title, f"{column.title}：模板里没有“{value}”的写法"
                    )
                    continue
                values[place] = value = word
            if column.longest is not None and len(value) > column.longest:
                text = f"{column.title}：{len(value)} 个字，最多 {column.longest} 个"
                yield Failed("longest", column.title, text)
            if self._encoding != "utf-8":
                lacks = _lacking(value, self._encoding)
                if lacks:
                    text = f"{column.title}：{self._encoding.upper()} 里没有{lacks}"
                    yield Failed("characters", column.title, text)


def _lacking(text: str, encoding: str) -> str:
    """The characters that an encoding has not, each with its number."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        lost = dict.fromkeys(one for one in text if not _has(one, encoding))
        return "、".join(f"“{one}”（U+{ord(one):04X}）" for one in lost)
    return ""


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _made(profile: Profile, check: CheckForm) -> Check:
    """A declared check; where a value is missing another check says so."""
    if check.equal is not None:
        return _sides(profile, check, check.equal, equal=True)
    if check.at_most is not None:
        return _sides(profile, check, check.at_most, equal=False)
    if check.in_order is not None:
        return _in_order(profile, check, check.in_order)
    if check.not_negative is not None:
        return _not_negative(profile, check, check.not_negative)
    if check.between is not None:
        return _between(profile, check)
    if check.identity_number is not None:
        return _identity(profile, check, check.identity_number)
    assert check.answered, check.id
    return _answered(check)


def _sides(profile: Profile, check: CheckForm, sides: SidesForm, *, equal: bool) -> Check:
    left = [profile.place(key) for key in sides.left]
    right = [profile.place(key) for key in sides.right]
    column = profile.columns[left[0]].title

    def found(_: Facts, values: Values) -> Failed | None:
        sums = [_sum(values, side) for side in (left, right)]
        first, second = sums
        if first is None or second is None or (first == second if equal else first <= second):
            return None
        return Failed(check.id, column, f"{check.title}：左边 {yuan(first)}，右边 {yuan(second)}")

    return found


def _sum(values: Values, places: Sequence[int]) -> int | None:
    total = 0
    for place in places:
        value = values[place]
        if not isinstance(value, int):
            return None
        total += value
    return total


def _in_order(profile: Profile, check: CheckForm, keys: Sequence[str]) -> Check:
    first, second = (profile.place(key) for key in keys)

    def found(_: Facts, values: Values) -> Failed | None:
        earlier, later = values[first], values[second]
        is_wrong = (isinstance(earlier, date) and isinstance(later, date) and earlier > later) or (
            isinstance(earlier, int) and isinstance(later, int) and earlier > later
        )
        return Failed(check.id, profile.columns[first].title, check.title) if is_wrong else None

    return found


def _not_negative(profile: Profile, check: CheckForm, keys: Sequence[str]) -> Check:
    places = [profile.place(key) for key in keys]

    def found(_: Facts, values: Values) -> Failed | None:
        for place in places:
            value = values[place]
            if isinstance(value, int) and value < 0:
                title = profile.columns[place].title
                return Failed(check.id, title, f"{check.title}：{title}小于 0")
        return None

    return found


def _between(profile: Profile, check: CheckForm) -> Check:
    stated = check.between
    assert stated is not None
    place = profile.place(stated.column)

    def found(_: Facts, values: Values) -> Failed | None:
        value = values[place]
        if not isinstance(value, int) or stated.least <= value <= stated.most:
            return None
        return Failed(check.id, profile.columns[place].title, f"{check.title}：是 {value}")

    return found


def _identity(profile: Profile, check: CheckForm, key: str) -> Check:
    place = profile.place(key)
    holds = lru_cache(maxsize=10_000)(is_identity_number)  # a person comes again and again

    def found(_: Facts, values: Values) -> Failed | None:
        value = values[place]
        if not isinstance(value, str) or not value or holds(value):
            return None
        return Failed(check.id, profile.columns[place].title, check.title)

    return found


_WAITING = frozenset({"platform", "mapping"})


def _answered(check: CheckForm) -> Check:
    def found(facts: Facts, _: Values) -> Failed | None:
        result = facts.result
        reasons = result.get("provisional_reasons") or [result.get("provisional")]
        return Failed(check.id, "", check.title) if _WAITING.intersection(reasons) else None

    return found


def is_wanted(profile: Profile, facts: Facts) -> bool:
    """Whether the profile's receiver wants the visit at all."""
    only = profile.form.only
    if only is None:
        return True
    standing, kind = facts.result.get("standing") or "ordinary", facts.result.get("kind")
    return not (
        (only.has_standing and standing == "ordinary")
        or (only.standings is not None and standing not in only.standings)
        or (only.kinds is not None and kind not in only.kinds)
    )


def written(column: Column, dates: str, amounts: str) -> Callable[[Known], str]:
    """How a column's values are written in the files, as text."""
    match column.kind:
        case Kind.TEXT:
            return lambda value: "" if value is None else str(value)
        case Kind.DAY:
            return lambda value: date_text(value, dates) if isinstance(value, date) else ""
        case Kind.AMOUNT if amounts == "yuan":
            return lambda value: yuan(value) if isinstance(value, int) else ""
        case Kind.AMOUNT | Kind.WHOLE:
            return lambda value: "" if value is None else str(value)


def date_text(day: date, dates: str) -> str:
    """A day in the receiver's way.

    >>> date_text(date(2019, 5, 1), "YYYY-MM-DD"), date_text(date(2019, 5, 1), "YYYY年MM月DD日")
    ('2019-05-01', '2019年05月01日')
    """
    if dates == "YYYY-MM-DD":
        return day.isoformat()
    text = dates.replace("YYYY", f"{day.year:04d}").replace("MM", f"{day.month:02d}")
    return text.replace("DD", f"{day.day:02d}")
