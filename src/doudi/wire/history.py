"""What was before this run: earlier bills, settlements as we printed them, accumulators from the centre."""

from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import ConfigDict, ValidationError

from doudi.catalogue import Catalogue
from doudi.claim import Claim
from doudi.errors import Fault, Faulty, fault
from doudi.ledger.accumulators import Opening, Recorded
from doudi.source_text import Document, Path, Value
from doudi.wire.bill_faults import bill_form_faults
from doudi.wire.bill_form import BillForm, Code, Fen, FenNotNegative, When, Whole
from doudi.wire.bills import Held, read_bill_or_held

_Form = TypeVar("_Form", bound=BillForm)


class _Pair(BillForm):
    before: Fen
    after: Fen


class _Settlement(BillForm):
    """What is needed of a printed settlement; its other keys are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    visit_id: Code
    person: Code
    episode_id: Code
    benefit_year: Whole
    settled: When
    sequence: Whole
    accumulators: dict[str, _Pair]
    episode_accumulators: dict[str, _Pair]


class _Accumulator(BillForm):
    person: Code
    year: Whole
    name: Code
    amount: FenNotNegative
    source: Code
    as_of: When


class Read:
    """A history as read: claims, bills that could not be read, records and openings."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.held: list[Held] = []
        self.recorded: list[Recorded] = []
        self.openings: list[Opening] = []


def read_history(document: Document, catalogue: Catalogue) -> Read:
    """The history that a document holds. Raises Faulty with everything in it that cannot be used."""
    if not isinstance(document.value, dict):
        raise Faulty([fault("F317", document.name, what_="整个文件", reason="不是键值表")])
    stated = cast("dict[str, Value]", document.value)
    faults: list[Fault] = []
    read = Read()
    for key in sorted(set(stated) - {"bills", "settlements", "accumulators", "faults"}):
        faults.append(fault("F202", document.where((key,)), key=key, near=""))
    for path, item in _items(document, stated, "bills", faults):
        claim, held = read_bill_or_held(document, path, item, catalogue)
        read.claims += [] if claim is None else [claim]
        read.held += [] if held is None else [held]
    for path, item in _items(document, stated, "settlements", faults):
        record = _checked(document, path, item, _Settlement, faults)
        if record is not None:
            read.recorded.append(_record(record))
    seen: set[tuple[str, int, str]] = set()
    for path, item in _items(document, stated, "accumulators", faults):
        opening = _checked(document, path, item, _Accumulator, faults)
        if opening is not None:
            key = (opening.person, opening.year, opening.name)
            if key in seen:
                reason = "同一个人、同一年、同一项累计出现两次"
                faults.append(
                    fault("F317", document.where(path), what_=opening.name, reason=reason)
                )
                continue
            seen.add(key)
            as_of = str(opening.as_of)
            read.openings.append(Opening(*key, opening.amount, opening.source, as_of))
    if faults:
        raise Faulty(faults)
    return read


def _items(
    document: Document, stated: Mapping[str, Value], key: str, faults: list[Fault]
) -> list[tuple[Path, Value]]:
    items = stated.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        faults.append(fault("F203", document.where((key,)), value=key, expected="列表"))
        return []
    return [((key, n), item) for n, item in enumerate(cast("list[Value]", items))]


def _checked(
    document: Document, path: Path, item: Value, form: type[_Form], faults: list[Fault]
) -> _Form | None:
    try:
        return form.model_validate(item)
    except ValidationError as error:
        faults.extend(bill_form_faults(document, path, error))
        return None


def _record(stated: _Settlement) -> Recorded:
    return Recorded(
        visit_id=stated.visit_id,
        person_id=stated.person,
        episode_id=stated.episode_id,
        year=stated.benefit_year,
        settled=stated.settled,
        sequence=stated.sequence,
        adds={n: p.after - p.before for n, p in stated.accumulators.items()},
        episode_adds={n: p.after - p.before for n, p in stated.episode_accumulators.items()},
    )
