"""From answers to the hospitals' own record: each posting as it was told, and each settlement."""

from collections.abc import Iterable

from doudi_lab.hospitals.acts import REPLACES, SETTLES, Kind
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.record import Record, contrary, entries_as_told, entries_of_settlement
from doudi_lab.hospitals.wanted import Json


def recorded(told: Iterable[Told]) -> tuple[Record, dict[str, Json]]:
    """The double entry of all that was told, and each settlement as it was told.

    What undoes a settlement undoes also what somebody else bears of it (relief).
    """
    record, said = Record(), dict[str, Json]()
    for one in told:
        kind = Kind(one.kind)
        if one.status not in (200, 201) or not one.said:
            continue
        if kind in SETTLES:
            number = str(one.said["settlement_id"])
            said[number] = one.said
            record.post(number, "settle", entries_of_settlement(one.said, one.hospital, one.person))
        elif kind is Kind.REVERSE:
            number = str(one.said["settlement_id"])
            record.post(number, "reverse", entries_as_told(one.said["entries"]))
        elif kind in REPLACES or "replaces" in one.said:
            number, old = str(one.said["settlement_id"]), str(one.said["replaces"])
            said[number] = one.said
            record.post(number, "settle", entries_of_settlement(one.said, one.hospital, one.person))
            record.post(old, "reverse", contrary(record.of(old)))
        elif kind is Kind.DECIDE and one.said.get("entries"):
            number = str((one.asked or {})["settlement_id"])
            record.post(number, "relief", entries_as_told(one.said["entries"]))
    return record, said
