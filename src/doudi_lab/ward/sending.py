"""Sends a hospital's month to a running service, each thing under a number that follows from the seed: a run that
broke off is taken up where it stopped."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from doudi_lab.filling import NotFilled, Service, Tokens
from doudi_lab.ward.month import Month, Running

_WINDOW = {"place": "医院医保窗口，一楼 3 号", "phone": "10066220303"}
_DISTRICT = {"place": "区医保局待遇科", "phone": "10066220120"}
"""Whom a patient rings about a paper: numbers that no telephone has."""


@dataclass(frozen=True, slots=True)
class Lived:
    """How much of a month the service took."""

    running: int
    lines: int
    settled: int
    corrected: int
    reversed: int
    refused: int


def live(month: Month, url: str, tokens: Tokens) -> Lived:
    """Send a month: settled bills first, then what was done to them, then the ward. Raises NotFilled."""
    assert tokens.register is not None, "a month is learned by the register"
    assert tokens.settle is not None, "a month is settled"
    register, service = Service(url, tokens.register), Service(url, tokens.settle)
    if month.openings:
        register.must("/api/v1/openings", {"openings": list(month.openings)})
    hospital = month.running[0].stay.facility.code
    for contact in ({**_WINDOW, "facility": hospital}, _DISTRICT):
        register.must("/api/v1/contacts", contact)
    numbers = {bill["visit_id"]: _settle(service, month, bill) for bill in month.settled}
    done: Counter[str] = Counter()
    for one in month.after:
        what = "reverse" if one.bill is None else "correct"
        body = {"message_id": _message(month, one.visit, what), "reason": one.reason}
        more = {} if one.bill is None else {"bill": one.bill}
        service.must(f"/api/v1/settlements/{numbers[one.visit]}/{what}", {**body, **more})
        done[what] += 1
    for bill in month.refused:
        body = {"message_id": _message(month, bill["visit_id"], "settle"), "bill": bill}
        service.must("/api/v1/settlements", body, refused=True)
    for one in month.running:
        _run(service, one)
    if month.learned:
        register.must("/api/v1/persons", {"persons": list(month.learned)})
    lines = sum(len(one.lines) for one in month.running)
    return Lived(
        len(month.running),
        lines,
        len(numbers),
        done["correct"],
        done["reverse"],
        len(month.refused),
    )


def _settle(service: Service, month: Month, bill: Mapping[str, Any]) -> str:
    """The number of the settlement: the same when it is asked again."""
    body = {"message_id": _message(month, bill["visit_id"], "settle"), "bill": bill}
    return str(json.loads(service.must("/api/v1/settlements", body))["settlement_id"])


def _run(service: Service, one: Running) -> None:
    """Open a stay, say where it lies, charge it, and let the patient go home."""
    stay = one.stay
    of = f"/api/v1/visits/{quote(stay.id, safe='')}"
    at = f"?facility={quote(stay.facility.code, safe='')}"
    service.must("/api/v1/visits", one.header)
    service.must(f"{of}/stay{at}", one.at, method="PUT")
    service.must(f"{of}/lines{at}", {"lines": list(one.lines)})
    if stay.left is not None:
        service.must(f"{of}/discharge{at}", {"discharged": stay.left.isoformat()})


def _message(month: Month, visit: str, what: str) -> str:
    return f"ward-{month.seed}-{visit}-{what}"


__all__ = ["Lived", "NotFilled", "live"]
