"""Runs the examples of a Markdown page from top to bottom, and compares what they print.

Blocks that do something:

    ```yaml file=packs/p.yaml        the block is the file
    ```markdown append=rules.md      the block goes at the end of the file
    ```diff file=packs/p.yaml        the lines with - are replaced by the lines with +
    ```diff file=a.csv encoding=gbk  the same in a file that is not UTF-8
    ```console run                   each `$ command` is run; what follows is what it prints
    ```console run exit=1            the same, and the last command ends with 1
    ```console served                run against a service, by tests/web/test_walkthrough.py, which lists the page

`<!-- continues first.md -->` at the top of a page: what that page writes is there before. In a tutorial every
console block is run. `…` in an output stands for anything. `【name】` stands for what is printed in its place, and
for the same in what follows: a number that is not known beforehand. `python -m tools.doc_runner PAGE…`
puts what is printed now into pages whose output differs.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.doc_commands import Runner

ROOT = Path(__file__).parents[1]
_FINGERPRINT = re.compile(r"(?<=  )[0-9a-f]{12,64}$")  # it changes with the engine: not for a page
_CONTINUES = re.compile(r"<!-- continues (?P<page>[\w.-]+) -->")
_LEFT_OPEN = re.compile(r"(…|【[^】]+】)")
_FENCE = re.compile(r"^```(?P<language>\S*)[ ]?(?P<marks>.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what is marked behind it, its lines, the number of its first line."""

    language: str
    marks: dict[str, str]
    lines: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block, what it should print, and the lines at which that stands."""

    text: str
    prints: tuple[str, ...]
    line: int
    exit: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A command that printed something else, or ended otherwise."""

    command: Command
    printed: tuple[str, ...]
    exit: int
    page: str = field(default="")

    def __str__(self) -> str:
        shown = "\n".join(self.printed)
        wanted = "\n".join(self.command.prints)
        head = f"{self.page}:{self.command.line} $ {self.command.text}"
        return (
            f"{head}\nexit {self.exit}, wanted {self.command.exit}\n{shown}\n---- wanted\n{wanted}"
        )


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        match = _FENCE.match(lines[at])
        at += 1
        if match is None:
            continue
        start = at
        while at < len(lines) and lines[at] != "```":
            at += 1
        marks = dict((*m.split("=", 1), "")[:2] for m in match["marks"].split())
        yield Block(match["language"], marks, tuple(lines[start:at]), start + 1)
        at += 1


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block. Only the last may end with something other than 0."""
    starts = [n for n, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        wanted = int(block.marks.get("exit", "0")) if start == starts[-1] else 0
        text = block.lines[start].removeprefix("$ ")
        yield Command(text, block.lines[start + 1 : end], block.line + start, wanted)


def run_page(page: Path, folder: Path, *, every: bool) -> list[Difference]:
    """Do what the page says in a folder; `every` console block is run, or only those marked so."""
    found: list[Difference] = []
    _write_what_was_before(page, folder)
    with Runner(folder) as runner:
        for block in blocks(page.read_text(encoding="utf-8")):
            if is_written(folder, block):
                continue
            if block.language == "console" and (every or "run" in block.marks):
                for command in commands(block):
                    printed, code = runner.run(command.text)
                    if code != command.exit or not matches(command.prints, printed):
                        found.append(Difference(command, printed, code, page.name))
    return found


def _write_what_was_before(page: Path, folder: Path) -> None:
    """The files of the page that this one continues, as that page leaves them."""
    match = _CONTINUES.search(page.read_text(encoding="utf-8"))
    if match is not None:
        earlier = page.with_name(match["page"])
        _write_what_was_before(earlier, folder)
        for block in blocks(earlier.read_text(encoding="utf-8")):
            is_written(folder, block)


def is_written(folder: Path, block: Block) -> bool:
    """Write or patch the block's file, where it names one."""
    if block.language == "diff" and "file" in block.marks:
        _patch(folder / block.marks["file"], block)
        return True
    if "file" in block.marks or "append" in block.marks:
        _write(folder, block)
        return True
    return False


def matches(wanted: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether an output is as written; `…` stands for anything, also for lines.

    >>> matches(["a …", "…", "z"], ["a b", "c", "d", "z"]), matches(["a"], ["a", "b"])
    (True, False)
    """
    return named(wanted, printed, {}) is not None


def named(
    wanted: Sequence[str], printed: Sequence[str], names: Mapping[str, str]
) -> dict[str, str] | None:
    """The names with what they stand for in an output that is as written; None where it is not.

    >>> named(["{id: 【a】, of: 【b】}"], ["{id: 7, of: 3}"], {"b": "3"})
    {'b': '3', 'a': '7'}
    """
    found: list[str] = []
    pattern = ""
    for part in _LEFT_OPEN.split("\n".join(line.rstrip() for line in wanted).strip("\n")):
        name = part[1:-1]
        if part == "…":
            pattern += ".*?"
        elif not part.startswith("【"):
            pattern += re.escape(part)
        elif name in names:
            pattern += re.escape(names[name])
        elif name in found:
            pattern += f"(?P=n{found.index(name)})"
        else:
            pattern += rf"(?P<n{len(found)}>[\w-]+)"
            found.append(name)
    shown = "\n".join(line.rstrip() for line in printed).strip("\n")
    match = re.fullmatch(pattern, shown, re.DOTALL)
    return None if match is None else {**names, **dict(zip(found, match.groups(), strict=True))}


def filled(text: str, names: Mapping[str, str]) -> str:
    """A command with what its names stand for.

    >>> filled("curl /settlements/【a】", {"a": "7"})
    'curl /settlements/7'
    """
    for name, value in names.items():
        text = text.replace(f"【{name}】", value)
    return text


def prepared(folder: Path) -> Path:
    """An empty folder, or one beside which the project's own folders stand for pages that use them."""
    for name in ("examples", "packs"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def workshop(folder: Path) -> Path:
    """An empty folder within the project's, as the reader of a tutorial makes one."""
    made = prepared(folder) / "work"
    made.mkdir()
    return made


def _write(folder: Path, block: Block) -> None:
    name = block.marks.get("file") or block.marks["append"]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w" if "file" in block.marks else "a", encoding="utf-8") as file:
        file.write(block.text)


def _patch(path: Path, block: Block) -> None:
    """Replace the lines marked - by those marked +; they must stand there exactly once. The file keeps its
    encoding and its line ends."""
    encoding = block.marks.get("encoding", "utf-8")
    text = path.read_bytes().decode(encoding)
    end = "\r\n" if "\r\n" in text else "\n"
    removed = "".join(f"{line[1:]}{end}" for line in block.lines if line.startswith("-"))
    added = "".join(f"{line[1:]}{end}" for line in block.lines if line.startswith("+"))
    if text.count(removed) != 1:
        raise ValueError(f"{path.name}: {removed!r} stands {text.count(removed)} times")
    path.write_bytes(text.replace(removed, added).encode(encoding))


def renew(page: Path) -> int:
    """Put what is printed now into the page, where it differs; the number of places."""
    with tempfile.TemporaryDirectory() as name:
        tutorial = page.parent.name == "tutorial"
        folder = workshop(Path(name)) if tutorial else prepared(Path(name))
        found = run_page(page, folder, every=tutorial)
    lines = page.read_text(encoding="utf-8").splitlines()
    for difference in reversed(found):
        command = difference.command
        shown = [_FINGERPRINT.sub("…", line) for line in difference.printed]
        lines[command.line : command.line + len(command.prints)] = shown
        if difference.exit != command.exit:
            print(f"{page}:{command.line}: exit {difference.exit}, marked {command.exit}")
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(found)


if __name__ == "__main__":
    for given in sys.argv[1:]:
        print(f"{given}: {renew(Path(given))}")
