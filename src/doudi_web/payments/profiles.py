"""Payment profiles: those that come with the program and a site's own, held against themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from django.conf import settings
from pydantic import ValidationError

from doudi.errors import Faulty, fault
from doudi.source_text import JSON_LIMIT_MB, decode, read_yaml, shown
from doudi_web.payments.profile_form import ColumnForm, ProfileForm
from doudi_web.tenancy.refusals import Refusal

SHIPPED = ("bank_csv", "bank_fixed", "voucher_xlsx", "voucher_csv")
FOLDER = "payment-profiles"
"""A site's own profiles, in the data folder."""
OF_BATCH = ("batch.number", "batch.day", "batch.rows", "batch.amount")
OF_PAYMENT = (
    "row", "payee.number", "payee.holder", "payee.bank", "payee.bank_code", "facility.code", "facility.name",
    "amount", "owed", "returned", "purpose",
)  # fmt: skip
OF_VOUCHER = (
    "voucher.day", "voucher.number", "voucher.copy", "line.summary", "line.subject_code", "line.subject",
    "line.debit", "line.credit",
)  # fmt: skip
AMOUNTS = frozenset({"batch.amount", "amount", "owed", "returned", "line.debit", "line.credit"})
DAYS = frozenset({"batch.day", "voucher.day"})
_SLOTS = ("facility", "month", "batch")
_BRACED = re.compile(r"\{([^}]*)\}")
Kind = Literal["bank", "voucher"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that fits itself, and its text."""

    form: ProfileForm
    text: str

    @property
    def name(self) -> str:
        return self.form.profile

    @property
    def ending(self) -> str:
        """How the names of its files end."""
        return {"csv": "csv", "fixed": "txt", "xlsx": "xlsx"}[self.form.format]


def profiles(kind: Kind) -> list[Profile]:
    """The profiles of a kind: the site's first, also in the place of one of ours that has its name.

    Raises Faulty where one of them cannot be used, and where two of the site have one name.
    """
    found: dict[str, Profile] = {}
    for file, one in _own():
        if one.name in found:
            raise Faulty([fault("S725", file, reason=f"已经有一个模板叫“{one.name}”")])
        found[one.name] = one
    for one in _shipped():
        found.setdefault(one.name, one)
    return [one for one in found.values() if one.form.kind == kind]


def profile(kind: Kind, name: str) -> Profile:
    """The profile of that name. Raises Refusal 422, where there is none, and where one cannot be used."""
    try:
        found = profiles(kind)
    except Faulty as wrong:
        raise Refusal(422, wrong.faults) from wrong
    for one in found:
        if one.name == name:
            return one
    known = "、".join(one.name for one in found)
    raise Refusal.of(422, "F203", "profile", value=shown(name, 80), expected=known)


def _shipped() -> Iterator[Profile]:
    folder = files("doudi_web.payments").joinpath("profiles")
    return (read(f"{n}.yaml", folder.joinpath(f"{n}.yaml").read_bytes()) for n in SHIPPED)


def _own() -> Iterator[tuple[str, Profile]]:
    for path in sorted((settings.DATA / FOLDER).glob("*.yaml")):
        yield path.name, read(path.name, path.read_bytes())


def read(name: str, content: bytes) -> Profile:
    """A profile from its text. Raises Faulty with all that is wrong."""
    text = decode(name, content, limit_mb=JSON_LIMIT_MB)
    document = read_yaml(name, text)
    try:
        form = ProfileForm.model_validate(document.value)
    except ValidationError as error:
        raise Faulty(
            fault("S725", document.where(item["loc"]), reason=_reason(dict(item)))
            for item in error.errors(include_url=False, include_input=True)
        ) from error
    wrong = [*_columns(form), *_lines(form), *_reply(form)]
    if wrong:
        raise Faulty(fault("S725", document.where(path), reason=why) for path, why in wrong)
    return Profile(form, text)


Wrong = Iterator[tuple[tuple[str | int, ...], str]]


def _reason(item: dict[str, Any]) -> str:
    match str(item["type"]):
        case "missing":
            return "少了这一项"
        case "extra_forbidden":
            return "没有这个键"
        case "literal_error":
            return f"只能是 {dict(item.get('ctx') or {}).get('expected', '')}"
        case _:
            return f"写法不对：{shown(item['input'], 80)}"


def _columns(form: ProfileForm) -> Wrong:
    own = OF_VOUCHER if form.kind == "voucher" else OF_PAYMENT
    for part, columns, may in (
        ("first", form.first, OF_BATCH), ("columns", form.columns, (*OF_BATCH, *own)),
        ("last", form.last, OF_BATCH),
    ):  # fmt: skip
        for number, column in enumerate(columns):
            yield from _column(form, (part, number), column, may)
    if form.format == "xlsx" and (form.first or form.last):
        yield ("format",), "xlsx 没有 first、last 两行"
    if form.format == "xlsx" and form.kind == "bank":
        yield ("format",), "银行文件是 csv 或 fixed"
    if form.kind == "voucher" and (form.format == "fixed" or form.first or form.last):
        yield ("format",), "凭证是 xlsx 或 csv，没有 first、last 两行"
    if form.format == "fixed" and form.titles:
        yield ("titles",), "定长的没有表头，titles 要写 false"


def _column(
    form: ProfileForm, at: tuple[str, int], column: ColumnForm, may: tuple[str, ...]
) -> Wrong:
    if (column.fact is None) == (column.text is None):
        yield at, "fact 和 text 要写一个，只写一个"
    elif column.fact is not None and column.fact not in may:
        yield at, f"没有“{shown(column.fact)}”这一项内容；有：{'、'.join(may)}"
    if (column.width is None) == (form.format == "fixed"):
        yield at, "定长的每一列要写 width，别的不写"
    if not column.fill.isascii():
        yield at, "fill 只能是一个英文字符"
    if form.encoding == "gbk" and form.titles and not _is_gbk(column.title):
        yield at, f"GBK 里写不出“{shown(column.title)}”"


def _is_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _lines(form: ProfileForm) -> Wrong:
    if (form.kind == "voucher") != bool(form.lines):
        yield ("lines",), "凭证要写 lines，银行文件不写"
    for number, line in enumerate(form.lines):
        if set(_BRACED.findall(line.summary)) - set(_SLOTS):
            yield ("lines", number, "summary"), f"花括号里只能是 {'、'.join(_SLOTS)}"


def _reply(form: ProfileForm) -> Wrong:
    reply = form.reply
    if form.kind == "voucher":
        if reply is not None:
            yield ("reply",), "凭证没有回单"
        return
    if reply is None:
        yield ("reply",), "银行文件要写回单怎样读"
        return
    held = [one.holds for one in reply.columns]
    for what in ("row", "number", "amount", "result", "reference", "reason"):
        if held.count(what) != 1 and (what in ("row", "result") or held.count(what)):
            yield ("reply", "columns"), f"{what} 要有一列，只有一列"
    for number, one in enumerate(reply.columns):
        if (one.width is None) == (form.format == "fixed") or (one.titles is None) == (
            form.format != "fixed"
        ):
            yield ("reply", "columns", number), "定长的写 width，别的写 titles"
    both = set(reply.paid) & set(reply.failed)
    if both:
        yield ("reply",), f"“{'、'.join(sorted(both))}”既是付了又是没有付"
