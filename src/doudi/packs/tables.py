"""A parameter's dated values: units read exactly, every code present, no gap in the dates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import cast

from pydantic import ValidationError

from doudi.dates import Span
from doudi.errors import Fault, fault
from doudi.money import FEN_LIMIT
from doudi.packs import document as form
from doudi.packs.form_faults import near
from doudi.packs.model import Basis, DatedTable, Dimension, Parameter, Title, Unit
from doudi.source_text import Document, Path, Value, shown

_EXPECTED = {
    Unit.YUAN: "元（最多两位小数，如 300 或 0.50），没有限额写 none，没有文件写出的写 open",
    Unit.PERCENT: "百分数（如 80%）",
    Unit.YEARS: "整数岁数（如 18）",
    Unit.FLAG: "true 或 false",
}


_OPEN = Fraction(0)  # itself, not its worth, marks a cell that is open
_STATUS = "declared、strong、medium、weak、unverified 之一"


@dataclass(slots=True)
class Tables:
    """Reads parameters of one document over its dimensions, collecting faults."""

    document: Document
    basis: Callable[[form.Cited, Path], Basis]
    dimensions: Mapping[str, Dimension]
    valid: Span
    faults: list[Fault]

    def parameter(self, name: str, stated: form.ParameterForm) -> Parameter:
        path: Path = ("parameters", name)
        by = (stated.by,) if isinstance(stated.by, str) else tuple(stated.by)
        known = self._dimensions(by, path)
        unit = Unit(stated.unit)
        dated: list[DatedTable] = []
        for text, value in stated.values.items():
            start = self._day(text, (*path, "values", text))
            if start is not None:
                dated.append(self._dated(name, stated, start, value, known, unit, text))
        dated.sort(key=lambda d: d.start)
        if dated and dated[0].start > self.valid.start:
            self._fault(
                "P201", (*path, "values"), name=name, start=dated[0].start, valid=self.valid.start
            )
        if not dated or dated[0].start > self.valid.start:  # a stand-in for what is missing
            dated.insert(0, DatedTable(self.valid.start, {}, self.basis(stated, path)))
        title = stated.title
        said = Title(title, title) if isinstance(title, str) else Title(title.zh, title.en)
        return Parameter(name, said, unit, known, tuple(dated), self.document.where(path))

    def _dimensions(self, by: tuple[str, ...], path: Path) -> tuple[str, ...]:
        """The dimensions of a table; none where one is not known, or stands twice."""
        text = f"by: {', '.join(by)}"
        unknown = [d for d in by if d not in self.dimensions]
        for dimension in unknown:
            hint = near(dimension, self.dimensions) or f"有的是：{'、'.join(self.dimensions)}。"
            self._fault("P207", (*path, "by"), text=text, name=dimension, near=hint)
        twice = [d for d in dict.fromkeys(by) if by.count(d) > 1]
        for dimension in twice:
            self._fault(
                "P211", (*path, "by"), what_=f"by 里的维度 {dimension} 写了两次",
                why_="同一个维度只能分一次。", mend_="删去一个。",
            )  # fmt: skip
        return () if unknown or twice else by

    def _dated(
        self,
        name: str,
        stated: form.ParameterForm,
        start: date,
        value: Value,
        by: tuple[str, ...],
        unit: Unit,
        text: str,
    ) -> DatedTable:
        path: Path = ("parameters", name, "values", text)
        basis = self.basis(stated, ("parameters", name))
        if _brings_its_own_basis(value):
            own = cast("dict[str, Value]", value)
            for key in sorted(set(own) - {"value", "cite", "status"}):
                hint = near(key, ("value", "cite", "status"))
                self._fault("P102", (*path, key), key=shown(key), near=hint)
            basis = self._own_basis(stated, own, path) or basis
            value, path = own["value"], (*path, "value")
        table: dict[tuple[str, ...], Fraction | None] = {}
        if by or not stated.by:
            self._fill(table, name, value, by, (), unit, path)
        open_ = frozenset(codes for codes, worth in table.items() if worth is _OPEN)
        closed = {codes: Fraction(0) if worth is _OPEN else worth for codes, worth in table.items()}
        return DatedTable(start, closed, basis, open_)

    def _own_basis(
        self, stated: form.ParameterForm, own: dict[str, Value], path: Path
    ) -> Basis | None:
        """The basis of a dated value that brings its own cite or status; what it lacks is the parameter's."""
        merged = {
            "cite": own.get("cite", stated.cite), "status": own.get("status", stated.status),
        }  # fmt: skip
        try:
            return self.basis(form.Cited.model_validate(merged), path)
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors()}
            expected = {"cite": "出处（sources/文件.md#标题）", "status": _STATUS}
            for key in sorted(wrong):
                self._fault("P205", (*path, key), value=shown(merged[key]), expected=expected[key])
            return None

    def _fill(
        self,
        table: dict[tuple[str, ...], Fraction | None],
        name: str,
        value: Value,
        by: tuple[str, ...],
        codes: tuple[str, ...],
        unit: Unit,
        path: Path,
    ) -> None:
        """Walk a value down its dimensions; each level of the text is one dimension."""
        if not by:
            table[codes] = _OPEN if value == "open" else self._value(value, unit, path)
            return
        dimension = self.dimensions[by[0]]
        if not isinstance(value, dict):
            missing = "、".join(dimension.codes)
            self._fault("P203", path, name=name, missing=missing)
            return
        stated = cast("dict[str, Value]", value)
        unknown = [code for code in stated if code not in dimension.codes]
        for code in unknown:
            self._fault(
                "P204", (*path, code), name=name, code=code, dimension=by[0],
                codes="、".join(dimension.codes),
            )  # fmt: skip
        missing = [code for code in dimension.codes if code not in stated]
        if missing:
            self._fault("P203", path, name=name, missing="、".join(missing))
        for code in dimension.codes:
            if code in stated:
                inner = (*codes, code)
                self._fill(table, name, stated[code], by[1:], inner, unit, (*path, code))

    def _value(self, value: Value, unit: Unit, path: Path) -> Fraction | None:
        """A value in the unit's whole parts: fen, a fraction, years, 0 or 1."""
        match unit:
            case Unit.FLAG:
                read = Fraction(int(value)) if isinstance(value, bool) else None
            case Unit.YUAN if value == "none":
                return None
            case Unit.YUAN:
                number = _decimal(value)
                read = None if number is None else Fraction(number) * 100
                if read is not None and (read.denominator != 1 or not 0 <= read < FEN_LIMIT):
                    read = None
            case Unit.PERCENT:
                text = value if isinstance(value, str) and value.endswith("%") else ""
                number = _decimal(text[:-1])
                read = None if number is None else Fraction(number) / 100
                if read is not None and read > 1:
                    self._fault("P202", path, value=f"“{value}”")
            case Unit.YEARS:
                number = _decimal(value)
                read = None if number is None else Fraction(number)
                if read is not None and (read.denominator != 1 or not 0 <= read <= 200):
                    read = None
        if read is None or read < 0:
            self._fault("P205", path, value=shown(value), expected=_EXPECTED[unit])
            return Fraction(0)
        return read

    def _day(self, text: str, path: Path) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._fault("P205", path, value=text, expected="日历上有的一天")
            return None

    def _fault(self, code: str, path: Path, /, **details: object) -> None:
        self.faults.append(fault(code, self.document.where(path), **details))


def _brings_its_own_basis(value: Value) -> bool:
    """`{value, cite, status}` instead of a value or table: it names a cite or a status."""
    if not isinstance(value, dict):
        return False
    keys = set(cast("dict[str, Value]", value))
    return "value" in keys and bool({"cite", "status"} & keys)


def _decimal(value: Value) -> Decimal | None:
    """A plain decimal with at most 15 digits before the point and 8 after, else None."""
    if not isinstance(value, str) or not value or len(value) > 24:
        return None
    if not value.replace(".", "", 1).isdecimal() or not value.isascii():
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None
