"""What a facility was from which day on: a level moves money, so none is lost and a bill has that of its day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F

from doudi_web.register.models import FacilityState
from doudi_web.register.person_form import FacilityForm
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

STATED = ("name", "level", "district")


def register(one: FacilityForm, at: datetime) -> str:
    """Write what is stated of a facility: `created`, `changed` or `unchanged`.

    It holds from the stated day on, else from today, until the next day on which something else begins; of a new
    facility for all days before, too. What it takes the place of is superseded and stays.
    """
    said = {key: getattr(one, key) for key in STATED}
    row = Facility.objects.filter(pk=one.code).first()
    if row is None:
        Facility.objects.create(code=one.code, **said)
        _begin(one.code, one.start, said, at)
        return "created"
    if not _states(one.code):
        _begin(one.code, None, {key: getattr(row, key) for key in STATED}, at)
    day = one.start or at.date()
    held = holding(_states(one.code), day)
    if {key: getattr(held, key) for key in STATED} == said:
        return "unchanged"
    FacilityState.objects.filter(facility=one.code, valid_from=day, superseded=None).update(
        superseded=at
    )
    _begin(one.code, day, said, at)
    today = holding(_states(one.code), at.date())
    Facility.objects.filter(pk=one.code).update(**{key: getattr(today, key) for key in STATED})
    return "changed"


def holding(states: Sequence[FacilityState], day: date) -> FacilityState:
    """The last that has begun on a day; before all of them the first."""
    begun = [s for s in states if s.valid_from is None or s.valid_from <= day]
    return begun[-1] if begun else states[0]


def facilities(actor: Actor) -> dict[str, Any]:
    """Every facility as it is now, and all that was ever stated of it, in the order in which it was. Raises Refusal
    403."""
    actor.must(Act.FACILITIES_READ)
    found: dict[str, dict[str, Any]] = {
        row.pk: {"code": row.pk, **{key: getattr(row, key) for key in STATED}, "stated": []}
        for row in Facility.objects.order_by("code")
    }
    for state in FacilityState.objects.order_by("id"):
        found[state.facility_id]["stated"].append(
            {
                "from": None if state.valid_from is None else state.valid_from.isoformat(),
                **{key: getattr(state, key) for key in STATED},
                "recorded": told(state.recorded),
                "superseded": told_or_none(state.superseded),
            }
        )
    return {"facilities": list(found.values())}


def _states(code: str) -> list[FacilityState]:
    standing = FacilityState.objects.filter(facility=code, superseded=None)
    return list(standing.order_by(F("valid_from").asc(nulls_first=True), "id"))


def _begin(code: str, day: date | None, said: dict[str, str], at: datetime) -> None:
    FacilityState.objects.create(facility_id=code, valid_from=day, recorded=at, **said)
