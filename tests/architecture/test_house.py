"""What the engine's text may not hold, and how large a room may be; each rule sees a planted breach."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
ENGINE = sorted(p for p in (SRC / "doudi").rglob("*.py") if "testing" not in p.parts)
CLOCK = {"now", "today", "utcnow", "fromtimestamp"}


def _impurities(tree: ast.AST) -> Iterator[str]:
    """Floats, the clock and the environment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{node.lineno}: a float"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "float"
        ):
            yield f"{node.lineno}: float()"
        if isinstance(node, ast.Attribute) and node.attr in CLOCK:
            yield f"{node.lineno}: the clock"
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            yield f"{node.lineno}: the environment"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node):
            yield f"{node.lineno}: a division that does not say its rounding"


def _is_path(node: ast.BinOp) -> bool:
    """`folder / "name"`, `Fraction(value) / 100`: a path, or an exact fraction."""
    text = ast.unparse(node)
    named = isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)
    return named or "folder" in text or "Fraction(" in text


def _too_long(tree: ast.Module, lines: int) -> Iterator[str]:
    if lines > 400:
        yield f"{lines} lines in one file"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > 70:
                yield f"{node.name}: {length} lines in one function"


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(SRC)))
def test_the_engine_knows_no_float_clock_or_environment(path: Path) -> None:
    assert list(_impurities(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "line", ["x = 0.1", "float('1')", "datetime.now()", "os.environ['X']", "a / b", "a / 2"]
)
def test_an_impurity_is_seen(line: str) -> None:
    assert list(_impurities(ast.parse(line)))


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda p: str(p.relative_to(SRC)))
def test_files_and_functions_can_be_read_at_once(path: Path) -> None:
    text = path.read_text()
    if path.name in {"fault_kinds.py", "sentences.py"}:
        return  # lists of words, not code
    assert list(_too_long(ast.parse(text), text.count("\n"))) == []


def test_the_engine_loads_without_what_only_the_command_or_tests_need() -> None:
    code = (
        "import doudi, sys; print(sorted({'typer','rich','hypothesis','click'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_face_says_what_it_offers() -> None:
    import doudi  # noqa: PLC0415

    assert all(hasattr(doudi, name) for name in doudi.__all__)
    assert sorted(doudi.__all__) == doudi.__all__
    public = {n for n, v in vars(doudi).items() if not n.startswith("_") and not _is_module(v)}
    assert public - {"VERSION"} == set(doudi.__all__)


def _is_module(value: object) -> bool:
    return type(value).__name__ == "module"
