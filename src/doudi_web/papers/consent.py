"""自费知情同意书: what no fund pays, what it costs, what that does to the patient, what to take instead.

It is of a running visit, as it stands now: the items that are charged, and those that are ordered and not charged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from doudi.finding import Alternative, Effect, Finding
from doudi_web.audit_log.actions import subject_of
from doudi_web.exchange.facts import day_of, fen
from doudi_web.papers.found import Patient, ill, patient_of
from doudi_web.papers.kinds import TITLES, Kind, Print
from doudi_web.papers.printing import Of, preview, prints
from doudi_web.papers.words import cut, day, money
from doudi_web.settlement import running, tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

NONE = "没有目录内可以换的"


@dataclass(frozen=True, slots=True)
class Item:
    """An item: what it costs, how much of it nobody pays, what it does to the patient, what else there is."""

    name: str
    detail: str
    amount: str
    own: str
    effect: str
    instead: str
    state: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What the form says."""

    kind: ClassVar[Kind] = Kind.CONSENT
    printed: Print
    hospital: str
    title: str
    name: str
    visit: str
    ill: str
    admitted: str
    items: tuple[Item, ...]
    total: str
    own: str
    patient: str
    """What the patient would pay for the whole visit as it stands."""
    drafted: str
    """The same with what is ordered and not charged; empty where nothing is."""


def consent(actor: Actor, visit: str, facility: str | None, *, is_print: bool) -> bytes:
    """The form of a running visit: printed and counted, or as a preview.

    Raises Refusal 403, 404, 409 (settled already; nothing is outside the catalogue), 422 (the bill has faults).
    """
    actor.must(Act.PRECHECK)
    stood = running.found(tables.driver(), actor, Act.PRECHECK, visit, facility)
    finding = running.finding(actor, visit, stood.facility)
    items = tuple(_items(stood, finding))
    if not items:
        raise Refusal.of(409, "S632", visit, visit=visit)
    who = patient_of(stood.person, stood.facility)
    of = Of(Kind.CONSENT, f"{stood.facility}:{visit}", stood.facility, subject_of(stood.person))

    def make(printed: Print) -> Consent:
        return _made(printed, stood, finding, items, who)

    return prints(actor, of, make) if is_print else preview(actor, of, make)


@dataclass(frozen=True, slots=True)
class _Line:
    """An item with its amounts in fen: what it costs, and what of it nobody pays."""

    item: Item
    amount: int
    own: int


def _made(
    printed: Print,
    stood: running.Visit,
    finding: Finding,
    lines: tuple[_Line, ...],
    who: Patient,
) -> Consent:
    drafted = finding.drafted
    first = day_of(stood.header.get("admitted"))
    return Consent(
        printed=printed,
        hospital=cut(who.hospital, 40),
        title=TITLES[Kind.CONSENT],
        name=cut(who.name or f"就诊号 {stood.id}", 24),
        visit=cut(stood.id, 64),
        ill=ill(stood.header),
        admitted="" if first is None else day(first),
        items=tuple(one.item for one in lines),
        total=money(sum(one.amount for one in lines)),
        own=money(sum(one.own for one in lines)),
        patient=money(finding.adjudication.patient),
        drafted="" if drafted is None else money(drafted.adjudication.patient),
    )


def _items(stood: running.Visit, finding: Finding) -> Iterator[_Line]:
    """Lines of which a part is outside the catalogue, net of what was given back; ordered ones as if charged."""
    drafted = finding.drafted
    whole = finding.adjudication if drafted is None else drafted.adjudication
    parts = {one.id: one.out_of_catalogue + one.over_ceiling for one in whole.lines}
    each = (*finding.marginal, *(() if drafted is None else drafted.lines))
    effects = {one.line: one.effect for one in each}
    others: dict[str, list[Alternative]] = {}
    for one in finding.alternatives:
        others.setdefault(one.line, []).append(one)
    lines: list[Mapping[str, Any]] = [x.content for x in stood.lines if x.withdrawn is None]
    back: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        if line.get("refunds"):
            back.setdefault(str(line["refunds"]), []).append(line)
    for line in lines:
        if line.get("refunds"):
            continue
        returned = back.get(str(line["id"]), [])
        amount = sum(fen(one["amount"]) or 0 for one in (line, *returned))
        own = sum(parts.get(str(one["id"]), 0) for one in (line, *returned))
        if own > 0:
            number = str(line["id"])
            yield _Line(
                _item(line, amount, own, effects.get(number), others.get(number, [])), amount, own
            )


def _item(
    line: Mapping[str, Any],
    amount: int,
    own: int,
    effect: Effect | None,
    others: list[Alternative],
) -> Item:
    state = "已签过" if line.get("consent") else "开了没有收费" if line.get("draft") else ""
    code = str(line.get("code") or line.get("hospital_code") or line["id"])
    return Item(
        name=cut(str(line.get("name") or code), 60),
        detail=cut(f"{code}　{line['unit_price']} 元 × {line['quantity']}", 60),
        amount=money(amount),
        own=money(own),
        effect=_effect(effect),
        instead=_instead(others),
        state=state,
    )


def _effect(effect: Effect | None) -> str:
    """What the item does to what the patient pays, and to the hospital."""
    if effect is None:
        return "还算不出来"
    told = f"您多付 {money(effect.patient)} 元" if effect.patient > 0 else "您不多付"
    return f"{told}，医院付 {money(effect.hospital)} 元" if effect.hospital > 0 else told


def _instead(others: list[Alternative]) -> str:
    """What could be taken in its place: the one that saves the patient most."""
    best = max(others, key=lambda one: one.saves.patient, default=None)
    if best is None:
        return NONE
    saved = best.saves.patient
    told = (
        f"您少付 {money(saved)} 元"
        if saved > 0
        else f"您多付 {money(-saved)} 元"
        if saved
        else "您付的一样"
    )
    return cut(f"{best.name}（{best.item_class}类，{money(best.amount)} 元）：{told}", 80)
