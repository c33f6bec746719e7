"""What of the list somebody wants to see: as conditions of SQL, each a text of ours with values beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, LiteralString

from doudi_web.register import sealing
from doudi_web.wards.needs import Need, Urgency


class Tab(StrEnum):
    """The tabs of the list."""

    ALL = "all"
    TO_DO = "to_do"
    TODAY = "today"
    OVER = "over"
    NEAR = "near"
    UNSETTLED = "unsettled"


class Sort(StrEnum):
    """What the list can be sorted by; by need unless somebody says otherwise."""

    NEED = "need"
    SHARE = "share"
    TOTAL = "total"
    HOSPITAL = "hospital"
    PATIENT = "patient"
    LEAVES = "leaves"
    WARD = "ward"


SIZES = (20, 50, 100)
"""Rows of a page."""
PAGES = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits: a hospital's (None: the actor's, or all), those that fit the query, sorted, a page of them.

    `query` is a name or the beginning of a visit's number. Those without any standing of whom nothing is to be done
    are seen where `everyone` is. Of `visits` that are named no others are seen.
    """

    facility: str | None = None
    tab: Tab = Tab.ALL
    query: str = ""
    ward: str = ""
    standing: str = ""
    need: Need | None = None
    leaves: date | None = None
    everyone: bool = False
    visits: tuple[str, ...] = ()
    sort: Sort = Sort.NEED
    page: int = 1
    size: int = SIZES[0]

    @property
    def first(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.size

    def values(self) -> dict[str, Any]:
        """The values of the conditions."""
        return {
            "facility": self.facility, "query": self.query.strip(), "ward": self.ward, "standing": self.standing,
            "digest": sealing.digest("name", self.query.strip()) if self.query.strip() else b"",
            "need": None if self.need is None else self.need.value, "leaves": self.leaves,
            "everyone": self.everyone, "visits": list(self.visits),
            "to_do": int(Urgency.TO_DO), "size": self.size, "first": self.first,
        }  # fmt: skip


OF: LiteralString = "k.facility = %(facility)s"
CURRENT: LiteralString = "(k.settled IS NULL OR k.leaves = %(today)s)"
"""Who is in hospital, and who was settled and left today."""
LISTED: LiteralString = "(%(everyone)s OR k.entitled OR k.needs <> '{}')"
"""Who is entitled to more than everybody, and of whom something is to be done."""
TABS: Mapping[Tab, LiteralString] = {
    Tab.ALL: "TRUE",
    Tab.TO_DO: "k.urgency <= %(to_do)s",
    Tab.TODAY: "k.leaves = %(today)s",
    Tab.OVER: "(k.status = 'exceeded' AND k.settled IS NULL)",
    Tab.NEAR: "(k.status = 'approaching' AND k.settled IS NULL)",
    Tab.UNSETTLED: "(k.discharged IS NOT NULL AND k.settled IS NULL)",
}
_WORST: LiteralString = (
    "k.urgency, k.badness, coalesce(k.excess, 0) DESC, coalesce(k.share, 0) DESC, k.visit"
)
ORDERS: Mapping[Sort, LiteralString] = {
    Sort.NEED: _WORST,
    Sort.SHARE: f"k.share DESC NULLS LAST, {_WORST}",
    Sort.TOTAL: f"k.total DESC NULLS LAST, {_WORST}",
    Sort.HOSPITAL: f"k.hospital DESC NULLS LAST, {_WORST}",
    Sort.PATIENT: f"k.patient DESC NULLS LAST, {_WORST}",
    Sort.LEAVES: f"k.leaves NULLS LAST, {_WORST}",
    Sort.WARD: f"t.ward NULLS LAST, t.bed, {_WORST}",
}


def matches(wanted: Wanted) -> LiteralString:
    """The conditions of the query form; of what is not asked for there is none."""
    found: list[LiteralString] = [LISTED]
    if wanted.query.strip():
        found.append("(starts_with(k.visit, %(query)s) OR p.name_digest = %(digest)s)")
    if wanted.ward:
        found.append("t.ward = %(ward)s")
    if wanted.standing:
        found.append("k.standing = %(standing)s")
    if wanted.need is not None:
        found.append("%(need)s = ANY(k.needs)")
    if wanted.leaves is not None:
        found.append("k.leaves = %(leaves)s")
    if wanted.visits:
        found.append("k.visit = ANY(%(visits)s)")
    return " AND ".join(found)
