"""What a statement changes in what the register says of one person. Nothing here reads or writes tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from doudi_web.register.person_form import RegisteredForm

Detail = Mapping[str, str]

DAYS = ("died", "moved_out")
"""Facts that are a day alone: what came of it is known from when it was stated."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact as it is stated. Without a start: as the register has it, or from today. Without `known`: from now."""

    kind: str
    code: str
    start: date | None
    end: date | None
    detail: Detail
    known: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A fact as the register holds it now."""

    pk: int
    kind: str
    code: str
    start: date
    end: date | None
    detail: Detail
    known: datetime


@dataclass(frozen=True, slots=True)
class FactChanges:
    """Facts that no longer hold, and facts that hold from now on, each with the one whose place it takes."""

    superseded: tuple[Held, ...]
    inserted: tuple[tuple[Said, Held | None], ...]

    @property
    def kinds(self) -> list[str]:
        """The kinds of facts that change."""
        return sorted({h.kind for h in self.superseded} | {s.kind for s, _ in self.inserted})


def said_facts(
    one: RegisteredForm, held: Sequence[Held], today: date
) -> dict[str, tuple[Said, ...]]:
    """The facts that a statement makes, by kind; a kind that it does not speak of is not among them."""
    found: dict[str, tuple[Said, ...]] = {}
    if one.standings is not None:
        found["standing"] = tuple(
            Said("standing", s.code, s.start, s.end, {}, s.known.instant if s.known else None)
            for s in one.standings
        )
    if one.tiers is not None:
        found["tier"] = tuple(Said("tier", t.tier, t.start, t.end, {}) for t in one.tiers)
    elif one.insurance_tier is not None:
        tiers = [fact for fact in held if fact.kind == "tier"]
        found["tier"] = _tier_now(one.insurance_tier, tiers, one.birth_date, today)
    for kind in DAYS:
        day = getattr(one, kind)
        if day is not None:
            found[kind] = (Said(kind, "", day, None, {}),)
    if one.diseases is not None:
        found["disease"] = tuple(Said("disease", d.code, d.start, d.end, {}) for d in one.diseases)
    if one.doctors is not None:
        found["doctor"] = tuple(
            Said("doctor", d.facility or "", d.start, d.end, {"name": d.name, "phone": d.phone})
            for d in one.doctors
        )
    if one.plan is not None:
        found["plan"] = (Said("plan", "", None, None, {"text": one.plan}),)
    return found


def fact_changes(
    said: Mapping[str, Sequence[Said]], held: Sequence[Held], *, adds: bool
) -> FactChanges:
    """What follows from what is said. With `adds` what is not spoken of stays: a table names some standings of a
    person, a whole statement all of them. Tiers, doctors and the plan are always all of them."""
    gone: list[Held] = []
    new: list[tuple[Said, Held | None]] = []
    for kind, facts in said.items():
        codes = {fact.code for fact in facts}
        stays = adds and kind in ("standing", "disease")
        left = [h for h in held if h.kind == kind and not (stays and h.code not in codes)]
        unmatched: list[Said] = []
        for fact in facts:
            same = next((h for h in left if _is_same(fact, h)), None)
            if same is None:
                unmatched.append(fact)
            else:
                left.remove(same)
        gone += left
        for fact in unmatched:
            replaced = _replaced(fact, left)
            if replaced is not None:
                left = [h for h in left if h.pk != replaced.pk]
            new.append((fact, replaced))
    return FactChanges(tuple(gone), tuple(new))


def _is_same(said: Said, held: Held) -> bool:
    return (
        (said.code, said.end, said.detail) == (held.code, held.end, held.detail)
        and said.start in (None, held.start)
        and said.known in (None, held.known)
    )


def _replaced(said: Said, gone: Iterable[Held]) -> Held | None:
    """The fact whose place this one takes: of the same code, from the same day where there is one."""
    same = sorted(
        (h for h in gone if h.code == said.code or h.kind == "plan"),
        key=lambda h: (h.start != said.start, h.pk),
    )
    return same[0] if same else None


def _tier_now(code: str, held: Sequence[Held], birth: date, today: date) -> tuple[Said, ...]:
    """The tiers, with this one from today on; who had none is taken to have had it always."""
    as_they_are = [Said("tier", h.code, h.start, h.end, {}) for h in held]
    if not held:
        return (Said("tier", code, birth, None, {}),)
    if any(h.code == code and h.start <= today and (h.end is None or today < h.end) for h in held):
        return tuple(as_they_are)
    before = [
        replace(tier, end=today if tier.end is None else min(tier.end, today))
        for tier in as_they_are
        if tier.start is not None and tier.start < today
    ]
    return (*before, Said("tier", code, today, None, {}))
