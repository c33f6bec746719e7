"""The patient's statement: one page, the amount first, then who paid and why, what was corrected, whom to ring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from doudi_web.exchange.facts import address_of, fen
from doudi_web.papers.code import grouped, qr
from doudi_web.papers.found import Found, ill
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.spoken import spoken
from doudi_web.papers.words import PAYERS, cut, day, money, phone, spoken_share
from doudi_web.register.words import word
from doudi_web.settlement.titles import codes_of

_UNVERIFIED = "画虚线的几条，起付线和“付几成”的文件依据，区里还在确认。"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid how much and why; `colour` and the share of the bar; whether a value behind it is unverified."""

    key: str
    name: str
    amount: str
    why: str
    fen: int
    unverified: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom to ring about what."""

    what: str
    who: str
    phone: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What the statement says; every amount is the settlement's own."""

    kind: ClassVar[Kind] = Kind.STATEMENT
    printed: Print
    hospital: str
    title: str
    name: str
    address: str
    ill: str
    stay: str
    label: str
    pay: str
    stamp: tuple[str, str]
    total: str
    others: str
    others_sentence: str
    undecided: str
    """What nobody has decided who pays it; empty where there is none."""
    alert: tuple[str, ...]
    """What must be known before the amount is believed: undone, corrected, not final."""
    void: bool
    payers: tuple[Payer, ...]
    note: str
    fixes: tuple[str, ...]
    unverified: str
    ask: tuple[Ask, ...]
    number: str
    code: str
    qr: str


def statement(found: Found, printed: Print) -> Statement:
    """The statement of a settlement as it stands."""
    told, facts = found.told, found.facts
    pay = asked(told)
    total = fen(told["total"]) or 0
    is_void = bool(told["reversed"])
    person = facts.person
    waits = (fen(told["patient"]) or 0) - pay
    others = total - pay - waits
    payers = tuple(_payers(told, pay))
    kinds = codes_of("kind", [told["kind"]], [told["pack"]])
    return Statement(
        printed=printed,
        hospital=cut(facts.facility_name or facts.facility, 40),
        title=f"{kinds.get(told['kind'], '')}费用结算单",
        name=cut((person and person.name) or f"就诊号 {facts.visit}", 24),
        address=cut((person and address_of(person)) or "", 40),
        ill=ill(facts.bill),
        stay=_stay(found),
        label="撤销了，不用付" if is_void else "您先付" if told.get("provisional") else "您自己付",
        pay=money(0 if is_void else pay),
        stamp=_stamp(found),
        total=money(total),
        others=money(others),
        others_sentence=_others(payers),
        undecided=money(waits) if waits else "",
        alert=tuple(alerts(found, pay)),
        void=is_void,
        payers=payers,
        note=_note(told),
        fixes=tuple(_fixes(found, pay)),
        unverified=_UNVERIFIED if any(one.unverified for one in payers) else "",
        ask=tuple(_ask(found)),
        number=str(facts.settlement),
        code=grouped(found.code),
        qr=qr(f"doudi:1:{facts.settlement}:{found.code}"),
    )


def asked(told: Mapping[str, Any]) -> int:
    """What the patient is asked for now: not what waits for a decision."""
    return fen(told.get("asked", told["patient"])) or 0


def _stay(found: Found) -> str:
    facts = found.facts
    first, last = facts.admitted(), facts.discharged()
    if found.told["kind"] != "inpatient" or first is None:
        return f"{day(facts.settled)}看病、结算"
    if last is None:
        return f"{day(first)}住院，{day(facts.settled)}结算"
    until = f"{last.month} 月 {last.day} 日" if last.year == first.year else day(last)
    return f"{day(first)}住院，{until}出院，住了 {max((last - first).days, 1)} 天"


def _stamp(found: Found) -> tuple[str, str]:
    undone = found.reversed_at
    at = found.facts.settled if undone is None else undone
    what = (
        "已撤销"
        if found.told["reversed"]
        else "暂时结算"
        if found.told.get("provisional")
        else "已结算"
    )
    return what, f"{at.month} 月 {at.day} 日"


def _payers(told: Mapping[str, Any], pay: int) -> Iterator[Payer]:
    """Each layer in the order of the cascade with its sentence; the hospital, where it bears; the patient."""
    code = told.get("standing") or ""
    named = word("standing", code)
    home = "" if named == code else named
    said: dict[str, Mapping[str, Any]] = {one["layer"]: one for one in told["explanation"]}
    relief: Mapping[str, str] = told.get("relief", {})
    for layer, amount in told["payments"].items():
        one = said.get(layer)
        why = "" if one is None else spoken(layer, one["text"], home)
        title = PAYERS.get(layer) or (layer if one is None else one["title"])
        if layer in relief:
            why += f"另外替您付了 {money(fen(relief[layer]) or 0)} 元。"
        yield Payer(
            layer, cut(title, 12), money(fen(amount) or 0), cut(why, 80), fen(amount) or 0,
            one is not None and _is_unverified(one),
        )  # fmt: skip
    hospital = fen(told["hospital"]) or 0
    if hospital:
        control = said.get("control")
        why = spoken("control", control["text"]) if control else ""
        if "hospital" in relief:
            why += f"另外替您付了 {money(fen(relief['hospital']) or 0)} 元。"
        yield Payer("hospital", PAYERS["hospital"], money(hospital), cut(why, 80), hospital,
                    control is not None and _is_unverified(control))  # fmt: skip
    waits = (fen(told["patient"]) or 0) - pay
    if waits:
        why = f"还有 {money(waits)} 元要批准，没有批准不收。"
        yield Payer("waits", "没有定的", money(waits), why, waits, unverified=False)
    yield Payer("patient", "您自己", money(pay), _own(told, pay, waits), pay, unverified=False)


def _is_unverified(one: Mapping[str, Any]) -> bool:
    return one["status"] == "unverified" or any(v["status"] == "unverified" for v in one["values"])


def _own(told: Mapping[str, Any], pay: int, waits: int) -> str:
    """Why the patient pays this much."""
    if waits:
        return "先付这么多，没有定的现在不收。" if pay else "您现在不用付钱。"
    if pay == 0:
        return "您不用付钱。"
    floor = next((one for one in told["explanation"] if one["layer"] == "floor"), None)
    if (
        floor is not None
        and (fen(told["payments"].get("floor")) or 0)
        and pay == fen(told["patient_limit"])
    ):
        share = next((v["value"] for v in floor["values"] if v["name"] == "floor.share"), "")
        part = f"的{spoken_share(share)}" if share else "里您的一份"
        return f"{money(fen(told['total']) or 0)} 元{part}，最多付这么多。"
    return "上面各方付过以后剩下的。"


def _others(payers: tuple[Payer, ...]) -> str:
    names = {
        "医保": any(
            p.fen and p.key not in ("floor", "hospital", "patient", "waits") for p in payers
        ),
        "政府": any(p.fen and p.key == "floor" for p in payers),
        "医院": any(p.fen and p.key == "hospital" for p in payers),
    }
    told = [name for name, is_there in names.items() if is_there]
    if not told:
        return ""
    return ("、".join(told[:-1]) + "和" if len(told) > 1 else "") + told[-1] + "替您付了"


def _note(told: Mapping[str, Any]) -> str:
    own = (fen(told["out_of_catalogue"]) or 0) + (fen(told["over_ceiling"]) or 0)
    of_own = f"里面自费的药和项目 {money(own)} 元。" if own else "没有自费的药和项目。"
    return of_own if fen(told["hospital"]) else f"{of_own}医院没有垫钱。"


def alerts(found: Found, pay: int) -> Iterator[str]:
    told = found.told
    if told["reversed"]:
        other = told.get("replaced_by")
        because = cut(found.reversed_because, 60)
        yield "这次结算已经撤销，这张单子作废。" + (f"原因：{because}。" if because else "")
        if other is not None:
            yield f"已经重新结算，以新单子（结算号 {other}）为准。"
        elif pay:
            yield f"已经付过的，退给您 {money(pay)} 元。"
        return
    reasons = told.get("provisional_reasons") or [told.get("provisional")]
    if "platform" in reasons:
        yield "这是暂时的数：医保平台还没有答复。答复以后再算一遍，多退少补。"
    if "eligibility" in reasons:
        yield "登记里还没有您的身份，先按一般人算。登记好以后再算一遍，多付的退给您。"


def _fixes(found: Found, pay: int) -> Iterator[str]:
    """What was corrected, and who gets or owes the difference."""
    told = found.told
    was = (told.get("corrects") or {}).get("recorded")
    if was is None or told["reversed"]:
        return
    before = fen(was["patient"]) or 0
    change = before - pay
    part = (
        f"退给您 {money(change)} 元"
        if change > 0
        else f"您补 {money(-change)} 元"
        if change
        else "您付的不变"
    )
    because = cut(found.reason, 60)
    yield (
        f"原来那张单子（结算号 {told.get('replaces', '')}）您付 {money(before)} 元。"
        f"{day(found.posted)}已改正，{part}。" + (f"原因：{because}。" if because else "")
    )


def _ask(found: Found) -> Iterator[Ask]:
    doctor = found.doctor
    if doctor is not None and doctor.phone:
        who = "，".join(part for part in (f"家庭医生 {doctor.name}", doctor.place) if part)
        yield Ask("换药、复查、取药", cut(who, 40), cut(phone(doctor.phone), 24), first=True)
    if found.office is not None:
        yield Ask("这张单子看不懂", cut(found.office.place, 40), cut(phone(found.office.phone), 24))
    if found.district is not None:
        yield Ask(
            "觉得算得不对", cut(found.district.place, 40), cut(phone(found.district.phone), 24)
        )
