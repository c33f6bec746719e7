"""What a settlement recorded beside what it comes to: answer, entries, sums, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from doudi.money import yuan
from doudi_web.oversight.mismatches import Difference
from doudi_web.settlement import accumulators
from doudi_web.settlement.ledger import entries_of
from doudi_web.settlement.replaying import fen

COMPARED = (
    "benefit_year", "standing", "total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope",
    "deductible_met", "payments", "computed", "hospital", "patient", "patient_limit", "control", "lines",
    "accumulators", "episode_accumulators",
)  # fmt: skip
"""What an answer says of amounts, and of what they were judged by."""
PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")


def differences(recorded: Mapping[str, Any], expected: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields of two answers that differ, by their path."""
    found: list[Difference] = []
    for key in COMPARED:
        if recorded.get(key) != expected.get(key):
            found += _differ(key, recorded.get(key), expected.get(key))
    return tuple(found)


def _differ(path: str, recorded: Any, expected: Any) -> Iterator[Difference]:
    was, now = _keyed(recorded), _keyed(expected)
    if was is None or now is None:
        yield Difference(path, _text(recorded), _text(expected))
        return
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield from _differ(f"{path}.{key}", was.get(key), now.get(key))


def _keyed(value: Any) -> dict[str, Any] | None:
    """A mapping; a list of lines as one by their ids."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    if isinstance(value, list):
        lines = cast("list[dict[str, Any]]", value)
        return {str(line.get("id")): line for line in lines if isinstance(line, dict)}  # pyright: ignore[reportUnnecessaryIsInstance]
    return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def booked(
    answer: Mapping[str, Any],
    facility: str,
    person: str,
    entries: Sequence[tuple[str, int]],
    sums: Sequence[tuple[str, int, str, int]],
) -> tuple[Difference, ...]:
    """The entries and sums of a posting that are not those of an answer. Of a person's account the kind is told."""
    paid = {layer: fen(amount) for layer, amount in answer["payments"].items()}
    total, hospital, patient = (fen(answer[key]) for key in ("total", "hospital", "patient"))
    if sum(paid.values()) + hospital + patient != total:
        return ()  # what does not sum up has no entries: that is told by itself
    wanted = entries_of(facility, person, total, paid, hospital, patient)
    return (
        *_booked("entries.", _by_account(entries), _by_account(wanted)),
        *_booked("sums.", {(o, y, n): a for o, y, n, a in sums}, _sums(answer, person)),
    )


def _by_account(entries: Sequence[tuple[str, int]]) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for account, amount in entries:
        found[(account,)] = found.get((account,), 0) + amount
    return found


def _sums(answer: Mapping[str, Any], person: str) -> dict[tuple[str, int, str], int]:
    """What an answer adds to sums."""
    year, stay = accumulators.owners_of(person, str(answer["episode_id"]))
    return {
        (owner, of, name): added
        for owner, of, key in ((year, answer["benefit_year"], "accumulators"), (stay, 0, "episode_accumulators"))
        for name, pair in answer[key].items()
        if (added := fen(pair["after"]) - fen(pair["before"]))
    }  # fmt: skip


def _booked(
    kind: str, recorded: Mapping[tuple[Any, ...], int], expected: Mapping[tuple[Any, ...], int]
) -> Iterator[Difference]:
    for key in dict.fromkeys((*recorded, *expected)):
        was, now = recorded.get(key), expected.get(key)
        if was != now:
            yield Difference(
                f"{kind}{_name(key)}", None if was is None else yuan(was), None if now is None else yuan(now)
            )  # fmt: skip


def _name(key: tuple[Any, ...]) -> str:
    """An account or a sum, without whose it is."""
    if len(key) == 1:
        kind, _, rest = str(key[0]).partition(":")
        return f"{kind}:{rest}" if kind == "fund" else kind
    return str(key[2])


def uneven(answer: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What of an answer does not add up: the total of all who pay, the four parts, the lines' parts."""
    total, parts = fen(answer["total"]), [fen(answer[part]) for part in PARTS]
    paid = (
        sum(map(fen, answer["payments"].values()))
        + fen(answer["hospital"])
        + fen(answer["patient"])
    )
    found = [
        Difference(name, yuan(was), yuan(total))
        for name, was in (("payments + hospital + patient", paid), (" + ".join(PARTS), sum(parts)))
        if was != total
    ]
    for part, told in zip(PARTS, parts, strict=True):
        of_lines = sum(fen(line[part]) for line in answer["lines"])
        if of_lines != told:
            found.append(Difference(f"lines.{part}", yuan(of_lines), yuan(told)))
    return tuple(found)
