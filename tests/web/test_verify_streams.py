"""Verifying reads a ledger as it goes: what the command holds at once does not grow with the ledger."""

import json
import os
import subprocess
import sys

from web.ledger_at_hand import copied, settled, unguarded
from web.service import Service

_KINDS = 5
_MORE = """
INSERT INTO settlement_entry (posting, account, amount) SELECT 800, 'a', 0 FROM generate_series(1, {n});
INSERT INTO settlement_accumulatorentry (owner, year, name, amount, posting, settlement, settled)
  SELECT 'p:P', 2019, 'a', 0, 800, n, now() FROM generate_series(1, {n}) n;
INSERT INTO settlement_opening (owner, year, name, amount, source, as_of, received, after_entry, before, client)
  SELECT 'p:Q', 2019, 'a', 0, '', '2019-01-01', now(), 0, 0, '' FROM generate_series(1, {n});
INSERT INTO settlement_node (level, place, digest) SELECT 9, n, '' FROM generate_series(1, {n}) n;
INSERT INTO settlement_settlement
  SELECT 900 + n, client, 'x' || n, message_digest, 'x', person, facility, settled, 900 + n, year, '', ''
  FROM settlement_settlement, generate_series(1, {n}) n
"""
"""Rows of each kind that belong to nothing: every one is a finding."""


_VERIFY = """
import re, sys
from pathlib import Path
from doudi_cli.main import run
try:
    run()
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""
"""The command, and then the most memory that its process had, in kilobytes."""


def _most_kilobytes(ledger: Service, count: int) -> int:
    """The most memory that the command takes over a ledger with so many rows more of each kind."""
    with copied(ledger) as copy:
        with unguarded(copy) as database:
            database.execute(_MORE.format(n=count))
        where = ("--data", os.environ["DOUDI_DATA"], "--database", copy.url)
        ran = subprocess.run(
            [sys.executable, "-c", _VERIFY, "ledger", "verify", "--json", *where],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert json.loads(ran.stdout)["broken"] == _KINDS * count
    return int(ran.stderr.split()[-1])


def test_many_times_the_rows_take_no_more_memory(service: Service) -> None:
    settled(service, "V1", "PA")
    few, many = _most_kilobytes(service, 2_000), _most_kilobytes(service, 60_000)
    assert many - few < 1_500
