"""The day of a command: the one that is named, or today in China."""

from datetime import UTC, date, datetime, timedelta

import typer

_CHINA = timedelta(hours=8)


def day_or_today(text: str | None) -> date:
    """Raises misuse where the text is no day."""
    if text is None:
        return (datetime.now(UTC) + _CHINA).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("日期如 2019-05-20", param_hint="--day") from error
