"""By when the next export of a profile is wanted: a day of each month, as the profile states it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from doudi.dates import CHINA
from doudi_web.exchange.profiles import Profile


@dataclass(frozen=True, slots=True)
class Deadline:
    """The day by which something is to be sent, how many days that is from today (below 0: it has passed), and
    whether it was sent since the last deadline."""

    day: date
    days: int
    is_sent: bool
    status: str
    note: str

    @property
    def is_late(self) -> bool:
        """Whether it should have been sent by now."""
        return not self.is_sent and self.days < 0

    @property
    def is_near(self) -> bool:
        """Whether it is to be sent within a few days."""
        return not self.is_sent and 0 <= self.days <= _NEAR


_NEAR = 3


def deadline(profile: Profile, today: date, last: datetime | None) -> Deadline | None:
    """The deadline of this month; once something was sent in this month, the one of the next."""
    due = profile.form.due
    if due is None:
        return None
    day = today.replace(day=due.day)
    sent = last is not None and last.astimezone(CHINA).date() >= today.replace(day=1)
    if sent and today > day:
        day = (today.replace(day=28) + timedelta(days=4)).replace(day=due.day)
        sent = False
    return Deadline(day, (day - today).days, sent, due.status, due.note)
