"""Differences between packs as JSON: what a program reads, codes and texts as the pack language writes them."""

from collections.abc import Mapping

from doudi.packs.diff import Change, Side
from doudi.source_text import Value


def change_json(change: Change) -> dict[str, Value]:
    """One difference. `kind` is added, removed or changed; `path` is unique to what differs."""
    kind = (
        "added" if change.before is None else "removed" if change.after is None else "changed"
    )  # fmt: skip
    found: dict[str, Value] = {
        "kind": kind,
        "section": change.section,
        "name": change.name,
        "title": change.title.zh,
        "facet": change.facet,
        "before": _side(change.before),
        "after": _side(change.after),
    }
    if change.section == "parameters":
        found["cell"] = dict(change.cell)
        found["unit"] = None if change.unit is None else change.unit.value
        found["since"] = None if change.since is None else str(change.since)
        found["until"] = None if change.until is None else str(change.until)
    return found


def _side(side: Side | None) -> Mapping[str, Value] | None:
    if side is None:
        return None
    basis = side.basis
    if basis is None:
        return {"text": side.text, "cite": None, "document": None, "status": None}
    cite = basis.cite
    return {
        "text": side.text,
        "cite": str(cite),
        "document": cite.document,
        "status": basis.status.value,
    }
