"""One settlement judged: is its limit held, does it agree with others, does it come out the same again."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doudi.errors import DoudiError, Faulty
from doudi.money import yuan
from doudi.version import VERSION
from doudi.wire.settlements import settlement_json
from doudi_web.oversight.audited import Audited
from doudi_web.oversight.committed import ANSWER, EVIDENCE, HEAD, altered
from doudi_web.oversight.comparing import booked, differences, uneven
from doudi_web.oversight.mismatches import Cause, Difference, Mismatch, Of
from doudi_web.oversight.registered import History
from doudi_web.oversight.sources import Sources
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import Stored, fen
from doudi_web.settlement.since import relieved

Json = dict[str, Any]

_BROKEN = (DoudiError, ValueError, KeyError, TypeError, AttributeError, AssertionError, zlib.error)
"""What settling again may raise where evidence or policy was altered, or the program has a defect."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one settlement comes to in each figure; None: it is not among those of which the figure is told."""

    limits: bool | None
    agreement: bool | None
    replay: bool
    found: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """What a settlement is judged by."""

    history: History
    sources: Sources
    sums: Mapping[int, Sequence[tables.Row]]
    """Of the settlements whose sums before are not the ledger's: (owner, year, name, stated, fen of the ledger)."""

    def judge(self, one: Audited) -> Judged:
        """A settlement that is not erased."""
        parts = altered(one)
        if one.stored is None or one.posted is None:
            text = f"记账以后有人绕过程序动了：{'、'.join(parts)}。没有可以重算的。"
            lost = Mismatch(Of.REPLAY, Cause.ROW, one.id, one.visit, one.facility, "", text)
            return Judged(None, None, replay=False, found=(lost,))
        try:
            return self._judged(one, one.stored, parts)
        except _BROKEN as broken:
            if not parts:
                raise
            said = f"记账以后有人绕过程序改了：{'、'.join(parts)}"
            text = f"{said}；现在读不出了（{type(broken).__name__}），没有可以重算的。"
            lost = Mismatch(Of.REPLAY, Cause.ROW, one.id, one.visit, one.facility, "", text)
            return Judged(None, None, replay=False, found=(lost,))

    def _judged(self, one: Audited, stored: Stored, parts: tuple[str, ...]) -> Judged:
        assert one.posted is not None
        again, refused = _again(stored)
        differs = (*_replayed(stored, again, refused), *_booked(one, stored, again))
        causes = self._of_rows(one, stored, parts, differs)
        if EVIDENCE not in parts:  # else what it says of its inputs is not what was said then
            causes += self._of_policy(one, stored, () if set(parts) - {HEAD} else differs)
            causes += self._of_register(one, stored)
        if ANSWER not in parts:
            causes += self._of_sums(one, stored)
        explained = {c.cause for c in causes} & {Cause.ROW, Cause.POLICY}
        if differs and not (explained and any(c.differs for c in causes)):
            causes.append(_of_engine(one, stored, differs))
        is_held, limits = _limits(one, stored, None if EVIDENCE in parts else again)
        is_agreed, agreement = _agreement(one, stored)
        return Judged(
            is_held, is_agreed, replay=not causes, found=(*limits, *agreement, *causes)
        )  # fmt: skip

    def _of_rows(
        self, one: Audited, stored: Stored, parts: tuple[str, ...], differs: tuple[Difference, ...]
    ) -> list[Mismatch]:
        if not parts:
            return []
        text = f"记账以后有人绕过程序改了：{'、'.join(parts)}。doudi ledger verify 说出是哪一行。"
        shown = differs if set(parts) - {HEAD} else ()
        return [_mismatch(one, stored, Of.REPLAY, Cause.ROW, text, "、".join(parts), shown)]

    def _of_policy(
        self, one: Audited, stored: Stored, differs: tuple[Difference, ...]
    ) -> list[Mismatch]:
        found = self.sources.altered(stored)
        if not found:
            return []
        names = "、".join(dict.fromkeys(d.field.removeprefix("policy.") for d in found))
        text = f"结算时依据的原文，现在的摘要不是当时的：{names}。"
        return [_mismatch(one, stored, Of.REPLAY, Cause.POLICY, text, names, (*found, *differs))]

    def _of_register(self, one: Audited, stored: Stored) -> list[Mismatch]:
        assert one.posted is not None
        person, found = self.history.altered(stored, one.posted.posted)
        if not found:
            return []
        names = "、".join(d.field.removeprefix("register.") for d in found)
        text = f"登记的历史说的当时，与结算时依据的不同：{names}；登记的行被绕过程序改过。"
        shown = (*found, *_on(stored, stored.sums(), person))
        return [_mismatch(one, stored, Of.REPLAY, Cause.REGISTER, text, names, shown)]

    def _of_sums(self, one: Audited, stored: Stored) -> list[Mismatch]:
        rows = self.sums.get(one.id)
        if not rows:
            return []
        found = tuple(
            Difference(f"accumulators.{name}.before", stated, yuan(amount))
            for _, _, name, stated, amount in rows
        )
        names = "、".join(name for _, _, name, _, _ in rows)
        text = f"这一笔之前的累计（{names}）与台账从分录、期初加起来的不合。"
        of = {(owner, year, name): amount for owner, year, name, _, amount in rows}
        sums = [
            (owner, year, name, of.get((owner, year, name), amount))
            for owner, year, name, amount in stored.sums()
        ]
        shown = (*found, *_on(stored, sums))
        return [_mismatch(one, stored, Of.REPLAY, Cause.SUMS, text, names, shown)]


def _mismatch(
    one: Audited,
    stored: Stored,
    of: Of,
    cause: Cause,
    text: str,
    input_: str | None = None,
    differs: tuple[Difference, ...] = (),
) -> Mismatch:
    engine = str(stored.evidence.get("engine", ""))
    return Mismatch(of, cause, one.id, one.visit, one.facility, engine, text, input_, differs)


def _again(stored: Stored) -> tuple[Json | None, str]:
    """What it comes to, settled again on what is stored of it; else why it cannot be settled."""
    try:
        return settlement_json(stored.again(stored.sums()).settled()), ""
    except Faulty as faulty:
        return None, "；".join(f"{f.code} {f.what}" for f in faulty.faults)
    except _BROKEN as broken:
        return None, f"{type(broken).__name__}: {broken}"[:200]


def _replayed(stored: Stored, again: Json | None, refused: str) -> tuple[Difference, ...]:
    if again is None:
        return (Difference("settlement", "结算了", f"不能结算：{refused}"),)
    return differences(stored.result, again)


def _booked(one: Audited, stored: Stored, again: Json | None) -> tuple[Difference, ...]:
    assert one.posted is not None
    answer = stored.result if again is None else again
    return booked(answer, stored.facility, stored.person, one.posted.entries, one.posted.sums)


def _on(
    stored: Stored, sums: Sequence[tables.Row], person: Json | None = None
) -> tuple[Difference, ...]:
    """What would come out on other inputs, beside what is recorded: what the difference in the input means."""
    try:
        made = stored.again(sums, person=person).settled()
    except _BROKEN:
        return ()
    found = differences(stored.result, settlement_json(made))
    return tuple(d for d in found if not d.field.startswith("accumulators"))


def _of_engine(one: Audited, stored: Stored, differs: tuple[Difference, ...]) -> Mismatch:
    was = str(stored.evidence.get("engine", ""))
    says = f"程序 {was} 当时算出的，程序 {VERSION} 现在重算的"
    if was == VERSION:
        says = f"同一个程序 {was}，当时算出的和现在重算的"
    text = f"账单、登记、累计、政策都没有变，{says}不同：程序有缺陷。"
    return _mismatch(one, stored, Of.REPLAY, Cause.ENGINE, text, "engine", differs)


def _limits(one: Audited, stored: Stored, again: Json | None) -> tuple[bool | None, list[Mismatch]]:
    """Recorded amounts against the limits of the settlement's own policy; None where it has none."""
    assert one.posted is not None
    told = stored.result
    by = told if again is None else again
    limit, control = by["patient_limit"], by["control"]
    is_moved = control is not None and control["applies"]
    if limit is None and not is_moved:
        return None, []
    found: list[Mismatch] = []
    paid = {
        "patient": fen(told["patient"]),
        "entries.patient": sum(a for n, a in one.posted.entries if n.startswith("patient:")),
    }
    above = tuple(
        Difference(name, yuan(amount), f"≤ {limit}")
        for name, amount in paid.items()
        if limit is not None and amount > fen(limit)
    )
    if above:
        text = f"患者付 {above[0].recorded}，限额 {limit}。"
        found.append(_mismatch(one, stored, Of.LIMITS, Cause.LIMIT, text, None, above))
    borne = sum(a for n, a in one.posted.entries if n.startswith("hospital:"))
    moved = tuple(
        Difference(name, amount, by["hospital"])
        for name, amount in (("hospital", told["hospital"]), ("entries.hospital", yuan(borne)))
        if amount != by["hospital"]
    )
    if moved:
        excess, borne_by = control["excess"] if control else "0.00", by["hospital"]
        text = f"目录外超出 {excess}，照政策医院承担 {borne_by}，记下的是 {moved[0].recorded}。"
        found.append(_mismatch(one, stored, Of.LIMITS, Cause.EXCESS, text, None, moved))
    off = uneven(told)
    if off:
        text = f"记下的数相加不等：{'、'.join(d.field for d in off)}。"
        found.append(_mismatch(one, stored, Of.LIMITS, Cause.CONSERVATION, text, None, off))
    return not found, found


def _agreement(one: Audited, stored: Stored) -> tuple[bool | None, list[Mismatch]]:
    """What others say of the visit beside what is recorded; None where nobody says anything of it."""
    told = stored.result
    given: Json = stored.evidence["bill"].get("given") or {}
    pairs: list[tuple[Cause, list[Difference]]] = []
    if told["computed"]:
        pairs.append(
            (Cause.GIVEN, [
                Difference(f"payments.{layer}", amount, _plain(given.get(layer)))
                for layer, amount in told["computed"].items()
                if fen(amount) != fen(_plain(given.get(layer)) or "0.00")
            ])
        )  # fmt: skip
    stands = relieved(told, one.reliefs)
    for source, amounts in one.figures:
        differs = [
            Difference(_path(name), ours, yuan(theirs))
            for name, theirs in amounts.items()
            if fen(ours := _ours(stands, name)) != theirs
        ]
        pairs.append((Cause(source), differs))
    if not pairs:
        return None, []
    found = [
        _mismatch(one, stored, Of.AGREEMENT, cause, _said(cause, differs), None, tuple(differs))
        for cause, differs in pairs
        if differs
    ]
    return not found, found


def _plain(amount: object) -> str | None:
    """An amount as bills write it, with two places."""
    if amount is None:
        return None
    whole, _, rest = str(amount).partition(".")
    return f"{whole}.{rest:0<2}"


def _path(name: str) -> str:
    return name if name in ("total", "hospital", "patient") else f"payments.{name}"


def _ours(told: Json, name: str) -> str:
    """The recorded amount of that name; a layer that paid nothing is not named."""
    return (
        told[name]
        if name in ("total", "hospital", "patient")
        else told["payments"].get(name, "0.00")
    )


def _said(cause: Cause, differs: list[Difference]) -> str:
    who = {Cause.GIVEN: "账单带来的平台", Cause.PLATFORM: "平台", Cause.HOSPITAL: "医院"}[cause]
    shown = "；".join(f"{d.field} 我们 {d.recorded}，{who} {d.expected}" for d in differs)
    return f"{shown}。"
