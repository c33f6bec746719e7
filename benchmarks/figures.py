"""Figures beside their goals: the one way in which they are printed, and the shape in which they are kept."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "build"


@dataclass(frozen=True, slots=True)
class Figure:
    """One goal: what was measured, what it must not exceed (`at_least`: must reach), and the same done by others.

    `against` holds how many times our figure the others' is. Without a limit it only explains; indented, it
    explains the figure above it.
    """

    goal: str
    value: float
    unit: str
    limit: float | None = None
    against: Mapping[str, float] = field(default_factory=dict[str, float])
    at_least: bool = False

    @property
    def held(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def show(figures: Sequence[Figure]) -> None:
    """Print each figure beside its goal, with the verdict."""
    width = max(len(f.goal) for f in figures)
    for f in figures:
        bound = "at least" if f.at_least else "limit"
        limit = "" if f.limit is None else f"{bound} {f.limit:g} {f.unit}"
        verdict = {None: "", True: "held", False: "MISSED"}[f.held]
        print(f"{f.goal:<{width}}  {f.value:8.3f} {f.unit:<3} {limit:<15} {verdict}".rstrip())
        for name, ratio in f.against.items():
            print(f"{'':<{width}}  {name}: {ratio:.1f} x")


def write(
    name: str, figures: Iterable[Figure], packages: Iterable[str], more: Mapping[str, Any]
) -> None:
    """Keep the figures in build/, each with the machine and the versions of what was measured."""
    machine = (
        f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
    versions = {package: version(package) for package in packages}
    rows: list[dict[str, Any]] = []
    above = ""
    for f in figures:
        is_part = f.goal.startswith(" ")
        above = above if is_part else f.goal
        rows.append(
            {"goal": f.goal.strip(), **({"of": above} if is_part else {}), "value": f.value, "unit": f.unit,
             "against": dict(f.against), "limit": f.limit, "at_least": f.at_least, "held": f.held,
             "machine": machine, "versions": versions, **more}
        )  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(
        json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
