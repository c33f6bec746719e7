"""What an audit finds: a visit, which of the three figures it spoils, what differs, and why."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

SHOWN = 40  # fields that one mismatch tells


class Of(StrEnum):
    """The figure that is spoilt."""

    LIMITS = "limits"
    AGREEMENT = "agreement"
    REPLAY = "replay"


class Cause(StrEnum):
    """Why."""

    ROW = "row"
    REGISTER = "register"
    SUMS = "sums"
    POLICY = "policy"
    ENGINE = "engine"
    LIMIT = "limit"
    EXCESS = "excess"
    CONSERVATION = "conservation"
    GIVEN = "given"
    PLATFORM = "platform"
    HOSPITAL = "hospital"


TITLES: dict[Cause, str] = {
    Cause.ROW: "行被改过",
    Cause.REGISTER: "登记被改过",
    Cause.SUMS: "累计与台账不合",
    Cause.POLICY: "政策或目录的原文被改过",
    Cause.ENGINE: "程序算得不同",
    Cause.LIMIT: "患者付的超过限额",
    Cause.EXCESS: "超出的没有照政策移走",
    Cause.CONSERVATION: "各方相加不等",
    Cause.GIVEN: "账单带来的与规则算的不同",
    Cause.PLATFORM: "与平台的数不同",
    Cause.HOSPITAL: "与医院的数不同",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what stands recorded, and what it should be; None where there is nothing."""

    field: str
    recorded: str | None
    expected: str | None

    def json(self) -> dict[str, str | None]:
        return {"field": self.field, "recorded": self.recorded, "expected": self.expected}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A visit that spoils a figure, for one cause. `input`: which of the inputs differs, where one does."""

    of: Of
    cause: Cause
    settlement: int
    visit: str
    facility: str
    engine: str
    text: str
    input: str | None = None
    differs: tuple[Difference, ...] = ()
    defects: tuple[str, ...] = ()

    def known(self, defects: tuple[str, ...]) -> "Mismatch":
        """The same with the known defects that explain it."""
        told = f"{self.text}已知的缺陷：{'、'.join(defects)}。" if defects else self.text
        return replace(self, defects=defects, text=told)

    def json(self) -> dict[str, Any]:
        more = len(self.differs) - SHOWN
        return {
            "figure": self.of.value,
            "cause": self.cause.value,
            "title": TITLES[self.cause],
            "settlement_id": str(self.settlement),
            "visit_id": self.visit,
            "facility": self.facility,
            "engine": self.engine,
            "text": self.text,
            "input": self.input,
            "differs": [one.json() for one in self.differs[:SHOWN]],
            "more": max(more, 0),
            "defects": list(self.defects),
        }


@dataclass(slots=True)
class Tally:
    """How many match, of how many."""

    matched: int = 0
    all: int = 0

    def add(self, *, is_matched: bool) -> None:
        self.all += 1
        self.matched += is_matched

    def json(self) -> dict[str, int]:
        return {"matched": self.matched, "all": self.all}
