"""Simulated hospitals: a month of admissions, fees, settlements, corrections and bad lines against a service.

They know the service by its interface alone, keep a journal of every message, and hold its ledger at the end
against their own record and against what the engine, run alone, says that it must be.
"""

from doudi_lab.hospitals.journal import OtherRun
from doudi_lab.hospitals.outcome import Outcome
from doudi_lab.hospitals.running import Broken, Keys, simulate
from doudi_lab.hospitals.wanted import Wanted

__all__ = ["Broken", "Keys", "OtherRun", "Outcome", "Wanted", "simulate"]
