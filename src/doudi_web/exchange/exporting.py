"""An export: what changed goes into files, what fails a check is held back, and each row knows where it stands."""

import hashlib
import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from doudi.source_text import shown
from doudi_web.audit_log.actions import record, record_each, row, subject_of
from doudi_web.exchange import judging
from doudi_web.exchange.checking import Values
from doudi_web.exchange.facts import Kind
from doudi_web.exchange.judging import Judging
from doudi_web.exchange.profiles import Profile
from doudi_web.exchange.reading import AT_ONCE, Candidate, Reading, Wanted, position
from doudi_web.exchange.writing import Files, Heading, Shape, Table, Written
from doudi_web.register import sealing
from doudi_web.settlement import tables
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """How an export is asked for: format and encoding (None: the profile's), all rows or what changed, rejected
    rows once more, and why."""

    reason: str
    form: str | None = None
    encoding: str | None = None
    whole: bool = False
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """An export that was written."""

    run: int
    exported: int
    withdrawn: int
    held_back: int
    left_out: int
    files: tuple[Path, ...]
    manifest: Path | None

    def json(self) -> dict[str, Any]:
        """As it is told."""
        return {
            "run": self.run, "exported": self.exported, "withdrawn": self.withdrawn,
            "held_back": self.held_back, "left_out": self.left_out, "files": [str(one) for one in self.files],
            "manifest": None if self.manifest is None else str(self.manifest),
        }  # fmt: skip


def export(actor: Actor, profile: Profile, folder: Path, asked: Asked, progress: Progress) -> Done:
    """Write what the profile's receiver lacks into a folder: all files or none, and then what they say is kept.

    Raises Refusal 403, 409 (one of this profile is running), 422 (no reason); OSError where nothing can be written.
    """
    actor.must(Act.EXPORT)
    row(actor, "ledger.export", "ledger", now(), reason=asked.reason)  # refuses before the work
    db = tables.driver()
    with alone(db, profile.name):
        files = Files(folder)
        try:
            with db.transaction():
                return _Export(db, actor, profile, asked, files).done(progress)
        except BaseException:
            files.drop()
            raise


@contextmanager
def alone(db: "psycopg.Connection[tables.Row]", profile: str) -> Generator[None]:
    """Nobody else exports by this profile, nor reads a report of it. Raises Refusal 409."""
    taken = db.execute("SELECT pg_try_advisory_lock(%s)", [lock_of(profile)]).fetchone()
    if taken is None or not taken[0]:
        raise Refusal.of(409, "S542", profile, profile=profile)
    try:
        yield
    finally:
        db.execute("SELECT pg_advisory_unlock(%s)", [lock_of(profile)])


def lock_of(profile: str) -> int:
    """The lock under which a profile's rows have one writer."""
    digest = hashlib.blake2b(f"export:{profile}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


_PART = 2**18  # characters that are copied at once


def _line(kept: Sequence[Any]) -> str:
    """A row as COPY takes it."""
    return "\t".join(map(_copied, kept)) + "\n"


def _copied(value: Any) -> str:
    match value:
        case None:
            return "\\N"
        case bytes():
            return f"\\\\x{value.hex()}"
        case str():
            return value.translate(_ESCAPED)
        case _:
            return str(value)


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_NEW = """
CREATE TEMP TABLE export_row (facility text, visit text, settlement bigint, person text, state text, answer text,
  reasons jsonb, run bigint, stamp bytea, digest bytea, key bytea) ON COMMIT DROP
"""
_COPY = """
COPY export_row (facility, visit, settlement, person, state, answer, reasons, run, stamp, digest, key) FROM STDIN
"""
_KEEP = """
INSERT INTO exchange_exportrow
  (profile, facility, visit, settlement, person, state, answer, reasons, run, changed, stamp, digest, key)
SELECT %(profile)s, n.facility, n.visit, n.settlement, n.person, n.state, n.answer,
  coalesce(n.reasons, r.reasons, '[]'), coalesce(n.run, r.run),
  CASE WHEN n.reasons IS NULL THEN coalesce(r.changed, %(at)s) ELSE %(at)s END, n.stamp, n.digest, n.key
FROM export_row n LEFT JOIN exchange_exportrow r
  ON r.profile = %(profile)s AND r.facility = n.facility AND r.visit = n.visit
ON CONFLICT (profile, facility, visit) DO UPDATE SET settlement = excluded.settlement, person = excluded.person,
  state = excluded.state, answer = excluded.answer, reasons = excluded.reasons, run = excluded.run,
  changed = excluded.changed, stamp = excluded.stamp, digest = excluded.digest, key = excluded.key
"""
"""A row whose stamp alone changed comes without reasons: those that stand stay, and so does its moment."""

_RUN = """
INSERT INTO exchange_exportrun
  (id, profile, profile_digest, at, actor, reason, form, encoding, whole, first, last, counts, files)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_PERSONS = "SELECT DISTINCT person FROM export_row WHERE run IS NOT NULL ORDER BY person"


@dataclass
class _Export:
    """One export on its way."""

    db: "psycopg.Connection[tables.Row]"
    actor: Actor
    profile: Profile
    asked: Asked
    files: Files
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("exported", "withdrawn", "held_back", "left_out", "unchanged"), 0
        )
    )

    def done(self, progress: Progress) -> Done:
        """Read, write, keep, record; the files have their names before the caller commits."""
        form = self.profile.form
        self.encoding = self.asked.encoding or form.encoding
        self.shape = Shape(
            self.asked.form or form.format, self.encoding, form.amounts, form.rows_per_file
        )
        number = self.db.execute("SELECT nextval('exchange_exportrun_id_seq')").fetchone()
        assert number is not None
        self.run: int = number[0]
        self.at = now()
        self.judging = Judging(
            self.profile, self.encoding, whole=self.asked.whole, rejected=self.asked.rejected
        )
        self._begin_tables()
        about = f"{self.profile.digest} {self.encoding}"
        wanted = Wanted(self.profile.name, about, self.asked.whole, self.asked.rejected)
        first, last = position(self.db, self.profile.name)
        reading = Reading(self.db, wanted)
        self.db.execute(_NEW)
        progress(0, reading.count)
        with self.files.aside() as aside:
            for seen, one in enumerate(reading.each(), 1):
                if (kept := self._row(one)) is not None:
                    aside.write(_line(kept))
                if seen % AT_ONCE == 0:
                    progress(seen, reading.count)
            progress(reading.count, reading.count)
            aside.seek(0)
            with self.db.cursor().copy(_COPY) as copy:
                while part := aside.read(_PART):
                    copy.write(part)
        return self._finish(first, last)

    def _begin_tables(self) -> None:
        """The file of rows, and that of what is taken back: one of its own, or the same."""
        form, back = self.profile.form, self.profile.form.withdrawal
        report = form.report
        self.key = [self.profile.place(key) for key in report.key] if report is not None else []
        stem = f"{self.profile.name}-{self.run}"
        headings = [Heading(column.title, column.kind) for column in self.profile.columns]
        if back.column is not None:
            headings.append(Heading(back.column, Kind.TEXT))
        self.rows = self.back = Table(self.files, self.shape, form.title, stem, headings)
        if back.file is not None:
            taken = [Heading(c.title, c.kind) for c in self.profile.withdrawn()]
            self.back = Table(self.files, self.shape, back.file, f"{stem}-withdrawn", taken)

    def _row(self, one: Candidate) -> tuple[Any, ...] | None:
        """What becomes of a candidate is written; its row as it is kept."""
        found = self.judging.judge(one)
        self.counts[found.state] += 1
        match found.state:
            case judging.UNCHANGED:
                told_ = None if one.state == "exported" else []
                return self._kept(one, "exported", one.answer, told_, None, found.digest, one.key)
            case judging.EXPORTED:
                cells = list(found.cells)
                self._add(self.rows, found.values, cells, self.profile.form.withdrawal.unmarked)
                key = key_of([cells[place] for place in self.key]) if self.key else None
                return self._kept(one, "exported", "", [], self.run, found.digest, key)
            case judging.WITHDRAWN:
                marked = self.profile.form.withdrawal.marked
                self._add(self.back, found.values, list(found.cells), marked)
                return self._kept(one, "withdrawn", "", [], self.run, None, one.key)
            case judging.HELD_BACK:
                reasons = [failure.json() for failure in found.failed]
                return self._kept(one, "held_back", one.answer, reasons, None, one.digest, one.key)
            case _:
                return self._kept(one, "left_out", "", [], None, None, None)

    def _kept(
        self,
        one: Candidate,
        state: str,
        answer: str,
        reasons: list[dict[str, str]] | None,
        run: int | None,
        digest: bytes | None,
        key: bytes | None,
    ) -> tuple[Any, ...]:
        facts = one.facts
        told_ = None if reasons is None else json.dumps(reasons, ensure_ascii=False)
        return (
            facts.facility, facts.visit, facts.settlement, facts.person_id, state, answer, told_, run, one.stamp,
            digest, key,
        )  # fmt: skip

    def _add(self, table: Table, values: Values, cells: list[str], mark: str) -> None:
        if self.profile.form.withdrawal.column is not None:
            values, cells = [*values, mark], [*cells, mark]
        table.add(values, cells)

    def _finish(self, first: int, last: int) -> Done:
        """Close and name the files, keep the rows and the run, and record who took whose data out and why."""
        written_ = [*self.rows.finish()]
        if self.back is not self.rows:
            written_ += self.back.finish()
        manifest = self._manifest(first, last, written_) if written_ else None
        self.db.execute(_KEEP, {"profile": self.profile.name, "at": self.at})
        files = json.dumps([one.json() for one in written_], ensure_ascii=False)
        self.db.execute(
            _RUN,
            [self.run, self.profile.name, self.profile.digest, self.at, self.actor.key, self.asked.reason,
             self.shape.form, self.encoding, self.asked.whole, first, last, json.dumps(self.counts), files],
        )  # fmt: skip
        persons = [person for (person,) in self.db.execute(_PERSONS)]
        each = ((subject_of(person), {"run": self.run}) for person in persons)
        record_each(self.actor, "persons.export", each, reason=self.asked.reason)
        detail = {"run": self.run, "profile": self.profile.name, **self.counts}
        record(self.actor, "ledger.export", "ledger", reason=self.asked.reason, detail=detail)
        self.files.put()
        return Done(
            self.run, self.counts["exported"], self.counts["withdrawn"], self.counts["held_back"],
            self.counts["left_out"], tuple(self.files.folder / one.name for one in written_), manifest,
        )  # fmt: skip

    def _manifest(self, first: int, last: int, files: Sequence[Written]) -> Path:
        """What was written by which profile, from where in the ledger to where: to go with the files."""
        name = f"{self.profile.name}-{self.run}-manifest.json"
        said = manifest(
            self.profile, self.run, self.at, self.shape, (first, last), self.counts, files
        )
        text = json.dumps(said, ensure_ascii=False, indent=2)
        self.files.begin(name).write_text(f"{text}\n", encoding="utf-8")
        return self.files.folder / name


def manifest(
    profile: Profile,
    run: int,
    at: datetime,
    shape: Shape,
    ledger: tuple[int, int],
    counts: dict[str, int],
    files: Sequence[Written],
) -> dict[str, Any]:
    """What a manifest says."""
    return {
        "profile": profile.name, "title": shown(profile.form.title, 60), "profile_sm3": profile.digest, "run": run,
        "at": told(at), "format": shape.form, "encoding": shape.encoding,
        "ledger": {"from": ledger[0], "to": ledger[1]},
        "rows": counts["exported"], "withdrawn": counts["withdrawn"], "held_back": counts["held_back"],
        "files": [one.json() for one in files],
    }  # fmt: skip


def key_of(cells: Sequence[str]) -> bytes:
    """By which a row is found from what a report says of it."""
    return sealing.digest("export-key", "\x1f".join(cells))


def digest_of(content: bytes) -> str:
    """The SM3 of a file."""
    return sm3(content).hex()
