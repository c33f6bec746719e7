"""What every fault owes its reader: Chinese sentences, filled in, that quote what is wrong."""

import re

from doudi.errors import Fault
from doudi.fault_kinds import FAULT_KINDS

_CHINESE = re.compile("[\u4e00-\u9fff]")
_PYTHON = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|\b[A-Z]\w+Error\b|<class|object at 0x")
_UNFILLED = re.compile(r"\{\w*\}|\{\{|\}\}")
LONGEST = 600  # characters of one sentence


def flaws(fault: Fault, quotes: str = "") -> list[str]:
    """Everything wrong with the words of a fault; `quotes` is the value that they must name."""
    found: list[str] = []
    if fault.code not in FAULT_KINDS:
        found.append(f"{fault.code} is no code")
    if not fault.where:
        found.append("says not where")
    for name in ("what", "why", "mend"):
        text = getattr(fault, name)
        if not _CHINESE.search(text):
            found.append(f"{name} is not Chinese: {text!r}")
        if _UNFILLED.search(text):
            found.append(f"{name} is not filled in: {text!r}")
        if _PYTHON.search(text):
            found.append(f"{name} speaks Python: {text!r}")
        if len(text) > LONGEST:
            found.append(f"{name} has {len(text)} characters")
        if not text.isprintable():
            found.append(f"{name} would steer a terminal: {text!r}")
        if name != "what" and text[-1] not in "。？：；`":
            found.append(f"{name} does not end: {text!r}")
    if quotes and quotes not in fault.what + fault.where:
        found.append(f"does not name {quotes!r}: {fault.what}")
    return found
