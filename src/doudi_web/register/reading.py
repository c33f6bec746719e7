"""What a document says of persons, facilities and divisions, and everything that is wrong with it by itself."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar, cast

from pydantic import ValidationError
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength
from stdnum.exceptions import ValidationError as NumberError

from doudi.dates import Span
from doudi.errors import Fault, Faulty, fault
from doudi.packs.form_faults import near
from doudi.source_text import Document, Path, Value, shown
from doudi.wire.bill_faults import FAULT_LIMIT, form_faults
from doudi.wire.bill_form import BillForm
from doudi.wire.identity_numbers import identity_numbers_in
from doudi_web.register.person_form import PERSON_LIMIT, RegisteredForm
from doudi_web.tenancy.clock import told

F = TypeVar("F", bound=BillForm)

_SEALED: frozenset[Path] = frozenset(
    (key,) for key in ("id_number", "name", "phone", "doctors", "plan")
)
"""What is kept sealed: an identity number may stand there, and in nothing else that is said of a person."""

_REASONS: tuple[tuple[type[NumberError], str], ...] = (
    (InvalidLength, "不是 18 位"),
    (InvalidChecksum, "最后一位校验码对不上，至少写错了一位"),
    (InvalidComponent, "里面的出生日期不存在"),
)


def read_list(
    document: Document, key: str, form: type[F]
) -> tuple[list[tuple[Path, F]], list[Fault]]:
    """The items of `{key: [...]}` that can be read, with their paths, and a fault for all that cannot."""
    value = document.value
    stated = cast("dict[str, Value]", value) if isinstance(value, dict) else {}
    items = stated.get(key)
    faults = [
        fault("F202", document.where((k,)), key=shown(k), near=near(k, (key,)))
        for k in sorted(set(stated) - {key})
    ]
    if not isinstance(items, list):
        faults.append(fault("F201", document.where((key,)), key=key, expected="列表"))
        return [], faults
    listed = cast("list[Value]", items)
    if len(listed) > PERSON_LIMIT:
        where, count = document.where((key,)), f"{len(listed):,}"
        return [], [fault("F110", where, name="登记", count=count, limit=f"{PERSON_LIMIT:,}")]
    read: list[tuple[Path, F]] = []
    for number, item in enumerate(listed):
        path: Path = (key, number)
        try:
            read.append((path, form.model_validate(item)))
        except ValidationError as error:
            faults += form_faults(document, path, error, form)
            if len(faults) >= FAULT_LIMIT:
                faults.append(fault("F111", document.where(path)))
                break
    return read, faults


def read_persons(
    document: Document, now: datetime
) -> tuple[list[tuple[Path, RegisteredForm]], list[Fault]]:
    """The persons of a document and everything that is wrong with them, as far as the document alone tells."""
    read, faults = read_list(document, "persons", RegisteredForm)
    for path, one in read:
        faults += _of_one(document, path, one, now)
    faults += _twice(document, read)
    return read, faults


def identity_number(text: str) -> str:
    """A number as it is kept: capital X, no spaces. Raises stdnum's ValidationError.

    The place of birth in it is not looked up: codes of counties come and go, the check digit stays.
    """
    number = ric.compact(text)
    if len(number) != 18:
        raise InvalidLength
    if not (number.isascii() and number[:17].isdecimal()) or number[17] != ric.calc_check_digit(
        number
    ):
        raise InvalidChecksum
    ric.get_birth_date(number)
    return number


def wrong_number(error: NumberError) -> str:
    """What is wrong with an identity number."""
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))


def raise_any(faults: Iterable[Fault]) -> None:
    """Raises Faulty where there is any."""
    found = list(faults)
    if found:
        raise Faulty(found)


def _of_one(document: Document, at: Path, one: RegisteredForm, now: datetime) -> Iterator[Fault]:
    def where(*path: str | int) -> str:
        return document.where((*at, *path))

    for path in identity_numbers_in(document.value["persons"][at[-1]]):
        if path[:1] not in _SEALED:
            yield fault("F209", where(*path))
    if one.id_number is not None:
        try:
            born = ric.get_birth_date(identity_number(one.id_number))
            if born != one.birth_date:
                yield fault("S433", where("birth_date"), birth_date=one.birth_date)
        except NumberError as error:
            yield fault("S432", where("id_number"), reason=wrong_number(error))
    if one.village is not None and one.village[:6] != one.district:
        reason = f"不在 {one.district} 里"
        yield fault("S436", where("village"), code=one.village, reason=reason)
    if one.insurance_tier is not None and one.tiers is not None:
        yield fault(
            "F202", where("insurance_tier"), key="insurance_tier", near="写了 tiers 就不写它。"
        )
    if one.mother == one.id:
        yield fault("S435", where("mother"), mother=one.mother)
    yield from _order(document, at, one, now)
    yield from _overlaps(document, at, one)


def _order(document: Document, at: Path, one: RegisteredForm, now: datetime) -> Iterator[Fault]:
    """Days in the wrong order, and what is not yet."""
    today = now.date()
    pairs: list[tuple[Path, str, date, str, date | None]] = [
        (("birth_date",), "出生日期", one.birth_date, "今天", today),
        (("died",), "出生日期", one.birth_date, "死亡日期", one.died),
        (("moved_out",), "出生日期", one.birth_date, "迁出日期", one.moved_out),
    ]
    if one.died is not None:
        pairs.append((("died",), "死亡日期", one.died, "今天", today))
    for key, title, items in (
        ("standings", "身份", one.standings),
        ("tiers", "参保档次", one.tiers),
        ("diseases", "病种", one.diseases),
        ("doctors", "家庭医生", one.doctors),
    ):
        for n, item in enumerate(items or ()):
            if item.start is not None:
                pairs.append(((key, n, "to"), f"{title}起始日", item.start, "截止日", item.end))
    for path, earlier, first, later, second in pairs:
        if second is not None and second < first:
            yield fault(
                "F302", document.where((*at, *path)), earlier=earlier, earlier_value=first, later=later,
                later_value=second,
            )  # fmt: skip
    for n, standing in enumerate(one.standings or ()):
        if standing.known is not None and standing.known.instant > now:
            where = document.where((*at, "standings", n, "known"))
            known = told(standing.known.instant)
            yield fault("S440", where, known=known, now=told(now))


def _overlaps(document: Document, at: Path, one: RegisteredForm) -> Iterator[Fault]:
    """Two spans of one standing, or of two tiers, that share a day."""
    lists: list[tuple[str, list[tuple[str, str, Span]]]] = [
        ("standings", [(s.code, s.code, Span(s.start, s.end)) for s in one.standings or ()]),
        ("tiers", [("", t.tier, Span(t.start, t.end)) for t in one.tiers or ()]),
    ]
    for key, spans in lists:
        for n, (group, code, span) in enumerate(spans):
            if any(g == group and s.overlaps(span) for g, _, s in spans[:n]):
                yield fault("S437", document.where((*at, key, n)), code=code)


def _twice(document: Document, read: list[tuple[Path, RegisteredForm]]) -> Iterator[Fault]:
    """An id, or an identity number, that two persons of the document have."""
    ids: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for path, one in read:
        if one.id in ids:
            yield fault("S434", document.where((*path, "id")), what="登记号", who=one.id)
        ids[one.id] = one.id
        if one.id_number is None:
            continue
        number = ric.compact(one.id_number)
        if number in numbers and numbers[number] != one.id:
            who = f"{numbers[number]}、{one.id}"
            yield fault("S434", document.where((*path, "id_number")), what="身份证号", who=who)
        numbers.setdefault(number, one.id)
