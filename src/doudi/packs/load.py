"""A pack's files → one document with everything it extends filled in, its cites resolved.

A pack is a folder: `pack.yaml`, optionally `layers.yaml`, `control.yaml` and `parameters/*.yaml`
(together one document, each thing stated once), and `sources/*.md`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from doudi.errors import Fault, Faulty, fault
from doudi.packs.build import build
from doudi.packs.model import Cite, Pack
from doudi.source_text import (
    YAML_LIMIT_MB,
    Document,
    Path,
    Value,
    decode,
    read_yaml,
    show_path,
    shown,
)  # fmt: skip

Files = Mapping[str, bytes]
"""A pack's files by their path inside its folder: `pack.yaml`, `sources/rules.md`, …"""

Finder = Callable[[str], Files | None]
"""The files of a pack by its id, or None where there is no such pack."""

BY_NAME = ("dimensions", "groups", "parameters", "amounts", "accumulators")
_ITSELF = ("pack", "extends")
_SPECIAL = ("layers",)


def load(pack_id: str, find: Finder) -> Pack:
    """The typed pack. Raises Faulty with every fault of its files, of what it extends, and of its text."""
    pack, faults = read_pack(pack_id, find)
    if pack is None or faults:
        raise Faulty(faults)
    return pack


def read_pack(pack_id: str, find: Finder) -> tuple[Pack | None, list[Fault]]:
    """As much of the pack as can be read, and everything wrong with its files and its text.

    A Pack that comes with faults is good for finding more of them, and for nothing else.
    """
    faults: list[Fault] = []
    loaded = _document(pack_id, find, (), faults)
    if loaded is None:
        return None, faults
    pack, found = build(loaded.document, loaded.cites)
    return pack, [*faults, *found]


def read_head(pack_id: str, files: Files, find: Finder) -> Document:
    """`pack.yaml` alone, with what it extends below it: enough to know the district and the dates."""
    head = _yaml(f"{pack_id}/pack.yaml", files["pack.yaml"])
    seen = {pack_id}
    while isinstance(head.value, dict):
        stated = cast("dict[str, Value]", head.value)
        base_id = stated.get("extends")
        base_files = find(base_id) if isinstance(base_id, str) and base_id not in seen else None
        if base_files is None:
            break
        seen.add(str(base_id))
        base = _yaml(f"{base_id}/pack.yaml", base_files["pack.yaml"])
        below = cast("dict[str, Value]", base.value) if isinstance(base.value, dict) else {}
        whole = {**below, **{k: v for k, v in stated.items() if k != "extends"}}
        if "extends" not in below:
            whole.pop("extends", None)
        head = Document(head.name, whole, {**base.places, **head.places})
    return head


@dataclass(frozen=True, slots=True)
class _Loaded:
    document: Document
    cites: Mapping[str, Cite]


def _document(
    pack_id: str, find: Finder, chain: tuple[str, ...], faults: list[Fault]
) -> _Loaded | None:
    files = find(pack_id)
    if files is None or "pack.yaml" not in files:
        faults.append(fault("P105", "/".join((pack_id, "pack.yaml")), pack=pack_id))
        return None
    own = _own_document(pack_id, files, faults)
    if own is None:
        return None
    stated = cast("dict[str, Value]", own.value)
    if stated.get("pack") not in (None, pack_id):
        where = own.where(("pack",))
        faults.append(fault("P107", where, pack=shown(stated.get("pack")), folder=pack_id))
    own, cites = _with_cites(_Sources(pack_id, files, find, stated.get("extends")), own, faults)
    base_id = cast("dict[str, Value]", own.value).get("extends")
    if not isinstance(base_id, str):
        return _Loaded(own, cites)
    if base_id in (*chain, pack_id):
        circle = " → ".join((*chain, pack_id, base_id))
        faults.append(fault("P104", own.where(("extends",)), chain=circle))
        return None
    if find(base_id) is None:
        faults.append(fault("P105", own.where(("extends",)), pack=base_id))
        return None
    base = _document(base_id, find, (*chain, pack_id), faults)
    if base is None:
        return None
    return _Loaded(_overlaid(base.document, own, faults), {**base.cites, **cites})


def _own_document(pack_id: str, files: Files, faults: list[Fault]) -> Document | None:
    """What the pack's own files state together."""
    value: dict[str, Value] = {}
    places: dict[Path, str] = {}
    is_read = False
    names = sorted(
        (n for n in files if n.endswith(".yaml") and _is_policy(n)), key=lambda n: n != "pack.yaml"
    )
    for name in names:
        shown = f"{pack_id}/{name}"
        try:
            part = _yaml(shown, files[name])
        except Faulty as error:
            faults.extend(error.faults)
            continue
        if not isinstance(part.value, dict):
            faults.append(fault("P101", shown, reason="文件不是键值表", mend_="写成“键: 值”。"))
            continue
        _merge_file(value, places, part, faults)
        is_read = True
    if not is_read:
        return None
    return Document(f"{pack_id}/pack.yaml", value, places)


def _is_policy(name: str) -> bool:
    return ("/" not in name and name != "coverage.yaml") or name.startswith("parameters/")


def _merge_file(
    value: dict[str, Value], places: dict[Path, str], part: Document, faults: list[Fault]
) -> None:
    """Add one file's statements; what stands in another file already is a fault."""
    for key, item in cast("dict[str, Value]", part.value).items():
        taken: list[Path] = []
        mine = value.get(key)
        if key in BY_NAME and mine is None:
            value[key] = dict(cast("dict[str, Value]", item)) if isinstance(item, dict) else item
        elif key in BY_NAME and isinstance(mine, dict) and isinstance(item, dict):
            known = cast("dict[str, Value]", mine)
            for name, inner in cast("dict[str, Value]", item).items():
                if name in known:
                    taken.append((key, name))
                else:
                    known[name] = inner
        elif key in value:
            taken.append((key,))
        else:
            value[key] = item
        for path in taken:
            shown, first = show_path(path), places.get(path, "")
            faults.append(fault("P108", part.where(path), key=shown, first=first))
    for path, place in part.places.items():
        if path:
            places.setdefault(path, place)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where a pack's cites lead: to its own files, else to those of what it extends."""

    pack_id: str
    files: Files
    find: Finder
    extends: Value

    def headings(self, faults: list[Fault]) -> dict[str, tuple[str, str, set[str]] | None]:
        """By file: whose it is, its title, its headings; None where the pack's own file cannot be read."""
        found: dict[str, tuple[str, str, set[str]] | None] = {}
        for name, content in self.files.items():
            if name.startswith("sources/") and name.endswith(".md"):
                try:
                    text = decode(f"{self.pack_id}/{name}", content, limit_mb=YAML_LIMIT_MB)
                    found[name] = (self.pack_id, *_headings(text))
                except Faulty as error:
                    faults.extend(error.faults)
                    found[name] = None
        for base, files in self._below():
            for name, content in files.items():
                if name.startswith("sources/") and name.endswith(".md") and name not in found:
                    found[name] = (base, *_headings(content.decode("utf-8", "replace")))
        return found

    def _below(self) -> Iterator[tuple[str, Files]]:
        """What the pack extends, and what that extends; what is wrong with them is told elsewhere."""
        seen, base = {self.pack_id}, self.extends
        while isinstance(base, str) and base not in seen:
            seen.add(base)
            files = self.find(base)
            if files is None or "pack.yaml" not in files:
                return
            yield base, files
            try:
                head = _yaml(base, files["pack.yaml"]).value
            except Faulty:
                return
            base = cast("dict[str, Value]", head).get("extends") if isinstance(head, dict) else None


def _with_cites(
    sources: _Sources, document: Document, faults: list[Fault]
) -> tuple[Document, dict[str, Cite]]:
    """The document with each cite made unmistakable, and the cites by that name."""
    headings = sources.headings(faults)
    cites: dict[str, Cite] = {}

    def resolve(value: Value, path: Path) -> Value:
        if isinstance(value, dict):
            whole = cast("dict[str, Value]", value)
            return {key: resolve(item, (*path, key)) for key, item in whole.items()}
        if isinstance(value, list):
            items = cast("list[Value]", value)
            return [resolve(item, (*path, i)) for i, item in enumerate(items)]
        if path and path[-1] == "cite" and isinstance(value, str):
            return cite(value, document.where(path))
        return value

    def cite(text: str, where: str) -> str:
        file, _, heading = text.partition("#")
        known = headings.get(file)
        owner = sources.pack_id if known is None else known[0]
        if known is None and file in headings:
            pass  # the file cannot be read: a fault already
        elif known is None:
            faults.append(fault("P106", where, cite=text, reason=f"没有文件 {file}"))
        elif heading not in known[2]:
            reason = f"{file} 里没有标题“{heading}”"
            faults.append(fault("P106", where, cite=text, reason=reason))
        else:
            cites[f"{owner}:{text}"] = Cite(owner, file, heading, known[1])
        return f"{owner}:{text}"

    return Document(document.name, resolve(document.value, ()), document.places), cites


def _headings(text: str) -> tuple[str, set[str]]:
    """A source's title and its headings."""
    title, found = "", set[str]()
    for line in text.splitlines():
        if line.startswith("# ") and not title:
            title = line[2:].strip()
        elif line.startswith("##"):
            found.add(line.lstrip("#").strip())
    return title, found


def has_heading(files: Files, cite: str) -> bool:
    """Whether a cite `sources/file.md#heading` resolves among a pack's files."""
    file, _, heading = cite.partition("#")
    return file in files and heading in _headings(files[file].decode("utf-8", "replace"))[1]


def _overlaid(base: Document, own: Document, faults: list[Fault]) -> Document:
    """`own` over `base`: things with names by name, layers by their id, all else as a whole.

    A null drops what the base states.
    """
    below, above = cast("dict[str, Value]", base.value), cast("dict[str, Value]", own.value)
    value: dict[str, Value] = {k: v for k, v in below.items() if k not in _ITSELF}
    places = {p: place for p, place in base.places.items() if p}

    def take(path: Path, target: Path) -> None:
        """What stands under `path` in `own` now stands under `target`."""
        for known in [p for p in places if p[: len(target)] == target]:
            del places[known]
        for p, place in own.places.items():
            if p[: len(path)] == path:
                places[target + p[len(path) :]] = place

    for key, item in above.items():
        if key in BY_NAME and isinstance(item, dict) and isinstance(value.get(key), dict):
            merged = dict(cast("dict[str, Value]", value[key]))
            for name, inner in cast("dict[str, Value]", item).items():
                take((key, name), (key, name))
                if inner is not None:
                    merged[name] = inner
                elif merged.pop(name, None) is None:
                    where = own.where((key, name))
                    faults.append(_nothing_to_drop(where, show_path((key, name))))
            value[key] = merged
        elif key in _SPECIAL and isinstance(item, list) and isinstance(value.get(key), list):
            layers = list(cast("list[Value]", value[key]))
            stated: set[int] = set()
            for i, layer in enumerate(cast("list[Value]", item)):
                at = _place_of_layer(layers, layer, own.where((key, i)), faults)
                if at in stated:
                    first = places.get((key, at, "layer"), own.name)
                    shown = show_path((key, i))
                    faults.append(fault("P108", own.where((key, i)), key=shown, first=first))
                    continue
                stated.add(at)
                if at == len(layers):
                    layers.append(layer)
                else:
                    layers[at] = layer
                take((key, i), (key, at))
            value[key] = layers
        else:
            if item is None and key not in _ITSELF and value.get(key) is None:
                faults.append(_nothing_to_drop(own.where((key,)), key))
            take((key,), (key,))
            value[key] = item
    return Document(own.name, value, places)


def _nothing_to_drop(where: str, name: str) -> Fault:
    reason = f"“{name}”写了 null，但继承的政策包里没有它"
    return fault("P101", where, reason=reason, mend_="核对名称，或删去这一行。")


def _place_of_layer(layers: list[Value], layer: Value, where: str, faults: list[Fault]) -> int:
    """Where a layer of that id stands; after the last where there is none yet."""
    if not isinstance(layer, dict):
        faults.append(
            fault(
                "P101", where, reason="层次不是键值表", mend_="写成“layer: 编号”，下面是它的各项。"
            )
        )
        return len(layers)
    name = cast("dict[str, Value]", layer).get("layer")
    for at, known in enumerate(layers):
        if isinstance(known, dict) and cast("dict[str, Value]", known).get("layer") == name:
            return at
    return len(layers)


def _yaml(name: str, content: bytes) -> Document:
    return read_yaml(name, decode(name, content, limit_mb=YAML_LIMIT_MB))
