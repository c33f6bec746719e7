"""What the hospitals have on their own books goes to the district, which holds the settlements against it."""

import json
from collections import Counter
from collections.abc import Mapping

from doudi.money import yuan
from doudi_lab.hospitals.record import Record
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.wire import Line, Request, Unread

PATH = "/api/v1/figures"
_BATCH = 500  # visits in one request
_TAKEN = frozenset({200, 201})
_UNKNOWN = 404  # an installation that does not compare


def state_figures(
    district: Line, record: Record, said: Mapping[str, Json], stands: set[str]
) -> None:
    """State of every standing settlement what it came to by the record of what was told. Raises Unread."""
    figures = [one for number in sorted(stands, key=int) for one in _figure(record, said, number)]
    for first in range(0, len(figures), _BATCH):
        asked = {"source": "hospital", "figures": figures[first : first + _BATCH]}
        answer = district.ask(Request("POST", PATH, json.dumps(asked, ensure_ascii=False).encode()))
        if answer.status not in {*_TAKEN, _UNKNOWN}:
            raise Unread(PATH, answer)


def _figure(record: Record, said: Mapping[str, Json], number: str) -> list[Json]:
    """Total, patient and hospital of a settlement; nothing of a bill of nothing, which names no hospital."""
    borne, facility = Counter[str](), ""
    for account, amount in record.of(number).items():
        kind, _, name = account.partition(":")
        borne[kind] += amount
        facility = name if kind == "clearing" else facility
    if not facility:
        return []
    amounts = {
        "total": -borne["clearing"],
        "patient": borne["patient"],
        "hospital": borne["hospital"],
    }
    told = {name: yuan(amount) for name, amount in amounts.items()}
    return [{"facility": facility, "visit_id": str(said[number]["visit_id"]), "amounts": told}]
