"""`python -m tools.reference`: writes docs/reference from the code; `--check` says what is not current.

Every page follows from forms, docstrings and word lists; a key without a word in Chinese stops it.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.reference_bill import bill_page, settlement_page
from tools.reference_check import check_page
from tools.reference_columns import columns_page
from tools.reference_language import expression_page, operations_page
from tools.reference_lists import command_page, fault_page, glossary_page
from tools.reference_pack import cases_page, files_page, pack_page
from tools.reference_roles import roles_page
from tools.reference_synth import synth_page

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "pack-language.md": pack_page,
    "pack-files.md": files_page,
    "expressions.md": expression_page,
    "operations.md": operations_page,
    "cases.md": cases_page,
    "bill.md": bill_page,
    "columns.md": columns_page,
    "settlement.md": settlement_page,
    "check.md": check_page,
    "faults.md": fault_page,
    "synth.md": synth_page,
    "command.md": command_page,
    "glossary.md": glossary_page,
    "roles.md": roles_page,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages whose file is missing or says otherwise, and files that no page is behind."""
    found = [
        name
        for name, make in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != make()
    ]
    return found + sorted(p.name for p in folder.glob("*.md") if p.name not in PAGES)


def write(folder: Path = FOLDER) -> None:
    """Write every page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write, or with `--check` name what is not current: 1 where there is any."""
    if arguments not in ([], ["--check"]):
        print("用法：python -m tools.reference [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write()
        return 0
    found = stale()
    for name in found:
        print(f"docs/reference/{name} 不是最新的；运行 make docs | not current: run make docs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
