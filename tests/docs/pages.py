"""The project's Markdown pages: their links, headings, and the commands that they show."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from typer.main import get_command

from doudi_cli.main import app
from tools.doc_runner import ROOT, blocks, commands
from tools.forms import anchor

_NOT_OURS = {".venv", ".git", "build", "node_modules", ".pytest_cache", "dist"}
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PLAIN = {
    "curl",
    "cd",
    "export",
    "ls",
    "cat",
    "mkdir",
    "git",
    "echo",
    "diff",
    "cp",
    "jq",
    "sed",
    "iconv",
}


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    found = (p for p in ROOT.rglob("*.md") if not _NOT_OURS.intersection(p.relative_to(ROOT).parts))
    return sorted(found)


def shown_to_readers() -> list[Path]:
    """The pages whose commands a reader may type."""
    tops = [ROOT / name for name in ("README.md", "README.en.md", "CONTRIBUTING.md")]
    return [*(p for p in tops if p.is_file()), *sorted((ROOT / "docs").rglob("*.md"))]


def broken_links(page: Path) -> Iterator[str]:
    """The relative links of a page that lead to no file, or to no heading in it."""
    for target in _LINK.findall(_prose(page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, heading = unquote(target).partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (
            heading and (path.suffix != ".md" or heading not in headings(path))
        ):
            yield target


def headings(page: Path) -> set[str]:
    """The anchors of a page; a heading that comes again is numbered."""
    lines = _prose(page.read_text(encoding="utf-8")).splitlines()
    seen: Counter[str] = Counter()
    found: set[str] = set()
    for name in (anchor(line.lstrip("#").strip()) for line in lines if line.startswith("#")):
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def _prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"(?ms)^```.*?^```$", "", text)


def unreal_commands(page: Path) -> Iterator[str]:
    """The commands of console blocks that are none: unknown word, target, module, option."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "console":
            continue
        for command in commands(block):
            reason = unreal(command.text)
            if reason:
                yield f"{page.name}:{command.line} $ {command.text}: {reason}"


def unreal(text: str) -> str:
    """Why a command line is not real; empty where it is."""
    words = shlex.split(text, comments=True)
    if ">" in words:
        words = words[: words.index(">")]
    if not words:
        return "no command"
    word, rest = words[0].removeprefix(".venv/bin/"), words[1:]
    match word:
        case "doudi":
            return _doudi(rest)
        case "make":
            targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
            known = [w for w in rest if "=" not in w]
            return "" if set(known) <= set(targets) else f"no target {known}"
        case "python" | "python3":
            return _module(rest)
        case _:
            return "" if word in _PLAIN else f"unknown word {word}"


def _module(rest: list[str]) -> str:
    if rest[:1] != ["-m"]:
        return "" if rest and (ROOT / rest[0]).exists() else "neither -m nor a file"
    path = ROOT.joinpath(*rest[1].split("."))
    ours = path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
    return "" if ours or rest[1] in {"pytest", "pip", "venv"} else f"no module {rest[1]}"


def _doudi(rest: list[str]) -> str:
    """Walk the commands, then hold every option and the number of arguments against the last one."""
    command: Any = get_command(app)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    options = {name: p for p in command.params for name in p.opts if name.startswith("-")}
    given: list[str] = []
    while rest:
        first, rest = rest[0], rest[1:]
        if not first.startswith("-"):
            given.append(first)
        elif first in ("--help", "-h"):
            return ""
        elif first not in options:
            return f"no option {first}"
        elif not options[first].is_flag:
            rest = rest[1:]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    if hasattr(command, "commands") and not command.invoke_without_command:
        return "a command is missing"
    if any(p.required for p in arguments) and not given:
        return "an argument is missing"
    many = any(p.nargs == -1 for p in arguments)
    return "" if many or len(given) <= len(arguments) else f"too many arguments: {given}"
