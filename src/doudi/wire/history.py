"""What was before this run: earlier bills, settlements as we printed them, accumulators from the centre."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from pydantic import ConfigDict, ValidationError

from doudi.claim import Claim
from doudi.errors import Fault, Faulty, fault
from doudi.ledger.accumulators import Opening, Paid, Recorded
from doudi.packs.form_faults import near
from doudi.source_text import Document, Path, Value, shown
from doudi.wire.bill_faults import FAULT_LIMIT, form_faults
from doudi.wire.bill_form import BillForm, Code, Fen, FenNotNegative, When, Whole
from doudi.wire.bills import Held, read_each
from doudi.wire.lines import Lists

_Form = TypeVar("_Form", bound=BillForm)


class _Pair(BillForm):
    before: Fen
    after: Fen


class _Control(BillForm):
    """Of the control only its excess."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    excess: FenNotNegative


class _Settlement(BillForm):
    """What is needed of a printed settlement; its other keys are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    visit_id: Code
    person: Code
    episode_id: Code
    benefit_year: Whole
    settled: When
    sequence: Whole
    total: FenNotNegative
    accumulators: dict[str, _Pair]
    episode_accumulators: dict[str, _Pair]
    payments: dict[str, FenNotNegative] | None = None
    hospital: FenNotNegative | None = None
    patient: FenNotNegative | None = None
    control: _Control | None = None
    pack: str | None = None
    fingerprint: str | None = None

    def paid(self) -> Paid | None:
        """Who paid what, where the record says it and it adds up."""
        if self.payments is None or self.hospital is None or self.patient is None:
            return None
        if sum(self.payments.values()) + self.hospital + self.patient != self.total:
            return None
        excess = 0 if self.control is None else self.control.excess
        return Paid(
            self.total, self.payments, self.hospital, self.patient, excess, self.pack or "",
            self.fingerprint or "",
        )  # fmt: skip

    def flaws(self) -> Iterator[str]:
        """What it says against itself."""
        if not 0 <= self.settled.day.year - self.benefit_year <= 1:
            yield f"待遇年度 {self.benefit_year} 与结算日 {self.settled.day} 不符"


class _Accumulator(BillForm):
    person: Code
    year: Whole
    name: Code
    amount: FenNotNegative
    source: Code
    as_of: When


_SECTIONS = ("bills", "settlements", "accumulators")
_NOT_READ = ("faults", "proposals")  # of a printed run: what it says of itself


@dataclass(frozen=True, slots=True)
class Read:
    """A history as read: claims, bills that could not be read, records and openings."""

    claims: tuple[Claim, ...]
    held: list[Held]
    recorded: tuple[Recorded, ...]
    openings: tuple[Opening, ...]


def read_history(document: Document, lists: Lists) -> Read:
    """The history that a document holds. Raises Faulty with everything in it that cannot be used."""
    if not isinstance(document.value, dict):
        raise Faulty([fault("F317", document.name, what_="整个文件", reason="不是键值表")])
    stated = cast("dict[str, Value]", document.value)
    read = _Reader(document)
    for key in sorted(set(stated) - {*_SECTIONS, *_NOT_READ}):
        hint = near(key, _SECTIONS)
        read.faults.append(fault("F202", document.where((key,)), key=shown(key), near=hint))
    bills = read.items(stated, "bills")
    brought = read_each(document, bills, lists)
    for path, item in bills:
        visit = cast("dict[str, Value]", item).get("visit_id") if isinstance(item, dict) else None
        if isinstance(visit, str | int):
            read.once(path, ("bills", str(visit)), str(visit))
    claims = {claim.visit_id: claim for claim in brought.claims}
    recorded = [
        _record(record)
        for path, record in read.each(stated, "settlements", _Settlement)
        if read.once(path, ("settlements", record.visit_id), record.visit_id)
        and read.sound(path, record, claims.get(record.visit_id))
    ]
    openings = [
        Opening(o.person, o.year, o.name, o.amount, o.source, str(o.as_of))
        for path, o in read.each(stated, "accumulators", _Accumulator)
        if read.once(path, ("accumulators", o.person, o.year, o.name), o.name)
    ]
    if read.faults:
        raise Faulty(read.faults)
    return Read(brought.claims, list(brought.held), tuple(recorded), tuple(openings))


class _Reader:
    """Reads the sections of a history, collecting faults."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self._seen: set[object] = set()

    def items(self, stated: Mapping[str, Value], key: str) -> list[tuple[Path, Value]]:
        items = stated.get(key)
        if items is None:
            return []
        if not isinstance(items, list):
            where = self.document.where((key,))
            self.faults.append(fault("F203", where, value=shown(items), expected="列表"))
            return []
        return [((key, n), item) for n, item in enumerate(cast("list[Value]", items))]

    def each(
        self, stated: Mapping[str, Value], key: str, form: type[_Form]
    ) -> Iterator[tuple[Path, _Form]]:
        """The items of a section that have its form."""
        for path, item in self.items(stated, key):
            try:
                yield path, form.model_validate(item)
            except ValidationError as error:
                self.faults.extend(form_faults(self.document, path, error, form))
            if len(self.faults) >= FAULT_LIMIT:
                self.faults.append(fault("F111", self.document.where(path)))
                return

    def sound(self, path: Path, record: _Settlement, bill: Claim | None) -> bool:
        """Whether a printed settlement agrees with itself, and with its bill where that is brought too."""
        where = self.document.where(path)
        flaws = list(record.flaws())
        if bill is not None:
            flaws += _differences(record, bill)
        self.faults += [
            fault("F317", where, what_=shown(record.visit_id), reason=flaw) for flaw in flaws
        ]
        return not flaws

    def once(self, path: Path, key: tuple[object, ...], name: str) -> bool:
        """Whether this is the first of that key; a second one would be added up twice.

        The bill and the settlement of one visit are two keys: one says what was, the other what it is of.
        """
        if key not in self._seen:
            self._seen.add(key)
            return True
        reason = (
            "同一个人、同一年、同一项累计出现两次"
            if key[0] == "accumulators"
            else "就诊号出现两次，会重复累计"
        )
        details = {"what_": shown(name), "reason": reason}
        self.faults.append(fault("F317", self.document.where(path), **details))
        return False


def _differences(record: _Settlement, bill: Claim) -> Iterator[str]:
    """In what a bill is not the one that was settled."""
    differ = [
        name
        for name, mine, other in (
            ("患者", record.person, bill.person.id),
            ("住院号", record.episode_id, bill.episode_id),
            ("结算时间", record.settled.instant, bill.settled.instant),
            ("顺序号", record.sequence, bill.sequence),
            ("总费用", record.total, sum(line.amount for line in bill.lines)),
        )
        if mine != other
    ]
    if differ:
        yield f"{'、'.join(differ)}与 bills 里的账单不同；bills 里要放当时结算的那一张"


def _record(stated: _Settlement) -> Recorded:
    return Recorded(
        visit_id=stated.visit_id,
        person_id=stated.person,
        episode_id=stated.episode_id,
        year=stated.benefit_year,
        settled=stated.settled,
        sequence=stated.sequence,
        sums={n: (p.before, p.after) for n, p in stated.accumulators.items()},
        episode_sums={n: (p.before, p.after) for n, p in stated.episode_accumulators.items()},
        paid=stated.paid(),
    )
