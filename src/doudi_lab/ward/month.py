"""A hospital's month as bills: those that run, those that were settled, what was done to them afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from doudi.adjudication import Adjudication
from doudi.money import yuan
from doudi.settle import settle
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi.wire.mapping_file import read_mapping
from doudi_lab.county import County
from doudi_lab.people import standings_json
from doudi_lab.places import Facility
from doudi_lab.streams import Stream
from doudi_lab.ward.cases import Trait
from doudi_lab.ward.charges import Charges, Line, days_of
from doudi_lab.ward.own_list import OwnList
from doudi_lab.ward.stays import Stay, in_order, stays

Json = dict[str, Any]

PLATFORM = ("basic", "critical_illness", "medical_assistance")
"""The layers that the platform settles."""
UNKNOWN = "R9990001"
"""The number of somebody whom the register does not know."""
_CORRECTED, _REVERSED = 3, 2


@dataclass(frozen=True, slots=True)
class Running:
    """A stay that runs: its header, its lines by day, what the ward says of it."""

    stay: Stay
    header: Json
    lines: tuple[Line, ...]

    @property
    def at(self) -> Json:
        """Ward, bed, doctor and the day on which the patient is to go home."""
        bed, leaves = self.stay.bed, self.stay.leaves
        planned = {} if leaves is None else {"planned_discharge": leaves.isoformat()}
        return {"ward": bed.ward, "bed": bed.bed, "doctor": bed.doctor, **planned}


@dataclass(frozen=True, slots=True)
class After:
    """What was done to a settled stay: corrected by another bill, or undone where there is none."""

    visit: str
    reason: str
    bill: Json | None


@dataclass(frozen=True, slots=True)
class Month:
    """A hospital's month up to a day."""

    seed: int
    day: date
    hospital: Facility
    own: OwnList
    running: tuple[Running, ...]
    settled: tuple[Json, ...]
    """Whole bills in the order in which they were settled."""
    after: tuple[After, ...]
    refused: tuple[Json, ...]
    """Bills with faults."""
    learned: tuple[Json, ...]
    """What the register learns of persons on the day, as POST /api/v1/persons takes it."""
    openings: tuple[Json, ...]


def month(county: County, hospital: Facility, day: date) -> Month:
    """A hospital's month of a county; the same arguments make the same month."""
    own = OwnList(county.seed, hospital.code, hospital.level, county.catalogue, day)
    run, done = stays(county, hospital, day)
    maker = _Maker(county, own, day)
    running = tuple(map(maker.running, run))
    settled = {stay.id: maker.bill(stay) for stay in in_order(done)}
    apart = (Trait.GIVEN, Trait.SILENT, Trait.SETTLED_TODAY)
    plain = [stay for stay in done if not stay.case.has(*apart)]
    *good, last = plain
    return Month(
        county.seed, day, hospital, own, running,
        tuple(bill for visit, bill in settled.items() if visit != last.id),
        tuple(_afterwards(good, settled, own)),
        (_spoilt(settled[last.id]),),
        tuple(_learned(one.stay, day) for one in running if one.stay.case.has(Trait.EXPIRED)),
        tuple(_opening(one.stay, day) for one in running if one.stay.case.has(Trait.OPENING)),
    )  # fmt: skip


class _Maker:
    """Makes bills of stays."""

    def __init__(self, county: County, own: OwnList, day: date) -> None:
        self._county, self._own, self._day = county, own, day
        mapped, _ = read_mapping(Document("mapping", own.mapping()))
        self._lists = Lists(county.catalogue, mapped)

    def running(self, stay: Stay) -> Running:
        """The header by the person's number alone where the register knows it; the lines beside it."""
        header = self._header(stay)
        lines = tuple(self._lines(stay))
        if stay.case.has(Trait.UNKNOWN):
            header["person"] = {**stay.person.on_bill(), "id": UNKNOWN, "standings": []}
        if stay.case.has(Trait.GIVEN):
            header["given"] = self._given(stay, {**header, "lines": list(lines)})
        return Running(stay, header, lines)

    def bill(self, stay: Stay) -> Json:
        """A whole bill, settled on the day of the discharge."""
        assert stay.left is not None, "settled stays have ended"
        at = {} if stay.settled is None else {"settled": stay.settled.isoformat()}
        bill = {
            **self._header(stay), "discharged": stay.left.isoformat(), **at,
            "lines": list(self._lines(stay)),
        }  # fmt: skip
        if stay.case.has(Trait.GIVEN):
            bill["given"] = self._given(stay, bill)
        return bill

    def _header(self, stay: Stay) -> Json:
        case, place = stay.case, stay.facility
        is_major = stay.person.is_ill("major") and stay.department.name == "肾内科"
        header: Json = {
            "visit_id": stay.id,
            "person": {"id": stay.person.id},
            "facility": {"code": place.code, "level": place.level, "district": place.district},
            "kind": "inpatient",
            "admitted": stay.admitted.isoformat(),
            "referred": False,
            "major_disease": is_major,
        }
        if not case.has(Trait.UNDIAGNOSED):
            code, name = stay.illness
            header["diagnoses"] = [{"code": code, "name": name, "main": True}]
        if case.has(Trait.SILENT):
            header["awaiting"] = list(PLATFORM)
        return header

    def _lines(self, stay: Stay) -> Sequence[Line]:
        days = days_of(stay.admitted, stay.last)
        return Charges(
            self._county.seed, stay.id, stay.department, self._own, stay.case, days
        ).lines()

    def _given(self, stay: Stay, bill: Mapping[str, Any]) -> Json:
        """What the platform says that it has paid, by the rules; where it differs, some yuan less."""
        found = self._settled(stay, bill)
        paid = {layer: found.payments.get(layer, 0) for layer in PLATFORM}
        if stay.case.has(Trait.DIFFERS):
            less = Stream(self._county.seed, "differs", stay.id).whole(800, 6_000)
            paid["basic"] = max(0, paid["basic"] - less)
        stated = {layer: yuan(fen) for layer, fen in paid.items() if fen}
        return (
            stated | {"deductible_met": yuan(found.deductible_met)} if "basic" in stated else stated
        )

    def _settled(self, stay: Stay, bill: Mapping[str, Any]) -> Adjudication:
        """The bill settled behind the person's year so far."""
        county, shelf = self._county, self._county.shelf
        assert shelf is not None, "a month needs the rules by which the platform settles"
        earlier = [v for v in county.visits_of(stay.person) if v.settled.date() < self._day]
        whole = {
            "settled": f"{self._day}T08:00:00+08:00", **bill, "person": stay.person.on_bill(),
            "discharged": stay.last.isoformat(),
        }  # fmt: skip
        bills = [*county.bills(earlier), whole]
        claims = [read_bill(Document("bill", b, {}), (), b, self._lists) for b in bills]
        run = settle(shelf, claims)
        assert not run.faults, run.faults
        return next(a for a in run.settlements if a.visit_id == stay.id)


def _afterwards(done: Sequence[Stay], bills: Mapping[str, Json], own: OwnList) -> Sequence[After]:
    """Some stays were corrected: what was forgotten, what was returned, a price; some were undone."""
    over = [s for s in done if s.case.outside[0] > 100]
    others = [s for s in done if s not in over]
    late, returned, dear, first, second = (over[0], *others[: _CORRECTED - 1 + _REVERSED])
    test = own.named("C反应蛋白") or own.of("service/检验", "甲")[0]
    return (
        After(
            late.id,
            "出院后补记检验一项",
            _with_late(bills[late.id], test.code, test.name, test.price_fen),
        ),
        After(returned.id, "退回未用的药品", _with_refund(bills[returned.id])),
        After(
            dear.id,
            "漏记出院当天换药",
            _with_late(bills[dear.id], test.code, test.name, test.price_fen),
        ),
        After(first.id, "重复结算", None),
        After(second.id, "录错就诊人", None),
    )


def _with_late(bill: Json, code: str, name: str, price: int) -> Json:
    line = {
        "id": "补-01", "hospital_code": code, "name": name, "date": bill["discharged"], "quantity": "2",
        "unit_price": yuan(price), "amount": yuan(price * 2),
    }  # fmt: skip
    return {**bill, "lines": [*bill["lines"], line]}


def _with_refund(bill: Json) -> Json:
    """Of the dearest item that was charged more than once, one goes back."""
    several = [x for x in bill["lines"] if int(x["quantity"]) > 1]
    line = max(several, key=lambda x: (int(x["unit_price"].replace(".", "")), x["id"]))
    back = {key: line[key] for key in ("hospital_code", "name", "unit_price")}
    made = {
        "id": "退-01", **back, "date": bill["discharged"], "quantity": "-1",
        "amount": f"-{line['unit_price']}", "refunds": line["id"],
    }  # fmt: skip
    return {**bill, "lines": [*bill["lines"], made]}


def _spoilt(bill: Json) -> Json:
    """A sum that is none, and a code that nobody knows."""
    lines = [dict(line) for line in bill["lines"]]
    lines[1]["amount"] = "0.01"
    lines[2]["hospital_code"], lines[2]["name"] = "LS-0001", "临时收费项目"
    return {**bill, "lines": lines}


def _learned(stay: Stay, day: date) -> Json:
    """The person's standings end within the stay, as the township reports on the day."""
    end = day - timedelta(2)
    ended = tuple(
        replace(s, end=min(s.end or end, end)) for s in stay.person.standings if s.start < end
    )
    return {**stay.person.in_register(), "standings": standings_json(ended)}


def _opening(stay: Stay, day: date) -> Json:
    """What the city's centre says was paid elsewhere this year."""
    luck = Stream(stay.person.number, "opening", stay.id)
    name = luck.pick(("basic_paid", "assistance_ordinary_paid"))
    return {
        "person": stay.person.id, "year": day.year, "name": name, "amount": yuan(luck.whole(80_000, 480_000)),
        "source": "市医保中心", "as_of": (day - timedelta(3)).isoformat(),
    }  # fmt: skip
