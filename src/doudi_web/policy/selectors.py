"""What is told of policies: the packs that rule with their sources and what is not confirmed, and versions on their
way. Nothing of a person is in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from doudi.compile import Policy, check_pack
from doudi.dates import Span
from doudi.errors import Faulty
from doudi.packs.diff import Change, diff
from doudi.packs.diff_words import kind_text, label_text, side_text, source_text
from doudi.packs.load import Files
from doudi.packs.model import Basis, Pack, Status
from doudi.packs.words import SECTIONS, STATUS, value_text
from doudi.settle import Shelf
from doudi_web.policy.models import InForce, Version
from doudi_web.policy.rules import generation, kept_files, rules
from doudi_web.policy.versions import APPROVED, OPEN, WITHDRAW, shelf_with
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_LISTED = 100


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A value or rule that no document confirms: what it is, what is stated, and what is known of where from."""

    title: str
    value: str
    article: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source of a pack: its file, its own title, its text."""

    file: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Described:
    """A pack as people read it."""

    name: str
    title: str
    district: str
    valid: Span
    digest: str
    fingerprints: Sequence[tuple[date, str]]
    statuses: Sequence[tuple[str, str, int]]
    """Each mark, its word, and how many values and rules bear it."""
    unconfirmed: Sequence[Unconfirmed]
    sources: Sequence[SourceFile]
    cases: int

    @property
    def count(self) -> int:
        """All its values and rules that have a mark."""
        return sum(count for _, _, count in self.statuses)

    @property
    def last_day(self) -> date | None:
        """The last day on which it rules; None where no end is stated."""
        return None if self.valid.end is None else self.valid.end - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A pack that rules, or waits for its moment, and since when; `ends` from when on something else holds."""

    described: Described
    since: datetime
    ends: datetime | None
    rules: bool


def ruling(actor: Actor) -> list[Ruling]:
    """The packs that rule now or will, by name. Raises Refusal 403."""
    actor.must(Act.POLICIES_READ)
    at, found = real_now(), list[Ruling]()
    rows: dict[str, list[InForce]] = {}
    for row in InForce.objects.filter(kind="pack").order_by("name", "since", "id"):
        rows.setdefault(row.name, []).append(row)
    for name, of in rows.items():
        for row, after in zip(of, [*of[1:], None], strict=True):
            ends = None if after is None else after.since
            if row.source_id is None or (ends is not None and ends <= at):
                continue
            described = describe(name, bytes(row.source_id).hex())
            found.append(Ruling(described, row.since, ends, row.since <= at))
    return found


def describe(name: str, digest: str) -> Described:
    """A pack by its kept files; read once a process for what stands on the same packs. Raises Faulty."""
    below = tuple(sorted(rules(generation()).digests.items()))
    return _described(name, digest, below)


@lru_cache(maxsize=16)
def _described(name: str, digest: str, _below: tuple[tuple[str, str], ...]) -> Described:
    files = kept_files(digest)
    pack = pack_of(name, files)
    policies, _ = check_pack(pack)
    bases = list(_bases(pack))
    counts = [(s.value, STATUS[s.value], sum(b.status is s for _, _, b in bases)) for s in Status]
    return Described(
        name, pack.title.zh, pack.district, pack.valid, digest, _fingerprints(policies), counts,
        [_unconfirmed(*one, files) for one in bases if one[2].status is Status.UNVERIFIED],
        [SourceFile(file, _title(text.decode(), file), text.decode()) for file, text in sorted(files.items())
         if file.startswith("sources/")],
        sum(file.startswith("cases/") for file in files),
    )  # fmt: skip


def pack_of(name: str, files: Files) -> Pack:
    """A pack of these files on what rules now. Raises Faulty."""
    return shelf_with(name, files).pack(name)


def _fingerprints(policies: Sequence[Policy]) -> list[tuple[date, str]]:
    return [(one.since, one.fingerprint) for one in policies]


def _title(text: str, file: str) -> str:
    first = next((line for line in text.splitlines() if line.startswith("# ")), "")
    return first.removeprefix("# ").strip() or file


def _bases(pack: Pack) -> Iterator[tuple[str, str, Basis]]:
    """Everything of a pack that has a source: what it is called, what is stated, and the source."""
    for parameter in pack.parameters.values():
        for dated in parameter.dated:
            shown = [
                f"{_cell(pack, parameter.by, key)}{value_text(parameter.unit, value)}"
                for key, value in dated.table.items()
            ]
            yield f"{parameter.title.zh}（{dated.start} 起）", "；".join(shown), dated.basis
    for layer in pack.layers:
        yield layer.title.zh, "这一层怎样付", layer.basis
        for rule in layer.rules:
            yield f"{layer.title.zh}：{rule.title.zh}", rule.base.text, rule.basis
    if pack.control is not None:
        yield pack.control.title.zh, pack.control.measure.text, pack.control.basis
    if pack.floor is not None:
        yield pack.floor.title.zh, pack.floor.share.text, pack.floor.basis


def _cell(pack: Pack, by: Sequence[str], key: Sequence[str]) -> str:
    words = [
        pack.dimensions[name].codes[code].zh
        for name, code in zip(by, key, strict=True)
        if name in pack.dimensions
    ]
    return f"{' '.join(words)} " if words else ""


def _unconfirmed(title: str, value: str, basis: Basis, files: Mapping[str, bytes]) -> Unconfirmed:
    text = files.get(basis.cite.file, b"").decode()
    return Unconfirmed(
        title, value, basis.cite.heading, _under(text, basis.cite.heading), basis.place
    )


def _under(text: str, heading: str) -> str:
    """What a source says under a heading: also why a value is not confirmed."""
    lines, inside = list[str](), False
    for line in text.splitlines():
        if line.startswith("#"):
            inside = line.lstrip("#").strip() == heading
        elif inside and line.strip():
            lines.append(line.strip())
    return "".join(lines)[:400]


@dataclass(frozen=True, slots=True)
class Differs:
    """A thing that differs between two versions: what it is, whether it is new or gone, and each difference."""

    section: str
    title: str
    kind: str
    rows: Sequence[tuple[str, str, str]]
    sources: Sequence[tuple[str, str]]


def compare(before: Pack, after: Pack) -> list[Differs]:
    """What one version says otherwise than another, in words."""
    packs, found = (before, after), dict[tuple[str, str], list[Change]]()
    for change in diff(before, after):
        found.setdefault((change.section, change.name), []).append(change)
    return [
        Differs(
            SECTIONS[section], of[0].title.zh or name, kind_text(of),
            [(label_text(packs, c), side_text(c, c.before), side_text(c, c.after)) for c in of],
            _sources(of),
        )
        for (section, name), of in found.items()
    ]  # fmt: skip


def _sources(changes: Sequence[Change]) -> list[tuple[str, str]]:
    before = list(dict.fromkeys(source_text(c.before) for c in changes if c.before is not None))
    after = list(dict.fromkeys(source_text(c.after) for c in changes if c.after is not None))
    if before == after or not before or not after:
        return [("依据", text) for text in after or before if text]
    old, new = ([text for text in side if text] for side in (before, after))
    return [*(("原依据", text) for text in old), *(("新依据", text) for text in new)]


def versions(actor: Actor) -> list[Version]:
    """Versions on their way first, then the last that were decided. Raises Refusal 403."""
    actor.must(Act.POLICIES_READ)
    waiting = list(Version.objects.filter(state__in=OPEN).order_by("-id")[:_LISTED])
    rest = Version.objects.exclude(state__in=OPEN).order_by("-id")[:_LISTED]
    return [*waiting, *rest]


def version(actor: Actor, number: int) -> Version:
    """One version. Raises Refusal 403, 404."""
    actor.must(Act.POLICIES_READ)
    one = Version.objects.filter(pk=number).select_related("in_force").first()
    if one is None:
        raise Refusal.of(404, "S481", "policy", what="政策变更", number=number)
    return one


def count_waiting(actor: Actor) -> int:
    """Versions that wait for somebody's approval: those of others."""
    return Version.objects.filter(state="checked").exclude(asked_by=actor.key).count()


def became(one: Version) -> str:
    """What became of an approved version: it waits for its moment, rules, is superseded; nothing for others."""
    if one.state != APPROVED or one.in_force is None:
        return ""
    if one.in_force.since > real_now():
        return "waits"
    if one.kind == WITHDRAW:
        return "ended"
    last = InForce.objects.filter(kind="pack", name=one.name, since__lte=real_now())
    newest = last.order_by("-since", "-id").first()
    return "rules" if newest is not None and newest.pk == one.in_force_id else "superseded"


@dataclass(frozen=True, slots=True)
class Held:
    """A version held against what rules: both as people read them, and what differs; `why` it cannot be."""

    before: Described | None
    after: Described | None
    differs: Sequence[Differs]
    why: str = ""


def held_against(one: Version) -> Held:
    """A version beside what rules under its name; else beside the last pack of its district."""
    if one.source_id is None:
        now = rules(generation()).digests.get(one.name)
        return Held(None if now is None else describe(one.name, now), None, ())
    digest = bytes(one.source_id).hex()
    try:
        after = describe(one.name, digest)
    except Faulty:
        return Held(None, None, (), "有错的版本比不了")
    base = rivals(one.name, after.district, after.valid.start)
    if base is None:
        return Held(None, after, ())
    before = describe(base, rules(generation()).digests[base])
    shelf = rules(generation()).shelf
    return Held(before, after, compare(shelf.pack(base), pack_of(one.name, kept_files(digest))))


def rivals(name: str, district: str, start: date) -> str | None:
    """The pack that a version follows: what rules under its name, else the last of its district before it."""
    shelf: Shelf = rules(generation()).shelf
    if any(head.id == name for head in shelf.heads):
        return name
    before = [h for h in shelf.heads if h.district == district and h.valid.start < start]
    return max(before, key=lambda head: head.valid.start).id if before else None
