"""Markdown as text: tables, headings, anchors, and excerpts of a YAML file."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- 由 `python -m tools.reference` 生成，不要手改 | generated: do not edit -->"


def page(title: str, *parts: str) -> str:
    """A generated page: its mark, its title, its parts with a blank line between."""
    return "\n\n".join((GENERATED, f"# {title}", *(part.strip("\n") for part in parts))) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is escaped, a line break becomes a space."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """Text as code in a line."""
    return f"`{text}`"


def fenced(text: str, language: str) -> str:
    """Text as a block."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def excerpt(text: str, start: str) -> str:
    """The lines of a YAML text from the one that begins with `start` to the end of what it holds,
    moved to the left edge; comments behind values stay."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip().startswith(start))
    depth = _depth(lines[first])
    kept = [lines[first]]
    for line in lines[first + 1 :]:
        if line.strip() and _depth(line) <= depth:
            break
        kept.append(line)
    return "\n".join(line[depth:] for line in kept).strip("\n")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _row(cells: Sequence[str]) -> str:
    shown = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(shown) + " |"
