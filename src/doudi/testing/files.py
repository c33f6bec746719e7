"""A pack's document as the files that `load` reads, and a shelf with that one pack on it."""

from collections.abc import Mapping
from typing import Any

import yaml

from doudi.packs.load import Files, load
from doudi.packs.model import Pack
from doudi.settle import Shelf

PACK_ID = "generated/pack"

Document = dict[str, Any]
"""A pack as one mapping, as its YAML states it: texts, true/false, null, lists and mappings."""

SOURCE = "sources/rules.md"
HEADINGS = ("第一条", "第二条", "第三条")
_SOURCE_TEXT = "# 生成的规则\n" + "".join(f"\n## {heading}\n内容。\n" for heading in HEADINGS)


class PackFiles(dict[str, bytes]):
    """A pack's files by path; shown as their texts, so that a failing pack can be read and copied."""

    def __repr__(self) -> str:
        shown = (f"----- {name}\n{content.decode()}" for name, content in self.items())
        return "PackFiles\n" + "\n".join(shown)


def files_of(document: Mapping[str, Any], sources: Mapping[str, bytes] | None = None) -> PackFiles:
    """The document as a pack's folder: pack.yaml, layers.yaml, parameters/values.yaml, the sources."""
    head = {k: v for k, v in document.items() if k not in ("parameters", "layers")}
    files = PackFiles({"pack.yaml": _yaml(head)})
    for key, name in (("parameters", "parameters/values.yaml"), ("layers", "layers.yaml")):
        if key in document:
            files[name] = _yaml({key: document[key]})
    files.update({SOURCE: _SOURCE_TEXT.encode()} if sources is None else sources)
    return files


def load_files(files: Files, pack_id: str = PACK_ID) -> Pack:
    """The pack that these files state. Raises Faulty."""
    return load(pack_id, lambda wanted: files if wanted == pack_id else None)


def shelf_of(pack: Pack) -> Shelf:
    """A shelf with that one pack, which settles every claim under it."""
    return Shelf(lambda _: {}, (), pack.id, {pack.id: pack})


class _Dumper(yaml.CSafeDumper):
    """Writes what stands in two places twice: packs have no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _yaml(value: Mapping[str, Any]) -> bytes:
    """Keys keep their order; a text that would read as something else is quoted."""
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
    return str(text).encode()
