"""A bar on long work in a terminal; nothing where output is read by a program."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from doudi_cli import output


class Tick:
    """Moves the bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def __call__(self, done: int, of: int | None) -> None:
        self._bar.update(self._task, completed=done, total=of)


@contextmanager
def progress(name: str, *, quiet: bool) -> Generator[Tick | None]:
    """A bar of that name while the work lasts."""
    console = output.console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield Tick(bar)
