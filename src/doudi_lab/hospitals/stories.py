"""How a visit goes, from the seed: opened and charged day by day or sent whole, on time or late, with faults that
are mended later, undone, corrected, settled while the platform is silent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from doudi.dates import CHINA
from doudi.money import yuan
from doudi_lab.hospitals.acts import OTHER_FUND, PLATFORM, Act, Kind
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.world import World
from doudi_lab.streams import Stream
from doudi_lab.visits import INPATIENT, Visit

_LATER = ("lines", "discharged", "given")
"""What a visit is not opened with: it comes later."""

_RUNNING, _LATE_BILL, _FAULTY, _SILENT, _AWAITED = 0.3, 0.12, 0.10, 0.2, 0.06
_REVERSED, _AGAIN, _CORRECTED, _EARLY, _WRONG_LINE = 0.09, 0.6, 0.10, 0.2, 0.25


def acts(world: World, able: frozenset[Kind]) -> list[list[Act]]:
    """The acts of each day, each person's in their order; corrections and answers of a service that takes them."""
    wanted = world.wanted
    days: list[list[Act]] = [[] for _ in range(wanted.days)]
    for visit, bill in world.visits:
        for act in _Story(world, visit, bill, able).told():
            number = (act.at.date() - wanted.start).days
            if number < wanted.days:
                days[number].append(act)
    for day in days:
        day.sort(key=lambda act: act.order)
    return days


@dataclass(slots=True)
class _Story:
    """One visit's acts."""

    world: World
    visit: Visit
    bill: Json
    able: frozenset[Kind]
    luck: Stream = field(init=False)
    _last: Act = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        wanted = self.world.wanted
        self.luck = Stream(wanted.seed, "story", self.visit.id.removeprefix(wanted.prefix))

    def told(self) -> Iterator[Act]:
        """The acts in order. What the hospital does after settling depends on nothing that it was told."""
        luck, visit = self.luck, self.visit
        bill = self._stated()
        is_running = visit.kind == INPATIENT or luck.chance(_RUNNING)
        if is_running and not luck.chance(_LATE_BILL):
            yield from self._run(bill)
            settling = self._last
        else:
            at = visit.settled
            if luck.chance(_LATE_BILL * 2):
                at = _evening(visit.settled.date() + timedelta(luck.whole(2, 9)), 30)
            if luck.chance(_FAULTY):
                yield self._act(at, Kind.FAULTY, bill=_spoilt(bill, luck))
                at = _evening(at.date() + timedelta(luck.whole(1, 4)), 10)
            settling = self._act(at, Kind.SETTLE, bill=bill)
            yield settling
        yield from self._afterwards(settling, bill)

    def _stated(self) -> Json:
        """The bill as the hospital states it: who is registered by the id alone, every other time."""
        wanted, visit = self.world.wanted, self.visit
        day = (visit.settled.date() - wanted.start).days
        bill = dict(self.bill)
        known = self.world.registered(visit.person.id, 0)
        if known is not None and self.luck.chance(0.5):
            bill["person"] = {"id": visit.person.id}
        if wanted.agrees:
            bill.pop("given", None)
        if known is None or known["standings"] != self.bill["person"]["standings"]:
            bill.pop("given", None)  # the platform aids those alone whom the register knows
        silent = Stream(wanted.seed, "silent", day).chance(_SILENT)
        if (
            "given" not in bill
            and (silent or self.luck.chance(_AWAITED))
            and visit.kind == INPATIENT
        ):
            bill["awaiting"] = [OTHER_FUND] if wanted.agrees else list(PLATFORM)
        return bill

    def _run(self, bill: Json) -> Iterator[Act]:
        """A visit that is opened, charged by the day, and settled from what has come together."""
        visit, luck = self.visit, self.luck
        header = {key: value for key, value in bill.items() if key not in _LATER}
        opened = _morning(visit.from_day, 0)
        batches = self._batches(bill["lines"])
        if self.world.wanted.faults and luck.chance(_EARLY):
            yield self._act(opened, Kind.EARLY, body={"lines": next(iter(batches.values()))})
        yield self._act(opened, Kind.OPEN, body=header)
        wrong = luck.chance(_WRONG_LINE)
        for number, (day, lines) in enumerate(sorted(batches.items())):
            at = min(_morning(day, 30), visit.settled - timedelta(minutes=20))
            added = [*lines, _never_done(lines[0])] if wrong and number == 0 else lines
            yield self._act(at, Kind.LINES, body={"lines": added})
            if wrong and number == 0:
                gone = str(added[-1]["id"])
                yield self._act(at + timedelta(minutes=5), Kind.WITHDRAW, line=gone)
            if luck.chance(0.3):
                yield self._act(at + timedelta(minutes=7), Kind.PRECHECK)
        if visit.discharged is not None:
            at = min(visit.settled, _evening(visit.discharged, 0)) - timedelta(minutes=6)
            yield self._act(at, Kind.DISCHARGE, body={"discharged": bill["discharged"]})
        is_whole = "given" in bill or luck.chance(0.2)
        kind = Kind.SETTLE if is_whole else Kind.SETTLE_VISIT
        sent = dict(bill)
        if not is_whole:
            sent["lines"] = [line for _, lines in sorted(batches.items()) for line in lines]
        self._last = self._act(visit.settled, kind, bill=sent)
        if luck.chance(0.4) and "given" not in bill:
            before = visit.settled - timedelta(minutes=2)
            yield self._act(before, Kind.PRESETTLE, of=self._last.id)
        yield self._last

    def _batches(self, lines: list[Json]) -> dict[date, list[Json]]:
        """The lines by the day on which they are sent: mostly their own, some later, none after settling."""
        last, found = self.visit.settled.date(), dict[date, list[Json]]()
        days: dict[str, date] = {}
        for line in lines:
            day = date.fromisoformat(line["date"])
            if self.luck.chance(0.1):
                day += timedelta(self.luck.whole(1, 3))
            day = max(self.visit.from_day, min(day, last))
            day = max(day, days.get(str(line.get("refunds")), day))  # never before what it refunds
            days[str(line["id"])] = day
            found.setdefault(day, []).append(line)
        return found

    def _afterwards(self, settling: Act, bill: Json) -> Iterator[Act]:
        """The platform's answer, then what is undone or corrected."""
        luck, day = self.luck, settling.at.date()
        if "awaiting" in bill:
            day += timedelta(luck.whole(1, 3))
            if luck.chance(0.85) and Kind.ANSWER in self.able:
                settling = self._act(_morning(day, 10), Kind.ANSWER, of=settling.id, bill=bill)
                yield settling
        lot = luck.uniform()
        if lot < _REVERSED:
            at = _evening(day + timedelta(luck.whole(1, 5)), 0)
            undone = self._act(at, Kind.REVERSE, of=settling.id, body={"reason": "重复录入"})
            yield undone
            if luck.chance(_AGAIN):
                anew = {k: v for k, v in self.bill.items() if k != "given"}
                anew["lines"] = _changed(self.bill["lines"], luck)
                yield self._act(at + timedelta(minutes=4), Kind.SETTLE, bill=anew)
        elif lot < _REVERSED + _CORRECTED and Kind.CORRECT in self.able:
            at = _evening(day + timedelta(luck.whole(1, 6)), 20)
            anew = {k: v for k, v in bill.items() if k not in ("awaiting", "given")}
            anew["lines"] = _changed(bill["lines"], luck)
            yield self._act(
                at, Kind.CORRECT, of=settling.id, bill=anew, body={"reason": "费用补记"}
            )

    def _act(self, at: datetime, kind: Kind, **more: Any) -> Act:
        self._number += 1
        visit = self.visit
        name = f"{visit.id}.{self._number:02d}"
        return Act(name, at, kind, visit.person.id, visit.id, visit.facility.code, **more)


def _morning(day: date, minutes: int) -> datetime:
    """Before the counters open."""
    return datetime.combine(day, time(7), CHINA) + timedelta(minutes=minutes)


def _evening(day: date, minutes: int) -> datetime:
    """After the counters have closed."""
    return datetime.combine(day, time(18), CHINA) + timedelta(minutes=minutes)


def _never_done(line: Json) -> Json:
    """A line that was charged by mistake."""
    price = line["unit_price"]
    keys = ("code", "name", "class", "first_self_pay_rate", "price_ceiling", "date")
    same = {key: line[key] for key in keys if key in line}
    return {"id": "W1", **same, "quantity": "1", "unit_price": price, "amount": price}


def _changed(lines: list[Json], luck: Stream) -> list[Json]:
    """The lines with what was forgotten: one more, of the catalogue's first class, or a dear one out of it."""
    price = luck.whole(500, 90_000)
    item_class = "丙" if luck.chance(0.3) else "甲"
    more = {
        "id": "B1", "code": "补记", "class": item_class, "date": lines[0]["date"], "quantity": "1",
        "unit_price": yuan(price), "amount": yuan(price),
    }  # fmt: skip
    return [*lines, more]


def _spoilt(bill: Json, luck: Stream) -> Json:
    """The bill with a fault: a sum that is none, a class that is missing, a refund of nothing, an unknown key."""
    lines = [dict(line) for line in bill["lines"]]
    first = lines[0]
    match luck.whole(0, 3):
        case 0:
            first["amount"] = "0.01" if first["amount"] != "0.01" else "0.02"
        case 1:
            first["quantity"], first["amount"] = "-1", f"-{first['unit_price']}"
        case 2:
            lines.append({**first, "id": "R1", "quantity": "-9999", "refunds": "nothing"})
        case _:
            return {**bill, "lines": lines, "totall": "1.00"}
    return {**bill, "lines": lines}
