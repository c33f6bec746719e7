"""Texts in, settlements out: the whole way of `doudi settle` and `doudi check`, without a terminal or a
file system.

Callers bring the contents of files; faults of files, bills and rules come back together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from doudi.adjudicate import Told
from doudi.catalogue import EMPTY, Catalogue
from doudi.claim import Claim
from doudi.errors import Fault, Faulty, fault
from doudi.mapping import NOTHING_MAPPED
from doudi.mapping_check import Report, check_mapping
from doudi.precheck.check import Checked, check
from doudi.proposals import proposed
from doudi.settle import History, Run, Shelf, Unsettled, settle
from doudi.source_text import Document
from doudi.wire.bills import Held, read_bills, read_document
from doudi.wire.catalogue_file import catalogue_document, read_catalogue
from doudi.wire.columns import overridden, shipped
from doudi.wire.fees import FeeList, bill_of, read_fees
from doudi.wire.history import read_history
from doudi.wire.lines import Lists
from doudi.wire.mapping_file import mapping_document, read_mapping
from doudi.wire.sheets import Sheet, is_table, read

File = tuple[str, bytes | Document]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of one run, by the names that faults show.

    A bill that is a table is a fee list of the `visit`; `columns` are a site's own names of its columns.
    """

    bills: Mapping[str, bytes | Document]
    history: File | None = None
    catalogue: File | None = None
    missing: tuple[Fault, ...] = field(default=())
    mapping: File | None = None
    visit: File | None = None
    columns: File | None = None


def settle_bundle(
    shelf: Shelf,
    bundle: Bundle,
    *,
    language: str = "zh",
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Settle every bill that can be settled; the rest come back as faults, in the order of the files.

    Visits of the history that come out otherwise on account of these bills come back as proposals.
    A history or catalogue with faults stops the run: amounts would rest on what is not known.
    """
    opened = _opened(bundle)
    if opened.stopped:
        return Run((), opened.faults)
    run = settle(
        shelf,
        opened.claims,
        history=opened.history,
        unsettled=opened.unsettled,
        told=Told(opened.catalogue.version or None, language=language),
        progress=progress,
    )
    run = replace(run, faults=(*opened.faults, *run.faults))
    return proposed(shelf, run, language)


def check_bundle(
    shelf: Shelf,
    bundle: Bundle,
    day: date,
    *,
    language: str = "zh",
    progress: Callable[[int, int], None] | None = None,
) -> Checked:
    """Look at every bill before it is charged: the way of `doudi check`.

    A bill without a day of settlement is running: it is looked at as if settled on `day`.
    """
    opened = _opened(bundle, day)
    if opened.stopped:
        return Checked((), opened.faults)
    found = check(
        shelf,
        opened.claims,
        opened.catalogue,
        history=opened.history,
        unsettled=opened.unsettled,
        told=Told(opened.catalogue.version or None, language=language),
        progress=progress,
    )
    return Checked(found.findings, (*opened.faults, *found.faults))


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bundle's files, read; `stopped` where its history or catalogue has a fault."""

    claims: Sequence[Claim]
    unsettled: Sequence[Unsettled]
    catalogue: Catalogue
    history: History
    faults: tuple[Fault, ...]
    stopped: bool


def _opened(bundle: Bundle, day: date | None = None) -> _Opened:
    faults, held = list(bundle.missing), list[Held]()
    lists, history, stopped = Lists(), History(), False
    try:
        lists = _lists(bundle)
        history, found = _history(bundle, lists)
        faults.extend(found)
    except Faulty as error:
        faults.extend(error.faults)
        stopped = True
    claims = list[Claim]()
    for name, content in bundle.bills.items():
        try:
            brought = read_bills(_bill_document(bundle, name, content), lists, day)
        except Faulty as error:
            faults.extend(error.faults)
            continue
        claims.extend(brought.claims)
        held.extend(brought.held)
    faults.extend(f for one in held for f in one.faults)
    return _Opened(claims, _unsettled(held), lists.catalogue, history, tuple(faults), stopped)


def _document(name: str, content: bytes | Document) -> Document:
    return content if isinstance(content, Document) else read_document(name, content)


def mapping_report(bundle: Bundle, day: date) -> tuple[Report, tuple[Fault, ...]]:
    """The bundle's mapping held against its catalogue and its bills, and every fault on the way.

    Raises Faulty where catalogue or mapping cannot be read.
    """
    assert bundle.mapping is not None, "a report is of a mapping"
    assert bundle.catalogue is not None, "a mapping is held against a catalogue"
    catalogue = read_catalogue(_table_or(*bundle.catalogue, catalogue_document))
    mapping, twice = read_mapping(_table_or(*bundle.mapping, mapping_document))
    claims, faults = list[Claim](), list[Fault](twice)
    for name, content in bundle.bills.items():
        try:
            document = _bill_document(bundle, name, content)
            brought = read_bills(document, Lists(catalogue, mapping), day)
        except Faulty as error:
            faults += error.faults
            continue
        claims += brought.claims
        faults += [f for one in brought.held for f in one.faults]
    return check_mapping(mapping, catalogue, claims, day), tuple(faults)


def fee_bill(bundle: Bundle, name: str, content: bytes) -> tuple[FeeList, Document]:
    """A fee list and the bill that it makes with the bundle's visit. Raises Faulty."""
    if bundle.visit is None:
        raise Faulty([fault("F134", name)])
    columns = shipped("fees")
    if bundle.columns is not None:
        columns = overridden(columns, _document(*bundle.columns))
    fees = read_fees(name, content, columns)
    return fees, bill_of(fees, _document(*bundle.visit))


def _bill_document(bundle: Bundle, name: str, content: bytes | Document) -> Document:
    if isinstance(content, bytes) and is_table(name):
        return fee_bill(bundle, name, content)[1]
    return _document(name, content)


def _lists(bundle: Bundle) -> Lists:
    """The catalogue and the mapping to look lines up in. Raises Faulty."""
    catalogue, mapping = EMPTY, NOTHING_MAPPED
    if bundle.catalogue is not None:
        catalogue = read_catalogue(_table_or(*bundle.catalogue, catalogue_document))
    if bundle.mapping is not None:
        mapping, twice = read_mapping(_table_or(*bundle.mapping, mapping_document))
        if twice:
            raise Faulty(twice)
    return Lists(catalogue, mapping)


def _table_or(
    name: str,
    content: bytes | Document,
    made: Callable[[str, Sequence[Sheet]], Document],
) -> Document:
    """The document of a table, or of YAML and JSON."""
    if isinstance(content, bytes) and is_table(name):
        return made(name, read(name, content))
    return _document(name, content)


def _history(bundle: Bundle, lists: Lists) -> tuple[History, list[Fault]]:
    if bundle.history is None:
        return History(), []
    told = read_history(_document(*bundle.history), lists)
    history = History(
        tuple(told.claims), tuple(told.recorded), tuple(told.openings), tuple(_unsettled(told.held))
    )
    return history, [f for one in told.held for f in one.faults]


def _unsettled(held: list[Held]) -> list[Unsettled]:
    """Bills that could not be read, where they say whose visit they are."""
    return [
        Unsettled(one.visit_id, one.person_id, one.settled, one.sequence)
        for one in held
        if one.visit_id is not None and one.person_id is not None
    ]
