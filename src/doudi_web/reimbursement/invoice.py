"""A paper invoice: what is on it, the bill that it makes, in which state it is."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from doudi.money import yuan
from doudi.source_text import Value

Json = dict[str, Any]


class State(StrEnum):
    """How far an invoice is."""

    ENTERED = "entered"
    CHECKED = "checked"
    RETURNED = "returned"
    SETTLED = "settled"
    UNDONE = (
        "undone"  # kept as settled: its settlement was reversed and nothing stands in its place
    )
    GIVEN_UP = "given_up"


STATES: Mapping[State, str] = {
    State.ENTERED: "录入了，还没有核对",
    State.CHECKED: "核对过，等区里批",
    State.RETURNED: "区里退回，要补",
    State.SETTLED: "结算了",
    State.UNDONE: "结算撤销了，退回乡镇才能再报",
    State.GIVEN_UP: "不报了",
}
OPEN = (State.ENTERED, State.CHECKED, State.RETURNED)
STEPS: Mapping[str, str] = {
    "enter": "录入", "amend": "更改", "scan": "传了扫描件", "unscan": "拿掉扫描件", "check": "核对，交区里",
    "late": "过期的准予受理", "return": "退回", "approve": "批准", "settle": "结算", "give_up": "不报了",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    "inpatient": "住院", "major_outpatient": "重大疾病门诊", "chronic_outpatient": "慢性病门诊",
    "outpatient": "普通门诊",
}  # fmt: skip
OTHERS: Mapping[str, str] = {
    "basic": "基本医保", "critical_illness": "大病保险", "medical_assistance": "医疗救助", "other_aid": "其他报销",
}  # fmt: skip
"""What may have been paid elsewhere already; it is given to the engine, and the layers below begin there."""
CLASSES = ("甲", "乙", "丙")
_HANDS = frozenset({"enter", "amend", "scan", "unscan", "check"})
"""What the one of the two does; whoever did any of it is not the other."""


def plain(text: str) -> str:
    """What is typed in one of several widths or cases, or with spaces between, as it is known again.

    >>> plain(" ５０ ab１２ ")
    '50AB12'
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or all of a class: its amount, what of it the patient bears first, what is above the ceiling."""

    name: str
    item_class: str
    amount_fen: int
    first_self_pay_fen: int = 0
    over_ceiling_fen: int = 0


@dataclass(frozen=True, slots=True)
class Stated:
    """What is on the invoice."""

    number: str
    issuer: str
    issuer_code: str
    level: str
    district: str
    kind: str
    referred: bool
    admitted: date
    discharged: date
    issued: date
    total_fen: int
    lines: Sequence[Line]
    given_fen: Mapping[str, int]

    @property
    def issuer_key(self) -> str:
        """By what the issuer is known again.

        >>> from datetime import date as d
        >>> of = dict(number="1", level="3", district="500106", kind="inpatient", referred=False, admitted=d.min,
        ...   discharged=d.min, issued=d.min, total_fen=1, lines=(), given_fen={})
        >>> Stated(issuer="西 南医院", issuer_code="", **of).issuer_key
        'name:西南医院'
        >>> Stated(issuer="西南医院", issuer_code="w1", **of).issuer_key
        'W1'
        """
        return plain(self.issuer_code) or f"name:{plain(self.issuer)}"

    def json(self) -> Json:
        """As it is kept."""
        return {
            "number": self.number, "issuer": self.issuer, "issuer_code": self.issuer_code, "level": self.level,
            "district": self.district, "kind": self.kind, "referred": self.referred,
            "admitted": self.admitted.isoformat(), "discharged": self.discharged.isoformat(),
            "issued": self.issued.isoformat(), "total": self.total_fen,
            "lines": [
                [x.name, x.item_class, x.amount_fen, x.first_self_pay_fen, x.over_ceiling_fen] for x in self.lines
            ],
            "given": dict(self.given_fen),
        }  # fmt: skip


def stated_of(says: Json) -> Stated:
    """What was kept."""
    return Stated(
        says["number"], says["issuer"], says["issuer_code"], says["level"], says["district"], says["kind"],
        says["referred"], date.fromisoformat(says["admitted"]), date.fromisoformat(says["discharged"]),
        date.fromisoformat(says["issued"]), says["total"], tuple(Line(*x) for x in says["lines"]), says["given"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, when, by whom."""

    what: str
    at: datetime
    by: str
    note: str

    @property
    def title(self) -> str:
        """What it is called."""
        return STEPS.get(self.what, self.what)


@dataclass(frozen=True, slots=True)
class Scan:
    """A picture of the invoice, without its content."""

    id: int
    name: str
    kind: str
    size: int
    digest: bytes

    @property
    def kilobytes(self) -> int:
        """Its size, rounded up."""
        return -(-self.size // 1024)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as the township and the district see it."""

    id: int
    township: str
    person: str
    stated: Stated
    state: State
    version: int
    entered: datetime
    entered_by: str
    checked_by: str
    apart: str
    alike: Sequence[str]
    """What it was like when it was checked, of which `apart` speaks."""
    late_by: str
    late_reason: str
    settlement: int | None
    """The one that stands for it now."""
    steps: Sequence[Step] = ()
    scans: Sequence[Scan] = ()

    @property
    def visit(self) -> str:
        """The number under which the visit stands in the ledger: it tells where it came from."""
        return f"SG{self.id:08d}"

    @property
    def state_title(self) -> str:
        """What the state is called."""
        return STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to do something."""
        return self.state in OPEN

    @property
    def hands(self) -> frozenset[str]:
        """Who entered, changed or checked it, or brought its scans: none of them approves it."""
        return frozenset(one.by for one in self.steps if one.what in _HANDS)

    @property
    def total(self) -> str:
        """In yuan."""
        return yuan(self.stated.total_fen)


def bill_of(one: Invoice) -> dict[str, Value]:
    """The bill of an invoice: its parts are what the paper says of each line, its source is marked."""
    s = one.stated
    lines: list[Value] = [
        {
            "id": str(n), "code": f"PAPER-{n}", "name": x.name, "class": x.item_class, "quantity": "1",
            "unit_price": yuan(x.amount_fen), "amount": yuan(x.amount_fen), "parts": _parts(x),
        }
        for n, x in enumerate(s.lines, 1)
    ]  # fmt: skip
    return {
        "visit_id": one.visit, "person": {"id": one.person},
        "facility": {"code": facility_code(s), "level": s.level, "district": s.district},
        "kind": s.kind, "admitted": s.admitted.isoformat(), "discharged": s.discharged.isoformat(),
        "referred": s.referred, "lines": lines,
        "given": {layer: yuan(fen) for layer, fen in s.given_fen.items()},
        "attributes": {"source": "paper_invoice"},
    }  # fmt: skip


def _parts(line: Line) -> Value:
    own = line.amount_fen - line.over_ceiling_fen if line.item_class == "丙" else 0
    in_scope = line.amount_fen - own - line.over_ceiling_fen - line.first_self_pay_fen
    return {
        "out_of_catalogue": yuan(own), "over_ceiling": yuan(line.over_ceiling_fen),
        "first_self_pay": yuan(line.first_self_pay_fen), "in_scope": yuan(in_scope),
    }  # fmt: skip


def facility_code(stated: Stated) -> str:
    """The hospital's code; of one whose code is not on the paper one of its own, made of place and name."""
    if stated.issuer_code:
        return stated.issuer_code
    digest = hashlib.sha256(f"{stated.district}:{stated.issuer_key}".encode()).hexdigest()
    return f"OUT{digest[:12]}"
