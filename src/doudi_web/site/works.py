"""What the kinds of long work do. The rooms that do it are known here and nowhere below."""

from collections.abc import Mapping
from typing import Any

from doudi.wire.settlements import fault_json
from doudi_web.runs.worker import Progress, Work
from doudi_web.settlement.verify import report_json, verify


def _ledger_verify(_: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The whole ledger, computed again from its rows; what is broken is told, and is no failure of the run."""
    progress(0, None)
    report = verify()
    return {**report_json(report), "told": [fault_json(one) for one in report.faults]}


WORKS: Mapping[str, Work] = {"ledger_verify": _ledger_verify}
"""Each is offered in api/runs.py under the same name."""
