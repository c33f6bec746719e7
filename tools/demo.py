"""`make demo`: the reported case with its reasons, then the other example bills, each with what it shows."""

import sys
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from doudi.errors import Fault
from doudi.service import Bundle, settle_bundle
from doudi_cli.bill_view import show_settlement
from doudi_cli.fault_view import show_faults
from doudi_cli.files import open_shelf, read

BILLS = Path(__file__).parents[1] / "examples" / "bills"


def main() -> int:
    """Show every example; 1 where one has a fault."""
    console = Console(width=max(100, Console().width), highlight=False)
    shelf, faults = open_shelf(None, None)
    found: list[Fault] = list(faults)
    paths = sorted(p for p in BILLS.iterdir() if p.suffix in {".yaml", ".json"})
    visits = 0
    for number, path in enumerate(paths):
        content = read(path)
        run = settle_bundle(shelf, Bundle({path.name: content}))
        console.print(Rule(path.name, style="dim", align="left"))
        for line in _opening(content.decode()):
            console.print(Text(line, style="italic"))
        for settled in run.settlements:
            show_settlement(console, settled, language="zh", reasons=number == 0)
        visits += len(run.settlements)
        found += run.faults
    show_faults(console, found)
    console.print(Rule(style="dim"))
    console.print(
        f"{len(paths)} 个文件，{visits} 次就医，全部结算到分。" if not found else "有错误，见上。"
    )
    console.print(
        "再试：.venv/bin/doudi explain examples/bills/01-*.yaml　　.venv/bin/doudi --help"
    )
    return 1 if found else 0


def _opening(text: str) -> list[str]:
    """The comment at the head of a YAML file."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return lines


if __name__ == "__main__":
    sys.exit(main())
