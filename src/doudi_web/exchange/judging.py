"""What becomes of a candidate in an export: written, unchanged, taken back, held back, left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from doudi_web.exchange.checking import Checking, Failed, Values, is_wanted, written
from doudi_web.exchange.profiles import Profile
from doudi_web.exchange.reading import Candidate
from doudi_web.register import sealing

EXPORTED = "exported"
UNCHANGED = "unchanged"
WITHDRAWN = "withdrawn"
HELD_BACK = "held_back"
LEFT_OUT = "left_out"
STATES = (EXPORTED, WITHDRAWN, HELD_BACK, LEFT_OUT, UNCHANGED)


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a candidate: its values and cells where it is written, else what it fails."""

    state: str
    values: Values = ()
    cells: Sequence[str] = ()
    digest: bytes | None = None
    failed: Sequence[Failed] = ()


class Judging:
    """A profile in one encoding, ready for many candidates: all once more, or what was rejected."""

    def __init__(self, profile: Profile, encoding: str, *, whole: bool, rejected: bool) -> None:
        self._profile, self._whole, self._rejected = profile, whole, rejected
        self._checking = Checking(profile, encoding)
        form = profile.form
        self._writes, self._writes_back = (
            [written(column, form.dates, form.amounts) for column in columns]
            for columns in (profile.columns, profile.withdrawn())
        )

    def judge(self, one: Candidate) -> Judged:
        """What becomes of it."""
        if one.gone or not is_wanted(self._profile, one.facts):
            return self._taken_back(one)
        values, failed = self._checking.row(one.facts)
        if failed:
            return Judged(HELD_BACK, failed=failed)
        cells = [write(value) for write, value in zip(self._writes, values, strict=True)]
        digest = sealing.digest("export-row", "\x1f".join(cells))
        again = self._whole or (self._rejected and one.answer == "rejected")
        state = UNCHANGED if one.digest == digest and not again else EXPORTED
        return Judged(state, values, cells, digest)

    def _taken_back(self, one: Candidate) -> Judged:
        """What the receiver has goes to it as a withdrawal; what it never had is left out."""
        once_more = self._rejected and one.state == "withdrawn" and one.answer == "rejected"
        if one.digest is None and not once_more:
            return Judged(LEFT_OUT)
        values, failed = self._checking.withdrawal(one.facts)
        if failed:
            return Judged(HELD_BACK, failed=failed)
        cells = [write(value) for write, value in zip(self._writes_back, values, strict=True)]
        return Judged(WITHDRAWN, values, cells)
