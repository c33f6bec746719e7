"""The day of a command: the one that is named, or today in China."""

from datetime import UTC, date, datetime, timedelta

import typer

_CHINA = timedelta(hours=8)


def today() -> date:
    """The day in China."""
    return (datetime.now(UTC) + _CHINA).date()


def day_or_today(text: str | None) -> date:
    """Raises misuse where the text is no day."""
    return today() if text is None else day_of(text, "--day")


def day_of(text: str, option: str) -> date:
    """The day that an option names. Raises misuse where the text is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("日期如 2019-05-20", param_hint=option) from error
