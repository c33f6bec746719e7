"""Faults as a person reads them: where, what, why, how to mend."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from doudi.errors import Fault


def show_faults(console: Console, faults: Iterable[Fault]) -> None:
    """One block a fault, in the order of the files."""
    for one in faults:
        head = Text(f"{one.code}  ", style="bold red")
        head.append(_safe(one.what), style="bold")
        console.print(head, soft_wrap=True)
        for label, text in (("在哪里", one.where), ("为什么", one.why), ("怎么改", one.mend)):
            line = Text(f"      {label}  ", style="dim")
            line.append(_safe(text), style="default")
            console.print(line, soft_wrap=True)


def _safe(text: str) -> str:
    """The text with what would steer a terminal, or reverse a line, escaped."""
    return "".join(c if c.isprintable() or c == "\u3000" else ascii(c)[1:-1] for c in text)
