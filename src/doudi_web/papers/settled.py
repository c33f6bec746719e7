"""The papers of one settlement."""

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.papers import found
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.printing import Of, preview, prints
from doudi_web.papers.sheet import Sheet, sheet
from doudi_web.papers.statement import Statement
from doudi_web.papers.statement import statement as made
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.roles import OF_FACILITY, Act
from doudi_web.tenancy.who import Actor


def statement(actor: Actor, settlement: int, *, is_print: bool) -> bytes:
    """The patient's statement: printed and counted, or as a preview. Raises Refusal 403, 404, 410, 422, 503."""
    one = _one(actor, settlement, is_print=is_print)
    of = _of(Kind.STATEMENT, one)

    def make(printed: Print) -> Statement:
        return made(one, printed)

    return prints(actor, of, make) if is_print else preview(actor, of, make)


def one_stop(actor: Actor, settlement: int, *, is_print: bool, reason: str = "") -> bytes:
    """The one-stop sheet; with a reason, and for who may, the identity number in full.

    Raises Refusal 403, 404, 410, 422, 503.
    """
    one = _one(actor, settlement, is_print=is_print)
    of = _of(Kind.SHEET, one)
    if reason:
        actor.must(Act.PERSONS_UNMASK)
        record(actor, "persons.unmask", of.subject, reason=reason, detail={"paper": "sheet"})

    def make(printed: Print) -> Sheet:
        return sheet(one, printed, is_open=bool(reason))

    return prints(actor, of, make) if is_print else preview(actor, of, make)


def _one(actor: Actor, settlement: int, *, is_print: bool) -> found.Found:
    """A settlement to print, or to see: masked where who sees it neither treats nor settles nor prints."""
    one = found.settlement(
        actor, Act.PAPERS_PRINT if is_print else Act.SETTLEMENTS_READ, settlement
    )
    if is_print or actor.role in OF_FACILITY or actor.may(Act.PAPERS_PRINT):
        return one
    return found.masked(one)


def _of(kind: Kind, one: found.Found) -> Of:
    facts = one.facts
    return Of(kind, str(facts.settlement), facts.facility, subject_of(facts.person_id))


def shown(actor: Actor, settlement: int) -> Statement:
    """The statement as a page shows it: a preview. Raises Refusal 403, 404, 410."""
    one = _one(actor, settlement, is_print=False)
    of = _of(Kind.STATEMENT, one)
    record(actor, "papers.read", of.subject, detail={"paper": of.kind.value, "of": of.key})
    return made(one, Print(0, now(), demo_day() is not None))
