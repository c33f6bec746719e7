"""A document in the form of a pack → the typed Pack: values read, units checked, expressions parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from doudi.dates import Span
from doudi.errors import Fault, fault
from doudi.money import Rounding
from doudi.packs import document as form
from doudi.packs.expression import Unread, Unreadable, parse
from doudi.packs.form_faults import pack_form_faults
from doudi.packs.model import (
    Accumulator,
    Approval,
    Band,
    Bands,
    Basis,
    Cap,
    Cite,
    Consent,
    ControlRule,
    Decomposition,
    Deductible,
    Demand,
    Dimension,
    Effect,
    FloorRule,
    Formula,
    LateKnowledge,
    Layer,
    Measure,
    Mode,
    Owner,
    Pack,
    Payer,
    Period,
    Rule,
    Status,
    Title,
)  # fmt: skip
from doudi.packs.tables import Tables
from doudi.source_text import Document, Path, shown


def build(document: Document, cites: Mapping[str, Cite]) -> tuple[Pack | None, list[Fault]]:
    """The Pack that a document states, and every fault of form, value and expression.

    Where the form is wrong there is no Pack; a value or expression that cannot be read has a stand-in, so
    that what rests on it can still be looked at.
    """
    try:
        stated = form.PackForm.model_validate(document.value)
    except ValidationError as error:
        return None, pack_form_faults(document, error, form.PackForm)
    builder = _Builder(document, cites)
    return builder.pack(stated), builder.faults


def _unresolved(cite: str) -> Cite:
    """A stand-in for a cite that resolves to nothing, which is a fault of its own."""
    file, _, heading = cite.partition("#")
    return Cite("", file, heading, "")


def title_of(stated: form.TitleText) -> Title:
    """A title given once serves both languages."""
    if isinstance(stated, str):
        return Title(stated, stated)
    return Title(stated.zh, stated.en)


PLACES = (
    {"in_district", "referred", "unreferred"},
    {"in_district", "in_province", "out_of_province", "unreferred"},
)
"""How packs may divide places of care: what is referred out in one, or in the province and beyond it."""


@dataclass(slots=True)
class _Builder:
    """Reads one document, collecting faults."""

    document: Document
    cites: Mapping[str, Cite]
    faults: list[Fault] = field(default_factory=list[Fault])

    def pack(self, stated: form.PackForm) -> Pack | None:
        valid = self.span(stated.valid)
        dimensions = {n: self.dimension(n, d) for n, d in stated.dimensions.items()}
        if valid is None:
            return None
        tables = Tables(self.document, self.basis, dimensions, valid, self.faults)
        parameters = {n: tables.parameter(n, p) for n, p in stated.parameters.items()}
        return Pack(
            id=stated.pack,
            title=title_of(stated.title),
            district=stated.district,
            valid=valid,
            year_starts=self.month_and_day(stated.benefit_year.starts),
            dimensions=dimensions,
            groups=self.formulas("groups", stated.groups),
            parameters=parameters,
            decomposition=Decomposition(
                Rounding(stated.decomposition.round),
                self.basis(stated.decomposition, ("decomposition",)),
            ),
            amounts=self.formulas("amounts", stated.amounts),
            accumulators={n: self.accumulator(n, a) for n, a in stated.accumulators.items()},
            layers=tuple(self.layer(i, one) for i, one in enumerate(stated.layers)),
            control=None if stated.control is None else self.control(stated.control),
            floor=None if stated.floor is None else self.floor(stated.floor),
            late_knowledge=None
            if stated.late_knowledge is None
            else self.late_knowledge(stated.late_knowledge),
        )

    def span(self, stated: form.ValidForm) -> Span | None:
        start = self.day(stated.start, ("valid", "from"))
        end = None if stated.end is None else self.day(stated.end, ("valid", "to"))
        if start is not None and end is not None and end <= start:
            where = self.document.where(("valid",))
            self.faults.append(fault("P213", where, reason=f"to {end} 不晚于 from {start}"))
            return None
        return None if start is None else Span(start, end)

    def day(self, text: str, path: Path) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            where = self.document.where(path)
            self.faults.append(fault("P205", where, value=text, expected="日历上有的一天"))
            return None

    def month_and_day(self, text: str) -> tuple[int, int]:
        try:
            first = date.fromisoformat(f"2001-{text}")
        except ValueError:
            where = self.document.where(("benefit_year", "starts"))
            expected = "每年都有的月和日（如 01-01）"
            self.faults.append(fault("P205", where, value=text, expected=expected))
            return (1, 1)
        return first.month, first.day

    def basis(self, stated: form.Cited, path: Path) -> Basis:
        cite = self.cites.get(stated.cite) or _unresolved(stated.cite)
        return Basis(cite, Status(stated.status), self.document.place(path))

    def dimension(self, name: str, stated: form.DimensionForm) -> Dimension:
        path = ("dimensions", name)
        codes = {code: title_of(title) for code, title in stated.codes.items()}
        where = self.document.where(path)
        if stated.of == "person.standings" and stated.otherwise is None:
            self.faults.append(fault("P103", where, key="otherwise"))
        if stated.otherwise is not None and stated.otherwise not in codes:
            self.faults.append(
                fault(
                    "P204", where, name=f"dimensions.{name}.otherwise", code=stated.otherwise,
                    dimension=name, codes="、".join(codes),
                )
            )  # fmt: skip
        if stated.of == "place" and set(codes) not in PLACES:
            either = "；或 ".join("、".join(sorted(places)) for places in PLACES)
            self.faults.append(
                fault(
                    "P211", where, what_=f"place 的代码必须是 {either}",
                    why_="就医地点由医院所在区划和是否转诊决定，只有这两种分法。", mend_="改成其中一组。",
                )
            )  # fmt: skip
        return Dimension(name, title_of(stated.title), stated.of, codes, stated.otherwise, where)

    def formulas(self, section: str, stated: Mapping[str, str]) -> dict[str, Formula]:
        return {name: self.formula(text, (section, name)) for name, text in stated.items()}

    def formula(self, text: str, path: Path) -> Formula:
        where = self.document.where(path)
        try:
            tree = parse(text)
        except Unreadable as error:
            mend = "写法见 docs/reference/expressions.md。"
            self.faults.append(
                fault("P206", where, text=shown(text, 80), reason=str(error), mend_=mend)
            )
            tree = Unread()
        return Formula(" ".join(text.split()), tree, where)

    def optional(self, text: str | None, path: Path) -> Formula | None:
        return None if text is None else self.formula(text, path)

    def accumulator(self, name: str, stated: form.AccumulatorForm) -> Accumulator:
        path = ("accumulators", name)
        if (stated.owner == "episode") != (stated.period == "episode"):
            self.faults.append(
                fault(
                    "P211", self.document.where(path), what_=f"累计 {name} 的归属和期间不配",
                    why_="按次住院累计的，归属和期间都是 episode；按人累计的，期间是 benefit_year。",
                    mend_="两处改成一致。",
                )
            )  # fmt: skip
        return Accumulator(
            name,
            title_of(stated.title),
            Owner(stated.owner),
            Period(stated.period),
            Measure(stated.measure),
            self.formula(stated.adds, (*path, "adds")),
            self.optional(stated.when, (*path, "when")),
            self.basis(stated, path),
        )

    def payer(self, stated: form.PayerForm) -> Payer:
        return Payer(stated.fund, title_of(stated.name), stated.field)

    def layer(self, number: int, stated: form.LayerForm) -> Layer:
        path = ("layers", number)
        given = stated.given
        if given is None and not stated.rules:
            self.faults.append(
                fault(
                    "P211", self.document.where(path), what_=f"层次 {stated.layer} 既没有规则也不能给出",
                    why_="这一层永远付不出钱。", mend_="写 rules，或写 given。",
                )
            )  # fmt: skip
        return Layer(
            stated.layer,
            title_of(stated.title),
            self.payer(stated.payer),
            None if given is None else self.formula(given.at_most, (*path, "given", "at_most")),
            None if given is None else self.optional(given.when, (*path, "given", "when")),
            tuple(self.rule((*path, "rules", i), r) for i, r in enumerate(stated.rules)),
            stated.shown == "always",
            self.basis(stated, path),
        )

    def rule(self, path: Path, stated: form.RuleForm) -> Rule:
        rate = self.optional(stated.rate, (*path, "rate"))
        if (stated.rate is None) == (stated.bands is None):
            rate = rate or Formula("", Unread(), self.document.where(path))
            self.faults.append(
                fault(
                    "P211", self.document.where(path), what_=f"规则 {stated.rule} 要写 rate 或 bands 之一",
                    why_="不知道按比例付还是按分段付。", mend_="留下其中一个。",
                )
            )  # fmt: skip
        return Rule(
            stated.rule,
            title_of(stated.title),
            self.optional(stated.when, (*path, "when")),
            self.formula(stated.base, (*path, "base")),
            None
            if stated.deductible is None
            else Deductible(
                self.formula(stated.deductible.limit, (*path, "deductible", "limit")),
                stated.deductible.met,
            ),
            rate,
            None if stated.bands is None else self.bands(stated.bands, (*path, "bands")),
            Rounding(stated.round),
            None
            if stated.cap is None
            else Cap(self.formula(stated.cap.limit, (*path, "cap", "limit")), stated.cap.paid),
            self.basis(stated, path),
        )

    def bands(self, stated: form.BandsForm, path: Path) -> Bands:
        return Bands(
            stated.over,
            tuple(
                Band(
                    self.formula(band.start, (*path, "bands", i, "from")),
                    self.formula(band.rate, (*path, "bands", i, "rate")),
                )
                for i, band in enumerate(stated.bands)
            ),
        )

    def control(self, stated: form.ControlForm) -> ControlRule:
        path = ("control",)
        return ControlRule(
            title_of(stated.title),
            self.formula(stated.measure, (*path, "measure")),
            self.formula(stated.of, (*path, "of")),
            self.formula(stated.limit.share, (*path, "limit", "share")),
            Rounding(stated.limit.round),
            self.formula(stated.approaching, (*path, "approaching")),
            self.formula(stated.applies, (*path, "applies")),
            Mode(stated.excess),
            Consent(stated.consented.value),
            self.basis(stated.consented, (*path, "consented")),
            self.basis(stated, path),
            None if stated.approval is None else self.approval(stated.approval),
        )

    def approval(self, stated: form.ApprovalForm) -> Approval:
        hours = stated.within_hours
        return Approval(
            Demand(stated.value),
            None if hours is None else int(hours),
            self.basis(stated, ("control", "approval")),
        )

    def floor(self, stated: form.FloorForm) -> FloorRule:
        path, limit = ("floor",), stated.patient_at_most
        return FloorRule(
            title_of(stated.title),
            self.payer(stated.payer),
            self.formula(stated.when, (*path, "when")),
            self.formula(limit.share, (*path, "patient_at_most", "share")),
            self.formula(limit.of, (*path, "patient_at_most", "of")),
            Rounding(limit.round),
            self.basis(stated, path),
        )

    def late_knowledge(self, stated: form.LateKnowledgeForm) -> LateKnowledge:
        return LateKnowledge(Effect(stated.effect), self.basis(stated, ("late_knowledge",)))
