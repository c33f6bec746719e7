"""Lines as a bill writes them → complete lines: class, rate and ceiling known, refunds tied to their line."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from doudi.catalogue import EMPTY, Catalogue, Item, near
from doudi.claim import ClaimLine, Remark
from doudi.errors import Fault, fault
from doudi.mapping import NOTHING_MAPPED, CodeMap
from doudi.money import EXTENSION_SCALE, Rounding, divide, millionths, yuan
from doudi.source_text import Document, Path, shown
from doudi.terms import TERMS
from doudi.wire.bill_form import Bill, LineForm, PartsForm

_PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")


@dataclass(frozen=True, slots=True)
class Lists:
    """What lines are looked up in: the catalogue, and the hospital's mapping to it."""

    catalogue: Catalogue = EMPTY
    mapping: CodeMap = NOTHING_MAPPED

    def code_of(self, own: str | None, hospital_code: str | None, day: date) -> str:
        """The catalogue code: the line's own where the catalogue has it, else what the mapping says of the
        hospital's code; a code that neither knows stands as it is."""
        if own and self.catalogue.item(own, day) is not None:
            return own
        mapped = (self.mapping.code(code, day) for code in (hospital_code, own) if code)
        return next((code for code in mapped if code), own or hospital_code or "")


@dataclass(frozen=True, slots=True)
class Completed:
    """A bill's lines, draft orders among them; what was noticed on the way; every fault of every line.

    `undecided` are lines whose class nobody knows: kept only for a pre-check, as wholly own pay.
    """

    lines: tuple[ClaimLine, ...]
    remarks: tuple[Remark, ...]
    faults: tuple[Fault, ...]
    undecided: tuple[str, ...]


def complete_lines(
    document: Document, at: Path, bill: Bill, lists: Lists, *, keep_undecided: bool = False
) -> Completed:
    """Lines with class, rate and ceiling: their own, of the line they refund, or of the catalogue."""
    reader = _Lines(document, at, bill, lists, keep_undecided)
    lines = [reader.line(n, stated) for n, stated in enumerate(bill.lines)]
    reader.refunds_in_all()
    complete = tuple(line for line in lines if line is not None)
    return Completed(complete, tuple(reader.remarks), tuple(reader.faults), tuple(reader.undecided))


@dataclass(slots=True)
class _Terms:
    """What decides how a line falls into parts."""

    item_class: str | None
    rate: int | None
    ceiling: int | None


@dataclass(slots=True)
class _Lines:
    """Reads one bill's lines."""

    document: Document
    at: Path
    bill: Bill
    lists: Lists
    keep_undecided: bool
    undecided: list[str] = field(default_factory=list[str])
    faults: list[Fault] = field(default_factory=list[Fault])
    remarks: dict[Remark, None] = field(default_factory=dict[Remark, None])  # a set in order
    by_id: dict[str, LineForm] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {line.id: line for line in reversed(self.bill.lines)}

    def line(self, number: int, stated: LineForm) -> ClaimLine | None:
        """The complete line, or None where it has a fault."""
        before = len(self.faults)
        code = self._code(stated)
        if self.by_id[stated.id] is not stated:
            self._fault("F303", number, "id", line=stated.id)
        self._date(stated)
        self._signs(number, stated)
        self._amount(number, stated)
        if stated.parts is not None:
            self._parts(number, stated, stated.parts)
        terms = self._terms(stated, code)
        lost = stated.refunds is not None and len(self.faults) > before
        is_known = stated.parts is not None or terms.item_class is not None
        if not stated.code and not stated.hospital_code:
            self._fault("F201", number, "code", key="code", expected="项目编码")
        elif not is_known and not lost and not self.keep_undecided:
            self._unknown(number, stated)
        if terms.item_class == "甲" and terms.rate:
            self._fault("F306", number, "first_self_pay_rate", rate=millionths(terms.rate))
        if terms.item_class == "乙" and terms.rate is None and stated.parts is None:
            self._fault("F307", number, "first_self_pay_rate")
        if len(self.faults) > before:
            return None
        if not is_known:
            self.undecided.append(stated.id)
            return self._made(stated, code, terms, (stated.amount, 0, 0, 0), None)
        if stated.parts is None:
            return self._made(stated, code, terms, None, None)
        return self._made(stated, code, terms, _split(stated.parts), self._listed(stated, code))

    def _made(
        self,
        stated: LineForm,
        code: str,
        terms: _Terms,
        parts: tuple[int, int, int, int] | None,
        listed: ClaimLine | None,
    ) -> ClaimLine:
        return ClaimLine(
            id=stated.id,
            code=code,
            name=stated.name or code,
            item_class=terms.item_class,
            first_self_pay_rate=terms.rate or 0,
            price_ceiling=terms.ceiling,
            quantity=stated.quantity,
            unit_price=stated.unit_price,
            amount=stated.amount,
            refunds=stated.refunds,
            consent=self._consent(stated),
            parts=parts,
            shape=ClaimLine.shape_of(terms.item_class, terms.ceiling, parts is not None),
            listed=listed,
            hospital_code=stated.hospital_code,
        )

    def _listed(self, stated: LineForm, code: str) -> ClaimLine | None:
        """A line with parts as the catalogue would have it, to hold the platform's parts against."""
        item = self._item(stated, code)
        if item is None:
            return None
        terms = _Terms(item.item_class, item.first_self_pay_rate, self._ceiling(item))
        return self._made(stated, code, terms, None, None)

    def _consent(self, stated: LineForm) -> bool:
        """What the patient signed for; a refund that does not say goes with the line it takes back."""
        charged = None if stated.refunds is None else self.by_id.get(stated.refunds)
        if stated.consent is None and charged is not None:
            return bool(charged.consent)
        return bool(stated.consent)

    def refunds_in_all(self) -> None:
        """The refunds of a line together take back no more than it charged."""
        of: dict[str, list[LineForm]] = defaultdict(list)
        last: dict[str, int] = {}
        for number, line in enumerate(self.bill.lines):
            if line.refunds is not None and line.quantity < 0:
                of[line.refunds].append(line)
                last[line.refunds] = number
        for line_id, refunds in of.items():
            charged = self.by_id.get(line_id)
            if charged is None or charged.refunds is not None:
                continue
            quantity, amount = -sum(r.quantity for r in refunds), -sum(r.amount for r in refunds)
            if quantity > charged.quantity or amount > charged.amount:
                self._fault(
                    "F312", last[line_id], "quantity", line=line_id,
                    quantity=millionths(quantity), of_quantity=millionths(charged.quantity),
                    amount=yuan(amount), of_amount=yuan(charged.amount),
                )  # fmt: skip

    def _date(self, stated: LineForm) -> None:
        """A remark where a line is dated after the settlement, or outside the stay: it is settled all the same."""
        if stated.date is None:
            return
        day, admitted, discharged = self.bill.settled.day, self.bill.admitted, self.bill.discharged
        text = f"行 {stated.id} 的费用日期 {stated.date} "
        if stated.date > day:
            text += f"晚于结算日期 {day}，请核对。"
            self.remarks[Remark("line_date", text, (stated.id,))] = None
        elif discharged is not None and stated.date > discharged.day:
            text += f"在出院 {discharged.day} 之后，是补记的费用吗？请核对。"
            self.remarks[Remark("late_charge", text, (stated.id,))] = None
        elif admitted is not None and stated.date < admitted.day:
            text += f"在入院 {admitted.day} 之前，请核对。"
            self.remarks[Remark("early_charge", text, (stated.id,))] = None

    def _signs(self, number: int, stated: LineForm) -> None:
        """Negative lines are refunds of a line of this bill, and refunds are negative."""
        charged = None if stated.refunds is None else self.by_id.get(stated.refunds)
        if stated.refunds is not None and (stated.draft or (charged and charged.draft)):
            self._fault("F431", number, "refunds", line=stated.id)
        if stated.refunds is None:
            if stated.quantity < 0 or stated.amount < 0:
                self._fault("F309", number, "quantity")
            return
        if stated.quantity >= 0:
            self._fault("F313", number, "quantity")
        if charged is None:
            self._fault("F310", number, "refunds", line=stated.refunds)
        elif charged.refunds is not None:
            self._fault("F311", number, "refunds", line=stated.refunds)
        if stated.quantity < 0 < stated.amount:
            self._fault(
                "F316", number, "amount",
                quantity=millionths(stated.quantity), amount=yuan(stated.amount),
            )  # fmt: skip

    def _amount(self, number: int, stated: LineForm) -> None:
        """amount = round(quantity x unit price, 2), half away from zero; with parts only a remark."""
        product = divide(stated.quantity * stated.unit_price, EXTENSION_SCALE, Rounding.HALF_AWAY)
        if product == stated.amount:
            return
        details = {
            "amount": yuan(stated.amount),
            "price": millionths(stated.unit_price),
            "quantity": millionths(stated.quantity),
            "product": yuan(product),
        }
        if stated.parts is None:
            self._fault("F304", number, "amount", **details)
        else:
            text = "行 {line}：金额 {amount} ≠ 单价 {price} × 数量 {quantity} = {product}，以平台的分解为准。"
            remark = Remark("amount_differs", text.format(line=stated.id, **details), (stated.id,))
            self.remarks[remark] = None

    def _parts(self, number: int, stated: LineForm, parts: PartsForm) -> None:
        """The platform's parts add up to the amount and have its sign."""
        split = _split(parts)
        if sum(split) != stated.amount:
            self._fault("F305", number, "parts", sum=yuan(sum(split)), amount=yuan(stated.amount))
        for name, part in zip(_PARTS, split, strict=True):
            if (part < 0 <= stated.amount) or (stated.amount <= 0 < part):
                self._fault(
                    "F315", number, "parts", part=TERMS[name].zh, amount=yuan(part),
                    line_amount=yuan(stated.amount),
                )  # fmt: skip

    def _terms(self, stated: LineForm, code: str) -> _Terms:
        """The line's own class, rate and ceiling; what it lacks from the line it refunds, then the catalogue."""
        own = _Terms(stated.item_class, stated.first_self_pay_rate, stated.price_ceiling)
        charged = None if stated.refunds is None else self.by_id.get(stated.refunds)
        if charged is not None and charged is not stated and charged.refunds is None:
            of = self._terms(charged, self._code(charged))
            own.item_class = own.item_class or of.item_class
            own.rate = of.rate if own.rate is None else own.rate
            own.ceiling = of.ceiling if own.ceiling is None else own.ceiling
            return own
        item = self._item(stated, code)
        if item is not None:
            self._compare(stated, item)
            if own.item_class is None:
                own.item_class = item.item_class
            if own.item_class == item.item_class:
                own.rate = item.first_self_pay_rate if own.rate is None else own.rate
            own.ceiling = self._ceiling(item) if own.ceiling is None else own.ceiling
        return own

    def _ceiling(self, item: Item) -> int | None:
        return item.ceiling(self.bill.facility.level)

    def _code(self, stated: LineForm) -> str:
        return self.lists.code_of(stated.code, stated.hospital_code, self._day(stated))

    def _item(self, stated: LineForm, code: str) -> Item | None:
        return self.lists.catalogue.item(code, self._day(stated))

    def _unknown(self, number: int, stated: LineForm) -> None:
        """A line of which nobody says the class: how to map its code, or that the class is missing."""
        item, code = shown(stated.name or self._code(stated)), self._code(stated)
        if not self.lists.catalogue.items:
            self._fault("F308", number, "class", item=item)
            return
        key = "code" if stated.code else "hospital_code"
        alike = "、".join(
            f"{one.name}（{one.code}，{one.item_class}）"
            for one in near(self.lists.catalogue, stated.name or "", self._day(stated))
        )
        said = f"名称相近的有 {alike}。" if alike else ""
        own = stated.hospital_code or stated.code or code
        day = self._day(stated)
        self._fault("F320", number, key, item=item, code=shown(own), day=day, near=said)

    def _day(self, stated: LineForm) -> date:
        """The catalogue goes by the line's date."""
        return stated.date or self.bill.settled.day

    def _compare(self, stated: LineForm, item: Item) -> None:
        """A remark where the line says otherwise than the catalogue."""
        differs = [
            f"{what} {_shown(mine)}（目录 {_shown(theirs)}）"
            for what, mine, theirs in (
                ("类别", stated.item_class, item.item_class),
                ("先行自付比例", stated.first_self_pay_rate, item.first_self_pay_rate),
                ("限价", stated.price_ceiling, self._ceiling(item)),
            )
            if mine is not None and mine != theirs
        ]
        if differs:
            text = f"行 {stated.id} 与目录不一致：{'，'.join(differs)}；以费用行为准。"
            self.remarks[Remark("catalogue_differs", text, (stated.id,))] = None

    def _fault(self, code: str, number: int, key: str, /, **details: object) -> None:
        where = self.document.where((*self.at, "lines", number, key))
        self.faults.append(fault(code, where, **details))


def _split(parts: PartsForm) -> tuple[int, int, int, int]:
    return (parts.out_of_catalogue, parts.over_ceiling, parts.first_self_pay, parts.in_scope)


def _shown(value: str | int | None) -> str:
    return "无" if value is None else value if isinstance(value, str) else millionths(value)
