"""What batches of requests came to, kept in files: for going on after a stop, and for telling the whole."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from web.sent import Tally

FOLDER = Path(__file__).parents[2] / "build" / "generated"


@dataclass
class Kept:
    """One batch: whether it was counted before and is not to be asked again, and what it came to."""

    is_there: bool
    tally: Tally | None = None


@contextmanager
def counted(seed: str, source: str, number: int) -> Iterator[Kept]:
    """A batch whose counts and seconds are kept once it has ended well."""
    path = FOLDER / f"{seed}-{source}-{number}.json"
    kept = Kept(path.exists() and os.environ.get("DOUDI_RESUME") == "1")
    start = time.monotonic()
    yield kept
    if kept.tally is not None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        told = {"seconds": round(time.monotonic() - start, 2), "counts": kept.tally.counts}
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")


def main() -> None:
    """Print how many requests were sent, in how many seconds, and how they ended: in all, and by operation."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    whole: Counter[str] = Counter()
    for one in found:
        whole.update(one["counts"])
    statuses: Counter[str] = Counter()
    rows: dict[tuple[str, str], Counter[str]] = {}
    for key, count in whole.items():
        source, operation, status = key.split(" ")
        statuses[status] += count
        rows.setdefault((operation, source), Counter())[f"{status[0]}xx"] += count
    print(
        f"{whole.total():,} requests, {len(found)} batches, {sum(o['seconds'] for o in found):,.0f} s"
    )
    print("  ".join(f"{status} {count:,}" for status, count in sorted(statuses.items())))
    for (operation, source), counts in sorted(rows.items()):
        told = "  ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))
        print(f"{operation:<18}{source:<12} {told}")


if __name__ == "__main__":
    sys.exit(main())
