"""Texts in, settlements out: the whole way of `doudi settle` and `doudi check`, without a terminal or a
file system.

Callers bring the contents of files; faults of files, bills and rules come back together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from doudi.adjudicate import Told
from doudi.catalogue import EMPTY, Catalogue
from doudi.claim import Claim
from doudi.errors import Fault, Faulty
from doudi.precheck.check import Checked, check
from doudi.settle import History, Run, Shelf, Unsettled, settle
from doudi.source_text import Document
from doudi.wire.bills import Held, read_bills, read_document
from doudi.wire.catalogue_file import read_catalogue
from doudi.wire.history import read_history


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of one run, by the names that faults show."""

    bills: Mapping[str, bytes | Document]
    history: tuple[str, bytes | Document] | None = None
    catalogue: tuple[str, bytes | Document] | None = None
    missing: tuple[Fault, ...] = field(default=())


def settle_bundle(
    shelf: Shelf,
    bundle: Bundle,
    *,
    language: str = "zh",
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Settle every bill that can be settled; the rest come back as faults, in the order of the files.

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
    return Run(run.settlements, (*opened.faults, *run.faults))


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
    catalogue, history, stopped = EMPTY, History(), False
    try:
        catalogue = _catalogue(bundle)
        history, found = _history(bundle, catalogue)
        faults.extend(found)
    except Faulty as error:
        faults.extend(error.faults)
        stopped = True
    claims = list[Claim]()
    for name, content in bundle.bills.items():
        try:
            brought = read_bills(_document(name, content), catalogue, day)
        except Faulty as error:
            faults.extend(error.faults)
            continue
        claims.extend(brought.claims)
        held.extend(brought.held)
    faults.extend(f for one in held for f in one.faults)
    return _Opened(claims, _unsettled(held), catalogue, history, tuple(faults), stopped)


def _document(name: str, content: bytes | Document) -> Document:
    return content if isinstance(content, Document) else read_document(name, content)


def _catalogue(bundle: Bundle) -> Catalogue:
    if bundle.catalogue is None:
        return EMPTY
    return read_catalogue(_document(*bundle.catalogue))


def _history(bundle: Bundle, catalogue: Catalogue) -> tuple[History, list[Fault]]:
    if bundle.history is None:
        return History(), []
    read = read_history(_document(*bundle.history), catalogue)
    history = History(
        tuple(read.claims), tuple(read.recorded), tuple(read.openings), tuple(_unsettled(read.held))
    )
    return history, [f for one in read.held for f in one.faults]


def _unsettled(held: list[Held]) -> list[Unsettled]:
    """Bills that could not be read, where they say whose visit they are."""
    return [
        Unsettled(one.visit_id, one.person_id, one.settled, one.sequence)
        for one in held
        if one.visit_id is not None and one.person_id is not None
    ]
